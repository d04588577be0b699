//! Deployments: what a forge shows people, beside a repository, of what runs where.

use super::{ChangeNumber, CommitId, ImageReference, ServiceEnvironment};

/// A landing as the forge is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Where it landed.
    pub target: ServiceEnvironment,
    /// What landed.
    pub images: Vec<ImageReference>,
    /// The commit of the config branch that runs it.
    pub commit: CommitId,
    /// The change that brought it, where one did.
    pub change: Option<ChangeNumber>,
    /// Whether people use it: no environment comes after this one.
    pub is_last: bool,
    /// What people read, at most [`Self::DESCRIPTION_CHARS_MAX`] characters.
    pub description: String,
}

impl Deployment {
    /// Longest description, in characters: GitHub takes no more.
    pub const DESCRIPTION_CHARS_MAX: usize = 140;
}
