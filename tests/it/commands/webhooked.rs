//! GitHub tells the real service of a comment, and its effect is there, although the next sweep is minutes off.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::time::Instant;
use towpath::ledger::Ledger as _;
use towpath::ledger::sqlite::SqliteLedger;
use towpath::model::ChangeNumber;
use towpath::observe::{Clock as _, SystemClock};

use super::notified::{LOOK_PAUSE, Service, WAIT_MAX, patient_client, say, until};
use super::shop;
use crate::support::docker_registry::DockerRegistry;
use crate::support::fixture;
use crate::support::site::Site;
use crate::support::webhook::{DELIVERY, EVENT, SIGNATURE, signed};
use crate::support::world::{FakeWorld, TOKEN};

const SECRET: &str = "of GitHub and Towpath alone";

/// One shop whose config repository lies at a GitHub; what comes to dev waits for alice.
const CONFIGURATION: &str = r#"version: 1
listen: 127.0.0.1:0
forges:
  - name: hub
    kind: github
    url: "http://GITHUB"
    token: { file: token }
    webhook_secrets: [ { file: next.secret }, { file: webhook.secret } ]
registries:
  - { host: "HOST", plain_http: true, poll: 1s }
pipelines:
  - name: standard
    environments:
      - { name: dev, gates: [ { approvals: { count: 1, from: [alice] } } ], merge: auto }
services:
  - name: shop
    pipeline: standard
    images: [ { image: "HOST/acme/shop", select: { semver: "*" } } ]
    config: { forge: hub, repository: acme/deploy, path: "apps/shop/overlays/{environment}" }
"#;

/// A GitHub with the shop's config repository, and a folder for the service.
struct Ground {
    world: FakeWorld,
    site: Site,
    _registry: DockerRegistry,
}

impl Ground {
    async fn new() -> Self {
        let registry = shop::registry(&["1.9.0", "1.10.0"]).await;
        let world = FakeWorld::new(files(registry.host()));
        world.state().now = SystemClock.now();
        let github: SocketAddr = world.serve_github().await;
        let configuration = CONFIGURATION.replace("GITHUB", &github.to_string());
        // The folder has a local forge too, which nobody uses.
        let site = Site::new(&registry, &configuration, &[("README.md", "nothing")]);
        for (name, text) in [("token", TOKEN), ("webhook.secret", SECRET), ("next.secret", "not in use yet")]
        {
            std::fs::write(site.path(name), text).expect("the folder can be written");
        }
        Self { world, site, _registry: registry }
    }

    /// The change that waits for alice, once it is open.
    async fn waiting(&self) -> ChangeNumber {
        let is_shown = || {
            let state = self.world.state();
            state.changes.iter().any(|change| change.is_open() && !change.statuses.is_empty())
        };
        until("a change in dev", is_shown).await;
        let number = self.world.state().changes.iter().find(|change| change.is_open()).map(|own| own.number);
        number.expect("it is open")
    }

    /// Alice approves; nobody is told yet.
    fn approve(&self, change: ChangeNumber) {
        self.world.state().now = SystemClock.now();
        self.world.comment(change, "alice", "/promote approve");
    }

    fn is_merged(&self, change: ChangeNumber) -> bool {
        self.world.state().change(change).is_some_and(|own| !own.is_open())
    }

    /// How many events are without their outcome.
    async fn owed(&self) -> usize {
        let ledger = SqliteLedger::open(&self.site.path("towpath.db")).await.expect("it is a ledger");
        ledger.deliveries().await.expect("it can be read").len()
    }

