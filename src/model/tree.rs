//! The files of one commit, as far as they were read; what is missing is named, never fetched from here.

mod partial;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{BlobId, CommitId, RepositoryPath};
use partial::Partial;
pub use partial::{PathState, Unknown};

/// What a tree entry is.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A symbolic link: never followed, never written.
    SymbolicLink,
    /// Another repository at this path: never entered.
    Submodule,
}

/// One file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeEntry {
    /// What it is.
    pub kind: EntryKind,
    /// The blob with its content.
    pub blob: BlobId,
}

/// Files whose content has to be fetched before the question can be answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Missing(pub BTreeSet<RepositoryPath>);

/// Why a file cannot be read from a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TreeError {
    /// There is no such file.
    NotFound,
    /// There is something else at the path.
    NotAFile(EntryKind),
    /// The file exists and its content was not fetched yet.
    Missing,
}

/// One file that differs between two commits; `None` where it does not exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Where the file is.
    pub path: RepositoryPath,
    /// The bytes before.
    pub old: Option<Vec<u8>>,
    /// The bytes after.
    pub new: Option<Vec<u8>>,
}

/// The files of one commit.
#[derive(Clone, Debug)]
pub struct Tree {
    commit: CommitId,
    entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>,
    /// Files that stand before those of the commit.
    edited: BTreeMap<RepositoryPath, TreeEntry>,
    blobs: BTreeMap<BlobId, Arc<[u8]>>,
    /// What is known beside the entries, where they are not all of the tree.
    partial: Option<Partial>,
}

impl Tree {
    /// A tree of which the entries are known and no content yet.
    #[must_use]
    pub fn new(commit: CommitId, entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>) -> Self {
        Self { commit, entries, edited: BTreeMap::new(), blobs: BTreeMap::new(), partial: None }
    }

    /// A tree of which nothing is known yet. It answers as if it were empty, and notes what it was asked: an answer
    /// counts only where [`Tree::take_unknown`] is empty afterwards.
    #[must_use]
    pub fn partial(commit: CommitId) -> Self {
        Self { partial: Some(Partial::default()), ..Self::new(commit, Arc::default()) }
    }

    /// What it was asked since the last call and does not know; nothing for a tree that is known as a whole.
    #[must_use]
    pub fn take_unknown(&self) -> Unknown {
        self.partial.as_ref().map(Partial::take_unknown).unwrap_or_default()
    }

    /// Takes in what stands at a path.
    pub fn learn(&mut self, path: &RepositoryPath, state: PathState) {
        let partial = self.partial.get_or_insert_default();
        partial.learn(path, state == PathState::Folder);
        if let PathState::Entry(entry) = state {
            Arc::make_mut(&mut self.entries).insert(path.clone(), entry);
        }
    }

    /// Takes in that everything in a folder was taken in.
    pub fn learn_listing(&mut self, folder: &RepositoryPath) {
        self.partial.get_or_insert_default().learn_listing(folder);
    }

    /// The commit whose files these are.
    #[must_use]
    pub const fn commit(&self) -> &CommitId {
        &self.commit
    }

    /// Takes in the content of a blob.
    pub fn add_blob(&mut self, blob: BlobId, content: Arc<[u8]>) {
        self.blobs.insert(blob, content);
    }

    /// Every file of the commit, without those of [`Tree::with_files`].
    #[must_use]
    pub const fn entries(&self) -> &Arc<BTreeMap<RepositoryPath, TreeEntry>> {
        &self.entries
    }

    /// The files that stand before those of the commit.
    pub fn edited_paths(&self) -> impl Iterator<Item = &RepositoryPath> {
        self.edited.keys()
    }

    /// The content of a file as the commit has it, whatever stands before it.
    ///
    /// # Errors
    /// As [`Tree::read`].
    pub fn read_committed(&self, path: &RepositoryPath) -> Result<&[u8], TreeError> {
        self.content(self.entries.get(path).ok_or(TreeError::NotFound)?)
    }

    /// Whether files stand before those of the commit.
    #[must_use]
    pub fn is_edited(&self) -> bool {
        !self.edited.is_empty()
    }

    /// What stands at a path, file or not.
    #[must_use]
    pub fn entry(&self, path: &RepositoryPath) -> Option<&TreeEntry> {
        let found = self.edited.get(path).or_else(|| self.entries.get(path));
        if let (None, Some(partial)) = (found, &self.partial) {
            partial.ask(path);
        }
        found
    }

