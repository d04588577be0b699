//! The manifest of the App asks for what Towpath needs, and GitHub would take it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use towpath::forge::github::{EVENTS, PERMISSIONS, access_word};

use crate::support::contract::{Exchange, violations};

/// The permission without which GitHub lets nobody subscribe to an event.
const NEEDED_FOR: [(&str, &str); 12] = [
    ("check_run", "checks"),
    ("check_suite", "checks"),
    ("create", "contents"),
    ("delete", "contents"),
    ("deployment_status", "deployments"),
    ("issue_comment", "issues"),
    ("merge_group", "merge_queues"),
    ("pull_request", "pull_requests"),
    ("pull_request_review", "pull_requests"),
    ("push", "contents"),
    ("repository", "metadata"),
    ("status", "statuses"),
];

fn manifest() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/github-app-manifest.json");
    serde_json::from_str(&fs::read_to_string(path).expect("it is there")).expect("it is JSON")
}

#[test]
fn the_manifest_says_what_the_tables_say() {
    let permissions: BTreeMap<&str, &str> =
        PERMISSIONS.iter().map(|own| (own.name, access_word(own.access))).collect();
    assert_eq!(manifest()["default_permissions"], json!(permissions));
    let events: Vec<&str> = EVENTS.iter().map(|event| event.word()).collect();
    assert_eq!(manifest()["default_events"], json!(events));
    assert_eq!(manifest()["public"], json!(false));
}

#[test]
fn the_form_of_the_readme_asks_for_the_same() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).expect("it is there");
    let address = readme.split("(https://github.com/settings/apps/new?").nth(1);
    let query = address.and_then(|rest| rest.split(')').next()).expect("the README has the form's address");
    let pairs: Vec<(&str, &str)> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
    let events: Vec<&str> =
        pairs.iter().filter(|(key, _)| *key == "events[]").map(|(_, event)| *event).collect();
    assert_eq!(events, EVENTS.map(|event| event.word()));
    let others = ["name", "url", "webhook_url", "webhook_active", "public", "events[]"];
    let permissions: Vec<_> = pairs.into_iter().filter(|(key, _)| !others.contains(key)).collect();
    assert_eq!(permissions, PERMISSIONS.map(|own| (own.name, access_word(own.access))));
}

#[test]
fn github_knows_these_permissions() {
    let sent = json!({ "permissions": manifest()["default_permissions"] }).to_string();
    let exchange = Exchange {
        method: "POST",
        target: "/app/installations/7/access_tokens",
        sent: sent.as_bytes(),
        status: 404,
        said: b"{}",
        is_planned: false,
    };
    assert_eq!(violations(&exchange), [""; 0]);
}

#[test]
fn each_event_has_the_permission_that_it_needs() {
    let events: Vec<&str> = EVENTS.iter().map(|event| event.word()).collect();
    assert_eq!(events, NEEDED_FOR.map(|(event, _)| event));
    for (event, permission) in NEEDED_FOR {
        assert!(PERMISSIONS.iter().any(|own| own.name == permission), "{event} needs {permission}");
    }
}

#[test]
fn nothing_that_could_change_a_right_or_a_workflow() {
    for permission in ["administration", "workflows", "secrets", "actions", "organization_administration"] {
        assert!(manifest()["default_permissions"].get(permission).is_none(), "{permission}");
    }
}
