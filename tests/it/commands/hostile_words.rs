//! What peers and strangers write steers no terminal, forges no line of a log, and repeats no secret: S1 of the threat
//! model, for every command that prints their words.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::shop;
use crate::support::registry::{FakeRegistry, Fault};
use crate::support::site::{Ended, Site};

const PASSWORD: &str = "canary/one+two=three";
/// What a stranger writes to forge a line, to clear the screen and to turn the direction of writing.
const HOSTILE: &str = "promote\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}gpj\nforged: all is well\r\u{9b}31m";
const CONFIGURATION: &str = r#"version: 1
listen: 127.0.0.1:0
forges: [ { name: here, kind: local, root: ./forge } ]
registries:
  - host: "HOST"
    plain_http: true
    credentials: { username: robot, password: { file: password } }
pipelines: [ { name: standard, environments: [ { name: dev, merge: auto } ] } ]
services:
  - name: shop
    pipeline: standard
    images: [ { image: "HOST/acme/shop", select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "{environment}" }
"#;
const OVERLAY: &str = "images:\n  - name: HOST/acme/shop\n    newTag: 1.9.0\n";

/// Fails if a text moves the cursor, turns the direction of writing, or has a line of somebody else's.
fn expect_harmless(arguments: &[&str], text: &str) {
    let steers = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
    assert!(!text.contains(steers), "towpath {arguments:?} prints {text:?}");
    let is_forged = text.lines().any(|line| line.starts_with("forged"));
    assert!(!is_forged, "towpath {arguments:?} prints a forged line: {text}");
}

/// Fails if a text holds the password, as it is or in base 64 with the user's name.
fn expect_no_secret(arguments: &[&str], text: &str) {
    let basic = STANDARD.encode(format!("robot:{PASSWORD}"));
    // The last characters also hold bits of what follows.
    for secret in [PASSWORD, &STANDARD.encode(PASSWORD)[..24], &basic[..basic.len() - 4]] {
        assert!(!text.contains(secret), "towpath {arguments:?} prints a secret: {text}");
    }
}

fn both(ended: &Ended) -> String {
    format!("{}{}", ended.out, ended.error)
}

#[tokio::test(flavor = "multi_thread")]
async fn s1_what_a_registry_repeats_of_a_password_is_blanked_everywhere() {
    let registry = FakeRegistry::start().await;
    let site = Site::at(&registry.host(), CONFIGURATION, &[("dev/kustomization.yaml", OVERLAY)]);
    fs::write(site.path("password"), PASSWORD).unwrap();
    let image = site.image();
    for status in [400, 403, 500] {
        registry.misbehave(Fault::Echo(status));
        let all: [&[&str]; 9] = [
            &["run", "--once"],
            &["plan"],
            &["plan", "--json"],
            &["status"],
            &["status", "--json"],
            &["why", "shop", "dev"],
            &["doctor"],
            &["doctor", "--json"],
            &["tags", &image],
        ];
        let mut said = String::new();
        for arguments in all {
            let text = both(&site.towpath(arguments));
            expect_no_secret(arguments, &text);
            expect_harmless(arguments, &text);
            said.push_str(&text);
        }
        assert!(said.contains("***"), "no command repeats the registry's words for {status}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_a_change_ref_steer_no_terminal() {
    let registry = shop::registry(&shop::TAGS).await;
    let site = shop::site(&registry, "1h");
    let ended = site.towpath(&["run", "--once"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    site.towpath(&["changes", "comment", "1", "--as", "alice", HOSTILE]);
    rewrite_change(&site, 1);
    let all: [&[&str]; 11] = [
        &["changes", "list"],
        &["changes", "list", "--json"],
        &["changes", "show", "1"],
        &["changes", "show", "1", "--json"],
        &["changes", "diff", "1"],
        &["status"],
        &["plan"],
        &["why", "shop", "dev"],
        &["doctor"],
        &["run", "--once"],
        &["status", "--json"],
    ];
    for arguments in all {
        expect_harmless(arguments, &both(&site.towpath(arguments)));
    }
    let shown = site.towpath(&["changes", "show", "1"]);
    assert!(shown.out.contains("gpj"), "the words themselves are shown: {}", shown.out);
}

/// Puts hostile words into the texts of a change, as anybody who may push can.
fn rewrite_change(site: &Site, number: u64) {
    let name = format!("refs/towpath/changes/{number}");
    let file = site.git(&["show", &format!("{name}:change.json")]);
    let mut forged: serde_json::Value = serde_json::from_str(&file).expect("it is JSON");
    forged["title"] = HOSTILE.into();
    forged["body"] = HOSTILE.into();
    let clone = site.checkout();
    let path = clone.path().join("change.json");
    fs::write(&path, forged.to_string()).expect("the folder can be written");
    let blob = site.git(&["hash-object", "-w", &path.display().to_string()]);
    site.git(&["read-tree", &name]);
    site.git(&["update-index", "--cacheinfo", &format!("100644,{},change.json", blob.trim())]);
    let tree = site.git(&["write-tree"]);
    let author = ["-c", "user.name=mallory", "-c", "user.email=m@x"];
    let commit = [&author[..], &["commit-tree", tree.trim(), "-p", &name, "-m", HOSTILE]].concat();
    let commit = site.git(&commit);
    site.git(&["update-ref", &name, commit.trim()]);
}
