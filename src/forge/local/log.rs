//! The log: files of JSON Lines on an orphan branch.

use gix::ObjectId;
use gix::bstr::BString;
use gix::object::tree::EntryKind;

use super::content;
use super::failure::failed;
use super::proof::{LogKey, is_on_line, last_proven};
use super::store::{Store, commit_id, object_id};
use crate::forge::log::{self, Layout, LogRemainder, Segment, SegmentWrite};
use crate::forge::{ForgeError, LOG_BRANCH, LogPart};
use crate::model::{BlobId, CommitId};

fn log_ref() -> String {
    format!("refs/heads/{LOG_BRANCH}")
}

/// The lines after a known commit, up to the last commit that is proven to be the bot's; all lines where the known one is
/// not a beginning of that.
pub(super) fn read(store: &Store, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
    let Some(tip) = store.find_ref(&log_ref())? else { return Ok(LogPart::of_none(None)) };
    let Some(proven) = last_proven(store, &LogKey::of_log(store)?, tip)? else {
        return Ok(LogPart::of_none(Some(commit_id(tip))));
    };
    let layout = layout(store, proven)?;
    layout.check().map_err(failed(reading(store)))?;
    let known = known.map(|known| before(store, object_id(known), proven)).transpose()?.flatten();
    let rest = known.as_ref().and_then(|known| layout.after(known));
    let since = rest.map(|rest| lines(store, &rest)).transpose()?.flatten();
    let from_start = since.is_none();
    let lines = match since {
        Some(lines) => lines,
        None => lines(store, &layout.whole())?.unwrap_or_default(),
    };
    Ok(LogPart { tip: Some(commit_id(tip)), proven: Some(commit_id(proven)), from_start, lines })
}

/// Gives the repository a key for its log, unless it has one.
///
/// # Errors
/// If there is a log and no key: a person has to accept the log, see [`accept`].
pub(super) fn secure(store: &Store) -> Result<LogKey, ForgeError> {
    match (LogKey::read(store)?, store.find_ref(&log_ref())?) {
        (Some(key), _) => Ok(key),
        (None, None) => LogKey::make(store, None),
        (None, Some(_)) => LogKey::of_log(store),
    }
}

/// Makes a key for a log that has none. The log counts up to a commit of it that a person looked at.
///
/// # Errors
/// If it has a key, or the commit is not one of the log's.
pub(super) fn accept(store: &Store, commit: &CommitId) -> Result<(), ForgeError> {
    let failed = |why: String| failed(format!("accepting the log in `{}`", store.name()))(why);
    if LogKey::read(store)?.is_some() {
        return Err(failed("it has a key, so there is nothing to accept".to_owned()));
    }
    let tip = store.find_ref(&log_ref())?;
    let tip = tip.ok_or_else(|| failed(format!("there is no branch `{LOG_BRANCH}`")))?;
    if !is_on_line(store, tip, object_id(commit))? {
        let folder = store.git.git_dir().display();
        let known = format!("name one that `git -C {folder} log --first-parent {LOG_BRANCH}` shows");
        return Err(failed(format!("{commit} is not a commit of `{LOG_BRANCH}`; {known}")));
    }
    layout(store, object_id(commit))?.check().map_err(|why| failed(why.to_string()))?;
    LogKey::make(store, Some(object_id(commit))).map(drop)
}

/// # Errors
/// If there is a log and no key that proves its commits.
pub(super) fn expect_key(store: &Store) -> Result<(), ForgeError> {
    match store.find_ref(&log_ref())? {
        Some(_) => LogKey::of_log(store).map(drop),
        None => Ok(()),
    }
}

/// Whether a repository has no key for its log yet.
pub(super) fn is_unsecured(store: &Store) -> Result<bool, ForgeError> {
    LogKey::read(store).map(|key| key.is_none())
}

