//! All payloads that GitHub's own collection has: each is taken or deliberately left, and none is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;
use towpath::model::ConfigBranch;

use super::{Hub, name, place, status};
use crate::support::peer;

/// The branches that payloads are about.
const BRANCHES: [&str; 3] = ["main", "master", "changes"];

/// The name of each event, and its payloads.
fn examples() -> Vec<(String, Vec<Value>)> {
    let folder = peer::folder("webhooks-examples@7.6.1", "TOWPATH_TEST_WEBHOOKS");
    let text = fs::read_to_string(folder.join("index.json")).expect("it is there");
    let all: Vec<Value> = serde_json::from_str(&text).expect("it is JSON");
    let event = |own: &Value| {
        let payloads = own["examples"].as_array().expect("an event has payloads").clone();
        (own["name"].as_str().expect("an event has a name").to_owned(), payloads)
    };
    all.iter().map(event).collect()
}

#[tokio::test]
async fn every_payload_of_the_collection_is_taken_or_deliberately_left() {
    let examples = examples();
    let hub = Hub::start_for(&places(&examples)).await;
    let (mut count, mut taken) = (0, BTreeMap::new());
    for (kind, payloads) in examples {
        for payload in payloads {
            let before = hub.told().len();
            // One of another installation would be left for that alone.
            let payload = without_installation(&kind, payload);
            let answer = status(hub.delivery(&format!("guid {count}"), &kind, &payload)).await;
            assert_eq!(answer, 202, "{kind}: {payload}");
            count += 1;
            let (own, of) = taken.entry(kind.clone()).or_insert((0, 0));
            *own += usize::from(hub.told().len() > before);
            *of += 1;
        }
    }
    assert_eq!(count, 329);
    assert_eq!(hub.kept().await, taken.values().map(|(own, _)| own).sum::<usize>());
    let (some, none): (Vec<_>, Vec<_>) = taken.into_iter().partition(|(_, (own, _))| *own > 0);
    let some: Vec<String> = some.iter().map(|(kind, (own, of))| format!("{kind}: {own} of {of}")).collect();
    let left: usize = none.iter().map(|(_, (_, of))| of).sum();
    let none: Vec<&str> = none.iter().map(|(kind, _)| kind.as_str()).collect();
    let said = format!("{}\nnone of {left}: {}", some.join("\n"), none.join(", "));
    insta::assert_snapshot!(said, @"
    check_run: 5 of 9
    check_suite: 6 of 9
    deployment_status: 4 of 4
    installation: 5 of 7
    installation_repositories: 3 of 3
    merge_group: 2 of 2
    pull_request: 29 of 29
    pull_request_review: 4 of 4
    push: 2 of 7
    repository: 13 of 13
    status: 4 of 4
    workflow_run: 3 of 5
    none of 233: branch_protection_rule, code_scanning_alert, commit_comment, create, delete, dependabot_alert, deploy_key, deployment, deployment_review, discussion, discussion_comment, fork, github_app_authorization, gollum, issue_comment, issues, label, marketplace_purchase, member, membership, meta, milestone, org_block, organization, package, page_build, ping, project, project_card, project_column, projects_v2_item, public, pull_request_review_comment, pull_request_review_thread, release, repository_dispatch, repository_import, repository_vulnerability_alert, security_advisory, sponsorship, star, team, team_add, watch, workflow_dispatch, workflow_job
    ");
}

/// Every repository that has an event, in each branch, so that none is left because nobody uses it.
fn places(examples: &[(String, Vec<Value>)]) -> Vec<ConfigBranch> {
    let payloads = examples.iter().flat_map(|(_, payloads)| payloads);
    let named = payloads.filter_map(|payload| payload.pointer("/repository/full_name")?.as_str());
    let named: BTreeSet<&str> = named.chain(["octocat/Hello-World", "Codertocat/Space"]).collect();
    let places = named.into_iter().flat_map(|repository| {
        BRANCHES.map(|branch| ConfigBranch { repository: name(repository), branch: name(branch), ..place() })
    });
    places.collect()
}

fn without_installation(kind: &str, mut payload: Value) -> Value {
    if !kind.starts_with("installation") {
        payload.as_object_mut().expect("a payload is an object").remove("installation");
    } else if let Some(id) = payload.pointer_mut("/installation/id") {
        *id = super::INSTALLATION.into();
    }
    payload
}
