//! What is asked in GraphQL.

use serde_json::{Value, json};
use towpath::forge::ForgeError;
use towpath::model::{ChangeNumber, CommitId};

use super::super::State;
use super::{Asked, Said};

impl State {
    pub(super) fn graph(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let query = asked.text("query");
        if query.contains("enqueuePullRequest(") {
            self.enqueue_pull(&asked.body["variables"]["input"])
        } else if query.contains("mergeQueueEntry") {
            Ok(self.queue_entry(&asked.body["variables"]["id"]))
        } else {
            self.update_refs(asked)
        }
    }

    fn enqueue_pull(&mut self, input: &Value) -> Result<Said, ForgeError> {
        let failed = |message: &str| (200, json!({ "data": null, "errors": [{ "message": message }] }));
        let Some(number) = number_of(&input["pullRequestId"]) else { return Ok(failed("no such node")) };
        let head = self.change(number).expect("it was asked for by its node").head().clone();
        let expected = input["expectedHeadOid"].as_str().and_then(|sha| CommitId::new(sha).ok());
        if !self.protection.has_queue {
            return Ok(failed("The branch has no merge queue"));
        }
        if expected.as_ref() != Some(&head) {
            return Ok(failed("The pull request's head has changed"));
        }
        if self.protection.queue.contains_key(&number) {
            return Ok(failed("Pull request is already in the queue"));
        }
        self.enqueue(number, head)?;
        let entry = json!({ "mergeQueueEntry": { "state": "QUEUED" } });
        Ok((200, json!({ "data": { "enqueuePullRequest": entry } })))
    }

    fn queue_entry(&self, id: &Value) -> Said {
        let queued = number_of(id).filter(|number| self.protection.queue.contains_key(number));
        let entry = queued.map(|_| json!({ "state": "AWAITING_CHECKS" }));
        (200, json!({ "data": { "node": { "mergeQueueEntry": entry } } }))
    }
}

fn number_of(node_id: &Value) -> Option<ChangeNumber> {
    node_id.as_str()?.strip_prefix("PR_")?.parse().ok().map(ChangeNumber)
}
