//! Whether registries still have what is about to be promoted, and what runs.
//!
//! Before a change is opened a response of the last poll interval is enough; before a merge the registry is asked anew.
//! What runs is asked for at most once an hour, and only where the listing of the tags does not already name it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;
use futures::stream::StreamExt as _;

use super::artifacts::in_turn;
use super::listings::Failure;
use super::presences::Purpose;
use super::{Clock, Freshness, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{
    Composition, Digest, Fact, ImageName, ImageReference, Platform, Policy, Presence, Tag, World,
};
use crate::registry::{Listing, Registry, RegistryError};

/// How long a response about an image that runs is used.
const RUNNING_AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// How many manifests of one index are asked for; each costs one request.
const ENTRIES_CHECKED_MAX: usize = 16;
/// How many references are asked about at once for a command.
const LOST_AT_ONCE: usize = 8;

/// What is asked about a reference.
#[derive(Copy, Clone, Debug)]
pub(super) struct Question<'a> {
    pub(super) reference: &'a ImageReference,
    pub(super) purpose: Purpose,
    pub(super) freshness: Freshness,
}

/// Whether the registry has what a reference names.
pub(super) async fn presence<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    world: &World,
    question: Question<'_>,
) -> Fact<Presence> {
    let now = ports.clock.now();
    let Question { reference, purpose, freshness } = question;
    let tag = reference.tag.as_ref().map(|tag| (reference.image.clone(), tag.clone()));
    let oldest = match (purpose, freshness) {
        (Purpose::Merge, _) => world.now,
        // A look that is asked for anew is about what may come next, not about what runs.
        (Purpose::Running, _) => now - RUNNING_AGE_MAX,
        (Purpose::Promotion | Purpose::Report, freshness) => freshness.oldest(policy, &reference.image, now),
    };
    let key = (purpose, reference.clone());
    if let Some(known) = ports.presences.known(&key, oldest, now).await {
        return known;
    }
    // What was read in this very look is not asked for twice.
    let is_new =
        |fact: &&Fact<Option<Digest>>| matches!(fact, Fact::Known { as_of, .. } if *as_of >= world.now);
    let just_read = || world.facts.digests.get(tag.as_ref()?).filter(is_new);
    let present = tag.as_ref().and_then(|tag| world.facts.present.get(tag));
    let pointed_to = match present.or_else(just_read) {
        Some(Fact::Unknown { since, why }) => return Fact::Unknown { since: *since, why: Arc::clone(why) },
        Some(Fact::Known { value, .. }) => Some(value.clone()),
        None => None,
    };
    let listed = world.facts.listings.get(&reference.image).and_then(Fact::value).map(Vec::as_slice);
    let presence = ask(ports, policy, question, Known { pointed_to, listed }).await;
    ports.presences.remember(key, presence, now).await
}

/// Which of these references the registries no longer have whole, or have but no container can run, for commands that
/// people run. What cannot be asked is left out.
pub async fn lost<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    references: BTreeSet<ImageReference>,
) -> BTreeMap<ImageReference, Presence> {
    let asked = futures::stream::iter(references).map(async |written| {
        let reference = written.pulled();
        let question =
            Question { reference: &reference, purpose: Purpose::Report, freshness: Freshness::PollResult };
        (written, ask(ports, policy, question, Known::default()).await)
    });
    let found: Vec<_> = asked.buffered(LOST_AT_ONCE).collect().await;
    let lost = found.into_iter().filter_map(|(written, presence)| Some((written, presence.ok()?)));
    lost.filter(|(_, presence)| *presence != Presence::Complete).collect()
}

/// What is known of a reference before its registry is asked.
#[derive(Default)]
struct Known<'a> {
    /// What the tag points to, where that was read just now.
    pointed_to: Option<Option<Digest>>,
    /// The last listing of the image's tags.
    listed: Option<&'a [Tag]>,
}

