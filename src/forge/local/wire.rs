//! How a change is written down: `change.json` says how it is, `events/<seq>.json` what people and the bot did.
//!
//! Each write is a commit on the one before. It also has every head that it names for the first time as a parent, so
//! that heads outlive their branches in clones and in garbage collection.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use gix::ObjectId;
use gix::objs::Kind;
use serde::{Deserialize, Serialize};

use super::failure::failed;
use super::store::{Store, object_id};
use crate::forge::ForgeError;
use crate::model::{
    BranchName, ChangeNumber, CommentId, CommitId, LeftOut, Reaction, ReviewVerdict, StatusState, Time,
    UserName,
};

const CHANGES: &str = "refs/towpath/changes/";
const CHANGE_FILE: &str = "change.json";
const EVENTS_FOLDER: &str = "events";
/// Largest file of a change that is read or written, in bytes.
const JSON_BYTES_MAX: usize = 1 << 20;
/// The highest number that a change may have: what JSON carries exactly everywhere, and far from the end of what can be
/// counted.
const NUMBER_MAX: u64 = (1 << 53) - 1;
/// How many events a change may have. Whoever has no right can still comment, so they cannot use all places: the last ones are
/// for those who act on the change.
pub(super) const EVENTS_MAX: usize = 10_000;
/// How many events a change may have after one of the bot, of which there are a few for each command.
pub(super) const EVENTS_OF_BOT_MAX: usize = 9_990;
/// How many events a change may have after a reaction of the bot, so that its words and statuses always find a place.
pub(super) const EVENTS_OF_REACTIONS_MAX: usize = 9_500;
/// How many events a change may have after one of somebody in a team of the configuration.
pub(super) const EVENTS_OF_TEAMS_MAX: usize = 9_000;
/// How many events a change may have after one of anybody else.
pub(super) const EVENTS_OF_OTHERS_MAX: usize = 8_000;

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
    pub(super) did: ChangeEvent,
}

/// What somebody did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ChangeEvent {
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

impl ChangeEvent {
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
    pub(super) fn add(&mut self, store: &Store, by: &UserName, did: ChangeEvent) {
        self.events.push(EventFile { at: store.now(), by: by.clone(), did });
    }

    /// When its content was last written through the forge.
    pub(super) fn written_at(&self) -> Time {
        let is_write =
            |event: &&EventFile| matches!(event.did, ChangeEvent::Opened { .. } | ChangeEvent::Wrote { .. });
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
        let max = self.events_max(store, by);
        if self.events.len() > max.max(self.written) {
            let why = format!("it has {} events, and {by} may bring it to {max}; close it", self.written);
            return Err(ForgeError::Blocked { what, why });
        }
        self.save_unbounded(store, by, message)
    }

