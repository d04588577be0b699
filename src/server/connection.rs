//! Connections: how many are open at once, how long each may last, and how long a client may take to read and write.
//!
//! A client that sends requests and never reads the responses, or that connects and stays silent, must not keep others
//! out. So every wait on a client has a bound, and a new connection always finds a place: if all are taken, the least
//! recently used connection of the address with most connections ends. `/healthz` therefore needs no listener of its own.

mod admission;
mod usage;

use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_io_timeout::TimeoutStream;

use admission::Admission;
use usage::{Counted, Usage};

/// One connection of HTTP/1.1.
type Http1 = http1::Connection<TokioIo<Pin<Box<TimeoutStream<TcpStream>>>>, Counted>;

/// How many connections are open at once at most.
const CONNECTIONS_MAX: usize = 2_048;
/// How many connections are open at once at least, however few file descriptors the system allows.
const CONNECTIONS_MIN: usize = 16;
/// File descriptors that connections leave to the rest of the process: the ledger, repositories, forges, registries.
const DESCRIPTORS_RESERVED: u64 = 512;
/// How long a client may take to send the head of a request, the wait for it included.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a client may take to read any part of a response.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);
/// How much of its responses the system keeps for a client that does not read them; it would be megabytes otherwise. Accepted
/// sockets inherit it from the one that listens (tcp(7)).
const SEND_BUFFER_BYTES: u32 = 64 * 1024;
/// How many connections wait to be accepted.
const BACKLOG: u32 = 1_024;
/// How long a connection is used for new requests. The response to the last one says `connection: close`.
const LIFETIME: Duration = Duration::from_secs(60);
/// How much longer the last request of a connection may take. Its head, its body and each part of its response have bounds
/// of their own; this one bounds a client that reads a few bytes at a time.
const LAST_REQUEST_MAX: Duration = Duration::from_secs(30);
/// How many requests that follow another one on their connection start at once, on all connections. A client that sends
/// thousands of requests without waiting for responses (pipelining) waits here, and first requests never wait for it.
const FOLLOW_UPS_AT_ONCE: usize = 32;
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long to wait after a connection could not be accepted, for example because no file descriptor is left.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(100);
/// How long requests under way may take after the service was told to stop.
const ENDING_MAX: Duration = Duration::from_secs(10);

/// The bounds of the server that depend on the machine, or that a test makes short.
#[derive(Copy, Clone, Debug)]
pub(super) struct Limits {
    /// How many connections are open at once.
    connections: usize,
    /// How long a client may take to read any part of a response.
    write_timeout: Duration,
    /// How long a connection is used for new requests.
    lifetime: Duration,
    /// How much longer the last request of a connection may take.
    last_request: Duration,
    /// How many requests that follow another one on their connection start at once.
    follow_ups: usize,
    /// How long requests under way may take after the service was told to stop.
    ending: Duration,
}

impl Limits {
    /// The limits of a process that may have this many file descriptors.
    pub(super) fn of_descriptors(descriptors: u64) -> Self {
        let available =
            usize::try_from(descriptors.saturating_sub(DESCRIPTORS_RESERVED)).unwrap_or(usize::MAX);
        Self {
            connections: available.clamp(CONNECTIONS_MIN, CONNECTIONS_MAX),
            write_timeout: WRITE_TIMEOUT,
            lifetime: LIFETIME,
            last_request: LAST_REQUEST_MAX,
            follow_ups: FOLLOW_UPS_AT_ONCE,
            ending: ENDING_MAX,
        }
    }
}

/// Listens at an address, for connections with small send buffers.
///
/// # Errors
/// If the address cannot be bound.
pub(super) fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // As Tokio's own `TcpListener::bind` does: a service that restarts finds its port again at once.
    socket.set_reuseaddr(true)?;
    socket.set_send_buffer_size(SEND_BUFFER_BYTES)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves connections until `until` is done; requests under way are finished first, within ten seconds.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    until: impl Future<Output = ()> + Send,
) {
    let mut connections = Connections::new(router, limits);
    let mut until = std::pin::pin!(until);
    loop {
        tokio::select! {
            () = &mut until => break,
            Some(ended) = connections.tasks.join_next_with_id() => {
                connections.admission.remove(ended.map_or_else(|error| error.id(), |(task, ())| task));
            }
            // A connection that was ended for another one keeps its file descriptor until its task is gone.
            accepted = listener.accept(), if connections.tasks.len() <= limits.connections => match accepted {
                Ok((stream, peer)) => connections.open(stream, peer.ip()),
                // The client ended the connection before it was accepted.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!("a connection could not be accepted: {error}");
                    tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                }
            },
        }
    }
    drop(listener);
    connections.end().await;
}

/// The connections that are open, each a task.
struct Connections {
    router: Router,
    limits: Limits,
    admission: Admission,
    tasks: JoinSet<()>,
    graceful: GracefulShutdown,
    follow_ups: Arc<Semaphore>,
}

impl Connections {
    fn new(router: Router, limits: Limits) -> Self {
        let admission = Admission::new(limits.connections);
        let follow_ups = Arc::new(Semaphore::new(limits.follow_ups));
        let (tasks, graceful) = (JoinSet::new(), GracefulShutdown::new());
        Self { router, limits, admission, tasks, graceful, follow_ups }
    }

    /// Serves a connection; another one ends if all places are taken.
    fn open(&mut self, stream: TcpStream, peer: IpAddr) {
        let Limits { write_timeout, lifetime, last_request, .. } = self.limits;
        let usage = Arc::new(Usage::new(self.admission.sequence(), lifetime, Instant::now()));
        self.admission.make_room();
        let service = Counted::new(self.router.clone(), Arc::clone(&usage), Arc::clone(&self.follow_ups));
        let http = self.graceful.watch(http1(stream, service, write_timeout));
        let task = self.tasks.spawn(until_ended(http, lifetime + last_request));
        self.admission.add(task, peer, usage);
    }

    /// Ends all connections; those with a request under way have a bounded time to finish it.
    async fn end(mut self) {
        let ending = self.limits.ending;
        if tokio::time::timeout(ending, self.graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests took longer than {} s and were cut off", ending.as_secs());
        }
        self.tasks.shutdown().await;
    }
}

/// HTTP on one connection, with a bound on every wait for the client.
fn http1(stream: TcpStream, service: Counted, write_timeout: Duration) -> Http1 {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(write_timeout));
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
}

/// Waits until a connection ends, at most for this long.
async fn until_ended(connection: impl Future<Output = hyper::Result<()>>, max: Duration) {
    match tokio::time::timeout(max, connection).await {
        Ok(Ok(())) => {}
        // A client may end its own connection in any way: that is not an error of the service.
        Ok(Err(error)) => tracing::debug!("a connection ended: {error}"),
        Err(_) => tracing::debug!("a connection reached the end of its lifetime in the middle of a request"),
    }
}

#[cfg(test)]
mod tests;
