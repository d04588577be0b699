//! The memory that the bodies of one hook may use, before they are authenticated.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use http_body_util::BodyExt as _;
use tokio::sync::Notify;

use super::{BODY_BYTES_MAX, WebhookRefusal};

/// How long a body may take.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// The first bytes of each body, which need no share of the budget: most events are smaller. With all connections in use
/// this is 64 MiB.
const UNBUDGETED_BYTES_MAX: usize = 32 * 1024;
/// How much of larger bodies one hook holds in memory at once, in bytes.
const BUDGET_BYTES: usize = 32 * 1024 * 1024;

/// The memory that the large bodies of one hook share.
///
/// A body takes its share as its bytes arrive, so a length that is only announced reserves nothing. When the budget is used
/// up, the body whose last bytes arrived longest ago is rejected: clients that send large bodies slowly and prove nothing
/// lose their share to an event that arrives at once.
#[derive(Debug)]
pub(in crate::server) struct BodyBudget {
    bytes: usize,
    shares: Mutex<Shares>,
}

#[derive(Debug, Default)]
struct Shares {
    used: usize,
    /// How often any body made progress.
    sequence: u64,
    /// The bodies with a share, by the sequence of their last progress.
    held: BTreeMap<u64, Held>,
}

#[derive(Debug)]
struct Held {
    bytes: usize,
    revoked: Arc<Notify>,
}

impl BodyBudget {
    /// A budget of which nothing is in use.
    pub(in crate::server) fn new() -> Self {
        Self::of(BUDGET_BYTES)
    }

    fn of(bytes: usize) -> Self {
        Self { bytes, shares: Mutex::default() }
    }

    /// Reads a whole body, which may come in chunks and without a length.
    ///
    /// # Errors
    /// If it is too large or too slow, if the connection breaks, or if its share was given to another body.
    pub(in crate::server) async fn read(&self, body: Body) -> Result<Bytes, WebhookRefusal> {
        tokio::time::timeout(BODY_TIMEOUT, self.collect(body)).await.unwrap_or(Err(WebhookRefusal::TooSlow))
    }

    async fn collect(&self, mut body: Body) -> Result<Bytes, WebhookRefusal> {
        let mut bytes = Vec::new();
        let mut share = Share { budget: self, key: None, revoked: Arc::default() };
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                () = share.revoked.notified() => return Err(WebhookRefusal::Busy),
            };
            let Some(frame) = frame else { return Ok(bytes.into()) };
            let Ok(data) = frame.map_err(|_| WebhookRefusal::Broken)?.into_data() else { continue };
            let length = bytes.len() + data.len();
            if length > BODY_BYTES_MAX {
                return Err(WebhookRefusal::TooLarge);
            }
            share.resize(length.saturating_sub(UNBUDGETED_BYTES_MAX))?;
            bytes.extend_from_slice(&data);
        }
    }

    fn shares(&self) -> MutexGuard<'_, Shares> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one body holds of a budget; given back when it is dropped.
struct Share<'a> {
    budget: &'a BodyBudget,
    /// Where it stands among the shares; `None` while it holds nothing.
    key: Option<u64>,
    revoked: Arc<Notify>,
}

impl Share<'_> {
    /// Makes it this large, at the expense of the bodies that made no progress for longest.
    fn resize(&mut self, bytes: usize) -> Result<(), WebhookRefusal> {
        if bytes == 0 {
            return Ok(());
        }
        let mut shares = self.budget.shares();
        if self.key.is_some_and(|key| shares.release(key).is_none()) {
            return Err(WebhookRefusal::Busy);
        }
        self.key = None;
        while shares.used + bytes > self.budget.bytes {
            shares.revoke_stalest().ok_or(WebhookRefusal::Busy)?;
        }
        self.key = Some(shares.hold(Held { bytes, revoked: Arc::clone(&self.revoked) }));
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        if let Some(key) = self.key {
            drop(self.budget.shares().release(key));
        }
    }
}

impl Shares {
    fn hold(&mut self, held: Held) -> u64 {
        self.sequence += 1;
        self.used += held.bytes;
        self.held.insert(self.sequence, held);
        self.sequence
    }

    /// Gives a share back; `None` if it was revoked before.
    fn release(&mut self, key: u64) -> Option<Held> {
        let held = self.held.remove(&key)?;
        self.used -= held.bytes;
        Some(held)
    }

    fn revoke_stalest(&mut self) -> Option<()> {
        let (_, held) = self.held.pop_first()?;
        self.used -= held.bytes;
        held.revoked.notify_one();
        Some(())
    }
}

#[cfg(test)]
mod tests;