    /// The content of a file.
    ///
    /// # Errors
    /// Where the path is absent or no file, or its content was not fetched yet.
    pub fn read(&self, path: &RepositoryPath) -> Result<&[u8], TreeError> {
        self.content(self.entry(path).ok_or(TreeError::NotFound)?)
    }

    /// Where a symbolic link of the commit leads, as Git keeps it. Links are never followed; this tells what else a file
    /// is read as.
    ///
    /// # Errors
    /// Where the path is absent or no link, or its content was not fetched yet.
    pub fn link_target(&self, path: &RepositoryPath) -> Result<&[u8], TreeError> {
        let entry = self.entries.get(path).ok_or(TreeError::NotFound)?;
        match entry.kind {
            EntryKind::SymbolicLink => {
                self.blobs.get(&entry.blob).map(AsRef::as_ref).ok_or(TreeError::Missing)
            }
            EntryKind::File | EntryKind::Submodule => Err(TreeError::NotAFile(entry.kind)),
        }
    }

    fn content(&self, entry: &TreeEntry) -> Result<&[u8], TreeError> {
        match entry.kind {
            EntryKind::File => self.blobs.get(&entry.blob).map(AsRef::as_ref).ok_or(TreeError::Missing),
            EntryKind::SymbolicLink | EntryKind::Submodule => Err(TreeError::NotAFile(entry.kind)),
        }
    }

    /// Whether any file lies below this path.
    #[must_use]
    pub fn is_folder(&self, path: &RepositoryPath) -> bool {
        let is_known = self.partial.as_ref().is_some_and(|partial| partial.is_folder(path));
        is_known || self.beneath(path).next().is_some()
    }

    /// Everything below a folder, in the order of the paths; files that stand before those of the commit come last.
    pub fn below<'a>(
        &'a self,
        folder: &'a RepositoryPath,
    ) -> impl Iterator<Item = (&'a RepositoryPath, &'a TreeEntry)> {
        if let Some(partial) = &self.partial {
            partial.ask_listings(folder);
        }
        self.beneath(folder)
    }

    /// The files and the like that lie directly in a folder, in the order of [`Tree::below`].
    pub fn directly_in<'a>(
        &'a self,
        folder: &'a RepositoryPath,
    ) -> impl Iterator<Item = (&'a RepositoryPath, &'a TreeEntry)> {
        if let Some(partial) = &self.partial {
            partial.ask_listing(folder);
        }
        self.beneath(folder).filter(move |(path, _)| path.parent().as_ref() == Some(folder))
    }

    /// The files and the like of the commit that lie directly in a folder and whose names begin so. It does not walk the folder.
    #[must_use]
    pub fn named_in(&self, folder: &RepositoryPath, beginning: &str) -> Vec<&RepositoryPath> {
        if let Some(partial) = &self.partial {
            partial.ask_listing(folder);
        }
        let Some(first) = folder.join(beginning) else { return Vec::new() };
        let near = self.entries.range(first.clone()..).map(|(path, _)| path);
        let near = near.take_while(|path| path.as_str().starts_with(first.as_str()));
        near.filter(|path| path.parent().as_ref() == Some(folder)).collect()
    }

    fn beneath<'a>(
        &'a self,
        folder: &'a RepositoryPath,
    ) -> impl Iterator<Item = (&'a RepositoryPath, &'a TreeEntry)> {
        let prefix = if folder.as_str().is_empty() { String::new() } else { format!("{folder}/") };
        // Names such as `folder.yaml` sort between the folder and what lies in it.
        let near = |entries: &'a BTreeMap<RepositoryPath, TreeEntry>| {
            entries.range(folder.clone()..).take_while(|(path, _)| path.as_str().starts_with(folder.as_str()))
        };
        let edited = near(&self.edited).filter(|(path, _)| !self.entries.contains_key(*path));
        let own = near(&self.entries).map(|(path, entry)| (path, self.edited.get(path).unwrap_or(entry)));
        own.chain(edited).filter(move |(path, _)| path.as_str().starts_with(&prefix))
    }

    /// The same commit with some files replaced or added: to look at an edit before it is committed.
    #[must_use]
    pub fn with_files(&self, files: &[(RepositoryPath, Vec<u8>)]) -> Self {
        let mut tree = self.clone();
        for (path, content) in files {
            let blob = invented_id(content);
            tree.blobs.insert(blob, content.as_slice().into());
            tree.edited.insert(path.clone(), TreeEntry { kind: EntryKind::File, blob });
        }
        tree
    }
}

/// An id for content that no repository has yet: the same for the same bytes, and unlike every real one.
fn invented_id(content: &[u8]) -> BlobId {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(content);
    let digits: String = digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
    BlobId::new(digits).expect("forty digits")
}
