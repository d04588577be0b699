//! What a look takes of the listings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::read::{kept, read};
use super::{Failure, images_at};
use crate::forge::Forge;
use crate::ledger::{Ledger, StoredListing};
use crate::model::{ConfigBranch, Fact, ImageName, Policy, Tag};
use crate::observe::Freshness;
use crate::observe::{Clock, Ports};
use crate::registry::Registry;

/// How long a look of the service waits for tags that were never read; then it goes on without them, and comes again
/// once they were.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// The tags of images, and what is wrong with them without making them unknown.
#[derive(Debug, Default)]
pub(in crate::observe) struct Looked {
    pub(in crate::observe) listings: BTreeMap<ImageName, Fact<Vec<Tag>>>,
    pub(in crate::observe) troubles: Vec<Arc<str>>,
}

/// The listings of all images that the services at a place use, taken concurrently.
pub(in crate::observe) async fn at_place<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    freshness: Freshness,
) -> Looked {
    let images = images_at(policy, place).into_iter();
    let reads: FuturesUnordered<_> = images
        .map(|image| async move { (image.clone(), of_image(ports, policy, image, freshness).await) })
        .collect();
    let listings: BTreeMap<ImageName, Fact<Vec<Tag>>> = reads.collect().await;
    let troubles = listings.iter().filter_map(|(image, fact)| trouble(ports, image, fact)).collect();
    Looked { listings, troubles }
}

/// The images at a place whose tags could be listed the last time, and whose registry is not left alone now.
pub(in crate::observe) fn answering<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
) -> BTreeSet<ImageName> {
    let now = ports.clock.now();
    let answers = |image: &&&ImageName| {
        let is_listed = {
            let own = ports.listings.image(image);
            let state = own.state();
            state.failure.is_none() && state.read_before(now).is_some()
        };
        is_listed && ports.listings.host(image).pause(now).is_none()
    };
    images_at(policy, place).iter().filter(answers).map(|image| (*image).clone()).collect()
}

/// Why a listing is older than it should be. Of one that is unknown, the fact itself tells.
fn trouble<F, R, L, C>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    fact: &Fact<Vec<Tag>>,
) -> Option<Arc<str>> {
    let Fact::Known { as_of, .. } = fact else { return None };
    let failure = ports.listings.image(image).state().failure.clone();
    failure.map(|failure| failure.sentence(image, *as_of))
}

async fn of_image<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
    freshness: Freshness,
) -> Fact<Vec<Tag>> {
    let is_fresh = |kept: &StoredListing| freshness.takes_listing_of(kept.as_of, ports.clock.now());
    if let Some(kept) = kept(ports, image).await.filter(is_fresh) {
        return known(kept);
    }
    match freshness {
        Freshness::Since(_) | Freshness::Any => asked(ports, policy, image, freshness).await,
        Freshness::PollResult => {
            let now = ports.clock.now();
            let why = || format!("the registry `{}` has not listed the tags of `{image}` yet", image.host());
            let asked = tokio::time::timeout(FIRST_WAIT, asked(ports, policy, image, freshness)).await;
            asked.unwrap_or_else(|_| Fact::Unknown { since: now, why: why().into() })
        }
    }
}

/// Asks the registry, unless somebody else just did.
async fn asked<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
    freshness: Freshness,
) -> Fact<Vec<Tag>> {
    let own = ports.listings.image(image);
    let _turn = own.turn.lock().await;
    let kept = kept(ports, image).await;
    if let Some(kept) = kept.as_ref().filter(|kept| freshness.takes_listing_of(kept.as_of, ports.clock.now()))
    {
        return known(kept.clone());
    }
    let oldest = freshness.oldest_listing();
    let failed = own.state().failure.clone().filter(|failed| failed.stands(oldest, ports.clock.now()));
    if let Some(failed) = failed {
        return last_good(kept, &failed);
    }
    match read(ports, policy, image, kept.clone()).await {
        Ok(read) => known(read.listing),
        Err(failed) => last_good(kept, &failed),
    }
}

fn known(listing: StoredListing) -> Fact<Vec<Tag>> {
    Fact::known(listing.tags, listing.as_of)
}

/// The last complete listing stays what is known, however old: nothing in it became untrue by its age, except that
/// there may be more by now.
fn last_good(kept: Option<StoredListing>, failed: &Failure) -> Fact<Vec<Tag>> {
    kept.map_or_else(|| failed.fact(), known)
}
