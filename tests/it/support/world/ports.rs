//! The registry, the ledgers and the clock.

use towpath::ledger::{
    Acceptance, Delivery, DeliveryId, DeliveryOutcome, IndexedLog, Ledger, LedgerError, ListingFailure,
    StoredListing,
};
use towpath::model::{
    ArtifactKind, CommitId, Composition, ConfigBranch, Defect, Description, Digest, ImageName, Tag, Time,
    Validator,
};
use towpath::observe::Clock;
use towpath::registry::{Listing, Registry, RegistryError};

use super::{FakeWorld, LedgerContent, State};
use crate::support::rules;

impl Clock for FakeWorld {
    fn now(&self) -> Time {
        self.state().bot_clock()
    }
}

impl Registry for FakeWorld {
    async fn tags(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let is_silent = {
            let mut state = self.state();
            let now = state.now;
            state.listings_asked.push((now, image.clone()));
            state.silent_hosts.contains(image.host())
        };
        if is_silent {
            return std::future::pending().await;
        }
        self.request("tags", || no_answer(image), |state| state.listing(image, known)).await
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        self.request(
            "digest",
            || no_answer(image),
            |state| {
                state.answers(image)?;
                if state.unreadable_tags.contains(tag) {
                    return Err(no_answer(image));
                }
                state.tags_asked.insert((image.clone(), tag.clone()));
                state.move_restless(image, tag);
                let digest = state.images.get(image).and_then(|tags| tags.get(tag));
                Ok(digest.filter(|digest| !state.lost.contains(digest)).cloned())
            },
        )
        .await
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, RegistryError> {
        self.request("description", || no_answer(image), |state| state.description(image, digest)).await
    }

    async fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Composition>, RegistryError> {
        self.request(
            "composition",
            || no_answer(image),
            |state| {
                state.answers(image)?;
                Ok((!state.lost.contains(digest)).then(|| state.composition(digest)))
            },
        )
        .await
    }

    async fn has_manifest(&self, image: &ImageName, digest: &Digest) -> Result<bool, RegistryError> {
        self.request(
            "has_manifest",
            || no_answer(image),
            |state| {
                state.answers(image)?;
                Ok(!state.lost.contains(digest))
            },
        )
        .await
    }
}

impl State {
    fn answers(&self, image: &ImageName) -> Result<(), RegistryError> {
        if let Some(wait) = self.busy_hosts.get(image.host()) {
            return Err(RegistryError::RateLimited { host: image.host().to_owned(), wait: *wait });
        }
        if self.registries_down.contains(image) { Err(no_answer(image)) } else { Ok(()) }
    }

    fn listing(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        self.answers(image)?;
        let tags = self.images.get(image).ok_or_else(|| RegistryError::NotFound { image: image.clone() })?;
        // Registries promise no order.
        let tags: Vec<Tag> = tags.keys().rev().cloned().collect();
        let validator = validator_of(&tags);
        if known == Some(&validator) {
            return Ok(Listing::Unchanged);
        }
        Ok(Listing::Tags { tags, validator: Some(validator) })
    }

    /// What a manifest that was not deleted consists of.
    fn composition(&self, digest: &Digest) -> Composition {
        let described = self.descriptions.get(digest).and_then(|description| description.defect.clone());
        let defect = described.filter(Defect::is_permanent).map(Composition::Defective);
        let index = || self.indexes.get(digest).cloned().map_or(Composition::Single, Composition::Index);
        defect.unwrap_or_else(index)
    }

    fn description(&self, image: &ImageName, digest: &Digest) -> Result<Option<Description>, RegistryError> {
        self.answers(image)?;
        if self.lost.contains(digest) {
            return Ok(None);
        }
        let is_here = self.images.get(image).is_some_and(|tags| tags.values().any(|known| known == digest));
        let described = || self.descriptions.get(digest).cloned();
        Ok(is_here.then(|| described().unwrap_or_else(|| Description::of(ArtifactKind::Image))))
    }
}

/// Says which tags there are and nothing else, as an ETag does.
fn validator_of(tags: &[Tag]) -> Validator {
    use sha2::{Digest as _, Sha256};
    let names: Vec<&str> = tags.iter().map(Tag::as_str).collect();
    rules::name(&format!("\"{:x}\"", Sha256::digest(names.join(" "))))
}

fn no_answer(image: &ImageName) -> RegistryError {
    RegistryError::Unavailable {
        host: image.host().to_owned(),
        image: image.clone(),
        why: "no answer".to_owned(),
    }
}

impl FakeWorld {
    async fn note<T>(
        &self,
        method: &'static str,
        answer: impl FnOnce(&mut LedgerContent) -> T,
    ) -> Result<T, LedgerError> {
        let replica = self.replica;
        let outage = || LedgerError { ledger: format!("ledger {replica}"), why: "no power".to_owned() };
        self.request(method, outage, |state| Ok(answer(state.ledgers.entry(replica).or_default()))).await
    }
}

impl Ledger for FakeWorld {
    async fn log(&self, place: &ConfigBranch) -> Result<IndexedLog, LedgerError> {
        self.note("ledger.log", |ledger| ledger.logs.get(place).cloned().unwrap_or_default()).await
    }

