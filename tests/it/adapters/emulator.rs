//! The real client, and the real hook, with a GitHub that somebody else wrote.
//!
//! It follows only so far: it has no GraphQL (no branch that jumps or goes), no commit statuses, no reactions, and
//! answers no conditional request with "as it was".

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::watch;
use towpath::config::{GitHubCredentials, GitHubForgeSettings, SecretSource};
use towpath::forge::github::{AppCredentials, Credentials, GitHubAccess, GitHubForge, RetryPolicy};
use towpath::forge::{Forge as _, NewStatus, Presentation, Proposal};
use towpath::model::{ChangeNumber, CommitId, ConfigBranch, Merge, RepositoryName, Secret, StatusState};
use towpath::observe::{Clock as _, SystemClock};
use towpath::server::{self, EventInbox, GitHubHook, GitHubHooks, Service};

use crate::support::emulator::Emulator;
use crate::support::rules::name;
use crate::support::world::FakeWorld;

const KEY: &str = include_str!("github/app.pem");
const HOOK_SECRET: &str = "the s3cret of the hook";
const PERSON: &str = "token-of-a-person";
const FILE: &str = "apps/shop/overlays/dev/kustomization.yaml";
/// How long an event may be on its way.
const WAIT_MAX: Duration = Duration::from_secs(30);

#[tokio::test]
async fn from_a_push_to_a_merge() {
    let place = place();
    let mut hook = Hook::start(&place).await;
    let emulator = Emulator::start(&seed(&hook.address));
    let forge = client(&emulator);

    // A person pushes, and the hook hears of it: proven by the emulator's own signature.
    let pushed = push_file(&emulator, "images: []\n").await;
    let heard = tokio::time::timeout(WAIT_MAX, hook.heard.recv()).await.expect("the event comes in time");
    assert_eq!(heard.as_ref().map(RepositoryName::as_str), Some("acme/deploy"));

    // The App reads it.
    let head = forge.head(&place).await.unwrap();
    assert_eq!(head.as_str(), pushed);
    let entries = forge.entries(&place, &head).await.unwrap();
    let blob = entries[&name(FILE)].blob;
    assert_eq!(*forge.blobs(&place, &[blob]).await.unwrap()[0], *b"images: []\n");

    // It proposes, and finds what it proposed.
    let proposal = proposal(&place, &head);
    let proposed = forge.propose(std::slice::from_ref(&proposal)).await.remove(0);
    let pull = ask(&emulator, "GET", "/pulls?state=open", Value::Null).await;
    assert_eq!(pull[0]["title"], json!("promote(dev): shop 1.10.0"));
    assert_eq!(pull[0]["head"]["ref"], json!("towpath/dev/shop"));
    assert_eq!(pull[0]["user"]["login"], json!("towpath[bot]"));
    // For a label it wants the permission to write issues, where GitHub is content with that to write pull requests.
    assert_snapshot!(proposed.unwrap_err(), @"GitHub does not allow the bot to label changes in `acme/deploy`: GitHub answered 403, Forbidden; check the repositories and permissions of the token or the App");

    let number = pull[0]["number"].as_u64().unwrap();
    let commit: CommitId = name(pull[0]["head"]["sha"].as_str().unwrap());

    // A person gives it the label; then it shows its gates as a check of that head.
    let labels = json!({ "labels": ["towpath"] });
    ask(&emulator, "POST", &format!("/issues/{number}/labels"), labels).await;
    forge.present(&place, ChangeNumber(number), &proposal.presentation).await.unwrap();
    let runs = ask(&emulator, "GET", &format!("/commits/{commit}/check-runs"), Value::Null).await;
    assert_eq!(runs["check_runs"][0]["name"], json!("towpath/dev"));
    assert_eq!(runs["check_runs"][0]["output"]["title"], json!("waiting: soak"));

    // It merges exactly that head.
    let message = "Merge shop\n\nTowpath-Key: abc\n".to_owned();
    let merge = Merge { place: place.clone(), change: ChangeNumber(number), head: commit, message };
    let merged = forge.merge(&merge).await.unwrap();
    assert_eq!(forge.head(&place).await.unwrap(), merged);
    let entries = forge.entries(&place, &merged).await.unwrap();
    let blob = entries[&name(FILE)].blob;
    assert_eq!(*forge.blobs(&place, &[blob]).await.unwrap()[0], *b"images: [shop]\n");
}

/// The production server with the hook of this forge; nobody waits for what it keeps.
struct Hook {
    address: SocketAddr,
    heard: UnboundedReceiver<RepositoryName>,
    _folder: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

impl Hook {
    async fn start(place: &ConfigBranch) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let secret = folder.path().join("secret");
        std::fs::write(&secret, HOOK_SECRET).expect("the folder can be written");
        let (tell, heard) = unbounded_channel();
        let reception = EventInbox {
            images: Vec::new(),
            ledger: FakeWorld::new(BTreeMap::default()),
            clock: SystemClock,
            pushed: Arc::new(|image, _| panic!("a push of commits is none of {image}")),
            happened: Arc::new(move |_, repository| drop(tell.send(repository.clone()))),
        };
        let settings = settings(SecretSource::File(secret));
        let hook = GitHubHook::new(&settings, std::slice::from_ref(place), Arc::new(|| name("towpath[bot]")));
        let hooks = [(place.forge.to_string(), hook.expect("there is a secret"))];
        let hooks = GitHubHooks { hooks: hooks.into(), reception: Arc::new(reception) };
        let listener = server::bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let (stop, stopping) = watch::channel(false);
        let service = Service {
            descriptors: 1_024,
            hosts: Vec::new(),
            stopping: stopping.clone(),
            hooks: vec![hooks.into_routes()],
            metrics: Arc::new(String::new),
        };
        let mut until = stopping;
        tokio::spawn(server::serve(listener, service, async move {
            drop(until.wait_for(|stops| *stops).await);
        }));
        Self { address, heard, _folder: folder, _stop: stop }
    }
}

