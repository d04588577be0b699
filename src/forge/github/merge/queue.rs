//! GitHub's merge queue, which only GraphQL knows.
//!
//! The queue does not merge the head that was put into it, but a commit of its own on which it waits for the required
//! checks: the head of a merge group. What is to be seen there is published there too.
//!
//! What left the queue without being merged is not put back for a day, unless its head changes: a user removed it, or
//! its builds fail. A restart forgets that. The bot removes only what it added, and removes it before it rewrites or
//! closes the change.

use serde::Deserialize;
use serde_json::json;

use super::super::GitHubForge;
use super::super::checks::Check;
use super::super::graph::Mutations;
use super::super::lock::lock;
use super::super::message::one_line;
use super::super::scope::Scope;
use super::super::transport::Call;
use super::super::wire::{GraphResponse, PullDetails, commit_id};
use super::refused::MergeRefusal;
use crate::forge::{ForgeError, Merge, NewStatus};
use crate::model::{ChangeNumber, CommitId, ConfigBranch, QueuePlace, RepositoryName, Status};

/// Where a pull request stands in the queue, who put it there, and which commit the queue would merge.
const ENTRY: &str = "query($owner: String!, $name: String!, $number: Int!) { \
    repository(owner: $owner, name: $name) { pullRequest(number: $number) { \
    mergeQueueEntry { enqueuer { __typename login } headCommit { oid } } } } }";
/// How many pull requests are remembered to stand in a queue; then all are forgotten, and their timelines tell.
const WAITING_MAX: usize = 1_000;

/// What [`ENTRY`] finds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryRepository {
    pull_request: Option<EntryPull>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryPull {
    merge_queue_entry: Option<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    enqueuer: Actor,
    /// Nothing until the queue has made one.
    head_commit: Option<GroupHead>,
}

#[derive(Deserialize)]
struct Actor {
    #[serde(rename = "__typename")]
    kind: String,
    login: String,
}

#[derive(Deserialize)]
struct GroupHead {
    oid: String,
}

impl Actor {
    /// The name by which the REST interface knows it, which tells Apps from people.
    fn name(&self) -> String {
        if self.kind == "Bot" { format!("{}[bot]", self.login) } else { self.login.clone() }
    }
}

/// Whether a pull request stands in the queue.
enum QueueMembership {
    Out,
    In(Entry),
    /// GitHub does not let the bot know.
    Untold,
}

/// What is remembered of a pull request that stands in the queue.
#[derive(Clone, Debug, Default)]
pub(in crate::forge::github) struct Waiting {
    by_bot: bool,
    group: Option<Group>,
}

/// The commit that the queue would merge, and what the bot shows there.
#[derive(Clone, Debug)]
struct Group {
    head: CommitId,
    status: Option<Status>,
    check: Option<Check>,
}

impl Waiting {
    fn place(&self) -> QueuePlace {
        let group = self.group.as_ref();
        QueuePlace {
            by_bot: self.by_bot,
            group: group.map(|group| group.head.clone()),
            shown: group.and_then(|group| group.status.clone()),
        }
    }
}

impl GitHubForge {
    /// Puts a pull request into the queue at exactly one head; it may stand there already. What keeps it out, if
    /// something does.
    pub(super) async fn enqueue(
        &self,
        merge: &Merge,
        pull: &PullDetails,
    ) -> Result<Option<MergeRefusal>, ForgeError> {
        let repository = &merge.place.repository;
        let input = json!({ "pullRequestId": pull.node_id, "expectedHeadOid": merge.head.as_str() });
        let mut mutations = Mutations::default();
        mutations.add("queue", "enqueuePullRequest", "clientMutationId", input);
        let scope = Scope::Repository(repository);
        let outcomes = self.mutate_first(scope, "merge pull requests", mutations).await?;
        if let Some(error) = outcomes.first_error() {
            // What GitHub says in words is not a contract; where the pull request is now is.
            if !matches!(self.standing(repository, merge.change).await?, QueueMembership::In(_)) {
                return Ok(Some(MergeRefusal::kept_out_of_queue(&one_line(&error.message))));
            }
        }
        self.keep_waiting(repository, merge.change, Waiting { by_bot: true, group: None });
        Ok(None)
    }

    /// Takes a pull request out of the queue; it may be out of it already.
    pub(in crate::forge::github) async fn take_out(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
    ) -> Result<(), ForgeError> {
        let repository = &place.repository;
        let pull = self.present_pull(repository, change).await?;
        if pull.pull.is_open() {
            let mut mutations = Mutations::default();
            let input = json!({ "id": pull.node_id });
            mutations.add("out", "dequeuePullRequest", "clientMutationId", input);
            let (scope, verb) = (Scope::Repository(repository), "take pull requests out of the merge queue");
            let outcomes = self.mutate_first(scope, verb, mutations).await?;
            // GitHub is known to tell of an error and do it all the same.
            if let Some(error) = outcomes.first_error()
                && !matches!(self.standing(repository, change).await?, QueueMembership::Out)
            {
                let what = format!("taking change {change} out of the merge queue");
                return Err(ForgeError::Blocked { what, why: one_line(&error.message) });
            }
        }
        let memory = self.memory(repository);
        lock(&memory.queued).remove(&change.0);
        self.forget_said(place, change);
        Ok(())
    }

