//! `/promote approve` and `/promote reject`: what a person says of the content of a change.

use super::{CommandError, CommandInput, binding};
use crate::model::{CommandOutcome, Decline, RefusalReason, Release, Right};

/// Approves the content of a change.
pub(super) fn approve(asked: &CommandInput<'_>, head: Option<&str>) -> Result<CommandOutcome, CommandError> {
    asked.needs_open()?;
    asked.entitled(&[Right::Approve])?;
    let key = asked.own_content()?;
    let release = asked.case.release_of(asked.observed);
    not_declined(asked, release.as_ref())?;
    if release.is_some_and(|release| asked.case.has_asked(asked.by, &release, asked.observed)) {
        return Err(CommandError::Refused(RefusalReason::Requester));
    }
    let present = &asked.observed.change.head.commit;
    let now = asked.case.world.forge_time();
    if !binding::binds_present_head(&asked.observed.change, head, asked.at, now) {
        return Err(CommandError::Refused(RefusalReason::OtherHead { head: present.clone() }));
    }
    Ok(CommandOutcome::Approved { head: present.clone(), key })
}

/// Rejects the content of a change.
pub(super) fn reject(
    asked: &CommandInput<'_>,
    reason: Option<String>,
) -> Result<CommandOutcome, CommandError> {
    asked.needs_open()?;
    asked.entitled(&[Right::Approve])?;
    let key = asked.own_content()?;
    let release =
        asked.case.release_of(asked.observed).ok_or(CommandError::Refused(RefusalReason::ForeignHead))?;
    let target = asked.case.target.clone();
    Ok(CommandOutcome::Rejected { target, images: release.references(), key, reason })
}

/// Refuses what was declined on this change and not asked for since: the change is about to be closed.
fn not_declined(asked: &CommandInput<'_>, release: Option<&Release>) -> Result<(), CommandError> {
    let requested = release.and_then(|release| asked.case.last_request_of(release));
    let mut declines = asked.case.history.declines(&asked.case.target);
    let is_of_this = |decline: &&Decline| {
        decline.change == asked.observed.change.number && requested.is_none_or(|at| at < decline.order)
    };
    match declines.find(is_of_this) {
        Some(decline) => Err(CommandError::Refused(RefusalReason::Declined { by: decline.by.clone() })),
        None => Ok(()),
    }
}
