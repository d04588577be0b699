//! Registries and folders side by side, chosen by the host in the image's name.

use super::layout::LayoutRegistry;
use super::oci::OciRegistry;
use super::{Listing, Registry, RegistryError};
use crate::model::{Composition, Description, Digest, ImageName, Tag, Validator};

/// Folders where they are configured, and real registries for every other host.
#[derive(Debug)]
pub struct AnyRegistry {
    layouts: Vec<LayoutRegistry>,
    others: OciRegistry,
}

/// What an image's host leads to.
enum RegistryRoute<'a> {
    Layout(&'a LayoutRegistry),
    Other(&'a OciRegistry),
}

impl AnyRegistry {
    /// These folders, each for its host, and this for all other hosts.
    #[must_use]
    pub const fn new(layouts: Vec<LayoutRegistry>, others: OciRegistry) -> Self {
        Self { layouts, others }
    }

    fn chosen(&self, image: &ImageName) -> RegistryRoute<'_> {
        let own = self.layouts.iter().find(|layout| layout.is_for(image));
        own.map_or(RegistryRoute::Other(&self.others), RegistryRoute::Layout)
    }
}

impl Registry for AnyRegistry {
    async fn tags(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        match self.chosen(image) {
            RegistryRoute::Layout(layout) => layout.tags(image, known).await,
            RegistryRoute::Other(registry) => registry.tags(image, known).await,
        }
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        match self.chosen(image) {
            RegistryRoute::Layout(layout) => layout.digest(image, tag).await,
            RegistryRoute::Other(registry) => registry.digest(image, tag).await,
        }
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, RegistryError> {
        match self.chosen(image) {
            RegistryRoute::Layout(layout) => layout.description(image, digest).await,
            RegistryRoute::Other(registry) => registry.description(image, digest).await,
        }
    }

    async fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Composition>, RegistryError> {
        match self.chosen(image) {
            RegistryRoute::Layout(layout) => layout.composition(image, digest).await,
            RegistryRoute::Other(registry) => registry.composition(image, digest).await,
        }
    }

    async fn has_manifest(&self, image: &ImageName, digest: &Digest) -> Result<bool, RegistryError> {
        match self.chosen(image) {
            RegistryRoute::Layout(layout) => layout.has_manifest(image, digest).await,
            RegistryRoute::Other(registry) => registry.has_manifest(image, digest).await,
        }
    }
}
