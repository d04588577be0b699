//! Branches of changes that ended are deleted.

use super::plan::Action;
use super::promotion_view::PromotionView;
use super::reason::ActionReason;
use crate::model::ChangeState;

/// Nothing while the branch carries an open change or is about to; nothing where it has moved on.
pub(super) fn tidy(case: &PromotionView<'_>, goes_on: bool) -> Option<Action> {
    if goes_on || case.open_change().is_some() {
        return None;
    }
    let branch = case.branch();
    let tip = case.world.branches.get(&branch)?;
    let ended = case.changes().filter(|observed| observed.change.head.commit == tip.commit).last()?;
    let is_merged = matches!(ended.change.state, ChangeState::Merged { .. });
    // A person's commits on a change that was closed are nowhere else; a merge of the base is nobody's commit.
    let is_ours = tip.by_bot || ended.change.written().by_bot;
    (is_merged || is_ours).then(|| Action::DeleteBranch {
        branch,
        target: case.target.clone(),
        expected: tip.commit.clone(),
        because: ActionReason::Ended { change: ended.change.number },
    })
}