    async fn index_log(
        &self,
        place: &ConfigBranch,
        from: Option<&CommitId>,
        tip: &CommitId,
        lines: &[String],
    ) -> Result<(), LedgerError> {
        self.note("ledger.index_log", |ledger| {
            let log = ledger.logs.entry(place.clone()).or_default();
            match from {
                None => log.lines.clear(),
                Some(from) if log.tip.as_ref() == Some(from) => {}
                Some(_) => return,
            }
            log.lines.extend_from_slice(lines);
            log.tip = Some(tip.clone());
        })
        .await
    }

    async fn listing(&self, image: &ImageName) -> Result<Option<StoredListing>, LedgerError> {
        self.note("ledger.listing", |ledger| ledger.listings.get(image).cloned()).await
    }

    async fn keep_listing(&self, image: &ImageName, listing: &StoredListing) -> Result<(), LedgerError> {
        self.note("ledger.keep_listing", |ledger| {
            ledger.listings.insert(image.clone(), listing.clone());
        })
        .await
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, LedgerError> {
        let key = (image.clone(), digest.clone());
        self.note("ledger.description", |ledger| ledger.descriptions.get(&key).cloned()).await
    }

    async fn keep_description(
        &self,
        image: &ImageName,
        digest: &Digest,
        description: &Description,
    ) -> Result<(), LedgerError> {
        self.note("ledger.keep_description", |ledger| {
            ledger.descriptions.insert((image.clone(), digest.clone()), description.clone());
        })
        .await
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<(Digest, Time)>, LedgerError> {
        self.note("ledger.digest", |ledger| ledger.digests.get(&(image.clone(), tag.clone())).cloned()).await
    }

    async fn keep_digest(
        &self,
        image: &ImageName,
        tag: &Tag,
        digest: &Digest,
        as_of: Time,
    ) -> Result<(), LedgerError> {
        self.note("ledger.keep_digest", |ledger| {
            ledger.digests.insert((image.clone(), tag.clone()), (digest.clone(), as_of));
        })
        .await
    }

    async fn trouble(&self, image: &ImageName) -> Result<Option<ListingFailure>, LedgerError> {
        self.note("ledger.trouble", |ledger| ledger.troubles.get(image).cloned()).await
    }

    async fn keep_trouble(
        &self,
        image: &ImageName,
        trouble: Option<&ListingFailure>,
    ) -> Result<(), LedgerError> {
        self.note("ledger.keep_trouble", |ledger| match trouble {
            Some(trouble) => drop(ledger.troubles.insert(image.clone(), trouble.clone())),
            None => drop(ledger.troubles.remove(image)),
        })
        .await
    }

    async fn accept(&self, delivery: &Delivery) -> Result<Acceptance, LedgerError> {
        self.note("ledger.accept", |ledger| {
            let is_same = |(own, outcome): &(Delivery, Vec<DeliveryOutcome>)| {
                let is_known = matches!(own.id, DeliveryId::Given(_)) || outcome.is_empty();
                own.source == delivery.source && own.id == delivery.id && is_known
            };
            if ledger.deliveries.iter().any(is_same) {
                return Acceptance::Doubled;
            }
            ledger.deliveries.push((delivery.clone(), Vec::new()));
            Acceptance::New
        })
        .await
    }

    async fn deliveries(&self) -> Result<Vec<Delivery>, LedgerError> {
        self.note("ledger.deliveries", |ledger| {
            let open = ledger.deliveries.iter().filter(|(_, outcomes)| outcomes.is_empty());
            open.map(|(delivery, _)| delivery.clone()).collect()
        })
        .await
    }

    async fn conclude(
        &self,
        delivery: &Delivery,
        outcome: DeliveryOutcome,
        _at: Time,
    ) -> Result<(), LedgerError> {
        self.note("ledger.conclude", |ledger| {
            let own = ledger.deliveries.iter_mut().filter(|(own, _)| own == delivery);
            own.for_each(|(_, outcomes)| outcomes.push(outcome));
        })
        .await
    }
}
