//! How much a connection was used: it ends after a bounded number of requests and a bounded time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::http::{HeaderValue, Request, Response, header};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use hyper::body::Incoming;
use hyper::service::Service;
use tokio::time::Instant;

/// How many requests one connection takes. A proxy that keeps its connections opens a new one after that.
pub(super) const REQUESTS_MAX: u64 = 1_000;

/// Counts what happens on all connections, so that they can be ordered by when they were last used.
pub(super) type Sequence = Arc<AtomicU64>;

/// What one connection was used for so far.
#[derive(Debug)]
pub(super) struct Usage {
    opened_at: Instant,
    lifetime: Duration,
    requests: AtomicU64,
    last_used: AtomicU64,
    sequence: Sequence,
}

impl Usage {
    /// A connection that is opened now and takes new requests for this long.
    pub(super) fn new(sequence: Sequence, lifetime: Duration) -> Self {
        let last_used = AtomicU64::new(sequence.fetch_add(1, Ordering::Relaxed));
        Self { opened_at: Instant::now(), lifetime, requests: AtomicU64::new(0), last_used, sequence }
    }

    /// When a request last began on it, or else when it was opened, in the order of all connections.
    pub(super) fn last_used(&self) -> u64 {
        self.last_used.load(Ordering::Relaxed)
    }

    /// Counts a request that begins; `true` if the connection takes no further one.
    pub(super) fn begin_request(&self) -> bool {
        self.last_used.store(self.sequence.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        let earlier = self.requests.fetch_add(1, Ordering::Relaxed);
        earlier + 1 >= REQUESTS_MAX || self.opened_at.elapsed() >= self.lifetime
    }
}

/// A service that counts its requests, and tells the client with the last response that the connection ends.
#[derive(Debug)]
pub(super) struct Counted<S> {
    service: S,
    usage: Arc<Usage>,
}

impl<S> Counted<S> {
    pub(super) const fn new(service: S, usage: Arc<Usage>) -> Self {
        Self { service, usage }
    }
}

impl<S, B> Service<Request<Incoming>> for Counted<S>
where
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = S::Error;
    type Future = BoxFuture<'static, Result<Self::Response, Self::Error>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let is_last = self.usage.begin_request();
        let response = self.service.call(request);
        async move {
            let mut response = response.await?;
            if is_last {
                response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok(response)
        }
        .boxed()
    }
}
