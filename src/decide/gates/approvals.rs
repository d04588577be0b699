//! Enough people must have approved exactly this content; never who asked for it, never the bot.

use std::collections::{BTreeMap, BTreeSet};

use super::ChangeContent;
use crate::decide::plan::{GateName, GateReport, Verdict};
use crate::decide::promotion_view::PromotionView;
use crate::decide::reason::{GateReason, UncountedApproval, UncountedReason};
use crate::decide::rights;
use crate::model::{
    Approvals, CommandOutcome, CommentId, Gate, Handled, ObservedChange, Release, Review, UserName,
};

/// Counts the approvals that bind the content of the change.
pub(super) fn judge(
    case: &PromotionView<'_>,
    wanted: &Approvals,
    release: &Release,
    change: Option<ChangeContent<'_>>,
) -> GateReport {
    let ApprovalTally { counted: by, uncounted } =
        change.map_or_else(ApprovalTally::default, |change| given(case, wanted, release, change));
    let needed = wanted.count;
    let (verdict, reason) = if by.len() >= needed {
        (Verdict::Pass, GateReason::Approved { by, needed })
    } else {
        (Verdict::Wait, GateReason::ApprovalsMissing { by, needed, from: wanted.from.clone(), uncounted })
    };
    GateReport { gate: GateName::Approvals, verdict, until: None, reason }
}

/// Everybody whose approval counts for some gate of the environment.
pub(in crate::decide) fn approvers(
    case: &PromotionView<'_>,
    release: &Release,
    change: &ObservedChange,
) -> Vec<UserName> {
    let mut all = BTreeSet::new();
    for gate in &case.environment.gates {
        match gate {
            Gate::Approvals(wanted) => {
                all.extend(given(case, wanted, release, ChangeContent::present(change)).counted);
            }
            Gate::Soak(_) => {}
        }
    }
    all.into_iter().collect()
}

/// The approvals of one content, each person once.
#[derive(Default)]
struct ApprovalTally {
    counted: Vec<UserName>,
    uncounted: Vec<UncountedApproval>,
}

impl ApprovalTally {
    /// Takes in what became of one approval; what somebody approves anew counts.
    fn take(&mut self, by: &UserName, because: Option<UncountedReason>) {
        self.uncounted.retain(|own| own.by != *by);
        if self.counted.contains(by) {
            return;
        }
        match because {
            None => self.counted.push(by.clone()),
            Some(because) => self.uncounted.push(UncountedApproval { by: by.clone(), because }),
        }
    }
}

fn given(
    case: &PromotionView<'_>,
    wanted: &Approvals,
    release: &Release,
    content: ChangeContent<'_>,
) -> ApprovalTally {
    let mut given = ApprovalTally::default();
    for handled in approvals_on(case, content.observed) {
        match uncounted(case, release, content, handled) {
            Some(UncountedReason::OtherContent | UncountedReason::Dismissed) => {}
            Some(because) => given.take(&handled.by, Some(because)),
            None => match rights::is_any_of(case, &handled.by, content.observed, wanted.from.iter()) {
                Some(true) => given.take(&handled.by, None),
                Some(false) => given.take(&handled.by, Some(UncountedReason::NotNamed)),
                None => {}
            },
        }
    }
    given
}

/// The approvals on a change that count for no gate of its environment, each with the reason. What is not known yet is left
/// out and named as a need.
pub(in crate::decide) fn uncounted_on(
    case: &PromotionView<'_>,
    observed: &ObservedChange,
) -> BTreeMap<CommentId, UncountedReason> {
    let Some(release) = case.release_of(observed) else { return BTreeMap::new() };
    let content = ChangeContent::present(observed);
    let mut found = BTreeMap::new();
    for handled in approvals_on(case, observed) {
        let because = uncounted(case, &release, content, handled)
            .or_else(|| is_named_nowhere(case, observed, handled).then_some(UncountedReason::NotNamed));
        found.extend(because.map(|because| (handled.comment.clone(), because)));
    }
    found
}

/// Whether there are gates that want approvals, and none of them names the author of one.
fn is_named_nowhere(case: &PromotionView<'_>, observed: &ObservedChange, handled: &Handled) -> bool {
    let wanted = case.environment.gates.iter().filter_map(|gate| match gate {
        Gate::Approvals(wanted) => Some(wanted),
        Gate::Soak(_) => None,
    });
    let named: Vec<Option<bool>> =
        wanted.map(|wanted| rights::is_any_of(case, &handled.by, observed, wanted.from.iter())).collect();
    !named.is_empty() && named.iter().all(|named| *named == Some(false))
}

/// The comments and reviews of people by which they approved something on a change.
fn approvals_on<'a>(
    case: &PromotionView<'a>,
    observed: &ObservedChange,
) -> impl Iterator<Item = &'a Handled> {
    let bot = &case.world.bot;
    let handled = case.history.handled_on(observed.change.number);
    handled.filter(move |handled| {
        handled.by != *bot && handled.outcomes.iter().any(|own| own.approved().is_some())
    })
}

/// Why an approval counts for no gate, whoever is named there. It binds the content key, so it outlives a new base and dies
/// with new content.
fn uncounted(
    case: &PromotionView<'_>,
    release: &Release,
    content: ChangeContent<'_>,
    handled: &Handled,
) -> Option<UncountedReason> {
    let change = content.observed;
    let mut approved = handled.outcomes.iter().filter_map(CommandOutcome::approved);
    if !approved.any(|key| Some(key) == content.key) {
        return Some(UncountedReason::OtherContent);
    }
    if change.change.review(&handled.comment).is_some_and(Review::is_void) {
        return Some(UncountedReason::Dismissed);
    }
    if case.has_asked(&handled.by, release, change) {
        return Some(UncountedReason::Requester);
    }
    let moved = case.history.moved_tag(release).filter(|moved| moved.order >= handled.order)?;
    Some(UncountedReason::TagMoved(moved.tag.clone()))
}
