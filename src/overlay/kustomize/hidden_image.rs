//! Images that no manifest shows, and entries of `images` that match none.

use super::kustomization::entry::Entry;
use super::transform::step_of;
use crate::model::RepositoryPath;
use crate::overlay::document::resource::trail_of;
use crate::overlay::document::trail::Step;
use crate::overlay::document::value::Scalar;

/// An image that lies in something that is not read.
#[derive(Clone, Debug)]
pub(super) struct HiddenImage {
    pub(super) scalar: Scalar,
    pub(super) file: RepositoryPath,
}

impl HiddenImage {
    /// The steps that set it, weakest first; `None` where none of them decides its tag or digest.
    pub(super) fn trail(&self) -> Option<Vec<Step>> {
        self.scalar.trail.iter().any(|step| step.decides).then(|| trail_of(&self.scalar, &self.file))
    }

    pub(super) fn set(&mut self, index: usize, entry: &Entry, file: &RepositoryPath) {
        self.scalar.text = entry.apply(&self.scalar.text);
        self.scalar.trail.push(step_of(index, entry, file, &self.scalar.text));
    }
}

/// An entry of `images` that matches nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnusedEntry {
    /// The kustomization.
    pub file: RepositoryPath,
    /// The line of the entry, from 1.
    pub line: usize,
    /// Its `name`.
    pub name: String,
}
