//! A tag that moved after it was chosen is an incident: it is noted in the log, and approvals given before do not count.
//!
//! A release pins digests, so what is merged is what was chosen. But a tag that moves says that somebody pushed anew what
//! people take for the same. It is looked at right before the bot merges, which costs one request for each image.

use std::collections::BTreeSet;

use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Need, Verdict};
use crate::decide::reason::{ArtifactReason, Reason};
use crate::decide::record_now;
use crate::model::{Artifact, Basis, Event, Fact, Record, Release};

/// Nothing where the tag is followed, so that it is meant to move.
pub(super) fn judge(case: &Case<'_>, release: &Release, needs: &mut BTreeSet<Need>) -> Option<GateReport> {
    let report = |verdict, reason| Some(GateReport { gate: GateName::Tag, verdict, until: None, reason });
    let mut result = report(Verdict::Pass, ArtifactReason::TagsStay.into());
    for artifact in release.artifacts() {
        match moved(case, artifact, needs) {
            Ok(None) => {}
            Ok(Some(reason)) => {
                let is_noted = case.history.moved_tag(release).is_some();
                result = report(if is_noted { Verdict::Pass } else { Verdict::Wait }, reason.into());
            }
            Err(reason) => return report(Verdict::Wait, reason),
        }
    }
    let follows = case.service.images.iter().all(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    result.filter(|_| !follows)
}

/// How the tag of an artifact moved, if it did. One that is gone was tidied up, which changes nothing.
fn moved(
    case: &Case<'_>,
    artifact: &Artifact,
    needs: &mut BTreeSet<Need>,
) -> Result<Option<ArtifactReason>, Reason> {
    let (image, tag) = (artifact.image.clone(), artifact.tag.clone());
    match case.world.present.get(&(image.clone(), tag.clone())) {
        Some(Fact::Known { value: Some(present), .. }) if *present != artifact.digest => {
            let to = Some(present.clone());
            Ok(Some(ArtifactReason::TagMoved { tag, from: artifact.digest.clone(), to }))
        }
        Some(Fact::Known { .. }) => Ok(None),
        Some(Fact::Unknown { why, .. }) => Err(Reason::DigestUnknown { tag, why: why.to_string() }),
        None => {
            needs.insert(Need::Present { image, tag });
            Err(Reason::NotObserved)
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
