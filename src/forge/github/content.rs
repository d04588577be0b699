//! Files of commits, and what a head changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::credentials::Scope;
use super::heads::Files as WithFiles;
use super::memory::Files;
use super::wire::{ComparedFile, Comparison, GitCommit, GitEntry, GitTree, commit_id};
use super::{GitHubForge, READS_AT_ONCE, failed};
use crate::forge::ForgeError;
use crate::model::{
    BlobId, CommitId, EntryKind, FileChange, Place, RepositoryName, RepositoryPath, TreeEntry,
};

/// Largest blob that is read, in bytes; what people edit is far smaller.
const BLOB_BYTES_MAX: u64 = 16 << 20;
/// How many folders of a large repository are read one by one.
const FOLDERS_MAX: usize = 5_000;
/// How many files a comparison lists; there may be more then.
const COMPARED_FILES_MAX: usize = 300;

/// A blob as GitHub sends it.
#[derive(Deserialize)]
struct Blob {
    content: String,
    size: Option<u64>,
}

impl GitHubForge {
    /// The files of a commit, read once.
    pub(super) async fn files(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Arc<Files>, ForgeError> {
        let memory = self.memory(repository);
        if let Some(known) = memory.files(commit) {
            return Ok(known);
        }
        let path = format!("/repos/{repository}/git/commits/{commit}");
        let scope = Scope::Repository(repository);
        let found: GitCommit = self.inner.connection.get(scope, "read commits", path).await?;
        let entries = self.walk(repository, found.tree.sha.clone()).await?;
        let files = Arc::new(collected(found.tree.sha, entries));
        memory.keep_files(commit, &files);
        Ok(files)
    }

    /// All files below a tree. What is too large for one answer is read folder by folder.
    async fn walk(
        &self,
        repository: &RepositoryName,
        tree: String,
    ) -> Result<Vec<(String, GitEntry)>, ForgeError> {
        let mut found = Vec::new();
        let mut folders = vec![(String::new(), tree)];
        let mut read = 0;
        while let Some((prefix, tree)) = folders.pop() {
            read += 1;
            if read > FOLDERS_MAX {
                let why = format!("it has more than {FOLDERS_MAX} large folders");
                return Err(failed(format!("reading the files of `{repository}`"), why));
            }
            let all = self.tree(repository, &tree, "?recursive=1").await?;
            let listed = if all.truncated { self.tree(repository, &tree, "").await? } else { all };
            for entry in listed.tree {
                let path = format!("{prefix}{}", entry.path);
                match (&entry.sha, entry.mode.as_str()) {
                    // With everything below it at hand, a folder says nothing new.
                    (Some(sha), "040000") if listed.is_shallow => {
                        folders.push((format!("{path}/"), sha.clone()));
                    }
                    (_, "040000") => {}
                    _ => found.push((path, entry)),
                }
            }
        }
        Ok(found)
    }

    async fn tree(&self, repository: &RepositoryName, tree: &str, query: &str) -> Result<Listed, ForgeError> {
        let path = format!("/repos/{repository}/git/trees/{tree}{query}");
        let found: GitTree =
            self.inner.connection.get(Scope::Repository(repository), "read files", path).await?;
        if found.truncated && query.is_empty() {
            let why = "one folder has more files than GitHub lists";
            return Err(failed(format!("reading the files of `{repository}`"), why));
        }
        Ok(Listed { tree: found.tree, truncated: found.truncated, is_shallow: query.is_empty() })
    }

    pub(super) async fn read_blobs(
        &self,
        repository: &RepositoryName,
        blobs: &[BlobId],
    ) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        let reads: Vec<_> = blobs.iter().map(|blob| self.blob(repository, *blob)).collect();
        stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await
    }

    async fn blob(&self, repository: &RepositoryName, blob: BlobId) -> Result<Arc<[u8]>, ForgeError> {
        let path = format!("/repos/{repository}/git/blobs/{blob}");
        let found: Blob =
            self.inner.connection.get(Scope::Repository(repository), "read files", path).await?;
        let what = || format!("reading the blob {blob} in `{repository}`");
        if found.size.is_some_and(|size| size > BLOB_BYTES_MAX) {
            return Err(failed(what(), format!("it is larger than {BLOB_BYTES_MAX} bytes")));
        }
        let text: String = found.content.split_ascii_whitespace().collect();
        STANDARD.decode(text).map(Arc::from).map_err(|error| failed(what(), error))
    }

    /// What a head changes, compared with where it left its base branch; also after it was merged.
    pub(super) async fn changes_of(
        &self,
        place: &Place,
        head: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let Some(comparison) = self.since_origin(place, head).await? else { return Ok(Vec::new()) };
        let origin = commit_id(&comparison.merge_base_commit.sha)?;
        let old = self.files(&place.repository, &origin).await?;
        let sides = if comparison.files.len() < COMPARED_FILES_MAX {
            sides(&old, &comparison.files)?
        } else {
            let new = self.files(&place.repository, head).await?;
            differing(&old, &new)
        };
        let reads = sides.into_iter().map(|(path, [old, new])| async move {
            let (old, new) =
                futures::try_join!(self.side(&place.repository, old), self.side(&place.repository, new))?;
            Ok(FileChange { path, old, new })
        });
        stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await
    }

