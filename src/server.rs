//! HTTP: whether the service is well.

use std::future::Future;
use std::net::SocketAddr;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Binds the address, so that a port that is taken is known before anything else starts.
///
/// # Errors
/// Where the address cannot be bound.
pub async fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// Answers `GET /healthz` until `until` is done: 200 while the service works, 503 once `stopping` is true.
///
/// # Errors
/// Where the listener fails.
pub async fn serve(
    listener: TcpListener,
    stopping: watch::Receiver<bool>,
    until: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let health = move || {
        let stops = *stopping.borrow();
        async move {
            if stops { (StatusCode::SERVICE_UNAVAILABLE, "stopping\n") } else { (StatusCode::OK, "ok\n") }
        }
    };
    let router = Router::new().route("/healthz", get(health));
    axum::serve(listener, router).with_graceful_shutdown(until).await
}
