//! What GitHub's events say, and what nobody reads into them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const BOT: &str = "towpath[bot]";

fn bot() -> UserName {
    BOT.parse().unwrap()
}

/// What an event of this kind says.
fn said(kind: EventKind, body: &Value) -> EventContent {
    read(kind, body.to_string().as_bytes(), &bot()).unwrap().news
}

/// An event in the repository that most tests are about.
fn there(mut body: Value) -> Value {
    let own = body.as_object_mut().unwrap();
    own.insert("repository".to_owned(), json!({ "full_name": "Acme/deploy" }));
    own.entry("sender").or_insert(json!({ "login": "alice" }));
    body
}

fn whole() -> EventContent {
    EventContent::Repositories(vec!["Acme/deploy".to_owned()])
}

fn branch(name: &str) -> EventContent {
    EventContent::Branches("Acme/deploy".to_owned(), vec![name.to_owned()])
}

fn refused(kind: EventKind, body: &str) -> String {
    read(kind, body.as_bytes(), &bot()).unwrap_err().to_string()
}

#[test]
fn a_push_names_its_branch_and_one_of_a_tag_is_nobodys() {
    let push = |reference: &str| there(json!({ "ref": reference, "before": "a", "after": "b" }));
    assert_eq!(said(EventKind::Push, &push("refs/heads/towpath/dev/shop")), branch("towpath/dev/shop"));
    assert_eq!(said(EventKind::Push, &push("refs/tags/v1")), EventContent::Nothing);
}

#[test]
fn a_branch_that_is_made_or_gone_is_named_without_its_folder() {
    let body = there(json!({ "ref": "main", "ref_type": "branch", "master_branch": "main" }));
    assert_eq!(said(EventKind::Create, &body), branch("main"));
    let body = there(json!({ "ref": "towpath/dev/shop", "ref_type": "branch" }));
    assert_eq!(said(EventKind::Delete, &body), branch("towpath/dev/shop"));
    let body = there(json!({ "ref": "v1", "ref_type": "tag" }));
    assert_eq!(said(EventKind::Delete, &body), EventContent::Nothing);
}

#[test]
fn a_comment_counts_on_a_pull_request_alone() {
    let comment = |issue: Value| there(json!({ "action": "created", "issue": issue, "comment": {} }));
    let on_pull_request = comment(json!({ "number": 1, "pull_request": { "url": "https://api" } }));
    assert_eq!(said(EventKind::IssueComment, &on_pull_request), whole());
    assert_eq!(said(EventKind::IssueComment, &comment(json!({ "number": 1 }))), EventContent::Nothing);
    let edited = there(json!({ "action": "edited", "issue": { "pull_request": {} }, "comment": {} }));
    assert_eq!(said(EventKind::IssueComment, &edited), whole());
}

#[test]
fn pull_requests_and_reviews_name_the_branch_they_come_from() {
    let pull = json!({ "head": { "ref": "towpath/dev/shop" }, "base": { "ref": "main" } });
    let body = there(json!({ "action": "closed", "pull_request": pull }));
    assert_eq!(said(EventKind::PullRequest, &body), branch("towpath/dev/shop"));
    let body = there(json!({ "action": "submitted", "pull_request": pull, "review": {} }));
    assert_eq!(said(EventKind::PullRequestReview, &body), branch("towpath/dev/shop"));
}

#[test]
fn a_group_of_the_merge_queue_names_the_base_and_counts_while_it_waits() {
    let group = json!({
        "head_sha": "0123456789012345678901234567890123456789",
        "head_ref": "refs/heads/gh-readonly-queue/main/pr-1-0123456789012345678901234567890123456789",
        "base_ref": "refs/heads/main",
    });
    let body = |action: &str| there(json!({ "action": action, "merge_group": group }));
    assert_eq!(said(EventKind::MergeGroup, &body("checks_requested")), branch("main"));
    assert_eq!(said(EventKind::MergeGroup, &body("destroyed")), EventContent::Nothing);
}

