//! What a repository asks of a merge beyond the bot's own gates.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use towpath::forge::ForgeError;
use towpath::model::{
    BarrierKind, BranchName, ChangeNumber, CommitId, MergeBlocker, MergeMethod, NewStatus, QueuePlace,
    Status, Time, UserName,
};

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
    pub(crate) queue: BTreeMap<ChangeNumber, FakeEntry>,
    /// Who was put into it and taken out of it, and when.
    pub(super) queue_history: Vec<(Time, ChangeNumber, &'static str)>,
    /// Whether the forge tells nobody of its queue.
    pub(crate) hides_queue: bool,
    /// When what the port refused is worth another try.
    refused: BTreeMap<(ChangeNumber, CommitId), MergeBlocker>,
}

impl Protection {
    /// Whether the forge may answer to a merge that it does not do it yet.
    pub(crate) const fn has_rules_for_merges(&self) -> bool {
        self.unmet.is_some() || self.is_strict || self.has_queue
    }
}

/// A change in the queue.
#[derive(Clone, Debug)]
pub(crate) struct FakeEntry {
    head: CommitId,
    pub(crate) by: UserName,
    /// What the queue would merge, once it has made it.
    pub(crate) group: Option<CommitId>,
    /// What stands there, by its name.
    pub(crate) shown: Vec<(String, Status)>,
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
    pub(super) fn barrier(&self, change: &FakeChange) -> Option<MergeBlocker> {
        let barrier = |kind| Some(MergeBlocker { kind, why: String::new(), until: None });
        let timeline = format!("/issues/{}/timeline", change.number.0);
        if self.github.endless.as_ref() == Some(&timeline) {
            let why = "not all of it can be read; merge it by hand".to_owned();
            return Some(MergeBlocker { kind: BarrierKind::Unread, why, until: None });
        }
        if self.protection.queue.contains_key(&change.number) {
            return None;
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
            let barrier = MergeBlocker { kind: BarrierKind::Blocked, why: unmet.to_owned(), until };
            self.protection.refused.insert((number, head.clone()), barrier);
            return not_yet(unmet);
        }
        if self.is_behind(head) {
            return not_yet("its branch lacks the newest base");
        }
        if self.protection.has_queue {
            let by = self.bot.clone();
            self.enqueue(number, head.clone(), by)?;
            return not_yet("it waits in the queue");
        }
        Ok(())
    }

    /// Puts a change into the queue; one that stands there stays.
    pub(super) fn enqueue(
        &mut self,
        number: ChangeNumber,
        head: CommitId,
        by: UserName,
    ) -> Result<(), ForgeError> {
        if self.protection.queue.get(&number).is_some_and(|entry| entry.head == head) {
            return Ok(());
        }
        self.effect(|state| {
            state.put_into_queue(number, head, by);
            ((), EffectKind::Queued { change: number })
        })
    }

    /// Puts a change into the queue as somebody.
    pub(crate) fn put_into_queue(&mut self, number: ChangeNumber, head: CommitId, by: UserName) {
        let entry = FakeEntry { head, by, group: None, shown: Vec::new() };
        self.protection.queue.insert(number, entry);
        self.protection.queue_history.push((self.forge_now(), number, "added_to_merge_queue"));
    }

    /// Takes a change out of the queue, as the bot.
    pub(super) fn dequeue(&mut self, number: ChangeNumber) -> Result<(), ForgeError> {
        if !self.protection.queue.contains_key(&number) {
            return Ok(());
        }
        self.effect(|state| {
            state.take_out_of_queue(number);
            ((), EffectKind::Dequeued { change: number })
        })
    }

    /// Takes a change out of the queue.
    pub(crate) fn take_out_of_queue(&mut self, number: ChangeNumber) {
        if self.protection.queue.remove(&number).is_some() {
            self.protection.queue_history.push((self.forge_now(), number, "removed_from_merge_queue"));
        }
    }

    /// What the port says of a change in the queue.
    pub(super) fn queue_place(&self, number: ChangeNumber) -> Option<QueuePlace> {
        let entry = self.protection.queue.get(&number)?;
        let shown = entry.shown.last().map(|(_, status)| status.clone());
        Some(QueuePlace { by_bot: entry.by == self.bot, group: entry.group.clone(), shown })
    }

    /// Shows on what the queue would merge what the change shows.
    pub(super) fn show_in_queue(
        &mut self,
        number: ChangeNumber,
        status: &NewStatus,
    ) -> Result<(), ForgeError> {
        let Some(QueuePlace { group: Some(head), shown, .. }) = self.queue_place(number) else {
            return Ok(());
        };
        let wanted = status.in_queue();
        if shown.is_some_and(|shown| shown.is_same(&wanted)) {
            return Ok(());
        }
        self.effect(|state| {
            let status = Status { head, at: state.forge_now(), state: wanted.state, text: wanted.text };
            state.note_in_queue(number, wanted.context, status);
            ((), EffectKind::StatusSet { change: number })
        })
    }

    pub(super) fn note_in_queue(&mut self, number: ChangeNumber, context: String, status: Status) {
        self.protection.queue.get_mut(&number).expect("it was just there").shown.push((context, status));
    }

    /// When a change was put into the queue or taken out, in GitHub's words.
    pub(super) fn queued(&self, number: ChangeNumber) -> impl Iterator<Item = (Time, &'static str)> {
        let history = self.protection.queue_history.iter().filter(move |(_, own, _)| *own == number);
        history.map(|(at, _, event)| (*at, *event))
    }

    /// GitHub takes no push to a branch that is queued.
    pub(super) fn expect_not_queued(&self, branch: &BranchName) {
        let open = self.open_change(branch).map(|change| change.number);
        let is_queued = open.is_some_and(|number| self.protection.queue.contains_key(&number));
        assert!(!is_queued, "branches that are queued for merging cannot be updated: {branch}");
    }

    /// The change for which the queue made a commit.
    pub(super) fn group_of(&self, head: &CommitId) -> Option<ChangeNumber> {
        let mut queue = self.protection.queue.iter();
        queue.find(|(_, entry)| entry.group.as_ref() == Some(head)).map(|(number, _)| *number)
    }

    /// The queue makes the commit that it would merge, and waits for what is required of it.
    pub(crate) fn make_group(&mut self, number: ChangeNumber) -> CommitId {
        let head =
            self.protection.queue.get(&number).expect("the story knows that it is queued").head.clone();
        let by = name("github-merge-queue[bot]");
        let commit = self.put_on_base(&head, &by, self.merge_method(), "merge");
        let commit = commit.expect("the two go together");
        self.protection.queue.get_mut(&number).expect("it was just there").group = Some(commit.clone());
        commit
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
        method: MergeMethod,
        message: &str,
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
        let head = self.protection.queue.remove(&number).expect("the story knows that it is queued").head;
        let by = name("github-merge-queue[bot]");
        let commit = self.put_on_base(&head, &by, self.merge_method(), "merge");
        self.end_by_merge(number, commit.expect("the queue tried it before"), by);
    }
}
