//! Which head an approval binds.

use chrono::TimeDelta;

use crate::model::{Change, CommitId, Time};

/// How long before a bare approval the head must have stood.
const HEAD_STANDS_MIN: TimeDelta = TimeDelta::seconds(60);
/// How many digits of a commit name it well enough.
const DIGITS_MIN: usize = 7;

/// Whether an approval at an instant means the head that is there now.
///
/// With a commit it means that one. A bare one means the head whose status was published before it, and
/// means nothing where the head changed in the minute before: nobody can have read that.
pub(super) fn binds_present_head(change: &Change, named: Option<&str>, at: Time) -> bool {
    let present = &change.head.commit;
    match named {
        Some(digits) => {
            digits.len() >= DIGITS_MIN && present.as_str().starts_with(&digits.to_ascii_lowercase())
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
