//! GitHub's deployments: each landing is shown there, beside the config repository, and nothing is ever read from them but
//! whether it is.
//!
//! A landing is shown because GitHub shows another one, not because a record says that it was not shown: so a lost
//! response, a restart or another replica needs no special case. Deployments come last, in a lane of their own, and can
//! fail without stopping anything. Landings older than a day, and what was adopted, are left out. A landing costs 2
//! reads and 2 or 3 writes. What GitHub rejects is not tried again for an hour. A deployment that somebody else ended
//! stays ended.

mod question;

use std::collections::BTreeMap;

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;

use super::GitHubForge;
use super::budget::Lane;
use super::lock::lock;
use super::scope::Scope;
use super::transport::{Call, Response};
use super::wire::GraphResponse;
use crate::forge::ForgeError;
use crate::model::{
    ConfigBranch, Deployment, ImageReference, RepositoryName, ServiceEnvironment, Time, is_paused,
    is_younger_than,
};
use question::{Latest, Mark, Payload, TargetDeployments, answered, environment, question};

/// How many environments one document asks about.
const ENVIRONMENTS_AT_ONCE: usize = 20;
/// How long what was read counts: another replica, or a person, may have shown something else since.
const SHOWN_AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// After how long a bot that may not, or a landing that GitHub does not take, is tried again.
const SHUT_FOR: TimeDelta = TimeDelta::hours(1);
/// How long to wait after GitHub did not respond.
const SILENT_FOR: TimeDelta = TimeDelta::minutes(1);
/// How many writes a landing takes at least: the deployment, and its status.
const WRITES: u32 = 2;
const VERB: &str = "write deployments";

/// What GitHub shows of a repository's deployments, as it was read or written last.
#[derive(Debug, Default)]
pub(super) struct DeploymentCache {
    /// What is shown, and when it was read.
    shown: BTreeMap<ServiceEnvironment, (TargetDeployments, Time)>,
    /// Until when nothing is asked here, and why.
    shut: Option<(Time, ForgeError)>,
    /// Until when nothing is tried at a target, and why.
    refused: BTreeMap<ServiceEnvironment, (Time, ForgeError)>,
}

#[derive(Deserialize)]
struct MadeDeployment {
    id: u64,
}

impl GitHubForge {
    /// What GitHub shows as the latest of our deployments at each target.
    pub(super) async fn shown_deployments(
        &self,
        place: &ConfigBranch,
        targets: &[ServiceEnvironment],
    ) -> Result<BTreeMap<ServiceEnvironment, Vec<ImageReference>>, ForgeError> {
        let memory = self.memory(&place.repository);
        let unknown: Vec<&ServiceEnvironment> = {
            let told = lock(&memory.deployments);
            told.expect_open(self.now())?;
            targets.iter().filter(|target| told.shown_at(target, self.now()).is_none()).collect()
        };
        for some in unknown.chunks(ENVIRONMENTS_AT_ONCE) {
            self.read_deployments(&place.repository, some).await?;
        }
        let told = lock(&memory.deployments);
        let images = |target: &ServiceEnvironment| {
            let latest = told.shown_at(target, self.now())?.latest.as_ref();
            let latest = latest.filter(|latest| latest.is_complete)?;
            Some((target.clone(), latest.images.clone()))
        };
        Ok(targets.iter().filter_map(images).collect())
    }

    /// Shows a landing, unless it is shown; completes what somebody left without its status.
    pub(super) async fn show_deployment(
        &self,
        place: &ConfigBranch,
        deployment: &Deployment,
    ) -> Result<(), ForgeError> {
        let repository = &place.repository;
        let memory = self.memory(repository);
        let open = {
            let told = lock(&memory.deployments);
            told.expect_open(self.now())?;
            told.expect_not_refused(&deployment.target, self.now())?;
            told.shown_at(&deployment.target, self.now()).map_or(0, |shown| shown.open.len())
        };
        // What the budget cannot end is not begun.
        self.expect_room(repository, open)?;
        let shown = self.show_landing(repository, deployment).await;
        lock(&memory.deployments).take(&deployment.target, shown, self.now())
    }

    fn expect_room(&self, repository: &RepositoryName, open: usize) -> Result<(), ForgeError> {
        let writes = WRITES.saturating_add(u32::try_from(open).unwrap_or(u32::MAX));
        self.inner
            .transport
            .available_writes(Scope::Deployments(repository), Lane::Deployment, writes)
            .map(drop)
    }

    async fn show_landing(
        &self,
        repository: &RepositoryName,
        deployment: &Deployment,
    ) -> Result<TargetDeployments, ForgeError> {
        // Nothing of GitHub's refuses a second one, and another replica may have been faster.
        let read = self.read_deployments(repository, &[&deployment.target]).await?;
        let Some((_, known)) = read.into_iter().next() else {
            return Err(ForgeError::unavailable(
                "reading deployments",
                format!("GitHub says nothing of {}", deployment.target),
            ));
        };
        let latest = known.latest.as_ref().filter(|latest| latest.images == deployment.images);
        if latest.is_some_and(|latest| latest.is_complete) {
            return Ok(known);
        }
        self.expect_room(repository, known.open.len())?;
        let id = match latest {
            Some(latest) => latest.id,
            None => self.create_deployment(repository, deployment).await?,
        };
        // The status of the new one comes last: where it is missing, the next look goes on here.
        for earlier in known.open.iter().filter(|earlier| **earlier != id) {
            self.set_state(repository, *earlier, "inactive", deployment).await?;
        }
        self.set_state(repository, id, "success", deployment).await?;
        let latest = Latest { id, images: deployment.images.clone(), is_complete: true };
        Ok(TargetDeployments { latest: Some(latest), open: vec![id] })
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
        // GitHub refuses no second one: a lost response is repaired by the next look.
        let call = Call::write(Scope::Deployments(repository), VERB, Method::POST, path, body).once();
        let response = self.inner.transport.call(call.in_lane(Lane::Deployment)).await?;
        if response.status != StatusCode::CREATED {
            return Err(not_taken(&response, deployment));
        }
        response.json::<MadeDeployment>("the deployment").map(|made| made.id)
    }

