//! Every artifact must run on the platforms that the configuration names.

use crate::decide::evidence;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ArtifactReason, GateReason};
use crate::model::{Platform, Release, ServiceImage};

/// Nothing where the configuration names none. A chart runs on every platform, as it says none.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    let asking: Vec<&ServiceImage> =
        case.service.images.iter().filter(|image| !image.platforms.is_empty()).collect();
    if asking.is_empty() {
        return None;
    }
    let found: Vec<Option<(Verdict, GateReason)>> =
        asking.into_iter().map(|image| missing(case, image, release)).collect();
    let found: Vec<(Verdict, GateReason)> = found.into_iter().flatten().collect();
    let stops = found.iter().find(|(verdict, _)| *verdict != Verdict::Pass);
    let worst = stops.or(found.first()).cloned();
    let (verdict, reason) = worst.unwrap_or((Verdict::Pass, ArtifactReason::PlatformsThere.into()));
    Some(GateReport { gate: GateName::Platforms, verdict, until: None, reason })
}

fn missing(
    case: &PromotionView<'_>,
    image: &ServiceImage,
    release: &Release,
) -> Option<(Verdict, GateReason)> {
    let references = release.references();
    let reference = references.iter().find(|reference| reference.image == image.name)?;
    let description = match evidence::description(case, reference) {
        Ok(Some(description)) => description,
        Ok(None) => {
            let (image, tag) = (image.name.clone(), reference.tag.clone()?);
            return Some((Verdict::Wait, ArtifactReason::WithoutManifest { image, tag }.into()));
        }
        Err(reason) => return Some((Verdict::Wait, reason)),
    };
    if let Some(defect) = &description.defect {
        let (artifact, defect) = (reference.clone(), defect.clone());
        return Some((Verdict::Wait, ArtifactReason::Defective { artifact, defect }.into()));
    }
    if description.platforms.is_empty() {
        return Some((Verdict::Pass, ArtifactReason::PlatformsUnsaid { image: image.name.clone() }.into()));
    }
    let is_there = |platform: &&Platform| !description.platforms.iter().any(|own| own.runs(platform));
    let platforms: Vec<Platform> = image.platforms.iter().filter(is_there).cloned().collect();
    (!platforms.is_empty()).then(|| {
        (Verdict::Fail, ArtifactReason::PlatformsMissing { image: image.name.clone(), platforms }.into())
    })
}
