//! Polling registries: each image in its own time, whatever the others do, and at once where an event reports a push.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::{Engine, Wakeups};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{ImageName, Time};
use crate::observe::{self, Clock, PollResult};
use crate::registry::Registry;

/// The shortest time between two polls of one image, so that a flood of events costs a bounded number of requests.
const POLL_PAUSE_MIN: Duration = Duration::from_millis(200);
/// How long a poll rests after a fault of ours.
const PAUSE_AFTER_FAULT: TimeDelta = TimeDelta::seconds(60);

impl<F: Forge, R: Registry, L: Ledger, C: Clock> Engine<F, R, L, C> {
    /// Polls one image, if it is due. Never sleeps, except for its turn at its registry.
    pub async fn poll(&self, image: &ImageName) -> PollResult {
        observe::poll(&self.ports, &self.policy, image).await
    }
}

/// Polls every image of the policy until `stop` turns true. One engine does it for all that share its listings.
pub async fn poll<F, R, L, C>(
    engine: Arc<Engine<F, R, L, C>>,
    bells: Arc<Wakeups>,
    mut stop: watch::Receiver<bool>,
) where
    F: Forge + 'static,
    R: Registry + 'static,
    L: Ledger + 'static,
    C: Clock + 'static,
{
    let polls = async {
        observe::recover(&engine.ports, &engine.policy).await;
        let images = observe::images(&engine.policy).into_iter().cloned();
        let polls = images.map(|image| poll_image(Arc::clone(&engine), image, Arc::clone(&bells)));
        JoinSet::from_iter(polls).join_all().await;
    };
    // Whatever is asked now may as well not be asked: a listing is kept whole or not at all.
    tokio::select! {
        () = polls => {}
        _stopped = stop.wait_for(|stops| *stops) => {}
    }
}

async fn poll_image<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: Arc<Engine<F, R, L, C>>,
    image: ImageName,
    bells: Arc<Wakeups>,
) {
    loop {
        let now = || engine.ports.clock.now();
        let fault = |_panic| {
            tracing::error!(%image, "a fault in Towpath itself while polling; please report what stands above");
            PollResult { next: now() + PAUSE_AFTER_FAULT, is_news: false }
        };
        let polled = AssertUnwindSafe(engine.poll(&image)).catch_unwind().await.unwrap_or_else(fault);
        if polled.is_news {
            bells.ring(&image);
        }
        tokio::time::sleep(POLL_PAUSE_MIN).await;
        tokio::select! {
            () = tokio::time::sleep(until(polled.next, now())) => {}
            () = engine.ports.listings.news(&image) => {}
        }
    }
}

fn until(next: Time, now: Time) -> Duration {
    (next - now).max(TimeDelta::zero()).to_std().unwrap_or_default()
}
