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
    let follows = case.service.images.iter().all(|image| matches!(image.selection.basis(), Basis::Turn(_)));
    if follows {
        return None;
    }
    let report = |verdict, reason| Some(GateReport { gate: GateName::Tag, verdict, until: None, reason });
    // Every artifact is judged before the first error is taken, so that one round names the needs of all of them.
    let found: Vec<Result<_, Reason>> =
        release.artifacts().map(|artifact| moved(case, artifact, needs)).collect();
    let found: Result<Vec<_>, Reason> = found.into_iter().collect();
    match found.map(|found| found.into_iter().flatten().next()) {
        Ok(None) => report(Verdict::Pass, ArtifactReason::TagsStay.into()),
        Ok(Some(reason)) => report(Verdict::Wait, reason.into()),
        Err(reason) => report(Verdict::Wait, reason),
    }
}

/// What is in the log about a tag of the release: it costs no request, and does not stop what is approved anew.
pub(super) fn noted(case: &Case<'_>, release: &Release) -> Option<GateReport> {
    let moved = case.history.moved_tag(release)?;
    let (tag, from, to) = (moved.tag.clone(), moved.from.clone(), Some(moved.to.clone()));
    let reason = ArtifactReason::TagMoved { tag, from, to }.into();
    Some(GateReport { gate: GateName::Tag, verdict: Verdict::Pass, until: None, reason })
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
