//! A person may stop one change.

use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::reason::Reason;
use crate::model::{CommandOutcome, Handled, ObservedChange, Time, UserName};

struct Held<'a> {
    by: &'a UserName,
    until: Option<Time>,
    reason: Option<&'a String>,
}

/// Nothing where nobody ever held it.
pub(super) fn judge(case: &Case<'_>, change: &ObservedChange) -> Option<GateReport> {
    let report = |verdict, until, reason| GateReport { gate: GateName::Hold, verdict, until, reason };
    let last = case.history.handled_on(change.change.number).filter_map(last_word).last()?;
    let Some(held) = last.filter(|held| held.until.is_none_or(|until| until > case.world.now)) else {
        return Some(report(Verdict::Pass, None, Reason::NotHeld));
    };
    let reason = Reason::Held { by: held.by.clone(), until: held.until, reason: held.reason.cloned() };
    Some(report(Verdict::Wait, held.until, reason))
}

/// Whether nothing may be written to the change.
pub(in crate::decide) fn is_held(case: &Case<'_>, change: &ObservedChange) -> bool {
    judge(case, change).is_some_and(|report| report.verdict != Verdict::Pass)
}

/// What a comment last said about holding: `Some(None)` lifts.
fn last_word(handled: &Handled) -> Option<Option<Held<'_>>> {
    handled.outcomes.iter().rev().find_map(|outcome| match outcome {
        CommandOutcome::Held { until, reason } => {
            Some(Some(Held { by: &handled.by, until: *until, reason: reason.as_ref() }))
        }
        CommandOutcome::Resumed { .. } => Some(None),
        CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Requested { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::Refused(_)
        | CommandOutcome::NotRun => None,
    })
}
