//! The log: files of JSON Lines on an orphan branch.
//!
//! The names of its files at two commits tell what is to be read, and an append sends no more than the last of them.

mod cache;
mod proven;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::GitHubForge;
use super::budget::Lane;
use super::content::{LARGE_BLOB_BYTES_MAX, root};
use super::lock::lock;
use super::scope::Scope;
use super::transport::Call;
use super::wire::{CreatedObject, GitTree, commit_id};
use crate::forge::log::{self, Layout, LogRemainder, Segment, SegmentWrite};
use crate::forge::{ForgeError, LOG_BRANCH, LogPart};
use crate::model::{BlobId, BranchName, CommitId, ConfigBranch, RepositoryName};
pub(super) use cache::LogCache;
use cache::LogTree;

/// Most bytes of files that one tree is sent with. GitHub gives up at some 2.5 MB, and as JSON they are longer.
const TREE_BYTES_MAX: usize = 512 << 10;

impl GitHubForge {
    /// The lines after a known commit; all lines where that is not a beginning of what is there.
    pub(super) async fn log_since(
        &self,
        place: &ConfigBranch,
        known: Option<&CommitId>,
    ) -> Result<LogPart, ForgeError> {
        let repository = &place.repository;
        let Some(tip) = self.log_tip(place).await? else {
            return Ok(LogPart::of_none(None));
        };
        let Some(proven) = self.proven_log(repository, &tip, known).await? else {
            return Ok(LogPart::of_none(Some(tip)));
        };
        let part = |from_start, lines| {
            let (tip, proven) = (Some(tip.clone()), Some(proven.clone()));
            Ok(LogPart { tip, proven, from_start, lines })
        };
        if known == Some(&proven) {
            return part(false, Vec::new());
        }
        let log = self.log_at(repository, &proven).await?;
        let since = match known {
            Some(known) => self.log_after(repository, &proven, &log, known).await?,
            None => None,
        };
        if let Some(lines) = since {
            return part(false, lines);
        }
        let lines = self.log_lines(repository, &proven, &log, &log.layout.whole()).await?;
        part(true, lines.unwrap_or_default())
    }

    /// What is in the log at a commit of it, which has to be there.
    async fn log_at(&self, repository: &RepositoryName, tip: &CommitId) -> Result<Arc<LogTree>, ForgeError> {
        let log = self.log_tree(repository, tip).await?;
        // Taken for empty, it would make everything happen once more.
        let log = log.ok_or_else(|| {
            ForgeError::unavailable(reading(repository), format!("GitHub does not show its tip {tip}"))
        })?;
        log.layout.check().map_err(|error| ForgeError::unavailable(reading(repository), error))?;
        Ok(log)
    }

    /// The lines after a known commit; nothing where that is no beginning of what is there.
    async fn log_after(
        &self,
        repository: &RepositoryName,
        tip: &CommitId,
        log: &LogTree,
        known: &CommitId,
    ) -> Result<Option<Vec<String>>, ForgeError> {
        let before = self.log_tree(repository, known).await?;
        match before.as_ref().and_then(|before| log.layout.after(&before.layout)) {
            Some(rest) => self.log_lines(repository, tip, log, &rest).await,
            None => Ok(None),
        }
    }

    /// The tip as the look that is under way saw it, or as it is.
    async fn log_tip(&self, place: &ConfigBranch) -> Result<Option<CommitId>, ForgeError> {
        let memory = self.memory(&place.repository);
        let seen = memory.seen.lock().await.get_mut(&place.branch).and_then(|seen| seen.log.take());
        match seen {
            Some(tip) => Ok(tip),
            None => self.tip(&place.repository, &log_branch()).await,
        }
    }

