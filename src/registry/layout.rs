//! Folders in the OCI image layout, in place of a registry: for what is carried in by hand, and for demos.
//!
//! A repository is a layout of its own, at `ROOT/REPOSITORY`, whose entries are named by tag; or one of many in a
//! single layout at `ROOT`, whose entries are named `REPOSITORY:TAG`. Blobs are held against their digests, as those
//! of a registry are: a stick can be broken too.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use nix::fcntl::OFlag;
use serde::Deserialize;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;

use super::content::{Descriptor, Manifest, hash_of};
use super::description::{Contents, FoundContent, composition, describe};
use super::{Listing, Registry, RegistryError};
use crate::model::{Composition, Description, Digest, ImageName, Tag, Validator};

/// What says that a folder is a layout, and names its entries.
const INDEX: &str = "index.json";
/// How an entry is named: by its tag, or by repository and tag.
const NAME: &str = "org.opencontainers.image.ref.name";
/// How containerd names an entry, by the whole reference.
const WHOLE_NAME: &str = "io.containerd.image.name";
/// What a validator starts with.
const VALIDATOR: &str = "layout ";
/// Most bytes of an index of a layout.
const INDEX_BYTES_MAX: u64 = 32 << 20;
/// Most bytes of a manifest or a configuration.
const BLOB_BYTES_MAX: u64 = 4 << 20;
/// Most manifests that one index may name.
const CHILDREN_MAX: usize = 256;

/// The images of one folder, under a host of their own.
#[derive(Clone, Debug)]
pub struct LayoutRegistry {
    host: String,
    root: PathBuf,
}

#[derive(Deserialize)]
struct Index {
    manifests: Vec<Descriptor>,
}

/// The entries of one image, and what says whether they changed.
struct Entries {
    tags: BTreeMap<Tag, Digest>,
    validator: Option<Validator>,
}

impl LayoutRegistry {
    /// The images in a folder, whose names start with this host.
    #[must_use]
    pub const fn new(host: String, root: PathBuf) -> Self {
        Self { host, root }
    }

    /// Whether an image is one of these.
    #[must_use]
    pub fn is_for(&self, image: &ImageName) -> bool {
        self.host.eq_ignore_ascii_case(image.host())
    }

    fn visit<'a>(&'a self, image: &'a ImageName) -> LayoutRead<'a> {
        LayoutRead { root: &self.root, image }
    }
}

impl Registry for LayoutRegistry {
    async fn tags(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let Entries { tags, validator } = self.visit(image).entries().await?;
        if known.is_some() && known == validator.as_ref() {
            return Ok(Listing::Unchanged);
        }
        Ok(Listing::Tags { tags: tags.into_keys().collect(), validator })
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        Ok(self.visit(image).entries().await?.tags.remove(tag))
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, RegistryError> {
        describe(&self.visit(image), digest).await
    }

    async fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Composition>, RegistryError> {
        composition(&self.visit(image), digest).await
    }

    async fn has_manifest(&self, image: &ImageName, digest: &Digest) -> Result<bool, RegistryError> {
        Ok(self.visit(image).content(digest).await?.is_some())
    }
}

/// A look at one image.
struct LayoutRead<'a> {
    root: &'a Path,
    image: &'a ImageName,
}

impl LayoutRead<'_> {
    /// The layout that holds the image, and whether it holds nothing else.
    fn layout(&self) -> (PathBuf, bool) {
        let own = self.root.join(self.image.repository());
        if own.join(INDEX).is_file() { (own, true) } else { (self.root.to_owned(), false) }
    }

    async fn entries(&self) -> Result<Entries, RegistryError> {
        let (layout, is_own) = self.layout();
        let file = layout.join(INDEX);
        let Some(content) = self.read(&file, INDEX_BYTES_MAX).await? else { return Err(self.absent()) };
        let index: Index = serde_json::from_slice(&content)
            .map_err(|error| self.unusable(format!("`{}` cannot be read: {error}", file.display())))?;
        let mut tags = BTreeMap::new();
        for entry in &index.manifests {
            let Some(tag) = self.tag_of(entry, is_own) else { continue };
            tags.insert(tag, entry.digest().map_err(|why| self.unusable(why))?);
        }
        if tags.is_empty() && !is_own {
            return Err(self.absent());
        }
        let hash = hash_of(&content, None);
        Ok(Entries { tags, validator: Validator::new(format!("{VALIDATOR}{hash}")).ok() })
    }

    /// The tag of an entry, if it is one of this image. What breaks the grammar could never be pulled, and is none.
    fn tag_of(&self, entry: &Descriptor, is_own: bool) -> Option<Tag> {
        let whole = entry.annotation(WHOLE_NAME).and_then(|name| self.tag_in(name));
        let named = || {
            let name = entry.annotation(NAME)?;
            if is_own && !name.contains([':', '/']) { Some(name) } else { self.tag_in(name) }
        };
        whole.or_else(named)?.parse().ok()
    }

    /// The tag in `REPOSITORY:TAG` or `HOST/REPOSITORY:TAG`, if that is this image.
    fn tag_in<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (name, tag) = name.rsplit_once(':')?;
        (name == self.image.repository() || name == self.image.as_str()).then_some(tag)
    }

    /// The content of a file; nothing where there is none.
    async fn read(&self, file: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, RegistryError> {
        let unreadable =
            |error: io::Error| self.unusable(format!("`{}` cannot be read: {error}", file.display()));
        // A named pipe would block whoever opens it.
        let opened = File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(file).await;
        let opened = match opened {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        if !opened.metadata().await.map_err(unreadable)?.is_file() {
            return Err(self.unusable(format!("`{}` is not a regular file", file.display())));
        }
        let mut content = Vec::new();
        opened.take(bytes_max + 1).read_to_end(&mut content).await.map_err(unreadable)?;
        if content.len() as u64 > bytes_max {
            return Err(self.unusable(format!("`{}` has more than {bytes_max} bytes", file.display())));
        }
        Ok(Some(content))
    }

    /// What lies at a digest, proven to be it; nothing where there is nothing.
    async fn content(&self, digest: &Digest) -> Result<Option<Vec<u8>>, RegistryError> {
        let (algorithm, name) = digest.as_str().split_once(':').expect("a digest names its algorithm");
        let file = self.layout().0.join("blobs").join(algorithm).join(name);
        let Some(content) = self.read(&file, BLOB_BYTES_MAX).await? else { return Ok(None) };
        let hashed = hash_of(&content, Some(digest));
        if hashed == *digest {
            return Ok(Some(content));
        }
        Err(self.unusable(format!("`{}` is damaged: it is `{hashed}`", file.display())))
    }

    fn absent(&self) -> RegistryError {
        RegistryError::NotFound { image: self.image.clone() }
    }

    fn unusable(&self, why: String) -> RegistryError {
        let (host, image) = (self.image.host().to_owned(), self.image.clone());
        RegistryError::Unavailable { host, image, why }
    }
}

impl Contents for LayoutRead<'_> {
    async fn manifest(&self, digest: &Digest) -> Result<FoundContent<Manifest>, RegistryError> {
        let Some(content) = self.content(digest).await? else { return Ok(FoundContent::Nothing) };
        Ok(match Manifest::parse(&content, CHILDREN_MAX) {
            Ok(manifest) => FoundContent::Usable(manifest),
            Err(why) => FoundContent::Unusable(why),
        })
    }

    async fn blob(&self, digest: &Digest) -> Result<FoundContent<Vec<u8>>, RegistryError> {
        Ok(self.content(digest).await?.map_or(FoundContent::Nothing, FoundContent::Usable))
    }
}

#[cfg(test)]
mod tests;
