//! The check run of a change, which only Apps may write: the line of the status, and below it the gates.
//!
//! A run that is completed can be given other words, but what becomes of another conclusion is written nowhere. So a
//! change that comes to another conclusion, or starts to wait again, gets another run of the same name; GitHub shows
//! the latest. All of them together tell since when people could see the head.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::connection::{Call, PAGE_SIZE};
use super::credentials::Scope;
use super::speak::description;
use super::{GitHubForge, failed};
use crate::forge::{BRANCH_PREFIX, ForgeError, NewStatus};
use crate::model::{ChangeNumber, CommitId, Place, RepositoryName, Status, StatusState, Time};

/// Longest summary and longest details of a run, in bytes: GitHub's pages say characters, and it counts bytes
/// (github/docs issue 35252).
const OUTPUT_BYTES_MAX: usize = 65_535;

/// A check run of ours as it stands on a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    id: u64,
    head: CommitId,
    /// Since when people could see the first run on that head.
    since: Time,
    shown: Shown,
}

/// What people see of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shown {
    state: StatusState,
    title: String,
    summary: String,
    details: String,
}

/// A run as GitHub tells it.
#[derive(Clone, Debug, Deserialize)]
struct CheckRun {
    id: u64,
    name: String,
    head_sha: String,
    conclusion: Option<String>,
    started_at: Option<Time>,
    output: Output,
}

#[derive(Clone, Debug, Deserialize)]
struct Output {
    title: Option<String>,
    summary: Option<String>,
    text: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct CheckRuns {
    check_runs: Vec<CheckRun>,
}

impl Check {
    /// The run in the words that all forges share.
    pub(super) fn status(&self) -> Status {
        let (head, text) = (self.head.clone(), self.shown.title.clone());
        Status { head, at: self.since, state: self.shown.state, text }
    }

    pub(super) const fn head(&self) -> &CommitId {
        &self.head
    }
}

impl GitHubForge {
    /// The run of this App on a head; nothing where it wrote none.
    pub(super) async fn check_on(
        &self,
        repository: &RepositoryName,
        head: &CommitId,
        app: u64,
    ) -> Result<Option<Check>, ForgeError> {
        let path = format!(
            "/repos/{repository}/commits/{head}/check-runs?app_id={app}&filter=all&per_page={PAGE_SIZE}"
        );
        let scope = Scope::Repository(repository);
        let found: CheckRuns = self.inner.connection.get(scope, "read checks", path).await?;
        let own = found.check_runs.into_iter();
        let mut own: Vec<CheckRun> = own.filter(|run| run.name.starts_with(BRANCH_PREFIX)).collect();
        own.sort_by_key(|run| run.id);
        let since = own.iter().filter_map(|run| run.started_at).min();
        Ok(own.pop().map(|last| read(last, head, since.unwrap_or_else(|| self.now()))))
    }

    /// Writes the run of a head, unless it says that already. A head that was just made has none.
    pub(super) async fn publish_check(
        &self,
        place: &Place,
        change: ChangeNumber,
        (head, status): (&CommitId, &NewStatus),
    ) -> Result<(), ForgeError> {
        let wanted = shown(status);
        let known = self.seen_check(place, change, head);
        if known.as_ref().is_some_and(|known| known.shown == wanted) {
            return Ok(());
        }
        let details = self.page_of(&place.repository, change);
        let call = self.writing(place, (head, status), known.as_ref(), (&wanted, details));
        let what = format!("the check of change {change}");
        let written = match self.inner.connection.call(call).await {
            Ok(answer) => answer.json::<CheckRun>(&what),
            Err(error) => Err(error),
        };
        // Whether a failure had its effect is read at the next look.
        let made = written.inspect_err(|_| self.forget_said(place, change))?;
        if made.head_sha != head.as_str() {
            return Err(failed(what, "it stands on another commit"));
        }
        let since = known.map_or_else(|| made.started_at.unwrap_or_else(|| self.now()), |known| known.since);
        self.note_check(place, change, Check { id: made.id, head: head.clone(), since, shown: wanted });
        Ok(())
    }

    /// The request that brings a run to what it should be: the run that is there, or another one.
    fn writing<'a>(
        &self,
        place: &'a Place,
        (head, status): (&CommitId, &NewStatus),
        known: Option<&Check>,
        (wanted, details): (&Shown, String),
    ) -> Call<'a> {
        let mut body = json!({
            "name": status.context,
            "details_url": details,
            "output": output(wanted),
        });
        match conclusion(wanted.state) {
            Some(conclusion) => {
                body["status"] = json!("completed");
                body["conclusion"] = json!(conclusion);
            }
            None => body["status"] = json!("in_progress"),
        }
        let scope = Scope::Repository(&place.repository);
        let path = format!("/repos/{}/check-runs", place.repository);
        let goes_on =
            |known: &&Check| known.shown.state == StatusState::Pending || known.shown.state == wanted.state;
        match known.filter(goes_on) {
            Some(known) => {
                Call::write(scope, "write checks", Method::PATCH, format!("{path}/{}", known.id), body)
            }
            None => {
                body["head_sha"] = json!(head.as_str());
                // Whatever our clock says, an approval counts only a minute after another head was shown.
                body["started_at"] =
                    json!(self.inner.connection.github_now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
                // GitHub refuses no second one: a lost answer is repaired by the next look.
                Call::write(scope, "write checks", Method::POST, path, body).once()
            }
        }
    }
}

fn shown(status: &NewStatus) -> Shown {
    Shown {
        state: status.state,
        title: description(&status.text),
        summary: within(&status.summary),
        details: within(&status.details),
    }
}

fn read(run: CheckRun, head: &CommitId, since: Time) -> Check {
    let state = match run.conclusion.as_deref() {
        None => StatusState::Pending,
        Some("success") => StatusState::Success,
        Some(_) => StatusState::Failure,
    };
    let Output { title, summary, text } = run.output;
    let shown = Shown {
        state,
        title: title.unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        details: text.unwrap_or_default(),
    };
    Check { id: run.id, head: head.clone(), since, shown }
}

fn output(shown: &Shown) -> Value {
    // GitHub wants a summary with each title.
    let summary = if shown.summary.is_empty() { &shown.title } else { &shown.summary };
    let mut output = json!({ "title": shown.title, "summary": summary });
    if !shown.details.is_empty() {
        output["text"] = json!(shown.details);
    }
    output
}

const fn conclusion(state: StatusState) -> Option<&'static str> {
    match state {
        StatusState::Pending => None,
        StatusState::Success => Some("success"),
        StatusState::Failure => Some("failure"),
    }
}

/// As much of a text as GitHub takes.
fn within(text: &str) -> String {
    let end = text.floor_char_boundary(OUTPUT_BYTES_MAX);
    text.get(..end).expect("it is the edge of a character").to_owned()
}
