//! What an overlay holds that is not evaluated, and how that bears on the answer.

use crate::model::RepositoryPath;
use crate::overlay::limit::Limit;

/// How something that is not evaluated bears on the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Uncertainty {
    /// There may be images that are not seen.
    Hides,
    /// There may be images that are not seen, where kustomize's `images` does not reach.
    HidesBeyondImages,
    /// One image may run otherwise than shown.
    Concerns(String),
    /// Images that point to this note may run otherwise than shown.
    Alters,
}

/// Something that is not evaluated.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) file: RepositoryPath,
    pub(super) line: usize,
    pub(super) limit: Limit,
    pub(super) why: String,
    pub(super) doubt: Uncertainty,
}

/// What puts resources in doubt.
pub(super) struct Cause<'a> {
    pub(super) file: &'a RepositoryPath,
    pub(super) line: usize,
    pub(super) limit: Limit,
    pub(super) why: String,
}
