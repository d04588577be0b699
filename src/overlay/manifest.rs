//! The images in a manifest, where kustomize looks for them: `containers` and `initContainers` at any depth.

use super::text::Text;
use super::written::Written;
use crate::yaml::{NodeId, NodeKind, YamlError};

/// What a manifest shows.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// Images with their lines.
    pub(super) images: Vec<(Written, usize)>,
    /// Lines behind which an image may lie that is not seen, and why.
    pub(super) hidden: Vec<(usize, String)>,
}

/// Reads a manifest. One without the bytes `image` is not parsed: nothing in it can be an image.
pub(super) fn read(bytes: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    if !bytes.windows(b"image".len()).any(|window| window == b"image") {
        return manifest;
    }
    match Text::new(bytes) {
        Ok(text) => {
            for root in text.tree.documents() {
                walk(&text, *root, &mut manifest);
            }
        }
        Err(YamlError { position, what }) => {
            manifest.hidden.push((position.line, format!("the manifest cannot be read ({what})")));
        }
    }
    manifest
}

/// As deep as `yaml::DEPTH_MAX`.
fn walk(text: &Text, node: NodeId, manifest: &mut Manifest) {
    let kind = text.tree.get(node, "kind").and_then(|kind| text.tree.scalar(kind));
    if kind == Some("CustomResourceDefinition") {
        return;
    }
    for (key, value) in text.tree.entries(node) {
        match text.tree.scalar(*key) {
            Some("containers" | "initContainers") => containers(text, *value, manifest),
            Some(_) | None => walk(text, *value, manifest),
        }
    }
    for item in text.tree.items(node) {
        walk(text, *item, manifest);
    }
}

fn containers(text: &Text, list: NodeId, manifest: &mut Manifest) {
    match &text.tree.node(list).kind {
        NodeKind::Sequence(items) => {
            for item in items {
                container(text, *item, manifest);
                walk(text, *item, manifest);
            }
        }
        NodeKind::Alias => manifest.hide(text, list, "the containers are an alias"),
        NodeKind::Mapping(_) => walk(text, list, manifest),
        NodeKind::Scalar { .. } => {}
    }
}

fn container(text: &Text, item: NodeId, manifest: &mut Manifest) {
    if matches!(text.tree.node(item).kind, NodeKind::Alias) {
        return manifest.hide(text, item, "the container is an alias");
    }
    let Some(image) = text.tree.get(item, "image") else {
        if text.tree.get(item, "<<").is_some() {
            manifest.hide(text, item, "the container has a merge key");
        }
        return;
    };
    match &text.tree.node(image).kind {
        NodeKind::Scalar { value, .. } if value.is_empty() || text.tree.is_null(image) => {}
        NodeKind::Scalar { value, .. } => manifest.images.push((Written::new(value), text.line(image))),
        NodeKind::Alias => manifest.hide(text, image, "the image is an alias"),
        NodeKind::Mapping(_) | NodeKind::Sequence(_) => {}
    }
}

impl Manifest {
    fn hide(&mut self, text: &Text, node: NodeId, why: &str) {
        self.hidden.push((text.line(node), why.to_owned()));
    }
}
