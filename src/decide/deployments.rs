//! Landings that the forge does not show yet. Nothing waits for that, and no gate looks at it.

use chrono::TimeDelta;

use super::need::Need;
use super::plan::Action;
use super::promotion_view::PromotionView;
use crate::model::{Fact, Landing, Origin, Time};

/// How long after a landing the forge is told of it. Older ones are not even asked about, so that the first look at many
/// services costs nothing.
const TOLD_FOR: TimeDelta = TimeDelta::hours(24);

/// The last landing, where the forge shows something else.
pub(super) fn pending_announcement(case: &PromotionView<'_>) -> Option<Action> {
    if !case.world.capabilities.shows_deployments {
        return None;
    }
    let landing = case.history.last_landing(&case.target)?;
    if !is_news(landing, case.world.forge_time()) {
        return None;
    }
    match case.facts.deployment(&case.target) {
        None => {
            case.facts.need(Need::Deployment { target: case.target.clone() });
            None
        }
        Some(Fact::Unknown { .. }) => None,
        Some(Fact::Known { value, .. }) => {
            let is_shown = value.as_deref() == Some(landing.images.as_slice());
            (!is_shown).then(|| announcement(case, landing))
        }
    }
}

/// What was there when Towpath came is nobody's deployment.
fn is_news(landing: &Landing, now: Time) -> bool {
    landing.origin != Origin::Adopted && now - landing.at < TOLD_FOR
}

fn announcement(case: &PromotionView<'_>, landing: &Landing) -> Action {
    let change = match landing.origin {
        Origin::Change(number) => Some(number),
        Origin::Adopted | Origin::Hand | Origin::Altered(_) | Origin::Rewritten => None,
    };
    Action::Announce { target: case.target.clone(), images: landing.images.clone(), change }
}
