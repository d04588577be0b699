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

/// Why the version of a remote resource stays what it is when an image moves.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum StayReason {
    /// The service does not say `follow_ref`.
    NotFollowed,
    /// Other kustomizations read the file.
    Shared,
    /// It is not the version that ran.
    Different,
    /// It equals the version of an image to which the resource does not seem to belong.
    Unrelated,
    /// The path of the address has the version a second time, as the name of a folder or file.
    Repeated,
    /// The images that ran at this version get different ones.
    SeveralVersions,
}

/// A reference to the version that ran before, which a promotion does not change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RemainingReference {
    /// The file.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// The name and the tag.
    pub reference: String,
}

/// The version of a remote resource that stays what it is when an image moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StayingRef {
    /// The kustomization that holds it.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
    /// The version, such as the value of `ref`.
    pub value: String,
    /// The version that the image gets.
    pub version: Tag,
    /// Why it stays.
    pub reason: StayReason,
}
