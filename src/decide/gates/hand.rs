//! A person's setting wins until something newer than all that ran here comes, or automation is resumed.

use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::GateReason;
use crate::model::Release;

/// Nothing where nobody set the environment by hand.
pub(super) fn judge(case: &PromotionView<'_>, release: &Release) -> Option<GateReport> {
    let since = case.set_by_hand_since()?;
    let passes = case.is_newer_than_all_that_ran(release);
    let (verdict, reason) = if passes {
        (Verdict::Pass, GateReason::Automatic)
    } else {
        (Verdict::Wait, GateReason::SetByHand { since, write_on: case.takes_commands() })
    };
    Some(GateReport { gate: GateName::Hand, verdict, until: None, reason })
}
