//! Towpath's pull requests into one branch, as everybody sees them.
//!
//! A list of all pull requests, the latest touched first, tells with one conditional request whether anything
//! happened. What was said on a pull request is read again only when it was touched.
//!
//! The first look reads what is open and what was updated in the last 30 days, at most 100 ended changes. What ended
//! before is in the log, so a repository of any age costs the same. A listing counts as read by its ETag, not because
//! GitHub responds with 304: a look that failed half-way would lose what it saw otherwise.

mod edits;
mod listing;
mod seen;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use http::HeaderValue;

use super::checks::Check;
use super::lock::lock;
use super::observed_branches::{Branches, Refs};
use super::scope::Scope;
use super::transport::{Call, PAGE_SIZE};
use super::wire::{CommitStatus, Pull, PullDetails, commit_id, user};
use super::{GitHubForge, READS_AT_ONCE};
use crate::forge::{BRANCH_PREFIX, ForgeError};
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, CommitId, ConfigBranch, MergeBlocker, QueuePlace,
    RepositoryName, Status, StatusState, Time,
};
pub(super) use timeline::is_review;
use timeline::{ClosedBy, Timeline};

/// How many changes that ended are looked at closely at the first look: those that were touched last.
const ENDED_MAX: usize = 100;
/// How long ago they may have been touched.
const ENDED_AGE_MAX: TimeDelta = TimeDelta::days(30);
/// How long one that was open at an earlier look is looked at closely after it was touched last.
const KNOWN_AGE_MAX: TimeDelta = TimeDelta::days(7);
/// How many pages of the statuses of one commit are read.
const STATUS_PAGES_MAX: usize = 10;
/// GitHub tells whole seconds: what was touched so shortly before it was read is read again.
const BLUR: TimeDelta = TimeDelta::seconds(3);

/// What is known of the pull requests into one branch.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulls {
    /// The latest touch that was seen.
    newest: Option<Time>,
    /// The tag of the first page that was taken in last.
    taken: Option<HeaderValue>,
    /// When they were listed last, and how many hints there had been.
    listed: Option<(u64, Time)>,
    /// The branches of ours and the tip of the base as the last look saw them.
    branches: Option<(Refs, Option<CommitId>)>,
    /// Those that are Towpath's.
    ours: BTreeMap<u64, Pull>,
    /// What was said on them; not of those that ended long before this process looked.
    said: BTreeMap<u64, Arc<Conversation>>,
}

/// What belongs to a pull request and stands elsewhere.
#[derive(Clone, Debug)]
struct Conversation {
    /// When the pull request had been touched last.
    touched: Time,
    /// When this was read.
    read_at: Time,
    /// The head with which it was read.
    head: CommitId,
    trial: Mergeability,
    timeline: Timeline,
    statuses: Vec<Status>,
    /// The check of ours on the head, where the bot is an App.
    check: Option<Check>,
}

/// What GitHub thinks of merging a pull request.
#[derive(Clone, Debug, Default)]
struct Mergeability {
    /// The tip of the base with which it was read; nothing where GitHub had not tried yet.
    tried_on: Option<CommitId>,
    conflicted: bool,
    /// GitHub's own word for it.
    state: String,
    /// Whether somebody gave it another base, so that it is none of this place any more.
    is_elsewhere: bool,
}

impl GitHubForge {
    /// Towpath's changes into the branch of a place, oldest first.
    pub(super) async fn changes_at(&self, place: &ConfigBranch) -> Result<Vec<Change>, ForgeError> {
        self.identity().await?;
        let mut pulls = self.known_pulls(place);
        let branches = self.catch_up(place, &mut pulls).await?;
        let closely = closely(&pulls, self.now());
        let look = ReadPass { place, refs: &branches.ours, base: branches.base.as_ref(), closely };
        let close = pulls.ours.values().filter(|pull| look.closely.contains(&pull.number));
        let reads: Vec<_> = close.map(|pull| self.numbered(&look, pull, &pulls)).collect();
        let said: BTreeMap<u64, Arc<Conversation>> =
            stream::iter(reads).buffer_unordered(READS_AT_ONCE).try_collect().await?;
        pulls.said = said;
        self.remember_authors(pulls.said.values().flat_map(|said| &said.timeline.authors));
        self.let_go(place, &mut pulls, &look.closely);
        let mut changes = Vec::with_capacity(pulls.ours.len());
        for (pull, said) in
            pulls.ours.iter().filter_map(|(number, pull)| Some((pull, pulls.said.get(number)?)))
        {
            changes.push(self.change(&look, pull, said).await?);
        }
        self.keep_pulls(place, pulls);
        Ok(changes)
    }

