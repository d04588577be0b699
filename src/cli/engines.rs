//! The engines that the settings describe: one for each forge, sharing registries and ledger.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use futures::future::join_all;

use super::registries::{login, registry};
use crate::config::{
    ForgeSettings, GitHubCredentials, GitHubForgeSettings, LedgerSettings, LocalForgeSettings, SecretOwner,
    SecretSource, Settings,
};
use crate::forge::any::AnyForge;
use crate::forge::github::{
    self, AppCredentials, Credentials, GitHubAccess, GitHubForge, RetryPolicy, SecretReader,
};
use crate::forge::local::LocalForge;
use crate::ledger::sqlite::SqliteLedger;
use crate::ledger::{IndexedLog, Ledger, LedgerError};
use crate::model::{ConfigBranch, ForgeName, Secret, Time};
use crate::observe::{Clock, SystemClock};
use crate::reconcile::{Engine, Freshness, Listings, ObserveError, Ports, Preview};
use crate::registry::any::AnyRegistry;

/// An engine on real ports.
pub(super) type RealEngine = Engine<AnyForge, Arc<AnyRegistry>, SqliteLedger, SystemClock>;

/// One engine for each forge.
pub(super) struct Engines {
    engines: BTreeMap<ForgeName, Arc<RealEngine>>,
    places: Vec<ConfigBranch>,
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

    /// Engines that keep nothing on disk, and know how far each log was read when the ledger on disk was written last. So they
    /// notice a log that was replaced or deleted since.
    pub(super) async fn for_dry_run(settings: &Settings) -> anyhow::Result<Self> {
        let ledger = SqliteLedger::in_memory().await.context("opening a ledger in memory")?;
        let LedgerSettings::Sqlite(path) = &settings.ledger;
        // A dry run creates no ledger.
        if path.symlink_metadata().is_ok()
            && let Err(error) = copy_logs(path, settings, &ledger).await
        {
            tracing::warn!(
                "a log that was replaced is not noticed, because the ledger cannot be read: {error}"
            );
        }
        Self::over(settings, &ledger)
    }

    /// Engines of the forges on this machine alone, that keep nothing on disk: nothing else is asked, and its secrets are not
    /// read.
    pub(super) async fn of_this_machine(settings: &Settings) -> anyhow::Result<Self> {
        let is_local = |forge: &&ForgeSettings| match forge {
            // A folder that is missing is reported at `root`.
            ForgeSettings::Local(own) => own.root.is_dir(),
            ForgeSettings::GitHub(_) => false,
        };
        let forges = settings.forges.iter().filter(is_local).cloned().collect();
        Self::in_memory(&Settings { forges, registries: Vec::new(), ..settings.clone() }).await
    }

    fn over(settings: &Settings, ledger: &SqliteLedger) -> anyhow::Result<Self> {
        let registry = Arc::new(registry(settings)?);
        let listings = Arc::new(Listings::default());
        let policy = Arc::new(settings.policy.clone());
        let engine = |forge: AnyForge| {
            let ports = Ports::new(forge, Arc::clone(&registry), ledger.clone(), SystemClock);
            let ports = ports.with_listings(Arc::clone(&listings));
            Arc::new(Engine::new(ports, Arc::clone(&policy)))
        };
        let mut engines = BTreeMap::new();
        for own in &settings.forges {
            let forge = any_forge(own)?;
            engines.insert(forge.name().clone(), engine(forge));
        }
        Ok(Self { engines, places: settings.policy.places() })
    }

    /// Every config repository with the engine of its forge.
    pub(super) fn places(&self) -> impl Iterator<Item = (&ConfigBranch, &Arc<RealEngine>)> {
        self.places.iter().filter_map(|place| Some((place, self.engines.get(&place.forge)?)))
    }

    /// What would be done in each config repository, and where that could not be found out.
    pub(super) async fn foresee(&self, freshness: Freshness) -> (Vec<Preview>, Vec<ObserveError>) {
        let looks = self.places().map(|(place, engine)| engine.preview(place, freshness));
        let (mut foreseen, mut failures) = (Vec::new(), Vec::new());
        for look in join_all(looks).await {
            match look {
                Ok(foresight) => foreseen.push(foresight),
                Err(failure) => failures.push(failure),
            }
        }
        (foreseen, failures)
    }

