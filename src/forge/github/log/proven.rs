//! Up to which commit the log counts: the last one that is proven to be the bot's.
//!
//! Whoever may push to the repository may push to the branch of the log, and write any names into a commit. A commit counts
//! where this process wrote it, or GitHub's list of activity says that it was the bot who moved the branch there, or the
//! ledger has it, which keeps only what was proven. A signature of GitHub is no proof here: GitHub also signs what a
//! person merges into the branch by squashing a change that the bot opened, and names the bot as its author.

use chrono::TimeDelta;
use http::StatusCode;

use super::{log_branch, reading};
use crate::forge::ForgeError;
use crate::forge::github::GitHubForge;
use crate::forge::github::authorship::BranchActivity;
use crate::forge::github::branches::Files;
use crate::forge::github::lock::lock;
use crate::forge::github::wire::{commit_id, user};
use crate::model::{CommitId, RepositoryName};

/// How long GitHub may take until it lists who moved a branch.
const LISTED_WITHIN: TimeDelta = TimeDelta::seconds(60);
/// How many of the commits to which the bot moved the branch are compared with its tip, the newest first.
const CANDIDATES_MAX: usize = 10;
/// How many commits are looked at where only their names can be believed.
const NAMED_MAX: usize = 20;

impl GitHubForge {
    /// The last commit of the log that is proven, as seen from its tip; `None` if there is none.
    ///
    /// `known` is a commit that was proven before. A tip that this process knows costs no request, another one mostly one.
    pub(super) async fn proven_log(
        &self,
        repository: &RepositoryName,
        tip: &CommitId,
        known: Option<&CommitId>,
    ) -> Result<Option<CommitId>, ForgeError> {
        let memory = self.memory(repository);
        if known == Some(tip) || memory.is_written(tip) {
            lock(&memory.log).keep_proven(tip, Some(tip));
            return Ok(Some(tip.clone()));
        }
        if let Some(proven) = lock(&memory.log).proven(tip) {
            return Ok(proven);
        }
        let proven = self.find_proven(repository, tip, known).await?;
        lock(&memory.log).keep_proven(tip, proven.as_ref());
        Ok(proven)
    }

    async fn find_proven(
        &self,
        repository: &RepositoryName,
        tip: &CommitId,
        known: Option<&CommitId>,
    ) -> Result<Option<CommitId>, ForgeError> {
        // A GitHub Enterprise Server without such a list is believed the names, as it is about heads.
        let Some(moves) = self.log_moves(repository).await? else {
            return self.last_named(repository, tip).await;
        };
        let is_listed = moves.iter().any(|listed| listed.after == tip.as_str());
        if !is_listed && self.is_awaited(repository, tip) {
            let what = reading(repository);
            let why = format!("GitHub does not list yet who pushed its tip {}", tip.short());
            return Err(ForgeError::NotYet { what, why });
        }
        if moves.is_empty() {
            // Nobody pushed there for as long as GitHub remembers.
            return self.last_named(repository, tip).await;
        }
        let bot = self.identity().await?;
        let own = moves.iter().filter(|listed| user(listed.actor.as_ref()) == *bot);
        let own = own.map(|listed| commit_id(&listed.after)).collect::<Result<Vec<CommitId>, _>>()?;
        if own.contains(tip) {
            return Ok(Some(tip.clone()));
        }
        for candidate in own.into_iter().take(CANDIDATES_MAX).chain(known.cloned()) {
            if self.is_before(repository, &candidate, tip).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// Who moved the branch of the log, the newest first; `None` if this GitHub keeps no such list.
    async fn log_moves(
        &self,
        repository: &RepositoryName,
    ) -> Result<Option<Vec<BranchActivity>>, ForgeError> {
        let response = self.activity(repository, log_branch().as_str()).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        response.json(&format!("the activity on `{}` of `{repository}`", log_branch())).map(Some)
    }

    /// Whether GitHub may still be about to list a tip, which was seen first a moment ago.
    fn is_awaited(&self, repository: &RepositoryName, tip: &CommitId) -> bool {
        let first_seen = lock(&self.memory(repository).log).first_seen(tip, self.now());
        (self.now() - first_seen).abs() < LISTED_WITHIN
    }

    /// Whether a commit is part of the history of the tip.
    async fn is_before(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        tip: &CommitId,
    ) -> Result<bool, ForgeError> {
        match self.compare(repository, commit.as_str(), tip, Files::Without).await {
            Ok(comparison) => Ok(matches!(comparison.status.as_str(), "ahead" | "identical")),
            // Two histories that have nothing in common, or a commit that is gone.
            Err(ForgeError::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The last commit of the log whose names are the bot's.
    async fn last_named(
        &self,
        repository: &RepositoryName,
        tip: &CommitId,
    ) -> Result<Option<CommitId>, ForgeError> {
        let mut at = tip.clone();
        for _commit in 0..NAMED_MAX {
            let commit = self.commit(repository, &at).await?;
            if self.authorship(repository, None, &at, &commit).await? == Some(true) {
                return Ok(Some(at));
            }
            let Some(parent) = commit.parents.first() else { return Ok(None) };
            at = commit_id(&parent.sha)?;
        }
        Ok(None)
    }
}
