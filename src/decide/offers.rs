//! What could come to a target: sets of one reference for each image of the service.

mod revisions;

use std::collections::BTreeSet;

use super::evidence;
use super::promotion_view::PromotionView;
use super::reason::{ArtifactReason, GateReason};
use crate::model::{
    Basis, Fact, ImageName, ImageReference, Landing, LandingStatus, ServiceImage, Tag, Together,
};

/// One reference for each image of the service, in their order; without digests where only a listing tells.
pub(super) type Offer = Vec<ImageReference>;

/// What could come here and is newer than what runs, newest first; only what a person asked for, where one did.
pub(super) fn offers(case: &PromotionView<'_>) -> Result<Vec<Offer>, GateReason> {
    if let Some(request) = case.request() {
        let offer = case.service.complete(request.images);
        let is_fit = |offer: &Offer| case.may_be_asked_for(offer);
        return Ok(offer.filter(is_fit).into_iter().collect());
    }
    if case.environment.after.environments.is_empty() {
        let offers = assembled(case)?;
        if offers.is_empty() {
            return Err(nothing_selected(case).unwrap_or(GateReason::NothingNewer));
        }
        return Ok(newer(case, offers));
    }
    Ok(newer(case, landed_before(case).collect()))
}

/// That no tag of an image is selected: of the first image for which that is so, else of the first one.
fn nothing_selected(case: &PromotionView<'_>) -> Option<GateReason> {
    let reason = |image: &ServiceImage| {
        let tags = listed(case, &image.name).ok()?;
        let nearest = image.selection.nearest_miss(tags).map(|(tag, why)| (tag.clone(), why));
        Some(GateReason::NothingSelected { image: image.name.clone(), tags: tags.len(), nearest })
    };
    let reasons: Vec<GateReason> = case.service.images.iter().filter_map(reason).collect();
    let is_explained =
        |reason: &&GateReason| matches!(reason, GateReason::NothingSelected { nearest: Some(_), .. });
    reasons.iter().find(is_explained).or(reasons.first()).cloned()
}

fn newer(case: &PromotionView<'_>, offers: Vec<Offer>) -> Vec<Offer> {
    let ordered = offers.into_iter().map(|offer| (case.order(&offer), offer));
    let mut ordered: Vec<_> = ordered.filter(|(order, _)| case.is_past_running(order)).collect();
    ordered.sort_by(|(left, _), (right, _)| right.first_images_first(left));
    let mut newer: Vec<Offer> = ordered.into_iter().map(|(_, offer)| offer).collect();
    newer.dedup();
    newer
}

/// What ever landed in an environment before and was not taken back.
fn landed_before(case: &PromotionView<'_>) -> impl Iterator<Item = Offer> {
    let before = &case.environment.after.environments;
    let landings = before.iter().flat_map(|name| case.history.landings(&case.sibling(name)));
    let stands = |landing: &&Landing| landing.standing == LandingStatus::Effective;
    landings.filter(stands).filter_map(|landing| case.service.complete(&landing.images))
}

/// The sets that the registry has whole and every selection takes.
fn assembled(case: &PromotionView<'_>) -> Result<Vec<Offer>, GateReason> {
    match case.service.together {
        Together::Independent => alone(case),
        Together::SameTag => of_same_tag(case),
        Together::SameRevision => Ok(revisions::offers(case)?.whole),
    }
}

/// Of a service with one image: each of its tags.
fn alone(case: &PromotionView<'_>) -> Result<Vec<Offer>, GateReason> {
    let Some(image) = case.service.images.first() else { return Ok(Vec::new()) };
    let tags = taken(case, image)?;
    Ok(tags.into_iter().map(|tag| of_one_tag(case, tag)).collect())
}

/// The tags that the selection of an image takes, newest first where names tell.
fn taken<'a>(case: &PromotionView<'a>, image: &'a ServiceImage) -> Result<Vec<&'a Tag>, GateReason> {
    match image.selection.basis() {
        Basis::Turn(tag) => Ok(vec![tag]),
        Basis::Tag => Ok(image.selection.newest_first(listed(case, &image.name)?)),
        Basis::Date => dated(case, image),
    }
}

/// The tags that have a date.
fn dated<'a>(case: &PromotionView<'a>, image: &'a ServiceImage) -> Result<Vec<&'a Tag>, GateReason> {
    let mut tags = image.selection.newest_first(listed(case, &image.name)?);
    let undated = evidence::undated(case, &image.name, &tags);
    tags.retain(|tag| undated.iter().all(|(other, _)| other != *tag));
    if tags.is_empty() && !undated.is_empty() {
        return Err(ArtifactReason::NoUsableDate { image: image.name.clone(), tags: undated }.into());
    }
    Ok(tags)
}

