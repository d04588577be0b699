//! Carries out drafts at the forge and returns receipts.
//!
//! The log comes first: nothing is done that rests on a record which is not there. Every write finds or
//! creates, so that carrying out the same draft again after a lost answer does nothing twice.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::decide::GatesPassed;
use crate::draft::{ChangeEdit, Draft, DraftSummary, GatedMerge, Reply};
use crate::forge::{Forge, ForgeError};
use crate::model::{
    ChangeNumber, CommitId, ConfigBranch, Deployment, Merge, NewReaction, Proposal, PublishedComment,
    Reaction, Record, Time,
};

/// The outcome of a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The forge has it.
    Done,
    /// Something else moved first, or it is too early: the next look judges again.
    Conflict(String),
    /// The forge takes no more requests for this long.
    RateLimited(Duration),
    /// It was not done, for the reason in the sentence. Nothing rests on it, and the next look tries again.
    Skipped(String),
    /// It failed, for the reason in the sentence.
    Failed(String),
}

impl From<ForgeError> for Outcome {
    fn from(error: ForgeError) -> Self {
        match error {
            ForgeError::RateLimited { wait } => Self::RateLimited(wait),
            ForgeError::Conflict { .. } | ForgeError::NotYet { .. } => Self::Conflict(error.to_string()),
            ForgeError::NotFound { .. }
            | ForgeError::Forbidden { .. }
            | ForgeError::Misconfigured { .. }
            | ForgeError::Blocked { .. }
            | ForgeError::Unavailable { .. } => Self::Failed(error.to_string()),
        }
    }
}

/// What a draft was about, and its outcome.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What was to be done.
    pub summary: DraftSummary,
    /// The outcome, with the reason if it was not carried out.
    pub outcome: Outcome,
}

impl Receipt {
    fn new<T>(summary: DraftSummary, result: Result<T, ForgeError>) -> Self {
        Self { summary, outcome: result.map_or_else(Outcome::from, |_| Outcome::Done) }
    }

    /// The receipt of a draft that only informs people: a change that has no place for more is no failure, since nothing waits
    /// for it and each look would report it again.
    fn of_information<T>(summary: DraftSummary, result: Result<T, ForgeError>) -> Self {
        match result {
            Err(error @ ForgeError::Blocked { .. }) => {
                Self { summary, outcome: Outcome::Skipped(error.to_string()) }
            }
            result => Self::new(summary, result),
        }
    }

    /// Whether the draft was carried out.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.outcome == Outcome::Done
    }
}

/// Carries out the drafts of one look at a config branch.
///
/// Each method finds or creates, so that the same draft may be carried out again. The caller appends records first, and
/// carries out nothing else if that fails.
pub struct Actor<'a, F> {
    /// The forge.
    pub forge: &'a F,
    /// The config branch.
    pub place: &'a ConfigBranch,
    /// The tip of the log when the look read it; an append on another tip is a conflict.
    pub log_tip: Option<&'a CommitId>,
    /// The current time. A proof whose validity ended before it is not used.
    pub now: &'a (dyn Fn() -> Time + Send + Sync),
}

