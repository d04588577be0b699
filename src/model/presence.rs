//! Whether a registry still has what was chosen or runs.

use std::collections::BTreeSet;

use super::{Defect, Digest, Platform};

/// A manifest that an index names: the image for one platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct IndexEntry {
    /// The digest of the manifest.
    pub digest: Digest,
    /// The platform, where the index states one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Platform>,
}

/// What the manifest at a digest consists of. The answer for a digest never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composition {
    /// A single manifest.
    Single,
    /// An index of these manifests, without those that only describe another one; at least one.
    Index(Vec<IndexEntry>),
    /// Something that no container can run, for this reason.
    Defective(Defect),
}

/// Whether a registry has the artifact that a reference names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    /// The tag, the digest, and the manifests of the index are there, as far as the reference names them.
    Complete,
    /// The registry has no such image at all.
    NoRepository,
    /// The registry has no such tag.
    NoTag,
    /// The listing names the tag, but the registry has no manifest for it.
    TagWithoutManifest,
    /// The registry has nothing at the digest.
    NoManifest,
    /// The index is there, but the registry lacks these manifests that it names.
    Incomplete(BTreeSet<IndexEntry>),
    /// The artifact is there, but no container can run it, for this reason.
    Defective(Defect),
}

impl IndexEntry {
    /// Whether the manifest is needed where images have to run on `platforms`; all are needed where that is empty.
    #[must_use]
    pub fn is_needed(&self, platforms: &BTreeSet<Platform>) -> bool {
        let runs = |wanted: &Platform| self.platform.as_ref().is_some_and(|platform| platform.runs(wanted));
        platforms.is_empty() || platforms.iter().any(runs)
    }
}
