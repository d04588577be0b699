//! What wakes the watchers of config repositories, and what they owe for it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::ledger::{Delivery, DeliveryOutcome, DeliverySubject, has_lapsed};
use crate::model::{ConfigBranch, ForgeName, ImageName, Policy, RepositoryName, Time};
use crate::observe;

/// What wakes the watchers of config repositories: one bell each.
#[derive(Debug, Default)]
pub struct Wakeups {
    bells: BTreeMap<ConfigBranch, Arc<Wakeup>>,
    users: BTreeMap<ImageName, Vec<Arc<Wakeup>>>,
    /// Held by whoever says the recent deliveries.
    turn: tokio::sync::Mutex<()>,
}

/// The bell of one place.
#[derive(Debug, Default)]
pub struct Wakeup {
    rung: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Whether the forge told of something since this was last asked.
    is_told: bool,
    /// Whether some event may still be without an outcome.
    owes: bool,
    /// When the last look began that saw all there was.
    looked_at: Option<Time>,
}

impl Default for State {
    /// A process that just started may owe what the one before it acknowledged.
    fn default() -> Self {
        Self { is_told: false, owes: true, looked_at: None }
    }
}

impl Wakeups {
    /// A bell for each place of a policy.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        let bells: BTreeMap<ConfigBranch, Arc<Wakeup>> =
            policy.places().into_iter().map(|place| (place, Arc::default())).collect();
        let mut users: BTreeMap<ImageName, Vec<Arc<Wakeup>>> = BTreeMap::new();
        for (place, bell) in &bells {
            for image in observe::images_at(policy, place) {
                users.entry(image.clone()).or_default().push(Arc::clone(bell));
            }
        }
        Self { bells, users, turn: tokio::sync::Mutex::default() }
    }

    /// The bell of a place.
    #[must_use]
    pub fn bell(&self, place: &ConfigBranch) -> Arc<Wakeup> {
        self.bells.get(place).cloned().unwrap_or_default()
    }

    /// Wakes whoever uses an image, and nobody else. Who is busy looking looks once more.
    pub fn ring(&self, image: &ImageName) {
        self.users.get(image).into_iter().flatten().for_each(|bell| bell.rung.notify_one());
    }

    /// Says that something happened in a repository of a forge: wakes whoever looks at a branch of it, and nobody else.
    pub fn tell(&self, forge: &ForgeName, repository: &RepositoryName) {
        self.bells_at(forge, repository).for_each(Wakeup::tell);
    }

    /// What became of an event of a forge; nothing while a place that it is about was not looked at since it came, unless
    /// that is too long, or where it is about images.
    #[must_use]
    pub fn outcome(&self, delivery: &Delivery, now: Time) -> Option<DeliveryOutcome> {
        let DeliverySubject::Repositories(forge, repositories) = &delivery.subject else { return None };
        let mut bells =
            repositories.iter().flat_map(|repository| self.bells_at(forge, repository)).peekable();
        if bells.peek().is_none() {
            return Some(DeliveryOutcome::Unused);
        }
        let is_seen = bells.all(|bell| bell.has_looked_since(delivery.received_at, now));
        let lapsed = || has_lapsed(delivery.received_at, now).then_some(DeliveryOutcome::Lapsed);
        is_seen.then_some(DeliveryOutcome::Looked).or_else(lapsed)
    }

    /// Waits for the turn to say the recent deliveries.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    fn bells_at<'a>(
        &'a self,
        forge: &'a ForgeName,
        repository: &'a RepositoryName,
    ) -> impl Iterator<Item = &'a Wakeup> {
        let there = self
            .bells
            .iter()
            .filter(move |(place, _)| place.forge == *forge && place.repository == *repository);
        there.map(|(_, bell)| &**bell)
    }
}

impl Wakeup {
    /// Waits until it rings; that it rang before this was called counts too.
    pub async fn rung(&self) {
        self.rung.notified().await;
    }

    /// Rings because the forge told of something.
    fn tell(&self) {
        let mut state = self.state();
        state.is_told = true;
        state.owes = true;
        drop(state);
        self.rung.notify_one();
    }

    /// Whether the forge told of something since this was last asked.
    pub fn hear(&self) -> bool {
        std::mem::take(&mut self.state().is_told)
    }

    /// Notes when a look began that saw all there was; says whether an event may still wait for its outcome.
    pub fn looked(&self, began: Time) -> bool {
        let mut state = self.state();
        // Not the latest of all: the clock may have been set back since the look before.
        state.looked_at = Some(began);
        std::mem::take(&mut state.owes)
    }

    /// Whether an event may still wait for its outcome, since this was last asked.
    pub fn take_owed(&self) -> bool {
        std::mem::take(&mut self.state().owes)
    }

    /// Says that an event is still without its outcome.
    pub fn owe(&self) {
        self.state().owes = true;
    }

    /// Of a time in the future, when the clock was ahead, no later time tells; what was told since the last look does.
    fn has_looked_since(&self, time: Time, now: Time) -> bool {
        let state = self.state();
        let came_before = |began: Time| began <= now && (began >= time || (time > now && !state.is_told));
        state.looked_at.is_some_and(came_before)
    }

    /// What is behind this lock is whole at every instant, so whoever died holding it left nothing broken.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
