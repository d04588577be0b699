//! Carries out drafts at the forge and returns receipts.
//!
//! The log comes first: nothing is done that rests on a record which is not there. Every write finds or
//! creates, so that carrying out the same draft again after a lost answer does nothing twice.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::decide::GatesPassed;
use crate::draft::{Draft, Effect};
use crate::forge::{Forge, ForgeError};
use crate::model::{ChangeNumber, CommitId, ConfigBranch, Merge, NewReaction, Proposal, Time};

/// What became of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// Somebody was faster, or it is not time yet: look again.
    Conflict(String),
    /// The forge takes no more for so long.
    RateLimited(Duration),
    /// It is not done, in a sentence for people, and nothing rests on it: the next look tries again.
    Skipped(String),
    /// It failed, in a sentence for people.
    Failed(String),
}

/// A draft, and what became of it.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What was to be done.
    pub draft: Draft,
    /// What became of it.
    pub outcome: Outcome,
}

impl Receipt {
    fn new(draft: Draft, result: Result<(), ForgeError>) -> Self {
        let outcome = match result {
            Ok(()) => Outcome::Done,
            Err(error) if draft.effect.is_announcement() => Outcome::Skipped(error.to_string()),
            Err(ForgeError::RateLimited { wait }) => Outcome::RateLimited(wait),
            Err(error @ (ForgeError::Conflict { .. } | ForgeError::NotYet { .. })) => {
                Outcome::Conflict(error.to_string())
            }
            Err(
                error @ (ForgeError::NotFound { .. }
                | ForgeError::Forbidden { .. }
                | ForgeError::Misconfigured { .. }
                | ForgeError::Blocked { .. }
                | ForgeError::Unavailable { .. }),
            ) => Outcome::Failed(error.to_string()),
        };
        Self { draft, outcome }
    }
}

/// Where drafts are carried out, and on what they rest.
#[derive(Clone, Copy)]
pub struct ActInput<'a> {
    /// The config repository and branch.
    pub place: &'a ConfigBranch,
    /// The tip of the log when it was read.
    pub log_tip: Option<&'a CommitId>,
    /// Says what time it is; a proof that was valid before that is not used.
    pub now: &'a (dyn Fn() -> Time + Send + Sync),
}

/// Carries out drafts: the log in one commit, then proposals in one batch, then the rest in order, reactions last and those
/// on one change together.
///
/// Where the log cannot be written nothing else is done.
pub async fn act<F: Forge>(forge: &F, input: &ActInput<'_>, drafts: Vec<Draft>) -> Vec<Receipt> {
    let (records, rest): (Vec<Draft>, Vec<Draft>) =
        drafts.into_iter().partition(|draft| draft.effect.record().is_some());
    let mut receipts = append(forge, input, records).await;
    if receipts.iter().any(|receipt| receipt.outcome != Outcome::Done) {
        return receipts;
    }
    let (proposals, rest): (Vec<Draft>, Vec<Draft>) =
        rest.into_iter().partition(|draft| draft.effect.proposal().is_some());
    receipts.extend(propose(forge, proposals).await);
    let (reactions, rest): (Vec<Draft>, Vec<Draft>) =
        rest.into_iter().partition(|draft| draft.effect.reaction().is_some());
    for draft in rest {
        let result = execute(forge, input, &draft.effect).await;
        receipts.push(Receipt::new(draft, result));
    }
    receipts.extend(react(forge, input.place, reactions).await);
    receipts
}

async fn append<F: Forge>(forge: &F, input: &ActInput<'_>, drafts: Vec<Draft>) -> Vec<Receipt> {
    let records = drafts.iter().filter_map(|draft| draft.effect.record());
    let line = |record| serde_json::to_string(record).expect("a record is always JSON");
    let lines: Vec<String> = records.map(line).collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let result = forge.append_log(input.place, &lines, input.log_tip).await.map(drop);
    drafts.into_iter().map(|draft| Receipt::new(draft, result.clone())).collect()
}

async fn propose<F: Forge>(forge: &F, drafts: Vec<Draft>) -> Vec<Receipt> {
    let proposals: Vec<Proposal> =
        drafts.iter().filter_map(|draft| draft.effect.proposal()).cloned().collect();
    if proposals.is_empty() {
        return Vec::new();
    }
    let results = forge.propose(&proposals).await;
    drafts.into_iter().zip(results).map(|(draft, result)| Receipt::new(draft, result.map(drop))).collect()
}

async fn react<F: Forge>(forge: &F, place: &ConfigBranch, drafts: Vec<Draft>) -> Vec<Receipt> {
    let mut by_change: BTreeMap<ChangeNumber, (Vec<NewReaction>, Vec<Draft>)> = BTreeMap::new();
    for draft in drafts {
        let Some((change, reaction)) = draft.effect.reaction() else { continue };
        let (reactions, drafts) = by_change.entry(change).or_default();
        reactions.push(reaction.clone());
        drafts.push(draft);
    }
    let mut receipts = Vec::new();
    for (change, (reactions, drafts)) in by_change {
        let results = forge.react(place, change, &reactions).await;
        receipts.extend(drafts.into_iter().zip(results).map(|(draft, result)| Receipt::new(draft, result)));
    }
    receipts
}

async fn execute<F: Forge>(forge: &F, input: &ActInput<'_>, effect: &Effect) -> Result<(), ForgeError> {
    let place = input.place;
    match effect {
        Effect::Record(_) | Effect::Propose(_) | Effect::React { .. } => Ok(()),
        Effect::Present { change, presentation } => forge.present(place, *change, presentation).await,
        Effect::Merge { gates, merge, presentation } => {
            if let Some(presentation) = presentation {
                // Where that fails people see less, and the merge is as good as it was.
                forge.present(place, merge.change, presentation).await.ok();
            }
            expect_proof(gates, merge, (input.now)())?;
            forge.merge(merge).await.map(drop)
        }
        Effect::Dequeue { change } => forge.dequeue(place, *change).await,
        Effect::Close { change } => forge.close(place, *change).await,
        Effect::DeleteBranch { branch, expected } => forge.delete_branch(place, branch, expected).await,
        Effect::Comment { change, remark } => forge.comment(place, *change, remark).await,
        Effect::Announce(deployment) => forge.announce(place, deployment).await,
    }
}

/// Refuses a merge that its proof is not about, or not any more.
fn expect_proof(gates: &GatesPassed, merge: &Merge, now: Time) -> Result<(), ForgeError> {
    let is_proven =
        gates.valid_until() >= now && gates.change() == merge.change && *gates.head() == merge.head;
    if is_proven {
        Ok(())
    } else {
        Err(ForgeError::Conflict { what: format!("the proof for change {}", merge.change) })
    }
}