#[test]
fn a_check_counts_once_it_ended() {
    let suite = json!({ "head_branch": "towpath/dev/shop" });
    let run = |action: &str| there(json!({ "action": action, "check_run": { "check_suite": suite } }));
    assert_eq!(said(EventKind::CheckRun, &run("created")), EventContent::Nothing);
    assert_eq!(said(EventKind::CheckRun, &run("completed")), branch("towpath/dev/shop"));
    let body = |action: &str| there(json!({ "action": action, "check_suite": suite }));
    assert_eq!(said(EventKind::CheckSuite, &body("requested")), EventContent::Nothing);
    assert_eq!(said(EventKind::CheckSuite, &body("completed")), branch("towpath/dev/shop"));
    let of_a_fork = there(json!({ "action": "completed", "check_suite": { "head_branch": null } }));
    assert_eq!(said(EventKind::CheckSuite, &of_a_fork), whole(), "a branch that is not named may be any");
    let flow = |action: &str| there(json!({ "action": action, "workflow_run": { "head_branch": "main" } }));
    assert_eq!(said(EventKind::WorkflowRun, &flow("in_progress")), EventContent::Nothing);
    assert_eq!(said(EventKind::WorkflowRun, &flow("completed")), branch("main"));
}

#[test]
fn a_status_names_its_branches_unless_there_may_be_more() {
    let status = |count: usize| {
        let branches: Vec<Value> = (0..count).map(|n| json!({ "name": format!("b{n}") })).collect();
        there(json!({ "sha": "a", "context": "build", "branches": branches }))
    };
    assert_eq!(said(EventKind::Status, &status(1)), branch("b0"));
    assert_eq!(said(EventKind::Status, &status(0)), whole());
    assert_eq!(said(EventKind::Status, &status(10)), whole());
}

#[test]
fn what_the_bot_shows_is_its_own_and_what_looks_like_it_is_not() {
    let status = |context: &str, by: &str| {
        there(json!({ "sha": "a", "context": context, "branches": [], "sender": { "login": by } }))
    };
    assert_eq!(said(EventKind::Status, &status("towpath/dev", BOT)), EventContent::Own);
    assert_eq!(said(EventKind::Status, &status("towpath/dev", "mallory")), whole());
    assert_eq!(said(EventKind::Status, &status("build", BOT)), whole());
    let run = |action: &str, slug: &str| {
        let run = json!({ "app": { "slug": slug }, "check_suite": { "head_branch": null } });
        there(json!({ "action": action, "check_run": run, "sender": { "login": BOT } }))
    };
    assert_eq!(said(EventKind::CheckRun, &run("completed", "towpath")), EventContent::Own);
    assert_eq!(said(EventKind::CheckRun, &run("rerequested", "towpath")), whole(), "a person asked for it");
    assert_eq!(said(EventKind::CheckRun, &run("completed", "github-actions")), whole());
    let comment = json!({ "action": "created", "issue": { "pull_request": {} }, "comment": {} });
    let mut comment = there(comment);
    comment["sender"] = json!({ "login": BOT });
    assert_eq!(said(EventKind::IssueComment, &comment), whole(), "a person may use the bot's token");
}

#[test]
fn an_installation_names_what_it_got_and_lost() {
    let named = |names: &[&str]| -> Value { names.iter().map(|name| json!({ "full_name": name })).collect() };
    let body = json!({ "action": "created", "installation": { "id": 7 }, "repositories": named(&["a/b"]) });
    let event = read(EventKind::Installation, body.to_string().as_bytes(), &bot()).unwrap();
    assert_eq!(
        event,
        Event { news: EventContent::Repositories(vec!["a/b".to_owned()]), installation: Some(7) }
    );
    let body = json!({
        "action": "removed",
        "installation": { "id": 7 },
        "repositories_added": named(&["a/b"]),
        "repositories_removed": named(&["a/c"]),
    });
    let both = EventContent::Repositories(vec!["a/b".to_owned(), "a/c".to_owned()]);
    assert_eq!(said(EventKind::InstallationRepositories, &body), both);
    let many: Vec<Value> = (0..5_000).map(|n| json!({ "full_name": format!("a/r{n}") })).collect();
    let body = json!({ "action": "created", "installation": { "id": 7 }, "repositories": many });
    let EventContent::Repositories(named) = said(EventKind::Installation, &body) else {
        panic!("it names some")
    };
    assert_eq!(named.len(), REPOSITORIES_MAX);
}

#[test]
fn a_ping_is_nothing_and_a_package_is_for_others_to_read() {
    assert_eq!(
        said(EventKind::Ping, &json!({ "zen": "Keep it simple.", "hook": {} })),
        EventContent::Nothing
    );
    let body = there(json!({ "action": "published", "registry_package": {} }));
    assert_eq!(said(EventKind::RegistryPackage, &body), EventContent::Package);
}

