//! The release must have landed in the environments before, and that must stand.

use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::GateReason;
use crate::model::{AfterMode, EnvironmentName, Release};

/// Judged on history, so that a busy environment never starves the next: superseded is fine, withdrawn is not.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release) -> GateReport {
    let (verdict, reason) = verdict(case, release);
    GateReport { gate: GateName::PreviousEnvironment, verdict, until: None, reason }
}

fn verdict(case: &PromotionView<'_>, release: &Release) -> (Verdict, GateReason) {
    let after = &case.environment.after;
    if after.environments.is_empty() {
        return (Verdict::Pass, GateReason::FirstEnvironment);
    }
    let stands = |name: &&EnvironmentName| case.landing_of(release, &case.sibling(name)).is_some();
    let (landed, missing): (Vec<_>, Vec<_>) = after.environments.iter().partition(stands);
    let passes = match after.mode {
        AfterMode::All => missing.is_empty(),
        AfterMode::Any => !landed.is_empty(),
    };
    if passes {
        return (Verdict::Pass, GateReason::LandedBefore { environments: cloned(&landed) });
    }
    let withdrawn: Vec<_> =
        missing.iter().copied().filter(|name| was_withdrawn(case, release, name)).collect();
    if withdrawn.is_empty() {
        (Verdict::Wait, GateReason::NotLandedBefore { environments: cloned(&missing) })
    } else {
        (Verdict::Fail, GateReason::WithdrawnBefore { environments: cloned(&withdrawn) })
    }
}

fn was_withdrawn(case: &PromotionView<'_>, release: &Release, name: &EnvironmentName) -> bool {
    let target = case.sibling(name);
    let landings = case.history.landings(&target);
    landings.iter().any(|landing| release.is_among(&landing.images))
}

fn cloned(names: &[&EnvironmentName]) -> Vec<EnvironmentName> {
    names.iter().copied().cloned().collect()
}
