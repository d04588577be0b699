//! A registry tells of a push, and the release is on its way, although the next poll is an hour off.

use std::fs::Permissions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, Command};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use futures::StreamExt as _;
use insta::assert_snapshot;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use towpath::ledger::sqlite::SqliteLedger;
use towpath::ledger::{Acceptance, Delivery, DeliveryId, DeliverySubject, Ledger as _};
use towpath::observe::{Clock as _, SystemClock};

use super::shop;
use crate::support::docker_registry::DockerRegistry;
use crate::support::peer;
use crate::support::site::Site;

const SECRET: &str = "of the registry and Towpath alone";
const LISTING: &str = "GET /v2/acme/shop/tags/list";
/// Longer than it takes by far, however busy the machine is.
pub(super) const WAIT_MAX: Duration = Duration::from_secs(120);
/// Longer than any answer takes, by far.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// What passes between two looks whether something holds.
pub(super) const LOOK_PAUSE: Duration = Duration::from_millis(5);

/// A service in a site, and what it says.
pub(super) struct Service {
    process: Child,
    /// Reads all that it says, so that it never waits for a reader.
    said: JoinHandle<String>,
    /// Where it listens.
    pub(super) address: String,
}

impl Service {
    pub(super) fn start(site: &Site) -> Self {
        let mut process = site.start(&["serve"]);
        let mut said = BufReader::new(process.stderr.take().expect("it is a pipe"));
        let mut line = String::new();
        said.read_line(&mut line).expect("it says where it is");
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        let address = address.unwrap_or_else(|| panic!("it does not start: {line}")).to_owned();
        let said = thread::spawn(move || {
            let mut rest = String::new();
            said.read_to_string(&mut rest).expect("it says text");
            rest
        });
        Self { process, said, address }
    }

    /// Kills it, and gives what it said.
    pub(super) fn kill(mut self) -> String {
        self.process.kill().expect("it runs");
        self.process.wait().expect("it ends");
        self.said.join().expect("it is read")
    }

    pub(super) async fn metrics(&self) -> String {
        let answer = reqwest::get(format!("http://{}/metrics", self.address)).await;
        answer.expect("it answers").text().await.expect("it is text")
    }
}

/// Passes on what comes to one address to another: the registry has to know where to send its events before the
/// service can know where the registry is.
fn pass_on(from: TcpListener, to: String) {
    tokio::spawn(async move {
        while let Ok((mut own, _)) = from.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                if let Ok(mut other) = TcpStream::connect(to).await {
                    tokio::io::copy_bidirectional(&mut own, &mut other).await.ok();
                }
            });
        }
    });
}

/// Copies an image within the registry, as a pipeline does.
fn copy(registry: &DockerRegistry, from: &str, to: &str) {
    let mut command = Command::new(peer::find("skopeo", "TOWPATH_TEST_SKOPEO"));
    command.args([
        "copy",
        "--quiet",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
    ]);
    let name = |image: &str| format!("docker://{}/{image}", registry.host());
    let output = command.args([name(from), name(to)]).output().expect("skopeo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A client that gives up in the end: one that waited for a service that was killed may never hear of it.
pub(super) fn patient_client() -> reqwest::Client {
    reqwest::Client::builder().timeout(ANSWER_MAX).build().expect("a client")
}

fn listings(registry: &DockerRegistry) -> usize {
    registry.requests().get(LISTING).copied().unwrap_or_default()
}

/// Looks until something holds.
pub(super) async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < WAIT_MAX, "it never happens: {what}");
        tokio::time::sleep(LOOK_PAUSE).await;
    }
}

/// Whether a change is open that brings this version to dev.
fn is_open(site: &Site, version: &str) -> bool {
    let changes = site.json(&["changes", "list"]);
    let list = changes.as_array().expect("it is a list");
    list.iter().any(|change| {
        let title = change["title"].as_str().unwrap_or_default();
        change["state"] == "open" && change["environment"] == "dev" && title.contains(version)
    })
}

#[expect(clippy::print_stdout, reason = "how long it took is worth a note; see it with `--nocapture`")]
pub(super) fn say(text: &str) {
    println!("{text}");
}

