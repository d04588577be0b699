//! What a repository asks of a merge beyond the bot's own gates.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use towpath::forge::ForgeError;
use towpath::model::{Barrier, BarrierKind, ChangeNumber, CommitId, MergeMethod, UserName};

use super::git::NewCommit;
use super::{EffectKind, FakeChange, State};
use crate::support::rules::name;

/// How long the port asks for patience after a merge that was refused.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(5);

/// The rules for the base branch, and what became of them.
#[derive(Debug, Default)]
pub(crate) struct Protection {
    /// The ways of merging that are switched off.
    pub(crate) forbidden: Vec<MergeMethod>,
    /// What the forge says while a rule is not met.
    pub(crate) unmet: Option<&'static str>,
    /// Whether a branch has to hold the newest base.
    pub(crate) is_strict: bool,
    /// What a merge makes of a text in every file, if it does not leave it as it was.
    pub(crate) alters: Option<(&'static str, &'static str)>,
    /// Whether merges go through the forge's queue.
    pub(crate) has_queue: bool,
    /// What stands in it.
    pub(crate) queue: BTreeMap<ChangeNumber, CommitId>,
    /// When what the port refused is worth another try.
    refused: BTreeMap<(ChangeNumber, CommitId), Barrier>,
}

impl State {
    /// The forge's word for what it thinks of merging an open change.
    pub(super) fn merge_word(&self, change: &FakeChange) -> &'static str {
        if self.is_conflicted(change.head()) {
            "dirty"
        } else if self.protection.unmet.is_some() {
            "blocked"
        } else if self.is_behind(change.head()) {
            "behind"
        } else {
            "clean"
        }
    }

    pub(super) fn is_behind(&self, head: &CommitId) -> bool {
        self.protection.is_strict && !self.git.ancestry(head).contains(self.base_tip())
    }

    /// What the port says of it.
    pub(super) fn barrier(&self, change: &FakeChange) -> Option<Barrier> {
        let barrier = |kind| Some(Barrier { kind, why: String::new(), until: None });
        if self.protection.queue.get(&change.number) == Some(change.head()) {
            return barrier(BarrierKind::Queued);
        }
        let timeline = format!("/issues/{}/timeline", change.number.0);
        if self.github.endless.as_ref() == Some(&timeline) {
            let why = "not all of it can be read; merge it by hand".to_owned();
            return Some(Barrier { kind: BarrierKind::Unread, why, until: None });
        }
        match self.merge_word(change) {
            "blocked" => {
                let refused = self.protection.refused.get(&(change.number, change.head().clone()));
                refused.cloned().or_else(|| barrier(BarrierKind::Blocked))
            }
            "behind" => barrier(BarrierKind::Behind),
            _ => None,
        }
    }

    /// What keeps the port from merging a head right now, if anything does.
    pub(super) fn held_up(&mut self, number: ChangeNumber, head: &CommitId) -> Result<(), ForgeError> {
        let not_yet = |why: &str| {
            Err(ForgeError::NotYet { what: format!("merging change {number}"), why: why.to_owned() })
        };
        if let Some(unmet) = self.protection.unmet {
            let until = Some(self.now + RETRY_AFTER);
            let barrier = Barrier { kind: BarrierKind::Blocked, why: unmet.to_owned(), until };
            self.protection.refused.insert((number, head.clone()), barrier);
            return not_yet(unmet);
        }
        if self.is_behind(head) {
            return not_yet("its branch lacks the newest base");
        }
        if self.protection.has_queue {
            self.enqueue(number, head.clone())?;
            return not_yet("it waits in the queue");
        }
        Ok(())
    }

    /// Puts a change into the queue; one that stands there stays.
    pub(super) fn enqueue(&mut self, number: ChangeNumber, head: CommitId) -> Result<(), ForgeError> {
        if self.protection.queue.get(&number) == Some(&head) {
            return Ok(());
        }
        self.effect(|state| {
            state.protection.queue.insert(number, head);
            ((), EffectKind::Queued { change: number })
        })
    }

    /// The way of merging that the forge takes where nobody says.
    pub(super) fn merge_method(&self) -> MergeMethod {
        let allowed = |method: &&MergeMethod| !self.protection.forbidden.contains(method);
        *MergeMethod::ALL.iter().find(allowed).expect("the story leaves one")
    }

    /// Puts a head on the base, if the two go together.
    pub(super) fn put_on_base(
        &mut self,
        head: &CommitId,
        by: &UserName,
        (method, message): (MergeMethod, &str),
    ) -> Option<CommitId> {
        let base = self.base_tip().clone();
        let mut files = self.git.merged_files(&base, head)?;
        if let Some((old, new)) = self.protection.alters {
            for content in files.values_mut() {
                *content = String::from_utf8_lossy(content).replace(old, new).into_bytes().into();
            }
            for content in files.values() {
                self.git.store(content);
            }
        }
        let at = self.forge_now();
        let own = self.git.get(head).message.clone();
        let (parents, message) = match method {
            MergeMethod::Merge => (vec![base, head.clone()], message),
            MergeMethod::Squash => (vec![base], message),
            MergeMethod::Rebase => (vec![base], own.as_str()),
        };
        Some(self.git.commit(NewCommit { parents, files, author: by, message, at }))
    }

    /// The queue has come to a change, and merges it.
    pub(crate) fn merge_from_queue(&mut self, number: ChangeNumber) {
        let head = self.protection.queue.remove(&number).expect("the story knows that it is queued");
        let by = name("github-merge-queue[bot]");
        let commit = self.put_on_base(&head, &by, (self.merge_method(), "merge"));
        self.end_by_merge(number, commit.expect("the queue tried it before"), by);
    }
}
