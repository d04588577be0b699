//! Plain manifests: the image of each container and of each image volume, wherever one is.

use super::spot::{ImageLocation, Writing};
use crate::overlay::SetBy;
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::yaml::NodeId;

/// Adds the containers and image volumes below a node, as deep as `yaml::DEPTH_MAX`.
pub(super) fn find(text: &Text, node: NodeId, spots: &mut Vec<ImageLocation>) {
    for (key, value) in text.tree.entries(node) {
        let items = text.tree.items(*value).iter();
        match text.tree.scalar(*key) {
            Some("containers" | "initContainers") => {
                spots.extend(items.filter_map(|container| image(text, *container, "image")));
            }
            Some("volumes") => {
                let volumes = items.filter_map(|volume| text.tree.get(*volume, "image"));
                spots.extend(volumes.filter_map(|volume| image(text, volume, "reference")));
            }
            Some(_) | None => {}
        }
        find(text, *value, spots);
    }
    for item in text.tree.items(node) {
        find(text, *item, spots);
    }
}

fn image(text: &Text, map: NodeId, key: &str) -> Option<ImageLocation> {
    let written = text.tree.get(map, key)?;
    let node = text.resolved(written);
    let value = text.tree.scalar(node).filter(|value| !value.is_empty() && !text.tree.is_null(node))?;
    let spot = ImageLocation::new(WrittenImage::new(value), node, SetBy::Manifest, Writing::whole(""));
    Some(spot.through([written, node]))
}
