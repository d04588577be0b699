//! Files of commits, and what a head changes.

mod archive;
mod blobs;
mod texts;
mod tree;

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

pub(super) use blobs::Shelf;

use super::heads::Files as WithFiles;
use super::memory::Files;
use super::wire::{ComparedFile, Comparison, commit_id};
use super::{GitHubForge, READS_AT_ONCE, failed};
use crate::forge::ForgeError;
use crate::model::{
    BlobId, CommitId, EntryKind, FileChange, Place, RepositoryName, RepositoryPath, TreeEntry,
};

/// How many files a comparison lists; there may be more then.
const COMPARED_FILES_MAX: usize = 300;

impl GitHubForge {
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
