//! Artifacts that were built from the same commit, as their label `org.opencontainers.image.revision` says.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Offer, reference, taken};
use crate::decide::evidence;
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ArtifactReason, GateReason};
use crate::model::{ImageName, ImageReference, ServiceImage};

/// How many tags of an image are asked for their revision, newest first; each costs three requests, once.
const TAGS_MAX: usize = 20;

/// What was found, newest first by the first image.
pub(super) struct RevisionSearch {
    pub(super) whole: Vec<Offer>,
    pub(super) incomplete: Option<GateReason>,
}

/// The references of one image by revision, the newest tag of each revision.
type Revisions = BTreeMap<String, ImageReference>;

pub(super) fn offers(case: &PromotionView<'_>) -> Result<RevisionSearch, GateReason> {
    let found: Vec<Result<_, GateReason>> =
        case.service.images.iter().map(|image| revisions_of(case, image)).collect();
    let found: Vec<(Vec<String>, Revisions)> = found.into_iter().collect::<Result<_, _>>()?;
    let mut whole = Vec::new();
    let mut incomplete = None;
    for revision in found.first().map(|(order, _)| order.as_slice()).unwrap_or_default() {
        let references: Vec<Option<&ImageReference>> =
            found.iter().map(|(_, references)| references.get(revision)).collect();
        match references.iter().map(|reference| reference.cloned()).collect::<Option<Offer>>() {
            Some(offer) => whole.push(offer),
            None if whole.is_empty() && incomplete.is_none() => incomplete = lacking(case, &references),
            None => {}
        }
    }
    Ok(RevisionSearch { whole, incomplete })
}

/// The revisions of an image, newest tag first, and the tag of each.
fn revisions_of(
    case: &PromotionView<'_>,
    image: &ServiceImage,
) -> Result<(Vec<String>, Revisions), GateReason> {
    let mut references: Vec<ImageReference> =
        taken(case, image)?.into_iter().map(|tag| reference(image, tag)).collect();
    references.sort_by(|left, right| of(case, right).first_images_first(&of(case, left)));
    references.truncate(TAGS_MAX);
    // All are asked for at once, whichever of them is known.
    let described: Vec<Result<_, GateReason>> =
        references.iter().map(|reference| evidence::description(case, reference)).collect();
    let (mut order, mut revisions) = (Vec::new(), Revisions::new());
    for (reference, description) in references.into_iter().zip(described) {
        let Some(revision) = description?.and_then(|description| description.revision.clone()) else {
            continue;
        };
        if let Entry::Vacant(vacant) = revisions.entry(revision) {
            order.push(vacant.key().clone());
            vacant.insert(reference);
        }
    }
    Ok((order, revisions))
}

fn of(case: &PromotionView<'_>, reference: &ImageReference) -> crate::model::Order {
    case.order(std::slice::from_ref(reference))
}

fn lacking(case: &PromotionView<'_>, references: &[Option<&ImageReference>]) -> Option<GateReason> {
    let first = (*references.first()?)?;
    let is_newer = case.is_newer_than_running(std::slice::from_ref(first))
        || case.is_mixed_with_running(std::slice::from_ref(first));
    let images = case.service.images.iter().zip(references);
    let missing: Vec<ImageName> =
        images.filter(|(_, reference)| reference.is_none()).map(|(image, _)| image.name.clone()).collect();
    let release = first.tag.clone()?;
    is_newer.then(|| ArtifactReason::Incomplete { release, missing }.into())
}
