//! What is asked of GitHub's deployments: the newest ones of some environments, in one document.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::message::one_line;
use super::super::wire::{GraphError, GraphResponse};
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, ImageReference, RepositoryName, ServiceEnvironment};

/// How many of the newest deployments of an environment are looked at: others may show theirs there too.
const LATEST_MAX: usize = 10;
/// Longest payload that is read, in bytes.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// How GitHub calls what runs. It calls it `INACTIVE` once something else does.
const RUNNING: &str = "SUCCESS";

/// The mark by which a deployment of Towpath's is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Payload {
    pub(super) towpath: Mark,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) images: Vec<ImageReference>,
    pub(super) change: Option<ChangeNumber>,
}

/// Towpath's deployments of one target.
#[derive(Clone, Debug, Default)]
pub(super) struct TargetDeployments {
    /// The newest one.
    pub(super) latest: Option<Latest>,
    /// Those that count as running, and those that nobody said anything of.
    pub(super) open: Vec<u64>,
}

#[derive(Clone, Debug)]
pub(super) struct Latest {
    pub(super) id: u64,
    pub(super) images: Vec<ImageReference>,
    /// Whether it has a status; whoever was cut off between the two left it without.
    pub(super) is_complete: bool,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Option<Node>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    database_id: Option<u64>,
    payload: Option<String>,
    latest_status: Option<NodeStatus>,
}

#[derive(Deserialize)]
struct NodeStatus {
    state: String,
}

/// What GitHub calls a target.
pub(super) fn environment(target: &ServiceEnvironment) -> String {
    format!("{}/{}", target.environment, target.service)
}

/// The document about some targets.
pub(super) fn question(repository: &RepositoryName, targets: &[&ServiceEnvironment]) -> Value {
    let (owner, name) = (repository.owner(), repository.short_name());
    let mut variables =
        Map::from_iter([("owner".to_owned(), json!(owner)), ("name".to_owned(), json!(name))]);
    let (mut declared, mut asked) = (String::new(), String::new());
    for (index, target) in targets.iter().enumerate() {
        variables.insert(format!("e{index}"), json!([environment(target)]));
        write!(declared, ", $e{index}: [String!]").expect("a text can be written to");
        writeln!(
            asked,
            "  e{index}: deployments(environments: $e{index}, first: {LATEST_MAX}, \
             orderBy: {{ field: CREATED_AT, direction: DESC }}) \
             {{ nodes {{ databaseId payload latestStatus {{ state }} }} }}"
        )
        .expect("a text can be written to");
    }
    let query = format!(
        "query($owner: String!, $name: String!{declared}) {{ \
         repository(owner: $owner, name: $name) {{\n{asked}}} }}"
    );
    json!({ "query": query, "variables": variables })
}

/// The response about the same targets; those of which GitHub says nothing are left out.
pub(super) fn answered(
    response: GraphResponse,
    repository: &RepositoryName,
    targets: &[&ServiceEnvironment],
) -> Result<Vec<(ServiceEnvironment, TargetDeployments)>, ForgeError> {
    let found = response.data.and_then(|mut data| data.remove("repository"));
    let Some(Value::Object(mut found)) = found else {
        return Err(refused(response.errors.first(), repository));
    };
    let mut shown = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let nodes = found.remove(&format!("e{index}")).unwrap_or_default();
        let nodes: Option<Nodes> = serde_json::from_value(nodes)
            .map_err(|why| ForgeError::unavailable("reading deployments", why))?;
        shown.extend(nodes.map(|nodes| ((*target).clone(), ours(nodes.nodes))));
    }
    Ok(shown)
}

/// Why GitHub shows none at all.
fn refused(error: Option<&GraphError>, repository: &RepositoryName) -> ForgeError {
    let kind = error.and_then(|error| error.kind.as_deref());
    let words =
        error.map_or_else(|| "GitHub's response says nothing".to_owned(), |error| one_line(&error.message));
    let is_forbidden = matches!(kind, Some("FORBIDDEN" | "NOT_FOUND"));
    if is_forbidden || error.is_some_and(|error| error.message.contains("not accessible by")) {
        ForgeError::Misconfigured {
            why: format!("the deployments of `{repository}` are not shown to the bot: {words}"),
            way_out: "grant it to write deployments, or set `deployments: false` for the forge".to_owned(),
        }
    } else {
        ForgeError::unavailable("reading deployments", words)
    }
}

/// What of the newest deployments is ours, the newest first.
fn ours(nodes: Vec<Option<Node>>) -> TargetDeployments {
    let mut shown = TargetDeployments::default();
    for node in nodes.into_iter().flatten() {
        let mark = node.payload.as_deref().and_then(mark);
        let (Some(id), Some(mark)) = (node.database_id, mark) else { continue };
        let state = node.latest_status.map(|status| status.state);
        if state.as_deref().is_none_or(|state| state == RUNNING) {
            shown.open.push(id);
        }
        let is_complete = state.is_some();
        shown.latest.get_or_insert(Latest { id, images: mark.images, is_complete });
    }
    shown
}

/// The mark in a payload. GitHub gives back an object as JSON in a text, and sometimes that as JSON again.
fn mark(payload: &str) -> Option<Mark> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return None;
    }
    let inner: Option<String> = serde_json::from_str(payload).ok();
    let payload: Payload = serde_json::from_str(inner.as_deref().unwrap_or(payload)).ok()?;
    Some(payload.towpath)
}
