//! A forge in bare Git repositories on this machine.
//!
//! A repository is at `<root>/<owner>/<name>.git`. Change n is at `refs/towpath/changes/<n>`: a commit whose tree
//! holds `change.json` and `events/<seq>.json`. So `git clone --mirror` is a full backup, and people may push to
//! the same repositories with Git at any time. Every ref is moved by compare-and-swap.
//!
//! Users are bare names here, and the bot is one of them, so `forges[].bot` configures its name.

mod changes;
mod content;
mod examine;
mod failure;
mod log;
mod merge;
mod merged_tree;
mod people;
mod proof;
mod propose;
mod store;
mod turn;
mod wire;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use super::{Confirmation, Forge, ForgeError, LogPart, Merge, NewReaction, Presentation, Proposal, Remark};
use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, ConfigBranch, FileChange, ForgeName, Head, Health,
    HealthQuestion, LeftOut, RepositoryName, RepositoryPath, TeamName, Time, TreeEntry, UserName,
};
pub use people::PersonCommit;
use store::Store;
use wire::Stored;

/// Says what time it is, for commits and events.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// The forge of one folder of bare repositories.
#[derive(Clone)]
pub struct LocalForge {
    inner: Arc<Inner>,
}

/// A change, or why its ref holds none.
type ReadChange = Result<Arc<Stored>, Arc<str>>;
type Memory = BTreeMap<(RepositoryName, ChangeNumber), (gix::ObjectId, ReadChange)>;

struct Inner {
    name: ForgeName,
    root: PathBuf,
    teams: BTreeMap<TeamName, Vec<UserName>>,
    bot: UserName,
    now: Now,
    /// Changes, readable or not, with the commit that each was read from.
    memory: Mutex<Memory>,
}

impl std::fmt::Debug for LocalForge {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LocalForge")
            .field("name", &self.inner.name)
            .field("root", &self.inner.root)
            .finish()
    }
}

impl LocalForge {
    /// A forge over the repositories below `root`.
    pub fn new(
        name: ForgeName,
        root: PathBuf,
        teams: BTreeMap<TeamName, Vec<UserName>>,
        bot: UserName,
        now: Now,
    ) -> Self {
        Self { inner: Arc::new(Inner { name, root, teams, bot, now, memory: Mutex::default() }) }
    }

    /// The forge's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &ForgeName {
        &self.inner.name
    }

    /// Runs blocking work on a repository, off the asynchronous threads.
    async fn with<T: Send + 'static>(
        &self,
        repository: &RepositoryName,
        work: impl FnOnce(&Store) -> Result<T, ForgeError> + Send + 'static,
    ) -> Result<T, ForgeError> {
        let inner = Arc::clone(&self.inner);
        let name = repository.clone();
        let done = tokio::task::spawn_blocking(move || work(&Store::open(inner, &name)?)).await;
        done.unwrap_or_else(|error| {
            let what = format!("work on `{repository}`");
            Err(ForgeError::Unavailable { what, why: error.to_string() })
        })
    }

    /// As [`LocalForge::with`], as the only writer among all processes of this program.
    async fn writing<T: Send + 'static>(
        &self,
        repository: &RepositoryName,
        work: impl FnOnce(&mut Store) -> Result<T, ForgeError> + Send + 'static,
    ) -> Result<T, ForgeError> {
        let inner = Arc::clone(&self.inner);
        let name = repository.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut store = Store::open(inner, &name)?;
            store.take_turn()?;
            work(&mut store)
        });
        done.await.unwrap_or_else(|error| {
            let what = format!("work on `{repository}`");
            Err(ForgeError::Unavailable { what, why: error.to_string() })
        })
    }
}

impl Forge for LocalForge {
    fn bot(&self) -> &UserName {
        &self.inner.bot
    }

    async fn head(&self, place: &ConfigBranch) -> Result<CommitId, ForgeError> {
        let branch = place.branch.clone();
        self.with(&place.repository, move |store| store.tip(&branch)).await
    }

    async fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError> {
        let commit = commit.clone();
        self.with(&place.repository, move |store| content::entries(store, &commit).map(Arc::new)).await
    }

