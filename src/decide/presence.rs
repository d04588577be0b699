//! Whether registries still have what is about to be promoted, and what runs.
//!
//! A tag or a digest that is gone makes a release wait: its pods could not pull it. Before a change is opened a response
//! of the last poll interval counts; before a merge only one of this very look. While a change waits, the listing of the
//! tags, which is read anyway, says when it is worth asking.

use std::collections::BTreeSet;

use super::need::Need;
use super::offers::listed;
use super::promotion_view::PromotionView;
use super::reason::{ArtifactReason, GateReason};
use crate::model::{Artifact, Basis, Fact, ImageReference, Presence, Release, Tag};

/// When the presence of a release is judged.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum EffectPhase {
    /// Right before a change with it is opened or takes it up.
    Opening,
    /// While a change with it waits.
    Waiting,
    /// Right before the bot merges it.
    Merging,
}

/// Why a release cannot be promoted because of what its registries lack; `None` if they have all of it. All that is not
/// known yet is named at once.
pub(super) fn missing(
    case: &PromotionView<'_>,
    release: &Release,
    moment: EffectPhase,
) -> Option<GateReason> {
    let reasons: Vec<GateReason> =
        release.artifacts().filter_map(|artifact| missing_of(case, artifact, moment)).collect();
    let is_gone = |reason: &&GateReason| matches!(reason, GateReason::Artifact(ArtifactReason::Gone { .. }));
    reasons.iter().find(is_gone).or(reasons.first()).cloned()
}

fn missing_of(case: &PromotionView<'_>, artifact: &Artifact, moment: EffectPhase) -> Option<GateReason> {
    let reference = asked_for(case, artifact);
    if moment == EffectPhase::Waiting && !is_denied(case, &reference) {
        return lost_behind_its_tag(case, artifact);
    }
    match case.facts.presence(&reference) {
        Some(Fact::Known { value, as_of }) if moment != EffectPhase::Merging || *as_of >= case.world.now => {
            gone(case, artifact, value)
        }
        Some(Fact::Unknown { .. }) if moment == EffectPhase::Waiting => None,
        Some(Fact::Unknown { why, .. }) => {
            Some(ArtifactReason::PresenceUnknown { tag: artifact.tag.clone(), why: why.to_string() }.into())
        }
        Some(Fact::Known { .. }) | None => {
            case.facts.need_all(questions(artifact, reference, moment));
            (moment != EffectPhase::Waiting).then_some(GateReason::NotObserved)
        }
    }
}

/// That a digest is gone whose tag is still listed: it was pushed anew with other content. A response that is an hour old
/// is enough, so that a change which waits costs one request an hour; before the merge the registry is asked anew.
fn lost_behind_its_tag(case: &PromotionView<'_>, artifact: &Artifact) -> Option<GateReason> {
    let reference =
        ImageReference { image: artifact.image.clone(), tag: None, digest: Some(artifact.digest.clone()) };
    match case.facts.running_presence(&reference) {
        Some(Fact::Known { value, .. }) => gone(case, artifact, value),
        Some(Fact::Unknown { .. }) => None,
        None => {
            case.facts.need(Need::RunningPresence(reference));
            None
        }
    }
}

/// What is asked about an artifact. Before a merge the tag is asked for as well, since it may have moved.
fn questions(artifact: &Artifact, reference: ImageReference, moment: EffectPhase) -> Vec<Need> {
    match moment {
        EffectPhase::Opening | EffectPhase::Waiting => vec![Need::Presence(reference)],
        EffectPhase::Merging if reference.tag.is_none() => vec![Need::PresenceNow(reference)],
        EffectPhase::Merging => {
            let present = Need::Present { image: artifact.image.clone(), tag: artifact.tag.clone() };
            vec![present, Need::PresenceNow(reference)]
        }
    }
}

/// Tag and digest; of a tag that is followed the digest alone, since the tag moves on.
fn asked_for(case: &PromotionView<'_>, artifact: &Artifact) -> ImageReference {
    let images = case.service.images.iter();
    let is_followed = images
        .filter(|image| image.name == artifact.image)
        .any(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    ImageReference {
        image: artifact.image.clone(),
        tag: (!is_followed).then(|| artifact.tag.clone()),
        digest: Some(artifact.digest.clone()),
    }
}

fn gone(case: &PromotionView<'_>, artifact: &Artifact, presence: &Presence) -> Option<GateReason> {
    let presence = match presence {
        Presence::Complete => return None,
        Presence::NoRepository
        | Presence::NoTag
        | Presence::TagWithoutManifest
        | Presence::NoManifest
        | Presence::Defective(_) => presence.clone(),
        // Another service may need more platforms of the same image.
        Presence::Incomplete(lost) => {
            let image = case.service.images.iter().find(|image| image.name == artifact.image)?;
            let needed = lost.iter().filter(|entry| entry.is_needed(&image.platforms)).cloned();
            let needed: BTreeSet<_> = needed.collect();
            if needed.is_empty() {
                return None;
            }
            Presence::Incomplete(needed)
        }
    };
    let Artifact { image, tag, digest } = artifact.clone();
    let change = case.open_change().map(|observed| observed.change.number);
    Some(ArtifactReason::Gone { image, tag, digest, presence, change }.into())
}

/// What runs at the target and is no longer in its registry.
pub(super) fn of_running(case: &PromotionView<'_>) -> Vec<GateReason> {
    let running = case.running().map(crate::model::Running::references).unwrap_or_default();
    let gone =
        running.into_iter().filter(|reference| is_off_the_list(case, reference)).filter_map(|written| {
            let reference = written.pulled();
            match case.facts.running_presence(&reference) {
                Some(Fact::Known { value: Presence::Complete, .. } | Fact::Unknown { .. }) => None,
                Some(Fact::Known { value: presence, .. }) => {
                    let presence = presence.clone();
                    Some(ArtifactReason::RunningGone { reference: written, presence }.into())
                }
                None => {
                    case.facts.need(Need::RunningPresence(reference));
                    None
                }
            }
        });
    gone.collect()
}

/// Whether the listing of all tags is known and lacks the tag.
fn is_denied(case: &PromotionView<'_>, reference: &ImageReference) -> bool {
    let lacks = |tags: &[Tag]| reference.tag.as_ref().is_some_and(|tag| !tags.contains(tag));
    case.policy.lists(&reference.image) && listed(case, &reference.image).is_ok_and(lacks)
}

/// Whether the listing of all tags does not say that what runs is there. What it names is not asked about, since that
/// would cost a request for each image that runs.
fn is_off_the_list(case: &PromotionView<'_>, reference: &ImageReference) -> bool {
    let is_only_pinned = reference.tag.is_none() || !case.policy.lists(&reference.image);
    is_denied(case, reference) || (is_only_pinned && reference.digest.is_some())
}