    /// The comparison of a head with its base as it was before the head was merged.
    async fn since_origin(&self, place: &Place, head: &CommitId) -> Result<Option<Comparison>, ForgeError> {
        let repository = &place.repository;
        let comparison = self.compare(repository, place.branch.as_str(), head, WithFiles::With).await?;
        if comparison.merge_base_commit.sha != head.as_str() {
            return Ok(Some(comparison));
        }
        // The head is in its base: what it brought is seen against the base right before that.
        let before = match self.merge_of(place, head) {
            Some(merge) => self.commit(repository, &merge).await?,
            None => self.commit(repository, head).await?,
        };
        let Some(before) = before.parents.first() else { return Ok(None) };
        self.compare(repository, &before.sha, head, WithFiles::With).await.map(Some)
    }

    async fn side(
        &self,
        repository: &RepositoryName,
        entry: Option<TreeEntry>,
    ) -> Result<Option<Vec<u8>>, ForgeError> {
        match entry {
            None => Ok(None),
            Some(TreeEntry { kind: EntryKind::Submodule, blob }) => Ok(Some(blob.to_string().into_bytes())),
            Some(TreeEntry { kind: EntryKind::File | EntryKind::SymbolicLink, blob }) => {
                self.blob(repository, blob).await.map(|content| Some(content.to_vec()))
            }
        }
    }
}

/// What one or several answers list.
struct Listed {
    tree: Vec<GitEntry>,
    truncated: bool,
    /// Whether what is in folders is not listed.
    is_shallow: bool,
}

/// Paths that this program would not write are left out.
fn collected(tree: String, found: Vec<(String, GitEntry)>) -> Files {
    let mut executable = BTreeSet::new();
    let mut entries = BTreeMap::new();
    for (path, entry) in found {
        let (Ok(path), Some(blob)) =
            (RepositoryPath::new(path), entry.sha.and_then(|sha| BlobId::new(sha).ok()))
        else {
            continue;
        };
        if entry.mode == "100755" {
            executable.insert(path.clone());
        }
        entries.insert(path, TreeEntry { kind: kind(&entry.mode), blob });
    }
    Files { tree, entries: Arc::new(entries), executable }
}

fn kind(mode: &str) -> EntryKind {
    match mode {
        "120000" => EntryKind::SymbolicLink,
        "160000" => EntryKind::Submodule,
        _ => EntryKind::File,
    }
}

type Sides = Vec<(RepositoryPath, [Option<TreeEntry>; 2])>;

/// Both sides of the files that a comparison lists, sorted by path.
fn sides(old: &Files, compared: &[ComparedFile]) -> Result<Sides, ForgeError> {
    let mut sides: BTreeMap<RepositoryPath, [Option<TreeEntry>; 2]> = BTreeMap::new();
    for file in compared {
        let path = shown(&file.filename)?;
        let before = old.entries.get(&path).cloned();
        if file.status == "renamed"
            && let Some(previous) = &file.previous_filename
        {
            let previous = shown(previous)?;
            let before = old.entries.get(&previous).cloned();
            sides.insert(previous, [before, None]);
        }
        let new = if file.status == "removed" { None } else { Some(new_entry(file, before.as_ref())?) };
        sides.insert(path, [before, new]);
    }
    Ok(sides.into_iter().filter(|(_, [old, new])| old != new).collect())
}

fn new_entry(file: &ComparedFile, before: Option<&TreeEntry>) -> Result<TreeEntry, ForgeError> {
    let blob = file.sha.as_deref().and_then(|sha| BlobId::new(sha).ok());
    let blob = blob.ok_or_else(|| failed("comparing two commits", "GitHub's answer lacks a blob"))?;
    // A comparison does not tell kinds apart; a link's text is its blob, and only a blob is fetched.
    let kind = before.map_or(EntryKind::File, |before| before.kind);
    Ok(TreeEntry { kind, blob })
}

/// A path as people see it. One that this program would not write is spelled differently, never hidden: what people
/// approve is all that a head changes.
fn shown(path: &str) -> Result<RepositoryPath, ForgeError> {
    let is_odd = |c: char| c.is_control() || c == '\\';
    RepositoryPath::new(path.replace(is_odd, "\u{fffd}"))
        .map_err(|error| failed("comparing two commits", error))
}

fn differing(old: &Files, new: &Files) -> Sides {
    let paths: BTreeSet<&RepositoryPath> = old.entries.keys().chain(new.entries.keys()).collect();
    let both = |path: &RepositoryPath| [old, new].map(|side| side.entries.get(path).cloned());
    let sides = paths.into_iter().map(|path| (path.clone(), both(path)));
    sides.filter(|(_, [old, new])| old != new).collect()
}
