//! Deployments: anybody who may write them makes as many as they like, and the latest status of each says how it stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use towpath::forge::ForgeError;
use towpath::model::Time;

use super::super::{EffectKind, State};
use super::json::{account, node_id, time};
use super::{Asked, Said, error, not_found, unprocessable};

/// How many of a list GraphQL gives here.
const FIRST: usize = 10;

/// A deployment as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct FakeDeployment {
    id: u64,
    pub(crate) environment: String,
    pub(crate) description: String,
    /// What Towpath says in its payload that it brought.
    pub(crate) images: Value,
    /// How it stands; nothing until somebody says so.
    pub(crate) state: Option<&'static str>,
    pub(crate) log_url: Option<String>,
    payload: Value,
    commit: String,
    is_production: bool,
    made_at: Time,
}

impl FakeDeployment {
    /// Makes it somebody else's.
    pub(crate) fn take_over(&mut self, description: &str, payload: Value) {
        self.id += 1_000;
        description.clone_into(&mut self.description);
        self.images = Value::Null;
        self.payload = payload;
    }
}

impl State {
    /// The deployments of each environment, the oldest first.
    pub(crate) fn deployments(&self) -> BTreeMap<String, Vec<FakeDeployment>> {
        let mut all: BTreeMap<String, Vec<FakeDeployment>> = BTreeMap::new();
        for deployment in &self.github.deployments {
            all.entry(deployment.environment.clone()).or_default().push(deployment.clone());
        }
        all
    }

    pub(super) fn add_deployment(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        if self.github.setup.refuses_deployments {
            return Ok((403, error("Resource not accessible by integration")));
        }
        let Some(commit) = self.found_commit(asked.text("ref")) else {
            return Ok(unprocessable("No ref found"));
        };
        assert_eq!(asked.body["required_contexts"], json!([]), "no status of a commit stops it");
        assert_eq!(asked.body["auto_merge"], json!(false), "GitHub merges nothing for it");
        let made = FakeDeployment {
            id: self.github.deployments.len() as u64 + 1,
            environment: asked.text("environment").to_owned(),
            description: asked.text("description").to_owned(),
            images: asked.body["payload"]["towpath"]["images"].clone(),
            state: None,
            log_url: None,
            payload: asked.body["payload"].clone(),
            commit: commit.to_string(),
            is_production: asked.body["production_environment"] == json!(true),
            made_at: self.forge_now(),
        };
        let made = self.effect(|state| {
            state.github.deployments.push(made.clone());
            let environment = made.environment.clone();
            (made, EffectKind::DeploymentMade { environment })
        })?;
        Ok((201, self.deployment_json(&made)))
    }

    /// A new status. One that succeeded makes the earlier ones inactive, but not where people work.
    pub(super) fn add_deployment_status(&mut self, id: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let found = self.github.deployments.iter().find(|own| own.id.to_string() == id).cloned();
        let Some(mut new) = found else { return Ok(not_found()) };
        let states = ["success", "inactive"];
        new.state = states.into_iter().find(|state| *state == asked.text("state"));
        assert!(new.state.is_some(), "a state that the bot uses: {}", asked.body);
        new.log_url = asked.body["log_url"].as_str().map(str::to_owned).or(new.log_url);
        let is_auto = asked.body["auto_inactive"] == json!(true) && new.state == Some("success");
        let new = self.effect(|state| {
            for own in &mut state.github.deployments {
                let is_earlier = own.environment == new.environment && own.id != new.id;
                if is_auto && is_earlier && !own.is_production && own.state.is_some() {
                    own.state = Some("inactive");
                }
                if own.id == new.id {
                    *own = new.clone();
                }
            }
            let environment = new.environment.clone();
            (new, EffectKind::DeploymentState { environment })
        })?;
        Ok((201, self.deployment_status_json(&new)))
    }

    /// The latest ones of each environment that a question names.
    pub(super) fn latest_deployments(&self, variables: &Value) -> Said {
        let named = variables.as_object().expect("an object").iter();
        let named = named.filter(|(name, _)| name.starts_with('e'));
        let found: Map<String, Value> = named
            .map(|(name, environments)| {
                let is_there = |own: &&FakeDeployment| environments[0] == json!(own.environment);
                let own = self.github.deployments.iter().rev().filter(is_there).take(FIRST);
                let nodes: Vec<Value> = own.map(node).collect();
                (name.clone(), json!({ "nodes": nodes }))
            })
            .collect();
        (200, json!({ "data": { "repository": found } }))
    }

    fn deployment_json(&self, own: &FakeDeployment) -> Value {
        let url = self.api(&format!("/deployments/{}", own.id));
        json!({
            "url": url,
            "id": own.id,
            "node_id": node_id("DE", own.id),
            "sha": own.commit,
            "ref": own.commit,
            "task": "deploy",
            "payload": own.payload,
            "original_environment": own.environment,
            "environment": own.environment,
            "description": own.description,
            "creator": account(self.bot.as_str()),
            "created_at": time(own.made_at),
            "updated_at": time(own.made_at),
            "statuses_url": format!("{url}/statuses"),
            "repository_url": self.api(""),
            "transient_environment": false,
            "production_environment": own.is_production,
        })
    }

    fn deployment_status_json(&self, own: &FakeDeployment) -> Value {
        let url = self.api(&format!("/deployments/{}", own.id));
        let page = own.log_url.clone().unwrap_or_else(|| self.web("/deployments"));
        json!({
            "url": format!("{url}/statuses/1"),
            "id": 1,
            "node_id": node_id("DES", own.id),
            "state": own.state,
            "creator": account(self.bot.as_str()),
            "description": own.description,
            "environment": own.environment,
            "target_url": page,
            "created_at": time(own.made_at),
            "updated_at": time(own.made_at),
            "deployment_url": url,
            "repository_url": self.api(""),
            "environment_url": page,
            "log_url": page,
        })
    }
}

/// A deployment as GraphQL tells it; its payload is JSON in a text.
fn node(own: &FakeDeployment) -> Value {
    json!({
        "databaseId": own.id,
        "payload": own.payload.to_string(),
        "latestStatus": own.state.map(|state| json!({ "state": state.to_ascii_uppercase() })),
    })
}
