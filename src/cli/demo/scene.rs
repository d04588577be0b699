//! The scene: a temporary folder, a registry, a local forge with a config repository, and a configuration.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tempfile::TempDir;
use tokio::net::TcpListener;

use super::files;
use super::registry::DemoRegistry;
use crate::cli::engines::{Engines, local_forges};
use crate::config::{self, Settings};
use crate::forge::local::LocalForge;
use crate::model::{ConfigBranch, RepositoryName, Tag, UserName};
use crate::observe::{Clock, SystemClock};
use crate::reconcile::{Convergence, Freshness};

/// Everything that the demo plays with. Dropping it removes it all.
pub(super) struct Scene {
    pub(super) folder: TempDir,
    pub(super) registry: DemoRegistry,
    pub(super) settings: Settings,
    pub(super) engines: Engines,
    pub(super) forge: LocalForge,
    pub(super) place: ConfigBranch,
}

impl Scene {
    pub(super) async fn set() -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("towpath-demo-").tempdir().context("making a folder")?;
        let registry = DemoRegistry::start().await?;
        drop(registry.publish(&tag(files::FIRST)?));
        let listen = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?;
        std::fs::create_dir(folder.path().join("forge"))?;
        let file = folder.path().join("towpath.yaml");
        std::fs::write(&file, files::configuration(registry.address, listen))?;
        let settings = config::check_on_disk(&file).map_err(|problems| anyhow!("{problems}"))?;
        let forge = local_forges(&settings).into_iter().next().context("the demo has a forge")?;
        let place =
            settings.policy.places().into_iter().next().context("the demo has a config repository")?;
        let dora = UserName::new("dora")?;
        forge
            .create_repository(&place.repository, &place.branch, files::overlays(registry.address), &dora)
            .await?;
        let engines = Engines::open(&settings).await?;
        Ok(Self { folder, registry, settings, engines, forge, place })
    }

    pub(super) fn configuration(&self) -> PathBuf {
        self.settings.file.clone()
    }

    pub(super) const fn repository(&self) -> &RepositoryName {
        &self.place.repository
    }

    /// Looks at everything now and does what is possible.
    pub(super) async fn settle(&self) -> anyhow::Result<Convergence> {
        let (place, engine) = self.engines.places().next().context("the demo has an engine")?;
        let settled = engine.settle(place, Freshness::Since(SystemClock.now())).await;
        match settled.failures.first() {
            Some(failure) => Err(anyhow!("{failure}")),
            None => Ok(settled),
        }
    }

    /// Sleeps until the next gate turns by itself.
    pub(super) async fn wait(&self, settled: &Convergence) {
        const WAIT_MAX: Duration = Duration::from_secs(5);
        let until = settled
            .next_look
            .map_or(Duration::ZERO, |at| (at - SystemClock.now()).to_std().unwrap_or_default());
        tokio::time::sleep(until.min(WAIT_MAX)).await;
    }
}

pub(super) fn tag(text: &str) -> anyhow::Result<Tag> {
    Ok(Tag::new(text)?)
}
