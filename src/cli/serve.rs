//! `towpath serve`: the loop as a service, until it is told to stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Failure;
use super::engines::Engines;
use super::output::Output;
use crate::config::Settings;
use crate::forge::any::AnyForge;
use crate::reconcile;
use crate::render;
use crate::server;

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
    until_stopped(&engines, listener).await?;
    Ok(())
}

/// Binds the address of the settings.
pub(super) async fn bind(listen: SocketAddr) -> anyhow::Result<TcpListener> {
    server::bind(listen).await.with_context(|| {
        format!("listening on {listen}; is another Towpath running? change `listen` in the configuration")
    })
}

/// Runs the loop and the HTTP server until the process is told to stop; what is under way is finished first.
pub(super) async fn until_stopped(engines: &Engines, listener: TcpListener) -> anyhow::Result<()> {
    let (stop, stopping) = watch::channel(false);
    let loops: Vec<_> = engines
        .all()
        .map(|engine| {
            let engine = Arc::clone(engine);
            let sweep = sweep(&engine.ports.forge);
            tokio::spawn(reconcile::serve(engine, sweep, stopping.clone()))
        })
        .collect();
    let mut until = stopping.clone();
    let http = tokio::spawn(server::serve(listener, stopping, async move {
        drop(until.wait_for(|stops| *stops).await);
    }));
    told_to_stop().await?;
    tracing::info!("stopping: what is under way is finished first");
    stop.send_replace(true);
    for running in loops {
        running.await.context("the loop")?;
    }
    http.await.context("the HTTP server")?.context("the HTTP server")
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
