//! Merges that GitHub did not carry out: what it waits for, remembered so that nobody asks again at full speed.
//!
//! GitHub's words are no contract, and do not tell a branch that lacks the newest base from one whose checks run: both are
//! "required status checks are expected". Its word for the state of the pull request does, so that comes first. Nor does its
//! status tell much: that the head moved is said with 409, that the base moved with 405, as is everything else.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use http::StatusCode;

use super::super::GitHubForge;
use super::super::lock::lock;
use super::super::transport::Response;
use crate::forge::{ForgeError, Merge};
use crate::model::{
    BarrierKind, CommitId, ConfigBranch, ForgeName, MergeBlocker, MergeMethod, RepositoryName, Time,
};

/// When a merge is tried again although GitHub's view of it did not change.
const RETRY_AFTER: TimeDelta = TimeDelta::minutes(5);
/// The same where GitHub is only working out whether head and base go together.
const RETRY_SOON: TimeDelta = TimeDelta::seconds(10);
/// The same of what was in the merge queue: each turn there costs the others builds, and whoever took it out meant it.
const RETRY_QUEUE: TimeDelta = TimeDelta::days(1);
/// How many refusals are remembered; then all are forgotten, and tried again.
const REFUSALS_MAX: usize = 1_000;

/// GitHub's words for the states that matter; the others are not told apart.
const BLOCKED: &str = "blocked";
pub(super) const BEHIND: &str = "behind";
const DRAFT: &str = "draft";
const UNKNOWN: &str = "unknown";

/// A merge that GitHub did not carry out.
#[derive(Clone, Debug)]
pub(in crate::forge::github) struct RefusedMerge {
    head: CommitId,
    /// What GitHub thought of a merge then, in its word.
    state: String,
    barrier: MergeBlocker,
}

impl RefusedMerge {
    /// Whether it holds still: nothing changed, or one of the two states was not known.
    fn holds_in(&self, state: &str) -> bool {
        let is_unknown = |state: &str| [UNKNOWN, ""].contains(&state);
        state == self.state || is_unknown(state) || is_unknown(&self.state)
    }
}

/// Why it did not, and when to ask again.
#[derive(Clone, Debug)]
pub(super) struct MergeRefusal {
    kind: BarrierKind,
    why: String,
    retry: TimeDelta,
}

impl MergeRefusal {
    /// What a response means for a pull request in this state.
    pub(super) fn new(response: &Response, merge: &Merge, state: &str) -> Self {
        let said = response.message();
        let words = response.full_message();
        let says = |part: &str| words.contains(part);
        if state == BEHIND || says("not up to date") {
            return Self { kind: BarrierKind::Behind, why: said, retry: RETRY_AFTER };
        }
        let is_undecided = says("not mergeable") && ![BLOCKED, DRAFT].contains(&state);
        let is_undecided = is_undecided || says("already in progress");
        let retry = if is_undecided { RETRY_SOON } else { RETRY_AFTER };
        let why = format!("{said}; {}", way_out(&words, merge));
        Self { kind: BarrierKind::Blocked, why, retry }
    }

    /// No way of merging is both wanted and allowed.
    pub(super) fn no_way(wanted: Option<MergeMethod>, merge: &Merge, forge: &ForgeName) -> Self {
        let repository = &merge.place.repository;
        let why = match wanted {
            Some(method) => format!(
                "the forge `{forge}` is configured with `merge_method: {method}`, and `{repository}` does not allow that; \
                 allow it in the settings of the repository, or change `merge_method`"
            ),
            None => format!("`{repository}` allows no way of merging; allow one in its settings"),
        };
        Self { kind: BarrierKind::Blocked, why, retry: RETRY_AFTER }
    }

    /// GitHub took it out of the merge queue.
    pub(super) fn out_of_queue() -> Self {
        let why = "it was taken out of GitHub's merge queue without being merged, and its page says why; put it back there \
                   when that is mended"
            .to_owned();
        Self { kind: BarrierKind::Blocked, why, retry: RETRY_QUEUE }
    }

    /// It has to go through the merge queue, and does not get in.
    pub(super) fn kept_out_of_queue(said: &str) -> Self {
        let why = format!("GitHub does not add it to the merge queue: {said}");
        Self { kind: BarrierKind::Blocked, why, retry: RETRY_AFTER }
    }

    /// What to tell people now.
    pub(super) fn sentence(&self) -> String {
        match self.kind {
            BarrierKind::Blocked | BarrierKind::Unread => self.why.clone(),
            BarrierKind::Behind => {
                "its branch lacks the newest base, which the repository asks for".to_owned()
            }
        }
    }
}

