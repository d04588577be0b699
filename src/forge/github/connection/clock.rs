//! GitHub's clock, as its answers tell it.

use std::sync::Mutex;

use chrono::{DateTime, SubsecRound as _, TimeDelta};
use http::HeaderMap;
use http::header::DATE;

use super::lock;
use crate::model::Time;

/// How far GitHub's clock is ahead of ours, by the last answer; nothing before the first one.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<TimeDelta>>);

impl Clock {
    /// Learns from an answer that came at an instant.
    pub(super) fn learn(&self, headers: &HeaderMap, now: Time) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            *lock(&self.0) = Some(date.to_utc() - now.trunc_subsecs(0));
        }
    }

    /// GitHub's time when ours is this, in whole seconds, as GitHub tells its own.
    pub(super) fn there(&self, now: Time) -> Time {
        now.trunc_subsecs(0) + self.ahead()
    }

    /// How far it is ahead of ours, as far as that is known.
    pub(super) fn ahead(&self) -> TimeDelta {
        self.told().unwrap_or_default()
    }

    /// How far it is ahead of ours; `None` before the first answer.
    pub(super) fn told(&self) -> Option<TimeDelta> {
        *lock(&self.0)
    }
}
