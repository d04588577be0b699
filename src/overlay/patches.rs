//! What this version cannot evaluate: named with its place, and whether it could change an image.

use super::error::OverlayError;
use super::kustomization::{Kustomization, read};
use super::resolve::Uncertain;
use crate::model::Tree;
use crate::yaml::NodeId;

const PATCHES: [&str; 3] = ["patches", "patchesStrategicMerge", "patchesJson6902"];
/// Fields that may rewrite the images of resources that are there.
const REWRITING: [&str; 2] = ["replacements", "transformers"];
/// Fields that may add resources that cannot be seen.
const GENERATING: [&str; 4] = ["generators", "helmCharts", "helmChartInflationGenerator", "imageTags"];

/// Everything in a kustomization that is not evaluated and could bear on images.
pub(super) fn uncertain(tree: &Tree, kustomization: &Kustomization) -> Result<Vec<Uncertain>, OverlayError> {
    let mut found = Vec::new();
    for node in PATCHES.iter().flat_map(|field| kustomization.list(field)) {
        if mentions_image(tree, kustomization, *node)? {
            let why = "a patch that mentions `image` is not evaluated; set the image under `images` instead";
            found.push(uncertainty(kustomization, *node, why, true));
        }
    }
    for node in REWRITING.iter().filter_map(|field| kustomization.field(field)) {
        let why = "this may rewrite images and is not evaluated; set the image under `images` instead";
        found.push(uncertainty(kustomization, node, why, true));
    }
    for node in GENERATING.iter().filter_map(|field| kustomization.field(field)) {
        found.push(uncertainty(kustomization, node, "what this adds is not evaluated", false));
    }
    Ok(found)
}

fn uncertainty(kustomization: &Kustomization, node: NodeId, why: &str, decides: bool) -> Uncertain {
    Uncertain { place: kustomization.place(node), why: why.to_owned(), decides }
}

/// Whether a patch, written here or in a file, holds the word.
fn mentions_image(tree: &Tree, kustomization: &Kustomization, patch: NodeId) -> Result<bool, OverlayError> {
    let nodes = &kustomization.tree;
    let inline = nodes.get_ignore_case(patch, "patch").and_then(|node| nodes.scalar(node));
    let own = nodes.scalar(patch);
    if inline.or(own).is_some_and(|text| text.contains("image")) {
        return Ok(true);
    }
    let path = nodes.get_ignore_case(patch, "path").and_then(|node| nodes.scalar(node)).or(own);
    let Some(file) =
        path.and_then(|path| kustomization.folder.join(path)).filter(|file| tree.entry(file).is_some())
    else {
        return Ok(false);
    };
    Ok(read(tree, &file)?.text().contains("image"))
}
