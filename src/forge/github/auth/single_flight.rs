//! Something that is fetched by one, however many want it at the same time.

#[cfg(test)]
mod tests;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::forge::ForgeError;
use crate::forge::github::lock::lock;

/// What was fetched last, and whose turn it is to fetch it.
#[derive(Debug)]
pub(super) struct SingleFlight<T> {
    kept: Mutex<Option<T>>,
    /// How many fetches came to an end.
    ended: AtomicU64,
    /// Held by whoever fetches; why the last one failed.
    turn: tokio::sync::Mutex<Option<ForgeError>>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self { kept: Mutex::default(), ended: AtomicU64::default(), turn: tokio::sync::Mutex::default() }
    }
}

impl<T: Clone> SingleFlight<T> {
    /// What was fetched last, unless that was let go of.
    pub(super) fn kept(&self) -> Option<T> {
        lock(&self.kept).clone()
    }

    /// What is to be said of it.
    pub(super) fn look<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        lock(&self.kept).as_ref().map(look)
    }

    /// Lets go of it where it is so.
    pub(super) fn drop_if(&self, is_so: impl FnOnce(&T) -> bool) {
        lock(&self.kept).take_if(|kept| is_so(kept));
    }

    /// What is kept and good, or what somebody else fetched meanwhile, or what is fetched now.
    ///
    /// # Errors
    /// Where the fetch failed. Whoever waited for it fails alike where that is no matter of who asked.
    pub(super) async fn get(
        &self,
        is_good: impl Fn(&T) -> bool,
        is_everybody_s: impl Fn(&ForgeError) -> bool,
        fetch: impl Future<Output = Result<T, ForgeError>>,
    ) -> Result<T, ForgeError> {
        let good = || self.kept().filter(|kept| is_good(kept));
        if let Some(kept) = good() {
            return Ok(kept);
        }
        let before = self.ended.load(Ordering::Acquire);
        let mut failure = self.turn.lock().await;
        if let Some(kept) = good() {
            return Ok(kept);
        }
        let has_ended = self.ended.load(Ordering::Acquire) != before;
        if let Some(error) = failure.as_ref().filter(|error| has_ended && is_everybody_s(error)) {
            return Err(error.clone());
        }
        let fetched = fetch.await;
        *failure = fetched.as_ref().err().cloned();
        if let Ok(value) = &fetched {
            *lock(&self.kept) = Some(value.clone());
        }
        self.ended.fetch_add(1, Ordering::AcqRel);
        fetched
    }
}
