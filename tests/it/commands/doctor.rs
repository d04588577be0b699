//! `towpath doctor`: all is well, everything is wrong, and what nobody could be asked about.

mod access;
mod hooks;
mod rules;

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use insta::assert_snapshot;
use serde_json::{Value, json};
use tempfile::TempDir;
use towpath::ledger::sqlite::SqliteLedger;
use towpath::observe::{Clock as _, SystemClock};

use super::shop;
use crate::support::fixture;
use crate::support::registry::{FakeRegistry, Fault, Pushed, image_labels};
use crate::support::rules::name;
use crate::support::world::{FakeWorld, Refusal, Setup, TOKEN};

const KEY: &str = include_str!("../adapters/github/app.pem");
const CONFIGURATION: &str = r#"
version: 1
ledger: "sqlite:towpath.db"
forges:
  - name: hub
    kind: github
    url: http://GITHUB
    CREDENTIALS
    webhook_secrets: [ { file: hook.secret } ]
    repositories: [ "acme/*" ]
registries:
  - { host: "REGISTRY", plain_http: true }
pipelines:
  - name: standard
    environments:
      - { name: dev, merge: auto }
      - { name: staging, after: [dev], merge: auto }
      - { name: production, after: [staging], merge: manual }
services:
  - name: shop
    pipeline: standard
    images:
      - { image: "REGISTRY/acme/shop", select: { semver: "*" } }
    config: { forge: hub, repository: acme/deploy, path: "apps/shop/overlays/{environment}" }
"#;
const APP: &str = "app: { id: 12, private_key: { file: app.pem } }";
const A_TOKEN: &str = "token: { file: token }";

/// A GitHub and a registry, and a folder with a configuration for them.
struct Practice {
    /// Fails the test where its GitHub and the real one's description differ.
    world: FakeWorld,
    registry: FakeRegistry,
    github: String,
    folder: TempDir,
}

/// What the binary printed, and its exit code.
struct Said {
    out: String,
    code: Option<i32>,
}

impl Practice {
    async fn new(credentials: &str, change: impl FnOnce(&mut Setup)) -> Self {
        let registry = FakeRegistry::start().await;
        let mut files = fixture::service("shop", &["shop"], &["dev", "staging", "production"], "1.9.0");
        for content in files.values_mut() {
            let text = String::from_utf8(content.to_vec()).expect("a fixture is text");
            *content = text.replace("registry.test", &registry.host()).into_bytes().into();
        }
        let world = FakeWorld::new(files);
        world.state().now = SystemClock.now();
        world.state().github.setup.is_on_machine_time = true;
        change(&mut world.state().github.setup);
        let labels = image_labels("1.9.0");
        registry.push("acme/shop", "1.9.0", Pushed::Image { architecture: "amd64", labels });
        let github = world.serve_github().await.to_string();
        let folder = TempDir::new().expect("a temporary folder");
        let text = CONFIGURATION.replace("GITHUB", &github).replace("REGISTRY", &registry.host());
        let files = [
            ("towpath.yaml", text.replace("CREDENTIALS", credentials)),
            ("app.pem", KEY.to_owned()),
            ("token", TOKEN.to_owned()),
            ("hook.secret", "a secret".to_owned()),
        ];
        for (name, content) in files {
            let file = folder.path().join(name);
            fs::write(&file, content).expect("the folder can be written");
            fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it was written");
        }
        Self { world, registry, github, folder }
    }

    /// Writes the configuration anew, with other words in it.
    fn configure(&self, old: &str, new: &str) {
        let file = self.folder.path().join("towpath.yaml");
        let text = fs::read_to_string(&file).expect("it was written");
        assert!(text.contains(old), "`{old}` is not in the configuration");
        fs::write(&file, text.replace(old, new)).expect("the folder can be written");
    }

    /// The next request that starts so is refused.
    fn refuse(&self, request: &'static str, status: u16, message: &'static str) {
        let refusal = Refusal { request, status, message, header: None };
        self.world.state().github.refusals.push(refusal);
    }

