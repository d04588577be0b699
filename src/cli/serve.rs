//! `towpath serve`: the loop as a service, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Failure;
use super::engines::Engines;
use super::output::Output;
use crate::config::Settings;
use crate::forge::any::AnyForge;
use crate::observe::{self, Clock as _, SystemClock};
use crate::reconcile::{self, Bells};
use crate::render;
use crate::server::{self, RegistryHook, RegistryHooks, Routes, Service};
use crate::telemetry::{self, Measures};

/// How often a local forge is looked at: reading it costs next to nothing, and it sends no events.
const SWEEP_LOCAL: Duration = Duration::from_secs(2);
/// How often a GitHub is looked at when nothing says that something happened there: a look where all is as it was
/// takes a few requests that GitHub does not count.
const SWEEP_GITHUB: Duration = Duration::from_secs(60);

pub(super) async fn run(settings: Settings, output: &mut Output) -> Result<(), Failure> {
    let engines = Engines::open(&settings).await?;
    let listener = bind(settings.listen).await?;
    // The port may have been left to the system.
    let address = listener.local_addr().context("reading the own address")?;
    let services = render::count(settings.policy.services.len(), "service", "services");
    output.note(&format!("towpath serves {services}; health at http://{address}/healthz"));
    said_hooks(&settings, address, output);
    until_stopped(&engines, &settings, listener).await?;
    Ok(())
}

/// Binds the address of the settings.
pub(super) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    server::bind(listen).await.with_context(|| {
        format!("listening on {listen}; is another Towpath running? change `listen` in the configuration")
    })
}

/// Runs the loop and the HTTP server until the process is told to stop; what is under way is finished first.
pub(super) async fn until_stopped(
    engines: &Engines,
    settings: &Settings,
    listener: TcpListener,
) -> anyhow::Result<()> {
    let measures = telemetry::measure();
    let (stop, stopping) = watch::channel(false);
    let loops = loops(engines, &stopping);
    let mut until = stopping.clone();
    let service = Service { stopping, hooks: hooks(engines, settings), metrics: metrics(engines, measures) };
    let http = tokio::spawn(server::serve(listener, service, async move {
        drop(until.wait_for(|stops| *stops).await);
    }));
    told_to_stop().await?;
    tracing::info!("stopping: what is under way is finished first");
    stop.send_replace(true);
    for running in loops {
        running.await.context("the loop")?;
    }
    http.await.context("the HTTP server")
}

/// Says where registries can send their events, without any secret.
fn said_hooks(settings: &Settings, address: SocketAddr, output: &mut Output) {
    for registry in settings.registries.iter().filter(|registry| registry.hook.is_some()) {
        output.note(&format!(
            "events of `{}` are taken at http://{address}/hooks/registry/{}",
            registry.host, registry.name
        ));
    }
}

/// The routes on which registries tell of pushes.
fn hooks(engines: &Engines, settings: &Settings) -> Vec<Routes> {
    let Some(engine) = engines.all().next() else { return Vec::new() };
    let listings = Arc::clone(&engine.ports.listings);
    let own = settings.registries.iter().filter_map(|registry| {
        let hook = RegistryHook::new(&registry.name, &registry.host, registry.hook.as_ref()?);
        Some((registry.name.clone(), hook))
    });
    let hooks = RegistryHooks {
        hooks: own.collect(),
        images: observe::images(&settings.policy).into_iter().cloned().collect(),
        ledger: engine.ports.ledger.clone(),
        clock: SystemClock,
        told: Arc::new(move |image, at| listings.tell(image, at)),
    };
    vec![hooks.into_routes()]
}

/// The metrics, with what only shows when somebody asks.
fn metrics(engines: &Engines, measures: Measures) -> Arc<dyn Fn() -> String + Send + Sync> {
    let listings = engines.all().next().map(|engine| Arc::clone(&engine.ports.listings));
    Arc::new(move || {
        for (image, age) in listings.iter().flat_map(|listings| listings.ages(SystemClock.now())) {
            let age = age.to_std().unwrap_or_default().as_secs_f64();
            metrics::gauge!("towpath_listing_age_seconds", "image" => image.to_string()).set(age);
        }
        measures.render()
    })
}

/// Starts one loop for each forge, and one that polls the registries for all of them.
fn loops(engines: &Engines, stopping: &watch::Receiver<bool>) -> Vec<JoinHandle<()>> {
    let Some(first) = engines.all().next() else { return Vec::new() };
    let bells = Arc::new(Bells::of(&first.policy));
    let looks = engines.all().map(|engine| {
        let (engine, bells) = (Arc::clone(engine), Arc::clone(&bells));
        let sweep = sweep(&engine.ports.forge);
        tokio::spawn(reconcile::serve(engine, bells, sweep, stopping.clone()))
    });
    let polls = reconcile::poll(Arc::clone(first), Arc::clone(&bells), stopping.clone());
    looks.chain([tokio::spawn(polls)]).collect()
}

const fn sweep(forge: &AnyForge) -> Duration {
    match forge {
        AnyForge::Local(_) => SWEEP_LOCAL,
        AnyForge::GitHub(_) => SWEEP_GITHUB,
    }
}

/// Waits for SIGTERM or SIGINT.
async fn told_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("watching for SIGTERM")?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupted = tokio::signal::ctrl_c() => interrupted.context("watching for SIGINT")?,
    }
    Ok(())
}
