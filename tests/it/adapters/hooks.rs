//! The hooks of registries over a real socket: who is let in, what is kept, and what a bad client costs.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hmac::{Hmac, Mac as _};
use reqwest::{Body, Client, RequestBuilder, Response, StatusCode};
use sha2::Sha256;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use towpath::config::{HookSettings, SecretSource};
use towpath::ledger::{DeliveryId, Ledger as _};
use towpath::model::{ImageName, PushKind};
use towpath::server::{self, EventInbox, RegistryHook, RegistryHooks, Service};

use crate::support::world::FakeWorld;

/// The secrets that every hook takes, in two files: one is about to replace the other.
const SECRETS: [&str; 2] = ["first s3cret", "second s3cret"];
const SHOP: &str = "registry.test/acme/shop";
const PUSHED: &str = r#"{"repository":"acme/shop","tag":"1.10.0"}"#;

/// A running server with a hook for each kind, by the kind's name.
struct Hooks {
    address: String,
    client: Client,
    world: FakeWorld,
    told: Arc<Mutex<Vec<ImageName>>>,
    folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

impl Hooks {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("the server of the test works");
        for (number, secret) in SECRETS.iter().enumerate() {
            std::fs::write(folder.path().join(number.to_string()), format!("{secret}\n"))
                .expect("the server of the test works");
        }
        let sources = [0, 1].map(|number| SecretSource::File(folder.path().join(number.to_string())));
        let settings = |kind| HookSettings { kind, secrets: sources.to_vec(), header: None };
        let hook = |kind: PushKind| RegistryHook::new(kind.word(), "registry.test", &settings(kind));
        let mut hooks: BTreeMap<String, RegistryHook> =
            PushKind::ALL.iter().map(|kind| (kind.word().to_owned(), hook(*kind))).collect();
        let keyed = HookSettings { header: Some("X-Api-Key".to_owned()), ..settings(PushKind::Ecr) };
        hooks.insert("keyed".to_owned(), RegistryHook::new("keyed", "registry.test", &keyed));
        let world = FakeWorld::new(BTreeMap::default());
        let told: Arc<Mutex<Vec<ImageName>>> = Arc::default();
        let hears = Arc::clone(&told);
        let reception = EventInbox {
            images: vec![SHOP.parse().expect("the server of the test works")],
            ledger: world.clone(),
            clock: world.clone(),
            pushed: Arc::new(move |image, _at| {
                hears.lock().expect("the server of the test works").push(image.clone())
            }),
            happened: Arc::new(|_, repository| panic!("a registry knows nothing of {repository}")),
        };
        let hooks = RegistryHooks { hooks, reception: Arc::new(reception) };
        let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("the server of the test works");
        let address = listener.local_addr().expect("the server of the test works").to_string();
        let (stop, stopping) = watch::channel(false);
        let metrics: Arc<dyn Fn() -> String + Send + Sync> =
            Arc::new(|| "towpath_looks_total 1\n".to_owned());
        let mut until = stopping.clone();
        let service = Service {
            descriptors: 1_024,
            hosts: vec!["towpath.example.com".to_owned()],
            stopping,
            hooks: vec![hooks.into_routes()],
            metrics,
        };
        tokio::spawn(server::serve(listener, service, async move {
            until.wait_for(|stops| *stops).await.ok();
        }));
        Self { address, client: Client::new(), world, told, folder, _stop: stop }
    }

    fn post(&self, name: &str) -> RequestBuilder {
        self.client.post(format!("http://{}/hooks/registry/{name}", self.address))
    }

    /// An event of a build, with the right secret.
    fn pushed(&self) -> RequestBuilder {
        self.post("generic").header("Authorization", format!("Bearer {}", SECRETS[0])).body(PUSHED)
    }

    async fn kept(&self) -> usize {
        self.world.deliveries().await.expect("the server of the test works").len()
    }

