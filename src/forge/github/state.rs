//! What is remembered of a repository while the process runs; losing it costs requests and nothing else.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::OnceCell;

use super::authorship::Pusher;
use super::content::BlobCache;
use super::deployments::DeploymentCache;
use super::lock::lock;
use super::log::LogCache;
use super::merge::{RefusedMerge, Waiting};
use super::observed_branches::ObservedBranches;
use super::propose::Together;
use super::pulls::Pulls;
use super::receipts::Receipts;
use super::wire::{Commit, Repository};
use crate::model::{BranchName, CommitId, EntryKind, Head, RepositoryPath, TreeEntry};

/// How many commits are remembered; then all are forgotten. Each change needs a few.
const COMMITS_MAX: usize = 10_000;
/// The files of how many commits are remembered: the head of the base, and what is compared with it.
const TREES_MAX: usize = 4;

/// What is remembered of one repository.
#[derive(Debug, Default)]
pub(super) struct RepositoryState {
    /// What the repository is and allows.
    pub(super) repository: Mutex<Option<Arc<Repository>>>,
    /// The merges that GitHub did not carry out, by the pull request.
    pub(super) refused: Mutex<BTreeMap<u64, RefusedMerge>>,
    /// The pull requests that stand in the merge queue.
    pub(super) queued: Mutex<BTreeMap<u64, Waiting>>,
    /// The branches as the look at each base that is under way saw them, until somebody takes them.
    pub(super) seen: tokio::sync::Mutex<BTreeMap<BranchName, ObservedBranches>>,
    /// Whether there are too many branches to list them all with each look.
    pub(super) is_crowded: AtomicBool,
    /// How often something happened that no branch tells.
    hints: AtomicU64,
    /// How many new changes go into one document.
    pub(super) together: Together,
    /// What GitHub shows of deployments.
    pub(super) deployments: Mutex<DeploymentCache>,
    /// The files of the log.
    pub(super) log: Mutex<LogCache>,
    /// The pull requests, by the branch into which they go.
    pub(super) pulls: Mutex<BTreeMap<BranchName, Pulls>>,
    commits: Mutex<BTreeMap<CommitId, Arc<Commit>>>,
    /// Heads, apart for changes that are open and changes that ended.
    heads: [Mutex<BTreeMap<CommitId, Head>>; 2],
    /// Who pushed which commit.
    pushers: Mutex<BTreeMap<CommitId, Pusher>>,
    /// Whether commits are part of the history of a base, and where that ended.
    in_base: Mutex<BTreeMap<CommitId, (CommitId, bool)>>,
    /// The names by which GraphQL knows labels; there are as many as the bot uses.
    label_ids: Mutex<BTreeMap<String, String>>,
    trees: Mutex<VecDeque<(CommitId, Arc<CommitFiles>)>>,
    /// What an archive had beyond what was asked for.
    pub(super) shelf: Mutex<BlobCache>,
    /// What the bot wrote a moment ago.
    pub(super) receipts: Mutex<Receipts>,
    /// Held by whoever reads an archive.
    pub(super) unpacking: tokio::sync::Mutex<()>,
}

/// The files of a commit.
#[derive(Debug, Default)]
pub(super) struct CommitFiles {
    /// What most likely is the id of its tree; GitHub alone knows for sure.
    pub(super) tree: Option<String>,
    /// What is where.
    pub(super) entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>,
    /// Files that may be executed.
    pub(super) executable: BTreeSet<RepositoryPath>,
    /// How large all of them are together.
    pub(super) bytes: u64,
}

impl RepositoryState {
    /// Notes that something happened that no branch tells, such as a comment.
    pub(super) fn hint(&self) {
        self.hints.fetch_add(1, Ordering::AcqRel);
    }

    /// How often that was noted.
    pub(super) fn hints(&self) -> u64 {
        self.hints.load(Ordering::Acquire)
    }

