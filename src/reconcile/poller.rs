//! Polling registries: each image in its own time, whatever the others do, and at once where an event tells of a push.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use futures::FutureExt as _;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use super::Engine;
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{ImageName, Place, Policy, Time};
use crate::observe::{self, Clock, Polled};
use crate::registry::Registry;

/// The shortest time between two polls of one image, so that a flood of events costs a bounded number of requests.
const POLL_PAUSE_MIN: Duration = Duration::from_millis(200);
/// How long a poll rests after a fault of ours.
const PAUSE_AFTER_FAULT: TimeDelta = TimeDelta::seconds(60);

/// What wakes the watchers of config repositories: one bell each.
#[derive(Debug, Default)]
pub struct Bells {
    bells: BTreeMap<Place, Arc<Notify>>,
    users: BTreeMap<ImageName, Vec<Arc<Notify>>>,
}

impl Bells {
    /// A bell for each place of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let places = policy.places();
        let bells: BTreeMap<Place, Arc<Notify>> =
            places.into_iter().map(|place| (place, Arc::default())).collect();
        let mut users: BTreeMap<ImageName, Vec<Arc<Notify>>> = BTreeMap::new();
        for (place, bell) in &bells {
            for image in observe::images_at(policy, place) {
                users.entry(image.clone()).or_default().push(Arc::clone(bell));
            }
        }
        Self { bells, users }
    }

    /// The bell of a place.
    #[must_use]
    pub fn bell(&self, place: &Place) -> Arc<Notify> {
        self.bells.get(place).cloned().unwrap_or_default()
    }

    /// Wakes whoever uses an image, and nobody else. Who is busy looking looks once more.
    pub fn ring(&self, image: &ImageName) {
        self.users.get(image).into_iter().flatten().for_each(|bell| bell.notify_one());
    }
}

impl<F: Forge, R: Registry, L: Ledger, C: Clock> Engine<F, R, L, C> {
    /// Polls one image, if it is due. Never sleeps, except for its turn at its registry.
    pub async fn poll(&self, image: &ImageName) -> Polled {
        observe::poll(&self.ports, &self.policy, image).await
    }
}

/// Polls every image of the policy until `stop` turns true. One engine does it for all that share its listings.
pub async fn poll<F, R, L, C>(
    engine: Arc<Engine<F, R, L, C>>,
    bells: Arc<Bells>,
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
    bells: Arc<Bells>,
) {
    loop {
        let now = || engine.ports.clock.now();
        let fault = |_panic| {
            tracing::error!(%image, "a fault in Towpath itself while polling; please report what stands above");
            Polled { next: now() + PAUSE_AFTER_FAULT, is_news: false }
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
