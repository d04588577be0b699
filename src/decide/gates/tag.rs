//! The tags of a release, and what they point to.
//!
//! A release whose tag or digest is no longer in its registry waits, before it is opened and before it is merged.
//!
//! A tag that moved after it was chosen is an incident: it is noted in the log, and approvals given before do not count.
//! A release pins digests, so what is merged is what was chosen. But a tag that moves says that somebody pushed anew what
//! people take for the same. It is looked at right before the bot merges, which costs one request for each image.

use std::collections::BTreeSet;

use super::tag_moves;
use crate::decide::need::Need;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::presence::{self, EffectPhase};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ArtifactReason, GateReason};
use crate::decide::record_now;
use crate::model::{
    Artifact, Digest, Event, Fact, ImageReference, Presence, Record, Release, Running, WriteMode,
};

/// What the tags of a release point to right before it is merged. `None` if all of them are followed, so that they are
/// meant to move.
pub(super) fn judge(
    case: &PromotionView<'_>,
    release: &Release,
    needs: &mut BTreeSet<Need>,
) -> Option<GateReport> {
    if tag_moves::follows(case) {
        return None;
    }
    // All are asked for at once.
    let found: Vec<Option<GateReason>> =
        release.artifacts().map(|artifact| moved(case, artifact, needs)).collect();
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
    needs: &mut BTreeSet<Need>,
) -> Option<GateReport> {
    presence::missing(case, release, moment, needs).map(|reason| report(Verdict::Wait, reason))
}

/// Where only the tag is written: waits while one is known to point to something else than what was chosen. It costs no
/// request of its own beside a poll, so that a change which a person merges shows it too.
pub(super) fn written(
    case: &PromotionView<'_>,
    release: &Release,
    needs: &mut BTreeSet<Need>,
) -> Option<GateReport> {
    let keys = release.artifacts().map(|artifact| (artifact.image.clone(), artifact.tag.clone()));
    let lacking = keys.filter(|key| !case.world.digests.contains_key(key));
    needs.extend(lacking.map(|(image, tag)| Need::Digest { image, tag }));
    let mut moved = release.artifacts().filter_map(|artifact| {
        let to = known_elsewhere(case, artifact)?.clone();
        Some(ArtifactReason::WrittenTagMoved { tag: artifact.tag.clone(), from: artifact.digest.clone(), to })
    });
    let reason = moved.next()?.into();
    Some(report(Verdict::Wait, reason))
}

/// What the tag of an artifact is known to point to, where that is something else; what was asked for right before a
/// merge counts before what a poll said.
fn known_elsewhere<'a>(case: &PromotionView<'a>, artifact: &Artifact) -> Option<&'a Digest> {
    let key = (artifact.image.clone(), artifact.tag.clone());
    let polled = || match case.service.writing.mode {
        WriteMode::Digest => None,
        WriteMode::Tag => case.world.digests.get(&key),
    };
    match case.world.present.get(&key).or_else(polled)? {
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
fn moved(case: &PromotionView<'_>, artifact: &Artifact, needs: &mut BTreeSet<Need>) -> Option<GateReason> {
    let Artifact { image, tag, digest } = artifact.clone();
    match case.world.present.get(&(image.clone(), tag.clone())) {
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
            needs.insert(Need::Present { image, tag });
            Some(GateReason::NotObserved)
        }
    }
}

/// The tags of what landed last, where only tags are written and one points to something else now: (artifact as it
/// landed, what its tag points to). Only what is known counts.
fn moved_while_running<'a>(case: &PromotionView<'a>) -> Vec<(Artifact, &'a Digest)> {
    let last = case.history.last_landing(&case.target);
    let running = case.running().map(Running::references).unwrap_or_default();
    let landed = last.filter(|_| case.service.writing.mode == WriteMode::Tag);
    let images = landed.iter().flat_map(|landing| &landing.images);
    let moved = images.filter_map(|landed| {
        let (tag, digest) = (landed.tag.clone()?, landed.digest.clone()?);
        let by_tag = ImageReference { digest: None, ..landed.clone() };
        let Fact::Known { value: Some(present), .. } =
            case.world.digests.get(&(landed.image.clone(), tag.clone()))?
        else {
            return None;
        };
        let has_moved = running.contains(&by_tag) && *present != digest;
        has_moved.then(|| (Artifact { image: landed.image.clone(), tag, digest }, present))
    });
    moved.collect()
}

/// What is said of tags that moved after they landed.
pub(in crate::decide) fn running_notes(case: &PromotionView<'_>) -> Vec<GateReason> {
    let moved = moved_while_running(case).into_iter();
    let reason = |(artifact, to): (Artifact, &Digest)| ArtifactReason::RunningTagMoved {
        tag: artifact.tag,
        from: artifact.digest,
        to: to.clone(),
    };
    moved.map(|moved| reason(moved).into()).collect()
}

/// Asks what the tags point to that are all that is written of what runs.
pub(in crate::decide) fn watch_running(case: &PromotionView<'_>, needs: &mut BTreeSet<Need>) {
    let running = case.running().filter(|_| case.service.writing.mode == WriteMode::Tag);
    let references = running.map(Running::references).unwrap_or_default();
    let unknown = references.into_iter().filter(|reference| reference.digest.is_none());
    let keys = unknown.filter_map(|reference| Some((reference.image, reference.tag?)));
    let lacking = keys.filter(|key| !case.world.digests.contains_key(key));
    needs.extend(lacking.map(|(image, tag)| Need::Digest { image, tag }));
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
    let moved = release.artifacts().filter_map(|artifact| {
        let to = known_elsewhere(case, artifact)?.clone();
        let (image, tag, from) = (artifact.image.clone(), artifact.tag.clone(), artifact.digest.clone());
        Some(record_now(case.world, Event::TagMoved { image, tag, from, to }))
    });
    moved.collect()
}