/// What is gone of a reference whose tag leads to nothing: the image, the tag, or only the manifest. A registry responds
/// to all three alike, so the tags are listed, unless the last listing lacks the tag already.
async fn gone<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    tag: &Tag,
    listed: Option<&[Tag]>,
) -> Result<Presence, Failure> {
    if listed.is_some_and(|tags| !tags.contains(tag)) {
        return Ok(Presence::NoTag);
    }
    let listing = async {
        match ports.registry.tags(image, None).await {
            Err(RegistryError::NotFound { .. }) => Ok(None),
            listing => listing.map(Some),
        }
    };
    Ok(match in_turn(ports, "tags", image, listing).await? {
        None => Presence::NoRepository,
        Some(Listing::Tags { tags, .. }) if tags.contains(tag) => Presence::TagWithoutManifest,
        // Only a request with a validator is answered with `Unchanged`.
        Some(Listing::Tags { .. } | Listing::Unchanged) => Presence::NoTag,
    })
}

/// Asks the registry.
async fn ask<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    question: Question<'_>,
    known: Known<'_>,
) -> Result<Presence, Failure> {
    let ImageReference { image, tag, digest: pinned } = question.reference;
    let pointed_to = match (tag, known.pointed_to) {
        (Some(_), Some(pointed_to)) => Some(pointed_to),
        (Some(tag), None) => Some(in_turn(ports, "digest", image, ports.registry.digest(image, tag)).await?),
        (None, _) => None,
    };
    if let (Some(tag), Some(None)) = (tag, &pointed_to) {
        return gone(ports, image, tag, known.listed).await;
    }
    let digest = match (pointed_to.flatten(), pinned) {
        (None, None) => return Ok(Presence::Complete),
        (Some(digest), None) => digest,
        (Some(digest), Some(pinned)) if digest == *pinned => digest,
        (Some(_) | None, Some(pinned)) => {
            if !has_manifest(ports, image, pinned).await? {
                return Ok(Presence::NoManifest);
            }
            pinned.clone()
        }
    };
    match question.purpose {
        Purpose::Promotion | Purpose::Merge | Purpose::Report => {
            parts_present(ports, policy, image, &digest).await
        }
        Purpose::Running => Ok(Presence::Complete),
    }
}

/// Whether a container can run what is at a digest: the manifests are there that an index names for the platforms that
/// the policy asks for.
async fn parts_present<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    image: &ImageName,
    digest: &Digest,
) -> Result<Presence, Failure> {
    let Some(composition) = composition(ports, image, digest).await? else { return Ok(Presence::NoManifest) };
    let entries = match composition.as_ref() {
        Composition::Single => return Ok(Presence::Complete),
        Composition::Defective(defect) => return Ok(Presence::Defective(defect.clone())),
        Composition::Index(entries) => entries,
    };
    let platforms = platforms(policy, image);
    let needed = entries.iter().filter(|entry| entry.is_needed(&platforms)).take(ENTRIES_CHECKED_MAX);
    let mut lost = BTreeSet::new();
    for entry in needed {
        if !has_manifest(ports, image, &entry.digest).await? {
            lost.insert(entry.clone());
        }
    }
    Ok(if lost.is_empty() { Presence::Complete } else { Presence::Incomplete(lost) })
}

/// What the manifest at a digest consists of, read once for each digest.
async fn composition<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    digest: &Digest,
) -> Result<Option<Arc<Composition>>, Failure> {
    let key = (image.clone(), digest.clone());
    if let Some(known) = ports.presences.composition(&key).await {
        return Ok(Some(known));
    }
    let read = in_turn(ports, "composition", image, ports.registry.composition(image, digest)).await?;
    let Some(read) = read.map(Arc::new) else { return Ok(None) };
    ports.presences.keep_composition(key, &read).await;
    Ok(Some(read))
}

async fn has_manifest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    image: &ImageName,
    digest: &Digest,
) -> Result<bool, Failure> {
    in_turn(ports, "has_manifest", image, ports.registry.has_manifest(image, digest)).await
}

/// The platforms that some service asks of an image; none where one of them asks for no particular one.
fn platforms(policy: &Policy, image: &ImageName) -> BTreeSet<Platform> {
    let images = policy.services.iter().flat_map(|service| &service.images);
    let mut asked = images.filter(|used| used.name == *image).map(|used| &used.platforms).peekable();
    if asked.clone().any(BTreeSet::is_empty) || asked.peek().is_none() {
        return BTreeSet::new();
    }
    asked.flatten().cloned().collect()
}
