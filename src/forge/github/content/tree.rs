//! What is where in a commit.

use std::sync::Arc;

use gix::bstr::BString;
use gix::objs::WriteTo as _;
use gix::objs::tree::{Entry, EntryMode};

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::state::CommitFiles;
use super::super::wire::{GitEntry, GitTree};
use crate::forge::ForgeError;
use crate::model::{BlobId, CommitId, EntryKind, RepositoryName, RepositoryPath, TreeEntry};

/// How many folders of a large repository are read one by one.
const FOLDERS_MAX: usize = 5_000;
/// How GitHub writes the mode of a folder.
const FOLDER: &str = "040000";

/// What one or several responses list.
struct TreeListing {
    tree: Vec<GitEntry>,
    truncated: bool,
    /// Whether what is in folders is not listed.
    is_shallow: bool,
}

impl GitHubForge {
    /// The files of a commit, read once.
    pub(in super::super) async fn files(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Arc<CommitFiles>, ForgeError> {
        let memory = self.memory(repository);
        if let Some(known) = memory.files(commit) {
            return Ok(known);
        }
        let files = Arc::new(self.walk(repository, commit).await?);
        memory.keep_files(commit, &files);
        Ok(files)
    }

    /// All files of a commit. What is too large for one response is read folder by folder.
    async fn walk(&self, repository: &RepositoryName, commit: &CommitId) -> Result<CommitFiles, ForgeError> {
        let mut files = CommitFiles::default();
        // GitHub takes the id of a commit for that of its tree.
        let mut folders = vec![(String::new(), commit.to_string())];
        let mut read = 0;
        while let Some((prefix, tree)) = folders.pop() {
            read += 1;
            if read > FOLDERS_MAX {
                let why = format!("it has more than {FOLDERS_MAX} large folders");
                return Err(ForgeError::unavailable(format!("reading the files of `{repository}`"), why));
            }
            let listed = self.listed(repository, &tree).await?;
            if prefix.is_empty() {
                files.tree = root(&listed.tree);
            }
            for entry in listed.tree {
                let path = format!("{prefix}{}", entry.path);
                match (&entry.sha, entry.mode.as_str()) {
                    // With everything below it at hand, a folder says nothing new.
                    (Some(sha), FOLDER) if listed.is_shallow => {
                        folders.push((format!("{path}/"), sha.clone()))
                    }
                    (_, FOLDER) => {}
                    _ => files.take(path, &entry),
                }
            }
        }
        Ok(files)
    }

    /// All that is below a tree, or where that is too much, what is in it.
    async fn listed(&self, repository: &RepositoryName, tree: &str) -> Result<TreeListing, ForgeError> {
        let all = self.tree(repository, tree, "?recursive=1").await?;
        if all.truncated { self.tree(repository, tree, "").await } else { Ok(all) }
    }

    async fn tree(
        &self,
        repository: &RepositoryName,
        tree: &str,
        query: &str,
    ) -> Result<TreeListing, ForgeError> {
        let path = format!("/repos/{repository}/git/trees/{tree}{query}");
        let found: GitTree =
            self.inner.transport.get(Scope::Repository(repository), "read files", path).await?;
        if found.truncated && query.is_empty() {
            let why = "one folder has more files than GitHub lists";
            return Err(ForgeError::unavailable(format!("reading the files of `{repository}`"), why));
        }
        Ok(TreeListing { tree: found.tree, truncated: found.truncated, is_shallow: query.is_empty() })
    }
}

impl CommitFiles {
    /// Paths that this program would not write are left out.
    fn take(&mut self, path: String, entry: &GitEntry) {
        let blob = entry.sha.as_ref().and_then(|sha| BlobId::new(sha).ok());
        let (Ok(path), Some(blob)) = (RepositoryPath::new(path), blob) else { return };
        if entry.mode == "100755" {
            self.executable.insert(path.clone());
        }
        let entries = Arc::make_mut(&mut self.entries);
        entries.insert(path, TreeEntry { kind: kind(&entry.mode), blob });
        self.bytes = self.bytes.saturating_add(entry.size.unwrap_or(0));
    }
}

fn kind(mode: &str) -> EntryKind {
    match mode {
        "120000" => EntryKind::SymbolicLink,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::File,
    }
}

/// The id of the tree that a listing most likely begins with: GitHub repeats the commit that it was asked for, and to
/// ask for the commit would be a request more. Nothing for entries that no tree has.
pub(in super::super) fn root(listed: &[GitEntry]) -> Option<String> {
    let own = listed.iter().filter(|entry| !entry.path.contains('/'));
    let entries = own.map(|entry| {
        let mode = EntryMode::try_from(u32::from_str_radix(&entry.mode, 8).ok()?).ok()?;
        let oid = gix::ObjectId::from_hex(entry.sha.as_ref()?.as_bytes()).ok()?;
        Some(Entry { mode, filename: BString::from(entry.path.as_str()), oid })
    });
    let mut tree = gix::objs::Tree { entries: entries.collect::<Option<_>>()? };
    tree.entries.sort();
    let mut bytes = Vec::new();
    tree.write_to(&mut bytes).ok()?;
    object_id(gix::objs::Kind::Tree, &bytes).map(|id| id.to_string())
}

/// The name that Git gives to an object with these bytes.
pub(super) fn object_id(kind: gix::objs::Kind, bytes: &[u8]) -> Option<gix::ObjectId> {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes).ok()
}
