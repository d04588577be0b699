//! How a change is written down: `change.json` says how it is, `events/<seq>.json` what people and the bot did.
//!
//! Each write is a commit on the one before. It also has every head that it names for the first time as a parent, so
//! that heads outlive their branches in clones and in garbage collection.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use gix::ObjectId;
use serde::{Deserialize, Serialize};

use super::store::{Store, failed, object_id};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, ChangeNumber, CommentId, CommitId, Reaction, ReviewVerdict, StatusState, Time, UserName,
};

const CHANGES: &str = "refs/towpath/changes/";
const CHANGE_FILE: &str = "change.json";
const EVENTS_FOLDER: &str = "events";
/// Largest file of a change that is read or written, in bytes.
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
    Rewrote { comment: CommentId, body: String },
    Reviewed { head: CommitId, verdict: ReviewVerdict, body: String },
    Reacted { comment: CommentId, reaction: Reaction },
    Published { context: String, head: CommitId, state: StatusState, text: String },
    Merged { commit: CommitId },
    Closed,
}

impl Deed {
    /// The commit that it speaks of.
    const fn commit(&self) -> Option<&CommitId> {
        match self {
            Self::Opened { head }
            | Self::Wrote { head }
            | Self::Reviewed { head, .. }
            | Self::Published { head, .. }
            | Self::Merged { commit: head } => Some(head),
            Self::Commented { .. } | Self::Rewrote { .. } | Self::Reacted { .. } | Self::Closed => None,
        }
    }
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
    /// The commits that are in its history already.
    held: BTreeSet<CommitId>,
}

impl Stored {
    /// A change that is not written yet.
    pub(super) const fn new(change: ChangeFile) -> Self {
        Self { change, events: Vec::new(), commit: None, written: 0, held: BTreeSet::new() }
    }

    fn read(change: ChangeFile, events: Vec<EventFile>, commit: ObjectId) -> Self {
        let mut stored =
            Self { change, written: events.len(), events, commit: Some(commit), held: BTreeSet::new() };
        stored.held = stored.named();
        stored
    }

    /// The commits that it speaks of.
    fn named(&self) -> BTreeSet<CommitId> {
        let events = self.events.iter().filter_map(|event| event.did.commit());
        events.chain([&self.change.head]).cloned().collect()
    }

    /// Adds what somebody did now.
    pub(super) fn add(&mut self, store: &Store, by: &UserName, did: Deed) {
        self.events.push(EventFile { at: store.now(), by: by.clone(), did });
    }

    /// When its content was last written through the forge.
    pub(super) fn written_at(&self) -> Time {
        let is_write = |event: &&EventFile| matches!(event.did, Deed::Opened { .. } | Deed::Wrote { .. });
        self.events.iter().rev().find(is_write).map_or(self.change.opened_at, |event| event.at)
    }

    /// What identifies the event at an index, from 0.
    pub(super) fn event_id(&self, index: usize) -> CommentId {
        CommentId(format!("{}/{}", self.change.number.0, index + 1))
    }

    pub(super) const fn is_open(&self) -> bool {
        matches!(self.change.state, StateFile::Open)
    }

    /// Writes the change and its new events as one commit on the one that it was read from, if anything is new.
    pub(super) fn save(&mut self, store: &mut Store, by: &UserName, message: &str) -> Result<(), ForgeError> {
        let what = format!("writing change {} of `{}`", self.change.number, store.name());
        // One is kept back, so that it can always be closed.
        let kept_back = usize::from(self.is_open());
        if self.events.len() + kept_back > EVENTS_MAX {
            return Err(failed(what)(format!(
                "it has as many as {EVENTS_MAX} events; close it and go on in another"
            )));
        }
        let tree = self.tree(store).map_err(failed(what))?;
        if let Some(commit) = self.commit
            && store.tree_of(commit)? == tree
        {
            return Ok(());
        }
        let named = self.named();
        let new = named.difference(&self.held).map(object_id);
        let parents: Vec<ObjectId> = self.commit.into_iter().chain(new).collect();
        let commit = store.write_commit(by, message, tree, &parents)?;
        store.move_ref(&ref_of(self.change.number), self.commit, Some(commit))?;
        self.commit = Some(commit);
        self.written = self.events.len();
        self.held = named;
        Ok(())
    }

