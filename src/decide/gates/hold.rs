//! A person may stop one change.

use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::GateReason;
use crate::model::{CommandOutcome, Handled, ObservedChange, Review, ReviewVerdict, Time, UserName};

struct ActiveHold<'a> {
    by: &'a UserName,
    /// Whether it is a review that asks for changes; then a later one of the same person lifts it.
    is_review: bool,
    until: Option<Time>,
    reason: Option<&'a String>,
}

/// What somebody said about holding a change.
enum HoldStatement<'a> {
    Holds(ActiveHold<'a>),
    Lifts,
}

/// Nothing where nobody ever held it.
pub(super) fn judge(case: &PromotionView<'_>, change: &ObservedChange) -> Option<GateReport> {
    let report = |verdict, until, reason| GateReport { gate: GateName::Hold, verdict, until, reason };
    let HoldStatement::Holds(held) = last_word(case, change)? else {
        return Some(report(Verdict::Pass, None, GateReason::NotHeld));
    };
    if held.until.is_some_and(|until| until <= case.world.forge_time()) {
        return Some(report(Verdict::Pass, None, GateReason::NotHeld));
    }
    let reason = GateReason::Held {
        change: change.change.number,
        by: held.by.clone(),
        until: held.until,
        reason: held.reason.cloned(),
    };
    Some(report(Verdict::Wait, held.until, reason))
}

/// Whether nothing may be written to the change.
pub(in crate::decide) fn is_held(case: &PromotionView<'_>, change: &ObservedChange) -> bool {
    judge(case, change).is_some_and(|report| report.verdict != Verdict::Pass)
}

/// What was said last about holding the change; nothing where it never was.
///
/// Who asked for changes by a review lifts that by approving, and by taking the review back.
fn last_word<'a>(case: &'a PromotionView<'_>, change: &ObservedChange) -> Option<HoldStatement<'a>> {
    let mut last: Option<HoldStatement<'a>> = None;
    for handled in case.history.handled_on(change.change.number) {
        // Anybody may comment; what was refused or answered says nothing about a hold and costs no lookup.
        if !handled.did_something() {
            continue;
        }
        let review = change.change.review(&handled.comment);
        if review.is_some_and(Review::is_void) {
            continue;
        }
        last = match (word(handled, review), last) {
            (Some(word), _) => Some(word),
            (None, Some(HoldStatement::Holds(held))) if held.ends_with(handled) => Some(HoldStatement::Lifts),
            (None, last) => last,
        };
    }
    last
}

impl ActiveHold<'_> {
    fn ends_with(&self, handled: &Handled) -> bool {
        self.is_review && *self.by == handled.by && approves(handled)
    }
}

fn approves(handled: &Handled) -> bool {
    handled.outcomes.iter().any(|outcome| matches!(outcome, CommandOutcome::Approved { .. }))
}

/// What a comment last said about holding.
fn word<'a>(handled: &'a Handled, review: Option<&Review>) -> Option<HoldStatement<'a>> {
    let is_review = review.is_some_and(|review| review.verdict == ReviewVerdict::RequestChanges);
    handled.outcomes.iter().rev().find_map(|outcome| match outcome {
        CommandOutcome::Held { until, reason } => Some(HoldStatement::Holds(ActiveHold {
            by: &handled.by,
            is_review,
            until: *until,
            reason: reason.as_ref(),
        })),
        CommandOutcome::Resumed { .. } => Some(HoldStatement::Lifts),
        CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Requested { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::Refused(_)
        | CommandOutcome::NotRun => None,
    })
}