    /// Lets go of pull requests that nobody looks at any more, and of what GitHub said of them.
    fn let_go(&self, place: &ConfigBranch, pulls: &mut Pulls, closely: &BTreeSet<u64>) {
        let repository = &place.repository;
        for number in pulls.ours.keys().filter(|number| !closely.contains(number)) {
            self.inner.transport.forget(&format!("/repos/{repository}/pulls/{number}"));
            self.inner.transport.forget(&format!("/repos/{repository}/issues/{number}"));
        }
        pulls.ours.retain(|number, _| closely.contains(number));
    }

    /// Reads the branches, and the pull requests where something may have happened to them.
    ///
    /// The branches are read last: a merge that the listing shows is then in the base that they show.
    async fn catch_up(&self, place: &ConfigBranch, pulls: &mut Pulls) -> Result<Branches, ForgeError> {
        let memory = self.memory(&place.repository);
        lock(&memory.shelf).clear();
        // Whoever else takes part in this look waits for what it sees.
        let mut seen = memory.seen.lock().await;
        let (hints, now) = (memory.hints(), self.now());
        let mut branches = None;
        if !pulls.are_due(hints, now) {
            let read = self.read_branches(place).await?;
            branches = Some(read)
                .filter(|read| pulls.branches.as_ref() == Some(&(read.ours.clone(), read.base.clone())));
        }
        let branches = match branches {
            Some(branches) => branches,
            None => {
                self.refresh(place, pulls).await?;
                pulls.listed = Some((hints, now));
                self.read_branches(place).await?
            }
        };
        pulls.branches = Some((branches.ours.clone(), branches.base.clone()));
        seen.insert(place.branch.clone(), branches.clone().into());
        Ok(branches)
    }

    async fn numbered(
        &self,
        look: &ReadPass<'_>,
        pull: &Pull,
        pulls: &Pulls,
    ) -> Result<(u64, Arc<Conversation>), ForgeError> {
        let known = pulls.said.get(&pull.number).cloned();
        Ok((pull.number, self.said(look, pull, known).await?))
    }

    fn known_pulls(&self, place: &ConfigBranch) -> Pulls {
        let memory = self.memory(&place.repository);
        lock(&memory.pulls).get(&place.branch).cloned().unwrap_or_default()
    }

    fn keep_pulls(&self, place: &ConfigBranch, pulls: Pulls) {
        let memory = self.memory(&place.repository);
        lock(&memory.pulls).insert(place.branch.clone(), pulls);
    }

    /// What was said on a pull request: as it is known, where nothing touched it since.
    async fn said(
        &self,
        look: &ReadPass<'_>,
        pull: &Pull,
        known: Option<Arc<Conversation>>,
    ) -> Result<Arc<Conversation>, ForgeError> {
        let head = look.head(pull)?;
        let is_fresh = |said: &Conversation| {
            said.touched == pull.updated_at && said.head == head && said.read_at - said.touched > BLUR
        };
        let tried_on = if pull.is_open() { look.base } else { None };
        // What GitHub refused to merge is asked after at each look: nothing touches a pull request whose checks end.
        let is_refused = self.refused_merge(&look.place.repository, pull.number, &head).is_some();
        match known {
            Some(said) if is_fresh(&said) && said.trial.tried_on.as_ref() == tried_on && !is_refused => {
                Ok(said)
            }
            Some(said) if is_fresh(&said) => {
                let trial = self.trial(look, pull).await?;
                Ok(Arc::new(Conversation { trial, ..(*said).clone() }))
            }
            known => self.listen(look, pull, known.as_deref()).await.map(Arc::new),
        }
    }

    async fn listen(
        &self,
        look: &ReadPass<'_>,
        pull: &Pull,
        known: Option<&Conversation>,
    ) -> Result<Conversation, ForgeError> {
        let repository = &look.place.repository;
        let head = look.head(pull)?;
        let read_at = self.inner.transport.github_now();
        let (timeline, fresh, trial) = futures::try_join!(
            self.timeline(repository, pull.number, known.map(|known| &known.timeline)),
            self.published(repository, &head, pull.is_open()),
            self.trial(look, pull),
        )?;
        // Statuses of earlier heads say what people saw when they wrote.
        let earlier = known.map(|known| known.statuses.as_slice()).unwrap_or_default().iter();
        let mut statuses: Vec<Status> = earlier.filter(|status| status.head != head).cloned().collect();
        let (fresh, check) = fresh;
        statuses.extend(fresh);
        let read_at = if timeline.is_partial { Time::MIN_UTC } else { read_at };
        Ok(Conversation { touched: pull.updated_at, read_at, head, trial, timeline, statuses, check })
    }

