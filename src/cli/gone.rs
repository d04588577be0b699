//! What runs and is no longer in its registry, as `why` and `status` report it.

use std::collections::BTreeSet;

use super::engines::RealEngine;
use crate::decide::{ArtifactReason, GateReason, Judgement};
use crate::model::ImageReference;
use crate::observe;

/// Adds a note to each judgement of which an image that runs is no longer in its registry. The registries are asked
/// now, once for each image that runs: a listing does not show a digest that is gone behind a tag that was pushed anew.
pub(super) async fn note(engine: &RealEngine, judgements: &mut [Judgement]) {
    let running: BTreeSet<ImageReference> = judgements.iter().flat_map(references).cloned().collect();
    let gone = observe::lost(&engine.ports, &engine.policy, running).await;
    for judgement in judgements {
        let own = references(judgement).filter_map(|reference| Some((reference, gone.get(reference)?)));
        let reasons = own.map(|(reference, presence)| ArtifactReason::RunningGone {
            reference: reference.clone(),
            presence: presence.clone(),
        });
        let new: Vec<GateReason> =
            reasons.filter(|own| !is_noted(judgement, own)).map(GateReason::from).collect();
        judgement.notes.extend(new);
    }
}

fn references(judgement: &Judgement) -> impl Iterator<Item = &ImageReference> {
    judgement.running.iter().map(|image| &image.reference)
}

/// Whether the judgement says so already, whatever part of the image it found missing.
fn is_noted(judgement: &Judgement, gone: &ArtifactReason) -> bool {
    let ArtifactReason::RunningGone { reference, .. } = gone else { return false };
    judgement.notes.iter().any(|note| {
        matches!(note, GateReason::Artifact(ArtifactReason::RunningGone { reference: noted, .. }) if noted == reference)
    })
}
