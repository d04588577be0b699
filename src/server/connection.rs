//! Connections: how many there are at once, and how long a client may take to say what it wants.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// How many connections are open at once; who comes then waits in the system's queue.
const CONNECTIONS_MAX: usize = 2_048;
/// How long a client may take to send the head of a request, the wait for it included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long to wait after a connection could not be taken, as where no file descriptor is left.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How long requests under way may take once the service is to end.
const ENDING_MAX: Duration = Duration::from_secs(15);

/// Serves connections until `until` is done; requests under way are finished first.
pub(super) async fn serve(listener: TcpListener, router: Router, until: impl Future<Output = ()> + Send) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut until = std::pin::pin!(until);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&room).acquire_owned() => permit.expect("it is never closed"),
            () = &mut until => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut until => break,
        };
        match accepted {
            Ok((stream, _)) => {
                let serving = connection(stream, router.clone(), &graceful);
                drop(tokio::spawn(async move {
                    serving.await;
                    drop(permit);
                }));
            }
            Err(error) => {
                tracing::warn!("a connection could not be taken: {error}");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(ENDING_MAX, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests took too long and were cut off");
    }
}

fn connection(
    stream: TcpStream,
    router: Router,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + Send + use<> {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let watched = graceful.watch(connection);
    async move {
        // What a client does to its own connection is no trouble of ours.
        if let Err(error) = watched.await {
            tracing::debug!("a connection ended: {error}");
        }
    }
}
