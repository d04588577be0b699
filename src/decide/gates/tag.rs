//! The tags of a release, and what they point to.
//!
//! A release whose tag or digest is no longer in its registry waits, before it is opened and before it is merged.
//!
//! A tag that moved after it was chosen is an incident: it is noted in the log, and approvals given before do not count.
//! A release pins digests, so what is merged is what was chosen. But a tag that moves says that somebody pushed anew what
//! people take for the same. It is looked at right before the bot merges, which costs one request for each image.

use std::collections::BTreeSet;

use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Need, Verdict};
use crate::decide::presence::{self, Moment};
use crate::decide::reason::{ArtifactReason, Reason};
use crate::decide::record_now;
use crate::model::{Artifact, Basis, Event, Fact, Presence, Record, Release};

/// What the tags of a release point to right before it is merged. `None` if all of them are followed, so that they are
/// meant to move.
pub(super) fn judge(case: &Case<'_>, release: &Release, needs: &mut BTreeSet<Need>) -> Option<GateReport> {
    let follows = case.service.images.iter().all(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    if follows {
        return None;
    }
    // All are asked for at once.
    let found: Vec<Option<Reason>> =
        release.artifacts().map(|artifact| moved(case, artifact, needs)).collect();
    Some(match found.into_iter().flatten().next() {
        None => report(Verdict::Pass, ArtifactReason::TagsStay.into()),
        Some(reason) => report(Verdict::Wait, reason),
    })
}

/// Why a release waits because its registries lack it or a part of it. `None` if nothing is known to be missing.
pub(super) fn missing(
    case: &Case<'_>,
    release: &Release,
    moment: Moment,
    needs: &mut BTreeSet<Need>,
) -> Option<GateReport> {
    presence::missing(case, release, moment, needs).map(|reason| report(Verdict::Wait, reason))
}

/// What is in the log about a tag of the release: it costs no request, and does not stop what is approved anew.
pub(super) fn noted(case: &Case<'_>, release: &Release) -> Option<GateReport> {
    let moved = case.history.moved_tag(release)?;
    let (tag, from, to) = (moved.tag.clone(), moved.from.clone(), moved.to.clone());
    Some(report(Verdict::Pass, ArtifactReason::TagMoved { tag, from, to }.into()))
}

const fn report(verdict: Verdict, reason: Reason) -> GateReport {
    GateReport { gate: GateName::Tag, verdict, until: None, reason }
}

/// Why the tag of an artifact is not known to point to it.
fn moved(case: &Case<'_>, artifact: &Artifact, needs: &mut BTreeSet<Need>) -> Option<Reason> {
    let Artifact { image, tag, digest } = artifact.clone();
    match case.world.present.get(&(image.clone(), tag.clone())) {
        Some(Fact::Known { value: Some(present), .. }) if *present == digest => None,
        Some(Fact::Known { value: Some(present), .. }) => {
            Some(ArtifactReason::TagMoved { tag, from: digest, to: present.clone() }.into())
        }
        Some(Fact::Known { value: None, .. }) => {
            Some(ArtifactReason::Gone { image, tag, digest, presence: Presence::NoTag }.into())
        }
        Some(Fact::Unknown { why, .. }) => Some(Reason::DigestUnknown { tag, why: why.to_string() }),
        None => {
            needs.insert(Need::Present { image, tag });
            Some(Reason::NotObserved)
        }
    }
}

/// What the log lacks about the tags of a release that is in an open change.
pub(in crate::decide) fn unrecorded(case: &Case<'_>) -> Vec<Record> {
    let Some(release) =
        case.open_change().filter(|change| change.is_ours()).and_then(|change| case.release_of(change))
    else {
        return Vec::new();
    };
    if case.history.moved_tag(&release).is_some() {
        return Vec::new();
    }
    let moved = release.artifacts().filter_map(|artifact| {
        let key = (artifact.image.clone(), artifact.tag.clone());
        let to = match case.world.present.get(&key)? {
            Fact::Known { value, .. } => value.clone().filter(|present| *present != artifact.digest)?,
            Fact::Unknown { .. } => return None,
        };
        let (image, tag, from) = (key.0, key.1, artifact.digest.clone());
        Some(record_now(case.world, Event::TagMoved { image, tag, from, to }))
    });
    moved.collect()
}