    /// Whether a commit is part of the history of a base that ends there, where that was asked before.
    pub(super) fn is_in_base(&self, commit: &CommitId, base: &CommitId) -> Option<bool> {
        lock(&self.in_base).get(commit).filter(|(known, _)| known == base).map(|(_, is_in)| *is_in)
    }

    pub(super) fn keep_in_base(&self, commit: &CommitId, base: &CommitId, is_in: bool) {
        insert(&mut lock(&self.in_base), commit.clone(), (base.clone(), is_in));
    }

    pub(super) fn label_id(&self, label: &str) -> Option<String> {
        lock(&self.label_ids).get(label).cloned()
    }

    pub(super) fn keep_label_id(&self, label: &str, id: &str) {
        lock(&self.label_ids).insert(label.to_owned(), id.to_owned());
    }

    pub(super) fn commit(&self, id: &CommitId) -> Option<Arc<Commit>> {
        lock(&self.commits).get(id).cloned()
    }

    pub(super) fn keep_commit(&self, id: &CommitId, commit: &Arc<Commit>) {
        insert(&mut lock(&self.commits), id.clone(), Arc::clone(commit));
    }

    /// A head as it was seen: while its change was open, and where that is enough, after it ended.
    pub(super) fn head(&self, id: &CommitId, is_open: bool) -> Option<Head> {
        let [open, ended] = &self.heads;
        let known = lock(open).get(id).cloned();
        if is_open { known } else { known.or_else(|| lock(ended).get(id).cloned()) }
    }

    pub(super) fn keep_head(&self, head: &Head, is_open: bool) {
        let [open, ended] = &self.heads;
        let heads = if is_open { open } else { ended };
        insert(&mut lock(heads), head.commit.clone(), head.clone());
    }

    /// Whether the bot pushed a commit, to be filled in by whoever asks first.
    pub(super) fn pusher(&self, id: &CommitId) -> Pusher {
        let mut pushers = lock(&self.pushers);
        if let Some(known) = pushers.get(id) {
            return Arc::clone(known);
        }
        let pusher = Pusher::default();
        insert(&mut pushers, id.clone(), Arc::clone(&pusher));
        pusher
    }

    /// Notes a commit that this process wrote.
    pub(super) fn note_written(&self, id: &CommitId) {
        insert(&mut lock(&self.pushers), id.clone(), Arc::new(OnceCell::new_with(Some(true))));
    }

    /// Whether this process wrote a commit, or was told that the bot pushed it.
    pub(super) fn is_written(&self, id: &CommitId) -> bool {
        lock(&self.pushers).get(id).and_then(|pusher| pusher.get().copied()).unwrap_or_default()
    }

    pub(super) fn files(&self, commit: &CommitId) -> Option<Arc<CommitFiles>> {
        lock(&self.trees).iter().find(|(id, _)| id == commit).map(|(_, files)| Arc::clone(files))
    }

    /// The commits whose files are known, the latest first.
    pub(super) fn known_files(&self) -> Vec<(CommitId, Arc<CommitFiles>)> {
        lock(&self.trees).iter().cloned().collect()
    }

    pub(super) fn keep_files(&self, commit: &CommitId, files: &Arc<CommitFiles>) {
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

impl CommitFiles {
    /// Refuses a path where something else stands at it or above it.
    pub(super) fn may_write(&self, path: &RepositoryPath) -> Result<(), String> {
        let mut at = Some(path.clone());
        while let Some(part) = at {
            if let Some(entry) = self.entries.get(&part) {
                match entry.kind {
                    EntryKind::File if part == *path => {}
                    EntryKind::File => return Err(format!("`{part}` is a file, not a folder")),
                    EntryKind::SymbolicLink => {
                        return Err(format!("`{part}` is a symbolic link, which is never followed"));
                    }
                    EntryKind::Submodule => {
                        return Err(format!("`{part}` is a submodule, which is never entered"));
                    }
                }
            }
            at = part.parent();
        }
        let below = format!("{path}/");
        let is_folder = self.entries.keys().any(|found| found.as_str().starts_with(&below));
        if is_folder { Err(format!("`{path}` is a folder")) } else { Ok(()) }
    }
}
