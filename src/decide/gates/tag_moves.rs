//! Tags that move repeatedly. A release with such a tag waits.
//!
//! Each move is recorded, and in the first environment the change takes up what the tag points to now. A registry that names
//! another digest at each request would have that done without end, so after the second move within a short time nothing is
//! opened, updated or merged with that tag, and no further move is recorded.

use std::collections::BTreeSet;

use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::ArtifactReason;
use crate::model::{Basis, Digest, ImageName, Release, ServiceImage, Tag, Time, is_younger_than};

/// How many moves within [`ArtifactReason::TAG_MOVES_WITHIN`] make a release wait.
const MOVES_MAX: usize = 2;

/// That a tag of the release moved too often lately. `None` if no tag did, or if tags are followed, which are meant to move.
pub(super) fn unstable(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    if follows(case) {
        return None;
    }
    let times = release.artifacts().filter_map(|artifact| {
        Some((unstable_until(case, &artifact.image, &artifact.tag)?, artifact.tag.clone()))
    });
    let (until, tag) = times.max()?;
    let reason = ArtifactReason::TagUnstable { tag, until }.into();
    Some(GateReport { gate: GateName::Tag, verdict: Verdict::Wait, until: Some(until), reason })
}

/// When a release with the tag may be promoted again, if the tag moved too often lately. Two changes can note the same move, so what it
/// moved to is counted.
pub(super) fn unstable_until(case: &PromotionView<'_>, image: &ImageName, tag: &Tag) -> Option<Time> {
    let (now, within) = (case.world.forge_time(), ArtifactReason::TAG_MOVES_WITHIN);
    let lately = || case.history.moves(image, tag).filter(|moved| is_younger_than(within, moved.at, now));
    let targets: BTreeSet<&Digest> = lately().map(|moved| &moved.to).collect();
    if targets.len() < MOVES_MAX {
        return None;
    }
    lately().map(|moved| moved.at).max()?.checked_add_signed(within)
}

/// Whether the service follows the tags of all its images, so that they are meant to move.
pub(super) fn follows(case: &PromotionView<'_>) -> bool {
    case.service.images.iter().all(is_followed)
}

/// Whether the service follows the tag of an image.
pub(super) fn follows_image(case: &PromotionView<'_>, image: &ImageName) -> bool {
    case.service.images.iter().any(|own| own.name == *image && is_followed(own))
}

fn is_followed(image: &ServiceImage) -> bool {
    matches!(image.selection.basis(), Basis::Turn(_))
}
