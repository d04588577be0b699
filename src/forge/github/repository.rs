//! What a repository is and allows, read once.

use std::sync::Arc;

use super::GitHubForge;
use super::connection::lock;
use super::credentials::Scope;
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
        let found: Repository = self.inner.connection.get(scope, "read the repository", path).await?;
        let found = Arc::new(found);
        *lock(&memory.repository) = Some(Arc::clone(&found));
        Ok(found)
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
