//! What the bot wrote a moment ago: GitHub may show what was there before for a while, and nothing is to be written again for
//! that.

use std::collections::BTreeMap;

use chrono::TimeDelta;

use super::checks::Check;
use crate::model::{CommentId, CommitId, Status, Time, is_younger_than};

/// How long GitHub may take to show what was written.
const SHOWN_WITHIN: TimeDelta = TimeDelta::seconds(60);

/// What was written, each with when.
#[derive(Debug, Default)]
pub(super) struct Receipts {
    /// What comments say that were written anew.
    comments: BTreeMap<CommentId, (String, Time)>,
    statuses: BTreeMap<CommitId, (Status, Time)>,
    checks: BTreeMap<CommitId, (Check, Time)>,
}

impl Receipts {
    /// Notes what a comment says now.
    pub(super) fn note_comment(&mut self, comment: &CommentId, body: &str, now: Time) {
        note(&mut self.comments, comment, body.to_owned(), now);
    }

    /// Notes the status of a commit.
    pub(super) fn note_status(&mut self, status: &Status, now: Time) {
        note(&mut self.statuses, &status.head, status.clone(), now);
    }

    /// Notes the check of a commit.
    pub(super) fn note_check(&mut self, check: &Check, now: Time) {
        note(&mut self.checks, check.head(), check.clone(), now);
    }

    /// The comments of which GitHub may still show what they said before.
    pub(super) fn comments(&self, now: Time) -> Vec<(CommentId, String)> {
        let young = self.comments.iter().filter(|(_, (_, at))| is_young(*at, now));
        young.map(|(id, (body, _))| (id.clone(), body.clone())).collect()
    }

    /// The check of a commit: the one that GitHub lists, unless one was written that it does not show yet.
    pub(super) fn check(&self, head: &CommitId, listed: Option<Check>, now: Time) -> Option<Check> {
        let made = self.checks.get(head).filter(|(_, at)| is_young(*at, now)).map(|(check, _)| check);
        match (made, listed) {
            (Some(made), Some(listed)) if listed.is_after(made) => Some(listed),
            (Some(made), _) => Some(made.clone()),
            (None, listed) => listed,
        }
    }

    /// The statuses of a commit, oldest first, with the one that was written and is not listed yet.
    pub(super) fn statuses(&self, head: &CommitId, mut listed: Vec<Status>, now: Time) -> Vec<Status> {
        let made = self.statuses.get(head).filter(|(_, at)| is_young(*at, now)).map(|(status, _)| status);
        let is_missing =
            |made: &&Status| !listed.contains(made) && listed.last().is_none_or(|last| last.at <= made.at);
        listed.extend(made.filter(is_missing).cloned());
        listed
    }
}

fn is_young(at: Time, now: Time) -> bool {
    is_younger_than(SHOWN_WITHIN, at, now)
}

fn note<K: Ord + Clone, V>(kept: &mut BTreeMap<K, (V, Time)>, key: &K, value: V, now: Time) {
    kept.retain(|_, (_, at)| is_young(*at, now));
    kept.insert(key.clone(), (value, now));
}