    /// What the bot published on a head: an App a check, an account statuses.
    async fn published(
        &self,
        repository: &RepositoryName,
        head: &CommitId,
        is_open: bool,
    ) -> Result<(Vec<Status>, Option<Check>), ForgeError> {
        let (memory, now) = (self.memory(repository), self.now());
        match self.inner.transport.credentials().app() {
            Some(app) if is_open => {
                let listed = self.check_on(repository, head, app).await?;
                let check = lock(&memory.receipts).check(head, listed, now);
                Ok((check.iter().map(|check| check.status(self.now())).collect(), check))
            }
            Some(_) => Ok((Vec::new(), None)),
            None => {
                let listed = self.statuses(repository, head, is_open).await?;
                Ok((lock(&memory.receipts).statuses(head, listed, now), None))
            }
        }
    }

    /// What the bot published on a head, oldest first.
    pub(super) async fn statuses(
        &self,
        repository: &RepositoryName,
        head: &CommitId,
        is_open: bool,
    ) -> Result<Vec<Status>, ForgeError> {
        if !is_open {
            return Ok(Vec::new());
        }
        let path = format!("/repos/{repository}/commits/{head}/statuses");
        let all = self.newest_statuses(repository, &path).await?;
        let bot = self.identity().await?;
        let own = all.into_iter().rev().filter(|status| {
            user(status.creator.as_ref()) == *bot && status.context.starts_with(BRANCH_PREFIX)
        });
        Ok(own.map(|status| published(head, status)).collect())
    }

    /// The statuses of a commit, the newest first, as far as they are read: anybody who builds may write any number of them,
    /// and where ours is behind them nobody's approval binds it, which is the safe side.
    async fn newest_statuses(
        &self,
        repository: &RepositoryName,
        path: &str,
    ) -> Result<Vec<CommitStatus>, ForgeError> {
        let mut all = Vec::new();
        for page in 1..=STATUS_PAGES_MAX {
            let path = format!("{path}?per_page={PAGE_SIZE}&page={page}");
            let call = Call::get(Scope::Repository(repository), "read commit statuses", path);
            let response = self.inner.transport.call(call).await?;
            all.extend(response.json::<Vec<CommitStatus>>(&format!("commit statuses of `{repository}`"))?);
            if !response.has_next() {
                break;
            }
        }
        Ok(all)
    }

    /// Whether an open pull request goes together with its base, and may be merged.
    async fn trial(&self, look: &ReadPass<'_>, pull: &Pull) -> Result<Mergeability, ForgeError> {
        if !pull.is_open() {
            return Ok(Mergeability::default());
        }
        let repository = &look.place.repository;
        let one = self.present_pull(repository, ChangeNumber(pull.number)).await?;
        let is_known = one.mergeable.is_some() && one.pull.head.sha == look.head(pull)?.as_str();
        Ok(Mergeability {
            tried_on: if is_known { look.base.cloned() } else { None },
            conflicted: is_known && one.mergeable == Some(false),
            state: if is_known { one.mergeable_state } else { String::new() },
            is_elsewhere: one.pull.base.branch != look.place.branch.as_str(),
        })
    }

    /// A pull request as it is now; asking again costs nothing while it stays so.
    pub(super) async fn present_pull(
        &self,
        repository: &RepositoryName,
        change: ChangeNumber,
    ) -> Result<PullDetails, ForgeError> {
        let path = format!("/repos/{repository}/pulls/{}", change.0);
        let call = Call::get(Scope::Repository(repository), "read pull requests", path);
        let response = self.inner.transport.get_if_changed(call).await?;
        response.json(&format!("change {change} of `{repository}`"))
    }

