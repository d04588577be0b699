//! Patches and components in objects of Flux and Argo CD, which are applied to what these objects deploy and are not
//! evaluated here.

use super::objects;
use super::scan::{HiddenLine, ScanResult};
use crate::overlay::Limit;
use crate::overlay::document::text::Text;
use crate::yaml::NodeId;

/// The keys under which kustomize's options hold patches.
const KEYS: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];

/// The patches or components below some options of kustomize that may set an image, as what is not certain.
pub(super) fn find(text: &Text, options: NodeId) -> Option<HiddenLine> {
    let inline = || KEYS.iter().find_map(|key| inline_patch(text, options, key));
    patch_file(text, options).or_else(inline).or_else(|| components(text, options))
}

/// Patches that are written out and may set an image.
fn inline_patch(text: &Text, options: NodeId, key: &str) -> Option<HiddenLine> {
    let patches = objects::at(text, options, &[key])?;
    if !may_set_image(text.written(patches)) {
        return None;
    }
    let why = format!("`{key}` here may set an image, and is not evaluated");
    Some(HiddenLine { limit: Limit::ObjectPatch, line: text.line(patches), why })
}

/// A patch in a file, which lies in the repository of the object's source.
fn patch_file(text: &Text, options: NodeId) -> Option<HiddenLine> {
    let patches = objects::at(text, options, &["patches"])?;
    let file = text.tree.items(patches).iter().find_map(|patch| text.tree.get(*patch, "path"))?;
    let why = format!("the patch `{}` may set an image, and is not read here", text.tree.scalar(file)?);
    Some(HiddenLine { limit: Limit::ObjectPatch, line: text.line(file), why })
}

/// Components, which lie in the repository of the object's source. They come before `images`, so those are certain.
fn components(text: &Text, options: NodeId) -> Option<HiddenLine> {
    let list = objects::at(text, options, &["components"])?;
    let component = text.tree.items(list).first()?;
    let name = text.tree.scalar(*component).unwrap_or_default();
    let why = format!("the component `{name}` may set images, and is not read here");
    Some(HiddenLine { limit: Limit::ObjectPatch, line: text.line(list), why })
}

/// The line of a patch below some options of kustomize that may set an image, from 1. Components come before `images` of
/// the folder, so those are certain.
pub(in crate::overlay) fn patch_line(text: &Text, options: NodeId) -> Option<usize> {
    let inline = || KEYS.iter().find_map(|key| inline_patch(text, options, key));
    patch_file(text, options).or_else(inline).map(|hidden| hidden.line)
}

/// Notes the patches and components below some options that may set an image.
pub(super) fn note(found: &mut ScanResult, text: &Text, options: NodeId) {
    found.hidden.extend(find(text, options));
}

/// Whether patches, as they are written, may set the image of a container: `imagePullPolicy` and `imagePullSecrets` are
/// none, and a container that goes away takes its image along.
fn may_set_image(patches: &str) -> bool {
    let patches = patches.to_ascii_lowercase();
    let is_image =
        |(at, word): (usize, &str)| !patches.get(at + word.len()..).unwrap_or_default().starts_with("pull");
    let moves = ["remove", "move", "copy"].iter().any(|op| patches.contains(op));
    patches.match_indices("image").any(is_image)
        || patches.contains("$patch")
        || (moves && patches.contains("containers"))
}
