//! The tags of a release, and what they point to.
//!
//! A release whose tag or digest is no longer in its registry waits, before it is opened and before it is merged.
//!
//! A tag that moved after it was chosen is an incident: it is noted in the log, and approvals given before do not count.
//! A release pins digests, so what is merged is what was chosen. But a tag that moves says that somebody pushed anew what
//! people take for the same. It is looked at right before the bot merges, which costs one request for each image.

use super::tag_moves;
use crate::decide::need::Need;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::presence::{self, EffectPhase};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ArtifactReason, GateReason, TagMismatch};
use crate::decide::record_now;
use crate::model::{
    Artifact, Digest, Event, Fact, ImageReference, Origin, Presence, Record, Release, Running,
    ServiceEnvironment, WriteMode,
};

/// What the tags of a release point to right before it is merged. `None` if all of them are followed, so that they are
/// meant to move.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    if tag_moves::follows(case) {
        return None;
    }
    // All are asked for at once.
    let found: Vec<Option<GateReason>> = release.artifacts().map(|artifact| moved(case, artifact)).collect();
    Some(match found.into_iter().flatten().next() {
        None => report(Verdict::Pass, ArtifactReason::TagsStay.into()),
        Some(reason) => report(Verdict::Wait, reason),
    })
}

/// Why a release waits because its registries lack it or a part of it. `None` if nothing is known to be missing.
pub(super) fn missing(
    case: &PromotionView<'_>,
    release: &Release,
    moment: EffectPhase,
) -> Option<GateReport> {
    presence::missing(case, release, moment).map(|reason| report(Verdict::Wait, reason))
}

/// Where only the tag is written: waits while one is known to point to something else than what was chosen. It costs no
/// request of its own beside a poll, so that a change which a person merges shows it too.
pub(super) fn written(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    let keys = release.artifacts().map(|artifact| (artifact.image.clone(), artifact.tag.clone()));
    let lacking = keys.filter(|(image, tag)| case.facts.digest(image, tag).is_none());
    case.facts.need_all(lacking.map(|(image, tag)| Need::Digest { image, tag }));
    let mut moved = release.artifacts().filter_map(|artifact| {
        let to = known_elsewhere(case, artifact)?.clone();
        Some(ArtifactReason::WrittenTagMoved { tag: artifact.tag.clone(), from: artifact.digest.clone(), to })
    });
    let reason = moved.next()?.into();
    Some(report(Verdict::Wait, reason))
}

/// Waits while the files of an environment write a tag beside the digest of another one, so that the registry has another
/// digest for the tag than is promoted. Only what no change of Towpath brought is checked: Towpath takes the digest from the registry.
pub(super) fn mismatched(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    let unverified: Vec<&Artifact> =
        release.artifacts().filter(|artifact| is_unverified(case, artifact)).collect();
    unverified.iter().for_each(|artifact| verify(case, artifact));
    let mismatched = unverified.iter().find_map(|artifact| mismatch(case, artifact));
    let reason = mismatched.or_else(|| unverified.iter().find_map(|artifact| unknown(case, artifact)))?;
    Some(report(Verdict::Wait, reason))
}

/// Why it is not known whether the tag of an artifact has its digest. A tag that the registry does not have is the matter of
/// [`missing`].
fn unknown(case: &PromotionView<'_>, artifact: &Artifact) -> Option<GateReason> {
    let Artifact { image, tag, .. } = artifact.clone();
    match case.facts.digest(&image, &tag) {
        None => Some(GateReason::NotObserved),
        Some(Fact::Unknown { why, .. }) => Some(GateReason::DigestUnknown { tag, why: why.to_string() }),
        Some(Fact::Known { .. }) => None,
    }
}

/// Whether an artifact has landed in an environment of the service, but never by a change of Towpath. Images whose tag is
/// followed do not count: their tag is meant to move.
fn is_unverified(case: &PromotionView<'_>, artifact: &Artifact) -> bool {
    let is_followed = tag_moves::follows_image(case, &artifact.image);
    let reference = Release::of(artifact.clone()).references();
    let origins = case.pipeline().environments.iter().flat_map(|environment| {
        let (service, environment) = (case.service.name.clone(), environment.name.clone());
        let landings = case.history.landings(&ServiceEnvironment { service, environment }).iter();
        let reference = &reference;
        landings
            .filter(move |own| reference.iter().all(|one| own.images.contains(one)))
            .map(|own| &own.origin)
    });
    let origins: Vec<&Origin> = origins.collect();
    let is_brought = origins.iter().any(|origin| matches!(origin, Origin::Change(_) | Origin::Altered(_)));
    !is_followed && !origins.is_empty() && !is_brought
}

