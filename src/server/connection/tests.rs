//! Real sockets on loopback, with short limits where a limit has to pass.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::usage::REQUESTS_MAX;
use super::{CONNECTIONS_MAX, CONNECTIONS_MIN, ENDING_MAX, Limits, listen, serve};

/// Larger than what the system keeps for a client that does not read.
const LARGE: usize = 32 << 20;
const REQUEST: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
const SHORT: Duration = Duration::from_millis(50);
/// A response that takes longer never comes.
const ANSWER_MAX: Duration = Duration::from_secs(20);
const COUNTED: &[u8] = b"GET /counted HTTP/1.1\r\nhost: localhost\r\n\r\n";

struct Server {
    address: SocketAddr,
    /// How many requests to `/counted` were answered.
    counted: Arc<AtomicUsize>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

/// Room for four connections, and otherwise the limits of the service.
fn limits() -> Limits {
    Limits { connections: 4, ..Limits::of_descriptors(1_024) }
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = listen(([127, 0, 0, 1], 0).into()).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let counted = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&counted);
        let router = Router::new()
            .route(
                "/counted",
                get(move || std::future::ready(counter.fetch_add(1, Ordering::SeqCst).to_string())),
            )
            .route("/healthz", get(|| async { "ok\n" }))
            .route("/large", get(|| async { vec![b'x'; LARGE] }))
            .route("/never", get(std::future::pending::<()>));
        let until = async move { drop(stopped.await) };
        let ended = tokio::spawn(serve(listener, router, limits, until));
        Self { address, counted, stop, ended }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// A client that asks for this, and does not read the response.
    async fn ask(&self, path: &str) -> TcpStream {
        let mut client = self.connect().await;
        client.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await.unwrap();
        client
    }

    async fn is_healthy(&self) -> bool {
        answers(&mut self.connect().await).await
    }
}

/// Whether a request on this connection is answered with 200. The whole response is read, so that what is read next on the
/// connection belongs to the next request.
async fn answers(client: &mut TcpStream) -> bool {
    client.write_all(REQUEST).await.is_ok() && reads_ok(client).await
}

async fn reads_ok(client: &mut TcpStream) -> bool {
    let mut response = Vec::new();
    while !response.ends_with(b"ok\n") {
        match tokio::time::timeout(ANSWER_MAX, client.read_u8()).await {
            Ok(Ok(byte)) => response.push(byte),
            Ok(Err(_)) | Err(_) => return false,
        }
    }
    response.starts_with(b"HTTP/1.1 200")
}

/// Everything that the server sends until it ends the connection.
async fn rest(mut client: TcpStream) -> String {
    let mut rest = Vec::new();
    drop(client.read_to_end(&mut rest).await);
    String::from_utf8(rest).unwrap()
}

#[tokio::test]
async fn a_new_client_finds_a_place_when_silent_ones_hold_all() {
    let server = Server::start(limits()).await;
    let mut silent = Vec::new();
    for _client in 0..16 {
        silent.push(server.connect().await);
    }
    assert!(server.is_healthy().await);
}

#[tokio::test]
async fn a_new_client_finds_a_place_when_all_others_never_read() {
    let server = Server::start(limits()).await;
    let mut stuck = Vec::new();
    for _client in 0..16 {
        stuck.push(server.ask("/large").await);
    }
    assert!(server.is_healthy().await);
}

#[tokio::test]
async fn a_client_that_never_reads_is_cut_off() {
    let server = Server::start(Limits { write_timeout: SHORT, ..limits() }).await;
    let mut client = server.ask("/large").await;
    // The client never reads, so only the end of the connection ends this loop.
    while client.write_all(REQUEST).await.is_ok() {
        client.writable().await.unwrap();
    }
    assert!(rest(client).await.len() < LARGE);
}

#[tokio::test]
async fn a_connection_takes_a_bounded_number_of_requests() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    for _request in 1..REQUESTS_MAX {
        client.write_all(REQUEST).await.unwrap();
        let mut response = [0; 512];
        let read = client.read(&mut response).await.unwrap();
        let response = String::from_utf8_lossy(&response[..read]).into_owned();
        assert!(
            response.starts_with("HTTP/1.1 200") && !response.contains("connection: close"),
            "{response}"
        );
    }
    client.write_all(REQUEST).await.unwrap();
    let last = rest(client).await;
    assert!(last.starts_with("HTTP/1.1 200") && last.contains("connection: close"), "{last}");
}

