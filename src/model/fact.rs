//! A fact is known since an instant, or unknown for a reason; unknown never passes a gate.

use std::sync::Arc;

use chrono::TimeDelta;

/// An instant in UTC. The model never asks a clock: instants come in as facts.
pub type Time = chrono::DateTime<chrono::Utc>;

/// How far ahead a time may be that another task noted a moment after this one read the clock.
const MOMENT: TimeDelta = TimeDelta::seconds(1);

/// Whether something that was read or done at `at` is younger than `age_max`. A time in the future counts as never: the
/// clock was ahead when it was noted, so that nobody knows how long ago that was.
#[must_use]
pub fn is_younger_than(age_max: TimeDelta, at: Time, now: Time) -> bool {
    at <= now + MOMENT && now - at < age_max
}

/// Whether a pause that was never meant to take longer than `longest` is still on. One that ends later than that was
/// noted while the clock was ahead, and is over.
#[must_use]
pub fn is_paused(until: Time, longest: TimeDelta, now: Time) -> bool {
    now < until && until - now <= longest
}

/// What is known about something outside, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact<T> {
    /// It was read at `as_of`.
    Known {
        /// What was read.
        value: T,
        /// When it was read.
        as_of: Time,
    },
    /// It could not be read.
    Unknown {
        /// When that was first seen in this process.
        since: Time,
        /// What went wrong, in a sentence for people.
        why: Arc<str>,
    },
}

impl<T> Fact<T> {
    /// A fact read at `as_of`.
    pub const fn known(value: T, as_of: Time) -> Self {
        Self::Known { value, as_of }
    }

    /// The value, where it is known.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }
}
