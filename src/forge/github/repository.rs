//! What a repository is and allows, read once.

use std::sync::Arc;

use super::GitHubForge;
use super::lock::lock;
use super::message::one_line;
use super::scope::Scope;
use super::wire::Repository;
use crate::forge::ForgeError;
use crate::model::{MergeMethod, RepositoryName};

impl GitHubForge {
    /// What GitHub says of a repository; people may have changed its settings since.
    pub(super) async fn facts(&self, repository: &RepositoryName) -> Result<Arc<Repository>, ForgeError> {
        let memory = self.memory(repository);
        if let Some(known) = lock(&memory.repository).clone() {
            return Ok(known);
        }
        let path = format!("/repos/{repository}");
        let scope = Scope::Repository(repository);
        let found: Repository = self.inner.transport.get(scope, "read the repository", path).await?;
        Self::expect_name(repository, &found.full_name)?;
        let found = Arc::new(found);
        *lock(&memory.repository) = Some(Arc::clone(&found));
        Ok(found)
    }

    /// Refuses to go on in a repository that has another name by now: rights, events and forks are told apart by the name.
    pub(super) fn expect_name(repository: &RepositoryName, now: &str) -> Result<(), ForgeError> {
        if now.eq_ignore_ascii_case(repository.as_str()) {
            return Ok(());
        }
        Err(ForgeError::Misconfigured {
            why: format!("the repository `{repository}` is called `{}` now", one_line(now)),
            way_out: "write that name in the configuration".to_owned(),
        })
    }

    /// What a listing that is not there means: whether the repository itself is gone.
    pub(super) async fn gone(&self, repository: &RepositoryName, error: ForgeError) -> ForgeError {
        self.forget_facts(repository);
        match self.facts(repository).await {
            Ok(_) => error,
            Err(ForgeError::NotFound { .. }) => ForgeError::Misconfigured {
                why: format!("GitHub knows no repository `{repository}`, or hides it from the bot"),
                way_out: "look at its name in the configuration, and at what the token or the App may use"
                    .to_owned(),
            },
            Err(other) => other,
        }
    }

    /// Reads it anew the next time it is needed.
    pub(super) fn forget_facts(&self, repository: &RepositoryName) {
        *lock(&self.memory(repository).repository) = None;
    }
}

impl Repository {
    /// Whether pull requests may be merged like this; yes where GitHub does not say.
    pub(super) fn allows(&self, method: MergeMethod) -> bool {
        let allowed = match method {
            MergeMethod::Merge => self.allow_merge_commit,
            MergeMethod::Squash => self.allow_squash_merge,
            MergeMethod::Rebase => self.allow_rebase_merge,
        };
        allowed.unwrap_or(true)
    }
}
