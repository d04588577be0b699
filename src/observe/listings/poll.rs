//! One poll of one image: whether it is due, what came of it, and which events are answered with it.

use std::collections::BTreeSet;

use super::cache::State;
use super::images;
use super::read::{kept, read};
use super::schedule::due_after;
use crate::forge::Forge;
use crate::ledger::{Delivery, DeliveryOutcome, DeliverySubject, Ledger, StoredListing, has_lapsed};
use crate::model::{ImageName, Policy, Tag, Time};
use crate::observe::facts::is_fresh;
use crate::observe::{Clock, Ports};
use crate::registry::Registry;

/// What came of a poll.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct PollResult {
    /// When to poll again.
    pub next: Time,
    /// Whether whoever uses the image should look: its tags changed, or an event told of a push.
    pub is_news: bool,
}

/// Polls an image, if it is due.
pub async fn poll<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
) -> PollResult {
    let own = ports.listings.image(image);
    let _turn = own.turn.lock().await;
    let before = kept(ports, image).await;
    let now = ports.clock.now();
    let is_told = std::mem::take(&mut own.state().is_told);
    let state = {
        let mut state = own.state();
        // An event from the future came before now, so that it can lapse.
        state.told_at = state.told_at.map(|told| told.min(now));
        state.clone()
    };
    let due = due(policy, image, &state, now);
    if now >= due {
        match read(ports, policy, image, before.clone()).await {
            Ok(read) if !is_told => {
                let is_news = read.has_moved || !has_same_tags(before.as_ref(), &read.listing);
                return PollResult { next: self::due(policy, image, &own.state().clone(), now), is_news };
            }
            Ok(_) | Err(_) => {}
        }
    }
    let state = own.state().clone();
    let is_answered = is_told && !state.is_outdated();
    let is_about = |delivery: &Delivery| delivery.subject.images().contains(image);
    let has_lapsed = is_told && state.told_at.is_some_and(|at| has_lapsed(at, now));
    let is_concluded = (is_answered || has_lapsed) && conclude(ports, policy, is_about).await;
    // What could not be answered yet, or not be said, still waits.
    own.state().is_told |= is_told && !is_concluded;
    PollResult { next: self::due(policy, image, &state, now), is_news: is_answered }
}

/// When an image is to be read: now where an event told of a push, else in its own time, or once it is worth trying
/// again.
fn due(policy: &Policy, image: &ImageName, state: &State, now: Time) -> Time {
    let interval = policy.poll(image);
    let in_time = state.read_before(now).map_or(now, |read| due_after(image, interval, read));
    let in_time = if state.is_outdated() { now } else { in_time };
    let Some(failure) = &state.failure else { return in_time };
    // An event that came after the failure says that the registry is there again.
    if state.told > state.told_before_failure && state.is_outdated() {
        return failure.retry_at(now, now);
    }
    failure.retry_at(due_after(image, interval, failure.at()), now)
}

fn has_same_tags(before: Option<&StoredListing>, after: &StoredListing) -> bool {
    let sorted = |tags: &[Tag]| {
        let mut tags = tags.to_vec();
        tags.sort();
        tags
    };
    before.is_some_and(|before| before.tags == after.tags || sorted(&before.tags) == sorted(&after.tags))
}

/// Brings back what was acknowledged and not handled before the process ended.
pub async fn recover<F: Forge, R: Registry, L: Ledger, C: Clock>(ports: &Ports<F, R, L, C>, policy: &Policy) {
    let images = images(policy);
    for delivery in open(ports).await {
        for image in delivery.subject.images().iter().filter(|image| images.contains(image)) {
            let read = kept(ports, image).await.map(|kept| kept.as_of);
            // What was read since then shows what the event tells of.
            let is_read = read.is_some_and(|read| is_fresh(read, delivery.received_at, ports.clock.now()));
            ports.listings.take_event(image, delivery.received_at, !is_read);
        }
    }
    conclude(ports, policy, |_| true).await;
}

/// Says of every delivery that `concerns` us what became of it, once all its images were read since it came. Whether
/// all that could be said was kept.
async fn conclude<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    concerns: impl Fn(&Delivery) -> bool,
) -> bool {
    let images = images(policy);
    let mut was_kept = true;
    for delivery in open(ports).await.into_iter().filter(concerns) {
        let now = ports.clock.now();
        let Some(outcome) = outcome(ports, &images, &delivery, now) else { continue };
        was_kept &= say_outcome(&ports.ledger, &delivery, outcome, now).await;
    }
    was_kept
}

/// Says of a delivery what became of it, and counts that; whether it was kept.
pub async fn say_outcome<L: Ledger>(
    ledger: &L,
    delivery: &Delivery,
    outcome: DeliveryOutcome,
    at: Time,
) -> bool {
    let kept = ledger.conclude(delivery, outcome, at).await.inspect_err(|error| tracing::warn!("{error}"));
    if kept.is_ok() {
        let labels = [("source", delivery.source.clone()), ("outcome", outcome.word().to_owned())];
        metrics::counter!("towpath_deliveries_concluded_total", &labels).increment(1);
    }
    kept.is_ok()
}

/// What became of a delivery; nothing while one of its images is still to be read, unless that is too long, or where it is
/// about none.
fn outcome<F, R, L, C>(
    ports: &Ports<F, R, L, C>,
    images: &BTreeSet<&ImageName>,
    delivery: &Delivery,
    now: Time,
) -> Option<DeliveryOutcome> {
    let about = match &delivery.subject {
        DeliverySubject::Images(about) => about,
        DeliverySubject::Repositories(..) => return None,
    };
    let used = about.iter().filter(|image| images.contains(image));
    if used.clone().next().is_none() {
        return Some(DeliveryOutcome::Unused);
    }
    let is_read = |image: &ImageName| {
        let own = ports.listings.image(image);
        let state = own.state();
        let read_at = state.read_before(now);
        // Of an event from the future no time tells whether it came before the read; that all events are answered does.
        let came_before = |read: Time| read >= delivery.received_at || delivery.received_at > now;
        read_at.is_some_and(came_before) && !(delivery.received_at > now && state.is_outdated())
    };
    let received_at = |image: &ImageName| {
        let told_at = ports.listings.image(image).state().told_at;
        if delivery.received_at > now { told_at.unwrap_or(now) } else { delivery.received_at }
    };
    let lapsed = || {
        let has_lapsed = used.clone().any(|image| has_lapsed(received_at(image), now));
        has_lapsed.then_some(DeliveryOutcome::Lapsed)
    };
    used.clone().all(is_read).then_some(DeliveryOutcome::Looked).or_else(lapsed)
}

/// The deliveries without an outcome. Where the ledger fails they stay that, and are found the next time.
async fn open<F: Forge, R: Registry, L: Ledger, C: Clock>(ports: &Ports<F, R, L, C>) -> Vec<Delivery> {
    ports.ledger.deliveries().await.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Vec::new()
    })
}