    async fn change(
        &self,
        look: &ReadPass<'_>,
        pull: &Pull,
        said: &Conversation,
    ) -> Result<Change, ForgeError> {
        let commit = look.head(pull)?;
        let (queue, barrier) = match look.base {
            Some(base) if pull.is_open() => self.obstacles(look.place, pull, &commit, base, said).await?,
            _ => (None, None),
        };
        let branch = pull.is_open().then_some(pull.head.branch.as_str());
        let head = self.head_above(look.place, branch, &commit).await?;
        let state = if said.trial.is_elsewhere {
            // It is as good as closed, and nobody declined what it brings.
            ChangeState::Closed { at: pull.updated_at, by: self.identity().await?.clone() }
        } else {
            state(pull, &said.timeline.ended)?
        };
        Ok(Change {
            number: ChangeNumber(pull.number),
            url: pull.html_url.clone(),
            title: pull.title.clone(),
            body: pull.body().to_owned(),
            author: user(pull.user.as_ref()),
            branch: BranchName::new(&pull.head.branch)
                .map_err(|error| ForgeError::unavailable("reading a branch", error))?,
            base: look.place.branch.clone(),
            state,
            opened_at: pull.created_at,
            head,
            conflicted: said.trial.conflicted,
            barrier,
            queue,
            comments: said.timeline.comments.clone(),
            reviews: said.timeline.reviews.clone(),
            statuses: said.present_statuses(self.now()),
        })
    }

    /// Where an open pull request stands in the queue, and what keeps it from being merged.
    async fn obstacles(
        &self,
        place: &ConfigBranch,
        pull: &Pull,
        head: &CommitId,
        base: &CommitId,
        said: &Conversation,
    ) -> Result<(Option<QueuePlace>, Option<MergeBlocker>), ForgeError> {
        let queue = self.queue_place(&place.repository, pull.number, head, said.timeline.is_queued).await?;
        let barrier = match said.timeline.barrier() {
            Some(barrier) => Some(barrier),
            // What GitHub thinks of a merge says little of one that is under way.
            None if queue.is_some() => None,
            None => self.barrier(place, pull.number, head, base, &said.trial.state).await?,
        };
        Ok((queue, barrier))
    }
}

impl Conversation {
    /// What people see of it: a check that is about to be given up says nothing any more.
    fn present_statuses(&self, now: Time) -> Vec<Status> {
        let own = |status: &Status| self.check.as_ref().filter(|check| *check.head() == status.head);
        let present = |status: &Status| own(status).map_or_else(|| status.clone(), |check| check.status(now));
        self.statuses.iter().map(present).collect()
    }
}

/// What one look rests on.
struct ReadPass<'a> {
    place: &'a ConfigBranch,
    refs: &'a Refs,
    base: Option<&'a CommitId>,
    /// The pull requests that are looked at closely.
    closely: BTreeSet<u64>,
}

impl ReadPass<'_> {
    /// The head of a pull request: an open one follows its branch, which GitHub notes a little later.
    fn head(&self, pull: &Pull) -> Result<CommitId, ForgeError> {
        if pull.is_open()
            && let Ok(branch) = BranchName::new(&pull.head.branch)
            && let Some(tip) = self.refs.get(&branch)
        {
            return Ok(tip.clone());
        }
        commit_id(&pull.head.sha)
    }
}

/// What is open, what was open at an earlier look, and what ended a short while ago.
fn closely(pulls: &Pulls, now: Time) -> BTreeSet<u64> {
    let open = pulls.ours.values().filter(|pull| pull.is_open()).map(|pull| pull.number);
    let mut ended: Vec<&Pull> = pulls.ours.values().filter(|pull| !pull.is_open()).collect();
    ended.sort_by_key(|pull| std::cmp::Reverse(pull.updated_at));
    let lately = ended.into_iter().take(ENDED_MAX).filter(|pull| now - pull.updated_at < ENDED_AGE_MAX);
    let known = pulls.said.keys().filter_map(|number| pulls.ours.get(number));
    let known = known.filter(|pull| now - pull.updated_at < KNOWN_AGE_MAX);
    open.chain(lately.chain(known).map(|pull| pull.number)).collect()
}

fn state(pull: &Pull, ended: &ClosedBy) -> Result<ChangeState, ForgeError> {
    let by = || ended.by.clone().unwrap_or_else(|| user(None));
    if let Some(at) = pull.merged_at {
        let commit = pull.merge_commit_sha.as_deref().unwrap_or(&pull.head.sha);
        return Ok(ChangeState::Merged { at, by: by(), commit: commit_id(commit)? });
    }
    Ok(pull.closed_at.map_or(ChangeState::Open, |at| ChangeState::Closed { at, by: by() }))
}

fn published(head: &CommitId, status: CommitStatus) -> Status {
    let state = match status.state.as_str() {
        "success" => StatusState::Success,
        "pending" => StatusState::Pending,
        _ => StatusState::Failure,
    };
    let text = status.description.unwrap_or_default();
    Status { head: head.clone(), at: status.created_at, state, text }
}
