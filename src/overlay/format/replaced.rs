//! The digests of the release that ran before: none of them may stay once another release is written.

use std::collections::BTreeSet;

use super::digest::digits_in;
use super::line::lines;
use super::sheet::ScannedFile;
use super::spot::{ImageLocation, ScalarLocation};
use crate::model::{Digest, ImageName};
use crate::overlay::document::text::Text;
use crate::overlay::document::written::WrittenImage;
use crate::overlay::{EditObstacle, Limit};
use crate::yaml::{self, NodeId, NodeKind, ScalarStyle};

/// The SHA-256 digests that a promotion replaces, and the images that it is about.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Replaced<'a> {
    /// The hexadecimal digits, in lower case.
    digits: BTreeSet<String>,
    images: Vec<&'a ImageName>,
}

impl<'a> Replaced<'a> {
    pub(in crate::overlay) fn new<'b>(
        digests: impl Iterator<Item = &'b Digest>,
        images: Vec<&'a ImageName>,
    ) -> Self {
        let digits = digests.flat_map(|digest| digits_in(digest.as_str())).map(|found| found.digits);
        Self { digits: digits.collect(), images }
    }

    /// Whether nothing is replaced whose digest is known.
    pub(in crate::overlay) fn is_empty(&self) -> bool {
        self.digits.is_empty()
    }

    /// Whether one of the digests is somewhere in a file, whatever it is about.
    pub(in crate::overlay) fn are_in(&self, bytes: &[u8]) -> bool {
        let lower = bytes.to_ascii_lowercase();
        self.digits.iter().any(|digits| memchr::memmem::find(&lower, digits.as_bytes()).is_some())
    }

    /// Whether a scalar holds one of the digests. A reference to another image, which may have the same digest, does not.
    pub(in crate::overlay) fn stays_in(&self, scalar: &str) -> bool {
        digits_in(scalar).iter().any(|found| self.digits.contains(&found.digits))
            && !self.is_of_another(scalar)
    }

    fn is_of_another(&self, scalar: &str) -> bool {
        let name = WrittenImage::new(scalar).reference().ok().filter(|read| read.digest.is_some());
        name.is_some_and(|read| !self.images.iter().any(|image| image.is_same_repository(&read.image)))
    }

    fn is_about(&self, spot: &ImageLocation) -> bool {
        self.images.iter().any(|image| spot.is_of(image))
    }

    /// Refuses a scalar in which a digest stays.
    pub(in crate::overlay) fn refusal(line: usize, key: &str) -> EditObstacle {
        let named = if key.is_empty() { "this value".to_owned() } else { format!("`{key}`") };
        let why = format!("{named} holds the digest of the release that ran before, which would stay");
        EditObstacle::at_line(Limit::DigestBeside, line, why)
    }
}

/// The first scalar of a text in which a digest stays, as a refusal. What other images write themselves does not count.
pub(super) fn check_text(
    text: &Text,
    spots: &[&ImageLocation],
    replaced: &Replaced<'_>,
) -> Result<(), EditObstacle> {
    // The scalars of a spot within a block are nodes of another tree.
    let others = spots.iter().filter(|spot| spot.within.is_none() && !replaced.is_about(spot));
    let kept: BTreeSet<NodeId> = others.flat_map(|spot| spot.scalars()).filter_map(|at| at.node()).collect();
    for (node, found) in text.tree.nodes() {
        let NodeKind::Scalar { value, style } = &found.kind else { continue };
        if kept.contains(&node) || !replaced.stays_in(value) {
            continue;
        }
        let within: Vec<&ImageLocation> =
            if *style == ScalarStyle::Literal { in_block(spots, node) } else { Vec::new() };
        match yaml::embedded(&text.source, &text.tree, node) {
            Ok(yaml::EmbeddedDocument { source, tree }) if !within.is_empty() => {
                check_block(&Text { source, tree }, &within, replaced)?;
            }
            Ok(_) | Err(_) => {
                return Err(Replaced::refusal(text.line(node), text.key_of(node).unwrap_or_default()));
            }
        }
    }
    Ok(())
}

fn in_block<'a>(spots: &[&'a ImageLocation], block: NodeId) -> Vec<&'a ImageLocation> {
    spots.iter().copied().filter(|spot| spot.within.is_some_and(|(within, _)| within == block)).collect()
}

/// As [`check_text`], of the document in a block, whose lines are those of the file.
fn check_block(text: &Text, spots: &[&ImageLocation], replaced: &Replaced<'_>) -> Result<(), EditObstacle> {
    let outside: Vec<ImageLocation> =
        spots.iter().map(|spot| ImageLocation { within: None, ..ImageLocation::clone(spot) }).collect();
    check_text(text, &outside.iter().collect::<Vec<_>>(), replaced)
}

impl ScannedFile {
    /// Refuses what still holds one of the digests.
    pub(super) fn check_replaced(&self, replaced: &Replaced<'_>) -> Result<(), EditObstacle> {
        if let Some(text) = self.text() {
            let spots: Vec<&ImageLocation> = self.found.spots.iter().collect();
            return check_text(text, &spots, replaced);
        }
        let Some(source) = self.source() else { return Ok(()) };
        let others: Vec<&ScalarLocation> =
            self.found.spots.iter().filter(|spot| !replaced.is_about(spot)).map(|spot| &spot.at).collect();
        for line in lines(source.text()) {
            let Some((scalar, _)) = line.scalar().filter(|(scalar, _)| replaced.stays_in(&scalar.value))
            else {
                continue;
            };
            let key = scalar.key.clone().unwrap_or_default();
            if !others.contains(&&ScalarLocation::Line(scalar)) {
                return Err(Replaced::refusal(line.number, &key));
            }
        }
        Ok(())
    }
}
