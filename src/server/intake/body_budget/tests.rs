use axum::body::Body;
use futures::channel::mpsc;
use tokio::task::JoinHandle;

use super::*;

const KIB: usize = 1024;
/// Room for four bodies of [`LARGE`].
const BUDGET: usize = 256 * KIB;
/// A body that takes 64 KiB of the budget.
const LARGE: usize = UNBUDGETED_BYTES_MAX + 64 * KIB;

type Chunk = Result<Bytes, std::io::Error>;

/// A budget and the bodies that are being read, each of which a test sends as it likes.
struct Reading {
    budget: Arc<BodyBudget>,
    bodies: Vec<Sent>,
}

struct Sent {
    chunks: mpsc::UnboundedSender<Chunk>,
    read: JoinHandle<Result<Bytes, WebhookRefusal>>,
}

impl Reading {
    fn new() -> Self {
        Self { budget: Arc::new(BodyBudget::of(BUDGET)), bodies: Vec::new() }
    }

    /// Begins a body and sends this much of it.
    async fn begin(&mut self, bytes: usize) -> usize {
        let (chunks, body) = mpsc::unbounded();
        let budget = Arc::clone(&self.budget);
        let read = tokio::spawn(async move { budget.read(Body::from_stream(body)).await });
        self.bodies.push(Sent { chunks, read });
        self.send(self.bodies.len() - 1, bytes).await;
        self.bodies.len() - 1
    }

    async fn send(&self, body: usize, bytes: usize) {
        drop(self.bodies[body].chunks.unbounded_send(Ok(vec![b'x'; bytes].into())));
        // The bodies are read by tasks of this same thread; a task that was woken needs a turn, and one that it wakes another.
        for _turn in 0..8 {
            tokio::task::yield_now().await;
        }
    }

    /// Ends each body; returns its length, or why it was rejected.
    async fn end(self) -> Vec<Result<usize, WebhookRefusal>> {
        let mut read = Vec::new();
        for Sent { chunks, read: body } in self.bodies {
            drop(chunks);
            read.push(body.await.unwrap().map(|bytes| bytes.len()));
        }
        assert_eq!(self.budget.shares().used, 0, "everything is given back");
        read
    }
}

#[tokio::test]
async fn bodies_within_the_budget_are_read() {
    let mut reading = Reading::new();
    for _body in 0..4 {
        reading.begin(LARGE).await;
    }
    assert_eq!(reading.end().await, [Ok(LARGE); 4]);
}

#[tokio::test]
async fn the_body_without_progress_for_longest_loses_its_share() {
    let mut reading = Reading::new();
    for _body in 0..4 {
        reading.begin(LARGE).await;
    }
    reading.send(0, 1).await;
    reading.begin(LARGE).await;
    let busy = Err(WebhookRefusal::Busy);
    assert_eq!(reading.end().await, [Ok(LARGE + 1), busy, busy, Ok(LARGE), Ok(LARGE)]);
}

#[tokio::test]
async fn small_bodies_need_no_share() {
    let mut reading = Reading::new();
    for _body in 0..64 {
        reading.begin(UNBUDGETED_BYTES_MAX).await;
    }
    for _body in 0..5 {
        reading.begin(LARGE).await;
    }
    let read = reading.end().await;
    assert!(read.iter().take(64).all(|read| *read == Ok(UNBUDGETED_BYTES_MAX)), "{read:?}");
    assert_eq!(read[64..], [Err(WebhookRefusal::Busy), Ok(LARGE), Ok(LARGE), Ok(LARGE), Ok(LARGE)]);
}

#[tokio::test]
async fn a_body_larger_than_the_budget_is_rejected() {
    let mut reading = Reading::new();
    reading.begin(UNBUDGETED_BYTES_MAX + BUDGET + 1).await;
    assert_eq!(reading.end().await, [Err(WebhookRefusal::Busy)]);
}
