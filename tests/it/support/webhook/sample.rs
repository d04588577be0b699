//! One event of each kind that matters, with the keys that GitHub always sends.

use serde_json::{Value, json};

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) body: Value,
}

/// One event of each kind in a repository, by alice.
pub(crate) fn every_event(repository: &str) -> Vec<Event> {
    let named = json!({ "full_name": repository, "default_branch": "main" });
    let suite = json!({ "head_branch": "towpath/dev/shop", "app": { "slug": "github-actions" } });
    let head = json!({ "head": { "ref": "towpath/dev/shop" }, "base": { "ref": "main" } });
    let issue = json!({ "number": 1, "pull_request": { "url": "https://api.github.test/pulls/1" } });
    let installation = json!({ "id": 7 });
    let made = json!({ "ref": "towpath/dev/shop", "ref_type": "branch", "master_branch": "main" });
    let gone = json!({ "ref": "towpath/dev/shop", "ref_type": "branch" });
    let all = [
        ("push", json!({ "ref": "refs/heads/main", "before": "a", "after": "b", "commits": [] })),
        ("pull_request", json!({ "action": "labeled", "number": 1, "pull_request": head })),
        ("pull_request_review", json!({ "action": "submitted", "review": {}, "pull_request": head })),
        ("issue_comment", json!({ "action": "created", "issue": issue, "comment": {} })),
        ("check_run", json!({ "action": "completed", "check_run": { "check_suite": suite } })),
        ("check_suite", json!({ "action": "completed", "check_suite": suite })),
        ("status", json!({ "sha": "a", "context": "build", "state": "success", "branches": [] })),
        ("deployment_status", json!({ "action": "created", "deployment_status": {}, "deployment": {} })),
        ("workflow_run", json!({ "action": "completed", "workflow_run": { "head_branch": "main" } })),
        ("create", made),
        ("delete", gone),
        ("repository", json!({ "action": "archived" })),
        (
            "installation",
            json!({ "action": "created", "installation": installation, "repositories": [named] }),
        ),
        (
            "installation_repositories",
            json!({
                "action": "added", "installation": installation,
                "repositories_added": [named], "repositories_removed": [],
            }),
        ),
    ];
    all.into_iter().map(|(kind, body)| Event { kind, body: in_repository(kind, body, &named) }).collect()
}

/// With what every event has.
fn in_repository(kind: &str, mut body: Value, named: &Value) -> Value {
    let own = body.as_object_mut().expect("an event is an object");
    own.insert("sender".to_owned(), json!({ "login": "alice" }));
    if !kind.starts_with("installation") {
        own.insert("repository".to_owned(), named.clone());
    }
    body
}
