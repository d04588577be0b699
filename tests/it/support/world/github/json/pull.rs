//! Pull requests, their labels and statuses.

use serde_json::{Value, json};
use towpath::model::{ChangeState, CommitId, Status, StatusState, Time};

use super::super::super::{FakeChange, State};
use super::{WEB, account, node_id, repository, time};

impl State {
    pub(in super::super) fn pull(&self, change: &FakeChange) -> Value {
        let (closed_at, merged_at, merge_commit) = match &change.state {
            ChangeState::Open => (None, None, None),
            ChangeState::Closed { at, .. } => (Some(time(*at)), None, None),
            ChangeState::Merged { at, commit, .. } => {
                (Some(time(*at)), Some(time(*at)), Some(commit.as_str().to_owned()))
            }
        };
        let labels: Vec<Value> = change.labels.iter().map(|name| self.label(name)).collect();
        let mut pull = json!({
            "id": change.number.0,
            "node_id": node_id("PR", change.number.0),
            "number": change.number.0,
            "state": if change.is_open() { "open" } else { "closed" },
            "locked": false,
            "draft": false,
            "title": change.title,
            "body": change.body,
            "user": account(change.author.as_str()),
            "labels": labels,
            "milestone": null,
            "assignee": null,
            "assignees": [],
            "requested_reviewers": [],
            "requested_teams": [],
            "created_at": time(change.opened_at),
            "updated_at": time(self.touched(change)),
            "closed_at": closed_at,
            "merged_at": merged_at,
            "merge_commit_sha": merge_commit,
            "head": self.head_side(change),
            "base": self.side(self.own_name(), self.base_of(change), self.base_tip()),
            "author_association": "COLLABORATOR",
            "auto_merge": null,
        });
        self.add_addresses(&mut pull, change);
        pull
    }

    /// What the repository is called now.
    fn own_name(&self) -> &str {
        self.github.setup.renamed_to.unwrap_or(self.place.repository.as_str())
    }

    fn head_side(&self, change: &FakeChange) -> Value {
        let is_from_fork = self.github.from_forks.contains(&change.number);
        let full_name = if is_from_fork { "mallory/deploy" } else { self.own_name() };
        self.side(full_name, change.branch.as_str(), change.head())
    }

    /// The branch into which a pull request goes.
    pub(in super::super) fn base_of(&self, change: &FakeChange) -> &str {
        if self.github.retargeted.contains(&change.number) { "release" } else { self.place.branch.as_str() }
    }

    fn side(&self, full_name: &str, branch: &str, commit: &CommitId) -> Value {
        let (owner, _) = full_name.split_once('/').expect("a repository has an owner");
        json!({
            "label": format!("{owner}:{branch}"),
            "ref": branch,
            "sha": commit.as_str(),
            "user": account(owner),
            "repo": repository(full_name, self.started_at()),
        })
    }

    fn add_addresses(&self, pull: &mut Value, change: &FakeChange) {
        let number = change.number.0;
        let url = self.api(&format!("/pulls/{number}"));
        let issue = self.api(&format!("/issues/{number}"));
        let web = format!("{WEB}/{}/changes/{number}", self.place.repository);
        let statuses = self.api(&format!("/statuses/{}", change.head()));
        let all = [
            ("self", "url", url.clone()),
            ("html", "html_url", web.clone()),
            ("issue", "issue_url", issue.clone()),
            ("comments", "comments_url", format!("{issue}/comments")),
            ("commits", "commits_url", format!("{url}/commits")),
            ("statuses", "statuses_url", statuses),
            ("review_comments", "review_comments_url", format!("{url}/comments")),
            ("review_comment", "review_comment_url", self.api("/pulls/comments{/number}")),
        ];
        for (link, member, address) in all {
            pull["_links"][link] = json!({ "href": address });
            pull[member] = json!(address);
        }
        pull["diff_url"] = json!(format!("{web}.diff"));
        pull["patch_url"] = json!(format!("{web}.patch"));
    }

    /// A pull request that was asked for by its number.
    pub(in super::super) fn one_pull(&self, change: &FakeChange) -> Value {
        let mut pull = self.pull(change);
        let mergeable = change.is_open().then(|| !self.is_conflicted(change.head()));
        pull["mergeable"] = json!(mergeable);
        if self.github.lagging.contains(&change.number) {
            let (_, before) = change.heads.iter().rev().nth(1).expect("its branch has moved");
            pull["head"]["sha"] = json!(before.as_str());
            pull["mergeable"] = json!(false);
        }
        let word = if change.is_open() { self.merge_word(change) } else { "unknown" };
        pull["mergeable_state"] = json!(word);
        pull["rebaseable"] = json!(mergeable);
        let by = match &change.state {
            ChangeState::Merged { by, .. } => Some(account(by.as_str())),
            ChangeState::Open | ChangeState::Closed { .. } => None,
        };
        pull["merged"] = json!(by.is_some());
        pull["merged_by"] = json!(by);
        pull["maintainer_can_modify"] = json!(false);
        pull["comments"] = json!(change.comments.len());
        for (count, number) in
            [("review_comments", 0), ("commits", 1), ("additions", 1), ("deletions", 1), ("changed_files", 1)]
        {
            pull[count] = json!(number);
        }
        pull
    }

    pub(in super::super) fn label(&self, name: &str) -> Value {
        let id = super::account_id(name);
        json!({
            "id": id,
            "node_id": node_id("LA", id),
            "url": self.api(&format!("/labels/{name}")),
            "name": name,
            "description": "",
            "color": "ededed",
            "default": false,
        })
    }

    /// A commit status, which the bot set.
    pub(in super::super) fn status_json(&self, context: &str, status: &Status) -> Value {
        json!({
            "id": 1,
            "node_id": node_id("SC", 1),
            "url": self.api(&format!("/statuses/{}", status.head)),
            "avatar_url": format!("{WEB}/avatars/1"),
            "state": state_word(status.state),
            "context": context,
            "description": status.text,
            "target_url": null,
            "created_at": time(status.at),
            "updated_at": time(status.at),
            "creator": account(self.bot.as_str()),
        })
    }
}

const fn state_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
    }
}

impl State {
    /// When a pull request was touched last.
    fn touched(&self, change: &FakeChange) -> Time {
        let ended = match &change.state {
            ChangeState::Open => None,
            ChangeState::Closed { at, .. } | ChangeState::Merged { at, .. } => Some(*at),
        };
        let heads = change.heads.iter().map(|(at, _)| *at);
        let said = change.comments.iter().map(|comment| comment.at);
        let reviewed = change.reviews.iter().map(|review| review.at);
        let queued = self.queued(change.number).map(|(at, _)| at);
        let all = heads.chain(said).chain(reviewed).chain(queued).chain(ended);
        all.fold(change.opened_at, Ord::max)
    }
}