/// The log as it was at a commit of its own history.
fn before(store: &Store, known: ObjectId, tip: ObjectId) -> Result<Option<Layout>, ForgeError> {
    if store.git.find_commit(known).is_err() || !store.is_ancestor(known, tip)? {
        return Ok(None);
    }
    layout(store, known).map(Some)
}

/// The files of the log at a commit.
fn layout(store: &Store, commit: ObjectId) -> Result<Layout, ForgeError> {
    let files = content::files(store, commit)?.into_iter();
    let blobs = files.filter(|(_, (kind, _))| matches!(kind, EntryKind::Blob | EntryKind::BlobExecutable));
    let segment = |(path, (_, id)): (BString, (EntryKind, ObjectId))| {
        let bytes = store.git.find_header(id).map_err(failed(reading(store)))?.size();
        let blob = BlobId::new(id.to_string()).expect("an object id has forty digits");
        Ok(Segment::at(&path.to_string(), blob, bytes))
    };
    blobs.map(segment).filter_map(Result::transpose).collect()
}

fn lines(store: &Store, rest: &LogRemainder<'_>) -> Result<Option<Vec<String>>, ForgeError> {
    let contents: Vec<Vec<u8>> =
        rest.segments.iter().map(|segment| bytes(store, segment)).collect::<Result<_, _>>()?;
    rest.lines(&contents).map_err(failed(reading(store)))
}

fn bytes(store: &Store, segment: &Segment) -> Result<Vec<u8>, ForgeError> {
    let blob = store.git.find_blob(ObjectId::Sha1(*segment.blob.as_bytes()));
    Ok(blob.map_err(failed(reading(store)))?.take_data())
}

fn reading(store: &Store) -> String {
    format!("reading the log in `{}`", store.name())
}

/// Appends lines as one commit on the expected tip. Its content goes on from what is proven: what nobody proved stays in
/// the history, and is no longer in the files.
pub(super) fn append(
    store: &mut Store,
    lines: &[String],
    expected: Option<&CommitId>,
) -> Result<CommitId, ForgeError> {
    let what = format!("writing the log in `{}`", store.name());
    let tip = store.find_ref(&log_ref())?;
    if tip.map(commit_id).as_ref() != expected {
        return Err(ForgeError::Conflict { what: format!("the log in `{}`", store.name()) });
    }
    log::check_lines(lines).map_err(failed(&what))?;
    let key = secure(store)?;
    let proven = tip.map(|tip| last_proven(store, &key, tip)).transpose()?.flatten();
    let layout = proven.map(|proven| layout(store, proven)).transpose()?.unwrap_or_default();
    let growing = layout.growing(lines);
    let content = growing.map(|segment| bytes(store, segment)).transpose()?;
    let written = layout.grown(growing.zip(content.as_deref()), lines).map_err(failed(&what))?;
    layout.with(&written).map_err(failed(&what))?;
    let tree = write(store, proven, &written)?;
    let parents: Vec<ObjectId> = tip.into_iter().collect();
    let left_out = tip.filter(|tip| Some(*tip) != proven).map(commit_id);
    let message = log::message(lines, left_out.as_ref()) + "\n" + &key.trailer(tree, &parents);
    let commit = store.write_commit(store.bot(), &message, tree, &parents)?;
    store.move_ref(&log_ref(), tip, Some(commit))?;
    Ok(commit_id(commit))
}

/// The tree with files of the log beside everything else that is on the branch.
fn write(store: &Store, proven: Option<ObjectId>, files: &[SegmentWrite]) -> Result<ObjectId, ForgeError> {
    let failed = || failed(format!("writing the log in `{}`", store.name()));
    let base = match proven {
        Some(proven) => store.tree_of(proven)?,
        None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
    };
    let mut editor = store.git.edit_tree(base).map_err(failed())?;
    for file in files {
        let blob = store.git.write_blob(&file.text).map_err(failed())?.detach();
        editor.upsert(file.path(), EntryKind::Blob, blob).map_err(failed())?;
    }
    Ok(editor.write().map_err(failed())?.detach())
}
