//! What an image shall become.

use crate::model::{Digest, ImageName, Tag};

/// What becomes of one value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting<T> {
    /// It stays as it is.
    Keep,
    /// It becomes this.
    Set(T),
    /// It goes away.
    Clear,
}

/// What to change about one image in a kustomization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageEdit {
    /// The `name` of the entry; the last one of that name is changed, or a new one appended.
    pub name: String,
    /// What becomes of `newName`.
    pub new_name: Setting<ImageName>,
    /// What becomes of `newTag`.
    pub tag: Setting<Tag>,
    /// What becomes of `digest`.
    pub digest: Setting<Digest>,
}

/// What an image shall run as. With neither tag nor digest nothing is asked for and nothing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTo {
    /// The tag; with a digest and no tag the overlay names the digest alone.
    pub tag: Option<Tag>,
    /// The digest; with a tag and no digest the overlay's digest goes away, since it would win over the tag.
    pub digest: Option<Digest>,
}
