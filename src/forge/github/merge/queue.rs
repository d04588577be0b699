//! GitHub's merge queue, which only GraphQL knows.

use serde::Deserialize;
use serde_json::json;

use super::super::GitHubForge;
use super::super::connection::Call;
use super::super::credentials::Scope;
use super::super::graph::Mutations;
use super::super::refusal::one_line;
use super::super::wire::OnePull;
use super::refused::Refusal;
use crate::forge::{ForgeError, Merge};
use crate::model::RepositoryName;

const ENTRY: &str = "query($id: ID!) { node(id: $id) { ... on PullRequest { mergeQueueEntry { state } } } }";

/// Where a pull request stands in the queue.
#[derive(Deserialize)]
struct EntryAnswer {
    data: Option<EntryData>,
}

#[derive(Deserialize)]
struct EntryData {
    node: Option<EntryNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EntryNode {
    merge_queue_entry: Option<Entry>,
}

#[derive(Deserialize)]
struct Entry {}

impl GitHubForge {
    /// Puts a pull request into the queue at exactly one head; it may stand there already.
    pub(super) async fn enqueue(&self, merge: &Merge, pull: &OnePull) -> Result<Refusal, ForgeError> {
        let repository = &merge.place.repository;
        let input = json!({ "pullRequestId": pull.node_id, "expectedHeadOid": merge.head.as_str() });
        let mut mutations = Mutations::default();
        mutations.add("queue", ("enqueuePullRequest", "clientMutationId"), input);
        let asked = (Scope::Repository(repository), "merge pull requests");
        let outcomes = self.mutate(asked, mutations).await?;
        let Some(error) = outcomes.first_error() else { return Ok(Refusal::queued()) };
        // What GitHub says in words is not a contract; where the pull request is now is.
        if self.is_queued(repository, &pull.node_id).await? {
            return Ok(Refusal::queued());
        }
        Ok(Refusal::kept_out_of_queue(&one_line(&error.message)))
    }

    /// Whether a pull request stands in the queue.
    pub(super) async fn is_queued(
        &self,
        repository: &RepositoryName,
        node_id: &str,
    ) -> Result<bool, ForgeError> {
        let body = json!({ "query": ENTRY, "variables": { "id": node_id } });
        let call = Call::mutation(Scope::Repository(repository), "read the merge queue", body, 0);
        let answer: EntryAnswer = self.inner.connection.call(call).await?.json("the merge queue")?;
        let node = answer.data.and_then(|data| data.node);
        Ok(node.is_some_and(|node| node.merge_queue_entry.is_some()))
    }
}