    /// The place of an open pull request in the queue. GitHub is asked only where the bot put it there or its timeline
    /// says that somebody did: most repositories have no queue.
    pub(in crate::forge::github) async fn queue_place(
        &self,
        repository: &RepositoryName,
        number: u64,
        head: &CommitId,
        is_listed: bool,
    ) -> Result<Option<QueuePlace>, ForgeError> {
        let memory = self.memory(repository);
        let known = lock(&memory.queued).get(&number).cloned();
        if known.is_none() && !is_listed {
            return Ok(None);
        }
        let change = ChangeNumber(number);
        let waiting = match self.standing(repository, change).await? {
            QueueMembership::In(entry) => {
                self.waiting(repository, entry, known.and_then(|known| known.group)).await?
            }
            // What is not known to have left may still be merged.
            QueueMembership::Untold => known.unwrap_or_default(),
            QueueMembership::Out => {
                lock(&memory.queued).remove(&number);
                if known.is_some_and(|known| known.by_bot) {
                    // Whatever GitHub thinks of a merge meanwhile.
                    self.keep_refusal(repository, number, head, "", MergeRefusal::out_of_queue());
                }
                return Ok(None);
            }
        };
        let place = waiting.place();
        self.keep_waiting(repository, change, waiting);
        Ok(Some(place))
    }

    async fn waiting(
        &self,
        repository: &RepositoryName,
        entry: Entry,
        known: Option<Group>,
    ) -> Result<Waiting, ForgeError> {
        let by_bot = entry.enqueuer.name().eq_ignore_ascii_case(self.identity().await?.as_str());
        let made = entry.head_commit.map(|made| commit_id(&made.oid)).transpose()?;
        let group = match (made, known) {
            (None, _) => None,
            (Some(head), Some(known)) if known.head == head => Some(known),
            (Some(head), _) => Some(self.group_at(repository, head).await?),
        };
        Ok(Waiting { by_bot, group })
    }

    fn keep_waiting(&self, repository: &RepositoryName, change: ChangeNumber, waiting: Waiting) {
        let memory = self.memory(repository);
        let mut all = lock(&memory.queued);
        if all.len() >= WAITING_MAX {
            all.clear();
        }
        all.insert(change.0, waiting);
    }

    /// Shows on the commit that the queue would merge what the change shows, where it stands in the queue.
    pub(in crate::forge::github) async fn show_in_queue(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        status: &NewStatus,
    ) -> Result<(), ForgeError> {
        let memory = self.memory(&place.repository);
        let known = lock(&memory.queued).get(&change.0).cloned();
        let Some(Waiting { by_bot, group: Some(group) }) = known else { return Ok(()) };
        let wanted = status.in_queue();
        let is_shown = |shown: &Status| shown.is_same(&wanted);
        if group.status.as_ref().is_some_and(is_shown) {
            return Ok(());
        }
        let group = self.publish_on_group(place, change, group, &wanted).await?;
        self.keep_waiting(&place.repository, change, Waiting { by_bot, group: Some(group) });
        Ok(())
    }

    async fn publish_on_group(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        group: Group,
        status: &NewStatus,
    ) -> Result<Group, ForgeError> {
        if self.inner.transport.credentials().app().is_some() {
            let check = self.write_check(place, change, &group.head, status, group.check.as_ref()).await?;
            let shown = check.status(self.now());
            return Ok(Group { head: group.head, status: Some(shown), check: Some(check) });
        }
        let shown = self.write_status(place, change, &group.head, status).await?;
        Ok(Group { head: group.head, status: Some(shown), check: None })
    }

    /// A group that this process did not see before, with what the bot shows on it.
    async fn group_at(&self, repository: &RepositoryName, head: CommitId) -> Result<Group, ForgeError> {
        let Some(app) = self.inner.transport.credentials().app() else {
            let status = self.statuses(repository, &head, true).await?.pop();
            return Ok(Group { head, status, check: None });
        };
        let check = self.check_on(repository, &head, app).await?;
        let status = check.as_ref().map(|check| check.status(self.now()));
        Ok(Group { head, status, check })
    }

    /// Whether a pull request stands in the queue, as GitHub has it now.
    async fn standing(
        &self,
        repository: &RepositoryName,
        change: ChangeNumber,
    ) -> Result<QueueMembership, ForgeError> {
        let (owner, name) = (repository.owner(), repository.short_name());
        let variables = json!({ "owner": owner, "name": name, "number": change.0 });
        let body = json!({ "query": ENTRY, "variables": variables });
        let (scope, verb) = (Scope::Repository(repository), "read the merge queue");
        let call = Call::query(scope, verb, body);
        let response: GraphResponse = self.inner.transport.call(call).await?.json(verb)?;
        let GraphResponse { data, errors } = response;
        let found = data.and_then(|mut data| data.remove("repository")).unwrap_or_default();
        let found: Option<EntryRepository> =
            serde_json::from_value(found).map_err(|error| ForgeError::unavailable(verb, error))?;
        let entry = found.and_then(|found| found.pull_request).and_then(|pull| pull.merge_queue_entry);
        Ok(match entry {
            Some(entry) => QueueMembership::In(entry),
            None if errors.is_empty() => QueueMembership::Out,
            None => QueueMembership::Untold,
        })
    }
}
