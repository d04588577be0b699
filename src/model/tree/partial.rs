//! What is known of a tree whose files are not listed beforehand, and what was asked beyond that.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::TreeEntry;
use crate::model::RepositoryPath;

/// What a tree was asked and does not know yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unknown {
    /// Paths at which a file, a folder or nothing may stand.
    pub paths: BTreeSet<RepositoryPath>,
    /// Folders whose files and folders are not listed.
    pub folders: BTreeSet<RepositoryPath>,
}

impl Unknown {
    /// Whether nothing was asked that is not known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.folders.is_empty()
    }
}

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathState {
    /// A file, a symbolic link or a submodule.
    Entry(TreeEntry),
    /// A folder.
    Folder,
    /// Nothing.
    Absent,
}

/// What is known of a tree beside its entries.
#[derive(Clone, Debug, Default)]
pub(super) struct Partial {
    /// The paths that are known, each with whether a folder stands there.
    known: BTreeMap<RepositoryPath, bool>,
    /// The folders that are listed.
    listed: BTreeSet<RepositoryPath>,
    /// Shared by all copies of the tree, which are asked in its place.
    unknown: Arc<Mutex<Unknown>>,
}

impl Partial {
    /// Notes that it was asked what stands at a path.
    pub(super) fn ask(&self, path: &RepositoryPath) {
        if !self.known.contains_key(path) {
            self.note(|unknown| unknown.paths.insert(path.clone()));
        }
    }

    /// Notes that it was asked what lies in a folder.
    pub(super) fn ask_listing(&self, folder: &RepositoryPath) {
        if !self.listed.contains(folder) {
            self.note(|unknown| unknown.folders.insert(folder.clone()));
        }
    }

    /// Notes that it was asked what lies in a folder and in all folders below.
    pub(super) fn ask_listings(&self, folder: &RepositoryPath) {
        self.ask_listing(folder);
        let prefix = if folder.as_str().is_empty() { String::new() } else { format!("{folder}/") };
        let below =
            self.known.iter().filter(|(path, is_folder)| **is_folder && path.as_str().starts_with(&prefix));
        below.for_each(|(path, _)| self.ask_listing(path));
    }

    fn note(&self, note: impl FnOnce(&mut Unknown) -> bool) {
        note(&mut self.unknown.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Whether a folder is known to stand at a path.
    pub(super) fn is_folder(&self, path: &RepositoryPath) -> bool {
        self.ask(path);
        self.known.get(path).copied().unwrap_or(false)
    }

    pub(super) fn learn(&mut self, path: &RepositoryPath, is_folder: bool) {
        self.known.insert(path.clone(), is_folder);
    }

    pub(super) fn learn_listing(&mut self, folder: &RepositoryPath) {
        self.listed.insert(folder.clone());
    }

    pub(super) fn take_unknown(&self) -> Unknown {
        std::mem::take(&mut self.unknown.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
