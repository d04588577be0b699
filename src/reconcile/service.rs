//! The loop as a service: one task for each config repository, each asleep until there is something to see.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::{Engine, Freshness, Settled};
use crate::act::Outcome;
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Place, Policy, Time};
use crate::observe::Clock;
use crate::registry::Registry;

/// The shortest sleep between two looks, so that a fault cannot make the loop spin.
const SLEEP_MIN: Duration = Duration::from_millis(200);
/// How long to wait after a look that failed.
const SLEEP_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// Says *look again* to every task; it carries nothing, so it may be lost or doubled.
#[derive(Clone, Debug, Default)]
pub struct Wake(Arc<Notify>);

impl Wake {
    /// Makes every task look again soon.
    pub fn all(&self) {
        self.0.notify_waiters();
    }
}

/// Runs until `stop` turns true; a look that is under way is finished first.
///
/// `sweep` bounds how long nothing is looked at when no event came.
pub async fn serve<F, R, L, C>(
    engine: Arc<Engine<F, R, L, C>>,
    wake: Wake,
    sweep: Duration,
    stop: watch::Receiver<bool>,
) where
    F: Forge + 'static,
    R: Registry + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
{
    let mut tasks = JoinSet::new();
    for place in engine.policy.places() {
        tasks.spawn(watch_place(Arc::clone(&engine), place, wake.clone(), sweep, stop.clone()));
    }
    while let Some(ended) = tasks.join_next().await {
        if let Err(error) = ended {
            tracing::error!("a config repository is no longer watched: {error}; restart Towpath");
        }
    }
}

async fn watch_place<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: Arc<Engine<F, R, L, C>>,
    place: Place,
    wake: Wake,
    sweep: Duration,
    mut stop: watch::Receiver<bool>,
) {
    while !*stop.borrow() {
        let settled = engine.settle(&place, Freshness::Poll).await;
        report(&place, &settled);
        let nap = sleep_time(&settled, &engine.policy, &place, sweep, engine.ports.clock.now());
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            () = wake.0.notified() => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// Until the next gate turns by itself, the next poll is due, or the sweep: whichever comes first.
fn sleep_time(settled: &Settled, policy: &Policy, place: &Place, sweep: Duration, now: Time) -> Duration {
    if !settled.failures.is_empty() {
        return SLEEP_AFTER_FAILURE.min(sweep);
    }
    let poll = policy.services_at(place).map(|service| policy.poll(&service.image)).min().unwrap_or(sweep);
    let until_next = |at: Time| (at - now).max(TimeDelta::zero()).to_std().unwrap_or_default();
    let next = settled.next_look.map_or(sweep, until_next);
    next.min(poll).min(sweep).max(SLEEP_MIN)
}

fn report(place: &Place, settled: &Settled) {
    for receipt in &settled.receipts {
        let action = receipt.draft.action;
        let target = receipt.draft.target.as_ref().map(ToString::to_string).unwrap_or_default();
        match &receipt.outcome {
            Outcome::Done => tracing::info!(%place, action, target, "{}", receipt.draft.because),
            Outcome::Again(why) => tracing::info!(%place, action, target, "looking again: {why}"),
            Outcome::Failed(why) => tracing::warn!(%place, action, target, "{why}"),
        }
    }
    for failure in &settled.failures {
        tracing::warn!(%place, "{failure}");
    }
}