    fn told(&self) -> usize {
        self.told.lock().expect("the server of the test works").len()
    }
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.expect("the server of the test works").status().as_u16()
}

/// Nothing of what was sent comes back, and no secret.
async fn silent(response: Response) -> StatusCode {
    let status = response.status();
    let text = response.text().await.expect("the server of the test works");
    assert!(!text.contains("s3cret") && !text.contains("guess") && !text.contains("acme"), "{text}");
    status
}

fn signature(secret: &str, body: &str) -> String {
    let mut mac: Hmac<Sha256> =
        Hmac::new_from_slice(secret.as_bytes()).expect("the server of the test works");
    mac.update(body.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_event_is_kept_and_told_before_it_is_acknowledged() {
    let hooks = Hooks::start().await;
    assert_eq!(status(hooks.pushed()).await, 202);
    let kept = hooks.world.deliveries().await.unwrap();
    assert_eq!((kept.len(), hooks.told()), (1, 1));
    assert_eq!((kept[0].source.as_str(), kept[0].subject.images()[0].as_str()), ("registry/generic", SHOP));
    assert!(matches!(&kept[0].id, DeliveryId::OfContent(id) if id.starts_with("sha256:")));
}

#[tokio::test]
async fn doubled_deliveries_are_one() {
    let hooks = Hooks::start().await;
    let with_id = || hooks.pushed().body(r#"{"repository":"acme/shop","id":"build 7"}"#);
    for request in [hooks.pushed(), hooks.pushed(), with_id(), with_id()] {
        assert_eq!(status(request).await, 202);
    }
    assert_eq!((hooks.kept().await, hooks.told()), (2, 2));
}

#[tokio::test]
async fn what_cannot_be_kept_is_not_acknowledged() {
    let hooks = Hooks::start().await;
    hooks.world.state().faults.is_down = true;
    assert_eq!(status(hooks.pushed()).await, 503);
    assert_eq!(hooks.told(), 0);
    hooks.world.restart();
    assert_eq!(status(hooks.pushed()).await, 202);
    assert_eq!((hooks.kept().await, hooks.told()), (1, 1));
}

#[tokio::test]
async fn an_image_that_nobody_uses_is_acknowledged_and_forgotten() {
    let hooks = Hooks::start().await;
    let other = hooks.pushed().body(r#"{"repository":"acme/other"}"#);
    let elsewhere = hooks.pushed().body(r#"{"repository":"ghcr.io/acme/shop"}"#);
    assert_eq!((status(other).await, status(elsewhere).await), (202, 202));
    assert_eq!((hooks.kept().await, hooks.told()), (0, 0));
}

#[tokio::test]
async fn each_product_proves_itself_in_its_own_way() {
    let hooks = Hooks::start().await;
    for secret in SECRETS {
        for kind in ["distribution", "harbor", "acr", "ecr", "generic"] {
            for shown in [secret.to_owned(), format!("Bearer {secret}"), format!("bearer {secret}")] {
                let request = hooks.post(kind).header("Authorization", shown).body("{}");
                assert_eq!(
                    status(request).await,
                    400,
                    "{kind} is let in, and reads what it cannot understand"
                );
            }
        }
        for kind in ["docker-hub", "quay", "gar"] {
            let request = hooks.post(kind).query(&[("token", secret)]).body("{}");
            assert_eq!(status(request).await, 400, "{kind}");
        }
        let signed = format!("sha256={}", signature(secret, "{}"));
        assert_eq!(status(hooks.post("ghcr").header("X-Hub-Signature-256", &signed).body("{}")).await, 202);
        for shown in [secret.to_owned(), signed, signature(secret, "{}")] {
            assert_eq!(
                status(hooks.post("artifactory").header("X-JFrog-Event-Auth", shown).body("{}")).await,
                202
            );
        }
        assert_eq!(status(hooks.post("keyed").header("X-Api-Key", secret).body("{}")).await, 400);
    }
}

#[tokio::test]
async fn whoever_proves_nothing_learns_nothing() {
    let hooks = Hooks::start().await;
    for kind in PushKind::ALL {
        let post = || hooks.post(kind.word()).body(PUSHED);
        let token = |token: &str| post().query(&[("token", token)]);
        let guesses = [
            post(),
            post().header("Authorization", "Bearer guess"),
            post().header("Authorization", ""),
            post().header("Authorization", "Bearer "),
            post().header("Authorization", "Bearer first"),
            token(""),
            token("guess"),
            post().header("X-Hub-Signature-256", format!("sha256={}", signature("guess", PUSHED))),
            post().header("X-Hub-Signature-256", "sha256="),
            post().header("X-Hub-Signature", format!("sha1={}", "0".repeat(40))),
            post().header("X-JFrog-Event-Auth", signature("guess", PUSHED)),
        ];
        for guess in guesses {
            assert_eq!(silent(guess.send().await.unwrap()).await, StatusCode::UNAUTHORIZED, "{kind}");
        }
    }
    assert_eq!((hooks.kept().await, hooks.told()), (0, 0));
}

#[tokio::test]
async fn a_secret_in_the_wrong_place_proves_nothing() {
    let hooks = Hooks::start().await;
    let in_address = hooks.post("generic").query(&[("token", SECRETS[0])]).body(PUSHED);
    let in_header = hooks.post("quay").header("Authorization", SECRETS[0]).body(PUSHED);
    let plain = hooks.post("ghcr").header("X-Hub-Signature-256", SECRETS[0]).body(PUSHED);
    let usual = hooks.post("keyed").header("Authorization", SECRETS[0]).body(PUSHED);
    for request in [in_address, in_header, plain, usual] {
        assert_eq!(status(request).await, 401);
    }
}

#[tokio::test]
async fn a_signature_is_of_the_very_bytes() {
    let hooks = Hooks::start().await;
    let (body, same) = (r#"{"action":"published"}"#, r#"{ "action": "published" }"#);
    let signed = format!("sha256={}", signature(SECRETS[0], body));
    let post = |body: &'static str| hooks.post("ghcr").header("X-Hub-Signature-256", &signed).body(body);
    assert_eq!(status(post(body)).await, 202);
    assert_eq!(status(post(same)).await, 401, "the same JSON, written in another way");
    assert_eq!(status(post("not JSON")).await, 401, "it is not read before it is proven");
}

#[tokio::test]
async fn a_secret_that_is_gone_lets_nobody_in() {
    let hooks = Hooks::start().await;
    for number in ["0", "1"] {
        std::fs::write(hooks.folder.path().join(number), "").unwrap();
    }
    for shown in ["", "Bearer ", SECRETS[0]] {
        assert_eq!(status(hooks.post("generic").header("Authorization", shown).body(PUSHED)).await, 401);
    }
}

#[tokio::test]
async fn names_and_methods_that_are_not_there() {
    let hooks = Hooks::start().await;
    assert_eq!(silent(hooks.post("guess").body(PUSHED).send().await.unwrap()).await, StatusCode::NOT_FOUND);
    let get = hooks.client.get(format!("http://{}/hooks/registry/generic", hooks.address));
    assert_eq!(status(get).await, 405);
    let metrics = hooks.client.get(format!("http://{}/metrics", hooks.address)).send().await.unwrap();
    assert_eq!(metrics.text().await.unwrap(), "towpath_looks_total 1\n");
}

#[tokio::test]
async fn d8_metrics_are_read_only_under_names_of_the_service() {
    let hooks = Hooks::start().await;
    let get = |path: &str, host: &str| {
        hooks.client.get(format!("http://{}/{path}", hooks.address)).header("Host", host)
    };
    for host in ["evil.example", "evil.example:8080", "127.0.0.1.evil.example"] {
        let response = get("metrics", host).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
        let text = response.text().await.unwrap();
        assert!(text.contains("`hosts`") && !text.contains("towpath_looks_total"), "{text}");
        assert_eq!(
            status(get("healthz", host)).await,
            200,
            "it shows nothing, and load balancers use any name"
        );
        assert_eq!(status(hooks.pushed().header("Host", host)).await, 202, "a hook has its secret");
    }
    for host in
        ["127.0.0.1:1", "localhost", "towpath.ops.svc", "towpath.example.com", "TOWPATH.example.com:443"]
    {
        assert_eq!(status(get("metrics", host)).await, 200, "{host}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_taken() {
    let hooks = Hooks::start().await;
    let deep = [b"{\"a\":".repeat(10_000), b"[".repeat(10_000)].concat();
    for body in [&b"\xff\xfe"[..], b"{\"repository\":\"a\0\"}", b"", b"[", &deep] {
        let request = hooks.pushed().body(body.to_vec());
        assert_eq!(silent(request.send().await.unwrap()).await, StatusCode::BAD_REQUEST);
    }
    assert_eq!(status(hooks.pushed().header("Content-Encoding", "gzip")).await, 415);
    assert_eq!(status(hooks.pushed().header("Content-Encoding", "identity")).await, 202);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_by_its_length_alone() {
    let hooks = Hooks::start().await;
    let mut stream = TcpStream::connect(&hooks.address).await.unwrap();
    let head = format!(
        "POST /hooks/registry/generic HTTP/1.1\r\nHost: x\r\nAuthorization: {}\r\nContent-Length: 99999999\r\n\r\n",
        SECRETS[0]
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    assert!(answer(&mut stream).await.starts_with("HTTP/1.1 413 "), "not one byte of the body was sent");
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_at_the_bound() {
    let hooks = Hooks::start().await;
    let pieces = (0..6).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024 * 1024]));
    let request = hooks.pushed().body(Body::wrap_stream(futures::stream::iter(pieces)));
    match request.send().await {
        Ok(response) => assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE),
        // The answer may be lost where the connection is closed while more is sent; what counts is below.
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    let fits = [Ok::<_, std::io::Error>(PUSHED.as_bytes().to_vec())];
    let request = hooks.pushed().body(Body::wrap_stream(futures::stream::iter(fits)));
    assert_eq!((status(request).await, hooks.kept().await), (202, 1));
}

#[tokio::test]
async fn clients_that_never_finish_are_cut_off_and_delay_nobody() {
    let hooks = Hooks::start().await;
    let mut heads = Vec::new();
    for _client in 0..200 {
        let mut stream = TcpStream::connect(&hooks.address).await.unwrap();
        stream.write_all(b"POST /hooks/registry/generic HTTP/1.1\r\nHost:").await.unwrap();
        heads.push(stream);
    }
    assert_eq!(status(hooks.pushed()).await, 202);
    let closed = tokio::time::timeout(Duration::from_secs(30), answer(&mut heads[0])).await;
    assert!(closed.is_ok_and(|text| !text.contains("202")), "it is closed by itself");
}

/// What the server says until it closes, or says enough.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = vec![0; 1024];
    let read = stream.read(&mut text).await.unwrap_or_default();
    String::from_utf8_lossy(&text[..read]).into_owned()
}

#[tokio::test]
async fn a_flood_without_proof_keeps_no_event_out() {
    let hooks = Hooks::start().await;
    let flood = (0..400).map(|_| status(hooks.post("generic").header("Authorization", "guess").body(PUSHED)));
    let events = (0..20).map(|n| {
        let body = format!(r#"{{"repository":"acme/shop","id":"{n}"}}"#);
        status(hooks.pushed().body(body))
    });
    let (flood, events) = futures::join!(futures::future::join_all(flood), futures::future::join_all(events));
    assert!(flood.iter().all(|status| *status == 401));
    assert!(events.iter().all(|status| *status == 202));
    assert_eq!(hooks.kept().await, 20);
}
