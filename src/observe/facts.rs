//! Tags: one poll for each image, shared by all services, environments and config repositories that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Mutex;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::{KeptListing, Ledger};
use crate::model::{Basis, Fact, ImageName, Place, Policy, Tag, Time};
use crate::registry::{Listing, Registry, RegistryError};

/// How fresh a listing has to be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read since this instant: `run --once` asks every registry once, now.
    Since(Time),
    /// Read within the registry's poll interval.
    Poll,
    /// Whatever was read last; only what was never read is asked for.
    Any,
}

impl Freshness {
    /// The instant since which something about an image must have been read.
    pub(super) fn oldest(self, policy: &Policy, image: &ImageName, now: Time) -> Time {
        match self {
            Self::Since(instant) => instant,
            Self::Poll => now - policy.poll(image),
            Self::Any => Time::MIN_UTC,
        }
    }
}

/// The longest that a registry's wish to wait is heeded.
const WAIT_MAX: TimeDelta = TimeDelta::hours(1);

/// One slot for each image, so that an image is asked for once at a time.
#[derive(Debug, Default)]
pub struct Listings(Mutex<BTreeMap<ImageName, Arc<Mutex<Option<Failure>>>>>);

/// A question that the registry did not answer: not repeated before the next poll is due, nor sooner than the
/// registry asks for.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    at: Time,
    since: Time,
    not_before: Time,
    why: Arc<str>,
}

impl Failure {
    pub(super) fn new(at: Time, since: Time, error: &RegistryError) -> Self {
        let wait = match error {
            RegistryError::RateLimited { wait, .. } => TimeDelta::from_std(*wait).unwrap_or_default(),
            RegistryError::NotFound { .. }
            | RegistryError::Forbidden { .. }
            | RegistryError::Unavailable { .. } => TimeDelta::zero(),
        };
        let not_before = at.checked_add_signed(wait.min(WAIT_MAX)).unwrap_or(at);
        Self { at, since, not_before, why: error.to_string().into() }
    }

    /// Whether it is too early to ask again.
    pub(super) fn stands(&self, oldest: Time, now: Time) -> bool {
        self.at >= oldest || now < self.not_before
    }

    pub(super) fn fact<T>(&self) -> Fact<T> {
        Fact::Unknown { since: self.since, why: Arc::clone(&self.why) }
    }
}

/// The listings of all images that the services at a place use, read concurrently.
pub(super) async fn listings<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &Place,
    freshness: Freshness,
) -> BTreeMap<ImageName, Fact<Vec<Tag>>> {
    let images: BTreeSet<&ImageName> = listed_at(policy, place).collect();
    let reads: FuturesUnordered<_> = images
        .into_iter()
        .map(|image| async move {
            let oldest = freshness.oldest(policy, image, ports.clock.now());
            (image.clone(), listing(ports, image, oldest).await)
        })
        .collect();
    reads.collect().await
}

/// The images whose tags are of interest: not those of which one tag is followed.
fn listed_at<'a>(policy: &'a Policy, place: &'a Place) -> impl Iterator<Item = &'a ImageName> {
    let images = policy.images_at(place).filter(|image| !matches!(image.selection.basis(), Basis::Turn(_)));
    images.map(|image| &image.name)
}

/// The listing of one image, from the ledger if it is not older than `oldest`, else from the registry.
async fn listing<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    oldest: Time,
) -> Fact<Vec<Tag>> {
    let slot = Arc::clone(ports.listings.0.lock().await.entry(image.clone()).or_default());
    let mut failure = slot.lock().await;
    if let Some(failed) = failure.as_ref().filter(|failed| failed.stands(oldest, ports.clock.now())) {
        return failed.fact();
    }
    let kept = ports.ledger.listing(image).await.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        None
    });
    if let Some(kept) = kept.as_ref().filter(|kept| kept.as_of >= oldest) {
        return Fact::known(kept.tags.clone(), kept.as_of);
    }
    let now = ports.clock.now();
    match ask_listing(ports, image, kept, now).await {
        Ok(listing) => {
            *failure = None;
            Fact::known(listing.tags, now)
        }
        Err(error) => {
            let since = failure.as_ref().map_or(now, |earlier| earlier.since);
            failure.insert(Failure::new(now, since, &error)).fact()
        }
    }
}

/// Asks the registry, which may say that the listing that we hold still stands; keeps the answer.
async fn ask_listing<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    kept: Option<KeptListing>,
    now: Time,
) -> Result<KeptListing, RegistryError> {
    let known = kept.as_ref().and_then(|kept| kept.validator.as_ref());
    let listing = match (ports.registry.tags(image, known).await?, kept) {
        (Listing::Tags { tags, validator }, _) => KeptListing { tags, validator, as_of: now },
        (Listing::Unchanged, Some(kept)) => KeptListing { as_of: now, ..kept },
        (Listing::Unchanged, None) => {
            return Err(RegistryError::Unavailable {
                host: image.host().to_owned(),
                image: image.clone(),
                why: "it says that its listing is unchanged, but we never had one".to_owned(),
            });
        }
    };
    let written = ports.ledger.keep_listing(image, &listing).await;
    written.unwrap_or_else(|error| tracing::warn!("{error}"));
    Ok(listing)
}