/// The tags of each image that are not compared by date although the selection takes them, where others are.
pub(super) fn not_compared(case: &PromotionView<'_>) -> impl Iterator<Item = GateReason> {
    let is_first = case.environment.after.environments.is_empty();
    let images =
        case.service.images.iter().filter(move |image| is_first && image.selection.basis() == Basis::Date);
    images.filter_map(|image| {
        let taken = image.selection.newest_first(listed(case, &image.name).ok()?);
        let tags = evidence::undated(case, &image.name, &taken);
        let is_worth_saying = !tags.is_empty() && tags.len() < taken.len();
        is_worth_saying.then(|| ArtifactReason::NotCompared { image: image.name.clone(), tags }.into())
    })
}

fn of_same_tag(case: &PromotionView<'_>) -> Result<Vec<Offer>, GateReason> {
    let Some((first, rest)) = case.service.images.split_first() else { return Ok(Vec::new()) };
    let mut tags = taken(case, first)?;
    for image in rest {
        let others: BTreeSet<&Tag> = taken(case, image)?.into_iter().collect();
        tags.retain(|tag| others.contains(tag));
    }
    Ok(tags.into_iter().map(|tag| of_one_tag(case, tag)).collect())
}

fn of_one_tag(case: &PromotionView<'_>, tag: &Tag) -> Offer {
    case.service.images.iter().map(|image| reference(image, tag)).collect()
}

fn reference(image: &ServiceImage, tag: &Tag) -> ImageReference {
    ImageReference { image: image.name.clone(), tag: Some(tag.clone()), digest: None }
}

/// What a person means by a version: the tag of the first image, and for the others what belongs to it.
pub(super) fn of_version(case: &PromotionView<'_>, version: &Tag) -> Result<Option<Offer>, GateReason> {
    let is_it = |offer: &Offer| offer.first().is_some_and(|first| first.tag.as_ref() == Some(version));
    if !case.environment.after.environments.is_empty() {
        return Ok(landed_before(case).filter(is_it).last());
    }
    if case.service.together == Together::SameRevision {
        return Ok(assembled(case)?.into_iter().find(is_it));
    }
    for image in &case.service.images {
        let is_followed = image.selection.basis() == Basis::Turn(version);
        if !is_followed && !listed(case, &image.name)?.contains(version) {
            return Ok(None);
        }
    }
    Ok(Some(of_one_tag(case, version)))
}

/// The newest set that is not whole yet, though newer than what runs.
pub(super) fn incomplete(case: &PromotionView<'_>) -> Option<GateReason> {
    if !case.environment.after.environments.is_empty() {
        return None;
    }
    match case.service.together {
        Together::Independent => None,
        Together::SameTag => lacking_tag(case),
        Together::SameRevision => revisions::offers(case).ok()?.incomplete,
    }
}

fn lacking_tag(case: &PromotionView<'_>) -> Option<GateReason> {
    let (first, _) = case.service.images.split_first()?;
    let of = |image: &ServiceImage| listed(case, &image.name).ok().map(|tags| tags.iter().collect());
    let listings: Vec<BTreeSet<&Tag>> = case.service.images.iter().map(of).collect::<Option<_>>()?;
    let all: BTreeSet<&Tag> = listings.iter().flatten().copied().collect();
    let newest = first.selection.newest_first(all).into_iter().next()?;
    let missing = case.service.images.iter().zip(&listings).filter(|(_, tags)| !tags.contains(newest));
    let missing: Vec<ImageName> = missing.map(|(image, _)| image.name.clone()).collect();
    let is_newer = case.is_newer_than_running(&of_one_tag(case, newest));
    (is_newer && !missing.is_empty())
        .then(|| ArtifactReason::Incomplete { release: newest.clone(), missing }.into())
}

/// Something that is newer in one image and older in another, which only a person can want.
pub(super) fn mixed(case: &PromotionView<'_>) -> Option<GateReason> {
    if case.service.images.len() < 2 {
        return None;
    }
    let offers = if case.environment.after.environments.is_empty() {
        assembled(case).ok()?
    } else {
        landed_before(case).collect()
    };
    let running = case.order_running();
    let mixed = offers.into_iter().find(|offer| case.order(offer).is_mixed_with(&running))?;
    let release = mixed.first()?.tag.clone()?;
    let (environment, write_on) = (case.environment.name.clone(), case.takes_requests());
    Some(ArtifactReason::Mixed { release, environment, write_on }.into())
}

/// The tags of an image.
pub(super) fn listed<'a>(case: &PromotionView<'a>, image: &ImageName) -> Result<&'a [Tag], GateReason> {
    match case.facts.listing(image) {
        None => Err(GateReason::NotObserved),
        Some(Fact::Unknown { why, .. }) => Err(GateReason::TagsUnknown { why: why.to_string() }),
        Some(Fact::Known { value, .. }) => Ok(value),
    }
}
