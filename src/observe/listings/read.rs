//! Asks a registry for the tags of an image, and keeps the answer.

use super::failure::{self, Failure};
use super::host::Host;
use crate::forge::Forge;
use crate::ledger::{Ledger, StoredListing};
use crate::model::{ImageName, Policy, Tag, Time};
use crate::observe::{Clock, Ports};
use crate::registry::{Listing, Registry, RegistryError};

/// The listing that is kept. A ledger that fails costs a request, nothing else.
pub(super) async fn kept<F: Forge, R: Registry, L: Ledger, C: Clock>(
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
pub(super) struct Read {
    pub(super) listing: StoredListing,
    /// Whether a tag that is followed points to something else than before.
    pub(super) has_moved: bool,
}

/// Asks the registry for a listing when it is the image's turn, and keeps the answer or the failure.
pub(super) async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
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
            failure::forget(&ports.ledger, image, before.as_ref()).await;
            Ok(read)
        }
        Err(failed) => {
            let failed = failure::keep(&ports.ledger, image, failed.after(before)).await;
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
