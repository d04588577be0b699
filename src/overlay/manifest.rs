//! Images in manifests: wherever kustomize looks for them.

use super::error::{OverlayError, Place};
use super::resolve::{ImageUse, SetBy, Uncertain};
use crate::model::{ImageReference, RepositoryPath};
use crate::yaml::{self, NodeId, NodeKind, Source};

/// The lists of containers whose `image` kustomize rewrites, at any depth.
const CONTAINER_LISTS: [&str; 2] = ["containers", "initContainers"];

/// What a manifest file shows.
#[derive(Default)]
pub(super) struct Manifest {
    pub(super) uses: Vec<ImageUse>,
    pub(super) uncertain: Vec<Uncertain>,
}

/// The images of every document of a file, custom resource definitions apart.
pub(super) fn read(file: &RepositoryPath, source: &Source) -> Result<Manifest, OverlayError> {
    // Parsing is fifty times slower than looking, and most manifests name no image.
    if !source.text().contains("image") {
        return Ok(Manifest::default());
    }
    let tree = yaml::parse(source).map_err(|error| OverlayError::of_yaml(file, error))?;
    let mut reader = Reader { file, source, tree: &tree, manifest: Manifest::default() };
    for root in tree.documents() {
        let kind = tree.get(*root, "kind").and_then(|kind| tree.scalar(kind));
        if kind != Some("CustomResourceDefinition") {
            reader.walk(*root);
        }
    }
    Ok(reader.manifest)
}

struct Reader<'a> {
    file: &'a RepositoryPath,
    source: &'a Source,
    tree: &'a yaml::Tree,
    manifest: Manifest,
}

impl Reader<'_> {
    /// As deep as `yaml::DEPTH_MAX`, which parsing has checked.
    fn walk(&mut self, node: NodeId) {
        match &self.tree.node(node).kind {
            NodeKind::Mapping(entries) => {
                for (key, value) in entries {
                    if self.tree.scalar(*key).is_some_and(|key| CONTAINER_LISTS.contains(&key)) {
                        self.tree.items(*value).iter().for_each(|container| self.container(*container));
                    }
                    self.walk(*value);
                }
            }
            NodeKind::Sequence(items) => items.iter().for_each(|item| self.walk(*item)),
            NodeKind::Scalar { .. } | NodeKind::Alias => {}
        }
    }

    fn container(&mut self, container: NodeId) {
        let Some(image) = self.tree.get(container, "image") else { return };
        let place = Place {
            file: self.file.clone(),
            position: self.source.position(self.tree.node(image).span.start),
        };
        let text = self.tree.scalar(image);
        match text.map(str::parse::<ImageReference>) {
            Some(Ok(reference)) => self.manifest.uses.push(ImageUse {
                name_before: reference.image.clone(),
                reference,
                file: place.file,
                line: place.position.line,
                set_by: SetBy::Manifest,
            }),
            Some(Err(_)) | None => self.manifest.uncertain.push(Uncertain {
                place,
                why: format!("`{}` is not read as an image", text.unwrap_or("an alias")),
                decides: false,
            }),
        }
    }
}
