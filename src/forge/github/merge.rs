//! Merges at exactly one head, in the way that is configured or that the repository allows.
//!
//! What GitHub holds against a merge is a fact of the change, and `decide` says what follows. A rule that is not met
//! waits until `mergeable_state` changes or five minutes passed. That state never prevents the first attempt: it is
//! `blocked` also for a bot that may merge. No status of the bot waits for the forge, because `towpath/<environment>`
//! may itself be a required check.

mod queue;
mod refused;

use http::{Method, StatusCode};
use serde_json::json;

use super::GitHubForge;
use super::budget::Lane;
use super::scope::Scope;
use super::transport::{Call, Response};
use super::wire::{CreatedObject, PullDetails, Repository, commit_id};
use crate::forge::{ForgeError, Merge};
use crate::model::{CommitId, MergeMethod};
pub(super) use queue::Waiting;
pub(super) use refused::RefusedMerge;
use refused::{BEHIND, MergeRefusal, is_outrun};

/// What people are told of a change that was put into the merge queue.
const WAITS_IN_QUEUE: &str = "it waits in GitHub's merge queue";

impl GitHubForge {
    /// Merges a pull request. One that is merged at that head already stays so.
    pub(super) async fn merge_at(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        let repository = &merge.place.repository;
        // Nothing that a merge is asked for with names the base: somebody may have given it another one.
        let pull = self.present_pull(repository, merge.change).await?;
        if let Some(commit) = merged_before(merge, &pull)? {
            return Ok(commit);
        }
        if has_moved(merge, &pull) {
            self.forget_said(&merge.place, merge.change);
            return Err(ForgeError::Conflict { what: format!("change {}", merge.change) });
        }
        let methods = self.methods(&*self.facts(repository).await?);
        let mut refused = None;
        for method in methods {
            let response = self.try_merge(merge, method).await?;
            if response.status.is_success() {
                let made: CreatedObject = response.json(&format!("the merge of change {}", merge.change))?;
                return commit_id(&made.sha);
            }
            let goes_on = is_other_method_wanted(&response);
            refused = Some(response);
            if !goes_on {
                break;
            }
        }
        // Somebody may have changed the settings since they were read, or may do so now.
        self.forget_facts(repository);
        let pull = self.present_pull(repository, merge.change).await?;
        match merged_before(merge, &pull)? {
            Some(commit) => Ok(commit),
            None => Err(self.not_merged(merge, &pull, refused.as_ref()).await?),
        }
    }

    /// How to merge: as the configuration says, or in any way that is allowed. Nothing where that is forbidden.
    fn methods(&self, facts: &Repository) -> Vec<MergeMethod> {
        let wanted = self.inner.merge_method.as_ref().map_or(MergeMethod::ALL, std::slice::from_ref);
        wanted.iter().copied().filter(|method| facts.allows(*method)).collect()
    }

    async fn try_merge(&self, merge: &Merge, method: MergeMethod) -> Result<Response, ForgeError> {
        let (title, text) = merge.message.split_once('\n').unwrap_or((&merge.message, ""));
        let body = json!({
            "sha": merge.head.as_str(),
            "merge_method": method.word(),
            "commit_title": title,
            "commit_message": text.trim(),
        });
        let repository = &merge.place.repository;
        let path = format!("/repos/{repository}/pulls/{}/merge", merge.change.0);
        let scope = Scope::Repository(repository);
        let call = Call::write(scope, "merge pull requests", Method::PUT, path, body);
        self.inner.transport.call(call.in_lane(Lane::Merge)).await
    }

    /// Why a merge did not take place: what looking again mends, or what it waits for, which is remembered.
    async fn not_merged(
        &self,
        merge: &Merge,
        pull: &PullDetails,
        response: Option<&Response>,
    ) -> Result<ForgeError, ForgeError> {
        let what = format!("change {}", merge.change);
        // The two do not go together; what is proposed is made anew.
        let is_conflicted = pull.mergeable == Some(false);
        // Where a branch only lacks the newest base, another try would come to the same.
        let is_outrun = pull.mergeable_state != BEHIND && response.is_some_and(is_outrun);
        if has_moved(merge, pull) || is_conflicted || is_outrun {
            return Ok(ForgeError::Conflict { what });
        }
        let refusal = match response {
            None => MergeRefusal::no_way(self.inner.merge_method, merge, self.name()),
            Some(response) if response.status == StatusCode::NOT_FOUND => {
                return Ok(ForgeError::NotFound { what });
            }
            Some(response) => MergeRefusal::new(response, merge, &pull.mergeable_state),
        };
        let wants_queue = response.is_some_and(|response| response.mentions("merge queue"));
        let refusal = if wants_queue { self.enqueue(merge, pull).await? } else { Some(refusal) };
        let why = refusal.as_ref().map_or_else(|| WAITS_IN_QUEUE.to_owned(), MergeRefusal::sentence);
        if let Some(refusal) = refusal {
            let (repository, state) = (&merge.place.repository, pull.mergeable_state.as_str());
            self.keep_refusal(repository, merge.change.0, &merge.head, state, refusal);
        }
        Ok(ForgeError::NotYet { what: format!("merging {what}"), why })
    }
}

/// The commit of a merge at this head that took place before.
fn merged_before(merge: &Merge, pull: &PullDetails) -> Result<Option<CommitId>, ForgeError> {
    let pull = &pull.pull;
    if pull.merged_at.is_none() || pull.head.sha != merge.head.as_str() {
        return Ok(None);
    }
    pull.merge_commit_sha.as_deref().map(commit_id).transpose()
}

/// Whether a pull request is something else than what the gates passed for.
fn has_moved(merge: &Merge, pull: &PullDetails) -> bool {
    let pull = &pull.pull;
    !pull.is_open() || pull.head.sha != merge.head.as_str() || pull.base.branch != merge.place.branch.as_str()
}

/// Whether it is the way of merging that is refused: by the repository, or by a rule for its branch.
fn is_other_method_wanted(response: &Response) -> bool {
    let said = response.full_message();
    let about_the_method = [
        "not allowed on this repository",
        "must not contain merge commits",
        "linear history",
        "merge method",
        "be rebased",
    ];
    response.status == StatusCode::METHOD_NOT_ALLOWED
        && about_the_method.iter().any(|part| said.contains(part))
}
