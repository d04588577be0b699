//! The log: files of JSON Lines on an orphan branch.

use gix::ObjectId;
use gix::bstr::BString;
use gix::object::tree::EntryKind;

use super::content;
use super::store::{Store, commit_id, failed, object_id};
use crate::forge::log::{self, Layout, Rest, Segment, Written};
use crate::forge::{ForgeError, LOG_BRANCH, LogPart};
use crate::model::{BlobId, CommitId};

fn log_ref() -> String {
    format!("refs/heads/{LOG_BRANCH}")
}

/// The lines after a known commit; all lines where that is not a beginning of what is there.
pub(super) fn read(store: &Store, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
    let Some(tip) = store.find_ref(&log_ref())? else {
        return Ok(LogPart { tip: None, from_start: true, lines: Vec::new() });
    };
    let layout = layout(store, tip)?;
    layout.check().map_err(failed(reading(store)))?;
    let known = known.map(|known| before(store, object_id(known), tip)).transpose()?.flatten();
    let rest = known.as_ref().and_then(|known| layout.after(known));
    let since = rest.map(|rest| lines(store, &rest)).transpose()?.flatten();
    let from_start = since.is_none();
    let lines = match since {
        Some(lines) => lines,
        None => lines(store, &layout.whole())?.unwrap_or_default(),
    };
    Ok(LogPart { tip: Some(commit_id(tip)), from_start, lines })
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

fn lines(store: &Store, rest: &Rest<'_>) -> Result<Option<Vec<String>>, ForgeError> {
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

/// Appends lines as one commit on the expected tip.
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
    let layout = tip.map(|tip| layout(store, tip)).transpose()?.unwrap_or_default();
    let growing = layout.growing(lines);
    let content = growing.map(|segment| bytes(store, segment)).transpose()?;
    let written = layout.grown(growing.zip(content.as_deref()), lines).map_err(failed(&what))?;
    layout.with(&written).map_err(failed(&what))?;
    let tree = write(store, tip, &written)?;
    let parents: Vec<ObjectId> = tip.into_iter().collect();
    let commit = store.write_commit(store.bot(), &log::message(lines), tree, &parents)?;
    store.move_ref(&log_ref(), tip, Some(commit))?;
    Ok(commit_id(commit))
}

/// The tree with files of the log beside everything else that is on the branch.
fn write(store: &Store, tip: Option<ObjectId>, files: &[Written]) -> Result<ObjectId, ForgeError> {
    let failed = || failed(format!("writing the log in `{}`", store.name()));
    let base = match tip {
        Some(tip) => store.tree_of(tip)?,
        None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
    };
    let mut editor = store.git.edit_tree(base).map_err(failed())?;
    for file in files {
        let blob = store.git.write_blob(&file.text).map_err(failed())?.detach();
        editor.upsert(file.path(), EntryKind::Blob, blob).map_err(failed())?;
    }
    Ok(editor.write().map_err(failed())?.detach())
}
