//! Merge keys (`<<`) in Helm values that bring a part of an image, such as its tag or digest: what is written beside one
//! is not all that Helm renders, and an edit of the tag would leave the digest behind.

use std::collections::BTreeMap;

use super::helm_values::is_image_part;
use super::scan::{HiddenLine, ScanResult};
use super::spot::ImageLocation;
use crate::overlay::Limit;
use crate::overlay::document::text::Text;
use crate::yaml::NodeId;

/// Puts every image in doubt beside which a merge key brings a part of it. Spots within a block are left out: their
/// scalars are in another text.
pub(super) fn note(text: &Text, found: &mut ScanResult) {
    let mut merge_keys = MergeKeys::default();
    for index in 0..found.spots.len() {
        let spot = found.spots.get(index).filter(|spot| spot.within.is_none());
        if let Some(reason) = spot.and_then(|spot| merge_keys.beside(text, spot)) {
            found.doubt(index, reason);
        }
    }
}

/// The lines of merge keys that bring a part of an image, by their mappings, each of which is looked at once.
#[derive(Debug, Default)]
pub(super) struct MergeKeys(BTreeMap<NodeId, Option<usize>>);

impl MergeKeys {
    /// Why the image of a spot of this text is not certain, if a merge key stands beside it.
    pub(super) fn beside(&mut self, text: &Text, spot: &ImageLocation) -> Option<HiddenLine> {
        let map = text.tree.parent(spot.read_at()?)?;
        let line = (*self.0.entry(map).or_insert_with(|| line_in(text, map)))?;
        let why = "a merge key (`<<`) brings a part of this image from elsewhere".to_owned();
        Some(HiddenLine { limit: Limit::MergeKey, line, why })
    }
}

/// The line of a merge key in a mapping that brings a part of an image; `None` if there is none.
fn line_in(text: &Text, map: NodeId) -> Option<usize> {
    let (key, merged) =
        text.tree.entries(map).iter().find(|(key, _)| text.tree.scalar(*key) == Some("<<"))?;
    let merged = text.resolved(*merged);
    let maps = text.tree.items(merged).iter().map(|item| text.resolved(*item)).chain([merged]);
    let mut keys = maps.flat_map(|map| text.tree.entries(map)).filter_map(|(key, _)| text.tree.scalar(*key));
    keys.any(is_image_part).then(|| text.line(*key))
}