#[tokio::test]
async fn the_first_response_after_the_lifetime_ends_the_connection() {
    let server = Server::start(Limits { lifetime: Duration::ZERO, ..limits() }).await;
    let response = rest(server.ask("/healthz").await).await;
    assert!(response.starts_with("HTTP/1.1 200") && response.contains("connection: close"), "{response}");
}

#[tokio::test]
async fn a_request_does_not_outlast_its_connection() {
    let server = Server::start(Limits { lifetime: Duration::ZERO, last_request: SHORT, ..limits() }).await;
    assert_eq!(rest(server.ask("/never").await).await, "");
}

#[tokio::test]
async fn first_requests_do_not_wait_for_those_that_follow_others() {
    let server = Server::start(Limits { follow_ups: 0, ending: SHORT, ..limits() }).await;
    let mut waiting = server.connect().await;
    waiting.write_all(&[REQUEST, COUNTED].concat()).await.unwrap();
    assert!(reads_ok(&mut waiting).await, "the first of the two");
    assert!(server.is_healthy().await);
    drop(server.stop);
    assert_eq!(rest(waiting).await, "", "the second of the two");
    assert_eq!(server.counted.load(Ordering::SeqCst), 0);
}

/// Both the clients and the server run on this one thread, so a request is answered only while this test pauses.
#[tokio::test]
async fn pipelined_requests_let_all_other_tasks_run_between_their_turns() {
    const CONNECTIONS: usize = 4;
    const PIPELINED: usize = 50;
    let server = Server::start(Limits { follow_ups: 1, ..limits() }).await;
    let mut clients = Vec::new();
    for _client in 0..CONNECTIONS {
        let mut client = server.connect().await;
        assert!(answers(&mut client).await, "the first request");
        clients.push(client);
    }
    for client in &mut clients {
        client.write_all(&COUNTED.repeat(PIPELINED)).await.unwrap();
    }
    let mut before = server.counted.load(Ordering::SeqCst);
    while before < CONNECTIONS * PIPELINED {
        tokio::task::yield_now().await;
        let after = server.counted.load(Ordering::SeqCst);
        assert!(after - before <= 1, "{} requests between two turns of this task", after - before);
        before = after;
    }
}

#[tokio::test]
async fn a_request_that_waits_for_its_client_holds_no_turn() {
    let server = Server::start(Limits { follow_ups: 1, ..limits() }).await;
    let mut slow = server.connect().await;
    let mut other = server.connect().await;
    assert!(answers(&mut slow).await && answers(&mut other).await);
    slow.write_all(b"GET /never HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    assert!(server.is_healthy().await, "the request before is under way");
    assert!(answers(&mut other).await, "the only turn is free");
}

#[tokio::test]
async fn the_end_does_not_wait_for_clients_that_never_read() {
    let server = Server::start(Limits { write_timeout: SHORT, ..limits() }).await;
    let _stuck = [server.ask("/large").await, server.ask("/large").await];
    let began = tokio::time::Instant::now();
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert!(began.elapsed() < ENDING_MAX, "{:?}", began.elapsed());
}

#[tokio::test]
async fn the_end_waits_for_requests_under_way_no_longer_than_its_bound() {
    let server = Server::start(Limits { ending: SHORT, ..limits() }).await;
    let stuck = server.ask("/never").await;
    assert!(server.is_healthy().await, "the request before is under way");
    server.stop.send(()).unwrap();
    server.ended.await.unwrap();
    assert_eq!(rest(stuck).await, "");
}

#[test]
fn connections_leave_descriptors_to_the_rest_of_the_process() {
    let connections = |descriptors| Limits::of_descriptors(descriptors).connections;
    assert_eq!(connections(1_024), 512);
    assert_eq!(connections(8_192), CONNECTIONS_MAX);
    assert_eq!(connections(256), CONNECTIONS_MIN);
}