    /// What is in the log at a commit, read where it is not remembered; nothing where there is no such commit.
    async fn log_tree(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
    ) -> Result<Option<Arc<LogTree>>, ForgeError> {
        let memory = self.memory(repository);
        if let Some(known) = lock(&memory.log).tree(commit) {
            return Ok(Some(known));
        }
        let path = format!("/repos/{repository}/git/trees/{commit}?recursive=1");
        let call = Call::get(Scope::Repository(repository), "read the log", path);
        let response = self.inner.transport.call(call).await?;
        if matches!(response.status, StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY) {
            return Ok(None);
        }
        let listed: GitTree = response.json(&reading(repository))?;
        if listed.truncated {
            let why = format!(
                "the branch `{LOG_BRANCH}` has more files than GitHub lists; delete there what is not the log's"
            );
            return Err(ForgeError::unavailable(reading(repository), why));
        }
        let tree = Arc::new(LogTree { layout: layout(&listed), tree: root(&listed.tree) });
        lock(&memory.log).keep_tree(commit, &tree);
        Ok(Some(tree))
    }

    /// The lines in some files of the log at a commit; nothing where the first one did not only grow.
    async fn log_lines(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        log: &LogTree,
        rest: &LogRemainder<'_>,
    ) -> Result<Option<Vec<String>>, ForgeError> {
        let contents = self.log_contents(repository, commit, rest.segments).await?;
        if let (Some(last), Some(content)) = (log.layout.last(), contents.last()) {
            lock(&self.memory(repository).log).keep_contents(vec![(last.blob, Arc::clone(content))]);
        }
        rest.lines(&contents).map_err(|error| ForgeError::unavailable(reading(repository), error))
    }

    /// The content of files of the log at a commit, read where it is not remembered.
    async fn log_contents(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        segments: &[Segment],
    ) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        let mut found = lock(&self.memory(repository).log).contents(segments);
        if let Some(large) = segments.iter().find(|segment| segment.bytes > LARGE_BLOB_BYTES_MAX) {
            let why = format!(
                "`{}` is larger than {LARGE_BLOB_BYTES_MAX} bytes, which GitHub does not give in one response; split it \
                 between lines into `log/000001.jsonl` and so on",
                large.path(),
            );
            return Err(ForgeError::unavailable(reading(repository), why));
        }
        let missing = segments.iter().filter(|segment| !found.contains_key(&segment.blob));
        let missing: BTreeMap<BlobId, u64> = missing.map(|segment| (segment.blob, segment.bytes)).collect();
        found.extend(self.read_once(repository, commit, &missing).await?);
        let content = |segment: &Segment| found.get(&segment.blob).map(Arc::clone);
        Ok(segments.iter().map(|segment| content(segment).expect("all are read")).collect())
    }

    /// Appends lines as one commit on the expected tip.
    pub(super) async fn append(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        let repository = &place.repository;
        let refused = |error| ForgeError::unavailable(writing(repository), error);
        log::check_lines(lines).map_err(refused)?;
        self.memory(repository).seen.lock().await.clear();
        // The content goes on from what is proven: what nobody proved stays in the history, and is no longer in the files.
        let proven = match expected {
            Some(tip) => self.proven_log(repository, tip, None).await?,
            None => None,
        };
        let before = match &proven {
            Some(proven) => {
                Some((proven, self.log_tree(repository, proven).await?.ok_or_else(|| conflict(repository))?))
            }
            None => None,
        };
        let empty = Layout::default();
        let layout = before.as_ref().map_or(&empty, |(_, log)| &log.layout);
        let growing = layout.growing(lines);
        let content = match proven.as_ref().zip(growing) {
            Some((proven, segment)) => {
                self.log_contents(repository, proven, std::slice::from_ref(segment)).await?
            }
            None => Vec::new(),
        };
        let written =
            layout.grown(growing.zip(content.first().map(AsRef::as_ref)), lines).map_err(refused)?;
        let layout = layout.with(&written).map_err(refused)?;
        let tree = self.write_log(repository, before.as_ref(), &written).await?;
        let parents: Vec<&str> = expected.into_iter().map(CommitId::as_str).collect();
        let left_out = expected.filter(|tip| proven.as_ref() != Some(tip));
        let message = log::message(lines, left_out);
        let commit = json!({ "message": message, "tree": tree, "parents": parents });
        let commit = commit_id(&self.make(repository, "commits", commit, Lane::Merge).await?)?;
        self.memory(repository).note_written(&commit);
        self.move_log(repository, &commit, expected).await?;
        let log = Arc::new(LogTree { layout, tree: Some(tree) });
        lock(&self.memory(repository).log).keep_appended(&commit, &log, written);
        Ok(commit)
    }

    /// Writes files of the log beside everything else that is on the branch, and gives the id of the tree.
    ///
    /// Very many records at once take several trees, each on the one before.
    async fn write_log(
        &self,
        repository: &RepositoryName,
        before: Option<&(&CommitId, Arc<LogTree>)>,
        written: &[SegmentWrite],
    ) -> Result<String, ForgeError> {
        let mut made: Option<String> = None;
        for entries in batches(written) {
            made = Some(match (made, before) {
                (Some(base), _) => {
                    let tree = json!({ "base_tree": base, "tree": entries });
                    self.make(repository, "trees", tree, Lane::Merge).await?
                }
                (None, Some((tip, log))) => {
                    self.make_tree(repository, tip, log.tree.as_ref(), &entries, Lane::Merge).await?
                }
                (None, None) => {
                    self.make(repository, "trees", json!({ "tree": entries }), Lane::Merge).await?
                }
            });
        }
        made.ok_or_else(|| ForgeError::unavailable(writing(repository), "there is nothing to write"))
    }

    async fn move_log(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<(), ForgeError> {
        if expected.is_none() {
            let made = self.create_branch(repository, &log_branch(), commit, Lane::Merge).await?;
            return made.ok_or_else(|| conflict(repository));
        }
        // A commit on another tip is no step forward, and so refused: that is the compare-and-swap.
        let response = self.advance(repository, &log_branch(), commit).await?;
        if response.status.is_success() {
            return Ok(());
        }
        let tip = self.tip(repository, &log_branch()).await?;
        match tip {
            Some(tip) if tip == *commit => Ok(()),
            tip if tip.as_ref() != expected => Err(conflict(repository)),
            Some(_) | None => super::branches::expect_allowed(&response, &writing(repository)),
        }
    }

    /// Writes a Git object, which nothing points to yet, and gives its id.
    pub(super) async fn make(
        &self,
        repository: &RepositoryName,
        kind: &str,
        body: Value,
        lane: Lane,
    ) -> Result<String, ForgeError> {
        let path = format!("/repos/{repository}/git/{kind}");
        let scope = Scope::Repository(repository);
        let call = Call::write(scope, "write commits", Method::POST, path, body);
        let response = self.inner.transport.call(call.in_lane(lane)).await?;
        super::branches::expect_allowed(&response, &format!("writing a commit in `{repository}`"))?;
        let made: CreatedObject = response.json("what was written")?;
        Ok(made.sha)
    }
}

