//! Tags: one poll for each image, shared by all services, environments and config repositories that use it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::stream::{FuturesUnordered, StreamExt};
use tokio::sync::Mutex;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Fact, ImageName, Place, Policy, Tag, Time};
use crate::registry::Registry;

/// How fresh a listing has to be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read since this instant: `run --once` asks every registry once, now.
    Since(Time),
    /// Read within the registry's poll interval.
    Poll,
    /// Whatever was read last: to look without asking.
    Any,
}

/// One slot for each image, so that an image is asked for once at a time.
#[derive(Debug, Default)]
pub struct Listings(Mutex<BTreeMap<ImageName, Arc<Mutex<Option<Failure>>>>>);

/// A poll that failed: not repeated before the next is due.
#[derive(Clone, Debug)]
struct Failure {
    at: Time,
    since: Time,
    why: Arc<str>,
}

/// The listings of all images that the services at a place use, read concurrently.
pub(super) async fn listings<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &Place,
    freshness: Freshness,
) -> BTreeMap<ImageName, Fact<Vec<Tag>>> {
    let images: BTreeSet<&ImageName> = policy.services_at(place).map(|service| &service.image).collect();
    let reads: FuturesUnordered<_> = images
        .into_iter()
        .map(|image| async move {
            let oldest = match freshness {
                Freshness::Since(instant) => instant,
                Freshness::Poll => ports.clock.now() - policy.poll(image),
                Freshness::Any => Time::MIN_UTC,
            };
            (image.clone(), listing(ports, image, oldest).await)
        })
        .collect();
    reads.collect().await
}

/// The listing of one image, from the ledger if it is not older than `oldest`, else from the registry.
async fn listing<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    oldest: Time,
) -> Fact<Vec<Tag>> {
    let slot = Arc::clone(ports.listings.0.lock().await.entry(image.clone()).or_default());
    let mut failure = slot.lock().await;
    if let Some(failed) = failure.as_ref().filter(|failed| failed.at >= oldest) {
        return Fact::Unknown { since: failed.since, why: Arc::clone(&failed.why) };
    }
    match ports.ledger.listing(image).await {
        Ok(Some((tags, as_of))) if as_of >= oldest => return Fact::known(tags, as_of),
        Ok(_) => {}
        Err(error) => tracing::warn!("{error}"),
    }
    let now = ports.clock.now();
    match ports.registry.tags(image).await {
        Ok(tags) => {
            *failure = None;
            if let Err(error) = ports.ledger.keep_listing(image, &tags, now).await {
                tracing::warn!("{error}");
            }
            Fact::known(tags, now)
        }
        Err(error) => {
            let since = failure.as_ref().map_or(now, |earlier| earlier.since);
            let why: Arc<str> = error.to_string().into();
            *failure = Some(Failure { at: now, since, why: Arc::clone(&why) });
            Fact::Unknown { since, why }
        }
    }
}
