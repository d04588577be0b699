//! What is known of each image and registry while this process lives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::TimeDelta;
use tokio::sync::Notify;

use super::failure::Failure;
use super::host::Host;
use super::lock::locked;
use crate::model::{ImageName, Time};

/// What is known of each image, and of each registry, while this process lives.
#[derive(Debug, Default)]
pub struct Listings {
    pub(super) images: Mutex<BTreeMap<ImageName, Arc<Image>>>,
    pub(super) hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    /// Whether a time in the future was warned of.
    pub(super) has_warned: AtomicBool,
}

/// One image.
#[derive(Debug, Default)]
pub(super) struct Image {
    /// Held by whoever asks its registry, so that nobody else does.
    pub(super) turn: tokio::sync::Mutex<()>,
    pub(super) state: Mutex<State>,
    pub(super) news: Notify,
}

#[derive(Clone, Debug, Default)]
pub(super) struct State {
    /// When the listing that is kept was read.
    pub(super) read_at: Option<Time>,
    /// When an event last told of something new.
    pub(super) told_at: Option<Time>,
    /// How many events told of something new. They are counted because the clock may be set back between them and a read.
    pub(super) told: u64,
    /// How many of these events came before the last read began.
    pub(super) answered: u64,
    /// How many of these events came before the last failure.
    pub(super) told_before_failure: u64,
    /// Whether an event is still to be answered.
    pub(super) is_told: bool,
    /// Why it was not read the last time.
    pub(super) failure: Option<Failure>,
}

impl State {
    /// Whether an event tells of more than was read.
    pub(super) const fn is_outdated(&self) -> bool {
        self.told > self.answered
    }

    /// When the listing was read. `None` if that is in the future: the clock was ahead then, so nobody knows its age.
    pub(super) fn read_before(&self, now: Time) -> Option<Time> {
        self.read_at.filter(|read| *read <= now)
    }

    /// Takes note of a read that began after `told` events.
    pub(super) fn succeed(&mut self, as_of: Time, told: u64) {
        self.read_at = Some(as_of);
        self.answered = told;
    }

    /// Takes note of a failure after `told` events.
    pub(super) fn fail(&mut self, failure: Failure, told: u64) {
        self.failure = Some(failure);
        self.told_before_failure = told;
    }

    /// Takes note of a listing that was read at `as_of`, here or by another process.
    pub(super) fn take_read(&mut self, as_of: Time, now: Time) {
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
    pub(super) fn take_event(&self, image: &ImageName, at: Time, is_news: bool) {
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
    pub(super) fn warn_of_future(&self, image: &ImageName, as_of: Time) {
        if !self.has_warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %image,
                "its tags were read at {as_of}, which is in the future; the clock was set back, so such times count \
                 as never; check the clock of this machine"
            );
        }
    }

    pub(super) fn image(&self, image: &ImageName) -> Arc<Image> {
        let mut images = locked(&self.images);
        Arc::clone(images.entry(image.clone()).or_default())
    }

    /// The host of an image.
    pub(in crate::observe) fn host(&self, image: &ImageName) -> Arc<Host> {
        let mut hosts = locked(&self.hosts);
        Arc::clone(hosts.entry(image.host().to_owned()).or_default())
    }
}

impl Image {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}