impl<F: Forge> Actor<'_, F> {
    /// Appends records to the log, in one commit.
    pub async fn append(&self, drafts: Vec<Draft<Record>>) -> Vec<Receipt> {
        let line = |record| serde_json::to_string(record).expect("a record is always JSON");
        let lines: Vec<String> = drafts.iter().map(|draft| line(&draft.effect)).collect();
        if lines.is_empty() {
            return Vec::new();
        }
        let result = self.forge.append_log(self.place, &lines, self.log_tip).await.map(drop);
        drafts.into_iter().map(|draft| Receipt::new(draft.summary, result.clone())).collect()
    }

    /// Opens changes and gives others new content, in one batch.
    pub async fn propose(&self, drafts: Vec<Draft<Proposal>>) -> Vec<Receipt> {
        let (proposals, summaries): (Vec<Proposal>, Vec<DraftSummary>) =
            drafts.into_iter().map(|draft| (draft.effect, draft.summary)).unzip();
        if proposals.is_empty() {
            return Vec::new();
        }
        let results = self.forge.propose(&proposals).await;
        summaries.into_iter().zip(results).map(|(summary, result)| Receipt::new(summary, result)).collect()
    }

    /// Edits changes, one after another.
    pub async fn edit(&self, drafts: Vec<Draft<ChangeEdit>>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for Draft { effect, summary } in drafts {
            receipts.push(match effect {
                ChangeEdit::Present { change, presentation } => {
                    let result = self.forge.present(self.place, change, &presentation).await;
                    Receipt::of_information(summary, result)
                }
                ChangeEdit::Dequeue { change } => {
                    Receipt::new(summary, self.forge.dequeue(self.place, change).await)
                }
                ChangeEdit::Close { change } => {
                    Receipt::new(summary, self.forge.close(self.place, change).await)
                }
                ChangeEdit::DeleteBranch { branch, expected } => {
                    Receipt::new(summary, self.forge.delete_branch(self.place, &branch, &expected).await)
                }
            });
        }
        receipts
    }

    /// Merges changes, one after another, each only if its proof is about that head and is still valid.
    pub async fn merge(&self, drafts: Vec<Draft<GatedMerge>>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for Draft { effect, summary } in drafts {
            receipts.push(Receipt::new(summary, self.merge_one(&effect).await));
        }
        receipts
    }

    async fn merge_one(&self, gated: &GatedMerge) -> Result<(), ForgeError> {
        let GatedMerge { gates, merge, presentation } = gated;
        if let Some(presentation) = presentation {
            // If that fails the change shows less; what is merged is the same.
            self.forge.present(self.place, merge.change, presentation).await.ok();
        }
        ensure_proven(gates, merge, (self.now)())?;
        self.forge.merge(merge).await.map(drop)
    }

    /// Writes comments, then reactions, those of one change in one batch.
    pub async fn reply(&self, drafts: Vec<Draft<Reply>>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        let mut reactions: BTreeMap<ChangeNumber, ReactionBatch> = BTreeMap::new();
        for Draft { effect, summary } in drafts {
            match effect {
                Reply::Comment { change, comment } => {
                    receipts.push(self.comment(change, &comment, summary).await)
                }
                Reply::React { change, reaction } => {
                    reactions.entry(change).or_default().add(reaction, summary)
                }
            }
        }
        for (change, mut batch) in reactions {
            batch.put_done_first();
            let results = self.forge.react(self.place, change, &batch.reactions).await;
            let pairs = batch.summaries.into_iter().zip(results);
            receipts.extend(pairs.map(|(summary, result)| Receipt::of_information(summary, result)));
        }
        receipts
    }

    async fn comment(
        &self,
        change: ChangeNumber,
        comment: &PublishedComment,
        summary: DraftSummary,
    ) -> Receipt {
        Receipt::of_information(summary, self.forge.comment(self.place, change, comment).await)
    }

    /// Reports landings to the forge. A report that fails is skipped, whatever the reason: nothing rests on it.
    pub async fn announce(&self, drafts: Vec<Draft<Deployment>>) -> Vec<Receipt> {
        let mut receipts = Vec::new();
        for Draft { effect, summary } in drafts {
            let result = self.forge.announce(self.place, &effect).await;
            let outcome = result.map_or_else(|error| Outcome::Skipped(error.to_string()), |()| Outcome::Done);
            receipts.push(Receipt { summary, outcome });
        }
        receipts
    }
}

/// The reactions on the comments of one change, with the summaries of their drafts in the same order.
#[derive(Default)]
struct ReactionBatch {
    reactions: Vec<NewReaction>,
    summaries: Vec<DraftSummary>,
}

impl ReactionBatch {
    fn add(&mut self, reaction: NewReaction, summary: DraftSummary) {
        self.reactions.push(reaction);
        self.summaries.push(summary);
    }

    /// Puts reactions to commands that were carried out first: a change may have no place for all of them.
    fn put_done_first(&mut self) {
        let pairs = std::mem::take(&mut self.reactions).into_iter().zip(std::mem::take(&mut self.summaries));
        let (done, others): (Vec<_>, Vec<_>) =
            pairs.partition(|(reaction, _)| reaction.reaction == Reaction::Rocket);
        (self.reactions, self.summaries) = done.into_iter().chain(others).unzip();
    }
}

/// Refuses a merge whose proof is about another change or head, or is no longer valid.
fn ensure_proven(gates: &GatesPassed, merge: &Merge, now: Time) -> Result<(), ForgeError> {
    let is_proven =
        gates.valid_until() >= now && gates.change() == merge.change && *gates.head() == merge.head;
    if is_proven {
        Ok(())
    } else {
        Err(ForgeError::Conflict { what: format!("the proof for change {}", merge.change) })
    }
}