#[test]
fn a_body_under_the_name_of_another_event_is_refused() {
    let comment = there(json!({ "action": "created", "issue": { "pull_request": {} }, "comment": {} }));
    for kind in EventKind::ALL.iter().filter(|kind| **kind != EventKind::IssueComment) {
        let said = refused(*kind, &comment.to_string());
        assert_eq!(
            said,
            format!(
                "the body is no `{kind}` of GitHub: it lacks what such an event holds, or holds what another one does"
            )
        );
    }
}

#[test]
fn bodies_that_cannot_be_read() {
    let deep = format!("{}{}", "{\"issue\":{\"x\":".repeat(10_000), "[".repeat(10_000));
    let half = r#"{"ref":"\ud800","before":"a","after":"b"}"#;
    let twice = r#"{"ref":"refs/heads/main","ref":"refs/heads/towpath/x","before":"a","after":"b"}"#;
    let said = [deep.as_str(), half, twice, "", "[", "[]", "null"].map(|body| refused(EventKind::Push, body));
    insta::assert_snapshot!(said.join("\n"), @"
    the body is no `push` of GitHub: EOF while parsing a list at line 1 column 150000
    the body is no `push` of GitHub: unexpected end of hex escape at line 1 column 15
    the body is no `push` of GitHub: duplicate field `ref` at line 1 column 30
    the body is no `push` of GitHub: EOF while parsing a value at line 1 column 0
    the body is no `push` of GitHub: EOF while parsing a list at line 1 column 1
    the body is no `push` of GitHub: invalid length 0, expected struct Body with 30 elements at line 1 column 2
    the body is no `push` of GitHub: invalid type: null, expected struct Body at line 1 column 4
    ");
    for body in [&b"\xff\xfe"[..], b"{\"ref\": \"\xc3\x28\"}", b"{\"ref\": \"a\0\"}"] {
        assert!(matches!(read(EventKind::Push, body, &bot()), Err(EventError::NotText)));
    }
}

#[test]
fn only_the_base_and_our_own_branches_concern_anybody() {
    assert!(concerns("main", "main") && concerns("towpath/dev/shop", "main"));
    assert!(!concerns("feature", "main") && !concerns("towpath", "main"));
}

/// JSON with the keys that are looked at, and anything below them.
fn odd_json() -> impl Strategy<Value = Value> {
    let keys = [
        "action",
        "ref",
        "ref_type",
        "before",
        "after",
        "pull_request",
        "head",
        "review",
        "issue",
        "comment",
        "check_run",
        "check_suite",
        "app",
        "slug",
        "head_branch",
        "sha",
        "context",
        "branches",
        "name",
        "installation",
        "id",
        "repositories",
        "full_name",
        "repository",
        "sender",
        "login",
        "zen",
        "hook",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(keys.to_vec()), inner), 0..8)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

fn any_kind() -> impl Strategy<Value = EventKind> {
    prop::sample::select(EventKind::ALL)
}

proptest! {
    #[test]
    fn whatever_bytes_come_the_reader_stands(kind in any_kind(), body: Vec<u8>) {
        prop_assert!(read(kind, &body, &bot()).is_err(), "noise is no event");
    }

    #[test]
    fn whatever_json_comes_the_reader_stands_and_names_few(kind in any_kind(), body in odd_json()) {
        if let Ok(Event { news: EventContent::Repositories(named), .. }) = read(kind, body.to_string().as_bytes(), &bot()) {
            prop_assert!(named.len() <= REPOSITORIES_MAX);
        }
    }

    #[test]
    fn a_good_event_cut_or_bent_anywhere_does_no_harm(at in 0_usize..400, byte: u8, kind in any_kind()) {
        let good = there(json!({
            "action": "completed", "ref": "refs/heads/main", "before": "a", "after": "b", "sha": "c",
            "check_run": { "app": { "slug": "x" }, "check_suite": { "head_branch": "main" } },
            "context": "build", "branches": [{ "name": "main" }],
        })).to_string().into_bytes();
        let at = at % good.len();
        let cut = good.get(..at).unwrap_or_default();
        prop_assert!(read(kind, cut, &bot()).is_err(), "half an event is none");
        let mut bent = good.clone();
        bent[at] = byte;
        drop(read(kind, &bent, &bot()));
    }
}
