//! What is known of artifacts beyond their tags, and the order that follows from it.
//!
//! Evidence is what orders artifacts beyond their tags: dates, revisions, the sequence in which a tag pointed to them.
//! While some of it is missing, an environment is not judged at all, because without an order a downgrade cannot be
//! recognised. Only a tag without a usable response is left out, if the listing could be read and other tags have
//! dates.

use std::sync::Arc;

use chrono::TimeDelta;

use super::need::Need;
use super::promotion_view::PromotionView;
use super::reason::{ArtifactReason, GateReason, Undated};
use crate::model::{
    Basis, Description, Digest, Fact, ImageName, ImageReference, Order, Rank, ServiceImage, Tag, Time,
};

/// How many tags are compared by the dates of their artifacts; each costs three requests, once.
pub const DATED_TAGS_MAX: usize = 100;
/// How far the clock of a build may be ahead of ours.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::days(1);
/// How many landings of a target are compared by date, the last ones.
const DATED_LANDINGS_MAX: usize = 50;

/// How far some references are in the order of the selection of each image of the service.
pub(super) fn order(case: &PromotionView<'_>, references: &[ImageReference]) -> Order {
    let rank = |image: &ServiceImage| {
        rank(case, image, references.iter().find(|reference| reference.image == image.name)?)
    };
    Order::new(case.service.images.iter().map(rank).collect())
}

fn rank(case: &PromotionView<'_>, image: &ServiceImage, reference: &ImageReference) -> Option<Rank> {
    let tag = reference.tag.as_ref()?;
    match image.selection.basis() {
        Basis::Tag => image.selection.order(tag),
        Basis::Date => {
            let digest = known_digest(case, reference)?;
            Some(Rank::made(known_date(case, &image.name, digest)?, tag.clone()))
        }
        Basis::Turn(followed) => {
            let turn = turn(case, &image.name, followed, known_digest(case, reference)?)?;
            Some(Rank::turn(turn, followed.clone()))
        }
    }
}

/// What the tag points to now comes last; what landed in a first environment came in that turn.
fn turn(case: &PromotionView<'_>, image: &ImageName, followed: &Tag, digest: &Digest) -> Option<usize> {
    let present = ImageReference { image: image.clone(), tag: Some(followed.clone()), digest: None };
    if known_digest(case, &present) == Some(digest) {
        return Some(usize::MAX);
    }
    let firsts = case.pipeline().environments.iter().filter(|one| one.after.environments.is_empty());
    let landings = firsts.flat_map(|first| case.history.landings(&case.sibling(&first.name)));
    let is_it =
        |reference: &ImageReference| reference.image == *image && reference.digest.as_ref() == Some(digest);
    landings.filter(|landing| landing.images.iter().any(is_it)).map(|landing| landing.order).max()
}

fn known_digest<'a>(case: &PromotionView<'a>, reference: &'a ImageReference) -> Option<&'a Digest> {
    reference.digest.as_ref().or_else(|| {
        match case.facts.digest(&reference.image, reference.tag.as_ref()?)? {
            Fact::Known { value, .. } => value.as_ref(),
            Fact::Unknown { .. } => None,
        }
    })
}

fn known_date(case: &PromotionView<'_>, image: &ImageName, digest: &Digest) -> Option<Time> {
    match case.facts.description(image, digest)? {
        Fact::Known { value, .. } => date_of(value.as_ref(), case.world.now).ok(),
        Fact::Unknown { .. } => None,
    }
}

/// When an artifact was made.
///
/// # Errors
/// Why it has no date that can be compared.
pub fn date_of(description: Option<&Description>, now: Time) -> Result<Time, Undated> {
    let Some(description) = description else { return Err(Undated::NoManifest) };
    if let Some(defect) = &description.defect {
        return Err(Undated::Defect(defect.clone()));
    }
    let stated = description.created.ok_or(Undated::NoDate)?;
    let made = description.made().ok_or(Undated::Placeholder(stated))?;
    let is_ahead = now.checked_add_signed(CLOCKS_DIFFER_MAX).is_some_and(|latest| made > latest);
    // Else one build with a wrong clock would be the newest for ever.
    if is_ahead { Err(Undated::Future(made)) } else { Ok(made) }
}

/// The tags that were looked at and have no date, each with the reason.
pub(super) fn undated(case: &PromotionView<'_>, image: &ImageName, tags: &[&Tag]) -> Vec<(Tag, Undated)> {
    let found: Vec<_> = tags.iter().filter_map(|tag| Some((*tag, date_of_tag(case, image, tag)?))).collect();
    let are_unread_left_out = answers_for_some(case, image, found.iter().map(|(_, date)| date));
    let is_certain = |why: &Undated| are_unread_left_out || !matches!(why, Undated::Unread(_));
    let undated = found.into_iter().filter_map(|(tag, date)| Some((tag.clone(), date.err()?)));
    undated.filter(|(_, why)| is_certain(why)).collect()
}

/// Whether a registry that gives no usable response for some tags of an image gives one for others, so that it does not
/// fail as a whole. Then these tags are left out, or one of them would stop all others.
fn answers_for_some<'a>(
    case: &PromotionView<'_>,
    image: &ImageName,
    mut dates: impl Iterator<Item = &'a Result<Time, Undated>>,
) -> bool {
    case.facts.answers(image) && dates.any(Result::is_ok)
}