/// Whether a merge was refused because head or base moved on its way, by any of the words that GitHub has for that: "Head
/// branch was modified", "Head branch is out of date", "Base branch was modified", each with "Review and try the merge again".
pub(super) fn is_outrun(response: &Response) -> bool {
    let outrun = ["branch was modified", "branch is out of date", "try the merge again"];
    response.status == StatusCode::CONFLICT || outrun.iter().any(|part| response.mentions(part))
}

/// What a person can do about what GitHub says, in lower case.
fn way_out(words: &str, merge: &Merge) -> String {
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if says(&["approv", "review is required", "review required", "reviewers", "changes requested"])
        || says(&["owner review", "changes have been requested", "changes were requested"])
    {
        "a user with write access must approve it in a review".to_owned()
    } else if says(&["conversation"]) {
        "resolve its conversations".to_owned()
    } else if says(&["not authorized", "restricted", "cannot update this protected"]) {
        format!("let the bot merge into `{}`, in its protection or its ruleset", merge.place.branch)
    } else if says(&["check", "deployment"]) {
        "it goes on by itself when they succeed".to_owned()
    } else if says(&["draft"]) {
        "mark it as ready for review".to_owned()
    } else if says(&["not mergeable"]) {
        "GitHub may still be trying whether it goes together with its base".to_owned()
    } else {
        "its page at GitHub says more".to_owned()
    }
}

impl GitHubForge {
    /// The refusal of a merge at this head.
    pub(in crate::forge::github) fn refused_merge(
        &self,
        repository: &RepositoryName,
        number: u64,
        head: &CommitId,
    ) -> Option<RefusedMerge> {
        let memory = self.memory(repository);
        let refused = lock(&memory.refused).get(&number).cloned();
        refused.filter(|refused| refused.head == *head)
    }

    /// Remembers why a pull request was not merged at a head, and what GitHub thought of a merge then.
    pub(super) fn keep_refusal(
        &self,
        repository: &RepositoryName,
        number: u64,
        head: &CommitId,
        state: &str,
        refusal: MergeRefusal,
    ) {
        let refused =
            RefusedMerge { head: head.clone(), state: state.to_owned(), barrier: self.barrier_of(refusal) };
        let memory = self.memory(repository);
        let mut all = lock(&memory.refused);
        if all.len() >= REFUSALS_MAX {
            *all = BTreeMap::new();
        }
        all.insert(number, refused);
    }

    fn barrier_of(&self, refusal: MergeRefusal) -> MergeBlocker {
        let MergeRefusal { kind, why, retry } = refusal;
        let until = self.now().checked_add_signed(retry).unwrap_or(Time::MAX_UTC);
        MergeBlocker { kind, why, until: Some(until) }
    }

    /// What stands in the way of merging an open pull request: what GitHub said when it was tried, as long as nothing
    /// changed since; otherwise what its state tells.
    pub(in crate::forge::github) async fn barrier(
        &self,
        place: &ConfigBranch,
        number: u64,
        head: &CommitId,
        base: &CommitId,
        state: &str,
    ) -> Result<Option<MergeBlocker>, ForgeError> {
        let refused = self.refused_merge(&place.repository, number, head);
        let barrier = match refused {
            Some(refused) if refused.holds_in(state) => Some(refused.barrier),
            Some(_) | None => of_state(state),
        };
        let Some(barrier) = barrier else { return Ok(None) };
        if barrier.kind != BarrierKind::Behind || !self.stands_on(place, head, base).await? {
            return Ok(Some(barrier));
        }
        // GitHub has not noticed the new base, or means something else: nothing would come of another update.
        let MergeBlocker { why, until, kind: _ } = barrier;
        Ok(until.map(|until| MergeBlocker { kind: BarrierKind::Blocked, why, until: Some(until) }))
    }

    /// Whether a head lies right on a base.
    async fn stands_on(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
        base: &CommitId,
    ) -> Result<bool, ForgeError> {
        let commit = self.commit(&place.repository, head).await?;
        Ok(commit.parents.iter().any(|parent| parent.sha == base.as_str()))
    }
}

/// What the state of a pull request tells before anybody tried: the bot may be one of those whom a rule does not bind.
fn of_state(state: &str) -> Option<MergeBlocker> {
    let barrier = |kind| Some(MergeBlocker { kind, why: String::new(), until: None });
    match state {
        BLOCKED => barrier(BarrierKind::Blocked),
        BEHIND => barrier(BarrierKind::Behind),
        _ => None,
    }
}
