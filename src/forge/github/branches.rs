//! Branches and commits.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use http::{Method, StatusCode};
use serde_json::json;

use super::budget::Lane;
use super::graph::Mutations;
use super::observed_branches::{Branches, Refs};
use super::scope::Scope;
use super::transport::{Call, Response, encode_path};
use super::wire::{Commit, Comparison, Ref, commit_id};
use super::{GitHubForge, READS_AT_ONCE};
use crate::forge::{BRANCH_PREFIX, ForgeError, LOG_BRANCH};
use crate::model::{BranchName, CommitId, ConfigBranch, Head, RepositoryName};

/// How many branches a repository may have for all to be read with each look; with more of them it is two requests.
const BRANCHES_MAX: usize = 1_000;
/// How often a branch may have taken in its base before its own commit is no longer looked for.
const MERGES_OF_BASE_MAX: usize = 20;
/// The id that stands for no commit.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
impl GitHubForge {
    /// The tip of a branch; nothing where there is none.
    pub(super) async fn tip(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
    ) -> Result<Option<CommitId>, ForgeError> {
        let path = format!("/repos/{repository}/git/ref/heads/{}", encode_path(branch.as_str()));
        let call = Call::get(Scope::Repository(repository), "read the branches", path);
        let response = self.inner.transport.get_if_changed(call).await?;
        // An empty repository responds with a conflict.
        if matches!(response.status, StatusCode::NOT_FOUND | StatusCode::CONFLICT) {
            return Ok(None);
        }
        let found: Ref = response.json(&format!("the branch `{branch}` of `{repository}`"))?;
        commit_id(&found.object.sha).map(Some)
    }

    /// The branches that matter to a place: all in one response, unless there are very many.
    pub(super) async fn read_branches(&self, place: &ConfigBranch) -> Result<Branches, ForgeError> {
        let repository = &place.repository;
        let is_crowded = &self.memory(repository).is_crowded;
        let is_narrowed = is_crowded.load(Ordering::Acquire);
        let mut refs = self.read_refs(repository, is_narrowed).await?;
        is_crowded.fetch_or(refs.len() > BRANCHES_MAX, Ordering::AcqRel);
        let base = match refs.remove(&place.branch) {
            None if is_narrowed => self.tip(repository, &place.branch).await?,
            base => base,
        };
        let log = refs.remove(&BranchName::new(LOG_BRANCH).expect("a branch name"));
        refs.retain(|name, _| name.as_str().starts_with(BRANCH_PREFIX));
        Ok(Branches { ours: refs, log, base })
    }

    /// The branches as the look that is under way saw them, or as they are.
    async fn refs_of_this_look(&self, place: &ConfigBranch) -> Result<(Refs, Option<CommitId>), ForgeError> {
        // The look at the changes begins with this, too, and comes first: whoever waits for it has nothing to read.
        self.identity().await?;
        let memory = self.memory(&place.repository);
        let mut seen = memory.seen.lock().await;
        let taken = seen.get_mut(&place.branch).and_then(|seen| seen.ours.take());
        match taken {
            Some(refs) => Ok(refs),
            None => self.read_branches(place).await.map(|branches| (branches.ours, branches.base)),
        }
    }

    /// The tip of the base as the look that is under way saw it, or as it is.
    pub(super) async fn base_tip(&self, place: &ConfigBranch) -> Result<Option<CommitId>, ForgeError> {
        let memory = self.memory(&place.repository);
        let taken = memory.seen.lock().await.get_mut(&place.branch).and_then(|seen| seen.base.take());
        match taken {
            Some(tip) => Ok(tip),
            None => self.tip(&place.repository, &place.branch).await,
        }
    }

    /// Every branch, or only those under Towpath's prefix.
    async fn read_refs(&self, repository: &RepositoryName, is_narrowed: bool) -> Result<Refs, ForgeError> {
        let mut path = format!("/repos/{repository}/git/matching-refs/heads");
        if is_narrowed {
            path += &format!("/{BRANCH_PREFIX}");
        }
        let call = Call::get(Scope::Repository(repository), "read the branches", path.clone());
        let response = self.inner.transport.get_if_changed(call).await?;
        let what = format!("the branches of `{repository}`");
        if response.status == StatusCode::NOT_FOUND {
            return Err(self.gone(repository, ForgeError::NotFound { what }).await);
        }
        // An empty repository responds with a conflict.
        if response.status == StatusCode::CONFLICT {
            return Ok(Refs::new());
        }
        let found: Vec<Ref> = if response.has_next() {
            self.inner.transport.pages(Scope::Repository(repository), "read the branches", &path).await?
        } else {
            response.json(&what)?
        };
        let named = found.into_iter().filter_map(|found| {
            let name = BranchName::new(found.name.strip_prefix("refs/heads/")?).ok()?;
            Some(commit_id(&found.object.sha).map(|tip| (name, tip)))
        });
        named.collect()
    }

