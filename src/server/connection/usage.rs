//! How much a connection was used: it ends after a bounded number of requests and a bounded time.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Request, header};
use axum::response::Response;
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// How many requests one connection takes. A proxy that keeps its connections opens a new one after that.
pub(super) const REQUESTS_MAX: u64 = 1_000;

/// How long the client of a new connection may take to send its first request before the connection counts as idle.
const FIRST_REQUEST_WITHIN: Duration = Duration::from_secs(1);

/// Counts what happens on all connections, so that they can be ordered by when they were last used.
pub(super) type Sequence = Arc<AtomicU64>;

/// What one connection was used for so far.
#[derive(Debug)]
pub(super) struct Usage {
    opened_at: Instant,
    lifetime: Duration,
    requests: AtomicU64,
    last_used: AtomicU64,
    under_way: AtomicUsize,
    sequence: Sequence,
}

impl Usage {
    /// A connection that was opened at an instant and takes new requests for this long.
    pub(super) fn new(sequence: Sequence, lifetime: Duration, opened_at: Instant) -> Self {
        let last_used = AtomicU64::new(sequence.fetch_add(1, Ordering::Relaxed));
        Self {
            opened_at,
            lifetime,
            requests: AtomicU64::new(0),
            last_used,
            under_way: AtomicUsize::new(0),
            sequence,
        }
    }

    /// When a request last began on it, or else when it was opened, in the order of all connections.
    pub(super) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    /// Whether nobody waits for a response on it: no request is under way, and if it is new, its client had time to send one.
    pub(super) fn is_idle(&self) -> bool {
        let is_new =
            self.requests.load(Ordering::Relaxed) == 0 && self.opened_at.elapsed() < FIRST_REQUEST_WITHIN;
        self.under_way.load(Ordering::Relaxed) == 0 && !is_new
    }

    /// Counts a request until the guard is dropped.
    pub(super) fn start_request(self: &Arc<Self>) -> RequestGuard {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        RequestGuard(Arc::clone(self))
    }

    /// Counts a request that begins.
    pub(super) fn begin_request(&self) -> Position {
        self.last_used.store(self.sequence.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let earlier = self.requests.fetch_add(1, Ordering::Relaxed);
        let is_last = earlier + 1 >= REQUESTS_MAX || self.opened_at.elapsed() >= self.lifetime;
        Position { is_first: earlier == 0, is_last }
    }
}

/// Counts a request until it is dropped.
#[derive(Debug)]
pub(super) struct RequestGuard(Arc<Usage>);

impl Drop for RequestGuard {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Where a request stands among those of its connection.
#[derive(Copy, Clone, Debug)]
pub(super) struct Position {
    is_first: bool,
    /// The connection takes no further request.
    is_last: bool,
}

/// A service that counts its requests, and tells the client with the last response that the connection ends.
#[derive(Debug)]
pub(super) struct Counted {
    service: TowerToHyperService<Router>,
    usage: Arc<Usage>,
    follow_ups: Arc<Semaphore>,
}

impl Counted {
    /// The service on one connection; `follow_ups` are the turns that all connections share.
    pub(super) fn new(router: Router, usage: Arc<Usage>, follow_ups: Arc<Semaphore>) -> Self {
        Self { service: TowerToHyperService::new(router), usage, follow_ups }
    }
}

/// Starts a request that follows another one of its connection once it has a turn. The turn ends when the request waits for
/// the first time, as for its body, so that slow clients hold none.
async fn in_turn<F: Future>(turns: Arc<Semaphore>, response: F) -> F::Output {
    let mut response = pin!(response);
    let turn = turns.acquire().await;
    // Most requests are answered without waiting for anything, so without this pause a turn would end in the moment in which
    // it began, and a connection would handle all its pipelined requests in one poll. With it, every other task that is ready
    // (new connections, other requests, the loops) runs before the next turns begin.
    tokio::task::yield_now().await;
    let polled = futures::poll!(response.as_mut());
    drop(turn);
    match polled {
        Poll::Ready(response) => response,
        Poll::Pending => response.await,
    }
}

impl Service<Request<Incoming>> for Counted {
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let Position { is_first, is_last } = self.usage.begin_request();
        let guard = self.usage.start_request();
        let response = self.service.call(request);
        let follow_ups = Arc::clone(&self.follow_ups);
        async move {
            let mut response = if is_first { response.await? } else { in_turn(follow_ups, response).await? };
            drop(guard);
            if is_last {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
        .boxed()
    }
}
