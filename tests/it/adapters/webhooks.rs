//! The webhook of GitHub over a real socket: the cases W1 to W23 of the threat model, as far as they are GitHub's.

mod examples;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusBuilder;
use reqwest::{Body, Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use towpath::config::{GitHubCredentials, GitHubForgeSettings, SecretSource};
use towpath::ledger::{DeliveryId, DeliverySubject, Ledger as _};
use towpath::model::ConfigBranch;
use towpath::server::{self, EventInbox, GitHubHook, GitHubHooks, Service};

use crate::support::rules::{BOT, name, place};
use crate::support::webhook::{DELIVERY, EVENT, SIGNATURE, sample, signed};
use crate::support::world::FakeWorld;

/// The secrets that the hook takes, in two files: one is about to replace the other.
const SECRETS: [&str; 2] = ["first s3cret", "second s3cret"];
const SHOP: &str = "ghcr.io/acme/shop";
/// The installation that the configuration names.
const INSTALLATION: u64 = 7;

/// A running server with the hook of one GitHub, the forge of [`place`].
struct Hub {
    address: SocketAddr,
    client: Client,
    world: FakeWorld,
    told: Arc<Mutex<Vec<String>>>,
    folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

fn settings(folder: &tempfile::TempDir) -> GitHubForgeSettings {
    for (number, secret) in SECRETS.iter().enumerate() {
        std::fs::write(folder.path().join(number.to_string()), format!("{secret}\n"))
            .expect("the server of the test works");
    }
    let file = |number: usize| SecretSource::File(folder.path().join(number.to_string()));
    let private_key = SecretSource::Env("NOBODY_READS_THIS".to_owned());
    GitHubForgeSettings {
        name: place().forge,
        url: None,
        credentials: GitHubCredentials::App { id: 1, private_key, installation: Some(INSTALLATION) },
        bot: None,
        webhook_secrets: [0, 1].map(file).to_vec(),
        merge_method: None,
        deployments: true,
    }
}

impl Hub {
    async fn start() -> Self {
        Self::start_for(&[place(), ConfigBranch { branch: name("release"), ..place() }]).await
    }

    async fn start_for(places: &[ConfigBranch]) -> Self {
        let folder = tempfile::tempdir().expect("the server of the test works");
        let own = GitHubHook::new(&settings(&folder), places, Arc::new(|| name(BOT)));
        let hooks = BTreeMap::from([(place().forge.to_string(), own.expect("it has secrets"))]);
        let world = FakeWorld::new(BTreeMap::default());
        let told: Arc<Mutex<Vec<String>>> = Arc::default();
        let (images, repositories) = (Arc::clone(&told), Arc::clone(&told));
        let note = |told: &Mutex<Vec<String>>, what: String| told.lock().expect("it is whole").push(what);
        let reception = EventInbox {
            images: vec![name(SHOP), name("registry.test/acme/shop")],
            ledger: world.clone(),
            clock: world.clone(),
            pushed: Arc::new(move |image, _at| note(&images, image.to_string())),
            happened: Arc::new(move |forge, own| note(&repositories, format!("{forge}:{own}"))),
        };
        let hooks = GitHubHooks { hooks, reception: Arc::new(reception) };
        let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("the server of the test works");
        let address = listener.local_addr().expect("the server of the test works");
        let (stop, stopping) = watch::channel(false);
        let mut until = stopping.clone();
        let metrics: Arc<dyn Fn() -> String + Send + Sync> = Arc::new(String::new);
        let service = Service {
            descriptors: 1_024,
            hosts: Vec::new(),
            stopping,
            hooks: vec![hooks.into_routes()],
            metrics,
        };
        tokio::spawn(server::serve(listener, service, async move {
            until.wait_for(|stops| *stops).await.ok();
        }));
        Self { address, client: Client::new(), world, told, folder, _stop: stop }
    }

    fn post(&self) -> RequestBuilder {
        self.client.post(format!("http://{}/hooks/github/{}", self.address, place().forge))
    }

    /// An event with a signature by the first secret.
    fn event(&self, kind: &str, body: &Value) -> RequestBuilder {
        let body = body.to_string();
        self.post().header(EVENT, kind).header(SIGNATURE, signed(SECRETS[0], body.as_bytes())).body(body)
    }

    /// The same, with a name of its own.
    fn delivery(&self, id: &str, kind: &str, body: &Value) -> RequestBuilder {
        self.event(kind, body).header(DELIVERY, id)
    }

    async fn kept(&self) -> usize {
        self.world.deliveries().await.expect("the server of the test works").len()
    }

    fn told(&self) -> Vec<String> {
        self.told.lock().expect("the server of the test works").clone()
    }

    fn rotate(&self, number: usize, secret: &str) {
        std::fs::write(self.folder.path().join(number.to_string()), secret).expect("it can be written");
    }
}

/// Somebody commented on a pull request.
fn comment() -> Value {
    json!({
        "action": "created",
        "issue": { "number": 1, "pull_request": { "url": "https://api.github.test/pulls/1" } },
        "comment": { "id": 1, "body": "/promote approve", "user": { "login": "alice" } },
        "repository": { "full_name": "acme/deploy" },
        "sender": { "login": "alice" },
    })
}

fn push(repository: &str, branch: &str) -> Value {
    json!({
        "ref": format!("refs/heads/{branch}"),
        "before": "a",
        "after": "b",
        "repository": { "full_name": repository },
        "sender": { "login": "alice" },
    })
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.expect("the server of the test works").status().as_u16()
}

/// Nothing of what was sent comes back, and no secret.
async fn silent(request: RequestBuilder) -> u16 {
    let response = request.send().await.expect("the server of the test works");
    let status = response.status().as_u16();
    let text = response.text().await.expect("the server of the test works");
    assert!(!text.contains("s3cret") && !text.contains("acme") && !text.contains("sha"), "{text}");
    status
}

#[tokio::test]
async fn an_event_is_kept_and_told_before_it_is_acknowledged() {
    let hub = Hub::start().await;
    assert_eq!(silent(hub.delivery("guid 1", "issue_comment", &comment())).await, 202);
    let kept = hub.world.deliveries().await.unwrap();
    let [own] = kept.as_slice() else { panic!("one is kept: {kept:?}") };
    assert_eq!((own.source.as_str(), &own.id), ("github/here", &DeliveryId::Given("guid 1".to_owned())));
    assert_eq!(own.subject, DeliverySubject::Repositories(place().forge, vec![place().repository]));
    assert_eq!(hub.told(), ["here:acme/deploy"], "once for all its branches");
}

#[tokio::test]
async fn w1_to_w3_who_does_not_sign_the_body_learns_nothing() {
    let hub = Hub::start().await;
    let body = comment().to_string();
    let sha1 = format!("sha1={}", "0".repeat(40));
    let wrong = signed("guess", body.as_bytes());
    let right = signed(SECRETS[0], body.as_bytes());
    let bare = right.trim_start_matches("sha256=");
    let post = || hub.post().header(EVENT, "issue_comment").body(body.clone());
    let guesses = [
        ("w1: no signature", post()),
        ("w1: an empty one", post().header(SIGNATURE, "")),
        ("w2: by another secret", post().header(SIGNATURE, &wrong)),
        ("w2: cut", post().header(SIGNATURE, right.get(..70).unwrap())),
        ("w2: without its algorithm", post().header(SIGNATURE, bare)),
        ("w2: the secret itself", post().header(SIGNATURE, SECRETS[0])),
        ("w3: by SHA-1 alone", post().header("X-Hub-Signature", &sha1)),
        ("w3: by SHA-1 where SHA-256 belongs", post().header(SIGNATURE, &sha1)),
    ];
    for (why, guess) in guesses {
        assert_eq!(silent(guess).await, 401, "{why}");
    }
    let unreadable = hub.post().header(SIGNATURE, &wrong).body("not JSON");
    assert_eq!(silent(unreadable).await, 401, "it is not read before it is proven");
    assert_eq!((hub.kept().await, hub.told().len()), (0, 0));
    assert_eq!(silent(post().header(SIGNATURE, right)).await, 202);
}

#[tokio::test]
async fn w4_a_secret_that_became_empty_lets_nobody_in() {
    let hub = Hub::start().await;
    hub.rotate(0, "");
    hub.rotate(1, " \n");
    let body = comment().to_string();
    for secret in ["", " \n", SECRETS[0]] {
        let event =
            hub.post().header(EVENT, "issue_comment").header(SIGNATURE, signed(secret, body.as_bytes()));
        assert_eq!(silent(event.body(body.clone())).await, 401);
    }
    let none = GitHubForgeSettings { webhook_secrets: Vec::new(), ..settings(&hub.folder) };
    let bot: server::Bot = Arc::new(|| name(BOT));
    assert!(GitHubHook::new(&none, &[place()], bot).is_none(), "without a secret there is no hook");
}

#[tokio::test]
async fn w5_a_signature_is_of_the_very_bytes() {
    let hub = Hub::start().await;
    let (body, same) = (r#"{"zen":"Keep","hook":{}}"#, r#"{ "zen": "Keep", "hook": {} }"#);
    let signature = signed(SECRETS[0], body.as_bytes());
    let post = |body: &'static str| hub.post().header(EVENT, "ping").header(SIGNATURE, &signature).body(body);
    assert_eq!(silent(post(body)).await, 202);
    assert_eq!(silent(post(same)).await, 401, "the same JSON, written in another way");
}

#[tokio::test]
async fn w9_an_event_that_comes_again_is_no_news() {
    let hub = Hub::start().await;
    for _time in 0..3 {
        assert_eq!(status(hub.delivery("guid 1", "issue_comment", &comment())).await, 202);
    }
    assert_eq!((hub.kept().await, hub.told().len()), (1, 1));
}

#[tokio::test]
async fn w9_an_event_that_was_never_kept_is_news_when_it_comes_again() {
    let hub = Hub::start().await;
    hub.world.state().faults.is_down = true;
    assert_eq!(status(hub.delivery("guid 1", "issue_comment", &comment())).await, 503);
    assert_eq!(hub.told().len(), 0);
    hub.world.restart();
    assert_eq!(status(hub.delivery("guid 1", "issue_comment", &comment())).await, 202);
    assert_eq!((hub.kept().await, hub.told().len()), (1, 1));
}

#[tokio::test]
async fn w10_the_same_said_twice_under_two_names_is_two_hints_and_no_more() {
    let hub = Hub::start().await;
    for id in ["guid 1", "guid 2"] {
        assert_eq!(status(hub.delivery(id, "issue_comment", &comment())).await, 202);
    }
    assert_eq!((hub.kept().await, hub.told().len()), (2, 2));
}

#[tokio::test]
async fn w11_what_nobody_here_uses_is_acknowledged_and_left() {
    let hub = Hub::start().await;
    let elsewhere = push("mallory/deploy", "main");
    assert_eq!(status(hub.event("push", &elsewhere)).await, 202);
    assert_eq!(status(hub.event("push", &push("acme/deploy", "feature"))).await, 202, "a branch of nobody's");
    assert_eq!(status(hub.event("star", &json!({ "action": "created" }))).await, 202, "an event of nobody's");
    assert_eq!(status(hub.event("star", &json!("not even an event"))).await, 202);
    assert_eq!((hub.kept().await, hub.told().len()), (0, 0));
    for branch in ["main", "release", "towpath/dev/shop"] {
        assert_eq!(status(hub.event("push", &push("ACME/Deploy", branch))).await, 202);
    }
    assert_eq!((hub.kept().await, hub.told().len()), (3, 3), "GitHub's names are of either case");
}

#[tokio::test]
async fn w12_the_header_has_to_fit_the_body() {
    let hub = Hub::start().await;
    for kind in ["push", "pull_request", "check_run", "installation", "ping", "package"] {
        assert_eq!(silent(hub.event(kind, &comment())).await, 400, "a comment as {kind}");
    }
    assert_eq!(silent(hub.event("issue_comment", &push("acme/deploy", "main"))).await, 400);
    let body = comment().to_string();
    let nameless = hub.post().header(SIGNATURE, signed(SECRETS[0], body.as_bytes())).body(body);
    assert_eq!(silent(nameless).await, 400);
    assert_eq!((hub.kept().await, hub.told().len()), (0, 0));
}

#[tokio::test]
async fn w13_an_event_of_another_installation_is_left() {
    let hub = Hub::start().await;
    let of = |installation: u64| {
        let mut body = comment();
        body["installation"] = json!({ "id": installation });
        body
    };
    assert_eq!(status(hub.event("issue_comment", &of(INSTALLATION + 1))).await, 202);
    assert_eq!(hub.kept().await, 0);
    assert_eq!(status(hub.event("issue_comment", &of(INSTALLATION))).await, 202);
    assert_eq!(hub.kept().await, 1);
}

#[test]
fn w14_two_secrets_are_good_at_once_and_metrics_say_which_is_in_use() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let measured = recorder.handle();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    metrics::with_local_recorder(&recorder, || {
        runtime.block_on(async {
            let hub = Hub::start().await;
            let body = comment().to_string();
            for secret in SECRETS {
                let post = hub.post().header(EVENT, "issue_comment").body(body.clone());
                assert_eq!(status(post.header(SIGNATURE, signed(secret, body.as_bytes()))).await, 202);
            }
            assert_eq!(silent(hub.post().header(EVENT, "x".repeat(40)).body(body)).await, 401);
            assert_eq!(status(hub.event("of no kind that is known", &json!({}))).await, 202);
            assert_eq!(
                status(hub.client.post(format!("http://{}/hooks/github/guess", hub.address))).await,
                404
            );
        });
    });
    let said: Vec<String> =
        measured.render().lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let mut said: Vec<String> = said.into_iter().filter(|line| !line.is_empty()).collect();
    said.sort();
    insta::assert_snapshot!(said.join("\n"), @r#"
    towpath_deliveries_total{source="github/here",kind="issue_comment",outcome="accepted"} 1
    towpath_deliveries_total{source="github/here",kind="issue_comment",outcome="doubled"} 1
    towpath_deliveries_total{source="github/here",kind="other",outcome="ignored"} 1
    towpath_deliveries_total{source="github/here",kind="unread",outcome="unproven"} 1
    towpath_deliveries_total{source="none",kind="none",outcome="unknown"} 1
    towpath_hook_keys_total{source="github/here",key="1"} 2
    towpath_hook_keys_total{source="github/here",key="2"} 1
    "#);
}

#[tokio::test]
async fn w14_a_secret_that_changes_in_its_file_counts_without_a_restart() {
    let hub = Hub::start().await;
    assert_eq!(status(hub.event("issue_comment", &comment())).await, 202);
    hub.rotate(0, "third s3cret");
    let body = comment().to_string();
    let by_third = || {
        let event = hub.post().header(EVENT, "issue_comment").body(body.clone());
        status(event.header(SIGNATURE, signed("third s3cret", body.as_bytes())))
    };
    // The file is read again once what was read is a second old.
    let is_taken = async {
        while by_third().await != 202 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), is_taken).await.expect("it is taken");
    assert_eq!(status(hub.event("issue_comment", &comment())).await, 401, "the old one is gone");
}

#[tokio::test]
async fn w15_a_body_that_is_too_large_is_refused_by_its_length_alone() {
    let hub = Hub::start().await;
    let mut stream = TcpStream::connect(&hub.address).await.unwrap();
    let signature = signed(SECRETS[0], b"");
    let head = format!(
        "POST /hooks/github/{} HTTP/1.1\r\nHost: x\r\n{SIGNATURE}: {signature}\r\nContent-Length: 26214401\r\n\r\n",
        place().forge
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(answer.get(..read).unwrap()).into_owned();
    assert!(answer.starts_with("HTTP/1.1 413 "), "not one byte of the body was sent: {answer}");
}

#[tokio::test]
async fn w16_a_body_without_a_length_is_cut_at_the_bound() {
    let hub = Hub::start().await;
    let pieces = (0..6).map(|_| Ok::<_, std::io::Error>(vec![b' '; 1024 * 1024]));
    let request = hub.event("push", &json!({})).body(Body::wrap_stream(futures::stream::iter(pieces)));
    match request.send().await {
        Ok(response) => assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE),
        // The answer may be lost where the connection is closed while more is sent; what counts is below.
        Err(error) => assert!(error.is_request() || error.is_body(), "{error}"),
    }
    let fits = [Ok::<_, std::io::Error>(comment().to_string().into_bytes())];
    let request = hub.event("issue_comment", &comment()).body(Body::wrap_stream(futures::stream::iter(fits)));
    assert_eq!((status(request).await, hub.kept().await), (202, 1));
}

#[tokio::test]
async fn w17_a_body_that_unfolds_is_not_unfolded() {
    let hub = Hub::start().await;
    for encoding in ["gzip", "deflate", "br", "zstd", "identity, gzip"] {
        let event = hub.event("issue_comment", &comment()).header("Content-Encoding", encoding);
        assert_eq!(silent(event).await, 415, "{encoding}");
    }
    assert_eq!(hub.kept().await, 0);
}

#[tokio::test]
async fn w18_clients_that_never_finish_are_cut_off_and_delay_nobody() {
    let hub = Hub::start().await;
    let mut slow = Vec::new();
    for _client in 0..200 {
        let mut stream = TcpStream::connect(&hub.address).await.unwrap();
        stream.write_all(b"POST /hooks/github/here HTTP/1.1\r\nHost:").await.unwrap();
        slow.push(stream);
    }
    assert_eq!(status(hub.event("issue_comment", &comment())).await, 202);
    let mut answer = vec![0; 1024];
    let closed = tokio::time::timeout(Duration::from_secs(30), slow[0].read(&mut answer)).await;
    assert!(closed.is_ok_and(|read| read.unwrap_or_default() == 0), "it is closed by itself, without a word");
}

#[tokio::test]
async fn w19_a_flood_of_wrong_signatures_keeps_no_event_out() {
    let hub = Hub::start().await;
    let body = comment().to_string();
    let wrong = signed("guess", body.as_bytes());
    let flood = (0..400).map(|_| {
        let post = hub.post().header(EVENT, "issue_comment").header(SIGNATURE, &wrong);
        status(post.body(body.clone()))
    });
    let (event, about) = ("issue_comment", comment());
    let events = (0..20).map(|n| status(hub.delivery(&format!("guid {n}"), event, &about)));
    let (flood, events) = futures::join!(futures::future::join_all(flood), futures::future::join_all(events));
    assert!(flood.iter().all(|status| *status == 401));
    assert!(events.iter().all(|status| *status == 202));
    assert_eq!(hub.kept().await, 20);
}

#[tokio::test]
async fn w18_clients_that_never_read_delay_nobody() {
    let hub = Hub::start().await;
    let pipelined = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2_000);
    let mut stuck = Vec::new();
    // More than the places that 1,024 descriptors leave.
    for _client in 0..600 {
        let mut stream = TcpStream::connect(&hub.address).await.unwrap();
        let send = stream.write_all(&pipelined);
        drop(tokio::time::timeout(Duration::from_millis(1), send).await);
        stuck.push(stream);
    }
    assert_eq!(status(hub.event("issue_comment", &comment())).await, 202);
    assert_eq!(status(hub.client.get(format!("http://{}/healthz", hub.address))).await, 200);
}

#[tokio::test]
async fn w19_large_slow_bodies_without_proof_keep_no_large_event_out() {
    let hub = Hub::start().await;
    let head = format!(
        "POST /hooks/github/here HTTP/1.1\r\nHost: x\r\n{SIGNATURE}: {}\r\nContent-Length: 5000000\r\n\r\n",
        signed("guess", b"")
    );
    // Together they send twice the memory that large bodies share.
    let sent = [head.as_bytes(), &[b' '; 1024 * 1024]].concat();
    let mut slow = Vec::new();
    for _client in 0..64 {
        let mut stream = TcpStream::connect(&hub.address).await.unwrap();
        stream.write_all(&sent).await.unwrap();
        slow.push(stream);
    }
    let mut large = push("acme/deploy", "main");
    large["commits"] = json!("x".repeat(2_000_000));
    let mut usual = comment();
    usual["comment"]["body"] = json!("x".repeat(60_000));
    let events = [hub.delivery("guid 1", "push", &large), hub.delivery("guid 2", "issue_comment", &usual)];
    let answers = futures::future::join_all(events.map(status));
    let answers =
        tokio::time::timeout(Duration::from_secs(5), answers).await.expect("neither waits for them");
    assert_eq!(answers, [202, 202]);
}

#[tokio::test]
async fn w19_large_bodies_that_never_end_keep_no_event_out() {
    let hub = Hub::start().await;
    let head = format!(
        "POST /hooks/github/here HTTP/1.1\r\nHost: x\r\n{SIGNATURE}: {}\r\nContent-Length: 1000000\r\n\r\n{{",
        signed("guess", b"")
    );
    let mut slow = Vec::new();
    for _client in 0..64 {
        let mut stream = TcpStream::connect(&hub.address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let push = push("acme/deploy", "main");
    let events = (0..20).map(|n| status(hub.delivery(&format!("guid {n}"), "push", &push)));
    let answers = futures::future::join_all(events);
    let answers = tokio::time::timeout(Duration::from_secs(5), answers).await.expect("none waits for them");
    assert!(answers.iter().all(|status| *status == 202));
    assert_eq!(hub.kept().await, 20);
}

#[tokio::test]
async fn w20_to_w22_bodies_that_are_signed_and_still_not_taken() {
    let hub = Hub::start().await;
    let deep = [b"{\"x\":".repeat(10_000), b"[".repeat(10_000)].concat();
    let bodies: [(&str, &[u8]); 8] = [
        ("w20: ten thousand deep", &deep),
        ("w21: a key that occurs twice", br#"{"ref":"a","ref":"b","before":"a","after":"b"}"#),
        ("w22: no UTF-8", b"\xff\xfe"),
        ("w22: a NUL", b"{\"ref\":\"a\0\",\"before\":\"a\",\"after\":\"b\"}"),
        ("w22: half a character", br#"{"ref":"\ud800","before":"a","after":"b"}"#),
        ("nothing", b""),
        ("half an event", b"{\"ref\":"),
        ("no object", b"[]"),
    ];
    for (why, body) in bodies {
        let event = hub.post().header(EVENT, "push").header(SIGNATURE, signed(SECRETS[0], body));
        assert_eq!(silent(event.body(body.to_vec())).await, 400, "{why}");
    }
    assert_eq!((hub.kept().await, hub.told().len()), (0, 0));
}

#[tokio::test]
async fn w23_an_event_that_cannot_be_read_stops_none_behind_it() {
    let hub = Hub::start().await;
    for _time in 0..5 {
        assert_eq!(status(hub.delivery("poison", "push", &json!({ "ref": [[]] }))).await, 400);
        assert_eq!(status(hub.event("issue_comment", &comment())).await, 202);
    }
    assert_eq!(hub.kept().await, 1, "nothing of it is kept, so no restart meets it again");
}

#[tokio::test]
async fn a_form_says_what_to_change_to_whom_it_is_proven() {
    let hub = Hub::start().await;
    let body = "payload=%7B%7D";
    let form = || {
        let post =
            hub.post().header(EVENT, "ping").header("Content-Type", "application/x-www-form-urlencoded");
        post.body(body)
    };
    assert_eq!(silent(form()).await, 401);
    let answer = form().header(SIGNATURE, signed(SECRETS[0], body.as_bytes())).send().await.unwrap();
    assert_eq!(answer.status(), 415);
    assert_eq!(answer.text().await.unwrap(), "set the content type of the webhook to application/json\n");
}

#[tokio::test]
async fn a_package_of_github_tells_its_image_and_no_other() {
    let hub = Hub::start().await;
    let package = |key: &str, url: Value| {
        let version = json!({ "package_url": url });
        let package = json!({
            "name": "shop", "namespace": "acme", "package_type": "CONTAINER", "package_version": version,
        });
        json!({ "action": "published", key: package, "repository": { "full_name": "acme/shop" } })
    };
    let named = package("registry_package", json!("ghcr.io/acme/shop:1.10.0"));
    assert_eq!(status(hub.delivery("guid 1", "registry_package", &named)).await, 202);
    assert_eq!(status(hub.delivery("guid 2", "package", &package("package", Value::Null))).await, 202);
    let other = package("package", json!("ghcr.io/acme/other:1.10.0"));
    assert_eq!(status(hub.delivery("guid 3", "package", &other)).await, 202);
    assert_eq!(hub.told(), [SHOP, SHOP]);
    let kept = hub.world.deliveries().await.unwrap();
    assert!(kept.iter().all(|own| own.subject == DeliverySubject::Images(vec![name(SHOP)])), "{kept:?}");
}

#[tokio::test]
async fn what_the_bot_itself_shows_leads_to_no_look() {
    let hub = Hub::start().await;
    let status_by = |login: &str| {
        json!({
            "sha": "a", "context": "towpath/dev", "state": "pending", "branches": [],
            "repository": { "full_name": "acme/deploy" }, "sender": { "login": login },
        })
    };
    assert_eq!(status(hub.event("status", &status_by(BOT))).await, 202);
    assert_eq!(hub.kept().await, 0);
    assert_eq!(status(hub.event("status", &status_by("mallory"))).await, 202);
    assert_eq!(hub.kept().await, 1, "somebody else under our name is worth a look");
}

#[tokio::test]
async fn names_and_methods_that_are_not_there() {
    let hub = Hub::start().await;
    let get = hub.client.get(format!("http://{}/hooks/github/{}", hub.address, place().forge));
    assert_eq!(status(get).await, 405);
    let guess = hub.client.post(format!("http://{}/hooks/github/guess", hub.address));
    assert_eq!(silent(guess.body(comment().to_string())).await, 404);
    let registry = hub.client.post(format!("http://{}/hooks/registry/here", hub.address));
    assert_eq!(status(registry).await, 404);
}

#[tokio::test]
async fn every_event_that_matters_finds_its_repository() {
    let hub = Hub::start().await;
    for (number, own) in sample::every_event("acme/deploy").into_iter().enumerate() {
        let before = hub.told().len();
        let answer = status(hub.delivery(&format!("guid {number}"), own.kind, &own.body)).await;
        assert_eq!((answer, hub.told().len() - before), (202, 1), "{}", own.kind);
    }
}
