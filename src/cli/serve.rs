//! `towpath serve`: the loop as a service, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Failure;
use super::engines::Engines;
use super::output::Output;
use crate::config::{ForgeSettings, GitHubForgeSettings, Settings};
use crate::forge::Forge as _;
use crate::ledger::sqlite::SqliteLedger;
use crate::model::ConfigBranch;
use crate::observe::{self, Clock as _, SystemClock};
use crate::reconcile::{self, SweepPlan, Wakeups};
use crate::render;
use crate::server::{
    self, EventInbox, GitHubHook, GitHubHooks, RegistryHook, RegistryHooks, Routes, Service,
};
use crate::telemetry::{self, Measures};

/// How often a local forge is looked at: reading it costs next to nothing, and it sends no events.
const SWEEP_LOCAL: Duration = Duration::from_secs(2);
/// How often a GitHub is looked at when nothing says that something happened there: a look where all is as it was
/// takes a few requests that GitHub does not count.
const SWEEP_GITHUB: Duration = Duration::from_secs(60);
/// How often a GitHub is looked at that tells of what happens there: this finds what an event that was lost would have
/// told.
const SWEEP_GITHUB_TOLD: Duration = Duration::from_secs(300);
/// When to look once more after the look that an event of GitHub led to: GitHub sends events before all its answers show
/// what they tell of, and promises no order between the two.
const SECOND_LOOK: Duration = Duration::from_secs(10);

/// How many file descriptors the process asks for: enough for all connections of the server, and as many for all else.
const DESCRIPTORS_WANTED: u64 = 8_192;
/// The limit of file descriptors where the system does not tell it: the smallest that POSIX systems usually have.
const DESCRIPTORS_ASSUMED: u64 = 256;

pub(super) async fn run(settings: Settings, output: &mut Output) -> Result<(), Failure> {
    let engines = Engines::open(&settings).await?;
    let signals = StopSignals::watch()?;
    let listener = bind(settings.listen)?;
    // The port may have been left to the system.
    let address = listener.local_addr().context("reading the own address")?;
    let services = render::count(settings.policy.services.len(), "service", "services");
    output.note(&format!("towpath serves {services}; health at http://{address}/healthz"));
    said_hooks(&settings, address, output);
    until_stopped(&engines, &settings, listener, signals).await?;
    Ok(())
}

/// Binds the address of the settings.
pub(super) fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    server::bind(listen).with_context(|| {
        format!("listening on {listen}; is another Towpath running? change `listen` in the configuration")
    })
}

/// Runs the loop and the HTTP server until the process is told to stop; what is under way is finished first.
pub(super) async fn until_stopped(
    engines: &Engines,
    settings: &Settings,
    listener: TcpListener,
    mut signals: StopSignals,
) -> anyhow::Result<()> {
    let measures = telemetry::measure();
    let (stop, stopping) = watch::channel(false);
    let bells = Arc::new(Wakeups::of(&settings.policy));
    let hooks = hooks(engines, settings, &bells);
    let loops = loops(engines, settings, &bells, &stopping);
    let mut until = stopping.clone();
    let service = Service {
        descriptors: raise_descriptor_limit(),
        hosts: settings.hosts.clone(),
        stopping,
        hooks,
        metrics: metrics(engines, measures),
    };
    let http = tokio::spawn(server::serve(listener, service, async move {
        drop(until.wait_for(|stops| *stops).await);
    }));
    signals.received().await;
    tracing::info!("stopping: what is under way is finished first");
    stop.send_replace(true);
    for running in loops {
        running.await.context("the loop")?;
    }
    http.await.context("the HTTP server")
}

/// Says where registries and forges can send their events, without any secret.
fn said_hooks(settings: &Settings, address: SocketAddr, output: &mut Output) {
    for registry in settings.registries.iter().filter(|registry| registry.hook.is_some()) {
        output.note(&format!(
            "events of `{}` are taken at http://{address}/hooks/registry/{}",
            registry.host, registry.name
        ));
    }
    for forge in githubs(settings).filter(|forge| !forge.webhook_secrets.is_empty()) {
        let name = &forge.name;
        output.note(&format!("events of `{name}` are taken at http://{address}/hooks/github/{name}"));
    }
}

fn githubs(settings: &Settings) -> impl Iterator<Item = &GitHubForgeSettings> {
    settings.forges.iter().filter_map(|forge| match forge {
        ForgeSettings::GitHub(own) => Some(own),
        ForgeSettings::Local(_) => None,
    })
}

