//! Enough people must have approved exactly this content; never who asked for it, never the bot.

use std::collections::BTreeSet;

use super::ChangeContent;
use crate::decide::case::Case;
use crate::decide::plan::{GateName, GateReport, Need, Verdict};
use crate::decide::reason::Reason;
use crate::decide::rights;
use crate::model::{
    Approvals, CommandOutcome, ContentKey, Gate, Handled, ObservedChange, Release, Review, UserName,
};

/// Counts the approvals that bind the content of the change.
pub(super) fn judge(
    case: &Case<'_>,
    wanted: &Approvals,
    release: &Release,
    change: Option<ChangeContent<'_>>,
    needs: &mut BTreeSet<Need>,
) -> GateReport {
    let by = change.map_or_else(Vec::new, |change| counted(case, wanted, release, change, needs));
    let needed = wanted.count;
    let (verdict, reason) = if by.len() >= needed {
        (Verdict::Pass, Reason::Approved { by, needed })
    } else {
        (Verdict::Wait, Reason::ApprovalsMissing { by, needed, from: wanted.from.clone() })
    };
    GateReport { gate: GateName::Approvals, verdict, until: None, reason }
}

/// Everybody whose approval counts for some gate of the environment.
pub(in crate::decide) fn approvers(
    case: &Case<'_>,
    release: &Release,
    change: &ObservedChange,
    needs: &mut BTreeSet<Need>,
) -> Vec<UserName> {
    let mut all = BTreeSet::new();
    for gate in &case.environment.gates {
        match gate {
            Gate::Approvals(wanted) => {
                all.extend(counted(case, wanted, release, ChangeContent::present(change), needs));
            }
            Gate::Soak(_) => {}
        }
    }
    all.into_iter().collect()
}

fn counted(
    case: &Case<'_>,
    wanted: &Approvals,
    release: &Release,
    content: ChangeContent<'_>,
    needs: &mut BTreeSet<Need>,
) -> Vec<UserName> {
    let change = content.observed;
    let mut by: Vec<UserName> = Vec::new();
    let moved = case.history.moved_tag(release).map(|moved| moved.order);
    for handled in case.history.handled_on(change.change.number) {
        let counts = approves(handled, content.key)
            && !change.change.review(&handled.comment).is_some_and(Review::is_void)
            && moved.is_none_or(|moved| moved < handled.order)
            && handled.by != case.world.bot
            && !case.has_asked(&handled.by, release, change)
            && !by.contains(&handled.by);
        let mut is_one = || rights::is_any_of(case, (&handled.by, change), wanted.from.iter(), needs);
        if counts && is_one() == Some(true) {
            by.push(handled.by.clone());
        }
    }
    by
}

/// An approval binds the content key, so it outlives a new base and dies with new content.
fn approves(handled: &Handled, content: Option<&ContentKey>) -> bool {
    let binds = |outcome: &CommandOutcome| match outcome {
        CommandOutcome::Approved { key, .. } => Some(key) == content,
        CommandOutcome::Rejected { .. }
        | CommandOutcome::Held { .. }
        | CommandOutcome::Resumed { .. }
        | CommandOutcome::Requested { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::Refused(_)
        | CommandOutcome::NotRun => false,
    };
    handled.outcomes.iter().any(binds)
}
