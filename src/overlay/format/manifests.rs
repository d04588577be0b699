//! Plain manifests: the image of each container, wherever one is.

use super::spot::{ImageLocation, Writing};
use crate::overlay::SetBy;
use crate::overlay::text::Text;
use crate::overlay::written::WrittenImage;
use crate::yaml::NodeId;

/// Adds the containers below a node, as deep as `yaml::DEPTH_MAX`.
pub(super) fn find(text: &Text, node: NodeId, spots: &mut Vec<ImageLocation>) {
    for (key, value) in text.tree.entries(node) {
        if matches!(text.tree.scalar(*key), Some("containers" | "initContainers")) {
            spots.extend(text.tree.items(*value).iter().filter_map(|container| image(text, *container)));
        }
        find(text, *value, spots);
    }
    for item in text.tree.items(node) {
        find(text, *item, spots);
    }
}

fn image(text: &Text, container: NodeId) -> Option<ImageLocation> {
    let written = text.tree.get(container, "image")?;
    let node = text.resolved(written);
    let value = text.tree.scalar(node).filter(|value| !value.is_empty() && !text.tree.is_null(node))?;
    let spot = ImageLocation::new(WrittenImage::new(value), node, SetBy::Manifest, Writing::whole(""));
    Some(spot.through([written, node]))
}
