//! How a change is written down: `change.json` says how it is, `events/<seq>.json` what people and the bot did.

use std::sync::Arc;

use gix::ObjectId;
use serde::{Deserialize, Serialize};

use super::store::{Store, commit_id, failed};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, ChangeNumber, CommentId, CommitId, Reaction, ReviewVerdict, StatusState, Time, UserName,
};

const CHANGES: &str = "refs/towpath/changes/";
/// Largest file of a change that is read, in bytes.
const JSON_BYTES_MAX: usize = 1 << 20;
/// How many events a change may have.
const EVENTS_MAX: usize = 10_000;

/// What `change.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ChangeFile {
    pub(super) number: ChangeNumber,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) author: UserName,
    pub(super) branch: BranchName,
    pub(super) base: BranchName,
    pub(super) labels: Vec<String>,
    pub(super) opened_at: Time,
    /// The last head that was written or merged through the forge.
    pub(super) head: CommitId,
    pub(super) state: StateFile,
}

/// Where a change stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum StateFile {
    Open,
    Merged { at: Time, by: UserName, commit: CommitId },
    Closed { at: Time, by: UserName },
}

/// What one `events/<seq>.json` holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct EventFile {
    pub(super) at: Time,
    pub(super) by: UserName,
    pub(super) did: Deed,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Deed {
    Opened { head: CommitId },
    Wrote { head: CommitId },
    Commented { body: String },
    Reviewed { head: CommitId, verdict: ReviewVerdict, body: String },
    Reacted { comment: CommentId, reaction: Reaction },
    Published { context: String, head: CommitId, state: StatusState, text: String },
    Merged { commit: CommitId },
    Closed,
}

/// A change with its events, and the commit that holds both.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) change: ChangeFile,
    pub(super) events: Vec<EventFile>,
    /// The commit that this was read from; nothing for a change that is not written yet.
    commit: Option<ObjectId>,
    /// How many of the events that commit holds.
    written: usize,
}

impl Stored {
    /// A change that is not written yet.
    pub(super) const fn new(change: ChangeFile) -> Self {
        Self { change, events: Vec::new(), commit: None, written: 0 }
    }

    /// Adds what somebody did now.
    pub(super) fn add(&mut self, store: &Store, by: &UserName, did: Deed) {
        self.events.push(EventFile { at: store.now(), by: by.clone(), did });
    }

    /// What identifies the event at an index, from 0.
    pub(super) fn event_id(&self, index: usize) -> CommentId {
        CommentId(format!("{}/{}", self.change.number.0, index + 1))
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.change.state, StateFile::Open)
    }

    /// Writes the change and its new events as one commit on the one that it was read from.
    pub(super) fn save(&mut self, store: &mut Store, by: &UserName, message: &str) -> Result<(), ForgeError> {
        if self.events.len() > EVENTS_MAX {
            let what = format!("writing to change {}", self.change.number);
            return Err(ForgeError::Unavailable { what, why: format!("it has {EVENTS_MAX} events already") });
        }
        let tree = self.tree(store)?;
        let parents: Vec<ObjectId> = self.commit.into_iter().collect();
        let commit = store.write_commit(by, message, tree, &parents)?;
        store.move_ref(&ref_of(self.change.number), self.commit, Some(commit))?;
        self.commit = Some(commit);
        self.written = self.events.len();
        Ok(())
    }

    fn tree(&self, store: &Store) -> Result<ObjectId, ForgeError> {
        let what = || format!("writing change {}", self.change.number);
        let base = match self.commit {
            Some(commit) => store.tree_of(commit)?,
            None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
        };
        let mut editor = store.git.edit_tree(base).map_err(failed(what()))?;
        let mut put = |path: String, json: Result<Vec<u8>, serde_json::Error>| -> Result<(), ForgeError> {
            let blob = store.git.write_blob(json.map_err(failed(what()))?).map_err(failed(what()))?;
            editor.upsert(path, gix::object::tree::EntryKind::Blob, blob).map(drop).map_err(failed(what()))
        };
        put("change.json".to_owned(), serde_json::to_vec_pretty(&self.change))?;
        for (index, event) in self.events.iter().enumerate().skip(self.written) {
            put(format!("events/{:06}.json", index + 1), serde_json::to_vec_pretty(event))?;
        }
        Ok(editor.write().map_err(failed(what()))?.detach())
    }
}

/// The ref of a change.
pub(super) fn ref_of(number: ChangeNumber) -> String {
    format!("{CHANGES}{}", number.0)
}

/// Every change, by number.
pub(super) fn load_all(store: &Store) -> Result<Vec<Arc<Stored>>, ForgeError> {
    let mut all = Vec::new();
    for (name, commit) in store.refs(CHANGES)? {
        if name.strip_prefix(CHANGES).is_some_and(|number| number.parse::<u64>().is_ok()) {
            all.push(load_at(store, &name, commit)?);
        }
    }
    all.sort_by_key(|stored| stored.change.number);
    Ok(all)
}

/// One change, to be written to.
pub(super) fn load(store: &Store, number: ChangeNumber) -> Result<Stored, ForgeError> {
    let name = ref_of(number);
    let commit = store
        .find_ref(&name)?
        .ok_or_else(|| ForgeError::NotFound { what: format!("change {number} of `{}`", store.name()) })?;
    load_at(store, &name, commit).map(|stored| (*stored).clone())
}

fn load_at(store: &Store, name: &str, commit: ObjectId) -> Result<Arc<Stored>, ForgeError> {
    if let Some(stored) = store.remembered(commit) {
        return Ok(stored);
    }
    let stored = Arc::new(read(store, name, commit)?);
    store.remember(commit, &stored);
    Ok(stored)
}

fn read(store: &Store, name: &str, commit: ObjectId) -> Result<Stored, ForgeError> {
    let what = || format!("reading `{name}` ({}) in `{}`", commit_id(commit).short(), store.name());
    let tree = store.git.find_tree(store.tree_of(commit)?).map_err(failed(what()))?;
    let mut files = tree.traverse().breadthfirst.files().map_err(failed(what()))?;
    files.sort_by(|left, right| left.filepath.cmp(&right.filepath));
    let mut change = None;
    let mut events = Vec::new();
    for file in files.iter().filter(|file| !file.mode.is_tree()).take(EVENTS_MAX + 1) {
        let blob = store.git.find_blob(file.oid).map_err(failed(what()))?;
        if blob.data.len() > JSON_BYTES_MAX {
            return Err(failed(what())(format!("`{}` is larger than {JSON_BYTES_MAX} bytes", file.filepath)));
        }
        if file.filepath == "change.json" {
            change = Some(serde_json::from_slice(&blob.data).map_err(failed(what()))?);
        } else if file.filepath.starts_with(b"events/") {
            events.push(serde_json::from_slice(&blob.data).map_err(failed(what()))?);
        }
    }
    let change: ChangeFile = change.ok_or_else(|| failed(what())("there is no `change.json`"))?;
    Ok(Stored { change, written: events.len(), events, commit: Some(commit) })
}