    /// The same however many events it has.
    pub(super) fn save_unbounded(
        &mut self,
        store: &mut Store,
        by: &UserName,
        message: &str,
    ) -> Result<(), ForgeError> {
        let what = format!("writing change {} of `{}`", self.change.number, store.name());
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

    /// How many events the change may have after a write by somebody.
    fn events_max(&self, store: &Store, by: &UserName) -> usize {
        if !self.is_open() {
            EVENTS_MAX
        } else if by == store.bot() {
            EVENTS_OF_BOT_MAX
        } else if store.is_in_a_team(by) {
            EVENTS_OF_TEAMS_MAX
        } else {
            EVENTS_OF_OTHERS_MAX
        }
    }

    /// Notes that the change ended. `change.json` says so, too; so where all places are taken the event is left out.
    pub(super) fn end(&mut self, state: StateFile, event: EventFile) {
        self.change.state = state;
        if self.events.len() < EVENTS_MAX {
            self.events.push(event);
        }
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

/// All refs of changes, read.
#[derive(Debug, Default)]
pub(super) struct StoredChanges {
    /// What can be read, by number.
    pub(super) readable: Vec<Arc<Stored>>,
    /// What cannot, because somebody else wrote it.
    pub(super) unreadable: Vec<LeftOut>,
    /// The numbers that are taken, also by what cannot be read.
    numbers: BTreeSet<u64>,
}

impl StoredChanges {
    /// The number of the next change: the one after the last, or where somebody took the highest, the first free one.
    pub(super) fn free_number(&self) -> ChangeNumber {
        let after_last = self.numbers.last().map_or(1, |last| last + 1);
        if after_last <= NUMBER_MAX {
            return ChangeNumber(after_last);
        }
        let first_free = (1..).zip(&self.numbers).find(|(number, taken)| number != *taken);
        ChangeNumber(first_free.map_or(after_last, |(number, _)| number))
    }
}

/// Every change. One that cannot be read stops no other.
pub(super) fn load_all(store: &Store) -> Result<StoredChanges, ForgeError> {
    let mut all = StoredChanges::default();
    let refs = store.refs(CHANGES)?;
    for name in refs.broken {
        all.numbers.extend(number_of(&name).map(|number| number.0).filter(|number| *number <= NUMBER_MAX));
        let why = "its file holds no commit".to_owned();
        all.unreadable.push(LeftOut::Change { reference: name, why });
    }
    for (name, commit) in refs.readable {
        // Other refs below the prefix are somebody else's.
        let Some(number) = number_of(&name) else { continue };
        match load_at(store, number, commit) {
            Ok(stored) => all.readable.push(stored),
            Err(LoadError::Broken(why) | LoadError::Incomplete(why)) => {
                all.unreadable.push(LeftOut::Change { reference: name, why });
            }
            Err(LoadError::Failed(error)) => return Err(error),
        }
        all.numbers.extend(Some(number.0).filter(|number| *number <= NUMBER_MAX));
    }
    all.readable.sort_by_key(|stored| stored.change.number);
    Ok(all)
}

/// The number of the change that a ref is for.
fn number_of(name: &str) -> Option<ChangeNumber> {
    let number = name.strip_prefix(CHANGES)?.parse().ok().map(ChangeNumber);
    number.filter(|number| ref_of(*number) == name)
}

/// Why a change was not read.
enum LoadError {
    /// What its ref holds is not a change, and will never be.
    Broken(String),
    /// It names an object that the repository does not have; a later push may bring that.
    Incomplete(String),
    /// The repository did not give it; it may be fine.
    Failed(ForgeError),
}

fn broken(error: impl Display) -> LoadError {
    LoadError::Broken(error.to_string())
}

/// One change, to be written to.
pub(super) fn load(store: &Store, number: ChangeNumber) -> Result<Stored, ForgeError> {
    let commit = store
        .find_ref(&ref_of(number))?
        .ok_or_else(|| ForgeError::NotFound { what: format!("change {number} of `{}`", store.name()) })?;
    match load_at(store, number, commit) {
        Ok(stored) => Ok((*stored).clone()),
        Err(LoadError::Failed(error)) => Err(error),
        Err(LoadError::Broken(why) | LoadError::Incomplete(why)) => Err(failed(reading(store, number))(why)),
    }
}

fn reading(store: &Store, number: ChangeNumber) -> String {
    format!("reading `{}` in {}", ref_of(number), store.git.git_dir().display())
}

fn load_at(store: &Store, number: ChangeNumber, commit: ObjectId) -> Result<Arc<Stored>, LoadError> {
    if let Some(remembered) = store.remembered(number, commit) {
        return remembered.map_err(broken);
    }
    let read = ChangeReader { store, number }.read(commit).map(Arc::new);
    match &read {
        Ok(stored) => store.remember(number, commit, Ok(Arc::clone(stored))),
        Err(LoadError::Broken(why)) => store.remember(number, commit, Err(why.as_str().into())),
        Err(LoadError::Incomplete(_) | LoadError::Failed(_)) => {}
    }
    read
}

/// Reads one change. Anybody who may push can write it, so nothing about it is taken for granted.
struct ChangeReader<'a> {
    store: &'a Store,
    number: ChangeNumber,
}

impl ChangeReader<'_> {
    fn read(&self, commit: ObjectId) -> Result<Stored, LoadError> {
        if self.number.0 > NUMBER_MAX {
            return Err(broken(format!("its number is above {NUMBER_MAX}")));
        }
        self.expect(commit, Kind::Commit, "the ref")?;
        let found = self.store.git.find_commit(commit).map_err(self.failed())?;
        let tree = self.tree(found.tree_id().map_err(broken)?.detach(), "its tree")?;
        let file = tree.lookup_entry_by_path(CHANGE_FILE).map_err(self.failed())?;
        let file = file.ok_or_else(|| broken(format!("there is no `{CHANGE_FILE}`")))?;
        let change: ChangeFile = self.parsed(CHANGE_FILE, file.object_id())?;
        if change.number != self.number {
            return Err(broken(format!("`{CHANGE_FILE}` is that of change {}", change.number)));
        }
        self.expect(object_id(&change.head), Kind::Commit, "its head")?;
        if let StateFile::Merged { commit, .. } = &change.state {
            self.expect(object_id(commit), Kind::Commit, "its merge")?;
        }
        let folder = tree.lookup_entry_by_path(EVENTS_FOLDER).map_err(self.failed())?;
        let events = folder.map(|folder| self.events(folder.object_id())).transpose()?;
        Ok(Stored::read(change, events.unwrap_or_default(), commit))
    }

    /// The events of a folder, which must be numbered without a gap: their numbers are the identities of comments.
    fn events(&self, folder: ObjectId) -> Result<Vec<EventFile>, LoadError> {
        let tree = self.tree(folder, &format!("`{EVENTS_FOLDER}`"))?;
        let mut events = Vec::new();
        for (index, entry) in tree.iter().enumerate() {
            let entry = entry.map_err(broken)?;
            let name = event_file(index);
            if index >= EVENTS_MAX {
                return Err(broken(format!("it has more than {EVENTS_MAX} events")));
            }
            if *entry.filename() != name.as_str() {
                let found = entry.filename();
                return Err(broken(format!("`{EVENTS_FOLDER}` has `{found}` where `{name}` should be")));
            }
            events.push(self.parsed(&name, entry.object_id())?);
        }
        Ok(events)
    }

    fn tree(&self, id: ObjectId, what: &str) -> Result<gix::Tree<'_>, LoadError> {
        self.expect(id, Kind::Tree, what)?;
        self.store.git.find_tree(id).map_err(self.failed())
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, name: &str, blob: ObjectId) -> Result<T, LoadError> {
        let size = self.expect(blob, Kind::Blob, &format!("`{name}`"))?;
        if size > JSON_BYTES_MAX as u64 {
            return Err(broken(format!("`{name}` is larger than {JSON_BYTES_MAX} bytes")));
        }
        let blob = self.store.git.find_blob(blob).map_err(self.failed())?;
        serde_json::from_slice(&blob.data).map_err(|error| broken(format!("`{name}`: {error}")))
    }

    /// The size of an object, which has to be of a kind.
    fn expect(&self, id: ObjectId, kind: Kind, what: &str) -> Result<u64, LoadError> {
        let header = self.store.git.try_find_header(id).map_err(self.failed())?;
        match header {
            Some(header) if header.kind() == kind => Ok(header.size()),
            Some(header) => Err(broken(format!("{what} is a {} and no {kind}", header.kind()))),
            None => {
                let why = format!("{what} is the {kind} {id}, which is not in the repository");
                Err(LoadError::Incomplete(why))
            }
        }
    }

    /// What the repository says where it does not give something that it has.
    fn failed<E: Display>(&self) -> impl FnOnce(E) -> LoadError {
        let what = reading(self.store, self.number);
        move |error| LoadError::Failed(failed(what)(error.to_string()))
    }
}
