//! Enough people must have approved exactly this content; never who asked for it, never the bot.

use std::collections::BTreeSet;

use super::ChangeContent;
use crate::decide::case::Case;
use crate::decide::need::Need;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::reason::{Reason, Uncounted, UncountedBecause};
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
    let Given { counted: by, uncounted } =
        change.map_or_else(Given::default, |change| given(case, wanted, release, change, needs));
    let needed = wanted.count;
    let (verdict, reason) = if by.len() >= needed {
        (Verdict::Pass, Reason::Approved { by, needed })
    } else {
        (Verdict::Wait, Reason::ApprovalsMissing { by, needed, from: wanted.from.clone(), uncounted })
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
                all.extend(given(case, wanted, release, ChangeContent::present(change), needs).counted);
            }
            Gate::Soak(_) => {}
        }
    }
    all.into_iter().collect()
}

/// The approvals of one content, each person once.
#[derive(Default)]
struct Given {
    counted: Vec<UserName>,
    uncounted: Vec<Uncounted>,
}

impl Given {
    /// Takes in what became of one approval; what somebody approves anew counts.
    fn take(&mut self, by: &UserName, because: Option<UncountedBecause>) {
        self.uncounted.retain(|own| own.by != *by);
        if self.counted.contains(by) {
            return;
        }
        match because {
            None => self.counted.push(by.clone()),
            Some(because) => self.uncounted.push(Uncounted { by: by.clone(), because }),
        }
    }
}

fn given(
    case: &Case<'_>,
    wanted: &Approvals,
    release: &Release,
    content: ChangeContent<'_>,
    needs: &mut BTreeSet<Need>,
) -> Given {
    let change = content.observed;
    let mut given = Given::default();
    for handled in case.history.handled_on(change.change.number) {
        let is_void = change.change.review(&handled.comment).is_some_and(Review::is_void);
        if !approves(handled, content.key) || is_void || handled.by == case.world.bot {
            continue;
        }
        if let Some(because) = uncounted(case, release, change, handled) {
            given.take(&handled.by, Some(because));
            continue;
        }
        match rights::is_any_of(case, (&handled.by, change), wanted.from.iter(), needs) {
            Some(true) => given.take(&handled.by, None),
            Some(false) => given.take(&handled.by, Some(UncountedBecause::NotNamed)),
            None => {}
        }
    }
    given
}

/// Why an approval counts for no gate, whoever is named there.
fn uncounted(
    case: &Case<'_>,
    release: &Release,
    change: &ObservedChange,
    handled: &Handled,
) -> Option<UncountedBecause> {
    if case.has_asked(&handled.by, release, change) {
        return Some(UncountedBecause::Requester);
    }
    let moved = case.history.moved_tag(release).filter(|moved| moved.order >= handled.order)?;
    Some(UncountedBecause::TagMoved(moved.tag.clone()))
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
