//! The one clock.

use crate::model::Time;

/// Says what time it is. Everything but this reads the time from [`crate::model::World::now`].
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Time;
}

/// The machine's clock.
#[derive(Copy, Clone, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    fn now(&self) -> Time {
        chrono::Utc::now()
    }
}
