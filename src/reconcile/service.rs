//! The loop as a service: one watcher for each config repository, each asleep until there is something to see.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use tokio::sync::watch;
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

/// Runs until `stop` turns true; a look that is under way is finished first.
///
/// `sweep` bounds how long nothing is looked at when no event came.
pub async fn serve<F, R, L, C>(engine: Arc<Engine<F, R, L, C>>, sweep: Duration, stop: watch::Receiver<bool>)
where
    F: Forge + 'static,
    R: Registry + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
{
    let places = engine.policy.places().into_iter();
    let watchers = places.map(|place| watch_place(Arc::clone(&engine), place, sweep, stop.clone()));
    JoinSet::from_iter(watchers).join_all().await;
}

async fn watch_place<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: Arc<Engine<F, R, L, C>>,
    place: Place,
    sweep: Duration,
    mut stop: watch::Receiver<bool>,
) {
    let mut said = Vec::new();
    while !*stop.borrow() {
        let settled = settle(&engine, &place).await;
        report(&place, &settled, &said);
        said.clone_from(&settled.failures);
        let nap = sleep_time(&settled, &engine.policy, &place, sweep, engine.ports.clock.now());
        tokio::select! {
            () = tokio::time::sleep(nap) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// One look. A fault of ours in it is a failure like any other: it stops neither this nor another repository for good.
async fn settle<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    place: &Place,
) -> Settled {
    let look = AssertUnwindSafe(engine.settle(place, Freshness::Poll)).catch_unwind();
    look.await.unwrap_or_else(|_panic| {
        let failures =
            vec![format!("{place}: a fault in Towpath itself; please report what stands in the log")];
        Settled { failures, ..Settled::default() }
    })
}

/// Until the next gate turns by itself, the next poll is due, or the sweep: whichever comes first.
fn sleep_time(settled: &Settled, policy: &Policy, place: &Place, sweep: Duration, now: Time) -> Duration {
    if !settled.failures.is_empty() {
        return SLEEP_AFTER_FAILURE.min(sweep);
    }
    let poll = policy.images_at(place).map(|image| policy.poll(&image.name)).min().unwrap_or(sweep);
    let until_next = |at: Time| (at - now).max(TimeDelta::zero()).to_std().unwrap_or_default();
    let next = settled.next_look.map_or(sweep, until_next);
    next.min(poll).min(sweep).max(SLEEP_MIN)
}

/// Logs what was done, and what fails unless the look before said the same.
fn report(place: &Place, settled: &Settled, said: &[String]) {
    for receipt in &settled.receipts {
        let action = receipt.draft.action;
        let target = receipt.draft.target.as_ref().map(ToString::to_string).unwrap_or_default();
        match &receipt.outcome {
            Outcome::Done => tracing::info!(%place, action, target, "{}", receipt.draft.because),
            Outcome::Again(why) => tracing::info!(%place, action, target, "looking again: {why}"),
            Outcome::Failed(why) => tracing::warn!(%place, action, target, "{why}"),
        }
    }
    for failure in settled.failures.iter().filter(|failure| !said.contains(failure)) {
        tracing::warn!(%place, "{failure}");
    }
}
