//! The release must have been in the environments before for some time.

use chrono::TimeDelta;

use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::GateReason;
use crate::model::{AfterMode, Release, Soak, Time};

/// Measured from the landing, not withdrawn; with several environments before, from the last of `all`, the first of `any`.
pub(super) fn judge(case: &PromotionView<'_>, soak: &Soak, release: &Release) -> GateReport {
    let duration = soak.duration;
    let report = |verdict, until, reason| GateReport { gate: GateName::Soak, verdict, until, reason };
    let Some(since) = since(case, release) else {
        return report(Verdict::Wait, None, GateReason::SoakNotBegun { duration });
    };
    let until = ends(since, soak);
    if until <= case.world.forge_time() {
        report(Verdict::Pass, None, GateReason::Soaked { duration, since })
    } else {
        report(Verdict::Wait, Some(until), GateReason::Soaking { duration, until })
    }
}

/// When a soak that began then is over.
pub(super) fn ends(since: Time, soak: &Soak) -> Time {
    let duration = TimeDelta::from_std(soak.duration).unwrap_or(TimeDelta::MAX);
    since.checked_add_signed(duration).unwrap_or(Time::MAX_UTC)
}

fn since(case: &PromotionView<'_>, release: &Release) -> Option<Time> {
    let after = &case.environment.after;
    let landed = |name| {
        let before = case.sibling(name);
        case.landing_of(release, &before).map(|landing| case.soaking_since(landing, &before))
    };
    let times: Vec<Option<Time>> = after.environments.iter().map(landed).collect();
    match after.mode {
        AfterMode::All => times.into_iter().collect::<Option<Vec<Time>>>()?.into_iter().max(),
        AfterMode::Any => times.into_iter().flatten().min(),
    }
}
