//! Manifests, indexes and configurations as they are written, in OCI's and in Docker's words, which differ little.

use std::collections::{BTreeMap, BTreeSet};

use oci_distribution::manifest;
use serde::Deserialize;
use serde::de::IgnoredAny;
use sha2::Digest as _;

use crate::model::{Digest, IndexEntry, Platform};

/// Notes on an artifact: names and texts.
pub(super) type Annotations = BTreeMap<String, String>;

/// What a manifest may be, whichever a tag points to.
pub(super) const MANIFEST_TYPES: [&str; 4] = [
    manifest::OCI_IMAGE_INDEX_MEDIA_TYPE,
    manifest::OCI_IMAGE_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_MEDIA_TYPE,
];
/// The annotation by which a manifest in an index says that it only speaks about another one.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// What stands for a platform that there is none.
const NO_PLATFORM: &str = "unknown";
/// Which platform's image speaks for all, where it is there.
const PREFERRED: (&str, &str) = ("linux", "amd64");

/// A manifest or an index.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) annotations: Annotations,
    pub(super) content: Content,
}

/// What a manifest leads to.
#[derive(Debug)]
pub(super) enum Content {
    /// The manifests of an index.
    Index(Vec<Descriptor>),
    /// The configuration of a single manifest.
    Single(Descriptor),
}

/// What something is, and its digest.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Descriptor {
    #[serde(default)]
    pub(super) media_type: String,
    digest: String,
    platform: Option<PlatformParts>,
    annotations: Option<Annotations>,
}

#[derive(Clone, Debug, Deserialize)]
struct PlatformParts {
    os: String,
    architecture: String,
    variant: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    manifests: Option<Vec<Descriptor>>,
    config: Option<Descriptor>,
    layers: Option<IgnoredAny>,
    annotations: Option<Annotations>,
}

impl Manifest {
    /// Reads a manifest. One that can be read in two ways is refused: others may read it in the other.
    pub(super) fn parse(bytes: &[u8], children_max: usize) -> Result<Self, String> {
        let written: Written =
            serde_json::from_slice(bytes).map_err(|error| format!("cannot be read: {error}"))?;
        let content = match (written.manifests, written.config, written.layers) {
            (Some(children), None, None) if children.len() > children_max => {
                return Err(format!("names more than {children_max} others"));
            }
            (Some(children), None, None) => Content::Index(children),
            (None, Some(config), _) => Content::Single(config),
            (Some(_), _, _) => return Err("is an image and an index at once".to_owned()),
            (None, None, _) => return Err("is neither an image nor an index".to_owned()),
        };
        Ok(Self { annotations: written.annotations.unwrap_or_default(), content })
    }
}

impl Descriptor {
    /// The digest, checked.
    pub(super) fn digest(&self) -> Result<Digest, String> {
        Digest::new(self.digest.as_str()).map_err(|error| error.to_string())
    }

    /// The annotation of this name.
    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name).map(String::as_str)
    }

    /// What it runs on, where it says so and that makes sense.
    fn platform(&self) -> Option<Platform> {
        let parts = self.platform.as_ref()?;
        Platform::new(&parts.os, &parts.architecture, parts.variant.as_deref()).ok()
    }

    /// Whether it is a manifest that can run. One with provenance only describes another, and the index of a build
    /// cache names blobs.
    fn is_image(&self) -> bool {
        let is_reference = self.annotations.as_ref().is_some_and(|notes| notes.contains_key(REFERENCE_TYPE));
        let has_no_platform = self.platform.as_ref().is_some_and(|parts| parts.os == NO_PLATFORM);
        let is_manifest = self.media_type.is_empty() || MANIFEST_TYPES.contains(&self.media_type.as_str());
        is_manifest && !is_reference && !has_no_platform
    }
}

/// What the images of an index run on.
pub(super) fn platforms(children: &[Descriptor]) -> BTreeSet<Platform> {
    children.iter().filter(|child| child.is_image()).filter_map(Descriptor::platform).collect()
}

/// The manifests of an index whose digests make sense, without those that only describe another one.
pub(super) fn entries(children: &[Descriptor]) -> Vec<IndexEntry> {
    let images = children.iter().filter(|child| child.is_image());
    let entry =
        |child: &Descriptor| Some(IndexEntry { digest: child.digest().ok()?, platform: child.platform() });
    images.filter_map(entry).collect()
}

/// The manifest that speaks for an index: for linux/amd64, or else the first that can run.
pub(super) fn spokesman(children: &[Descriptor]) -> Option<&Descriptor> {
    let runnable = || children.iter().filter(|child| child.is_image());
    let is_preferred =
        |child: &&Descriptor| child.platform().is_some_and(|own| (own.os(), own.architecture()) == PREFERRED);
    runnable().find(is_preferred).or_else(|| runnable().next())
}

/// What an image's configuration says.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ImageConfig {
    pub(super) created: Option<String>,
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    config: Option<RunConfig>,
}

#[derive(Debug, Deserialize)]
struct RunConfig {
    #[serde(rename = "Labels")]
    labels: Option<Annotations>,
}

impl ImageConfig {
    /// What the image runs on, where it says so.
    pub(super) fn platform(&self) -> Option<Platform> {
        Platform::new(self.os.as_deref()?, self.architecture.as_deref()?, self.variant.as_deref()).ok()
    }

    /// The labels, taken out.
    pub(super) fn into_labels(self) -> Annotations {
        self.config.and_then(|config| config.labels).unwrap_or_default()
    }
}

/// What a chart says: `Chart.yaml`, as JSON.
#[derive(Debug, Deserialize)]
pub(super) struct ChartConfig {
    pub(super) version: Option<String>,
    pub(super) home: Option<String>,
    #[serde(default)]
    pub(super) sources: Vec<String>,
}

/// Hashes as the digest to compare with does, or as everybody does.
pub(super) fn hash_of(content: &[u8], like: Option<&Digest>) -> Digest {
    let text = match like {
        Some(like) if like.as_str().starts_with("sha512:") => {
            format!("sha512:{:x}", sha2::Sha512::digest(content))
        }
        Some(_) | None => format!("sha256:{:x}", sha2::Sha256::digest(content)),
    };
    Digest::new(text).expect("a hash in hexadecimal digits")
}