    async fn set_state(
        &self,
        repository: &RepositoryName,
        id: u64,
        state: &str,
        deployment: &Deployment,
    ) -> Result<(), ForgeError> {
        // What others show in the environment is theirs, so nothing becomes inactive by itself.
        let mut body = json!({ "state": state, "auto_inactive": false });
        if state == "success" {
            body["description"] = json!(deployment.description);
            if let Some(change) = deployment.change {
                body["log_url"] = json!(self.page_of(repository, change));
            }
        }
        let path = format!("/repos/{repository}/deployments/{id}/statuses");
        let call = Call::write(Scope::Deployments(repository), VERB, Method::POST, path, body);
        let response = self.inner.transport.call(call.in_lane(Lane::Deployment)).await?;
        response.ensure_success(&format!("the deployment {id} of `{repository}`"))
    }

    /// Reads what GitHub shows of some targets. It is asked once: a look does not wait for what people only look at.
    async fn read_deployments(
        &self,
        repository: &RepositoryName,
        targets: &[&ServiceEnvironment],
    ) -> Result<Vec<(ServiceEnvironment, TargetDeployments)>, ForgeError> {
        let body = question(repository, targets);
        let call = Call::query(Scope::Deployments(repository), "read deployments", body);
        let response = self.inner.transport.call(call.in_lane(Lane::Deployment).once()).await;
        let response = response.and_then(|response| response.json::<GraphResponse>("the deployments"));
        let read = response.and_then(|response| answered(response, repository, targets));
        let memory = self.memory(repository);
        let (mut told, now) = (lock(&memory.deployments), self.now());
        match &read {
            Ok(shown) => {
                told.shown.extend(shown.iter().map(|(target, own)| (target.clone(), (own.clone(), now))));
            }
            Err(error) => told.shut_by(error, now),
        }
        read
    }
}

/// Why GitHub does not take a deployment. Such a no is about the matter, unless it hides that there is one.
fn not_taken(response: &Response, deployment: &Deployment) -> ForgeError {
    let what = format!("showing {} among the deployments", deployment.target);
    if response.status == StatusCode::NOT_FOUND {
        return ForgeError::NotFound {
            what: "the repository's list of deployments, for the bot,".to_owned(),
        };
    }
    ForgeError::Blocked { what, why: response.message() }
}

impl DeploymentCache {
    /// What is shown at a target, as far as that is known.
    fn shown_at(&self, target: &ServiceEnvironment, now: Time) -> Option<&TargetDeployments> {
        self.shown
            .get(target)
            .filter(|(_, at)| is_younger_than(SHOWN_AGE_MAX, *at, now))
            .map(|(shown, _)| shown)
    }

    /// Refuses what was refused here lately.
    fn expect_open(&self, now: Time) -> Result<(), ForgeError> {
        let shut = self.shut.as_ref().filter(|(until, _)| is_paused(*until, SHUT_FOR, now));
        shut.map_or(Ok(()), |(_, error)| Err(error.clone()))
    }

    fn expect_not_refused(&self, target: &ServiceEnvironment, now: Time) -> Result<(), ForgeError> {
        let refused = self.refused.get(target).filter(|(until, _)| is_paused(*until, SHUT_FOR, now));
        refused.map_or(Ok(()), |(_, error)| Err(error.clone()))
    }

    /// Takes what became of a landing.
    fn take(
        &mut self,
        target: &ServiceEnvironment,
        shown: Result<TargetDeployments, ForgeError>,
        now: Time,
    ) -> Result<(), ForgeError> {
        match shown {
            Ok(shown) => {
                self.shown.insert(target.clone(), (shown, now));
                Ok(())
            }
            // Nothing was begun.
            Err(error @ ForgeError::RateLimited { .. }) => Err(error),
            Err(error) => {
                // What became of it is read again.
                self.shown.remove(target);
                match &error {
                    ForgeError::Blocked { .. } | ForgeError::Conflict { .. } | ForgeError::NotYet { .. } => {
                        self.refused.insert(target.clone(), (now + SHUT_FOR, error.clone()));
                    }
                    ForgeError::Unavailable { .. } | ForgeError::RateLimited { .. } => {}
                    ForgeError::Forbidden { .. }
                    | ForgeError::NotFound { .. }
                    | ForgeError::Misconfigured { .. } => {
                        self.shut_by(&error, now);
                    }
                }
                Err(error)
            }
        }
    }

    /// Notes that nothing is to be asked for a while; that the bot may not is said, once an hour.
    fn shut_by(&mut self, error: &ForgeError, now: Time) {
        let pause = match error {
            ForgeError::Forbidden { .. } | ForgeError::NotFound { .. } | ForgeError::Misconfigured { .. } => {
                tracing::warn!("landings are not shown as deployments: {error}");
                SHUT_FOR
            }
            ForgeError::RateLimited { wait } => TimeDelta::from_std(*wait).unwrap_or(SHUT_FOR).min(SHUT_FOR),
            ForgeError::Conflict { .. }
            | ForgeError::Blocked { .. }
            | ForgeError::NotYet { .. }
            | ForgeError::Unavailable { .. } => SILENT_FOR,
        };
        self.shut = Some((now + pause, error.clone()));
    }
}
