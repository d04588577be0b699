//! The loop as a service: one watcher for each config repository, each asleep until there is something to see.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::wakeups::{Wakeup, Wakeups};
use super::{Convergence, Engine, Freshness, pending_events};
use crate::act::Outcome;
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{ChangeNumber, ConfigBranch, EnvironmentName, Policy, Time};
use crate::observe::Clock;
use crate::registry::Registry;

/// The shortest sleep between two looks, so that a fault cannot make the loop spin.
const SLEEP_MIN: Duration = Duration::from_millis(200);
/// How long to wait after a look that failed.
const SLEEP_AFTER_FAILURE: Duration = Duration::from_secs(10);

/// What one engine looks after.
#[derive(Clone, Debug)]
pub struct SweepPlan {
    /// The places, all of the engine's own forge.
    pub places: Vec<ConfigBranch>,
    /// How long nothing is looked at when no bell rings.
    pub sweep: Duration,
    /// When to look once more after the look that an event of the forge led to, because the forge may send events
    /// before its answers show what they tell of.
    pub second_look: Duration,
}

/// Runs until `stop` turns true; a look that is under way is finished first. [`super::poll`] has to run beside it.
pub async fn serve<F, R, L, C>(
    engine: Arc<Engine<F, R, L, C>>,
    bells: Arc<Wakeups>,
    round: SweepPlan,
    stop: watch::Receiver<bool>,
) where
    F: Forge + 'static,
    R: Registry + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
{
    pending_events::recover(&engine, &bells).await;
    let watchers = round.places.iter().cloned().map(|place| {
        watch_place(Arc::clone(&engine), place, Arc::clone(&bells), round.clone(), stop.clone())
    });
    JoinSet::from_iter(watchers).join_all().await;
}

async fn watch_place<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: Arc<Engine<F, R, L, C>>,
    place: ConfigBranch,
    bells: Arc<Wakeups>,
    round: SweepPlan,
    mut stop: watch::Receiver<bool>,
) {
    let bell = bells.bell(&place);
    let mut said = Vec::new();
    let mut looks_again = false;
    while !*stop.borrow() {
        let start = Instant::now();
        let settled;
        (settled, looks_again) = look(&engine, &bells, &place, looks_again).await;
        measure(&place, &settled, start.elapsed());
        report(&place, &settled, &said);
        said = [settled.failures.as_slice(), settled.warnings.as_slice()].concat();
        let nap = sleep_time(&settled, &engine.policy, &place, round.sweep, engine.ports.clock.now());
        let nap = if looks_again { nap.min(round.second_look) } else { nap };
        tokio::select! {
            () = nap_until(nap, &bell) => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
}

/// One look, and the outcomes of the events that it answers; says whether one more is to follow soon. The look after
/// one that an event led to is such a second look itself.
async fn look<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Wakeups,
    place: &ConfigBranch,
    is_second: bool,
) -> (Convergence, bool) {
    let bell = bells.bell(place);
    let began = engine.ports.clock.now();
    let is_told = bell.hear();
    if is_told || is_second {
        // Right before the look, so that a look under way cannot use it up for this one.
        engine.ports.forge.hint(&place.repository);
    }
    let settled = settle(engine, place).await;
    // A look that failed answers nothing, but an event does not wait for ever.
    let owes = if settled.was_seen { bell.looked(began) } else { bell.take_owed() };
    if owes && !pending_events::conclude(engine, bells, place).await {
        bell.owe();
    }
    let looks_again = is_told || (is_second && !settled.was_seen);
    (settled, looks_again)
}

/// Sleeps until it is time or somebody rings, but never less than [`SLEEP_MIN`].
async fn nap_until(nap: Duration, bell: &Wakeup) {
    tokio::time::sleep(SLEEP_MIN.min(nap)).await;
    tokio::select! {
        () = tokio::time::sleep(nap.saturating_sub(SLEEP_MIN)) => {}
        () = bell.rung() => {}
    }
}

/// One look. A fault of ours in it is a failure like any other: it stops neither this nor another repository for good.
async fn settle<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    place: &ConfigBranch,
) -> Convergence {
    let look = AssertUnwindSafe(engine.settle(place, Freshness::PollResult)).catch_unwind();
    look.await.unwrap_or_else(|_panic| {
        let failures = vec![format!("{place}: an internal error; please report this with the log")];
        Convergence { failures, was_cut_short: true, ..Convergence::default() }
    })
}

/// Until the next gate turns by itself, or the sweep; sooner where something failed. New tags ring.
fn sleep_time(
    settled: &Convergence,
    policy: &Policy,
    place: &ConfigBranch,
    sweep: Duration,
    now: Time,
) -> Duration {
    if settled.was_cut_short {
        return SLEEP_AFTER_FAILURE.min(sweep);
    }
    let until_next = |at: Time| (at - now).max(TimeDelta::zero()).to_std().unwrap_or_default();
    let next = settled.next_look.map_or(sweep, until_next);
    // What a registry did not answer about a tag is asked again with its next poll.
    let poll = policy.images_at(place).map(|image| policy.poll(&image.name)).min();
    let poll = if settled.failures.is_empty() { sweep } else { poll.unwrap_or(sweep) };
    next.min(poll).min(sweep).max(SLEEP_MIN)
}

/// Counts a look, and what is open after it.
fn measure(place: &ConfigBranch, settled: &Convergence, took: Duration) {
    let result = if settled.failures.is_empty() { "ok" } else { "trouble" };
    metrics::counter!("towpath_looks_total", "place" => place.to_string(), "result" => result).increment(1);
    metrics::histogram!("towpath_look_seconds").record(took.as_secs_f64());
    let mut open: BTreeMap<&EnvironmentName, BTreeSet<ChangeNumber>> = BTreeMap::new();
    for judgement in &settled.plan.judgements {
        open.entry(&judgement.target.environment).or_default().extend(judgement.change);
    }
    for (environment, changes) in open {
        let labels = [("place", place.to_string()), ("environment", environment.to_string())];
        let count = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        metrics::gauge!("towpath_open_changes", &labels).set(f64::from(count));
    }
}

/// Logs what was done, and what fails unless the look before said the same.
fn report(place: &ConfigBranch, settled: &Convergence, said: &[String]) {
    for receipt in &settled.receipts {
        let action = receipt.summary.kind.word();
        let target = receipt.summary.target.as_ref().map(ToString::to_string).unwrap_or_default();
        match &receipt.outcome {
            Outcome::Done => tracing::info!(%place, action, target, "{}", receipt.summary.because),
            Outcome::Conflict(why) => tracing::info!(%place, action, target, "looking again: {why}"),
            // That is said once for all of them, and not again with each look.
            Outcome::RateLimited(_) => {}
            Outcome::Skipped(why) => tracing::debug!(%place, action, target, "not done: {why}"),
            Outcome::Failed(why) => tracing::warn!(%place, action, target, "{why}"),
        }
    }
    for news in settled.failures.iter().chain(&settled.warnings).filter(|news| !said.contains(news)) {
        tracing::warn!(%place, "{news}");
    }
}
