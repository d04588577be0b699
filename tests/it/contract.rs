//! What is not as GitHub describes it is found, and said so that one can mend it.

use insta::assert_snapshot;

use crate::support::contract::{Exchange, violations};

const REPOSITORY: &str = "/repos/acme/deploy";

/// What is wrong with a request that GitHub would never answer well.
fn asked(method: &str, path: &str, sent: &str) -> String {
    let target = format!("{REPOSITORY}{path}");
    exchange(method, &target, sent, 404, "{}")
}

/// What is wrong with an answer.
fn answered(path: &str, status: u16, said: &str) -> String {
    exchange("GET", &format!("{REPOSITORY}{path}"), "", status, said)
}

fn exchange(method: &str, target: &str, sent: &str, status: u16, said: &str) -> String {
    let (sent, said) = (sent.as_bytes(), said.as_bytes());
    violations(&Exchange { method, target, sent, status, said, is_planned: false }).join("\n")
}

#[test]
fn an_address_that_nobody_knows() {
    assert_snapshot!(asked("GET", "/pull/1", ""), @"GET /repos/acme/deploy/pull/1: GitHub has no such operation");
    assert_snapshot!(asked("DELETE", "/pulls/1", ""), @"DELETE /repos/acme/deploy/pulls/1: GitHub has no such operation");
    assert_snapshot!(asked("GET", "/pulls/first", ""), @r#"
    GET /repos/{owner}/{repo}/pulls/{pull_number}: the parameter `pull_number` at `/`: "first" is not of type "integer"
        in /repos/acme/deploy/pulls/first
    "#);
}

#[test]
fn a_query_that_nobody_understands() {
    assert_snapshot!(asked("GET", "/pulls?status=open", ""), @r#"
    GET /repos/{owner}/{repo}/pulls: the query has an unknown parameter `status`, "open"
        in /repos/acme/deploy/pulls?status=open
    "#);
    assert_snapshot!(asked("GET", "/pulls?state=ended&per_page=200", ""), @r#"
    GET /repos/{owner}/{repo}/pulls: the parameter `state` at `/`: "ended" is not one of "open", "closed" or "all"
        in /repos/acme/deploy/pulls?state=ended&per_page=200
    GET /repos/{owner}/{repo}/pulls: `per_page` is 200, and GitHub gives no more than 100
        in /repos/acme/deploy/pulls?state=ended&per_page=200
    "#);
    assert_snapshot!(asked("GET", "/git/ref/heads/towpath/dev/shop", ""), @"");
}

#[test]
fn a_request_with_a_body_of_another_form() {
    assert_snapshot!(asked("POST", "/git/refs", r#"{"ref":"refs/heads/x"}"#), @r#"
    POST /repos/{owner}/{repo}/git/refs: the request at `/`: "sha" is a required property
        in /repos/acme/deploy/git/refs
    "#);
    assert_snapshot!(asked("POST", "/git/refs", r#"{"ref":1,"sha":"abc"}"#), @r#"
    POST /repos/{owner}/{repo}/git/refs: the request at `/ref`: 1 is not of type "string"
        in /repos/acme/deploy/git/refs
    "#);
    assert_snapshot!(asked("POST", "/git/refs", r#"{"ref":"refs/heads/x","sha":"abc","force":true}"#), @"
    POST /repos/{owner}/{repo}/git/refs: the request at `/`: Additional properties are not allowed ('force' was unexpected)
        in /repos/acme/deploy/git/refs
    ");
    assert_snapshot!(asked("POST", "/git/refs", ""), @"
    POST /repos/{owner}/{repo}/git/refs: the request lacks its body
        in /repos/acme/deploy/git/refs
    ");
    assert_snapshot!(asked("GET", "/pulls/1", "{}"), @"
    GET /repos/{owner}/{repo}/pulls/{pull_number}: a request without a body has one: {}
        in /repos/acme/deploy/pulls/1
    ");
}

#[test]
fn an_answer_of_another_form() {
    let object = |more: &str| {
        format!(
            r#"{{"ref":"refs/heads/x","node_id":"R","url":"https://a.test","object":{{"type":"commit","sha":"{}","url":"https://a.test"}}{more}}}"#,
            "0".repeat(40),
        )
    };
    assert_snapshot!(answered("/git/ref/heads/x", 200, &object("")), @"");
    assert_snapshot!(answered("/git/ref/heads/x", 200, &object(r#","protected":true"#)), @"
    GET /repos/{owner}/{repo}/git/ref/{ref}: the answer 200 at `/`: Additional properties are not allowed ('protected' was unexpected)
        in /repos/acme/deploy/git/ref/heads/x
    ");
    assert_snapshot!(answered("/git/ref/heads/x", 200, &object("").replace("https://a.test", "no address")), @r#"
    GET /repos/{owner}/{repo}/git/ref/{ref}: the answer 200 at `/url`: "no address" is not a "uri"
        in /repos/acme/deploy/git/ref/heads/x
    GET /repos/{owner}/{repo}/git/ref/{ref}: the answer 200 at `/object/url`: "no address" is not a "uri"
        in /repos/acme/deploy/git/ref/heads/x
    "#);
    assert_snapshot!(answered("/git/ref/heads/x", 200, "[]"), @r#"
    GET /repos/{owner}/{repo}/git/ref/{ref}: the answer 200 at `/`: [] is not of type "object"
        in /repos/acme/deploy/git/ref/heads/x
    "#);
    assert_snapshot!(answered("/git/ref/heads/x", 206, "{}"), @"
    GET /repos/{owner}/{repo}/git/ref/{ref}: the answer 206 is none that GitHub describes: {}
        in /repos/acme/deploy/git/ref/heads/x
    ");
}

#[test]
fn of_several_ways_the_nearest_is_named() {
    let said = r#"[{"event":"commented","id":1,"body":"hello"}]"#;
    assert_snapshot!(answered("/issues/1/timeline", 200, said), @r#"
    GET /repos/{owner}/{repo}/issues/{issue_number}/timeline: the answer 200 at `/0`: the nearest of 33 ways: `/0`: "node_id" is a required property; `/0`: "user" is a required property; `/0`: "state" is a required property; `/0`: "commit_id" is a required property; `/0`: "html_url" is a required property; `/0`: "pull_request_url" is a required property; `/0`: "_links" is a required property; `/0`: "author_association" is a required property
        in /repos/acme/deploy/issues/1/timeline
    "#);
}

#[test]
fn a_document_that_does_not_fit() {
    assert_snapshot!(graph(r#"{"query":"{ viewer { log } }"}"#, "{}"), @"
    POST /graphql: the document does not fit: interface, union and object types must have a subselection set
    POST /graphql: the document does not fit: type `User` does not have a field `log`
    ");
    let document = "mutation($input: UpdateRefsInput!) { updateRefs(input: $input) { clientMutationId } }";
    let sent = format!(r#"{{"query":"{document}","variables":{{"input":{{"repositoryId":"R_1"}}}}}}"#);
    assert_snapshot!(graph(&sent, r#"{"data":{"updateRefs":{}}}"#), @"
    POST /graphql: the variables do not fit: Missing value for non-null input object field UpdateRefsInput.refUpdates
    POST /graphql: at `data.updateRefs`: the answer lacks `clientMutationId`, which was selected
    ");
}

#[test]
fn an_answer_that_was_not_selected() {
    let sent = r#"{"query":"{ viewer { login isViewer } }"}"#;
    let said = r#"{"data":{"viewer":{"login":null,"name":"Bob"}}}"#;
    assert_snapshot!(graph(sent, said), @"
    POST /graphql: at `data.viewer.login`: null is no String!
    POST /graphql: at `data.viewer`: the answer lacks `isViewer`, which was selected
    POST /graphql: at `data.viewer`: nobody selected `name`
    ");
}

fn graph(sent: &str, said: &str) -> String {
    exchange("POST", "/graphql", sent, 200, said)
}
