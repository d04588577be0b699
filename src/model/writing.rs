//! What is written into the files of a service when a release is promoted.

use super::{RepositoryPath, Tag, words};

words! {
    /// What of an artifact is written.
    WriteMode {
        /// Tag and digest, wherever the format has a place for a digest.
        Digest = "digest",
        /// The tag alone; what it points to may change after the merge.
        Tag = "tag",
    }
}

/// What is written into the files of a service.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Writing {
    /// What of each artifact is written.
    pub mode: WriteMode,
    /// Whether the `ref` of a remote resource moves with the tag that it equals.
    pub follow_ref: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self { mode: WriteMode::Digest, follow_ref: false }
    }
}

/// The `ref` of a remote resource that equals the version which runs and stays what it is when that version changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayingRef {
    /// The kustomization that holds it.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// The value of `ref`.
    pub value: String,
    /// The version that the images get.
    pub version: Tag,
}
