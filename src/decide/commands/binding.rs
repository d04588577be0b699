//! Which head an approval binds.

use chrono::TimeDelta;

use crate::model::{Change, CommitId, Time};

/// How long before a bare approval the head must have stood.
const HEAD_STANDS_MIN: TimeDelta = TimeDelta::seconds(60);
/// How far two clocks may differ before what is dated by one of them is in the future. It is small against
/// [`HEAD_STANDS_MIN`], which such a difference shortens.
const CLOCK_SKEW_MAX: TimeDelta = TimeDelta::seconds(5);
/// How many digits of a commit name it well enough.
const DIGITS_MIN: usize = 7;

/// Whether an approval that is dated `at` means the head that is there now.
///
/// With a commit it means that one. A bare one means the head whose status was published before it, and
/// means nothing where the head changed in the minute before: nobody can have read that. One that is dated in the future was
/// written at some time before now, since the clock of its author was ahead, so it means something only where the head never
/// changed.
pub(super) fn binds_present_head(change: &Change, named: Option<&str>, at: Time, now: Time) -> bool {
    let present = &change.head.commit;
    match named {
        Some(digits) => {
            digits.len() >= DIGITS_MIN && present.as_str().starts_with(&digits.to_ascii_lowercase())
        }
        None if at > now + CLOCK_SKEW_MAX => {
            !change.statuses.is_empty() && change.statuses.iter().all(|status| status.head == *present)
        }
        None => head_seen_at(change, at) == Some(present) && !changed_just_before(change, at),
    }
}

fn head_seen_at(change: &Change, at: Time) -> Option<&CommitId> {
    change.statuses.iter().rfind(|status| status.at <= at).map(|status| &status.head)
}

/// Whether the head was another one at some time in the minute before.
fn changed_just_before(change: &Change, at: Time) -> bool {
    let minute_ago = at.checked_sub_signed(HEAD_STANDS_MIN).unwrap_or(Time::MIN_UTC);
    let head_then = head_seen_at(change, minute_ago);
    head_then.is_some_and(|head| *head != change.head.commit)
}

#[cfg(test)]
mod tests;