    /// Waits until every event has its outcome.
    async fn all_answered(&self) {
        let start = Instant::now();
        while self.owed().await > 0 {
            assert!(start.elapsed() < WAIT_MAX, "some never get their outcome");
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    }
}

/// The files of the shop with the registry's address in them.
fn files(host: &str) -> fixture::Files {
    let files = fixture::service("shop", &["shop"], &["dev"], "1.9.0");
    let own = |content: &[u8]| String::from_utf8_lossy(content).replace("registry.test", host).into_bytes();
    files.into_iter().map(|(path, content)| (path, own(&content).into())).collect()
}

/// GitHub tells the service of the comment; the status of its answer.
async fn tell(service: &Service, id: &str, change: ChangeNumber) -> u16 {
    event(&reqwest::Client::new(), service, id, change).send().await.expect("it answers").status().as_u16()
}

/// The event of a comment, as GitHub sends it.
fn event(client: &reqwest::Client, service: &Service, id: &str, change: ChangeNumber) -> RequestBuilder {
    let body = json!({
        "action": "created",
        "issue": { "number": change.0, "pull_request": { "url": "https://github.test/pulls/1" } },
        "comment": { "id": 1, "body": "/promote approve", "user": { "login": "alice" } },
        "repository": { "full_name": "acme/deploy" },
        "sender": { "login": "alice" },
    });
    let body = body.to_string();
    let post = client.post(format!("http://{}/hooks/github/hub", service.address));
    let post = post.header(EVENT, "issue_comment").header(DELIVERY, id);
    post.header(SIGNATURE, signed(SECRET, body.as_bytes())).body(body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_takes_effect_at_once_although_the_sweep_comes_in_minutes() {
    let ground = Ground::new().await;
    let service = Service::start(&ground.site);
    let change = ground.waiting().await;
    ground.approve(change);

    let start = Instant::now();
    assert_eq!(tell(&service, "guid 1", change).await, 202);
    let answered = start.elapsed();
    until("the merge", || ground.is_merged(change)).await;
    let merged = start.elapsed();
    say(&format!("the webhook was answered after {answered:?}; the change was merged after {merged:?}"));

    let metrics = service.metrics().await;
    let address = service.address.clone();
    let said = service.kill();
    assert!(!said.contains(SECRET) && !metrics.contains(SECRET), "the secret stays one");
    let mut wanted = String::new();
    let source = r#"source="github/hub""#;
    write!(wanted, r#"towpath_deliveries_total{{{source},kind="issue_comment",outcome="accepted"}} 1"#)
        .unwrap();
    assert!(metrics.contains(&wanted), "{metrics}");
    assert!(metrics.contains(&format!(r#"towpath_hook_keys_total{{{source},key="2"}} 1"#)), "{metrics}");
    let taken = format!("events of `hub` are taken at http://{address}/hooks/github/hub");
    assert!(said.contains(&taken) && said.contains("an event reports a change of a repository"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_events_cost_a_few_looks_and_each_has_its_outcome() {
    const EVENTS: usize = 1_000;
    let ground = Ground::new().await;
    let service = Service::start(&ground.site);
    let change = ground.waiting().await;
    let client = patient_client();
    let send = |id: usize| {
        let post = event(&client, &service, &format!("flood {id}"), change);
        async move {
            let start = Instant::now();
            assert_eq!(post.send().await.expect("it answers").status(), 202);
            start.elapsed()
        }
    };
    ground.world.state().github.requests.clear();
    let start = Instant::now();
    let mut took: Vec<Duration> =
        futures::stream::iter((0..EVENTS).map(send)).buffer_unordered(32).collect().await;
    let all = start.elapsed();
    took.sort();
    ground.all_answered().await;
    let asked = ground.world.state().github.requests.len();
    say(&format!(
        "{EVENTS} events were kept in {all:?}: half of them within {:?}, 99 in 100 within {:?}; {asked} requests",
        took[EVENTS / 2],
        took[EVENTS * 99 / 100],
    ));
    assert!(asked < EVENTS / 2, "{asked} requests for one thing that happened");
    service.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_comment_is_not_lost_when_the_service_is_killed_right_after_its_answer() {
    let ground = Ground::new().await;
    let first = Service::start(&ground.site);
    let change = ground.waiting().await;
    // GitHub refuses everything now, so that nothing can follow before the kill.
    ground.world.state().faults.is_down = true;
    ground.approve(change);
    assert_eq!(tell(&first, "guid 1", change).await, 202);
    first.kill();
    assert_eq!(ground.owed().await, 1);
    assert!(!ground.is_merged(change));

    ground.world.restart();
    let second = Service::start(&ground.site);
    until("the merge", || ground.is_merged(change)).await;
    ground.all_answered().await;
    assert_eq!(tell(&second, "guid 1", change).await, 202, "the same again is known");
    assert_eq!(ground.owed().await, 0);
    second.kill();
}
