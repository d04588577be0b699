//! The tags of all images: one poll for each, shared by all services, environments, config repositories and forges.
//!
//! A look takes what was read last and waits for no registry; who polls, and when, is said by [`poll`]. A registry
//! that fails costs freshness, not judgement: the last complete listing stays, with its age, beside a word about the
//! trouble. A listing that came only in part is an error of the port, so it never gets here.

mod failure;
mod host;
mod look;
mod poll;
mod schedule;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use tokio::sync::Notify;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::{Ledger, StoredListing};
use crate::model::{ConfigBranch, ImageName, Policy, Tag, Time};
use crate::registry::{Listing, Registry, RegistryError};
pub(super) use failure::Failure;
use host::Host;
pub(super) use look::{answering, at_place};
pub use poll::{PollResult, poll, recover, say_outcome};

/// What is known of each image, and of each registry, while this process lives.
#[derive(Debug, Default)]
pub struct Listings {
    images: Mutex<BTreeMap<ImageName, Arc<Image>>>,
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    /// Whether a time in the future was warned of.
    has_warned: AtomicBool,
}

/// One image.
#[derive(Debug, Default)]
struct Image {
    /// Held by whoever asks its registry, so that nobody else does.
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    news: Notify,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// When the listing that is kept was read.
    read_at: Option<Time>,
    /// When an event last told of something new.
    told_at: Option<Time>,
    /// How many events told of something new. They are counted because the clock may be set back between them and a read.
    told: u64,
    /// How many of these events came before the last read began.
    answered: u64,
    /// How many of these events came before the last failure.
    told_before_failure: u64,
    /// Whether an event is still to be answered.
    is_told: bool,
    /// Why it was not read the last time.
    failure: Option<Failure>,
}

impl State {
    /// Whether an event tells of more than was read.
    const fn is_outdated(&self) -> bool {
        self.told > self.answered
    }

    /// When the listing was read. `None` if that is in the future: the clock was ahead then, so nobody knows its age.
    fn read_before(&self, now: Time) -> Option<Time> {
        self.read_at.filter(|read| *read <= now)
    }

    /// Takes note of a read that began after `told` events.
    fn succeed(&mut self, as_of: Time, told: u64) {
        self.read_at = Some(as_of);
        self.answered = told;
    }

    /// Takes note of a failure after `told` events.
    fn fail(&mut self, failure: Failure, told: u64) {
        self.failure = Some(failure);
        self.told_before_failure = told;
    }

    /// Takes note of a listing that was read at `as_of`, here or by another process.
    fn take_read(&mut self, as_of: Time, now: Time) {
        // A time from the future must not hide what is read from now on.
        self.read_at = self.read_before(now).max(Some(as_of));
        if as_of <= now && self.told_at.is_none_or(|told| told < as_of) {
            self.answered = self.told;
        }
    }
}

impl Listings {
    /// Says that something was pushed to an image: what was read before this instant no longer counts as all there is.
    pub fn tell(&self, image: &ImageName, at: Time) {
        self.take_event(image, at, true);
    }

    /// Takes an event of this instant; `is_news` says whether it tells of more than was read.
    fn take_event(&self, image: &ImageName, at: Time, is_news: bool) {
        let own = self.image(image);
        let mut state = own.state();
        state.told_at = Some(at);
        state.is_told = true;
        state.told += u64::from(is_news);
        drop(state);
        own.news.notify_one();
    }

    /// Waits until somebody tells of something new; what was told before this was called counts too.
    pub async fn news(&self, image: &ImageName) {
        let own = self.image(image);
        own.news.notified().await;
    }

    /// How old each listing is that was read while this process lives. `None` if it is not known, because the clock was
    /// set back since.
    #[must_use]
    pub fn ages(&self, now: Time) -> BTreeMap<ImageName, Option<TimeDelta>> {
        let images = locked(&self.images);
        let age = |own: &Arc<Image>| {
            let state = own.state();
            state.read_at.map(|_| state.read_before(now).map(|read| now - read))
        };
        images.iter().filter_map(|(name, own)| Some((name.clone(), age(own)?))).collect()
    }

    /// Warns of a time in the future, once while this process lives.
    fn warn_of_future(&self, image: &ImageName, as_of: Time) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %image,
                "its tags were read at {as_of}, which is in the future; the clock was set back, so such times count \
                 as never; check the clock of this machine"
            );
        }
    }

    fn image(&self, image: &ImageName) -> Arc<Image> {
        let mut images = locked(&self.images);
        Arc::clone(images.entry(image.clone()).or_default())
    }

    /// The host of an image.
    pub(super) fn host(&self, image: &ImageName) -> Arc<Host> {
        let mut hosts = locked(&self.hosts);
        Arc::clone(hosts.entry(image.host().to_owned()).or_default())
    }
}

