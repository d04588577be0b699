//! A release goes from its tag to production, by `run --once` alone.

use serde_json::{Value, json};

use super::shop;
use crate::support::docker_registry::DockerRegistry;
use crate::support::site::Site;

/// More runs than a soak of a second lets pass.
const RUNS_MAX: usize = 200;

const DEV_AFTER: &str = r#"# What the developers see first.
resources:
  - ../../base   # shared by all

images:
  # Written by CI once, now by Towpath.
  - name: HOST/acme/shop   # the shop itself
    newTag: "1.10.0"        # quoted on purpose
    digest: DIGEST
  - name: HOST/acme/other
    newTag: '3'
"#;
const STAGING_AFTER: &str = "resources: [../../base]\r\nimages: [ { name: HOST/acme/shop, newTag: 1.10.0, digest: \"DIGEST\" } ]\r\n# the end\r\n";
const PRODUCTION_AFTER: &str =
    "resources:\n  - ../../base\nimages:\n  - name: HOST/acme/shop\n    newTag: 1.10.0\n    digest: DIGEST\n";

/// Whether the ledger file survives from one run to the next.
#[derive(Clone, Copy, PartialEq)]
enum Ledger {
    Kept,
    Lost,
}

#[tokio::test]
async fn a_release_reaches_production_by_runs_that_each_do_what_is_possible() {
    let (registry, digest) = registry().await;
    carry_to_production(&shop::site(&registry, "1s"), &digest, Ledger::Kept);
}

#[tokio::test]
async fn a_ledger_that_is_lost_between_runs_changes_nothing() {
    let (registry, digest) = registry().await;
    carry_to_production(&shop::site(&registry, "1s"), &digest, Ledger::Lost);
}

#[tokio::test]
async fn a_run_that_finds_nothing_asks_the_registry_once() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site(&registry, "1s");
    site.json(&["run", "--once"]);
    let before = registry.requests();

    assert_eq!(site.json(&["run", "--once"])["actions"], json!([]));

    let mut expected = before;
    *expected.get_mut("GET /v2/acme/shop/tags/list").unwrap() += 1;
    assert_eq!(registry.requests(), expected);
}

#[tokio::test]
async fn a_release_goes_through_environments_of_different_formats() {
    let (registry, digest) = registry().await;
    let site = shop::site_of_formats(&registry);
    run(&site, Ledger::Kept);
    let values =
        shop::VALUES_BEFORE.replace("1.9.0", "1.10.0").replace("digest: ''", &format!("digest: '{digest}'"));
    assert_eq!(site.file("main", "apps/shop/overlays/staging/values.yaml"), values);
    comment(&site, "alice", "/promote approve");
    run(&site, Ledger::Kept);
    let application = shop::APPLICATION_BEFORE.replace("1.9.0", "1.10.0");
    assert_eq!(site.file("main", "apps/shop/overlays/production/app.yaml"), application);
    // A format without a place for digests is not taken for somebody's own setting.
    let log = site.git(&["show", "towpath/log:log/000001.jsonl"]);
    assert!(!log.contains("\"hand\""), "{log}");
    assert_eq!(run(&site, Ledger::Kept)["actions"], json!([]));
}

async fn registry() -> (DockerRegistry, String) {
    let registry = shop::registry(&[]).await;
    let mut digest = String::new();
    for tag in shop::TAGS {
        let pushed = registry.push("acme/shop", tag, &[]).await;
        if tag == "1.10.0" {
            digest = pushed;
        }
    }
    (registry, digest)
}

fn carry_to_production(site: &Site, digest: &str, ledger: Ledger) {
    run_until(site, ledger, |site| states(site) == ["merged", "merged", "open"]);
    assert_eq!(site.file("main", shop::DEV), DEV_AFTER.replace("DIGEST", digest));
    assert_eq!(site.file("main", shop::STAGING), STAGING_AFTER.replace("DIGEST", digest));
    assert_eq!(site.file("main", shop::PRODUCTION), shop::PRODUCTION_BEFORE);

    let waiting = &site.json(&["status"])["services"][0]["environments"][2]["waiting"];
    assert_eq!(waiting, &json!(["0 of 1 approval; ask `@acme/sre`"]));

    comment(site, "mallory", "/promote approve");
    run(site, ledger);
    assert_eq!(states(site), ["merged", "merged", "open"]);
    assert_eq!(site.file("main", shop::PRODUCTION), shop::PRODUCTION_BEFORE);

    comment(site, "alice", "/promote approve");
    run(site, ledger);
    assert_arrived(site, digest);

    let refs = site.refs();
    assert_eq!(run(site, ledger)["actions"], json!([]));
    assert_eq!(site.refs(), refs, "a further run moves nothing");
}

fn assert_arrived(site: &Site, digest: &str) {
    assert_eq!(states(site), ["merged", "merged", "merged"]);
    assert_eq!(site.file("main", shop::PRODUCTION), PRODUCTION_AFTER.replace("DIGEST", digest));
    for environment in ["dev", "staging", "production"] {
        let rendered = site.rendered(&format!("apps/shop/overlays/{environment}"));
        assert_eq!(rendered, [format!("HOST/acme/shop:1.10.0@{digest}")]);
    }
    // The first commit, and for each change its own commit and the merge.
    assert_eq!(site.git(&["rev-list", "--count", "main"]).trim(), "7");
    assert_eq!(
        site.git(&["for-each-ref", "refs/heads/towpath/", "--format=%(refname)"]),
        "refs/heads/towpath/log\n"
    );
    site.git(&["fsck", "--strict"]);
}

fn run(site: &Site, ledger: Ledger) -> Value {
    if ledger == Ledger::Lost {
        for name in ["towpath.db", "towpath.db-wal", "towpath.db-shm"] {
            // The last run may have left less than all of them.
            drop(std::fs::remove_file(site.path(name)));
        }
    }
    site.json(&["run", "--once"])
}

fn run_until(site: &Site, ledger: Ledger, done: impl Fn(&Site) -> bool) {
    for _run in 0..RUNS_MAX {
        run(site, ledger);
        if done(site) {
            return;
        }
    }
    panic!("still not there after {RUNS_MAX} runs: {}", site.towpath(&["status"]).out);
}

fn states(site: &Site) -> Vec<String> {
    let changes = site.json(&["changes", "list"]);
    let changes = changes.as_array().expect("a list");
    changes.iter().filter_map(|change| change["state"].as_str()).map(str::to_owned).collect()
}

fn comment(site: &Site, by: &str, text: &str) {
    let ended = site.towpath(&["changes", "comment", "3", text, "--as", by]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
}
