//! How fresh facts have to be.

use crate::model::{ImageName, Policy, Time};

/// How fresh a listing has to be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read since this instant: `run --once` asks every registry once, now.
    Since(Time),
    /// Kept up to date by the service's polls: a look takes what was read last.
    PollResult,
    /// Whatever was read last; only what was never read is asked for.
    Any,
}

impl Freshness {
    /// The instant since which something about an image must have been read.
    pub(super) fn oldest(self, policy: &Policy, image: &ImageName, now: Time) -> Time {
        match self {
            Self::Since(instant) => instant,
            Self::PollResult => now - policy.poll(image),
            Self::Any => Time::MIN_UTC,
        }
    }

    /// The instant since which a listing must have been read.
    pub(super) const fn oldest_listing(self) -> Time {
        match self {
            Self::Since(instant) => instant,
            Self::PollResult | Self::Any => Time::MIN_UTC,
        }
    }

    /// Whether a listing that was read at `as_of` is fresh enough.
    pub(super) fn takes_listing_of(self, as_of: Time, now: Time) -> bool {
        is_fresh(as_of, self.oldest_listing(), now)
    }
}

/// Whether something that was read at `as_of` was read since `oldest`. A time in the future counts as never: the clock
/// was ahead when it was written, so that nobody knows how old it is.
pub(super) fn is_fresh(as_of: Time, oldest: Time, now: Time) -> bool {
    oldest <= as_of && as_of <= now
}
