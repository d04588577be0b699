//! A person may stop one change.

use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::reason::Reason;
use crate::model::{CommandOutcome, Handled, ObservedChange, Review, ReviewVerdict, Time, UserName};

struct Held<'a> {
    by: &'a UserName,
    /// Whether it is a review that asks for changes; then a later one of the same person lifts it.
    is_review: bool,
    until: Option<Time>,
    reason: Option<&'a String>,
}

/// Nothing where nobody ever held it.
pub(super) fn judge(case: &Case<'_>, change: &ObservedChange) -> Option<GateReport> {
    let report = |verdict, until, reason| GateReport { gate: GateName::Hold, verdict, until, reason };
    let held = last_word(case, change)?;
    let Some(held) = held.filter(|held| held.until.is_none_or(|until| until > case.world.now)) else {
        return Some(report(Verdict::Pass, None, Reason::NotHeld));
    };
    let reason = Reason::Held { by: held.by.clone(), until: held.until, reason: held.reason.cloned() };
    Some(report(Verdict::Wait, held.until, reason))
}

/// Whether nothing may be written to the change.
pub(in crate::decide) fn is_held(case: &Case<'_>, change: &ObservedChange) -> bool {
    judge(case, change).is_some_and(|report| report.verdict != Verdict::Pass)
}

/// What was said last about holding the change: `Some(None)` where it is held no more, nothing where it never was.
///
/// Who asked for changes by a review lifts that by approving, and by taking the review back.
fn last_word<'a>(case: &'a Case<'_>, change: &ObservedChange) -> Option<Option<Held<'a>>> {
    let mut last: Option<Option<Held<'a>>> = None;
    for handled in case.history.handled_on(change.change.number) {
        let is_taken_back = change.change.is_taken_back(&handled.comment);
        match word(handled, change) {
            Some(_) if is_taken_back => {}
            Some(word) => last = Some(word),
            None if approves(handled) && !is_taken_back => {
                last = last.map(|held| held.filter(|held| !held.is_review || *held.by != handled.by));
            }
            None => {}
        }
    }
    last
}

fn approves(handled: &Handled) -> bool {
    handled.outcomes.iter().any(|outcome| matches!(outcome, CommandOutcome::Approved { .. }))
}

/// What a comment last said about holding: `Some(None)` lifts.
fn word<'a>(handled: &'a Handled, change: &ObservedChange) -> Option<Option<Held<'a>>> {
    let asks_for_changes =
        |review: &Review| review.id == handled.comment && review.verdict == ReviewVerdict::RequestChanges;
    handled.outcomes.iter().rev().find_map(|outcome| match outcome {
        CommandOutcome::Held { until, reason } => Some(Some(Held {
            by: &handled.by,
            is_review: change.change.reviews.iter().any(asks_for_changes),
            until: *until,
            reason: reason.as_ref(),
        })),
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
