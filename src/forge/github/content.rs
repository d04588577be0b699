//! Files of commits, and what a head changes.
//!
//! Files come in the archive of the commit first, later a hundred in a GraphQL document. So a repository is read in
//! three requests (head, tree, archive), whatever the number of services. Archives obey `.gitattributes` and documents
//! contain text, so only bytes whose Git hash is the expected one are accepted; the others are read one by one.
//! Repositories above 64 MiB are read in documents.

mod archive;
mod blob_cache;
mod blobs;
mod once;
mod texts;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub(super) use blob_cache::BlobCache;
pub(super) use blobs::LARGE_BLOB_BYTES_MAX;
pub(super) use tree::root;

use super::GitHubForge;
use super::branches::Files as WithFiles;
use super::state::CommitFiles;
use super::wire::{ComparedFile, Comparison, commit_id};
use crate::forge::ForgeError;
use crate::model::{
    BlobId, CommitId, ConfigBranch, EntryKind, FileChange, RepositoryName, RepositoryPath, TreeEntry,
};

/// How many files a comparison lists; there may be more then.
const COMPARED_FILES_MAX: usize = 300;

impl GitHubForge {
    /// What a head changes, compared with where it left its base branch; also after it was merged.
    pub(super) async fn changes_of(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        match self.since_origin(place, head).await? {
            Some(comparison) => self.compared_files(place, head, &comparison).await,
            None => Ok(Vec::new()),
        }
    }

    /// What a commit changes, compared with its first parent.
    pub(super) async fn changes_of_commit(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let own = self.commit(&place.repository, commit).await?;
        let Some(parent) = own.parents.first() else { return Ok(Vec::new()) };
        let comparison = self.compare(&place.repository, &parent.sha, commit, WithFiles::With).await?;
        self.compared_files(place, commit, &comparison).await
    }

    /// Both sides of the files that a comparison lists.
    async fn compared_files(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
        comparison: &Comparison,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let origin = commit_id(&comparison.merge_base_commit.sha)?;
        let old = self.files(&place.repository, &origin).await?;
        let sides = if comparison.files.len() < COMPARED_FILES_MAX {
            sides(&old, &comparison.files)?
        } else {
            let new = self.files(&place.repository, head).await?;
            differing(&old, &new)
        };
        match self.contents_of(&place.repository, &sides).await {
            // A comparison does not tell what is another repository, and has no content here.
            Err(ForgeError::NotFound { .. }) => {
                let new = self.files(&place.repository, head).await?;
                self.contents_of(&place.repository, &differing(&old, &new)).await
            }
            read => read,
        }
    }

    /// What people see of both sides of files.
    async fn contents_of(
        &self,
        repository: &RepositoryName,
        sides: &Sides,
    ) -> Result<Vec<FileChange>, ForgeError> {
        let entries = sides.iter().flat_map(|(_, sides)| sides).flatten();
        let blobs: BTreeSet<BlobId> =
            entries.filter(|entry| has_content(entry)).map(|entry| entry.blob).collect();
        let blobs: Vec<BlobId> = blobs.into_iter().collect();
        let contents = self.read_blobs(repository, &blobs).await?;
        let contents: BTreeMap<BlobId, Arc<[u8]>> = blobs.into_iter().zip(contents).collect();
        let shown = |side: &Option<TreeEntry>| side.as_ref().map(|entry| shown_content(entry, &contents));
        let changed = sides.iter().map(|(path, [old, new])| FileChange {
            path: path.clone(),
            old: shown(old),
            new: shown(new),
        });
        Ok(changed.collect())
    }

    /// The comparison of a head with its base as it was before the head was merged.
    async fn since_origin(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Option<Comparison>, ForgeError> {
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
}

/// Whether there is a blob behind an entry, and not another repository.
fn has_content(entry: &TreeEntry) -> bool {
    match entry.kind {
        EntryKind::File | EntryKind::SymbolicLink => true,
        EntryKind::Submodule => false,
    }
}

/// What people see of an entry: of another repository the commit.
fn shown_content(entry: &TreeEntry, contents: &BTreeMap<BlobId, Arc<[u8]>>) -> Vec<u8> {
    let content = if has_content(entry) { contents.get(&entry.blob) } else { None };
    content.map_or_else(|| entry.blob.to_string().into_bytes(), |content| content.to_vec())
}

type Sides = Vec<(RepositoryPath, [Option<TreeEntry>; 2])>;

/// Both sides of the files that a comparison lists, sorted by path.
fn sides(old: &CommitFiles, compared: &[ComparedFile]) -> Result<Sides, ForgeError> {
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
    let blob = blob
        .ok_or_else(|| ForgeError::unavailable("comparing two commits", "GitHub's response lacks a blob"))?;
    // A comparison does not tell kinds apart; a link's text is its blob, and only a blob is fetched.
    let kind = before.map_or(EntryKind::File, |before| before.kind);
    Ok(TreeEntry { kind, blob })
}

/// A path as people see it. One that this program would not write is spelled differently, never hidden: what people
/// approve is all that a head changes.
fn shown(path: &str) -> Result<RepositoryPath, ForgeError> {
    let is_odd = |c: char| c.is_control() || c == '\\';
    RepositoryPath::new(path.replace(is_odd, "\u{fffd}"))
        .map_err(|error| ForgeError::unavailable("comparing two commits", error))
}

fn differing(old: &CommitFiles, new: &CommitFiles) -> Sides {
    let paths: BTreeSet<&RepositoryPath> = old.entries.keys().chain(new.entries.keys()).collect();
    let both = |path: &RepositoryPath| [old, new].map(|side| side.entries.get(path).cloned());
    let sides = paths.into_iter().map(|path| (path.clone(), both(path)));
    sides.filter(|(_, [old, new])| old != new).collect()
}