/// Asks what the registry has for the tag of an artifact: once, and again while that is another digest.
fn verify(case: &PromotionView<'_>, artifact: &Artifact) {
    let (image, tag) = (artifact.image.clone(), artifact.tag.clone());
    if case.facts.digest(&image, &tag).is_none() {
        case.facts.need(Need::Digest { image, tag });
    } else if mismatch(case, artifact).is_some() && case.facts.present(&image, &tag).is_none() {
        case.facts.need(Need::Present { image, tag });
    }
}

/// What runs by a tag and a digest that no change of Towpath brought.
fn written_unverified(case: &PromotionView<'_>) -> Vec<Artifact> {
    let running = case.running().map(Running::references).unwrap_or_default().into_iter();
    let written = running.filter_map(|ImageReference { image, tag, digest }| {
        Some(Artifact { image, tag: tag?, digest: digest? })
    });
    written.filter(|artifact| is_unverified(case, artifact)).collect()
}

/// That the registry is known to have another digest for a tag than the files write beside it.
fn mismatch(case: &PromotionView<'_>, artifact: &Artifact) -> Option<GateReason> {
    let Artifact { image, tag, digest } = artifact.clone();
    let known = |fact: Option<&Fact<Option<Digest>>>| fact.and_then(Fact::value).cloned().flatten();
    // What a poll said stays proven while the registry does not respond.
    let present =
        known(case.facts.present(&image, &tag)).or_else(|| known(case.facts.digest(&image, &tag)))?;
    if present == digest {
        return None;
    }
    let is_of_digest = |fact: &Fact<Option<Digest>>| fact.value().and_then(Option::as_ref) == Some(&digest);
    let mut others = case.facts.digests_of(&artifact.image);
    let named = others.find(|(_, fact)| is_of_digest(fact)).map(|(tag, _)| tag.clone());
    Some(ArtifactReason::TagMismatch(TagMismatch { tag, written: digest, present, named }).into())
}

/// What the tag of an artifact is known to point to, where that is something else; what was asked for right before a
/// merge counts before what a poll said.
fn known_elsewhere<'a>(case: &PromotionView<'a>, artifact: &Artifact) -> Option<&'a Digest> {
    let Artifact { image, tag, .. } = artifact;
    let polled = || match case.service.writing.mode {
        WriteMode::Digest => None,
        WriteMode::Tag => case.facts.digest(image, tag),
    };
    match case.facts.present(image, tag).or_else(polled)? {
        Fact::Known { value, .. } => value.as_ref().filter(|present| **present != artifact.digest),
        Fact::Unknown { .. } => None,
    }
}

/// What is in the log about a tag of the release: it costs no request, and does not stop what is approved anew.
pub(in crate::decide) fn noted(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    let moved = case.history.moved_tag(release)?;
    let (tag, from, to) = (moved.tag.clone(), moved.from.clone(), moved.to.clone());
    Some(report(Verdict::Pass, ArtifactReason::TagMoved { tag, from, to }.into()))
}

const fn report(verdict: Verdict, reason: GateReason) -> GateReport {
    GateReport { gate: GateName::Tag, verdict, until: None, reason }
}

/// Why the tag of an artifact is not known to point to it.
fn moved(case: &PromotionView<'_>, artifact: &Artifact) -> Option<GateReason> {
    let Artifact { image, tag, digest } = artifact.clone();
    match case.facts.present(&image, &tag) {
        Some(Fact::Known { value: Some(present), .. }) if *present == digest => None,
        Some(Fact::Known { value: Some(present), .. }) => {
            let (from, to) = (digest, present.clone());
            Some(match case.service.writing.mode {
                WriteMode::Digest => ArtifactReason::TagMoved { tag, from, to }.into(),
                WriteMode::Tag => ArtifactReason::WrittenTagMoved { tag, from, to }.into(),
            })
        }
        Some(Fact::Known { value: None, .. }) => {
            let change = case.open_change().map(|observed| observed.change.number);
            Some(ArtifactReason::Gone { image, tag, digest, presence: Presence::NoTag, change }.into())
        }
        Some(Fact::Unknown { why, .. }) => Some(GateReason::DigestUnknown { tag, why: why.to_string() }),
        None => {
            case.facts.need(Need::Present { image, tag });
            Some(GateReason::NotObserved)
        }
    }
}

