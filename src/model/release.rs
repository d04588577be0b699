//! A release is a set of artifacts that travels together; a content key says what a change changes.

use super::{Digest, ImageName, ImageReference, Tag};

/// An image at a digest, with the tag under which people know it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Artifact {
    /// The image.
    pub image: ImageName,
    /// The tag, which people read, and which is all that runs where a file has no place for a digest.
    pub tag: Tag,
    /// The digest, which is what is promoted.
    pub digest: Digest,
}

impl Artifact {
    /// Whether a reference is this artifact as it is written: each part that the reference has is the same, tag and
    /// digest. Two tags of one digest are two artifacts, because candidates are ordered by their tags (issue 14).
    #[must_use]
    pub fn is_named_by(&self, reference: &ImageReference) -> bool {
        let own = ImageReference {
            image: self.image.clone(),
            tag: Some(self.tag.clone()),
            digest: Some(self.digest.clone()),
        };
        own.agrees_with(reference)
    }
}

/// What identifies a release: the hash of its sorted `image:tag@digest`, which is what is written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ReleaseId(String);

/// A set of artifacts that travels together; it has at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Release {
    first: Artifact,
    rest: Vec<Artifact>,
}

impl Release {
    /// A release of one artifact.
    #[must_use]
    pub const fn of(artifact: Artifact) -> Self {
        Self { first: artifact, rest: Vec::new() }
    }

    /// A release of several artifacts, in the order of the service's images; nothing where there are none.
    #[must_use]
    pub fn of_all(artifacts: Vec<Artifact>) -> Option<Self> {
        let mut artifacts = artifacts.into_iter();
        Some(Self { first: artifacts.next()?, rest: artifacts.collect() })
    }

    /// The artifacts, in the order of the service's images.
    pub fn artifacts(&self) -> impl Iterator<Item = &Artifact> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The name for people: the first image's tag.
    #[must_use]
    pub const fn name(&self) -> &Tag {
        &self.first.tag
    }

    /// The hash of the sorted `image:tag@digest`.
    #[must_use]
    pub fn id(&self) -> ReleaseId {
        let mut lines: Vec<String> = self.references().iter().map(ImageReference::to_string).collect();
        lines.sort();
        ReleaseId(hash("release", &lines))
    }

    /// Whether some references name every artifact of this release.
    #[must_use]
    pub fn is_among(&self, references: &[ImageReference]) -> bool {
        self.artifacts().all(|artifact| references.iter().any(|reference| artifact.is_named_by(reference)))
    }

    /// Whether some references name the digest of every artifact of this release, whatever the tags.
    #[must_use]
    pub fn has_digests_of(&self, references: &[ImageReference]) -> bool {
        let is_same = |artifact: &Artifact, reference: &ImageReference| {
            artifact.image == reference.image && reference.digest.as_ref() == Some(&artifact.digest)
        };
        self.artifacts().all(|artifact| references.iter().any(|reference| is_same(artifact, reference)))
    }

    /// The references that an overlay shows when it runs this release.
    #[must_use]
    pub fn references(&self) -> Vec<ImageReference> {
        let reference = |a: &Artifact| ImageReference {
            image: a.image.clone(),
            tag: Some(a.tag.clone()),
            digest: Some(a.digest.clone()),
        };
        self.artifacts().map(reference).collect()
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.name().fmt(formatter)
    }
}

/// What a change changes, whatever its base: the hash of environment, files, paths, old and new source text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ContentKey(String);

impl ContentKey {
    /// The key of the given parts, each of which counts with its position and length.
    #[must_use]
    pub fn of(parts: &[String]) -> Self {
        Self(hash("content", parts))
    }

    /// Takes a key as written in a trailer; anything may stand there, so this only ever compares unequal.
    #[must_use]
    pub fn from_trailer(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ContentKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::fmt::Display for ReleaseId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// SHA-256 over a domain word and length-prefixed parts, so that no two lists of parts collide by joining.
fn hash(domain: &str, parts: &[String]) -> String {
    use sha2::{Digest as _, Sha256};
    let mut hasher = Sha256::new();
    for part in std::iter::once(domain).chain(parts.iter().map(String::as_str)) {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
