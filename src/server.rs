//! HTTP: webhooks in; whether the service is well, and its metrics, out.

mod connection;
mod hooks;
mod host;
mod intake;
mod metrics_cache;

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse as _;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::Instant;

pub use hooks::{Bot, EventInbox, GitHubHook, GitHubHooks, Happened, Pushed, RegistryHook, RegistryHooks};
use host::Hosts;
use metrics_cache::MetricsCache;

/// The format of what Prometheus reads.
const METRICS_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Some addresses, and who answers there.
#[derive(Debug)]
pub struct Routes(Router);

impl Routes {
    /// The same, to be asked without a wire.
    pub fn into_router(self) -> Router {
        self.0
    }
}

/// What the server needs besides its listener.
pub struct Service {
    /// How many file descriptors the process may have; connections leave a reserve of them.
    pub descriptors: u64,
    /// The host names under which the metrics may be read, besides IP addresses and names of the local network.
    pub hosts: Vec<String>,
    /// Turns true once the service is about to end.
    pub stopping: watch::Receiver<bool>,
    /// The webhooks, of whatever source.
    pub hooks: Vec<Routes>,
    /// Gives the metrics as text.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl std::fmt::Debug for Service {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Service").finish_non_exhaustive()
    }
}

/// Binds the address, so that a port that is taken is known before anything else starts.
///
/// # Errors
/// If the address cannot be bound.
pub fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    connection::listen(address)
}

/// Serves until `until` is done: `GET /healthz` (200 while the service works, 503 once it is stopping),
/// `GET /metrics`, and the webhooks, each a `POST`. What is under way then is finished first.
pub async fn serve(listener: TcpListener, service: Service, until: impl Future<Output = ()> + Send) {
    let Service { descriptors, hosts, stopping, hooks, metrics } = service;
    let health = move || {
        let stops = *stopping.borrow();
        async move {
            if stops { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ok\n") }
        }
    };
    let metrics = MetricsCache::new(metrics);
    let metrics = move || async move {
        ([(header::CONTENT_TYPE, METRICS_TYPE)], metrics.text(Instant::now())).into_response()
    };
    let metrics = get(metrics).layer(from_fn_with_state(Arc::new(Hosts::new(hosts)), host::check));
    let router = Router::new().route("/healthz", get(health)).route("/metrics", metrics);
    let router = hooks.into_iter().fold(router, |router, own| router.merge(own.into_router()));
    connection::serve(listener, router, connection::Limits::of_descriptors(descriptors), until).await;
}