/// When the artifact of a tag was made, or why that is not known; `None` if it was not looked at.
fn date_of_tag(case: &PromotionView<'_>, image: &ImageName, tag: &Tag) -> Option<Result<Time, Undated>> {
    let unread = |why: &Arc<str>| Some(Err(Undated::Unread(why.to_string())));
    let digest = match case.facts.digest(image, tag)? {
        Fact::Known { value: Some(digest), .. } => digest,
        Fact::Known { value: None, .. } => return Some(Err(Undated::NoManifest)),
        Fact::Unknown { why, .. } => return unread(why),
    };
    match case.facts.description(image, digest)? {
        Fact::Known { value, .. } => Some(date_of(value.as_ref(), case.world.now)),
        Fact::Unknown { why, .. } => unread(why),
    }
}

/// What an artifact says about itself; nothing where it is gone.
pub(super) fn description<'a>(
    case: &PromotionView<'a>,
    reference: &ImageReference,
) -> Result<Option<&'a Description>, GateReason> {
    let Some(digest) = digest(case, reference)? else { return Ok(None) };
    match case.facts.description(&reference.image, &digest) {
        Some(Fact::Known { value, .. }) => Ok(value.as_ref()),
        Some(Fact::Unknown { why, .. }) => {
            let (artifact, why) = (reference.clone(), why.to_string());
            Err(ArtifactReason::DescriptionUnknown { artifact, why }.into())
        }
        None => {
            case.facts.need(Need::Description { image: reference.image.clone(), digest });
            Err(GateReason::NotObserved)
        }
    }
}

/// The digest of a reference; nothing where its tag is gone from the registry, or it names nothing.
pub(super) fn digest(
    case: &PromotionView<'_>,
    reference: &ImageReference,
) -> Result<Option<Digest>, GateReason> {
    if let Some(digest) = &reference.digest {
        return Ok(Some(digest.clone()));
    }
    let Some(tag) = &reference.tag else { return Ok(None) };
    // What was seen just now is newer than what was kept.
    if let Some(Fact::Known { value: Some(present), .. }) = case.facts.present(&reference.image, tag) {
        return Ok(Some(present.clone()));
    }
    match case.facts.digest(&reference.image, tag) {
        Some(Fact::Known { value, .. }) => Ok(value.clone()),
        Some(Fact::Unknown { why, .. }) => {
            Err(GateReason::DigestUnknown { tag: tag.clone(), why: why.to_string() })
        }
        None => {
            case.facts.need(Need::Digest { image: reference.image.clone(), tag: tag.clone() });
            Err(GateReason::NotObserved)
        }
    }
}

/// Why the order of what bears on a target is not known yet; all that is missing is asked for at once.
pub(super) fn lacking(case: &PromotionView<'_>) -> Option<GateReason> {
    let reasons: Vec<GateReason> = case
        .service
        .images
        .iter()
        .flat_map(|image| match image.selection.basis() {
            Basis::Tag => Vec::new(),
            Basis::Date => dates_lacking(case, image),
            Basis::Turn(tag) => turn_lacking(case, image, tag).into_iter().collect(),
        })
        .collect();
    // What somebody has to mend says more than that something is still to be looked at.
    let trouble = reasons.iter().find(|reason| reason.is_trouble());
    trouble.or(reasons.first()).cloned()
}

fn turn_lacking(case: &PromotionView<'_>, image: &ServiceImage, tag: &Tag) -> Option<GateReason> {
    let present = ImageReference { image: image.name.clone(), tag: Some(tag.clone()), digest: None };
    match digest(case, &present) {
        Ok(Some(_)) => None,
        Ok(None) => Some(ArtifactReason::TagAbsent { image: image.name.clone(), tag: tag.clone() }.into()),
        Err(reason) => Some(reason),
    }
}

fn dates_lacking(case: &PromotionView<'_>, image: &ServiceImage) -> Vec<GateReason> {
    let tags = match super::offers::listed(case, &image.name) {
        Ok(tags) => image.selection.newest_first(tags),
        Err(reason) => return vec![reason],
    };
    if tags.len() > DATED_TAGS_MAX {
        let reason = ArtifactReason::TooManyToDate {
            image: image.name.clone(),
            tags: tags.len(),
            max: DATED_TAGS_MAX,
        };
        return vec![reason.into()];
    }
    let left_out = undated(case, &image.name, &tags);
    let is_left_out = |tag: &Tag| left_out.iter().any(|(other, _)| other == tag);
    let listed = tags.into_iter().map(|tag| ImageReference {
        image: image.name.clone(),
        tag: Some(tag.clone()),
        digest: None,
    });
    let listed: Vec<_> = listed.map(|reference| (description(case, &reference).err(), reference)).collect();
    let listed = listed.into_iter().filter(|(_, own)| !own.tag.as_ref().is_some_and(is_left_out));
    let seen: Vec<_> = seen(case).filter(|reference| reference.image == image.name).collect();
    let seen = seen.iter().map(|reference| description(case, reference).err());
    listed.map(|(reason, _)| reason).chain(seen).flatten().collect()
}

/// What runs at the target, and what landed last there and in the environments before.
fn seen(case: &PromotionView<'_>) -> impl Iterator<Item = ImageReference> {
    let before = case.environment.after.environments.iter().map(|name| case.sibling(name));
    let targets = before.chain([case.target.clone()]);
    let landings = targets.flat_map(|target| {
        let landings = case.history.landings(&target).iter().rev().take(DATED_LANDINGS_MAX);
        landings.flat_map(|landing| landing.images.clone()).collect::<Vec<_>>()
    });
    let running = case.running().map(crate::model::Running::references).unwrap_or_default();
    landings.chain(running)
}
