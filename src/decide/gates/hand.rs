//! A person's setting wins until something newer than all that ran here comes, or automation is resumed.

use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::reason::Reason;
use crate::model::Release;

/// Nothing where nobody set the environment by hand.
pub(super) fn judge(case: &Case<'_>, release: &Release) -> Option<GateReport> {
    let since = case.set_by_hand_since()?;
    let passes = case.is_newer_than_all_that_ran(release);
    let (verdict, reason) = if passes {
        (Verdict::Pass, Reason::Automatic)
    } else {
        (Verdict::Wait, Reason::SetByHand { since, write_on: case.takes_commands() })
    };
    Some(GateReport { gate: GateName::Hand, verdict, until: None, reason })
}
