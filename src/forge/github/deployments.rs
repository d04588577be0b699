//! GitHub's deployments: each landing is shown there, beside the config repository, and nothing is ever read from them but
//! whether it is.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::budget::Lane;
use super::connection::{Call, lock};
use super::credentials::Scope;
use super::wire::GraphAnswer;
use super::{GitHubForge, failed};
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, Deployment, ImageReference, Place, RepositoryName, Target, Time};

/// How many environments one document asks about.
const ENVIRONMENTS_AT_ONCE: usize = 20;
/// How many of the newest deployments of an environment are looked at: others may show theirs there too.
const LATEST_MAX: usize = 10;
/// After how long a bot that may not is tried again.
const SHUT_FOR: TimeDelta = TimeDelta::hours(1);
/// Longest payload that is read, in bytes.
const PAYLOAD_BYTES_MAX: usize = 64 * 1024;
/// How GitHub calls what runs. It calls it `inactive` once something else does.
const SUCCESS: &str = "SUCCESS";
const VERB: &str = "write deployments";

/// What GitHub shows of a repository's deployments, as it was read or written last.
#[derive(Debug, Default)]
pub(super) struct Told {
    shown: BTreeMap<Target, Shown>,
    /// Until when the bot may not, and why.
    shut: Option<(Time, ForgeError)>,
}

/// Towpath's deployments of one target.
#[derive(Clone, Debug, Default)]
struct Shown {
    /// The newest one.
    latest: Option<Latest>,
    /// Those that count as running.
    running: Vec<u64>,
}

#[derive(Clone, Debug)]
struct Latest {
    id: u64,
    images: Vec<ImageReference>,
    /// Whether it has a status; whoever was cut off between the two left it without.
    is_complete: bool,
}

/// The mark by which a deployment of Towpath's is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Payload {
    towpath: Mark,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mark {
    images: Vec<ImageReference>,
    change: Option<ChangeNumber>,
}

#[derive(Deserialize)]
struct Nodes {
    nodes: Vec<Node>,
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

#[derive(Deserialize)]
struct MadeDeployment {
    id: u64,
}

impl GitHubForge {
    /// What GitHub shows as the latest of our deployments at each target.
    pub(super) async fn shown_deployments(
        &self,
        place: &Place,
        targets: &[Target],
    ) -> Result<BTreeMap<Target, Vec<ImageReference>>, ForgeError> {
        self.read_deployments(&place.repository, targets).await?;
        let memory = self.memory(&place.repository);
        let told = lock(&memory.deployments);
        let images = |target: &Target| {
            let latest = told.shown.get(target)?.latest.as_ref().filter(|latest| latest.is_complete)?;
            Some((target.clone(), latest.images.clone()))
        };
        Ok(targets.iter().filter_map(images).collect())
    }

    /// Shows a landing, unless it is shown; completes what somebody left without its status.
    pub(super) async fn show_deployment(
        &self,
        place: &Place,
        deployment: &Deployment,
    ) -> Result<(), ForgeError> {
        let shown = self.show_landing(&place.repository, deployment).await;
        let memory = self.memory(&place.repository);
        let mut told = lock(&memory.deployments);
        match shown {
            Ok(shown) => drop(told.shown.insert(deployment.target.clone(), shown)),
            Err(error) => {
                // What became of it is read again.
                told.shown.remove(&deployment.target);
                told.shut_by(&error, self.now());
                return Err(error);
            }
        }
        Ok(())
    }

    async fn show_landing(
        &self,
        repository: &RepositoryName,
        deployment: &Deployment,
    ) -> Result<Shown, ForgeError> {
        // Nothing of GitHub's refuses a second one, and another replica may have been faster.
        let read = self.ask_deployments(repository, &[&deployment.target]).await?;
        let known = read.into_iter().map(|(_, shown)| shown).next().unwrap_or_default();
        let latest = known.latest.as_ref().filter(|latest| latest.images == deployment.images);
        if latest.is_some_and(|latest| latest.is_complete) {
            return Ok(known);
        }
        let id = match latest {
            Some(latest) => latest.id,
            None => self.create_deployment(repository, deployment).await?,
        };
        self.set_state(repository, (id, "success"), deployment).await?;
        if deployment.is_last {
            // GitHub does so by itself only where people do not work.
            for earlier in known.running.iter().filter(|earlier| **earlier != id) {
                self.set_state(repository, (*earlier, "inactive"), deployment).await?;
            }
        }
        let latest = Latest { id, images: deployment.images.clone(), is_complete: true };
        Ok(Shown { latest: Some(latest), running: vec![id] })
    }

    async fn create_deployment(
        &self,
        repository: &RepositoryName,
        deployment: &Deployment,
    ) -> Result<u64, ForgeError> {
        let mark = Mark { images: deployment.images.clone(), change: deployment.change };
        let body = json!({
            "ref": deployment.commit.as_str(),
            "environment": environment(&deployment.target),
            "description": deployment.description,
            "payload": Payload { towpath: mark },
            "auto_merge": false,
            "required_contexts": [],
            "transient_environment": false,
            "production_environment": deployment.is_last,
        });
        let path = format!("/repos/{repository}/deployments");
        // GitHub refuses no second one: a lost answer is repaired by the next look.
        let call = Call::write(Scope::Deployments(repository), VERB, Method::POST, path, body).once();
        let answer = self.inner.connection.call(call.in_lane(Lane::Show)).await?;
        if answer.status != StatusCode::CREATED {
            return Err(failed(format!("showing {} in GitHub", deployment.target), answer.words()));
        }
        answer.json::<MadeDeployment>("the deployment").map(|made| made.id)
    }

