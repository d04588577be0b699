//! How often a request goes out, and how long it waits in between.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{Patience, TRIES_MAX};
use crate::forge::ForgeError;
use crate::forge::github::budget::Pause;
use crate::model::Time;

/// A request that was not answered as it was meant.
#[derive(Clone, Debug)]
pub(super) struct Setback {
    pub(super) error: ForgeError,
    pub(super) next: Next,
}

/// What may follow.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: another try would come to the same, or do harm.
    Nothing,
    /// Another try, after the usual pause.
    Try,
    /// Another try, after the pause that GitHub asks of all.
    TryAfter(Pause),
}

impl Setback {
    pub(super) const fn last(error: ForgeError) -> Self {
        Self { error, next: Next::Nothing }
    }

    /// One after which the same request may go out again, or not.
    pub(super) const fn passing(error: ForgeError, is_repeatable: bool) -> Self {
        Self { error, next: if is_repeatable { Next::Try } else { Next::Nothing } }
    }

    /// GitHub asks for patience.
    pub(super) const fn held(pause: Pause) -> Self {
        Self { error: ForgeError::RateLimited { wait: pause.wait }, next: Next::TryAfter(pause) }
    }
}

/// The tries of one request.
#[derive(Debug)]
pub(super) struct Tries {
    pause: Duration,
    wait_max: Duration,
    tried: u32,
    /// The end of the last pause of all that was waited for.
    waited_for: Option<Time>,
}

impl Tries {
    pub(super) const fn new(patience: Patience) -> Self {
        Self { pause: patience.pause, wait_max: patience.wait_max, tried: 1, waited_for: None }
    }

    /// Whether a pause of all was waited for. By the clock it may not be over: two clocks never agree.
    pub(super) fn waited_for(&self, pause: Pause) -> bool {
        self.waited_for.is_some_and(|until| until >= pause.until)
    }

    /// Waits for the next try.
    ///
    /// # Errors
    /// Where there is none, with what became of the last.
    pub(super) async fn wait(&mut self, setback: Setback) -> Result<(), ForgeError> {
        let wait = match setback.next {
            Next::Try => self.pause,
            Next::TryAfter(pause) if pause.wait <= self.wait_max => pause.wait,
            Next::TryAfter(_) | Next::Nothing => return Err(setback.error),
        };
        if self.tried == TRIES_MAX {
            return Err(setback.error);
        }
        tokio::time::sleep(wait).await;
        if let Next::TryAfter(pause) = setback.next {
            self.waited_for = self.waited_for.max(Some(pause.until));
        }
        (self.pause, self.tried) = (self.pause * 2, self.tried + 1);
        Ok(())
    }
}
