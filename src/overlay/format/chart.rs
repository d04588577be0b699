//! `Chart.yaml`: dependencies on charts in OCI registries. A chart is an artifact as an image is.

use super::scan::ScanResult;
use super::spot::{DigestLocation, ImageLocation, Writing};
use crate::overlay::document::go_yaml::{ScalarType, scalar_type};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::{SUBSTITUTION, WrittenImage};
use crate::overlay::{Limit, SetBy};
use crate::yaml::NodeId;

/// What the address of an OCI registry starts with.
pub(super) const OCI: &str = "oci://";

/// Adds the dependencies of a chart.
pub(super) fn find(found: &mut ScanResult, text: &Text, root: NodeId) {
    let Some(dependencies) = text.tree.get(root, "dependencies") else { return };
    for dependency in text.tree.items(dependencies) {
        let scalar = |key| text.tree.get(*dependency, key).and_then(|node| text.tree.scalar(node));
        let address = scalar("repository").and_then(|address| address.strip_prefix(OCI));
        if let (Some(address), Some(name)) = (address, scalar("name")) {
            let name = format!("{}/{name}", address.trim_end_matches('/'));
            let Some(node) = text.tree.get(*dependency, "version") else { continue };
            add_version(found, text, node, name, SetBy::Chart);
        }
    }
}

/// Adds a chart whose version is a scalar. A range is named: Helm, Flux or Argo CD chooses the version of it, and one that
/// is written in its place would end that.
pub(super) fn add_version(found: &mut ScanResult, text: &Text, node: NodeId, name: String, set_by: SetBy) {
    let Some(version) = text.tree.scalar(node) else { return };
    // A number is refused by Helm as such, which is said where tags are read.
    let is_text = scalar_type(text, node) == Some(ScalarType::Text);
    if is_text && !is_exact(version) && !version.contains(SUBSTITUTION) {
        let why = format!(
            "the version of `{name}` is the range `{version}`, of which a version is chosen elsewhere"
        );
        found.hide(Limit::VersionRange, text.line(node), why);
        return;
    }
    let image = WrittenImage { name, tag: Some(version.replace('+', "_")), digest: None };
    let writing = Writing::Parts { digest: DigestLocation::Nowhere };
    let spot = ImageLocation::new(image, node, set_by, writing).typed();
    found.spots.push(ImageLocation { is_chart_version: true, ..spot });
}

/// Whether a version of a chart is one version; Helm takes `1.2` for a range.
fn is_exact(version: &str) -> bool {
    semver::Version::parse(version.strip_prefix('v').unwrap_or(version)).is_ok()
}
