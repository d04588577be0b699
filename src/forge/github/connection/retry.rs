//! How often a request goes out, and how long it waits in between.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{RetryPolicy, TRIES_MAX};
use crate::forge::ForgeError;
use crate::forge::github::budget::Pause;
use crate::model::Time;

/// A request that was not answered as it was meant.
#[derive(Clone, Debug)]
pub(super) struct AttemptError {
    pub(super) error: ForgeError,
    pub(super) next: NextAttempt,
}

/// What may follow.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum NextAttempt {
    /// Nothing: another try would come to the same, or do harm.
    Nothing,
    /// Another try, after the usual pause.
    Try,
    /// Another try, after the pause that GitHub asks of all.
    TryAfter(Pause),
}

impl AttemptError {
    pub(super) const fn last(error: ForgeError) -> Self {
        Self { error, next: NextAttempt::Nothing }
    }

    /// One after which the same request may go out again, or not.
    pub(super) const fn passing(error: ForgeError, is_repeatable: bool) -> Self {
        Self { error, next: if is_repeatable { NextAttempt::Try } else { NextAttempt::Nothing } }
    }

    /// GitHub asks for patience.
    pub(super) const fn held(pause: Pause) -> Self {
        Self { error: ForgeError::RateLimited { wait: pause.wait }, next: NextAttempt::TryAfter(pause) }
    }
}

/// The tries of one request.
#[derive(Debug)]
pub(super) struct RetryState {
    pause: Duration,
    wait_max: Duration,
    tried: u32,
    /// The end of the last pause of all that was waited for.
    waited_for: Option<Time>,
}

impl RetryState {
    pub(super) const fn new(patience: RetryPolicy) -> Self {
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
    pub(super) async fn wait(&mut self, setback: AttemptError) -> Result<(), ForgeError> {
        let wait = match setback.next {
            NextAttempt::Try => self.pause,
            NextAttempt::TryAfter(pause) if pause.wait <= self.wait_max => pause.wait,
            NextAttempt::TryAfter(_) | NextAttempt::Nothing => return Err(setback.error),
        };
        if self.tried == TRIES_MAX {
            return Err(setback.error);
        }
        tokio::time::sleep(wait).await;
        if let NextAttempt::TryAfter(pause) = setback.next {
            self.waited_for = self.waited_for.max(Some(pause.until));
        }
        (self.pause, self.tried) = (self.pause * 2, self.tried + 1);
        Ok(())
    }
}