    /// The engine of a forge.
    pub(super) fn of(&self, forge: &ForgeName) -> Option<&Arc<RealEngine>> {
        self.engines.get(forge)
    }

    /// Every engine.
    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<RealEngine>> {
        self.engines.values()
    }
}

/// A forge or registry that cannot be asked anything.
pub(super) struct Unusable {
    /// Which.
    pub(super) owner: SecretOwner,
    /// Why.
    pub(super) why: String,
}

/// The settings without forges and registries that cannot be asked anything, most often because a secret is missing; and
/// these.
pub(super) fn usable(settings: &Settings) -> (Settings, Vec<Unusable>) {
    let (mut usable, mut unusable) = (settings.clone(), Vec::new());
    usable.forges.retain(|own| match any_forge(own) {
        Ok(_) => true,
        Err(error) => {
            unusable
                .push(Unusable { owner: SecretOwner::Forge(own.name().clone()), why: format!("{error:#}") });
            false
        }
    });
    usable.registries.retain(|own| match login(&own.credentials) {
        Ok(_) => true,
        Err(error) => {
            let owner = SecretOwner::Registry(own.host.clone());
            unusable.push(Unusable { owner, why: format!("{error:#}") });
            false
        }
    });
    (usable, unusable)
}

/// The local forges of the settings, as people use them too.
pub(super) fn local_forges(settings: &Settings) -> Vec<LocalForge> {
    let locals = settings.forges.iter().filter_map(|own| match own {
        ForgeSettings::Local(own) => Some(local_forge(own)),
        ForgeSettings::GitHub(_) => None,
    });
    locals.collect()
}

fn local_forge(own: &LocalForgeSettings) -> LocalForge {
    LocalForge::new(own.name.clone(), own.root.clone(), own.teams.clone(), own.bot.clone(), now())
}

/// A forge of any kind; its secrets are read, and nothing is asked yet.
fn any_forge(own: &ForgeSettings) -> anyhow::Result<AnyForge> {
    match own {
        ForgeSettings::Local(own) => Ok(AnyForge::Local(local_forge(own))),
        ForgeSettings::GitHub(own) => github(own).map(AnyForge::GitHub),
    }
}

fn github(own: &GitHubForgeSettings) -> anyhow::Result<GitHubForge> {
    let credentials =
        github_credentials(&own.credentials).map_err(|why| anyhow!("the forge `{}`: {why}", own.name))?;
    let access = GitHubAccess {
        name: own.name.clone(),
        url: own.url.clone().unwrap_or_else(|| github::URL.to_owned()),
        credentials,
        bot: own.bot.clone(),
        retry_policy: RetryPolicy::default(),
        merge_method: own.merge_method,
        deployments: own.deployments,
    };
    Ok(GitHubForge::new(access, now()))
}

fn github_credentials(own: &GitHubCredentials) -> Result<Credentials, String> {
    match own {
        GitHubCredentials::Token(token) => Credentials::token_reading(reading(token)),
        GitHubCredentials::App { id, private_key, installation } => {
            AppCredentials::reading(*id, reading(private_key), *installation).map(Credentials::App)
        }
    }
}

/// Reads a secret whenever it is asked for.
fn reading(source: &SecretSource) -> SecretReader<Secret> {
    let source = source.clone();
    Arc::new(move || source.read().map_err(|error| error.to_string()))
}

fn now() -> Arc<dyn Fn() -> Time + Send + Sync> {
    Arc::new(|| SystemClock.now())
}

/// Copies what the ledger on disk has of the logs.
async fn copy_logs(path: &Path, settings: &Settings, ledger: &SqliteLedger) -> Result<(), LedgerError> {
    let on_disk = SqliteLedger::open(path).await?;
    for place in settings.policy.places() {
        let IndexedLog { tip, lines } = on_disk.log(&place).await?;
        if let Some(tip) = tip {
            ledger.index_log(&place, None, &tip, &lines).await?;
        }
    }
    Ok(())
}
