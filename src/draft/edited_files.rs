//! The files that a release changes, and what still names the version that runs.

use super::DraftInput;
use crate::model::{
    FileChange, ImageReference, Release, RemainingReference, Running, ServiceEnvironment, StayingRef,
};
use crate::overlay::{self, Promotion};

/// The files that a release changes at a target.
pub(super) fn files(
    input: &DraftInput<'_>,
    target: &ServiceEnvironment,
    release: &Release,
) -> Result<Vec<FileChange>, String> {
    let gone = || format!("{target} is no longer in the configuration");
    let promotion = promotion(input, target, release).ok_or_else(gone)?;
    overlay::promote(input.tree, input.overlays, &promotion).map_err(|error| format!("{target}: {error}"))
}

/// Every `ref` that names the version which runs at a target and does not move with it.
pub(super) fn staying_refs(
    input: &DraftInput<'_>,
    target: &ServiceEnvironment,
    release: &Release,
) -> Vec<StayingRef> {
    let promotion = promotion(input, target, release);
    let staying = promotion.map(|promotion| overlay::staying(input.tree, input.overlays, &promotion));
    staying.unwrap_or_default()
}

/// Every reference to what runs at a target that stays in its files once a release is written.
pub(super) fn remaining(
    input: &DraftInput<'_>,
    target: &ServiceEnvironment,
    release: &Release,
    files: &[FileChange],
) -> Vec<RemainingReference> {
    let Some(promotion) = promotion(input, target, release) else { return Vec::new() };
    let content = |change: &FileChange| Some((change.path.clone(), change.new.clone()?));
    let edited = input.tree.with_files(&files.iter().filter_map(content).collect::<Vec<_>>());
    overlay::remaining(&edited, &promotion, &running(input, target))
}

/// What is written where; `None` where the configuration no longer names the target.
fn promotion<'a>(
    input: &DraftInput<'a>,
    target: &ServiceEnvironment,
    release: &'a Release,
) -> Option<Promotion<'a>> {
    let service = input.policy.service(&target.service)?;
    let location = service.locations.get(&target.environment)?;
    let running = input.world.running_digests(target);
    Some(Promotion { location, release, writing: service.writing, running })
}

/// What runs at a target now.
pub(super) fn running(input: &DraftInput<'_>, target: &ServiceEnvironment) -> Vec<ImageReference> {
    let running = input.world.running.get(target).and_then(|found| found.as_ref().ok());
    running.map(Running::references).unwrap_or_default()
}