fn place() -> ConfigBranch {
    ConfigBranch { forge: name("here"), repository: name("acme/deploy"), branch: name("main") }
}

fn settings(secret: SecretSource) -> GitHubForgeSettings {
    GitHubForgeSettings {
        name: place().forge,
        url: None,
        credentials: GitHubCredentials::App { id: 12, private_key: secret.clone(), installation: None },
        bot: None,
        webhook_secrets: vec![secret],
        merge_method: None,
        deployments: true,
    }
}

fn client(emulator: &Emulator) -> GitHubForge {
    let key = Secret::new(KEY).expect("it is not empty");
    let access = GitHubAccess {
        name: place().forge,
        url: emulator.url.clone(),
        credentials: Credentials::App(AppCredentials::new(12, &key, None).expect("it is a key")),
        bot: None,
        retry_policy: RetryPolicy::default(),
        merge_method: None,
        deployments: true,
    };
    GitHubForge::new(access, Arc::new(|| SystemClock.now()))
}

/// One repository of a person, one App with all that it asks for, and a hook.
fn seed(hook: &SocketAddr) -> Value {
    let permissions = json!({
        "metadata": "read", "contents": "write", "pull_requests": "write", "statuses": "write", "checks": "write",
        "deployments": "write", "members": "read",
    });
    let app = json!({
        "app_id": 12,
        "slug": "towpath",
        "name": "Towpath",
        "private_key": KEY,
        "permissions": permissions,
        "events": ["push", "pull_request"],
        "webhook_url": format!("http://{hook}/hooks/github/{}", place().forge),
        "webhook_secret": HOOK_SECRET,
        "installations": [{ "installation_id": 100, "account": "acme", "repository_selection": "all" }],
    });
    json!({
        "tokens": { PERSON: { "login": "acme", "scopes": ["repo"] } },
        "github": {
            "users": [{ "login": "acme", "name": "Acme" }],
            "repos": [{ "owner": "acme", "name": "deploy", "auto_init": true }],
            "apps": [app],
        },
    })
}

fn proposal(place: &ConfigBranch, base: &CommitId) -> Proposal {
    let status = NewStatus {
        context: "towpath/dev".to_owned(),
        state: StatusState::Pending,
        text: "waiting: soak".to_owned(),
        summary: "| soak | waits |".to_owned(),
        details: String::new(),
    };
    Proposal {
        place: place.clone(),
        expected: None,
        branch: name("towpath/dev/shop"),
        base: base.clone(),
        files: vec![(name(FILE), b"images: [shop]\n".to_vec())],
        message: "promote(dev): shop 1.10.0\n\nTowpath-Key: abc\n".to_owned(),
        labels: vec!["towpath".to_owned()],
        presentation: Presentation {
            title: "promote(dev): shop 1.10.0".to_owned(),
            body: "about shop".to_owned(),
            status,
        },
        reviewers: Vec::new(),
    }
}

/// A person writes the file on the base branch; gives the commit.
///
/// The file is executable: such a change goes by REST alone, for GraphQL knows no modes, and the emulator no GraphQL.
async fn push_file(emulator: &Emulator, text: &str) -> String {
    let base = sha(&ask(emulator, "GET", "/git/ref/heads/main", Value::Null).await["object"]);
    let base_tree = sha(&ask(emulator, "GET", &format!("/git/commits/{base}"), Value::Null).await["tree"]);
    let entry = json!({ "path": FILE, "mode": "100755", "type": "blob", "content": text });
    let tree = ask(emulator, "POST", "/git/trees", json!({ "base_tree": base_tree, "tree": [entry] })).await;
    let commit = json!({ "message": "the shop", "tree": sha(&tree), "parents": [base] });
    let commit = sha(&ask(emulator, "POST", "/git/commits", commit).await);
    ask(emulator, "PATCH", "/git/refs/heads/main", json!({ "sha": commit })).await;
    commit
}

fn sha(said: &Value) -> String {
    said["sha"].as_str().unwrap_or_else(|| panic!("an object, not {said}")).to_owned()
}

/// What a person sees and does in the repository.
async fn ask(emulator: &Emulator, method: &str, path: &str, body: Value) -> Value {
    let method = method.parse().expect("a method");
    let url = format!("{}/repos/acme/deploy{path}", emulator.url);
    let asked = reqwest::Client::new().request(method, url).bearer_auth(PERSON);
    let asked = if body.is_null() { asked } else { asked.json(&body) };
    asked.send().await.expect("it answers").json().await.expect("it says JSON")
}
