//! Check runs: only an App may write them, and each belongs to the App that wrote it.

use serde_json::{Value, json};
use towpath::forge::ForgeError;
use towpath::model::{CommitId, Status, StatusState, Time};

use super::super::{EffectKind, State};
use super::json::{account, app, node_id, time};
use super::{Asked, Said, error, not_found, unprocessable};

/// A check run as it is kept.
#[derive(Clone, Debug)]
pub(crate) struct FakeCheck {
    id: u64,
    pub(crate) name: String,
    pub(crate) head: CommitId,
    pub(crate) started_at: Time,
    pub(crate) conclusion: Option<String>,
    /// What people see of it.
    pub(crate) output: Value,
    details_url: String,
}

impl State {
    /// The runs of an App on a commit, the newest first.
    pub(super) fn check_runs(&self, id: &str, asked: &Asked<'_>) -> Option<Value> {
        let head = self.found_commit(id)?;
        let is_own = asked.query("app_id").is_none_or(|app| app == "12");
        let builds = if asked.query("app_id").is_none() { &self.github.builds[..] } else { &[] };
        let all = self.github.checks.iter().chain(builds).rev();
        let on_it = all.filter(|check| check.head == head && is_own);
        let runs: Vec<Value> = on_it.map(|check| self.check_json(check)).collect();
        Some(json!({ "total_count": runs.len(), "check_runs": runs }))
    }

    /// A build of a commit ended, or goes on where it has no conclusion; an earlier one of that name is gone.
    pub(crate) fn build(&mut self, head: &CommitId, name: &str, conclusion: Option<&str>) {
        self.github.builds.retain(|build| build.head != *head || build.name != name);
        let build = FakeCheck {
            id: 1_000 + self.github.builds.len() as u64,
            name: name.to_owned(),
            head: head.clone(),
            started_at: self.forge_now(),
            conclusion: conclusion.map(str::to_owned),
            output: Value::Null,
            details_url: String::new(),
        };
        self.github.builds.push(build);
    }

    pub(super) fn add_check(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        if !self.github.is_app {
            return Ok((403, error("You must authenticate via a GitHub App.")));
        }
        let Some(head) = self.found_commit(asked.text("head_sha")) else {
            return Ok(unprocessable("No commit found for SHA"));
        };
        let started_at = asked.text("started_at").parse().expect("a run says when it began");
        let check = FakeCheck {
            id: self.github.checks.len() as u64 + 1,
            name: asked.text("name").to_owned(),
            head,
            started_at,
            conclusion: None,
            output: Value::Null,
            details_url: String::new(),
        };
        let made = self.show_check(check, asked)?;
        Ok((201, self.check_json(&made)))
    }

    pub(super) fn edit_check(&mut self, id: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        if !self.github.is_app {
            return Ok((403, error("You must authenticate via a GitHub App.")));
        }
        let found = self.github.checks.iter().find(|check| check.id.to_string() == id).cloned();
        let Some(check) = found else { return Ok(not_found()) };
        let concludes_otherwise =
            check.conclusion.is_some() && asked.body["conclusion"].as_str() != check.conclusion.as_deref();
        assert!(!concludes_otherwise, "what GitHub makes of another conclusion is written nowhere");
        let made = self.show_check(check, asked)?;
        Ok((200, self.check_json(&made)))
    }

    /// Gives a run its new words. The change of that head keeps them as its status.
    fn show_check(&mut self, mut check: FakeCheck, asked: &Asked<'_>) -> Result<FakeCheck, ForgeError> {
        check.conclusion = asked.body["conclusion"].as_str().map(str::to_owned);
        check.output = asked.body["output"].clone();
        for part in ["summary", "text"] {
            let bytes = check.output[part].as_str().map_or(0, str::len);
            assert!(bytes <= 65_535, "GitHub counts the bytes of the {part}");
        }
        asked.text("details_url").clone_into(&mut check.details_url);
        let state = match check.conclusion.as_deref() {
            None => StatusState::Pending,
            Some("success") => StatusState::Success,
            Some(_) => StatusState::Failure,
        };
        let text = check.output["title"].as_str().expect("a run has a title").to_owned();
        let on_it = |change: &&super::super::FakeChange| change.heads.iter().any(|(_, at)| *at == check.head);
        let in_queue = self.group_of(&check.head);
        let found = self.changes.iter().rev().find(on_it).map(|change| change.number);
        let number = in_queue.or(found).expect("a change has that head");
        self.effect(|world| {
            let status = Status { head: check.head.clone(), at: check.started_at, state, text };
            if in_queue.is_some() {
                world.note_in_queue(number, check.name.clone(), status);
            } else {
                let change = world.change_mut(number).expect("it was just there");
                change.statuses.retain(|(name, old)| *name != check.name || old.head != check.head);
                change.statuses.push((check.name.clone(), status));
            }
            world.github.checks.retain(|old| old.id != check.id);
            world.github.checks.push(check.clone());
            world.github.checks.sort_by_key(|check| check.id);
            (check, EffectKind::StatusSet { change: number })
        })
    }

    fn check_json(&self, check: &FakeCheck) -> Value {
        let id = check.id;
        let url = self.api(&format!("/check-runs/{id}"));
        let is_done = check.conclusion.is_some();
        json!({
            "id": id,
            "node_id": node_id("CR", id),
            "head_sha": check.head.as_str(),
            "external_id": "",
            "url": url,
            "html_url": self.web(&format!("/runs/{id}")),
            "details_url": check.details_url,
            "status": if is_done { "completed" } else { "in_progress" },
            "conclusion": check.conclusion,
            "started_at": time(check.started_at),
            "completed_at": is_done.then(|| time(self.forge_now())),
            "output": {
                "title": check.output["title"],
                "summary": check.output["summary"],
                "text": check.output["text"],
                "annotations_count": 0,
                "annotations_url": format!("{url}/annotations"),
            },
            "name": check.name,
            "check_suite": { "id": 1 },
            "app": integration(&app("towpath", &self.github.setup.grants(), self.started_at())),
            "pull_requests": [],
        })
    }
}

/// An App as others see it.
pub(super) fn integration(app: &Value) -> Value {
    let mut seen = app.clone();
    let members = seen.as_object_mut().expect("an App is an object");
    members.remove("installations_count");
    seen["owner"] = account("acme");
    seen
}