    async fn set_state(
        &self,
        repository: &RepositoryName,
        (id, state): (u64, &str),
        deployment: &Deployment,
    ) -> Result<(), ForgeError> {
        let mut body = json!({ "state": state, "auto_inactive": true });
        if state == "success" {
            body["description"] = json!(deployment.description);
            if let Some(change) = deployment.change {
                body["log_url"] = json!(self.page_of(repository, change));
            }
        }
        let path = format!("/repos/{repository}/deployments/{id}/statuses");
        let call = Call::write(Scope::Deployments(repository), VERB, Method::POST, path, body);
        let answer = self.inner.connection.call(call.in_lane(Lane::Show)).await?;
        answer.expect(&format!("the deployment {id} of `{repository}`"))
    }

    /// Reads what GitHub shows of the targets of which that is not known.
    async fn read_deployments(
        &self,
        repository: &RepositoryName,
        targets: &[Target],
    ) -> Result<(), ForgeError> {
        let memory = self.memory(repository);
        let unknown: Vec<&Target> = {
            let told = lock(&memory.deployments);
            if let Some((_, error)) = told.shut.as_ref().filter(|(until, _)| *until > self.now()) {
                return Err(error.clone());
            }
            targets.iter().filter(|target| !told.shown.contains_key(target)).collect()
        };
        for some in unknown.chunks(ENVIRONMENTS_AT_ONCE) {
            let read = self.ask_deployments(repository, some).await;
            let mut told = lock(&memory.deployments);
            match read {
                Ok(shown) => told.shown.extend(shown),
                Err(error) => {
                    told.shut_by(&error, self.now());
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// One document about some targets.
    async fn ask_deployments(
        &self,
        repository: &RepositoryName,
        targets: &[&Target],
    ) -> Result<Vec<(Target, Shown)>, ForgeError> {
        let body = question(repository, targets);
        let call = Call::mutation(Scope::Deployments(repository), "read deployments", body, 0);
        let answer = self.inner.connection.call(call.in_lane(Lane::Show)).await?;
        let answer: GraphAnswer = answer.json("the deployments")?;
        let found = answer.data.and_then(|mut data| data.remove("repository"));
        let Some(Value::Object(mut found)) = found else {
            let why =
                answer.errors.first().map_or("GitHub's answer says nothing of them", |own| &own.message);
            return Err(ForgeError::Shut {
                why: format!("the deployments of `{repository}` are not shown to the bot: {why}"),
                way_out: "grant it to write deployments, or set `deployments: false` for the forge"
                    .to_owned(),
            });
        };
        let shown = targets.iter().enumerate().map(|(index, target)| {
            let nodes = found.remove(&format!("e{index}")).unwrap_or_default();
            let nodes: Nodes =
                serde_json::from_value(nodes).map_err(|why| failed("reading deployments", why))?;
            Ok(((*target).clone(), shown(nodes.nodes)))
        });
        shown.collect()
    }
}

impl Told {
    /// Notes that the bot may not, and says so once.
    fn shut_by(&mut self, error: &ForgeError, now: Time) {
        match error {
            ForgeError::Forbidden { .. } | ForgeError::NotFound { .. } | ForgeError::Shut { .. } => {
                tracing::warn!("landings are not shown as deployments: {error}");
                self.shut = Some((now + SHUT_FOR, error.clone()));
            }
            ForgeError::Conflict { .. }
            | ForgeError::Blocked { .. }
            | ForgeError::NotYet { .. }
            | ForgeError::RateLimited { .. }
            | ForgeError::Unavailable { .. } => {}
        }
    }
}

/// What GitHub calls a target.
fn environment(target: &Target) -> String {
    format!("{}/{}", target.environment, target.service)
}

fn question(repository: &RepositoryName, targets: &[&Target]) -> Value {
    let (owner, name) = repository.as_str().split_once('/').expect("a repository has an owner");
    let mut variables: Map<String, Value> = Map::new();
    variables.insert("owner".to_owned(), json!(owner));
    variables.insert("name".to_owned(), json!(name));
    let (mut declared, mut asked) = (String::new(), String::new());
    for (index, target) in targets.iter().enumerate() {
        variables.insert(format!("e{index}"), json!([environment(target)]));
        write!(declared, ", $e{index}: [String!]").expect("a text can be written to");
        writeln!(
            asked,
            "  e{index}: deployments(environments: $e{index}, first: {LATEST_MAX}, orderBy: {{ field: CREATED_AT, direction: DESC }}) {{ nodes {{ databaseId payload latestStatus {{ state }} }} }}"
        )
        .expect("a text can be written to");
    }
    let query = format!(
        "query($owner: String!, $name: String!{declared}) {{ repository(owner: $owner, name: $name) {{\n{asked}}} }}"
    );
    json!({ "query": query, "variables": variables })
}

/// What of the newest deployments is ours, the newest first.
fn shown(nodes: Vec<Node>) -> Shown {
    let mut shown = Shown::default();
    for node in nodes {
        let (Some(id), Some(mark)) = (node.database_id, node.payload.as_deref().and_then(mark)) else {
            continue;
        };
        let state = node.latest_status.map(|status| status.state);
        if state.as_deref() == Some(SUCCESS) {
            shown.running.push(id);
        }
        if shown.latest.is_none() {
            shown.latest = Some(Latest { id, images: mark.images, is_complete: state.is_some() });
        }
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
