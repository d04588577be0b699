//! The youngest artifact of a release must have been made some time ago, so that all that belongs to it is there.

use chrono::TimeDelta;

use crate::decide::evidence;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{ArtifactReason, GateReason};
use crate::model::{Description, ImageReference, Release, Time};

/// Nothing where the configuration asks for no quiet, or the release comes from an environment before.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    if case.service.quiet.is_zero() || !case.environment.after.environments.is_empty() {
        return None;
    }
    let report = |verdict, until, reason| Some(GateReport { gate: GateName::Quiet, verdict, until, reason });
    let since = match made(case, release) {
        Ok(since) => since,
        Err(reason) => return report(Verdict::Wait, None, reason),
    };
    let quiet = TimeDelta::from_std(case.service.quiet).unwrap_or(TimeDelta::MAX);
    let until = since.checked_add_signed(quiet).unwrap_or(Time::MAX_UTC);
    if until <= case.world.forge_time() {
        report(Verdict::Pass, None, ArtifactReason::Quiet { since }.into())
    } else {
        report(Verdict::Wait, Some(until), ArtifactReason::NotQuiet { until }.into())
    }
}

/// When the youngest artifact was made. One round names the needs of all artifacts.
fn made(case: &PromotionView<'_>, release: &Release) -> Result<Time, GateReason> {
    let made: Vec<Result<Time, GateReason>> =
        release.references().into_iter().map(|reference| made_one(case, reference)).collect();
    let made: Vec<Time> = made.into_iter().collect::<Result<_, _>>()?;
    Ok(made.into_iter().max().unwrap_or(Time::MIN_UTC))
}

/// When one artifact was made.
fn made_one(case: &PromotionView<'_>, reference: ImageReference) -> Result<Time, GateReason> {
    let description = evidence::description(case, &reference)?;
    let created = description.and_then(Description::made);
    created.ok_or_else(|| ArtifactReason::NoDate { image: reference.image }.into())
}
