//! GitHub's merge queue, which only GraphQL knows.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::super::GitHubForge;
use super::super::connection::Call;
use super::super::credentials::Scope;
use super::super::refusal::one_line;
use super::super::wire::{GraphAnswer, OnePull};
use super::refused::Refusal;
use crate::forge::{ForgeError, Merge};
use crate::model::RepositoryName;

const ENQUEUE: &str = "mutation($input: EnqueuePullRequestInput!) { \
                       enqueuePullRequest(input: $input) { mergeQueueEntry { state } } }";
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
        let body = json!({ "query": ENQUEUE, "variables": { "input": input } });
        let path = "/graphql".to_owned();
        let call =
            Call::write(Scope::Repository(repository), "merge pull requests", Method::POST, path, body);
        let answer: GraphAnswer = self.inner.connection.call(call).await?.json("the merge queue")?;
        let Some(error) = answer.errors.first() else { return Ok(Refusal::queued()) };
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
        let path = "/graphql".to_owned();
        let call =
            Call::write(Scope::Repository(repository), "read the merge queue", Method::POST, path, body);
        let answer: EntryAnswer = self.inner.connection.call(call).await?.json("the merge queue")?;
        let node = answer.data.and_then(|data| data.node);
        Ok(node.is_some_and(|node| node.merge_queue_entry.is_some()))
    }
}
