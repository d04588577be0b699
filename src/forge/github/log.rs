//! The log: one file of JSON Lines on an orphan branch.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::budget::Lane;
use super::connection::{Call, lock};
use super::credentials::Scope;
use super::wire::{Made, commit_id};
use super::{GitHubForge, failed};
use crate::forge::{ForgeError, LOG_BRANCH, LogPart};
use crate::model::{BranchName, CommitId, Place, RepositoryName};

const FILE: &str = "log.jsonl";
/// Largest log that is read or written, in bytes.
const LOG_BYTES_MAX: usize = 64 << 20;

/// The text of the log, and where in it earlier commits end.
#[derive(Clone, Debug)]
pub(super) struct LogText {
    tip: CommitId,
    text: String,
    /// How much of the text is there at each commit that was seen; all of them are beginnings of it.
    lengths: BTreeMap<CommitId, usize>,
}

#[derive(Deserialize)]
struct Listing {
    tree: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    path: String,
    sha: Option<String>,
}

#[derive(Deserialize)]
struct Blob {
    content: String,
}

impl GitHubForge {
    /// The lines after a known commit; all lines where that is not a beginning of what is there.
    pub(super) async fn log_since(
        &self,
        place: &Place,
        known: Option<&CommitId>,
    ) -> Result<LogPart, ForgeError> {
        let repository = &place.repository;
        let Some(tip) = self.log_tip(place).await? else {
            return Ok(LogPart { tip: None, from_start: true, lines: Vec::new() });
        };
        if known == Some(&tip) {
            return Ok(LogPart { tip: Some(tip), from_start: false, lines: Vec::new() });
        }
        let log = self.log_at(repository, &tip).await?;
        let before = match known {
            Some(known) => self.length_at(repository, &log, known).await?,
            None => None,
        };
        let rest = log.text.get(before.unwrap_or_default()..).unwrap_or(&log.text);
        let lines = rest.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(LogPart { tip: Some(tip), from_start: before.is_none(), lines })
    }

    /// The tip as the look that is under way saw it, or as it is.
    async fn log_tip(&self, place: &Place) -> Result<Option<CommitId>, ForgeError> {
        let memory = self.memory(&place.repository);
        let seen = memory.seen.lock().await.get_mut(&place.branch).and_then(|seen| seen.log.take());
        match seen {
            Some(tip) => Ok(tip),
            None => self.tip(&place.repository, &log_branch()).await,
        }
    }

    /// The log at its tip, read where it is not remembered.
    async fn log_at(&self, repository: &RepositoryName, tip: &CommitId) -> Result<LogText, ForgeError> {
        let memory = self.memory(repository);
        let known = lock(&memory.log).clone();
        if let Some(known) = known.as_ref().filter(|known| known.tip == *tip) {
            return Ok(known.clone());
        }
        let text = self.log_text(repository, tip).await?.unwrap_or_default();
        let kept = known.map(|known| known.lengths).unwrap_or_default().into_iter();
        // The log only grows; where somebody wrote it anew, what was known of it is void.
        let is_same = lock(&memory.log).as_ref().is_some_and(|known| text.starts_with(&known.text));
        let mut lengths: BTreeMap<CommitId, usize> = kept.filter(|_| is_same).collect();
        lengths.insert(tip.clone(), text.len());
        let log = LogText { tip: tip.clone(), text, lengths };
        *lock(&memory.log) = Some(log.clone());
        Ok(log)
    }

    /// How much of the log was there at a commit; nothing where that was no beginning of it.
    async fn length_at(
        &self,
        repository: &RepositoryName,
        log: &LogText,
        known: &CommitId,
    ) -> Result<Option<usize>, ForgeError> {
        if let Some(length) = log.lengths.get(known) {
            return Ok(Some(*length));
        }
        let Some(before) = self.log_text(repository, known).await? else { return Ok(None) };
        Ok(log.text.starts_with(&before).then_some(before.len()))
    }