/// The routes on which registries tell of pushes, and forges of everything.
fn hooks(engines: &Engines, settings: &Settings, bells: &Arc<Wakeups>) -> Vec<Routes> {
    let Some(engine) = engines.all().next() else { return Vec::new() };
    let (listings, bells) = (Arc::clone(&engine.ports.listings), Arc::clone(bells));
    let reception = Arc::new(EventInbox {
        images: observe::images(&settings.policy).into_iter().cloned().collect(),
        ledger: engine.ports.ledger.clone(),
        clock: SystemClock,
        pushed: Arc::new(move |image, at| listings.tell(image, at)),
        happened: Arc::new(move |forge, repository| bells.tell(forge, repository)),
    });
    let of_registries = of_registries(settings, Arc::clone(&reception));
    vec![of_registries.into_routes(), of_githubs(engines, settings, reception).into_routes()]
}

type RealEventInbox = Arc<EventInbox<SqliteLedger, SystemClock>>;

fn of_registries(settings: &Settings, reception: RealEventInbox) -> RegistryHooks<SqliteLedger, SystemClock> {
    let hooks = settings.registries.iter().filter_map(|registry| {
        let hook = RegistryHook::new(&registry.name, &registry.host, registry.hook.as_ref()?);
        Some((registry.name.clone(), hook))
    });
    RegistryHooks { hooks: hooks.collect(), reception }
}

fn of_githubs(
    engines: &Engines,
    settings: &Settings,
    reception: RealEventInbox,
) -> GitHubHooks<SqliteLedger, SystemClock> {
    let places = settings.policy.places();
    let hooks = githubs(settings).filter_map(|own| {
        let forge = engines.of(&own.name)?.ports.forge.clone();
        let hook = GitHubHook::new(own, &places, Arc::new(move || forge.bot().clone()))?;
        Some((own.name.to_string(), hook))
    });
    GitHubHooks { hooks: hooks.collect(), reception }
}

/// The metrics, with what only shows when somebody asks.
fn metrics(engines: &Engines, measures: Measures) -> Arc<dyn Fn() -> String + Send + Sync> {
    let listings = engines.all().next().map(|engine| Arc::clone(&engine.ports.listings));
    Arc::new(move || {
        for (image, age) in listings.iter().flat_map(|listings| listings.ages(SystemClock.now())) {
            // What counts as never read is as old as can be, so that alerts on the age fire.
            let age = age.map_or(f64::INFINITY, |age| age.to_std().unwrap_or_default().as_secs_f64());
            metrics::gauge!("towpath_listing_age_seconds", "image" => image.to_string()).set(age);
        }
        measures.render()
    })
}

/// Starts one loop for each forge, and one that polls the registries for all of them.
fn loops(
    engines: &Engines,
    settings: &Settings,
    bells: &Arc<Wakeups>,
    stopping: &watch::Receiver<bool>,
) -> Vec<JoinHandle<()>> {
    let Some(first) = engines.all().next() else { return Vec::new() };
    let looks = settings.forges.iter().filter_map(|forge| {
        let round = round(forge, &settings.policy.places());
        let engine = Arc::clone(engines.of(forge.name())?);
        Some(tokio::spawn(reconcile::serve(engine, Arc::clone(bells), round, stopping.clone())))
    });
    let polls = reconcile::poll(Arc::clone(first), Arc::clone(bells), stopping.clone());
    looks.chain([tokio::spawn(polls)]).collect()
}

/// What is looked at on a forge, and how often at least.
fn round(forge: &ForgeSettings, places: &[ConfigBranch]) -> SweepPlan {
    let sweep = match forge {
        ForgeSettings::Local(_) => SWEEP_LOCAL,
        ForgeSettings::GitHub(own) if own.webhook_secrets.is_empty() => SWEEP_GITHUB,
        ForgeSettings::GitHub(_) => SWEEP_GITHUB_TOLD,
    };
    let own = places.iter().filter(|place| place.forge == *forge.name());
    SweepPlan { places: own.cloned().collect(), sweep, second_look: SECOND_LOOK }
}

/// Raises the soft limit of file descriptors to the hard limit, up to [`DESCRIPTORS_WANTED`]; returns the limit in force. Many
/// systems start a service with 1,024, which connections alone could use up.
fn raise_descriptor_limit() -> u64 {
    let (soft, hard) =
        getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((DESCRIPTORS_ASSUMED, DESCRIPTORS_ASSUMED));
    let wanted = hard.min(DESCRIPTORS_WANTED);
    if soft >= wanted {
        return soft;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::warn!("the limit of open files stays at {soft}: {error}");
            soft
        }
    }
}

/// SIGTERM and SIGINT, which ask the process to stop. They are watched before anything is made that has to be removed,
/// because until then they end the process at once.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub(super) fn watch() -> anyhow::Result<Self> {
        let terminate = signal(SignalKind::terminate()).context("watching for SIGTERM")?;
        let interrupt = signal(SignalKind::interrupt()).context("watching for SIGINT")?;
        Ok(Self { terminate, interrupt })
    }

    /// Waits for one of them.
    pub(super) async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