/// The tags of what landed last, where the files hold only the tag and it points to something else now: (artifact as it
/// landed, what its tag points to). Only what is known counts.
fn moved_while_running<'a>(case: &PromotionView<'a>) -> Vec<(Artifact, &'a Digest)> {
    let moved = landed_by_tag(case).into_iter().filter_map(|artifact| {
        let running = case.facts.running_digest(&artifact.image, &artifact.tag)?;
        let present = running.value()?.as_ref()?;
        (*present != artifact.digest).then_some((artifact, present))
    });
    moved.collect()
}

/// What landed last and is written by its tag alone, since the service says so or the files have no place for a digest.
/// Without what is followed, whose tag is meant to move.
fn landed_by_tag(case: &PromotionView<'_>) -> Vec<Artifact> {
    let running = case.running().map(Running::references).unwrap_or_default();
    let images = case.history.last_landing(&case.target).into_iter().flat_map(|landing| &landing.images);
    let artifacts = images.filter_map(|landed| {
        let (tag, digest) = (landed.tag.clone()?, landed.digest.clone()?);
        let by_tag = ImageReference { digest: None, ..landed.clone() };
        let is_by_tag = running.contains(&by_tag) && !tag_moves::follows_image(case, &landed.image);
        is_by_tag.then(|| Artifact { image: landed.image.clone(), tag, digest })
    });
    artifacts.collect()
}

/// What is said of tags that moved after they landed.
pub(in crate::decide) fn running_notes(case: &PromotionView<'_>) -> Vec<GateReason> {
    let written = written_unverified(case);
    let mismatched: Vec<GateReason> =
        written.iter().filter_map(|artifact| mismatch(case, artifact)).collect();
    let moved = moved_while_running(case).into_iter();
    let reason = |(artifact, to): (Artifact, &Digest)| ArtifactReason::RunningTagMoved {
        tag: artifact.tag,
        from: artifact.digest,
        to: to.clone(),
    };
    moved.map(|moved| reason(moved).into()).chain(mismatched).collect()
}

/// Asks what the tags point to that are all that is written of what landed.
pub(in crate::decide) fn watch_running(case: &PromotionView<'_>) {
    let keys = landed_by_tag(case).into_iter().map(|artifact| (artifact.image, artifact.tag));
    let lacking = keys.filter(|(image, tag)| case.facts.running_digest(image, tag).is_none());
    case.facts.need_all(lacking.map(|(image, tag)| Need::RunningDigest { image, tag }));
    for artifact in written_unverified(case) {
        verify(case, &artifact);
    }
}

/// What the log lacks about tags that moved after they landed.
pub(in crate::decide) fn unrecorded_while_running(case: &PromotionView<'_>) -> Vec<Record> {
    let is_new = |(artifact, to): &(Artifact, &Digest)| {
        let known = case.history.moved_tag(&Release::of(artifact.clone()));
        let is_noted = known.is_some_and(|known| known.to == **to);
        !is_noted && tag_moves::unstable_until(case, &artifact.image, &artifact.tag).is_none()
    };
    let event = |(artifact, to): (Artifact, &Digest)| Event::TagMoved {
        image: artifact.image,
        tag: artifact.tag,
        from: artifact.digest,
        to: to.clone(),
    };
    let moved = moved_while_running(case).into_iter().filter(is_new);
    moved.map(|moved| record_now(case.world, event(moved))).collect()
}

/// What the log lacks about the tags of a release that is in an open change.
pub(in crate::decide) fn unrecorded(case: &PromotionView<'_>) -> Vec<Record> {
    let Some(release) =
        case.open_change().filter(|change| change.is_ours()).and_then(|change| case.release_of(change))
    else {
        return Vec::new();
    };
    if case.history.moved_tag(&release).is_some() {
        return Vec::new();
    }
    let verified = release.artifacts().filter(|artifact| !is_unverified(case, artifact));
    let moved = verified.filter_map(|artifact| {
        let to = known_elsewhere(case, artifact)?.clone();
        let (image, tag, from) = (artifact.image.clone(), artifact.tag.clone(), artifact.digest.clone());
        Some(record_now(case.world, Event::TagMoved { image, tag, from, to }))
    });
    moved.collect()
}
