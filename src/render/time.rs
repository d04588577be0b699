//! Instants as people read them.

use crate::model::Time;

/// `Mon 2026-11-23 09:00 UTC`, with seconds where they are not zero.
#[must_use]
pub fn instant(time: Time) -> String {
    use chrono::Timelike as _;
    let format = if time.second() == 0 { "%a %Y-%m-%d %H:%M UTC" } else { "%a %Y-%m-%d %H:%M:%S UTC" };
    time.format(format).to_string()
}
