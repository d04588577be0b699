//! What GitHub's answers look like.

use serde_json::{Value, json};
use towpath::model::{ChangeState, Comment, Reaction, Review, ReviewVerdict, StatusState, Time};

use super::super::git::{Commit, sha256};
use super::super::{FakeChange, State};
use crate::support::fixture::Files;

pub(super) fn account(login: &str) -> Value {
    json!({ "login": login, "id": 1, "type": "User" })
}

pub(super) fn time(at: Time) -> String {
    at.format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The number in a comment's identity.
pub(super) fn number(id: &towpath::model::CommentId) -> u64 {
    id.0.trim_start_matches("review-").parse().expect("identities of comments are numbers")
}

pub(super) fn tree_id(state: &State, files: &Files) -> String {
    let lines: Vec<String> =
        files.iter().map(|(path, content)| format!("{path} {}", state.git.blob_id(content))).collect();
    sha256(lines.join("\n").as_bytes()).chars().take(40).collect()
}

impl State {
    pub(super) fn pull(&self, change: &FakeChange) -> Value {
        let repository = json!({ "full_name": self.place.repository.as_str() });
        let (closed_at, merged_at, merge_commit) = match &change.state {
            ChangeState::Open => (None, None, None),
            ChangeState::Closed { at, .. } => (Some(time(*at)), None, None),
            ChangeState::Merged { at, commit, .. } => {
                (Some(time(*at)), Some(time(*at)), Some(commit.as_str().to_owned()))
            }
        };
        let labels: Vec<Value> = change.labels.iter().map(|label| json!({ "name": label })).collect();
        json!({
            "number": change.number.0,
            "html_url": format!("https://forge.test/acme/deploy/changes/{}", change.number.0),
            "state": if change.is_open() { "open" } else { "closed" },
            "title": change.title,
            "body": change.body,
            "user": account(change.author.as_str()),
            "labels": labels,
            "created_at": time(change.opened_at),
            "updated_at": time(touched(change)),
            "closed_at": closed_at,
            "merged_at": merged_at,
            "merge_commit_sha": merge_commit,
            "head": { "ref": change.branch.as_str(), "sha": change.head().as_str(), "repo": repository },
            "base": { "ref": self.place.branch.as_str(), "sha": self.base_tip().as_str(), "repo": repository },
        })
    }

    pub(super) fn one_pull(&self, change: &FakeChange) -> Value {
        let mut pull = self.pull(change);
        let mergeable = change.is_open().then(|| !self.is_conflicted(change.head()));
        pull["mergeable"] = json!(mergeable);
        pull["merged"] = json!(matches!(change.state, ChangeState::Merged { .. }));
        pull
    }

    pub(super) fn commit_json(&self, id: &str, commit: &Commit) -> Value {
        let parents: Vec<Value> =
            commit.parents.iter().map(|parent| json!({ "sha": parent.as_str() })).collect();
        json!({
            "sha": id,
            "commit": { "message": commit.message, "tree": { "sha": tree_id(self, &commit.files) } },
            "author": account(commit.author.as_str()),
            "committer": account(commit.author.as_str()),
            "parents": parents,
        })
    }

    pub(super) fn timeline(&self, change: &FakeChange) -> Value {
        let mut happenings: Vec<(Time, Value)> = Vec::new();
        happenings.extend(change.comments.iter().map(|comment| (comment.at, commented(comment))));
        happenings.extend(change.reviews.iter().map(|review| (review.at, reviewed(review))));
        happenings.sort_by_key(|(at, _)| *at);
        let end = |event: &str, at: &Time, by: &towpath::model::UserName| json!({ "event": event, "actor": account(by.as_str()), "created_at": time(*at) });
        let mut all: Vec<Value> = happenings.into_iter().map(|(_, value)| value).collect();
        match &change.state {
            ChangeState::Open => {}
            ChangeState::Closed { at, by } => all.push(end("closed", at, by)),
            ChangeState::Merged { at, by, .. } => {
                all.extend([end("merged", at, by), end("closed", at, by)]);
            }
        }
        Value::Array(all)
    }
}

/// When a pull request was touched last.
fn touched(change: &FakeChange) -> Time {
    let ended = match &change.state {
        ChangeState::Open => None,
        ChangeState::Closed { at, .. } | ChangeState::Merged { at, .. } => Some(*at),
    };
    let heads = change.heads.iter().map(|(at, _)| *at);
    let said = change.comments.iter().map(|comment| comment.at);
    let reviewed = change.reviews.iter().map(|review| review.at);
    let all = heads.chain(said).chain(reviewed).chain(ended);
    all.fold(change.opened_at, Ord::max)
}

fn commented(comment: &Comment) -> Value {
    let edited = if comment.edited { chrono::TimeDelta::seconds(1) } else { chrono::TimeDelta::zero() };
    let count = |reaction| comment.reactions.iter().filter(|found| **found == reaction).count();
    json!({
        "event": "commented",
        "id": number(&comment.id),
        "user": account(comment.author.as_str()),
        "actor": account(comment.author.as_str()),
        "created_at": time(comment.at),
        "updated_at": time(comment.at + edited),
        "body": comment.body,
        "reactions": {
            "+1": count(Reaction::ThumbsUp),
            "-1": count(Reaction::ThumbsDown),
            "confused": count(Reaction::Confused),
            "rocket": count(Reaction::Rocket),
        },
    })
}

fn reviewed(review: &Review) -> Value {
    let state = match review.verdict {
        ReviewVerdict::Approve => "approved",
        ReviewVerdict::RequestChanges => "changes_requested",
    };
    json!({
        "event": "reviewed",
        "id": number(&review.id),
        "user": account(review.author.as_str()),
        "body": review.body,
        "state": state,
        "submitted_at": time(review.at),
        "commit_id": review.head.as_str(),
    })
}

pub(super) fn comment(comment: &Comment) -> Value {
    json!({
        "id": number(&comment.id),
        "user": account(comment.author.as_str()),
        "body": comment.body,
        "created_at": time(comment.at),
    })
}

pub(super) const fn state_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
    }
}