    fn tree(&self, store: &Store) -> Result<ObjectId, String> {
        let base = match self.commit {
            Some(commit) => store.tree_of(commit).map_err(text)?,
            None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
        };
        let mut editor = store.git.edit_tree(base).map_err(text)?;
        let mut put = |path: String, json: serde_json::Result<Vec<u8>>| {
            let json = json.map_err(text)?;
            if json.len() > JSON_BYTES_MAX {
                return Err(format!("`{path}` would be larger than {JSON_BYTES_MAX} bytes"));
            }
            let blob = store.git.write_blob(json).map_err(text)?;
            editor.upsert(path, gix::object::tree::EntryKind::Blob, blob).map(drop).map_err(text)
        };
        put(CHANGE_FILE.to_owned(), serde_json::to_vec_pretty(&self.change))?;
        for (index, event) in self.events.iter().enumerate().skip(self.written) {
            put(format!("{EVENTS_FOLDER}/{}", event_file(index)), serde_json::to_vec_pretty(event))?;
        }
        Ok(editor.write().map_err(text)?.detach())
    }
}

fn text(error: impl Display) -> String {
    error.to_string()
}

/// The file of the event at an index, from 0.
fn event_file(index: usize) -> String {
    format!("{:06}.json", index + 1)
}

/// The ref of a change.
pub(super) fn ref_of(number: ChangeNumber) -> String {
    format!("{CHANGES}{}", number.0)
}

/// Every change, by number.
pub(super) fn load_all(store: &Store) -> Result<Vec<Arc<Stored>>, ForgeError> {
    let mut all = Vec::new();
    for (name, commit) in store.refs(CHANGES)? {
        let number = name.strip_prefix(CHANGES).and_then(|number| number.parse().ok()).map(ChangeNumber);
        // Other refs below the prefix are somebody else's.
        if let Some(number) = number.filter(|number| ref_of(*number) == name) {
            all.push(load_at(store, number, commit)?);
        }
    }
    all.sort_by_key(|stored| stored.change.number);
    Ok(all)
}

/// One change, to be written to.
pub(super) fn load(store: &Store, number: ChangeNumber) -> Result<Stored, ForgeError> {
    let commit = store
        .find_ref(&ref_of(number))?
        .ok_or_else(|| ForgeError::NotFound { what: format!("change {number} of `{}`", store.name()) })?;
    load_at(store, number, commit).map(|stored| (*stored).clone())
}

fn load_at(store: &Store, number: ChangeNumber, commit: ObjectId) -> Result<Arc<Stored>, ForgeError> {
    if let Some(stored) = store.remembered(number, commit) {
        return Ok(stored);
    }
    let what = || format!("reading `{}` in {}", ref_of(number), store.git.git_dir().display());
    let stored = Arc::new(read(store, number, commit).map_err(failed(what()))?);
    store.remember(number, commit, &stored);
    Ok(stored)
}

/// Anybody who may push can write these files, so nothing about them is taken for granted.
fn read(store: &Store, number: ChangeNumber, commit: ObjectId) -> Result<Stored, String> {
    let tree = store.git.find_tree(store.tree_of(commit).map_err(text)?).map_err(text)?;
    let file = tree.lookup_entry_by_path(CHANGE_FILE).map_err(text)?;
    let file = file.ok_or_else(|| format!("there is no `{CHANGE_FILE}`"))?;
    let change: ChangeFile = parsed(store, CHANGE_FILE, file.object_id())?;
    if change.number != number {
        return Err(format!("`{CHANGE_FILE}` is that of change {}", change.number));
    }
    let folder = tree.lookup_entry_by_path(EVENTS_FOLDER).map_err(text)?;
    let events = folder.map(|folder| events(store, folder.object_id())).transpose()?;
    Ok(Stored::read(change, events.unwrap_or_default(), commit))
}

/// The events of a folder, which must be numbered without a gap: their numbers are the identities of comments.
fn events(store: &Store, folder: ObjectId) -> Result<Vec<EventFile>, String> {
    let tree = store.git.find_tree(folder).map_err(text)?;
    let mut events = Vec::new();
    for (index, entry) in tree.iter().enumerate() {
        let entry = entry.map_err(text)?;
        let name = event_file(index);
        if index >= EVENTS_MAX {
            return Err(format!("it has more than {EVENTS_MAX} events"));
        }
        if *entry.filename() != name.as_str() {
            return Err(format!("`{EVENTS_FOLDER}` has `{}` where `{name}` should be", entry.filename()));
        }
        events.push(parsed(store, &name, entry.object_id())?);
    }
    Ok(events)
}

fn parsed<T: serde::de::DeserializeOwned>(store: &Store, name: &str, blob: ObjectId) -> Result<T, String> {
    let size = store.git.find_header(blob).map_err(text)?.size();
    if size > JSON_BYTES_MAX as u64 {
        return Err(format!("`{name}` is larger than {JSON_BYTES_MAX} bytes"));
    }
    let blob = store.git.find_blob(blob).map_err(text)?;
    serde_json::from_slice(&blob.data).map_err(|error| format!("`{name}`: {error}"))
}
