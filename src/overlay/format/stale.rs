//! What an edit of a spot would leave behind or take along: digests that nobody names, and aliases.

use super::spot::{At, Spot};
use super::surroundings::{AnchoredScalar, DigestBeside};
use crate::model::ImageName;
use crate::overlay::{Limit, Refused, SetBy, SetTo};

/// Refuses an edit that would leave the old digest beside the new tag, or change what is read elsewhere.
///
/// # Errors
/// At the digest that would stay, or at the anchor whose other aliases would change along.
pub(super) fn check(all: &[Spot], spot: &Spot, image: &ImageName, to: &SetTo) -> Result<(), Refused> {
    if spot.surroundings.digests.is_empty() && spot.surroundings.anchored.is_empty() {
        return Ok(());
    }
    let near: Vec<&Spot> = all.iter().filter(|other| other.within == spot.within).collect();
    if let Some(digest) = spot.surroundings.digests.iter().find(|digest| is_stale(digest, spot, &near, to)) {
        return Err(stays(digest, spot.set_by));
    }
    let (own, others): (Vec<&Spot>, Vec<&Spot>) = near.into_iter().partition(|other| other.is_of(image));
    spot.surroundings.anchored.iter().try_for_each(|anchored| {
        check_aliases(anchored, &own)?;
        check_place(anchored, &others)
    })
}

/// Whether a digest beside the tag is the old one, or may be, and no spot writes it.
fn is_stale(digest: &DigestBeside, spot: &Spot, near: &[&Spot], to: &SetTo) -> bool {
    let is_old = match &spot.image.digest {
        Some(old) => old.ends_with(&digest.digits),
        None => digest.is_likely,
    };
    let is_new = to.digest.as_ref().is_some_and(|new| new.as_str().ends_with(&digest.digits));
    is_old && !is_new && !near.iter().any(|other| other.scalars().contains(&digest.at))
}

fn stays(digest: &DigestBeside, set_by: SetBy) -> Refused {
    let DigestBeside { key, line, .. } = digest;
    let why = format!("`{key}` holds a digest, which would stay when the tag beside it changes");
    let refused = Refused::at_line(Limit::DigestBeside, *line, why);
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
fn check_aliases(anchored: &AnchoredScalar, own: &[&Spot]) -> Result<(), Refused> {
    let is_own = |alias| own.iter().any(|spot| spot.aliases.contains(&alias));
    match anchored.aliases.iter().find(|(alias, _)| !is_own(*alias)) {
        Some((_, line)) => {
            let why =
                format!("the value has an anchor (`&…`), and line {line} takes it, too, for something else");
            let refused = Refused::at_line(Limit::Anchor, anchored.line, why);
            Err(refused.or_else("write the value itself in one of the two places"))
        }
        None => Ok(()),
    }
}

/// The scalar with the anchor may itself be that of another image.
fn check_place(anchored: &AnchoredScalar, others: &[&Spot]) -> Result<(), Refused> {
    let at = At::Node(anchored.node);
    match others.iter().find(|other| other.scalars().contains(&at)) {
        Some(other) => {
            let lines: Vec<String> = anchored.aliases.iter().map(|(_, line)| line.to_string()).collect();
            let (other, lines) = (&other.image.name, lines.join(", "));
            let why = format!("this value of `{other}` has an anchor (`&…`), and line {lines} takes it, too");
            let refused = Refused::at_line(Limit::Anchor, anchored.line, why);
            Err(refused.or_else("write the value itself in both places"))
        }
        None => Ok(()),
    }
}
