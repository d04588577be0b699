//! What is remembered of a repository while the process runs; losing it costs requests and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};

use super::connection::lock;
use super::log::LogText;
use super::merge::RefusedMerge;
use super::pulls::Pulls;
use super::wire::{Commit, Repository};
use crate::model::{BranchName, CommitId, Head, RepositoryPath, TreeEntry};

/// How many commits are remembered; then all are forgotten. Each change needs a few.
const COMMITS_MAX: usize = 10_000;
/// The files of how many commits are remembered: the head of the base, and what is compared with it.
const TREES_MAX: usize = 4;

/// What is remembered of one repository.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the repository is and allows.
    pub(super) repository: Mutex<Option<Arc<Repository>>>,
    /// The merges that GitHub did not carry out, by the pull request.
    pub(super) refused: Mutex<BTreeMap<u64, RefusedMerge>>,
    /// The branches as the look that is under way saw them, until somebody takes them.
    pub(super) refs: tokio::sync::Mutex<Option<Refs>>,
    /// The tip of the log as the look that is under way saw it, until somebody takes it.
    pub(super) log_tip: Mutex<Option<Option<CommitId>>>,
    /// The text of the log.
    pub(super) log: Mutex<Option<LogText>>,
    /// The pull requests, by the branch into which they go.
    pub(super) pulls: Mutex<BTreeMap<BranchName, Pulls>>,
    commits: Mutex<BTreeMap<CommitId, Arc<Commit>>>,
    heads: Mutex<BTreeMap<CommitId, Head>>,
    trees: Mutex<VecDeque<(CommitId, Arc<Files>)>>,
}

/// The branches under Towpath's prefix.
pub(super) type Refs = BTreeMap<BranchName, CommitId>;

/// The files of a commit.
#[derive(Debug)]
pub(super) struct Files {
    /// The id of its tree.
    pub(super) tree: String,
    /// What is where.
    pub(super) entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>,
    /// Files that may be executed.
    pub(super) executable: BTreeSet<RepositoryPath>,
}

impl Memory {
    pub(super) fn commit(&self, id: &CommitId) -> Option<Arc<Commit>> {
        lock(&self.commits).get(id).cloned()
    }

    pub(super) fn keep_commit(&self, id: &CommitId, commit: &Arc<Commit>) {
        insert(&mut lock(&self.commits), id.clone(), Arc::clone(commit));
    }

    /// A head as it was seen when its change was open.
    pub(super) fn head(&self, id: &CommitId) -> Option<Head> {
        lock(&self.heads).get(id).cloned()
    }

    pub(super) fn keep_head(&self, head: &Head) {
        insert(&mut lock(&self.heads), head.commit.clone(), head.clone());
    }

    pub(super) fn files(&self, commit: &CommitId) -> Option<Arc<Files>> {
        lock(&self.trees).iter().find(|(id, _)| id == commit).map(|(_, files)| Arc::clone(files))
    }

    pub(super) fn keep_files(&self, commit: &CommitId, files: &Arc<Files>) {
        let mut trees = lock(&self.trees);
        trees.retain(|(id, _)| id != commit);
        trees.push_front((commit.clone(), Arc::clone(files)));
        trees.truncate(TREES_MAX);
    }
}

fn insert<T>(map: &mut BTreeMap<CommitId, T>, id: CommitId, value: T) {
    if map.len() >= COMMITS_MAX {
        map.clear();
    }
    map.insert(id, value);
}