async fn told_registry() -> (DockerRegistry, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
    let address = listener.local_addr().expect("it is bound");
    let address = format!("http://{address}/hooks/registry/dev");
    let registry = DockerRegistry::start_telling(&address, &format!("Bearer {SECRET}"));
    registry.push("acme/shop", "1.9.0", &[]).await;
    registry.push("acme/built", "1.10.0", &[]).await;
    (registry, listener)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_image_leads_to_an_open_change_without_any_poll() {
    let (registry, listener) = told_registry().await;
    let site = shop::site_that_is_told(&registry);
    std::fs::write(site.path("push.secret"), SECRET).unwrap();
    let service = Service::start(&site);
    pass_on(listener, service.address.clone());
    // What the registry tried to tell before is told now, so wait until it has nothing more to say about the past.
    until("the first poll", || listings(&registry) > 0).await;
    let metrics = service.metrics().await;
    assert!(
        !metrics.contains("towpath_open_changes{") || metrics.contains("environment=\"dev\"} 0"),
        "{metrics}"
    );

    let start = Instant::now();
    copy(&registry, "acme/built:1.10.0", "acme/shop:1.10.0");
    let copied = start.elapsed();
    until("a change to 1.10.0 in dev", || is_open(&site, "1.10.0")).await;
    let opened = start.elapsed();
    say(&format!("copied after {copied:?}; the change was seen open {:?} after that", opened - copied));

    let metrics = service.metrics().await;
    let said = service.kill();
    assert!(said.contains("an event reports a push"), "{said}");
    assert!(!said.contains(SECRET) && !metrics.contains(SECRET), "the secret stays one");
    assert!(
        metrics.contains(
            r#"towpath_deliveries_total{source="registry/dev",kind="distribution",outcome="accepted"}"#
        ),
        "{metrics}"
    );
    let asked = "question=\"tags\",result=\"ok\"}";
    assert!(metrics.contains(asked) && metrics.contains("towpath_listing_age_seconds{image="), "{metrics}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_not_lost_when_the_service_is_killed() {
    let (registry, listener) = told_registry().await;
    let site = shop::site_that_is_told(&registry);
    std::fs::write(site.path("push.secret"), SECRET).unwrap();
    let first = Service::start(&site);
    until("the first poll", || listings(&registry) > 0).await;
    let event =
        r#"{"events":[{"id":"1","action":"push","target":{"repository":"acme/shop","tag":"1.10.0"}}]}"#;
    // The registry's own events reach nobody here: this one is all there is.
    drop(listener);
    copy(&registry, "acme/built:1.10.0", "acme/shop:1.10.0");
    let address = format!("http://{}/hooks/registry/dev", first.address);
    let post = reqwest::Client::new().post(address).header("Authorization", SECRET).body(event);
    let answer = post.send().await.unwrap();
    first.kill();
    assert_eq!(answer.status(), 202);

    let second = Service::start(&site);
    until("a change to 1.10.0 in dev", || is_open(&site, "1.10.0")).await;
    second.kill();
}

/// The event with this id, as the registry would send it.
fn event(id: usize) -> String {
    let target = r#"{"repository":"acme/shop","tag":"1.10.0"}"#;
    format!(r#"{{"events":[{{"id":"flood {id}","action":"push","target":{target}}}]}}"#)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_in_a_flood_survives_a_kill_in_the_middle() {
    const EVENTS: usize = 600;
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site_that_is_told(&registry);
    std::fs::write(site.path("push.secret"), SECRET).unwrap();
    let service = Service::start(&site);
    let address = format!("http://{}/hooks/registry/dev", service.address);
    let client = patient_client();
    let send = |id: usize| {
        let post = client.post(&address).header("Authorization", SECRET).body(event(id));
        async move { post.send().await.is_ok_and(|answer| answer.status() == 202).then_some(id) }
    };

    let start = Instant::now();
    let mut answers = futures::stream::iter((0..EVENTS).map(send)).buffer_unordered(32);
    let mut acknowledged = Vec::new();
    let mut service = Some(service);
    while let Some(answer) = answers.next().await {
        acknowledged.extend(answer);
        if acknowledged.len() == EVENTS / 2
            && let Some(service) = service.take()
        {
            say(&format!("{} events were acknowledged in {:?}", acknowledged.len(), start.elapsed()));
            service.kill();
        }
    }

    assert!((EVENTS / 2..EVENTS).contains(&acknowledged.len()), "{} of them", acknowledged.len());
    let ledger = SqliteLedger::open(&site.path("towpath.db")).await.unwrap();
    for id in acknowledged {
        let again = Delivery {
            source: "registry/dev".to_owned(),
            id: DeliveryId::Given(format!("flood {id}")),
            received_at: SystemClock.now(),
            subject: DeliverySubject::Images(vec![site.image().parse().unwrap()]),
        };
        assert_eq!(ledger.accept(&again).await.unwrap(), Acceptance::Doubled, "event {id} was lost");
    }
}

#[tokio::test]
async fn check_warns_of_secrets_that_are_missing_or_not_safe() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site_that_is_told(&registry);
    let secret = site.path("push.secret");
    let mut said = Vec::new();
    for (text, mode) in [("", 0o600), ("x", 0o644), ("a secret that nobody can guess", 0o600)] {
        std::fs::write(&secret, text).unwrap();
        std::fs::set_permissions(&secret, Permissions::from_mode(mode)).unwrap();
        let ended = site.towpath(&["check"]);
        assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
        said.extend(ended.out.split("; 1 service").next().map(str::to_owned));
    }
    let promoters = "warning: no user has the right `promote` in `dev`, `production` and `staging`; a local forge has no permissions of its own, so name users under `rights.dev.promote`, `rights.production.promote` and `rights.staging.promote`\n";
    let said = said.join("\n");
    assert_eq!(said.matches(promoters).count(), 3, "{said}");
    assert_snapshot!(said.replace(promoters, ""), @"
    warning: towpath.yaml:6:78: registry `registry.test`: the secret of `hooks.secrets` is missing: the file `push.secret` is empty; put the secret there: without it `towpath serve` does not start
    towpath.yaml: valid, with 2 warnings
    warning: towpath.yaml:6:78: registry `registry.test`: the secret of `hooks.secrets`, the file `push.secret`, can be read by every user of this machine (mode 0644); let its owner alone use it: `chmod 600 FILE`; in Kubernetes set `defaultMode: 0400` and `fsGroup`
    warning: towpath.yaml:6:78: registry `registry.test`: the secret of `hooks.secrets`, the file `push.secret`, has fewer than 8 characters; use a long random one, such as from `openssl rand -hex 32`
    towpath.yaml: valid, with 3 warnings
    towpath.yaml: valid, with 1 warning
    ");
    std::fs::set_permissions(&secret, Permissions::from_mode(0o604)).unwrap();
    assert_eq!(site.json(&["check"])["warnings"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_secret_that_becomes_a_pipe_stops_nothing_else() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site_that_is_told(&registry);
    std::fs::write(site.path("push.secret"), SECRET).unwrap();
    let service = Service::start(&site);
    std::fs::remove_file(site.path("push.secret")).unwrap();
    nix::unistd::mkfifo(&site.path("push.secret"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let client = patient_client();
    let hook = format!("http://{}/hooks/registry/dev", service.address);
    // More requests than the service has threads; the secret was read before it became a pipe, so it is read again.
    let until_refused = async {
        loop {
            let requests =
                (0..16).map(|_| client.post(&hook).header("Authorization", SECRET).body("{}").send());
            let answers = futures::future::join_all(requests).await;
            if answers.into_iter().all(|answer| answer.unwrap().status() == 401) {
                return;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
    };
    tokio::time::timeout(WAIT_MAX, until_refused).await.expect("a pipe is no secret");
    let health = client.get(format!("http://{}/healthz", service.address)).send().await.unwrap();
    assert_eq!(health.status(), 200);
    assert!(service.kill().contains("is not a regular file"));
}

#[tokio::test]
async fn a_service_without_its_secret_does_not_start() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site_that_is_told(&registry);
    for text in [None, Some(""), Some(" \n")] {
        if let Some(text) = text {
            std::fs::write(site.path("push.secret"), text).unwrap();
        }
        let ended = site.towpath(&["serve"]);
        assert_eq!(ended.code, Some(2));
        assert!(
            ended.error.contains("push.secret` ") && ended.error.contains("towpath.yaml:6:"),
            "{}",
            ended.error
        );
    }
    assert_eq!(site.towpath(&["status"]).code, Some(0), "whoever only looks needs no secret");
}
