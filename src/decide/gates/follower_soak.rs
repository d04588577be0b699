//! Where an environment that follows soaks what is `running`, this one takes nothing newer meanwhile.

use super::soak::ends;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::{PromotionView, same_images};
use crate::decide::reason::GateReason;
use crate::model::{Environment, Gate, Landing, LandingStatus, Soak, SoakCounts, Time};

/// Nothing where no follower asks for it.
pub(super) fn judge(case: &PromotionView<'_>) -> Option<GateReport> {
    let report = |verdict, until, reason| GateReport { gate: GateName::FollowerSoak, verdict, until, reason };
    let mut asking = followers_that_ask(case).peekable();
    asking.peek()?;
    let last = asking.filter_map(|(follower, soak)| Some((soaks_until(case, follower, soak)?, follower)));
    let Some((until, follower)) = last.max_by_key(|(until, _)| *until) else {
        return Some(report(Verdict::Pass, None, GateReason::NothingSoaks));
    };
    let reason = GateReason::SoaksFor { follower: follower.name.clone(), until };
    Some(report(Verdict::Wait, Some(until), reason))
}

fn followers_that_ask<'a>(case: &PromotionView<'a>) -> impl Iterator<Item = (&'a Environment, &'a Soak)> {
    let soak_of = |environment: &'a Environment| {
        environment.gates.iter().find_map(|gate| match gate {
            Gate::Soak(soak) if soak.counts == SoakCounts::Running => Some((environment, soak)),
            Gate::Soak(_) | Gate::Approvals(_) => None,
        })
    };
    case.pipeline().followers(&case.environment.name).filter_map(soak_of)
}

/// Until when what runs here has to stay for a follower; nothing where it has soaked or is there already.
fn soaks_until(case: &PromotionView<'_>, follower: &Environment, soak: &Soak) -> Option<Time> {
    let present = case.history.last_landing(&case.target)?;
    let landed_there = case.history.landings(&case.sibling(&follower.name));
    let is_there = |landing: &Landing| same_images(&landing.images, &present.images);
    let until = ends(case.running_since(present, &case.target), soak);
    let soaks = present.standing == LandingStatus::Effective && until > case.world.forge_time();
    (soaks && !landed_there.iter().any(is_there)).then_some(until)
}
