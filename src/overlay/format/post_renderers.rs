//! The post-renderers of a `HelmRelease`: kustomize over what the chart renders. Their `images` win over the values.
//!
//! <https://fluxcd.io/flux/components/helm/helmreleases/#post-renderers>

use super::digest::{DigestScalar, DigestSpelling};
use super::scan::{HiddenLine, ScanResult};
use super::spot::{DigestLocation, ImageLocation, Writing};
use super::{object_patch, objects};
use crate::model::ImageName;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::kustomize::kustomization::entry::is_pattern;
use crate::overlay::{Limit, SetBy};
use crate::yaml::NodeId;

/// An image of the release, and why it is not certain.
struct Rendered {
    spot: ImageLocation,
    doubt: Option<HiddenLine>,
}

/// Lets the post-renderers of a release decide over the images of its values, which are those from an index on.
pub(super) fn apply(found: &mut ScanResult, text: &Text, release: NodeId, first: usize) {
    let Some(list) = objects::at(text, release, &["spec", "postRenderers"]) else { return };
    let values = found.spots.split_off(first).into_iter();
    let mut images: Vec<Rendered> = values.map(|spot| Rendered { spot, doubt: None }).collect();
    for renderer in text.tree.items(list) {
        let Some(options) = text.tree.get(*renderer, "kustomize") else { continue };
        // Kustomize applies `images` after all patches.
        if let Some(patch) = object_patch::find(text, options) {
            put_in_doubt(&mut images, &patch);
            found.hidden.push(patch);
        }
        let entries = objects::at(text, options, &["images"]).map_or(&[][..], |list| text.tree.items(list));
        entries.iter().for_each(|entry| set_image(&mut images, text, *entry));
    }
    for Rendered { spot, doubt } in images {
        found.spots.push(spot);
        if let Some(doubt) = doubt {
            found.doubt(found.spots.len() - 1, doubt);
        }
    }
}

fn put_in_doubt(images: &mut [Rendered], reason: &HiddenLine) {
    for image in images.iter_mut().filter(|image| image.doubt.is_none()) {
        image.doubt = Some(reason.clone());
    }
}

/// Applies one entry of `images`, as kustomize does: by the text of the name, and in turn.
fn set_image(images: &mut Vec<Rendered>, text: &Text, entry: NodeId) {
    let Some(name) = objects::scalar(text, entry, &["name"]) else { return };
    let Some(mut spot) = kustomize_entry(text, entry) else { return };
    spot.set_by = SetBy::HelmRelease;
    let doubt = |why: String| HiddenLine { limit: Limit::ObjectPatch, line: text.line(entry), why };
    if is_pattern(name) {
        let reason = doubt(format!("the pattern `{name}` of a post-renderer may match this image"));
        put_in_doubt(images, &reason);
        return;
    }
    let is_same = |image: &Rendered| {
        let names = [name, &image.spot.image.name].map(ImageName::new);
        matches!(names, [Ok(one), Ok(other)] if one.is_same_repository(&other))
    };
    for image in images.iter_mut().filter(|image| image.spot.image.name != name) {
        if is_same(image) {
            let why =
                format!("whether the chart writes this name as the post-renderer's `{name}` is not known");
            image.doubt.get_or_insert_with(|| doubt(why));
        }
    }
    let sets_tag = !matches!(spot.writing, Writing::Unset { .. });
    let is_known = images.iter().any(|image| image.spot.image.name == name);
    if sets_tag {
        images.retain(|image| image.spot.image.name != name);
    } else {
        let matched = images.iter_mut().filter(|image| image.spot.image.name == name);
        matched.for_each(|image| image.spot.image.name.clone_from(&spot.image.name));
    }
    if sets_tag || !is_known {
        images.push(Rendered { spot, doubt: None });
    }
}

/// What one entry makes of the images that it matches: its `newName`, or else its `name`, with what it sets.
pub(super) fn kustomize_entry(text: &Text, entry: NodeId) -> Option<ImageLocation> {
    let node =
        |key: &str| text.tree.get(entry, key).filter(|node| text.tree.scalar(text.resolved(*node)).is_some());
    let value = |node: NodeId| {
        text.tree.scalar(text.resolved(node)).filter(|value| !value.is_empty()).map(str::to_owned)
    };
    let name_key = if node("newName").and_then(value).is_some() { "newName" } else { "name" };
    let name_node = node(name_key)?;
    let image = WrittenImage {
        name: value(name_node)?,
        tag: node("newTag").and_then(value),
        digest: node("digest").and_then(value),
    };
    let whole = |node| DigestScalar { node: text.resolved(node), spelling: DigestSpelling::Whole };
    let (read, writing) = match (node("newTag"), node("digest")) {
        (Some(tag), Some(digest)) => {
            (tag, Writing::Parts { digest: DigestLocation::Own(vec![whole(digest)]) })
        }
        (Some(tag), None) => {
            let digest = DigestLocation::New { map: entry, after: "newTag".to_owned() };
            (tag, Writing::Parts { digest })
        }
        (None, Some(digest)) => (digest, Writing::DigestOnly(DigestSpelling::Whole)),
        (None, None) => {
            let after = name_key.to_owned();
            (name_node, Writing::Unset { map: entry, after, key: "newTag".to_owned(), takes_digest: true })
        }
    };
    let scalar = text.resolved(read);
    let spot =
        ImageLocation::new(image, scalar, SetBy::FluxKustomization, writing).through([read, scalar]).typed();
    Some(match node("digest") {
        Some(digest) => spot.through([digest, text.resolved(digest)]),
        None => spot,
    })
}
