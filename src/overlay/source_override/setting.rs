//! What the source of an Argo CD application, or Flux's `Kustomization`, sets of what it deploys.

use std::fmt;

use crate::model::ImageName;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::format::{is_image_part, objects, patch_line};
use crate::yaml::{self, NodeId};

/// One setting, and the line that makes it, from 1.
pub(super) struct OverrideSetting {
    pub(super) subject: Subject,
    pub(super) line: usize,
}

/// What is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// The image of this name in manifests.
    Image(String),
    /// The Helm value at this path, with dots between its keys.
    Value(String),
    /// Any image: a patch may set it.
    AnyImage,
}

impl Subject {
    /// Whether it is the Helm value that a line of a values file sets.
    pub(super) fn is_value_at(&self, values: &Text, line: usize) -> bool {
        let Self::Value(path) = self else { return false };
        let keys: Vec<&str> = path.split('.').collect();
        let Some((_, above)) = keys.split_last() else { return false };
        let holders = values.tree.documents().iter().filter_map(|root| objects::at(values, *root, above));
        // A parameter sets one part of an image, and the line may hold another part beside it.
        holders
            .into_iter()
            .any(|holder| values.tree.entries(holder).iter().any(|(_, value)| values.line(*value) == line))
    }

    /// Whether it may be what an image runs as.
    pub(super) fn may_be_of(&self, image: &ImageName) -> bool {
        match self {
            Self::Image(name) => ImageName::new(name).is_ok_and(|name| name.is_same_repository(image)),
            Self::Value(_) | Self::AnyImage => true,
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Image(name) => write!(formatter, "the image `{name}`"),
            Self::Value(path) => write!(formatter, "the value `{path}`"),
            Self::AnyImage => formatter.write_str("patches that may set an image"),
        }
    }
}

/// What the `kustomize` and `helm` options of a source set.
pub(super) fn settings(text: &Text, source: NodeId) -> Vec<OverrideSetting> {
    let list = |path: &[&str]| objects::at(text, source, path).map_or(&[][..], |list| text.tree.items(list));
    let mut found = Vec::new();
    for image in list(&["kustomize", "images"]) {
        let line = text.line(*image);
        found.extend(text.tree.scalar(*image).into_iter().flat_map(|written| of_reference(written, line)));
    }
    let options = objects::at(text, source, &["kustomize"]);
    found.extend(options.and_then(|options| patch(text, options)));
    for parameter in list(&["helm", "parameters"]).iter().chain(list(&["helm", "fileParameters"])) {
        let name = objects::scalar(text, *parameter, &["name"]);
        found.extend(name.and_then(|name| value(name, text.line(*parameter))));
    }
    if let Some(values) = objects::at(text, source, &["helm", "valuesObject"]) {
        leaves(text, values, &mut Vec::new(), &mut found);
    } else if let Some(block) = objects::at(text, source, &["helm", "values"])
        && let Ok(yaml::EmbeddedDocument { source, tree }) = yaml::embedded(&text.source, &text.tree, block)
    {
        let inner = Text { source, tree };
        let root = inner.tree.root().into_iter();
        root.for_each(|root| leaves(&inner, root, &mut Vec::new(), &mut found));
    }
    found
}

/// What `images` and `patches` of Flux's `Kustomization` set.
pub(super) fn settings_of_flux(text: &Text, spec: NodeId) -> Vec<OverrideSetting> {
    let images = text.tree.get(spec, "images").map_or(&[][..], |images| text.tree.items(images));
    let named = images.iter().flat_map(|entry| {
        let names = ["name", "newName"].map(|key| objects::scalar(text, *entry, &[key]));
        let line = text.line(*entry);
        names.into_iter().flatten().map(move |name| image(name, line))
    });
    named.chain(patch(text, spec)).collect()
}

fn image(name: &str, line: usize) -> OverrideSetting {
    OverrideSetting { subject: Subject::Image(name.to_owned()), line }
}

/// The names in `name=newname:tag@digest`, or without `name=`.
fn of_reference(written: &str, line: usize) -> Vec<OverrideSetting> {
    let (old, reference) =
        written.split_once('=').map_or((None, written), |(old, reference)| (Some(old), reference));
    let new = WrittenImage::new(reference).name;
    old.into_iter().chain([new.as_str()]).map(|name| image(name, line)).collect()
}

fn patch(text: &Text, options: NodeId) -> Option<OverrideSetting> {
    patch_line(text, options).map(|line| OverrideSetting { subject: Subject::AnyImage, line })
}

fn value(path: &str, line: usize) -> Option<OverrideSetting> {
    is_image_part(path).then(|| OverrideSetting { subject: Subject::Value(path.to_owned()), line })
}

/// The parts of images below some values; as deep as `yaml::DEPTH_MAX`.
fn leaves<'a>(text: &'a Text, node: NodeId, path: &mut Vec<&'a str>, found: &mut Vec<OverrideSetting>) {
    for (key, below) in text.tree.entries(node) {
        path.push(text.tree.scalar(*key).unwrap_or_default());
        if text.tree.scalar(*below).is_some() {
            found.extend(value(&path.join("."), text.line(*below)));
        }
        leaves(text, *below, path, found);
        path.pop();
    }
}
