//! The rows of deliveries. One statement each, so that two processes on one file cannot both take an event for new.

use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use sqlx::SqlitePool;

use super::json::json;
use crate::ledger::{Acceptance, DELIVERY_DAYS_KEPT, Delivery, DeliveryId, DeliveryOutcome, DeliverySubject};
use crate::model::Time;

/// How often old deliveries are looked for: each search is a write, and events come in bursts.
const FORGET_EVERY: TimeDelta = TimeDelta::minutes(1);

/// When old deliveries were looked for the last time, by this process.
#[derive(Debug, Default)]
pub(super) struct RetentionCheck(Mutex<Option<Time>>);

impl RetentionCheck {
    /// Whether it is time again; who asks then does it. A clock that was set back makes it time too.
    fn is_due(&self, now: Time) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|last| (now - last).abs() >= FORGET_EVERY);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

/// A delivery that is still to be handled, as it is kept.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    pub(super) source: String,
    pub(super) id: String,
    pub(super) is_given: i64,
    pub(super) received_at: i64,
    pub(super) images: String,
    pub(super) forge: Option<String>,
    pub(super) repositories: Option<String>,
}

/// An id that a product gave is known for as long as it is kept; one of content only until it was handled.
pub(super) async fn accept(
    pool: &SqlitePool,
    forgetting: &RetentionCheck,
    delivery: &Delivery,
) -> Result<Acceptance, sqlx::Error> {
    let query = "INSERT INTO deliveries (source, id, is_given, received_at, images, forge, repositories) \
                 SELECT $1, $2, $3, $4, $5, $6, $7 \
                 WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE source = $1 AND id = $2 \
                                   AND ($3 = 1 OR outcome IS NULL)) \
                 ON CONFLICT DO NOTHING";
    let query = sqlx::query(query).bind(&delivery.source).bind(delivery.id.as_str());
    let query = query.bind(is_given(delivery)).bind(delivery.received_at.timestamp_micros());
    let (forge, repositories) = match &delivery.subject {
        DeliverySubject::Images(_) => (None, None),
        DeliverySubject::Repositories(forge, repositories) => {
            (Some(forge.as_str()), Some(json(repositories)))
        }
    };
    let query = query.bind(json(delivery.subject.images())).bind(forge).bind(repositories);
    let done = query.execute(pool).await?;
    if done.rows_affected() == 0 {
        return Ok(Acceptance::Doubled);
    }
    if forgetting.is_due(delivery.received_at) {
        forget_old(pool, delivery.received_at).await?;
    }
    Ok(Acceptance::New)
}

async fn forget_old(pool: &SqlitePool, now: Time) -> Result<(), sqlx::Error> {
    let query = "DELETE FROM deliveries WHERE outcome IS NOT NULL AND received_at < $1";
    let oldest = now - TimeDelta::days(DELIVERY_DAYS_KEPT);
    sqlx::query(query).bind(oldest.timestamp_micros()).execute(pool).await.map(|_| ())
}

/// The deliveries without an outcome, the oldest first.
pub(super) async fn open(pool: &SqlitePool) -> Result<Vec<Row>, sqlx::Error> {
    let query = "SELECT source, id, is_given, received_at, images, forge, repositories FROM deliveries \
                 WHERE outcome IS NULL ORDER BY received_at";
    sqlx::query_as(query).fetch_all(pool).await
}

/// The first outcome is the one that stays.
pub(super) async fn conclude(
    pool: &SqlitePool,
    source: &str,
    id: &str,
    received_at: i64,
    outcome: DeliveryOutcome,
    at: Time,
) -> Result<(), sqlx::Error> {
    let query = "UPDATE deliveries SET outcome = $1, concluded_at = $2 \
                 WHERE source = $3 AND id = $4 AND received_at = $5 AND outcome IS NULL";
    let query = sqlx::query(query).bind(outcome.word()).bind(at.timestamp_micros());
    query.bind(source).bind(id).bind(received_at).execute(pool).await.map(|_| ())
}

fn is_given(delivery: &Delivery) -> i64 {
    match delivery.id {
        DeliveryId::Given(_) => 1,
        DeliveryId::OfContent(_) => 0,
    }
}