/// The files of the log among those of its branch.
fn layout(listed: &GitTree) -> Layout {
    let files = listed.tree.iter().filter(|entry| entry.mode.starts_with("100"));
    let segments = files.filter_map(|entry| {
        let blob = BlobId::new(entry.sha.as_ref()?).ok()?;
        Segment::at(&entry.path, blob, entry.size.unwrap_or_default())
    });
    segments.collect()
}

/// Files as GitHub takes them, as many at once as one tree should be sent with.
fn batches(written: &[SegmentWrite]) -> Vec<Vec<Value>> {
    let (mut batches, mut bytes) = (Vec::<Vec<Value>>::new(), 0);
    for file in written {
        let entry = json!({ "path": file.path(), "mode": "100644", "type": "blob", "content": file.text });
        bytes += file.text.len();
        match batches.last_mut() {
            Some(batch) if bytes <= TREE_BYTES_MAX => batch.push(entry),
            Some(_) | None => {
                batches.push(vec![entry]);
                bytes = file.text.len();
            }
        }
    }
    batches
}

fn log_branch() -> BranchName {
    BranchName::new(LOG_BRANCH).expect("a branch name")
}

fn conflict(repository: &RepositoryName) -> ForgeError {
    ForgeError::Conflict { what: format!("the log in `{repository}`") }
}

fn reading(repository: &RepositoryName) -> String {
    format!("reading the log in `{repository}`")
}

fn writing(repository: &RepositoryName) -> String {
    format!("writing the log in `{repository}`")
}
