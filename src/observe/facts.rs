//! How fresh facts have to be, and the digests of tags.

use std::collections::BTreeMap;

use tokio::sync::Mutex;

use super::listings::Failure;
use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Digest, Fact, ImageName, Policy, Tag, Time};
use crate::registry::Registry;

/// How fresh a listing has to be.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Read since this instant: `run --once` asks every registry once, now.
    Since(Time),
    /// Kept up to date by the service's polls: a look takes what was read last.
    Polled,
    /// Whatever was read last; only what was never read is asked for.
    Any,
}

impl Freshness {
    /// The instant since which something about an image must have been read.
    fn oldest(self, policy: &Policy, image: &ImageName, now: Time) -> Time {
        match self {
            Self::Since(instant) => instant,
            Self::Polled => now - policy.poll(image),
            Self::Any => Time::MIN_UTC,
        }
    }

    /// The instant since which a listing must have been read.
    pub(super) const fn oldest_listing(self) -> Time {
        match self {
            Self::Since(instant) => instant,
            Self::Polled | Self::Any => Time::MIN_UTC,
        }
    }

    /// Whether a listing of this instant is fresh enough.
    pub(super) fn takes_listing_of(self, as_of: Time) -> bool {
        as_of >= self.oldest_listing()
    }
}

/// The tags that had no digest when they were asked for, or about which there was no answer.
#[derive(Debug, Default)]
pub struct Absences(Mutex<BTreeMap<(ImageName, Tag), Absence>>);

#[derive(Clone, Debug)]
enum Absence {
    /// There is no such tag.
    None { as_of: Time },
    /// There was no answer.
    Failed(Failure),
}

/// The digest of a tag: kept for good once it was read, since a release is what it was when it was chosen. A tag that
/// leads nowhere is asked for again with the next poll.
pub(super) async fn digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    image: &ImageName,
    tag: &Tag,
) -> Fact<Option<Digest>> {
    match ports.ledger.digest(image, tag).await {
        Ok(Some((digest, as_of))) => return Fact::known(Some(digest), as_of),
        Ok(None) => {}
        Err(error) => tracing::warn!("{error}"),
    }
    let now = ports.clock.now();
    let key = (image.clone(), tag.clone());
    let oldest = freshness.oldest(policy, image, now);
    match ports.absences.0.lock().await.get(&key) {
        Some(Absence::None { as_of }) if *as_of >= oldest => return Fact::known(None, *as_of),
        Some(Absence::Failed(failed)) if failed.stands(oldest, now) => return failed.fact(),
        Some(_) | None => {}
    }
    ask_digest(ports, key, now).await
}

async fn ask_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    key: (ImageName, Tag),
    now: Time,
) -> Fact<Option<Digest>> {
    let answer = registry_digest(ports, &key.0, &key.1, now).await;
    let mut absences = ports.absences.0.lock().await;
    match answer {
        Ok(Some(digest)) => {
            absences.remove(&key);
            let kept = ports.ledger.keep_digest(&key.0, &key.1, &digest, now).await;
            kept.unwrap_or_else(|error| tracing::warn!("{error}"));
            Fact::known(Some(digest), now)
        }
        Ok(None) => {
            absences.insert(key, Absence::None { as_of: now });
            Fact::known(None, now)
        }
        Err(failed) => {
            let fact = failed.fact();
            absences.insert(key, Absence::Failed(failed));
            fact
        }
    }
}

/// What the registry says, when it is the image's turn; a registry that is left alone is not asked.
async fn registry_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    tag: &Tag,
    now: Time,
) -> Result<Option<Digest>, Failure> {
    let host = ports.listings.host(image);
    let _turn = host.turn().await;
    if let Some(pause) = host.pause(now) {
        return Err(Failure::paused(now, &pause));
    }
    let answer = ports.registry.digest(image, tag).await;
    host.learn("digest", image, answer.as_ref().err(), ports.clock.now());
    answer.map_err(|error| Failure::new(now, &error))
}
