//! Single artifacts: the digest of a tag, and what is said at a digest. What is there is kept for good in the ledger; what
//! is not is asked for again with the next poll.

use super::listings::Failure;
use super::{Clock, Freshness, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Defect, Description, Digest, Fact, ImageName, Policy, Tag};
use crate::registry::{Registry, RegistryError};

/// The digest of a tag, kept for good once it was read, since a release is what it was when it was chosen; only that of a
/// tag that is followed, or written without its digest, is asked for with each poll.
pub(super) async fn digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    image: &ImageName,
    tag: &Tag,
) -> Fact<Option<Digest>> {
    read_digest(ports, policy, freshness, &TagRead::new(policy, image, tag)).await
}

/// The same for a tag that is all that files hold of what runs, so that it is asked for with each poll.
pub(super) async fn polled_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    image: &ImageName,
    tag: &Tag,
) -> Fact<Option<Digest>> {
    read_digest(ports, policy, freshness, &TagRead { image, tag, is_polled: true }).await
}

async fn read_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    read: &TagRead<'_>,
) -> Fact<Option<Digest>> {
    let now = ports.clock.now();
    if let Some(kept) = ledger_digest(ports, freshness, read).await {
        return kept;
    }
    let TagRead { image, tag, .. } = *read;
    let key = (image.clone(), tag.clone());
    let oldest = freshness.oldest(policy, image, now);
    if let Some(known) = ports.absent_tags.known(&key, oldest, now).await {
        return known;
    }
    let answer = in_turn(ports, "digest", image, ports.registry.digest(image, tag)).await;
    if let Ok(Some(digest)) = &answer {
        let kept = ports.ledger.keep_digest(image, tag, digest, now).await;
        kept.unwrap_or_else(|error| tracing::warn!("{error}"));
    }
    let is_kept = matches!(answer, Ok(Some(_)));
    ports.absent_tags.remember(key, answer, is_kept, now).await
}

/// The digest of a tag as it was read before, if that is still valid. No registry is asked.
pub(super) async fn kept_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    image: &ImageName,
    tag: &Tag,
) -> Option<Fact<Option<Digest>>> {
    ledger_digest(ports, freshness, &TagRead::new(policy, image, tag)).await
}

/// A tag whose digest is read.
struct TagRead<'a> {
    image: &'a ImageName,
    tag: &'a Tag,
    /// Whether the digest is read again with each poll.
    is_polled: bool,
}

impl<'a> TagRead<'a> {
    fn new(policy: &Policy, image: &'a ImageName, tag: &'a Tag) -> Self {
        let is_polled = policy.followed_tags(image).contains(tag) || policy.writes_tags_of(image);
        Self { image, tag, is_polled }
    }
}

/// The digest that the ledger has for a tag; of one that is polled, only one of the last poll interval.
async fn ledger_digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    freshness: Freshness,
    read: &TagRead<'_>,
) -> Option<Fact<Option<Digest>>> {
    let now = ports.clock.now();
    let TagRead { image, tag, is_polled } = *read;
    // A digest from the future was read while the clock was ahead; it may be older than the tag's last move.
    let is_valid = |as_of| as_of <= now && (freshness.takes_listing_of(as_of, now) || !is_polled);
    match ports.ledger.digest(image, tag).await {
        Ok(Some((digest, as_of))) if is_valid(as_of) => Some(Fact::known(Some(digest), as_of)),
        Ok(_) => None,
        Err(error) => {
            tracing::warn!("{error}");
            None
        }
    }
}

/// What a tag points to at this very time, whatever was kept.
pub(super) async fn present<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    tag: &Tag,
) -> Fact<Option<Digest>> {
    let now = ports.clock.now();
    match in_turn(ports, "digest", image, ports.registry.digest(image, tag)).await {
        Ok(present) => {
            if let Some(digest) = &present {
                let kept = ports.ledger.keep_digest(image, tag, digest, now).await;
                kept.unwrap_or_else(|error| tracing::warn!("{error}"));
            }
            Fact::known(present, now)
        }
        Err(failed) => failed.fact(),
    }
}

/// What an artifact says about itself, kept for good where it has all its parts, since a digest never means anything
/// else.
pub(super) async fn description<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    image: &ImageName,
    digest: &Digest,
) -> Fact<Option<Description>> {
    let now = ports.clock.now();
    match ports.ledger.description(image, digest).await {
        Ok(Some(description)) => return Fact::known(Some(description), now),
        Ok(None) => {}
        Err(error) => tracing::warn!("{error}"),
    }
    let key = (image.clone(), digest.clone());
    let oldest = freshness.oldest(policy, image, now);
    if let Some(known) = ports.absent_digests.known(&key, oldest, now).await {
        return known;
    }
    let answer = in_turn(ports, "description", image, ports.registry.description(image, digest)).await;
    let mut is_kept = false;
    if let Ok(Some(description)) = &answer {
        // What the registry lacks may be pushed again.
        is_kept = description.defect.as_ref().is_none_or(Defect::is_permanent);
        if is_kept {
            let kept = ports.ledger.keep_description(image, digest, description).await;
            kept.unwrap_or_else(|error| tracing::warn!("{error}"));
        }
    }
    ports.absent_digests.remember(key, answer, is_kept, now).await
}

/// What the registry says, when it is the image's turn; a registry that is left alone is not asked.
pub(super) async fn in_turn<F: Forge, R: Registry, L: Ledger, C: Clock, T>(
    ports: &Ports<F, R, L, C>,
    question: &'static str,
    image: &ImageName,
    answer: impl Future<Output = Result<T, RegistryError>>,
) -> Result<T, Failure> {
    let host = ports.listings.host(image);
    let _turn = host.turn().await;
    let now = ports.clock.now();
    if let Some(pause) = host.pause(now) {
        return Err(Failure::paused(now, &pause));
    }
    let answer = answer.await;
    host.learn(question, image, answer.as_ref().err(), ports.clock.now());
    answer.map_err(|error| Failure::new(now, &error))
}
