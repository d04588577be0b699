//! `Chart.yaml`: dependencies on charts in OCI registries. A chart is an artifact as an image is.

use super::spot::{DigestLocation, ImageLocation, Writing};
use crate::overlay::SetBy;
use crate::overlay::text::Text;
use crate::overlay::written::WrittenImage;
use crate::yaml::NodeId;

/// What the address of an OCI registry starts with.
pub(super) const OCI: &str = "oci://";

/// Adds the dependencies of a chart.
pub(super) fn find(text: &Text, root: NodeId, spots: &mut Vec<ImageLocation>) {
    let Some(dependencies) = text.tree.get(root, "dependencies") else { return };
    for dependency in text.tree.items(dependencies) {
        let scalar = |key| text.tree.get(*dependency, key).and_then(|node| text.tree.scalar(node));
        let address = scalar("repository").and_then(|address| address.strip_prefix(OCI));
        if let (Some(address), Some(name)) = (address, scalar("name")) {
            let name = format!("{}/{name}", address.trim_end_matches('/'));
            spots.extend(versioned(text, *dependency, "version", name, SetBy::Chart));
        }
    }
}

/// A chart whose version is a scalar under this key.
pub(super) fn versioned(
    text: &Text,
    map: NodeId,
    key: &str,
    name: String,
    set_by: SetBy,
) -> Option<ImageLocation> {
    let node = text.tree.get(map, key)?;
    let tag = Some(text.tree.scalar(node)?.to_owned()).filter(|tag| !tag.is_empty());
    let image = WrittenImage { name, tag, digest: None };
    Some(ImageLocation::new(image, node, set_by, Writing::Parts { digest: DigestLocation::Nowhere }).typed())
}
