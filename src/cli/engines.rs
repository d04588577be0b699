//! The engines that the settings describe: one for each forge, sharing registries and ledger.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;
use futures::future::join_all;

use super::registries::registry;
use crate::config::{LedgerSettings, Settings};
use crate::forge::any::AnyForge;
use crate::forge::local::LocalForge;
use crate::ledger::sqlite::SqliteLedger;
use crate::model::{ForgeName, Place};
use crate::observe::{Clock, SystemClock};
use crate::reconcile::{Engine, Foresight, Freshness, Listings, ObserveError, Ports};
use crate::registry::any::AnyRegistry;

/// An engine on real ports.
pub(super) type RealEngine = Engine<AnyForge, Arc<AnyRegistry>, SqliteLedger, SystemClock>;

/// One engine for each forge.
pub(super) struct Engines {
    engines: BTreeMap<ForgeName, Arc<RealEngine>>,
    places: Vec<Place>,
}

impl Engines {
    /// Opens the ledger and makes the engines. No forge or registry is asked anything yet.
    pub(super) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let LedgerSettings::Sqlite(path) = &settings.ledger;
        let ledger = SqliteLedger::open(path).await.context("opening the ledger")?;
        Self::over(settings, &ledger)
    }

    /// Engines that keep nothing on disk.
    pub(super) async fn in_memory(settings: &Settings) -> anyhow::Result<Self> {
        let ledger = SqliteLedger::in_memory().await.context("opening a ledger in memory")?;
        Self::over(settings, &ledger)
    }

    fn over(settings: &Settings, ledger: &SqliteLedger) -> anyhow::Result<Self> {
        let registry = Arc::new(registry(settings)?);
        let listings = Arc::new(Listings::default());
        let policy = Arc::new(settings.policy.clone());
        let engine = |forge: LocalForge| {
            let ports =
                Ports::new(AnyForge::Local(forge), Arc::clone(&registry), ledger.clone(), SystemClock);
            let ports = ports.with_listings(Arc::clone(&listings));
            Arc::new(Engine::new(ports, Arc::clone(&policy)))
        };
        let forges = local_forges(settings).into_iter();
        let engines = forges.map(|forge| (forge.name().clone(), engine(forge))).collect();
        Ok(Self { engines, places: settings.policy.places() })
    }

    /// Every config repository with the engine of its forge.
    pub(super) fn places(&self) -> impl Iterator<Item = (&Place, &Arc<RealEngine>)> {
        self.places.iter().filter_map(|place| Some((place, self.engines.get(&place.forge)?)))
    }

    /// What would be done in each config repository, and where that could not be found out.
    pub(super) async fn foresee(&self, freshness: Freshness) -> (Vec<Foresight>, Vec<ObserveError>) {
        let looks = self.places().map(|(place, engine)| engine.foresee(place, freshness));
        let (mut foreseen, mut failures) = (Vec::new(), Vec::new());
        for look in join_all(looks).await {
            match look {
                Ok(foresight) => foreseen.push(foresight),
                Err(failure) => failures.push(failure),
            }
        }
        (foreseen, failures)
    }

    /// Every engine.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<RealEngine>> {
        self.engines.values()
    }
}

/// The local forges of the settings, as people use them too.
pub(super) fn local_forges(settings: &Settings) -> Vec<LocalForge> {
    let now = || -> crate::forge::local::Now { Arc::new(|| SystemClock.now()) };
    let forge = |own: &crate::config::LocalForgeSettings| {
        LocalForge::new(own.name.clone(), own.root.clone(), own.teams.clone(), own.bot.clone(), now())
    };
    settings.forges.iter().map(forge).collect()
}