impl Image {
    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

/// What is behind these locks is whole at every instant, so whoever died holding one left nothing broken.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Every image that the policy names, each once.
pub fn images(policy: &Policy) -> BTreeSet<&ImageName> {
    policy.services.iter().flat_map(|service| &service.images).map(|image| &image.name).collect()
}

/// Every image that the services at a place use, each once.
pub fn images_at<'a>(policy: &'a Policy, place: &'a ConfigBranch) -> BTreeSet<&'a ImageName> {
    policy.images_at(place).map(|image| &image.name).collect()
}

/// The listing that is kept. A ledger that fails costs a request, nothing else.
async fn kept<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
) -> Option<StoredListing> {
    let kept = ports.ledger.listing(image).await.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    });
    if let Some(kept) = &kept {
        let now = ports.clock.now();
        ports.listings.image(image).state().take_read(kept.as_of, now);
        if kept.as_of > now {
            ports.listings.warn_of_future(image, kept.as_of);
        }
    }
    kept
}

/// What was read of an image.
struct Read {
    listing: StoredListing,
    /// Whether a tag that is followed points to something else than before.
    has_moved: bool,
}

/// Asks the registry for a listing when it is the image's turn, and keeps the answer or the failure.
async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
    kept: Option<StoredListing>,
) -> Result<Read, Failure> {
    let host = ports.listings.host(image);
    let told = ports.listings.image(image).state().told;
    let answer = {
        let _turn = host.turn().await;
        let now = ports.clock.now();
        match host.pause(now) {
            Some(pause) => Err(Failure::paused(now, &pause)),
            None => ask(ports, policy, image, &host, kept).await,
        }
    };
    let own = ports.listings.image(image);
    let before = own.state().failure.take();
    match answer {
        Ok(read) => {
            own.state().succeed(read.listing.as_of, told);
            failure::forget(ports, image, before.as_ref()).await;
            Ok(read)
        }
        Err(failed) => {
            let failed = failure::keep(ports, image, failed.after(before)).await;
            own.state().fail(failed.clone(), told);
            Err(failed)
        }
    }
}

/// Asks the registry for what the policy wants to know: the tags, what the tags that are followed point to, or both.
async fn ask<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
    host: &Host,
    kept: Option<StoredListing>,
) -> Result<Read, Failure> {
    let now = ports.clock.now();
    let followed = policy.followed_tags(image);
    let listing = if policy.lists(image) {
        ask_tags(ports, image, host, kept, now).await?
    } else {
        StoredListing { tags: followed.iter().copied().cloned().collect(), validator: None, as_of: now }
    };
    let mut has_moved = false;
    for tag in followed {
        has_moved |= ask_followed(ports, image, host, tag, now).await?;
    }
    let written = ports.ledger.keep_listing(image, &listing).await;
    written.unwrap_or_else(|error| tracing::warn!("{error}"));
    Ok(Read { listing, has_moved })
}

/// Asks the registry for tags; it may say that the listing that we hold still stands.
async fn ask_tags<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    host: &Host,
    kept: Option<StoredListing>,
    now: Time,
) -> Result<StoredListing, Failure> {
    let known = kept.as_ref().and_then(|kept| kept.validator.as_ref());
    let answer = ports.registry.tags(image, known).await.and_then(|answer| match (answer, kept) {
        (Listing::Tags { tags, validator }, _) => Ok(StoredListing { tags, validator, as_of: now }),
        (Listing::Unchanged, Some(kept)) => Ok(StoredListing { as_of: now, ..kept }),
        (Listing::Unchanged, None) => Err(RegistryError::Unavailable {
            host: image.host().to_owned(),
            image: image.clone(),
            why: "it says that its listing is unchanged, but we never had one".to_owned(),
        }),
    });
    host.learn("tags", image, answer.as_ref().err(), ports.clock.now());
    answer.map_err(|error| Failure::new(ports.clock.now(), &error))
}

/// Asks the registry what a tag points to that is followed, and says whether that is something new.
async fn ask_followed<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    host: &Host,
    tag: &Tag,
    now: Time,
) -> Result<bool, Failure> {
    let answer = ports.registry.digest(image, tag).await;
    host.learn("digest", image, answer.as_ref().err(), ports.clock.now());
    let Some(digest) = answer.map_err(|error| Failure::new(ports.clock.now(), &error))? else {
        return Ok(false);
    };
    let before = ports.ledger.digest(image, tag).await.ok().flatten();
    let written = ports.ledger.keep_digest(image, tag, &digest, now).await;
    written.unwrap_or_else(|error| tracing::warn!("{error}"));
    Ok(before.is_none_or(|(before, _)| before != digest))
}

#[cfg(test)]
mod tests;