    /// What it says that contains one of these words, with its advice.
    async fn findings(&self, words: &[&str]) -> String {
        let said = self.doctor(&[]).await.out;
        let lines: Vec<&str> = said.lines().collect();
        let is_advice = |line: &str| line.starts_with("            ");
        let mut found = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            if !is_advice(line) && words.iter().any(|word| line.contains(word)) {
                found.push(*line);
                found.extend(lines.get(index + 1).filter(|next| is_advice(next)));
            }
        }
        found.join("\n")
    }

    /// Runs the binary; the servers of this test answer it meanwhile.
    async fn doctor(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.current_dir(self.folder.path()).arg("doctor").args(arguments).env_remove("RUST_LOG");
        let output = tokio::task::spawn_blocking(move || command.output()).await.expect("it ends");
        let output = output.expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(error, "", "doctor says all it has to say on standard output");
        let out = String::from_utf8(output.stdout).expect("it prints UTF-8");
        let out = out.replace(&self.registry.host(), "registry.test").replace(&self.github, "github.test");
        assert!(!out.contains(TOKEN) && !out.contains("a secret"), "no secret is printed: {out}");
        Said { out, code: output.status.code() }
    }
}

/// Hides the instants, which differ from run to run.
macro_rules! snapshot {
    ($text:expr, @$expected:literal) => {
        insta::with_settings!({ filters => vec![
            (r"(\w{3} )?\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC|Z)", "<instant>"),
            // What an answer takes on its way counts for the clocks.
            (r"clock is 3\d\d s ahead", "clock is some 300 s ahead"),
        ] }, { assert_snapshot!($text, @$expected) })
    };
}
use snapshot;

#[tokio::test]
async fn all_is_well_with_an_app() {
    let practice = Practice::new(APP, keep_others_from_log).await;
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      ok        the bot is `towpath[bot]`, a GitHub App
      ok        our clock and the forge's agree
      ok        4990 of 5000 requests left (REST), all again <instant>
      ok        5000 of 5000 requests left (GraphQL), all again <instant>
      ok        the last 2 events were taken, the latest <instant>

    GitHub `hub`, repository `acme/deploy`
      ok        the repository exists, and the bot has write access
      ok        the permissions are exactly the required ones
      ok        nothing blocks `main`
      ok        the branches `towpath/*` may be made, moved and deleted

    registry `registry.test`
      ok        registry.test/acme/shop: 1 tag

    all is well
    ");
    assert_eq!(said.code, Some(0));
}

