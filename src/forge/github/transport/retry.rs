//! How often a request is sent, and how long it waits between two attempts.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::{ATTEMPTS_MAX, RetryPolicy};
use crate::forge::ForgeError;
use crate::forge::github::budget::Pause;
use crate::model::Time;

/// An attempt that failed, and whether another one may follow.
#[derive(Clone, Debug)]
pub(super) struct AttemptError {
    pub(super) error: ForgeError,
    pub(super) next: NextAttempt,
}

/// Whether and when another attempt may follow.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum NextAttempt {
    /// No other attempt: it would fail again, or have a second effect.
    Never,
    /// Another attempt, after the pause of the policy.
    AfterPause,
    /// Another attempt, after the pause of all requests that GitHub asks for.
    AfterRateLimit(Pause),
}

impl AttemptError {
    pub(super) const fn permanent(error: ForgeError) -> Self {
        Self { error, next: NextAttempt::Never }
    }

    /// A failure after which the request may be sent again if `is_retryable`.
    pub(super) const fn retryable_if(is_retryable: bool, error: ForgeError) -> Self {
        Self { error, next: if is_retryable { NextAttempt::AfterPause } else { NextAttempt::Never } }
    }

    /// GitHub limits the rate.
    pub(super) const fn rate_limited(pause: Pause) -> Self {
        Self { error: ForgeError::RateLimited { wait: pause.wait }, next: NextAttempt::AfterRateLimit(pause) }
    }
}

/// The attempts at one request.
#[derive(Debug)]
pub(super) struct RetryState {
    pause: Duration,
    wait_max: Duration,
    attempts: u32,
    /// The end of the last rate-limit pause that this request waited for.
    waited_for: Option<Time>,
}

impl RetryState {
    pub(super) const fn new(retry_policy: RetryPolicy) -> Self {
        Self { pause: retry_policy.pause, wait_max: retry_policy.wait_max, attempts: 1, waited_for: None }
    }

    /// Whether this request waited for a pause. The clock may say that it is not over, because two clocks never agree.
    pub(super) fn waited_for(&self, pause: Pause) -> bool {
        self.waited_for.is_some_and(|until| until >= pause.until)
    }

    /// Waits until the next attempt.
    ///
    /// # Errors
    /// The error of the last attempt, if there is no other one.
    pub(super) async fn wait(&mut self, error: AttemptError) -> Result<(), ForgeError> {
        let wait = match error.next {
            NextAttempt::AfterPause => self.pause,
            NextAttempt::AfterRateLimit(pause) if pause.wait <= self.wait_max => pause.wait,
            NextAttempt::AfterRateLimit(_) | NextAttempt::Never => return Err(error.error),
        };
        if self.attempts == ATTEMPTS_MAX {
            return Err(error.error);
        }
        tokio::time::sleep(wait).await;
        if let NextAttempt::AfterRateLimit(pause) = error.next {
            self.waited_for = self.waited_for.max(Some(pause.until));
        }
        (self.pause, self.attempts) = (self.pause * 2, self.attempts + 1);
        Ok(())
    }
}
