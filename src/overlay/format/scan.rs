//! What was found in a file: images, and lines behind which an image may lie.

use std::collections::BTreeMap;

use super::objects;
use super::spot::ImageLocation;
use crate::overlay::Limit;
use crate::overlay::document::text::Text;

/// What was found in a file.
#[derive(Debug, Default)]
pub(super) struct ScanResult {
    /// The images, in the order in which they were found.
    pub(super) spots: Vec<ImageLocation>,
    /// Behind what an image may lie that is not seen.
    pub(super) hidden: Vec<HiddenLine>,
    /// The images, by index, that are not certain, each with the index of the reason in `hidden`.
    pub(super) doubts: BTreeMap<usize, usize>,
}

/// A line behind which an image may lie that is not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HiddenLine {
    /// The row of the table of limits.
    pub(super) limit: Limit,
    /// The line, from 1.
    pub(super) line: usize,
    /// Why.
    pub(super) why: String,
}

impl ScanResult {
    /// Notes a line behind which an image may lie.
    pub(super) fn hide(&mut self, limit: Limit, line: usize, why: impl Into<String>) {
        self.hidden.push(HiddenLine { limit, line, why: why.into() });
    }

    /// Puts an image in doubt; the first reason stands.
    pub(super) fn doubt(&mut self, index: usize, reason: HiddenLine) {
        if self.doubts.contains_key(&index) {
            return;
        }
        if self.hidden.last() != Some(&reason) {
            self.hidden.push(reason);
        }
        self.doubts.insert(index, self.hidden.len() - 1);
    }

    /// Puts the images of values in doubt that have several documents: Helm 3 takes the first, Helm 4 merges them all.
    pub(super) fn note_documents(&mut self, text: &Text) {
        let Some(second) = text.second_document() else { return };
        let why =
            "the values have several documents, which Helm 3 and Helm 4 read in different ways".to_owned();
        let hidden = HiddenLine { limit: Limit::SeveralValues, line: text.line(second), why };
        for index in 0..self.spots.len() {
            let Some(node) = self.spots.get(index).and_then(|spot| spot.at.node()) else { continue };
            let mut above = std::iter::successors(Some(node), |node| text.tree.parent(*node));
            if above.all(|node| objects::kind(text, node).is_none()) {
                self.doubt(index, hidden.clone());
            }
        }
    }
}
