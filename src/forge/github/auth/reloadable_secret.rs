//! A secret that somebody may replace where it lies while Towpath runs.

use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;

use crate::forge::github::lock::lock;
use crate::model::{Time, is_younger_than};

/// How long a secret is taken for what it was when it was read.
const AGE_MAX: TimeDelta = TimeDelta::seconds(5);

/// Gives a secret as it is now, or says why there is none, without repeating anything of it. It may block for some seconds.
pub type SecretReader<T> = Arc<dyn Fn() -> Result<T, String> + Send + Sync>;

/// A secret, and where to read it again.
pub(super) struct ReloadableSecret<T> {
    read: SecretReader<T>,
    kept: Mutex<CachedSecret<T>>,
    /// Held by the one that reads it again, for which all others wait.
    turn: tokio::sync::Mutex<()>,
}

struct CachedSecret<T> {
    secret: T,
    /// When it was read; `None` if it has to be read again in any case.
    read_at: Option<Time>,
    /// How often it was read again, or could not be.
    renewals: u64,
}

impl<T: Clone + Send + 'static> ReloadableSecret<T> {
    /// A secret that is there from the start.
    ///
    /// # Errors
    /// Where it is not there.
    pub(super) fn new(read: SecretReader<T>) -> Result<Self, String> {
        let secret = read()?;
        let kept = Mutex::new(CachedSecret { secret, read_at: None, renewals: 0 });
        Ok(Self { read, kept, turn: tokio::sync::Mutex::default() })
    }

    /// The secret. If it cannot be read now it is what it was: whoever replaces a file may do so in two steps. One of all
    /// that need it at the same time reads it, where waiting for the file system stops no other task.
    pub(super) async fn get(&self, now: Time) -> T {
        if let Some(secret) = self.fresh(now) {
            return secret;
        }
        let renewals = lock(&self.kept).renewals;
        let _turn = self.turn.lock().await;
        if let Some(secret) = self.renewed_since(renewals) {
            return secret;
        }
        let read = Arc::clone(&self.read);
        let read = tokio::task::spawn_blocking(move || read()).await;
        self.renew(read.unwrap_or_else(|error| Err(error.to_string())), now)
    }

    /// The secret that another request read while this one waited for its turn.
    fn renewed_since(&self, renewals: u64) -> Option<T> {
        let kept = lock(&self.kept);
        (kept.renewals != renewals).then(|| kept.secret.clone())
    }

    fn renew(&self, read: Result<T, String>, now: Time) -> T {
        let mut kept = lock(&self.kept);
        match read {
            Ok(secret) => kept.secret = secret,
            Err(why) => tracing::warn!("the forge's secret could not be read again: {why}"),
        }
        kept.read_at = Some(now);
        kept.renewals += 1;
        kept.secret.clone()
    }

    fn fresh(&self, now: Time) -> Option<T> {
        let kept = lock(&self.kept);
        let is_fresh = kept.read_at.is_some_and(|read_at| is_younger_than(AGE_MAX, read_at, now));
        is_fresh.then(|| kept.secret.clone())
    }

    /// Says that the forge does not take it, so that it is read again for the next request.
    pub(super) fn doubt(&self) {
        lock(&self.kept).read_at = None;
    }
}

impl<T> fmt::Debug for ReloadableSecret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Replaceable(..)")
    }
}

#[cfg(test)]
mod tests;