    pub(super) async fn branches_of(
        &self,
        place: &ConfigBranch,
    ) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        let (refs, base) = self.refs_of_this_look(place).await?;
        let base = base.as_ref();
        let heads = refs.into_iter().map(|(name, tip)| async move {
            let (head, _) = self.head_of(&place.repository, Some(name.as_str()), &tip).await?;
            let is_empty = !head.by_bot && self.is_left_empty(place, base, &tip).await?;
            Ok((name, (!is_empty).then_some(head)))
        });
        let heads: Vec<_> = stream::iter(heads).buffer_unordered(READS_AT_ONCE).try_collect().await?;
        Ok(heads.into_iter().filter_map(|(name, head)| Some((name, head?))).collect())
    }

    /// Whether a branch never held a change and holds nothing beyond the base: whoever was cut off between the branch and
    /// its commit left it, and it is as good as none.
    async fn is_left_empty(
        &self,
        place: &ConfigBranch,
        base: Option<&CommitId>,
        tip: &CommitId,
    ) -> Result<bool, ForgeError> {
        if self.was_proposed(place, tip) {
            return Ok(false);
        }
        let (Some(base), memory) = (base, self.memory(&place.repository)) else { return Ok(false) };
        if let Some(known) = memory.is_in_base(tip, base) {
            return Ok(known);
        }
        let is_in_base = tip == base || self.is_in_base(place, tip).await?;
        memory.keep_in_base(tip, base, is_in_base);
        Ok(is_in_base)
    }

    /// A commit, which never changes.
    pub(super) async fn commit(
        &self,
        repository: &RepositoryName,
        id: &CommitId,
    ) -> Result<Arc<Commit>, ForgeError> {
        let memory = self.memory(repository);
        if let Some(known) = memory.commit(id) {
            return Ok(known);
        }
        // The files of a commit come with it, on pages: the last page has none.
        let path = format!("/repos/{repository}/commits/{id}?per_page=1&page=2");
        let scope = Scope::Repository(repository);
        let commit: Commit = self.inner.transport.get(scope, "read commits", path).await?;
        let commit = Arc::new(commit);
        memory.keep_commit(id, &commit);
        Ok(commit)
    }

    /// A commit as the head of a change, and whether it is sure who wrote it.
    async fn head_of(
        &self,
        repository: &RepositoryName,
        branch: Option<&str>,
        id: &CommitId,
    ) -> Result<(Head, bool), ForgeError> {
        let commit = self.commit(repository, id).await?;
        let by_bot = self.authorship(repository, branch, id, &commit).await?;
        let head = Head {
            commit: id.clone(),
            by_bot: by_bot.unwrap_or_default(),
            message: commit.commit.message.clone(),
            beneath: None,
        };
        Ok((head, by_bot.is_some()))
    }

    /// The head of a change, with the commit beneath it where it only merges the base into the branch.
    ///
    /// The branch is that of an open change: what may still be merged takes more of a proof than what has ended.
    pub(super) async fn head_above(
        &self,
        place: &ConfigBranch,
        branch: Option<&str>,
        id: &CommitId,
    ) -> Result<Head, ForgeError> {
        let memory = self.memory(&place.repository);
        if let Some(known) = memory.head(id, branch.is_some()) {
            return Ok(known);
        }
        let (mut head, mut is_sure) = self.head_of(&place.repository, branch, id).await?;
        let mut at = id.clone();
        for _merge in 0..MERGES_OF_BASE_MAX {
            let Some(own) = self.beneath(place, &at).await? else { break };
            let (beneath, is_sure_too) = self.head_of(&place.repository, branch, &own).await?;
            head.beneath = Some(Box::new(beneath));
            is_sure &= is_sure_too;
            at = own;
        }
        if is_sure {
            memory.keep_head(&head, branch.is_some());
        }
        Ok(head)
    }

    async fn beneath(&self, place: &ConfigBranch, id: &CommitId) -> Result<Option<CommitId>, ForgeError> {
        let commit = self.commit(&place.repository, id).await?;
        let [own, merged] = commit.parents.as_slice() else { return Ok(None) };
        let (own, merged) = (commit_id(&own.sha)?, commit_id(&merged.sha)?);
        let only_merges = self.is_in_base(place, &merged).await? && !self.is_in_base(place, &own).await?;
        Ok(only_merges.then_some(own))
    }

    /// Whether a commit is part of the base's history.
    pub(super) async fn is_in_base(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<bool, ForgeError> {
        let comparison =
            self.compare(&place.repository, place.branch.as_str(), commit, Files::Without).await?;
        Ok(matches!(comparison.status.as_str(), "behind" | "identical"))
    }

    /// How a commit stands to another, which may be named by its branch.
    pub(super) async fn compare(
        &self,
        repository: &RepositoryName,
        base: &str,
        head: &CommitId,
        files: Files,
    ) -> Result<Comparison, ForgeError> {
        // The files come with the first page of commits.
        let page = match files {
            Files::With => "?per_page=1",
            Files::Without => "?per_page=1&page=2",
        };
        let path = format!("/repos/{repository}/compare/{}...{head}{page}", encode_path(base));
        self.inner.transport.get(Scope::Repository(repository), "compare commits", path).await
    }

    /// Makes a branch; nothing where it is there already.
    pub(super) async fn create_branch(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        at: &CommitId,
        lane: Lane,
    ) -> Result<Option<()>, ForgeError> {
        let body = json!({ "ref": format!("refs/heads/{branch}"), "sha": at.as_str() });
        let path = format!("/repos/{repository}/git/refs");
        let scope = Scope::Repository(repository);
        let response = self
            .inner
            .transport
            .call(Call::write(scope, "create branches", Method::POST, path, body).in_lane(lane))
            .await?;
        let exists = matches!(response.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT)
            && response.mentions("already exists");
        if exists {
            return Ok(None);
        }
        expect_allowed(&response, &format!("creating the branch `{branch}`")).map(Some)
    }

    /// Moves the log's branch forward to a commit on top of it.
    pub(super) async fn advance(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        to: &CommitId,
    ) -> Result<Response, ForgeError> {
        let path = format!("/repos/{repository}/git/refs/heads/{}", encode_path(branch.as_str()));
        let body = json!({ "sha": to.as_str(), "force": false });
        let call = Call::write(Scope::Repository(repository), "move branches", Method::PATCH, path, body);
        self.inner.transport.call(call.in_lane(Lane::Merge)).await
    }

    /// Moves a branch from one commit to any other, or deletes it. Nothing moves where it points elsewhere.
    pub(super) async fn swap(
        &self,
        repository: &RepositoryName,
        branch: &BranchName,
        from: &CommitId,
        to: Option<&CommitId>,
    ) -> Result<RefUpdate, ForgeError> {
        let node_id = self.facts(repository).await?.node_id.clone();
        let after = to.map_or(NO_COMMIT, CommitId::as_str);
        let update = json!({
            "name": format!("refs/heads/{branch}"),
            "beforeOid": from.as_str(),
            "afterOid": after,
            "force": true,
        });
        let input = json!({ "repositoryId": node_id, "refUpdates": [update] });
        let mut mutations = Mutations::default();
        mutations.add("moved", "updateRefs", "clientMutationId", input);
        let outcomes = self.mutate(Scope::Repository(repository), "move branches", mutations).await?;
        let Some(error) = outcomes.first_error() else { return Ok(RefUpdate::Done) };
        // What GitHub says in words is not a contract; where the branch is now is.
        let tip = self.tip(repository, branch).await?;
        if tip.as_ref() == to {
            return Ok(RefUpdate::Done);
        }
        if tip.as_ref() != Some(from) {
            return Ok(RefUpdate::Elsewhere(tip));
        }
        let what = format!("moving the branch `{branch}`");
        Err(ForgeError::Blocked { what, why: super::message::one_line(&error.message) })
    }

    /// The name by which GraphQL knows a repository.
    pub(super) async fn node_id(&self, repository: &RepositoryName) -> Result<String, ForgeError> {
        Ok(self.facts(repository).await?.node_id.clone())
    }
}

/// Whether a comparison is to say which files differ.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Files {
    /// Up to 300 of them.
    With,
    /// Only how the commits stand to each other.
    Without,
}

/// What became of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum RefUpdate {
    /// It is where it should be.
    Done,
    /// It pointed elsewhere.
    Elsewhere(Option<CommitId>),
}

/// A no to a write is a rule of the repository that stands in the way.
pub(super) fn expect_allowed(response: &Response, what: &str) -> Result<(), ForgeError> {
    if response.status == StatusCode::UNPROCESSABLE_ENTITY {
        return Err(ForgeError::Blocked { what: what.to_owned(), why: response.message() });
    }
    if response.status == StatusCode::CONFLICT {
        return Err(ForgeError::unavailable(what, response.message()));
    }
    response.ensure_success(what)
}