    async fn blobs(&self, place: &ConfigBranch, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        let blobs = blobs.to_vec();
        self.with(&place.repository, move |store| content::blobs(store, &blobs)).await
    }

    async fn changes(&self, place: &ConfigBranch) -> Result<Vec<Change>, ForgeError> {
        let base = place.branch.clone();
        self.with(&place.repository, move |store| changes::on_base(store, &base)).await
    }

    async fn unreadable_changes(&self, place: &ConfigBranch) -> Result<Vec<LeftOut>, ForgeError> {
        self.with(&place.repository, changes::unreadable).await
    }

    async fn secure_log(&self, place: &ConfigBranch) -> Result<(), ForgeError> {
        if !self.with(&place.repository, log::is_unsecured).await? {
            return Ok(());
        }
        self.writing(&place.repository, |store| log::secure(store).map(drop)).await
    }

    async fn branches(&self, place: &ConfigBranch) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        self.with(&place.repository, |store| store.towpath_branches()).await
    }

    async fn changed_files(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let (head, base) = (head.clone(), place.branch.clone());
        self.with(&place.repository, move |store| content::changed(store, &base, &head)).await
    }

    async fn commit_files(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let commit = commit.clone();
        self.with(&place.repository, move |store| content::of_commit(store, &commit)).await
    }

    async fn contains(&self, place: &ConfigBranch, commit: &CommitId) -> Result<bool, ForgeError> {
        let (commit, base) = (commit.clone(), place.branch.clone());
        self.with(&place.repository, move |store| {
            let (tip, commit) = (store::object_id(&store.tip(&base)?), store::object_id(&commit));
            // What a rewrite dropped may be gone altogether by now.
            Ok(store.git.has_object(commit) && store.is_ancestor(commit, tip)?)
        })
        .await
    }

    async fn read_log(&self, place: &ConfigBranch, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
        let known = known.cloned();
        self.with(&place.repository, move |store| log::read(store, known.as_ref())).await
    }

    async fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        let (lines, expected) = (lines.to_vec(), expected.cloned());
        self.writing(&place.repository, move |store| log::append(store, &lines, expected.as_ref())).await
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Result<ChangeNumber, ForgeError>> {
        let mut results = Vec::with_capacity(proposals.len());
        for proposal in proposals {
            let proposal = proposal.clone();
            let repository = proposal.place.repository.clone();
            results.push(self.writing(&repository, move |store| propose::propose(store, &proposal)).await);
        }
        results
    }

    async fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        let presentation = presentation.clone();
        self.writing(&place.repository, move |store| changes::present(store, change, &presentation)).await
    }

    async fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
    ) -> Result<(), ForgeError> {
        let remark = remark.clone();
        self.writing(&place.repository, move |store| changes::remark(store, change, &remark)).await
    }

    async fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Result<(), ForgeError>> {
        let wanted = reactions.to_vec();
        let done = self.writing(&place.repository, move |store| changes::react(store, change, &wanted)).await;
        done.unwrap_or_else(|error| vec![Err(error); reactions.len()])
    }

    async fn merge(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        let merge = merge.clone();
        let repository = merge.place.repository.clone();
        self.writing(&repository, move |store| {
            let by = store.bot().clone();
            changes::expect_base(store, merge.change, &merge.place.branch)?;
            merge::merge(store, merge.change, &merge.head, &by, &merge.message)
        })
        .await
    }

    async fn close(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        self.writing(&place.repository, move |store| {
            let by = store.bot().clone();
            changes::close(store, change, &by)
        })
        .await
    }

    async fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        let (branch, expected) = (branch.clone(), expected.clone());
        self.writing(&place.repository, move |store| store.delete_branch(&branch, &expected)).await
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Result<Confirmation, ForgeError> {
        Ok(Confirmation::now(self.inner.teams.get(team).is_some_and(|members| members.contains(user))))
    }

    async fn find_team(&self, team: &TeamName) -> Result<(), ForgeError> {
        let what = || format!("the team `{team}`");
        self.inner.teams.get(team).map(drop).ok_or_else(|| ForgeError::NotFound { what: what() })
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        self.examine_all(question).await
    }
}

#[cfg(test)]
mod tests;