#[tokio::test]
async fn a_team_that_is_there_and_one_that_is_not() {
    let practice = Practice::new(APP, |_| {}).await;
    practice.world.state().teams.entry(name("acme/sre")).or_default().insert(name("tess"));
    let file = practice.folder.path().join("towpath.yaml");
    let text = fs::read_to_string(&file).expect("it was written");
    let gate = "gates: [ { approvals: { count: 1, from: [ \"@acme/sre\", \"@acme/nobody\" ] } } ]";
    fs::write(&file, text.replace("merge: manual", gate)).expect("the folder can be written");
    let said = practice.doctor(&[]).await;
    let teams: Vec<&str> = said.out.lines().skip_while(|line| !line.contains("team")).take(3).collect();
    assert_snapshot!(teams.join("\n"), @"
    wrong     the members of `acme/nobody` are not known, so their comments have to wait: the team `acme/nobody` does not exist
              look at its name in `rights` and `approvals`, and let the bot read the members of the organization
    ok        the team `acme/sre` exists
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn a_webhook_that_leads_elsewhere_and_a_secret_that_is_not_there() {
    let practice = Practice::new(APP, |setup| {
        setup.hook = json!({ "url": "https://towpath.test/hooks/github/acme", "content_type": "json", "secret": "********", "insecure_ssl": "0" });
    })
    .await;
    fs::remove_file(practice.folder.path().join("hook.secret")).expect("it was there");
    let said = practice.doctor(&[]).await;
    let wrong: Vec<&str> = said.out.lines().skip_while(|line| !line.contains("wrong")).take(4).collect();
    let wrong = wrong.join("\n").replace(&*practice.folder.path().to_string_lossy(), "FOLDER");
    assert_snapshot!(wrong, @"
    wrong     the webhook sends events to `https://towpath.test/hooks/github/acme`, and those of `hub` are taken elsewhere
              let its address end in `/hooks/github/hub`, at the host of Towpath
    wrong     the secret of `webhook_secrets` is missing: the file `hook.secret` cannot be read: No such file or directory (os error 2)
              put the secret there: without it `towpath serve` does not start
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn secrets_that_everybody_can_read_and_one_that_can_be_guessed() {
    let practice = Practice::new(A_TOKEN, |_| {}).await;
    let file = |name: &str| practice.folder.path().join(name);
    fs::set_permissions(file("token"), Permissions::from_mode(0o646)).unwrap();
    fs::write(file("hook.secret"), "x").unwrap();
    assert_snapshot!(practice.findings(&["the secret of"]).await, @"
      warning   the secret of `token`, the file `token`, can be read by every user of this machine (mode 0646)
                let its owner alone use it: `chmod 600 FILE`; in Kubernetes set `defaultMode: 0400` and `fsGroup`
      warning   the secret of `token`, the file `token`, can be changed by every user of this machine (mode 0646)
                let its owner alone use it: `chmod 600 FILE`; in Kubernetes set `defaultMode: 0400` and `fsGroup`
      warning   the secret of `webhook_secrets`, the file `hook.secret`, has fewer than 8 characters
                use a long random one, such as from `openssl rand -hex 32`
    ");
}

#[tokio::test]
async fn an_app_that_may_too_little_and_too_much_and_is_not_heard() {
    let practice = Practice::new(APP, |setup| {
        setup.permissions = json!({ "contents": "read", "metadata": "read", "pull_requests": "write", "administration": "write", "secrets": "read", "issues": "write" });
        setup.events = json!(["push"]);
        setup.deliveries = vec![(1, 401), (3, 502), (90, 202)];
        setup.hook = json!({ "url": "https://towpath.test/hooks/github/hub", "content_type": "form", "insecure_ssl": "0" });
    })
    .await;
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      ok        the bot is `towpath[bot]`, a GitHub App
      ok        our clock and the forge's agree
      unknown   how many requests are left could not be asked for: GitHub issued no token for `acme/deploy` to the App: GitHub answered 422, The permissions requested are not granted to this installation; check the repositories and permissions of its installation; `towpath doctor` lists what it needs
      wrong     the webhook has no secret, so every event is refused
                set its secret to one of the `webhook_secrets`
      wrong     the webhook sends forms, not JSON, so every event is refused
                set its content type to application/json
      warning   the webhook does not send `check_run`, `check_suite`, `create`, `delete`, `deployment_status`, `issue_comment`, `merge_group`, `pull_request`, `pull_request_review`, `repository` and `status`
                subscribe to them: settings of the App > Permissions & events, or of the webhook > individual events
      wrong     2 of the last 3 events were not taken, the latest <instant>: 401 Invalid HTTP Response; one was taken <instant>
                look at Recent Deliveries of the webhook: the secret or address is wrong, or the service was not reachable; GitHub does not send an event again by itself

    GitHub `hub`, repository `acme/deploy`
      wrong     the repository cannot be seen: GitHub issued no token for `acme/deploy` to the App: GitHub answered 422, The permissions requested are not granted to this installation; check the repositories and permissions of its installation; `towpath doctor` lists what it needs
                install the App for it, or give the token access; and look at `repository` in the configuration
      wrong     the permission `checks` is not granted, and has to be write: it shows the gates as a check
                grant `checks` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      wrong     the permission `contents` is read, and has to be write: it reads configuration, writes branches and merges
                grant `contents` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `deployments` is not granted, and has to be write: it tells what runs where
                grant `deployments` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `members` is not granted, and has to be read: it asks who belongs to a team
                grant `members` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `merge_queues` is not granted, and has to be read: it hears of the merge queue
                grant `merge_queues` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `statuses` is not granted, and has to be read: it hears of the results of builds
                grant `statuses` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `issues` is write, and read would do
                set `issues` to the lower level in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `administration` is write, and is not needed
                set `administration` to No access in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
      warning   the permission `secrets` is read, and is not needed
                set `secrets` to No access in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7

    registry `registry.test`
      ok        registry.test/acme/shop: 1 tag

    6 wrong, 8 to look at, 1 unknown
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn a_repository_that_is_protected_against_the_pipelines() {
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.token_lasts = Some(chrono::TimeDelta::days(3));
        setup.scopes = Some("repo, workflow, delete_repo");
        setup.clock_behind = chrono::TimeDelta::seconds(300);
        setup.archived = true;
        setup.remaining = 12;
        setup.rules = protecting_rules();
        setup.repository_hooks = Some(vec![repository_hook(false)]);
    })
    .await;
    practice.registry.misbehave(Fault::Refusal(403));
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      warning   the bot is `towpath[bot]`, by a classic token that ends <instant>
                make a new one in Settings > Developer settings > Tokens (classic), or use a GitHub App, which needs none
      wrong     our clock is some 300 s ahead of the forge's
                keep the clock of this machine right (NTP): windows and freezes are judged by it
      warning   12 of 5000 requests left (REST), all again <instant>
                use a GitHub App: each of its installations has an allowance of its own; and set `webhook_secrets`
      ok        5000 of 5000 requests left (GraphQL), all again <instant>

    GitHub `hub`, repository `acme/deploy`
      wrong     the repository is archived, so nothing can be changed there
                unarchive it in Settings > General, or remove its services from the configuration
      warning   the permission `workflow` is write, and is not needed
                set `workflow` to No access in Settings > Developer settings > Personal access tokens of the bot's account
      warning   the permission `delete_repo` is write, and is not needed
                set `delete_repo` to No access in Settings > Developer settings > Personal access tokens of the bot's account
      warning   `main` requires 2 reviews, so changes into `dev` and `staging` wait for a person, though the bot is to merge them
                the bot merges them once they are reviewed; to merge without a review, remove this rule, and require `approvals` in the other environments: the bot needs no bypass
      warning   `main` requires a review by a code owner, so changes into `dev` and `staging` wait for a person, though the bot is to merge them
                the bot merges them once they are reviewed; to merge without a review, remove this rule, and require `approvals` in the other environments: the bot needs no bypass
      wrong     `main` requires signed commits
                use a GitHub App: GitHub signs what it commits
      ok        `main` forbids merge commits: changes are squashed
      ok        `main` requires these checks before a merge: `ci/build`
      wrong     a rule for `towpath/*` does not let the bot create such a branch
                exclude `towpath/**/*` from that rule: Settings > Rules; a bypass would free the bot of it on other branches, too
      wrong     a rule for `towpath/*` does not let the bot delete such a branch
                exclude `towpath/**/*` from that rule: Settings > Rules; a bypass would free the bot of it on other branches, too
      wrong     a rule for `towpath/*` does not let the bot force-push to such a branch
                exclude `towpath/**/*` from that rule: Settings > Rules; a bypass would free the bot of it on other branches, too
      wrong     a rule for `towpath/*` requires signed commits, and commits by a token are not signed
                use a GitHub App: GitHub signs what it commits
      wrong     a rule for `towpath/log` does not let the bot create such a branch
                exclude `towpath/log` from that rule: Settings > Rules; a bypass would free the bot of it on other branches, too
      wrong     a rule for `towpath/log` requires signed commits, and commits by a token are not signed
                use a GitHub App: GitHub signs what it commits
      warning   everyone with write access may push to `towpath/log`; commits that the bot did not push are ignored
                protect it: Settings > Rules > Rulesets > a branch ruleset for `towpath/log` with Restrict creations, updates and deletions and Block force pushes, and the bot alone in its bypass list
      wrong     the webhook is inactive
                switch it on: Settings > Webhooks > Active
      warning   the webhook does not send `check_run`, `check_suite`, `create`, `delete`, `deployment_status`, `issue_comment`, `merge_group`, `pull_request_review`, `repository` and `status`
                subscribe to them: settings of the App > Permissions & events, or of the webhook > individual events
      ok        the last 2 events were taken, the latest <instant>

    registry `registry.test`
      wrong     registry.test/acme/shop: the registry `registry.test` refuses access to `registry.test/acme/shop`: it answered 403 Forbidden, no; if it is there, name `credentials` for its registry under `registries`
                look at `registries` in the configuration; `towpath tags IMAGE` asks again

    11 wrong, 8 to look at, 0 unknown
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn rules_that_the_bot_may_pass_by_are_none() {
    let practice = Practice::new(APP, |setup| {
        setup.rules = protecting_rules();
        keep_others_from_log(setup);
    })
    .await;
    let said = practice.doctor(&[]).await;
    assert!(said.out.ends_with("\nall is well\n"), "{}", said.out);
}

#[tokio::test]
async fn what_nobody_could_be_asked_about_is_not_fine() {
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.scopes = None;
        setup.protection = Some((json!({}), false));
    })
    .await;
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      ok        the bot is `towpath[bot]`, by a fine-grained token
      ok        our clock and the forge's agree
      ok        4990 of 5000 requests left (REST), all again <instant>
      ok        5000 of 5000 requests left (GraphQL), all again <instant>

    GitHub `hub`, repository `acme/deploy`
      ok        the repository exists
      unknown   the bot may read by `contents`, `deployments`, `pull_requests` and `statuses`; whether it may write cannot be determined: by `contents` it reads configuration, writes branches and merges; by `deployments` it tells what runs where; by `pull_requests` it opens pull requests and comments on them; by `statuses` it shows the gates as a commit status, without which nothing is promoted
                see that the token has Read and write for each of them, or use a GitHub App, which can be asked
      unknown   the rules of `main` could not be asked for: the branch is protected, and only an owner may read how
                an owner sees them in Settings > Branches; the bot needs no right to read them
      ok        the branches `towpath/*` may be made, moved and deleted
      warning   everyone with write access may push to `towpath/log`; commits that the bot did not push are ignored
                protect it: Settings > Rules > Rulesets > a branch ruleset for `towpath/log` with Restrict creations, updates and deletions and Block force pushes, and the bot alone in its bypass list
      unknown   where events are sent could not be asked for: those of the repository only an owner may read; those of the organization only its owners may read
                look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows

    registry `registry.test`
      ok        registry.test/acme/shop: 1 tag

    1 to look at, 3 unknown, nothing wrong
    ");
    assert_eq!(said.code, Some(0));
}

#[tokio::test]
async fn a_token_that_nobody_takes() {
    let practice = Practice::new(A_TOKEN, |_| {}).await;
    fs::write(practice.folder.path().join("token"), "ghp_that-has-expired")
        .expect("the folder can be written");
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      wrong     the forge does not say who the bot is: GitHub rejected the token: it is wrong, expired or revoked; create a new one, and store it where `token` of the forge in the configuration says
                look at `url`, and at `token` or `app`, of the forge in the configuration

    registry `registry.test`
      ok        registry.test/acme/shop: 1 tag

    1 wrong, 0 to look at, 0 unknown
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn a_secret_that_is_missing_hides_no_other_finding() {
    let practice = Practice::new("token: { env: TOWPATH_NO_SUCH_VARIABLE }", |_| {}).await;
    // A ledger that is there is looked into as well.
    SqliteLedger::open(&practice.folder.path().join("towpath.db")).await.expect("the folder can be written");
    let said = practice.doctor(&[]).await;
    snapshot!(said.out, @"
    GitHub `hub`
      wrong     the secret of `token` is missing: the environment variable `TOWPATH_NO_SUCH_VARIABLE` is not set
                put the secret there

    registry `registry.test`
      ok        registry.test/acme/shop: 1 tag

    1 wrong, 0 to look at, 0 unknown
    ");
    assert_eq!(said.code, Some(1));
}

#[tokio::test]
async fn a_ledger_that_cannot_be_opened_hides_no_other_finding() {
    let practice = Practice::new(APP, keep_others_from_log).await;
    fs::write(practice.folder.path().join("towpath.db"), "this is no ledger")
        .expect("the folder can be written");
    let findings = practice.findings(&["ledger", "1 tag", "nothing blocks"]).await;
    snapshot!(findings, @"
    ledger
      wrong     the ledger `towpath.db` failed: file is not a database; if it stays so, delete it: it is rebuilt from Git and the forge
      ok        nothing blocks `main`
      ok        registry.test/acme/shop: 1 tag
    ");
}

#[tokio::test]
async fn a_registry_whose_password_is_missing_keeps_no_other_from_being_asked() {
    let practice = Practice::new(APP, keep_others_from_log).await;
    let other = "  - { host: other.test, credentials: { username: bot, password: { env: TOWPATH_NO_SUCH_VARIABLE } } }\npipelines:";
    practice.configure("pipelines:", other);
    let findings = practice.findings(&["TOWPATH_NO_SUCH_VARIABLE", "1 tag", "nothing blocks"]).await;
    snapshot!(findings, @"
    ok        nothing blocks `main`
    ok        registry.test/acme/shop: 1 tag
    wrong     the secret of `credentials.password` is missing: the environment variable `TOWPATH_NO_SUCH_VARIABLE` is not set
              put the secret there
    ");
}

#[tokio::test]
async fn the_files_of_a_repository_are_read_once() {
    let practice = Practice::new(APP, keep_others_from_log).await;
    practice.doctor(&[]).await;
    let state = practice.world.state();
    let lines = state.github.requests.iter().map(|(line, _)| line);
    let is_read = |line: &&String| line.contains("/git/trees/") || line.contains("/tarball/");
    let read: Vec<&String> = lines.filter(is_read).collect();
    let once: BTreeSet<&&String> = read.iter().collect();
    assert!(!read.is_empty() && once.len() == read.len(), "read more than once: {read:#?}");
}

#[tokio::test]
async fn a_repository_that_was_renamed() {
    let practice = Practice::new(A_TOKEN, |setup| {
        setup.renamed_to = Some("acme/delivery");
        setup.may_push = false;
    })
    .await;
    let said = practice.doctor(&["--json"]).await;
    let said: Value = serde_json::from_str(&said.out).expect("standard output holds the JSON alone");
    let of_repository: Vec<&Value> = said["findings"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|own| own["about"].as_str().is_some_and(|about| about.contains("repository")))
        .take(2)
        .collect();
    snapshot!(format!("{:#}", json!(of_repository)), @r#"
    [
      {
        "about": "GitHub `hub`, repository `acme/deploy`",
        "level": "warning",
        "finding": "the repository was renamed to `acme/delivery`",
        "advice": "write the new name into the configuration"
      },
      {
        "about": "GitHub `hub`, repository `acme/deploy`",
        "level": "wrong",
        "finding": "the account of the bot has read access only",
        "advice": "give it the role Write: Settings > Collaborators and teams"
      }
    ]
    "#);
    assert_eq!(said["wrong"], json!(true));
}

#[tokio::test]
async fn a_local_forge_has_its_repositories_or_not() {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "1h");
    let said = site.towpath(&["doctor"]);
    snapshot!(said.out, @"
    local forge `here`
      ok        the bot is `towpath`
      ok        the team `acme/sre` exists
      warning   no user has the right `promote` in `dev`, `production` and `staging`
                a local forge has no permissions of its own, so name users under `rights.dev.promote`, `rights.production.promote` and `rights.staging.promote`

    local forge `here`, repository `acme/deploy`
      ok        the repository exists, and the bot has write access
      ok        nothing blocks `main`
      warning   everyone with write access may push to `towpath/log`; commits that the bot did not push are ignored
                protect it: git -C forge/acme/deploy.git config --add receive.hideRefs refs/heads/towpath/log
      warning   everyone with write access may push to `refs/towpath`, and so approve in the name of any user
                protect it: git -C forge/acme/deploy.git config --add receive.hideRefs refs/towpath

    registry `registry.test`
      ok        registry.test/acme/shop: 5 tags

    3 to look at, 0 unknown, nothing wrong
    ");
    assert_eq!(said.code, Some(0));
    fs::rename(site.path("forge/acme/deploy.git"), site.path("forge/acme/gone.git"))
        .expect("it can be moved");
    let said = site.towpath(&["doctor"]);
    assert!(
        said.out.contains("  wrong     the repository forge/acme/deploy.git does not exist\n"),
        "{}",
        said.out
    );
    assert_eq!(said.code, Some(1));
}

/// Rules that leave the bot nothing to do.
/// A ruleset by which nobody but the bot writes to the log.
fn keep_others_from_log(setup: &mut Setup) {
    setup.rules.push(("towpath/log", json!({ "type": "update" })));
    setup.bypass = "always";
}

fn protecting_rules() -> Vec<(&'static str, Value)> {
    let reviews = json!({
        "required_approving_review_count": 2,
        "require_code_owner_review": true,
        "dismiss_stale_reviews_on_push": false,
        "require_last_push_approval": false,
        "required_review_thread_resolution": false,
    });
    let checks = json!({
        "required_status_checks": [{ "context": "ci/build" }],
        "strict_required_status_checks_policy": false,
    });
    vec![
        ("main", json!({ "type": "pull_request", "parameters": reviews })),
        ("main", json!({ "type": "required_status_checks", "parameters": checks })),
        ("main", json!({ "type": "required_linear_history" })),
        ("", json!({ "type": "required_signatures" })),
        ("towpath/", json!({ "type": "creation" })),
        ("towpath/", json!({ "type": "deletion" })),
        ("towpath/", json!({ "type": "non_fast_forward" })),
    ]
}

fn repository_hook(is_active: bool) -> Value {
    let url = "https://api.forge.test/repos/acme/deploy/hooks/1";
    json!({
        "type": "Repository",
        "id": 1,
        "name": "web",
        "active": is_active,
        "events": ["push", "pull_request"],
        "config": { "url": "https://towpath.test/hooks/github/hub", "content_type": "json", "secret": "********" },
        "created_at": "2026-03-02T09:00:00Z",
        "updated_at": "2026-03-02T09:00:00Z",
        "url": url,
        "test_url": format!("{url}/test"),
        "ping_url": format!("{url}/pings"),
        "last_response": { "code": 202, "status": "active", "message": "OK" },
    })
}
