//! The loop: observe, decide, draft, act, until nothing is possible now; then sleep until the next look.
//!
//! An event never causes an effect, it only says *look again*; so lost, doubled and reordered events are
//! harmless, and a restart needs no recovery.

mod pending_events;
mod poller;
mod service;
mod wakeups;

pub use crate::observe::{Freshness, Listings, ObserveError, PollResult, Ports};
pub use poller::poll;
pub use service::{SweepPlan, serve};
pub use wakeups::{Wakeup, Wakeups};

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::act::{Actor, Outcome, Receipt};
use crate::decide::{GateReason, Plan};
use crate::draft::{Draft, Drafts, draft};
use crate::forge::{Forge, ForgeError};
use crate::ledger::Ledger;
use crate::model::{ConfigBranch, Policy, Record, Time};
use crate::observe::{Clock, LogReplacement, Observation, observe};
use crate::registry::Registry;

/// How many passes may follow each other before they are taken for a live-lock.
const PASSES_MAX: usize = 64;
/// How many passes in a row may find that somebody was faster.
const CONFLICTS_MAX: usize = 5;

/// The engine: one policy and the ports it works through.
#[derive(Debug)]
pub struct Engine<F, R, L, C> {
    /// The ports.
    pub ports: Ports<F, R, L, C>,
    /// The policy.
    pub policy: Arc<Policy>,
}

/// How a config repository came to rest.
#[derive(Clone, Debug, Default)]
pub struct Convergence {
    /// The outcome of everything that was tried, in order.
    pub receipts: Vec<Receipt>,
    /// The records that were appended to the log.
    pub records: Vec<Record>,
    /// The last plan, from which nothing more followed.
    pub plan: Plan,
    /// What failed, in sentences; empty where all is well.
    pub failures: Vec<String>,
    /// What does not count in the repository, in sentences that name it. It stops nothing.
    pub warnings: Vec<String>,
    /// Whether it did not come to its proper end, so that it is worth trying again soon.
    pub was_cut_short: bool,
    /// How often everything was looked at.
    pub passes: usize,
    /// Whether the last look saw all there was; what became of the plan does not count.
    pub was_seen: bool,
    /// When to look again even if nothing happens.
    pub next_look: Option<Time>,
    /// The log in place of the one that the ledger holds, if it was replaced; one of `warnings` says so.
    log_replacement: Option<LogReplacement>,
}

/// What would be done next, without doing it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The facts and the plan.
    pub observation: Observation,
    /// The plan made concrete.
    pub drafts: Drafts,
}

impl Preview {
    /// What does not count in the repository, in sentences that name it. It stops nothing.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        warnings(&self.observation)
    }

    /// What a person has to correct before it can go on, in sentences that name it, without what could not be drafted.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        failures(&self.observation)
    }

    /// The records that would be appended to the log.
    pub fn records(&self) -> impl Iterator<Item = &Record> {
        self.drafts.records.iter().map(|draft| &draft.effect)
    }
}

impl<F: Forge, R: Registry, L: Ledger, C: Clock> Engine<F, R, L, C> {
    /// An engine.
    pub fn new(ports: Ports<F, R, L, C>, policy: Arc<Policy>) -> Self {
        Self { ports, policy }
    }

    /// Looks at a config repository and says what would be done next.
    ///
    /// # Errors
    /// Where the repository could not be observed.
    pub async fn preview(&self, place: &ConfigBranch, freshness: Freshness) -> Result<Preview, ObserveError> {
        let observation = observe(&self.ports, &self.policy, place, freshness).await?;
        let Observation { world, tree, overlays, plan, .. } = &observation;
        let drafts = draft(world, &self.policy, tree, overlays, plan);
        Ok(Preview { observation, drafts })
    }

    /// Carries a config repository as far as it goes now. Never sleeps.
    pub async fn settle(&self, place: &ConfigBranch, freshness: Freshness) -> Convergence {
        let mut settled = self.settle_passes(place, freshness).await;
        if let Some(replacement) = settled.log_replacement.take() {
            let acknowledged = replacement.acknowledge(&self.ports.ledger, place).await;
            settled.failures.extend(acknowledged.err().map(|error| error.to_string()));
        }
        settled
    }

    async fn settle_passes(&self, place: &ConfigBranch, freshness: Freshness) -> Convergence {
        let mut settled = Convergence::default();
        let mut conflicts = 0;
        // Where that fails nothing can be appended either, which is said then.
        self.ports.forge.secure_log(place).await.ok();
        while settled.passes < PASSES_MAX {
            settled.passes += 1;
            let before = settled.receipts.len();
            match self.pass(place, freshness, &mut settled).await {
                Err(error) => {
                    settled.was_seen = false;
                    match asked_to_wait(&error) {
                        Some(wait) => settled.wait(place, self.ports.clock.now(), wait),
                        None => {
                            settled.was_cut_short = true;
                            settled.failures.push(error.to_string());
                        }
                    }
                    return settled;
                }
                Ok(()) if settled.receipts.len() == before => return settled,
                Ok(()) => {}
            }
            let fresh = settled.receipts.get(before..).unwrap_or_default();
            let goes_on = fresh.iter().any(Receipt::is_done);
            conflicts = if fresh.iter().any(was_beaten) { conflicts + 1 } else { 0 };
            let is_worth_it = goes_on || (conflicts > 0 && conflicts < CONFLICTS_MAX);
            if !is_worth_it || conflicts >= CONFLICTS_MAX {
                let failed: Vec<String> = fresh.iter().filter_map(failure).collect();
                let wait = fresh.iter().filter_map(later).min();
                settled.was_cut_short = !failed.is_empty();
                settled.failures.extend(failed);
                if let Some(wait) = wait {
                    settled.wait(place, self.ports.clock.now(), wait);
                }
                return settled;
            }
        }
        settled.was_cut_short = true;
        settled.failures.push(format!(
            "{place}: did not converge after {PASSES_MAX} passes; please report this with the log"
        ));
        settled
    }

