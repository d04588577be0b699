//! Merges at exactly one head, in the way that the repository allows.

use http::{Method, StatusCode};
use serde_json::json;

use super::GitHubForge;
use super::budget::Lane;
use super::connection::{Answer, Call};
use super::credentials::Scope;
use super::wire::{Made, commit_id};
use crate::forge::{ForgeError, Merge};
use crate::model::CommitId;

/// How pull requests may be merged, the way that keeps most of the history first.
const METHODS: [&str; 3] = ["merge", "squash", "rebase"];

impl GitHubForge {
    /// Merges a pull request. One that is merged at that head already stays so.
    pub(super) async fn merge_at(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        let mut refused = None;
        for method in METHODS {
            let answer = self.try_merge(merge, method).await?;
            if answer.status.is_success() {
                let made: Made = answer.json(&format!("the merge of change {}", merge.change))?;
                return commit_id(&made.sha);
            }
            let goes_on = is_other_method_wanted(&answer);
            refused = Some(answer);
            if !goes_on {
                break;
            }
        }
        let refused = refused.expect("there is a method");
        match self.merged_before(merge).await? {
            Some(commit) => Ok(commit),
            None => Err(why_not(merge, &refused)),
        }
    }

    async fn try_merge(&self, merge: &Merge, method: &str) -> Result<Answer, ForgeError> {
        let (title, text) = merge.message.split_once('\n').unwrap_or((&merge.message, ""));
        let body = json!({
            "sha": merge.head.as_str(),
            "merge_method": method,
            "commit_title": title,
            "commit_message": text.trim(),
        });
        let repository = &merge.place.repository;
        let path = format!("/repos/{repository}/pulls/{}/merge", merge.change.0);
        let scope = Scope::Repository(repository);
        let call = Call::write(scope, "merge pull requests", Method::PUT, path, body);
        self.inner.connection.call(call.in_lane(Lane::Merge)).await
    }

    /// The commit of a merge at this head that took place before.
    async fn merged_before(&self, merge: &Merge) -> Result<Option<CommitId>, ForgeError> {
        let pull = self.pull(&merge.place, merge.change).await?.pull;
        if pull.merged_at.is_none() || pull.head.sha != merge.head.as_str() {
            return Ok(None);
        }
        pull.merge_commit_sha.as_deref().map(commit_id).transpose()
    }
}

fn is_other_method_wanted(answer: &Answer) -> bool {
    let said = answer.words().to_ascii_lowercase();
    answer.status == StatusCode::METHOD_NOT_ALLOWED && said.contains("not allowed on this repository")
}

/// Tells apart what looking again mends, and what a rule of the repository forbids.
fn why_not(merge: &Merge, answer: &Answer) -> ForgeError {
    let what = format!("change {}", merge.change);
    let said = answer.words();
    let words = said.to_ascii_lowercase();
    // The head moved, the base moved, or the two do not go together.
    let is_stale = ["not mergeable", "was modified", "merge conflict", "is out of date", "is not up to date"];
    match answer.status {
        StatusCode::CONFLICT => ForgeError::Conflict { what },
        StatusCode::METHOD_NOT_ALLOWED | StatusCode::UNPROCESSABLE_ENTITY
            if is_stale.iter().any(|stale| words.contains(stale)) =>
        {
            ForgeError::Conflict { what }
        }
        StatusCode::NOT_FOUND => ForgeError::NotFound { what },
        _ => ForgeError::Blocked { what: format!("merging {what}"), why: said },
    }
}
