//! The check run of a change, which only Apps may write: the line of the status, and below it the gates.
//!
//! A run that is completed can be given other words, but what becomes of another conclusion is written nowhere. So a
//! change that comes to another conclusion, or starts to wait again, gets another run of the same name; GitHub shows
//! the latest. All of them together tell since when people could see the head.
//!
//! GitHub gives up a run that goes on for two weeks: it calls it stale, tells nobody, and the change would look broken.
//! So a run that waits almost that long, and one that ended in a way in which the bot ends none, shows nothing any more, and
//! the next look at the change begins another.

use chrono::TimeDelta;
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::GitHubForge;
use super::comments::description;
use super::scope::Scope;
use super::transport::{Call, PAGE_SIZE};
use crate::forge::{BRANCH_PREFIX, ForgeError, NewStatus};
use crate::model::{ChangeNumber, CommitId, ConfigBranch, RepositoryName, Status, StatusState, Time};

/// Longest summary and longest details of a run, in bytes: GitHub's pages say characters, and it counts bytes
/// (github/docs issue 35252).
const OUTPUT_BYTES_MAX: usize = 65_535;

/// How long a run waits before another one takes its place: GitHub gives it up after 14 days.
const WAITS_MAX: TimeDelta = TimeDelta::days(13);

/// A check run of ours as it stands on a head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Check {
    id: u64,
    head: CommitId,
    /// Since when people could see the first run on that head.
    since: Time,
    /// When this one began.
    began: Time,
    /// Whether somebody else ended it: GitHub, or another program of this App.
    is_given_up: bool,
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
    /// The run in the words that all forges share; without any where another one has to take its place.
    pub(super) fn status(&self, now: Time) -> Status {
        let text = if self.is_over(now) { String::new() } else { self.shown.title.clone() };
        Status { head: self.head.clone(), at: self.since, state: self.shown.state, text }
    }

    fn is_over(&self, now: Time) -> bool {
        let is_old = now - self.began >= WAITS_MAX && self.shown.state == StatusState::Pending;
        self.is_given_up || is_old
    }

    pub(super) const fn head(&self) -> &CommitId {
        &self.head
    }

    /// Whether it was made after another one.
    pub(super) const fn is_after(&self, other: &Self) -> bool {
        self.id > other.id
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
        let found: CheckRuns = self.inner.transport.get(scope, "read checks", path).await?;
        let own = found.check_runs.into_iter();
        let mut own: Vec<CheckRun> = own.filter(|run| run.name.starts_with(BRANCH_PREFIX)).collect();
        own.sort_by_key(|run| run.id);
        let since = own.iter().filter_map(|run| run.started_at).min().unwrap_or_else(|| self.now());
        Ok(own.pop().map(|last| read(last, head, since)))
    }

    /// Writes the run of a head, unless it says that already. A head that was just made has none.
    pub(super) async fn publish_check(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
        status: &NewStatus,
    ) -> Result<(), ForgeError> {
        let known = self.seen_check(place, change, head);
        let is_shown = |known: &Check| known.shown == shown(status) && !known.is_over(self.now());
        if known.as_ref().is_some_and(is_shown) {
            return Ok(());
        }
        let made = self.write_check(place, change, head, status, known.as_ref()).await?;
        self.note_check(place, change, made);
        Ok(())
    }

    /// Brings the run of a commit to what it should be.
    pub(super) async fn write_check(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
        status: &NewStatus,
        known: Option<&Check>,
    ) -> Result<Check, ForgeError> {
        let wanted = shown(status);
        let body = body_of(status, &wanted, &self.page_of(&place.repository, change));
        let call = self.writing(place, head, known, wanted.state, body);
        let what = format!("the check of change {change}");
        let written = match self.inner.transport.call(call).await {
            Ok(response) => response.json::<CheckRun>(&what),
            Err(error) => Err(error),
        };
        // Whether a failure had its effect is read at the next look.
        let made = written.inspect_err(|_| self.forget_said(place, change))?;
        if made.head_sha != head.as_str() {
            return Err(ForgeError::unavailable(what, "it stands on another commit"));
        }
        let began = made.started_at.unwrap_or_else(|| self.now());
        let since = known.map_or(began, |known| known.since);
        Ok(Check { id: made.id, head: head.clone(), since, began, is_given_up: false, shown: wanted })
    }

    /// The request that brings a run to what it should be: the run that is there, or another one.
    fn writing<'a>(
        &self,
        place: &'a ConfigBranch,
        head: &CommitId,
        known: Option<&Check>,
        wanted: StatusState,
        mut body: Value,
    ) -> Call<'a> {
        let scope = Scope::Repository(&place.repository);
        let path = format!("/repos/{}/check-runs", place.repository);
        let goes_on = |known: &&Check| {
            let is_same = known.shown.state == StatusState::Pending || known.shown.state == wanted;
            is_same && !known.is_over(self.now())
        };
        match known.filter(goes_on) {
            Some(known) => {
                Call::write(scope, "write checks", Method::PATCH, format!("{path}/{}", known.id), body)
            }
            None => {
                body["head_sha"] = json!(head.as_str());
                // Whatever our clock says, an approval counts only a minute after another head was shown.
                body["started_at"] =
                    json!(self.inner.transport.github_now().format("%Y-%m-%dT%H:%M:%SZ").to_string());
                // GitHub refuses no second one: a lost response is repaired by the next look.
                Call::write(scope, "write checks", Method::POST, path, body).once()
            }
        }
    }
}

/// What a request says of a run, whichever run it is about.
fn body_of(status: &NewStatus, wanted: &Shown, page: &str) -> Value {
    let mut body = json!({
        "name": status.context,
        "details_url": page,
        "output": output(wanted),
    });
    match conclusion(wanted.state) {
        Some(conclusion) => {
            body["status"] = json!("completed");
            body["conclusion"] = json!(conclusion);
        }
        None => body["status"] = json!("in_progress"),
    }
    body
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
    let (state, is_given_up) = match run.conclusion.as_deref() {
        None => (StatusState::Pending, false),
        Some("success") => (StatusState::Success, false),
        Some("failure") => (StatusState::Failure, false),
        // The bot concludes nothing with `stale`, `cancelled`, `timed_out` and the like.
        Some(_) => (StatusState::Failure, true),
    };
    let Output { title, summary, text } = run.output;
    let shown = Shown {
        state,
        title: title.unwrap_or_default(),
        summary: summary.unwrap_or_default(),
        details: text.unwrap_or_default(),
    };
    let began = run.started_at.unwrap_or(since);
    Check { id: run.id, head: head.clone(), since, began, is_given_up, shown }
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
