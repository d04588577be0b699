//! The events that GitHub would send: what is otherwise than when it was asked for the last time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use towpath::model::{BranchName, ChangeNumber, CommitId};

use super::super::{FakeChange, FakeWorld, State};
use super::json::{account, number};
use crate::support::webhook::sample::Event;

/// The world when it was asked for events the last time.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    branches: BTreeMap<BranchName, CommitId>,
    changes: BTreeMap<ChangeNumber, FakeChange>,
}

impl FakeWorld {
    /// What happened since this was asked the last time, in order as far as there is one.
    pub(crate) fn events(&self) -> Vec<Event> {
        let mut state = self.state();
        let mut events = state.branch_events();
        events.extend(state.changes.iter().flat_map(|change| state.change_events(change)));
        let changes = state.changes.iter().map(|change| (change.number, change.clone())).collect();
        state.github.seen = Seen { branches: state.git.branches.clone(), changes };
        events.into_iter().map(|(kind, body)| Event { kind, body }).collect()
    }
}

impl State {
    fn branch_events(&self) -> Vec<(&'static str, Value)> {
        let mut events = Vec::new();
        let before = &self.github.seen.branches;
        for (branch, tip) in &self.git.branches {
            let by = self.git.get(tip).author.clone();
            if !before.contains_key(branch) {
                let made = json!({ "ref": branch.as_str(), "ref_type": "branch", "master_branch": "main" });
                events.push(("create", self.by_sender(made, by.as_str())));
            }
            if before.get(branch) != Some(tip) {
                let old = before.get(branch).map_or("0", CommitId::as_str);
                let reference = format!("refs/heads/{branch}");
                let moved = json!({ "ref": reference, "before": old, "after": tip.as_str() });
                events.push(("push", self.by_sender(moved, by.as_str())));
            }
        }
        for branch in before.keys().filter(|branch| !self.git.branches.contains_key(*branch)) {
            let gone = json!({ "ref": branch.as_str(), "ref_type": "branch" });
            events.push(("delete", self.by_sender(gone, self.bot.as_str())));
        }
        events
    }

    fn change_events(&self, change: &FakeChange) -> Vec<(&'static str, Value)> {
        let mut events = Vec::new();
        let before = self.github.seen.changes.get(&change.number);
        let action = match before {
            None => Some("opened"),
            Some(before) if before.is_open() && !change.is_open() => Some("closed"),
            Some(before) if before.heads.len() != change.heads.len() => Some("synchronize"),
            Some(before) if before.title != change.title || before.body != change.body => Some("edited"),
            Some(_) => None,
        };
        if let Some(action) = action {
            let body =
                json!({ "action": action, "number": change.number.0, "pull_request": self.pull(change) });
            events.push(("pull_request", self.by_sender(body, self.bot.as_str())));
        }
        for comment in change.comments.iter().skip(before.map_or(0, |before| before.comments.len())) {
            let issue = json!({ "number": change.number.0, "pull_request": { "url": "https://forge.test" } });
            let said = json!({ "id": number(&comment.id), "body": comment.body });
            let body = json!({ "action": "created", "issue": issue, "comment": said });
            events.push(("issue_comment", self.by_sender(body, comment.author.as_str())));
        }
        for review in change.reviews.iter().skip(before.map_or(0, |before| before.reviews.len())) {
            let body = json!({ "action": "submitted", "review": {}, "pull_request": self.pull(change) });
            events.push(("pull_request_review", self.by_sender(body, review.author.as_str())));
        }
        for (context, status) in change.statuses.iter().skip(before.map_or(0, |before| before.statuses.len()))
        {
            let branches = json!([{ "name": change.branch.as_str() }]);
            let body = json!({ "sha": status.head.as_str(), "context": context, "branches": branches });
            events.push(("status", self.by_sender(body, self.bot.as_str())));
        }
        events
    }

    fn by_sender(&self, mut body: Value, by: &str) -> Value {
        body["repository"] = json!({ "full_name": self.place.repository.as_str() });
        body["sender"] = account(by);
        body
    }
}