    /// One pass: the log and what moves releases, then merges on a fresh look, then answers, then what people are only told.
    ///
    /// Answers come late because anybody may ask: however many there are, no merge and no new release waits for them.
    async fn pass(
        &self,
        place: &ConfigBranch,
        freshness: Freshness,
        settled: &mut Convergence,
    ) -> Result<(), ObserveError> {
        let Preview { observation, drafts } = self.preview(place, freshness).await?;
        let Drafts { records, proposals, changes, merges, replies, announcements, refused } = drafts;
        let now = || self.ports.clock.now();
        let actor = self.actor(place, &observation, &now);
        let is_logged = settled.append(&actor, records).await;
        if is_logged {
            settled.receipts.extend(actor.propose(proposals).await);
            settled.receipts.extend(actor.edit(changes).await);
        }
        let merged = if merges.is_empty() { Ok(()) } else { self.merge(place, freshness, settled).await };
        if is_logged {
            settled.receipts.extend(actor.reply(replies).await);
            settled.receipts.extend(actor.announce(announcements).await);
        }
        settled.take(observation, refused);
        merged
    }

    /// Merges, on a look of its own: what a merge rests on is read again right before it, and judged again.
    async fn merge(
        &self,
        place: &ConfigBranch,
        freshness: Freshness,
        settled: &mut Convergence,
    ) -> Result<(), ObserveError> {
        let Preview { observation, drafts } = self.preview(place, freshness).await?;
        let now = || self.ports.clock.now();
        let actor = self.actor(place, &observation, &now);
        // A merge never rests on a record that is not in the log yet: then the record is written, and no more.
        if drafts.records.is_empty() {
            settled.receipts.extend(actor.merge(drafts.merges).await);
        } else {
            settled.append(&actor, drafts.records).await;
        }
        Ok(())
    }

    fn actor<'a>(
        &'a self,
        place: &'a ConfigBranch,
        observation: &'a Observation,
        now: &'a (dyn Fn() -> Time + Send + Sync),
    ) -> Actor<'a, F> {
        Actor { forge: &self.ports.forge, place, log_tip: observation.log_tip.as_ref(), now }
    }
}

/// What does not count in the repository, in sentences that name the repository.
fn warnings(observation: &Observation) -> Vec<String> {
    let Observation { world, left_out, .. } = observation;
    left_out
        .iter()
        .map(|left_out| format!("{}: {}", world.place, crate::render::left_out(left_out)))
        .collect()
}

/// What a person has to correct before it can go on, without what could not be drafted.
fn failures(observation: &Observation) -> Vec<String> {
    let read = observation.troubles.iter().map(ToString::to_string);
    read.chain(troubles(&observation.plan)).collect()
}

impl Convergence {
    /// Appends records to the log, and returns whether the log has them all.
    async fn append<F: Forge>(&mut self, actor: &Actor<'_, F>, records: Vec<Draft<Record>>) -> bool {
        let appended: Vec<Record> = records.iter().map(|draft| draft.effect.clone()).collect();
        let receipts = actor.append(records).await;
        let is_done = receipts.iter().all(Receipt::is_done);
        if is_done {
            self.records.extend(appended);
        }
        self.receipts.extend(receipts);
        is_done
    }

    /// Keeps the last plan, and what failed of it without being an effect.
    fn take(&mut self, observation: Observation, refused: Vec<String>) {
        self.warnings = warnings(&observation);
        self.failures = failures(&observation);
        self.failures.extend(refused);
        self.log_replacement = observation.log_replacement;
        self.next_look = observation.plan.next_look;
        self.was_seen = true;
        self.plan = observation.plan;
    }

    /// Notes that the rest has to wait for the forge. The sentence is the same each time, so that it is logged once.
    fn wait(&mut self, place: &ConfigBranch, now: Time, wait: Duration) {
        let until = TimeDelta::from_std(wait).ok().and_then(|wait| now.checked_add_signed(wait));
        self.next_look = self.next_look.into_iter().chain(until).min();
        self.failures
            .push(format!("{place}: the rest waits, since the forge takes no more requests for now"));
    }
}

/// How long the forge asks to wait, where that is all that went wrong.
fn asked_to_wait(error: &ObserveError) -> Option<Duration> {
    if let ObserveError::Forge { error: ForgeError::RateLimited { wait }, .. } = error {
        Some(*wait)
    } else {
        None
    }
}

/// What keeps a target from moving that a person has to mend.
fn troubles(plan: &Plan) -> Vec<String> {
    let judged = plan.judgements.iter().flat_map(|judgement| {
        let reasons = judgement.waiting().filter(|reason| GateReason::is_trouble(reason));
        reasons.map(|reason| format!("{}: {}", judgement.target, crate::render::reason(reason)))
    });
    judged.collect()
}

fn was_beaten(receipt: &Receipt) -> bool {
    matches!(receipt.outcome, Outcome::Conflict(_))
}

const fn later(receipt: &Receipt) -> Option<Duration> {
    if let Outcome::RateLimited(wait) = receipt.outcome { Some(wait) } else { None }
}

fn failure(receipt: &Receipt) -> Option<String> {
    match &receipt.outcome {
        Outcome::Failed(why) => Some(format!("{}: {why}", receipt.summary.kind)),
        Outcome::Conflict(why) => Some(format!("{} kept failing: {why}", receipt.summary.kind)),
        Outcome::Done | Outcome::RateLimited(_) | Outcome::Skipped(_) => None,
    }
}
