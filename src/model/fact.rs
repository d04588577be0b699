//! A fact is known since an instant, or unknown for a reason; unknown never passes a gate.

use std::sync::Arc;

/// An instant in UTC. The model never asks a clock: instants come in as facts.
pub type Time = chrono::DateTime<chrono::Utc>;

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
