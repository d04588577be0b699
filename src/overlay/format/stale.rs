//! What an edit of a spot would leave behind or take along: digests that nobody names, and aliases.

use super::digest_scope::{DigestBeside, Relation};
use super::neighbours::{AnchoredScalar, ScalarNeighbours};
use super::spot::{ImageLocation, ScalarLocation};
use crate::model::ImageName;
use crate::overlay::{EditObstacle, Limit, SetBy, SetTo};

/// Refuses an edit that would leave the old digest beside the new tag, or change what is read elsewhere.
///
/// # Errors
/// At the digest that would stay, or at the anchor whose other aliases would change along.
pub(super) fn check(
    all: &[ImageLocation],
    spot: &ImageLocation,
    image: &ImageName,
    to: &SetTo,
) -> Result<(), EditObstacle> {
    let surroundings = &spot.surroundings;
    if surroundings.scope.digests.is_empty() && surroundings.anchored.is_empty() {
        return Ok(());
    }
    let near: Vec<&ImageLocation> = all.iter().filter(|other| other.within == spot.within).collect();
    let edit = Edit { all, near: &near, spot, image, to };
    if let Some((digest, relation)) = edit.stale() {
        return Err(stays(digest, relation, spot.set_by));
    }
    let (own, others): (Vec<&ImageLocation>, Vec<&ImageLocation>) =
        near.into_iter().partition(|other| other.is_of(image));
    surroundings.anchored.iter().try_for_each(|anchored| {
        check_aliases(anchored, &own)?;
        check_place(anchored, &others)?;
        check_definition(anchored, &own)
    })
}

/// An edit of one spot.
struct Edit<'a> {
    all: &'a [ImageLocation],
    /// The spots of the same document.
    near: &'a [&'a ImageLocation],
    spot: &'a ImageLocation,
    image: &'a ImageName,
    to: &'a SetTo,
}

impl Edit<'_> {
    /// The first digest that would stay: the old one, or one that may be, and that no spot writes.
    fn stale(&self) -> Option<(&DigestBeside, Relation)> {
        let own = self.near.iter().filter(|other| other.is_of(self.image));
        let known: Vec<String> =
            own.filter_map(|other| other.image.digest.as_deref()).map(digits_of).collect();
        let ScalarNeighbours { scope, place, .. } = &self.spot.surroundings;
        let with_relation = scope.digests.iter().map(|digest| (digest, scope.relation(digest, place)));
        with_relation.filter(|(digest, _)| !self.is_written(digest)).find(|(digest, relation)| {
            let is_old = if known.is_empty() {
                self.may_be_old(digest, *relation)
            } else {
                digest.digits.iter().any(|digits| known.contains(digits))
            };
            is_old && !digest.is_of_another(&self.spot.image.name, place)
        })
    }

    /// Whether a digest can be the old one, which is not known. Where the configuration names each scalar, only what is
    /// beside one is looked at.
    fn may_be_old(&self, digest: &DigestBeside, relation: Relation) -> bool {
        match relation {
            Relation::Beside => digest.is_likely,
            Relation::Around => digest.is_likely_elsewhere && self.spot.set_by != SetBy::Declared,
            Relation::Elsewhere => false,
        }
    }

    /// Whether a spot writes the scalar, or it says the new digest already.
    fn is_written(&self, digest: &DigestBeside) -> bool {
        let new = self.to.digest.as_ref().map(|new| digits_of(new.as_str()));
        let is_new = new.is_some_and(|new| digest.digits.iter().all(|digits| *digits == new));
        let is_block = |other: &ImageLocation| {
            other.within.is_some_and(|(block, _)| ScalarLocation::Node(block) == digest.at)
        };
        let near = self.near.iter().any(|other| other.scalars().contains(&digest.at));
        is_new || near || self.all.iter().any(is_block)
    }
}

/// The digits of a digest, in lower case.
fn digits_of(digest: &str) -> String {
    digest.rsplit(':').next().unwrap_or_default().to_ascii_lowercase()
}

fn stays(digest: &DigestBeside, relation: Relation, set_by: SetBy) -> EditObstacle {
    let DigestBeside { key, line, .. } = digest;
    let tag = if relation == Relation::Beside { "the tag beside it" } else { "the tag" };
    let why = format!("`{key}` holds a digest, which would stay when {tag} changes");
    let refused = EditObstacle::at_line(Limit::DigestBeside, *line, why);
    match set_by {
        SetBy::Marker => refused.or_else("give it a marker that ends with `:digest`, or delete it"),
        SetBy::Declared => refused.or_else("name it in `set`, too, or delete it"),
        SetBy::Manifest
        | SetBy::Patch
        | SetBy::Images
        | SetBy::Replacement
        | SetBy::Transformer
        | SetBy::HelmValues
        | SetBy::Chart
        | SetBy::HelmRelease
        | SetBy::FluxKustomization
        | SetBy::OciRepository
        | SetBy::Application
        | SetBy::ArgoCdSource
        | SetBy::Renovate => refused,
    }
}

/// Every alias of a scalar has to be read by the image that is set.
fn check_aliases(anchored: &AnchoredScalar, own: &[&ImageLocation]) -> Result<(), EditObstacle> {
    let is_own = |alias| own.iter().any(|spot| spot.aliases.contains(&alias));
    match anchored.aliases.iter().find(|(alias, _)| !is_own(*alias)) {
        Some((_, line)) => {
            let why =
                format!("the value has an anchor (`&…`), and line {line} takes it, too, for something else");
            let refused = EditObstacle::at_line(Limit::Anchor, anchored.line, why);
            Err(refused.or_else("write the value itself in one of the two places"))
        }
        None => Ok(()),
    }
}

/// The scalar with the anchor may itself be that of another image.
fn check_place(anchored: &AnchoredScalar, others: &[&ImageLocation]) -> Result<(), EditObstacle> {
    let at = ScalarLocation::Node(anchored.node);
    match others.iter().find(|other| other.scalars().contains(&at)) {
        Some(other) => {
            let lines: Vec<String> = anchored.aliases.iter().map(|(_, line)| line.to_string()).collect();
            let (other, lines) = (&other.image.name, lines.join(", "));
            let why = format!("this value of `{other}` has an anchor (`&…`), and line {lines} takes it, too");
            let refused = EditObstacle::at_line(Limit::Anchor, anchored.line, why);
            Err(refused.or_else("write the value itself in both places"))
        }
        None => Ok(()),
    }
}

/// A scalar that is read through an alias alone may be a value of something that is no image.
fn check_definition(anchored: &AnchoredScalar, own: &[&ImageLocation]) -> Result<(), EditObstacle> {
    let is_read_there = |spot: &&ImageLocation| {
        spot.scalars().contains(&ScalarLocation::Node(anchored.node)) && spot.aliases.is_empty()
    };
    if anchored.is_definition || own.iter().any(is_read_there) {
        return Ok(());
    }
    let lines: Vec<String> = anchored.aliases.iter().map(|(_, line)| line.to_string()).collect();
    let lines = lines.join(", ");
    let why =
        format!("line {lines} is an alias of this value (`&…`), and what else reads the value is not known");
    let refused = EditObstacle::at_line(Limit::Anchor, anchored.line, why);
    Err(refused.or_else("write the value itself in both places, or define the anchor at the top of the file"))
}
