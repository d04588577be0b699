//! Images in the values of charts whose tag is nowhere beside their name.
//!
//! The template puts it there: from `appVersion`, from a global value, or from a key that no convention tells. A tag that is
//! written behind the name would then be followed by a second one.

use super::scan::{HiddenLine, ScanResult};
use super::spot::{ImageLocation, Writing};
use crate::overlay::Limit;
use crate::overlay::document::text::Text;

/// Puts every image in doubt that is named without a tag.
pub(super) fn note(text: &Text, found: &mut ScanResult) {
    for index in 0..found.spots.len() {
        let Some(spot) = found.spots.get(index).filter(|spot| spot.is_untagged()) else { continue };
        let outside = || spot.at.node().map_or(1, |node| text.line(node));
        let line = spot.within.map_or_else(outside, |(_, line)| line);
        let why =
            format!("`{}` is named without a tag, which the chart takes from elsewhere", spot.image.name);
        found.doubt(index, HiddenLine { limit: Limit::UntaggedImage, line, why });
    }
}

impl ImageLocation {
    /// Whether the chart decides where the tag is. A key of its own for the tag, even an empty one, tells.
    fn is_untagged(&self) -> bool {
        let has_none = self.image.tag.is_none() && self.image.digest.is_none();
        let has_place = matches!(self.writing, Writing::Parts { .. } | Writing::DigestOnly(_));
        self.is_chart_value && has_none && !has_place
    }
}