    /// The text at a commit; nothing where there is no such commit or file.
    async fn log_text(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Option<String>, ForgeError> {
        let (scope, verb) = (Scope::Repository(repository), "read the log");
        let what = || format!("reading the log in `{repository}`");
        let path = format!("/repos/{repository}/git/trees/{commit}");
        let answer = self.inner.connection.call(Call::get(scope, verb, path)).await?;
        if matches!(answer.status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY) {
            return Ok(None);
        }
        let listing: Listing = answer.json(&what())?;
        let file = listing.tree.into_iter().find(|entry| entry.path == FILE);
        let Some(blob) = file.and_then(|entry| entry.sha) else { return Ok(None) };
        let path = format!("/repos/{repository}/git/blobs/{blob}");
        let blob: Blob = self.inner.connection.get(scope, verb, path).await?;
        let text: String = blob.content.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(text).map_err(|error| failed(what(), error))?;
        if bytes.len() > LOG_BYTES_MAX {
            return Err(failed(what(), format!("`{FILE}` is larger than {LOG_BYTES_MAX} bytes")));
        }
        String::from_utf8(bytes).map(Some).map_err(|error| failed(what(), error))
    }

    /// Appends lines as one commit on the expected tip.
    pub(super) async fn append(
        &self,
        place: &Place,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        let repository = &place.repository;
        let what = || format!("writing the log in `{repository}`");
        if lines.iter().any(|line| line.is_empty() || line.contains(['\n', '\r'])) {
            return Err(failed(what(), "a record is one line"));
        }
        self.memory(repository).seen.lock().await.clear();
        let before = match expected {
            Some(expected) => Some(self.log_at(repository, expected).await?),
            None => None,
        };
        let text = grown(before.as_ref().map(|log| log.text.as_str()).unwrap_or_default(), lines);
        if text.len() > LOG_BYTES_MAX {
            return Err(failed(what(), format!("`{FILE}` would be larger than {LOG_BYTES_MAX} bytes")));
        }
        let tree = json!({
            "tree": [{ "path": FILE, "mode": "100644", "type": "blob", "content": text }],
        });
        let tree = self.make(repository, ("trees", tree), Lane::Merge).await?;
        let noun = if lines.len() == 1 { "record" } else { "records" };
        let parents: Vec<&str> = expected.into_iter().map(CommitId::as_str).collect();
        let message = format!("log: {} {noun} [skip ci]\n", lines.len());
        let commit = json!({ "message": message, "tree": tree, "parents": parents });
        let commit = commit_id(&self.make(repository, ("commits", commit), Lane::Merge).await?)?;
        self.move_log(repository, &commit, expected).await?;
        self.remember(repository, before, &commit, text);
        Ok(commit)
    }

    async fn move_log(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<(), ForgeError> {
        let conflict = || ForgeError::Conflict { what: format!("the log in `{repository}`") };
        let what = format!("writing the log in `{repository}`");
        if expected.is_none() {
            let new = (&log_branch(), commit);
            return self.create_branch(repository, new, Lane::Merge).await?.ok_or_else(conflict);
        }
        // A commit on another tip is no step forward, and so refused: that is the compare-and-swap.
        let answer = self.advance(repository, &log_branch(), commit).await?;
        if answer.status.is_success() {
            return Ok(());
        }
        let tip = self.tip(repository, &log_branch()).await?;
        match tip {
            Some(tip) if tip == *commit => Ok(()),
            tip if tip.as_ref() != expected => Err(conflict()),
            Some(_) | None => super::heads::expect_allowed(&answer, &what),
        }
    }

    fn remember(&self, repository: &RepositoryName, before: Option<LogText>, tip: &CommitId, text: String) {
        let mut lengths = before.map(|before| before.lengths).unwrap_or_default();
        lengths.insert(tip.clone(), text.len());
        *lock(&self.memory(repository).log) = Some(LogText { tip: tip.clone(), text, lengths });
    }

    /// Writes a Git object, which nothing points to yet, and gives its id.
    pub(super) async fn make(
        &self,
        repository: &RepositoryName,
        (kind, body): (&str, Value),
        lane: Lane,
    ) -> Result<String, ForgeError> {
        let path = format!("/repos/{repository}/git/{kind}");
        let scope = Scope::Repository(repository);
        let call = Call::write(scope, "write commits", Method::POST, path, body);
        let answer = self.inner.connection.call(call.in_lane(lane)).await?;
        super::heads::expect_allowed(&answer, &format!("writing a commit in `{repository}`"))?;
        let made: Made = answer.json("what was written")?;
        Ok(made.sha)
    }
}

fn log_branch() -> BranchName {
    BranchName::new(LOG_BRANCH).expect("a branch name")
}

fn grown(before: &str, lines: &[String]) -> String {
    let mut text = before.to_owned();
    // A person may have left the last line without its end.
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    for line in lines {
        text.push_str(line);
        text.push('\n');
    }
    text
}
