//! The log: one file of JSON Lines on an orphan branch.

use gix::ObjectId;
use gix::object::tree::EntryKind;

use super::store::{Store, commit_id, failed, object_id};
use crate::forge::{ForgeError, LOG_BRANCH, LogPart};
use crate::model::CommitId;

const FILE: &str = "log.jsonl";
/// Largest log that is read or written, in bytes.
const LOG_BYTES_MAX: u64 = 64 << 20;

fn log_ref() -> String {
    format!("refs/heads/{LOG_BRANCH}")
}

/// The lines after a known commit; all lines where that is not a beginning of what is there.
pub(super) fn read(store: &Store, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
    let Some(tip) = store.find_ref(&log_ref())? else {
        return Ok(LogPart { tip: None, from_start: true, lines: Vec::new() });
    };
    let whole = text(store, tip)?;
    let before = known.map(|known| before(store, object_id(known), tip)).transpose()?.flatten();
    let rest = before.as_deref().and_then(|before| whole.strip_prefix(before));
    let lines = rest.unwrap_or(&whole).lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
    Ok(LogPart { tip: Some(commit_id(tip)), from_start: rest.is_none(), lines })
}

/// The log as it was at a commit of its own history.
fn before(store: &Store, known: ObjectId, tip: ObjectId) -> Result<Option<String>, ForgeError> {
    if store.git.find_commit(known).is_err() || !store.is_ancestor(known, tip)? {
        return Ok(None);
    }
    text(store, known).map(Some)
}

fn text(store: &Store, commit: ObjectId) -> Result<String, ForgeError> {
    let what = || format!("reading the log in `{}`", store.name());
    let tree = store.git.find_tree(store.tree_of(commit)?).map_err(failed(what()))?;
    let Some(entry) = tree.lookup_entry_by_path(FILE).map_err(failed(what()))? else {
        return Ok(String::new());
    };
    let size = store.git.find_header(entry.object_id()).map_err(failed(what()))?.size();
    if size > LOG_BYTES_MAX {
        return Err(failed(what())(format!("`{FILE}` is larger than {LOG_BYTES_MAX} bytes")));
    }
    let mut blob = store.git.find_blob(entry.object_id()).map_err(failed(what()))?;
    String::from_utf8(blob.take_data()).map_err(failed(what()))
}

/// Appends lines as one commit on the expected tip.
pub(super) fn append(
    store: &mut Store,
    lines: &[String],
    expected: Option<&CommitId>,
) -> Result<CommitId, ForgeError> {
    let what = || format!("writing the log in `{}`", store.name());
    let tip = store.find_ref(&log_ref())?;
    if tip.map(commit_id).as_ref() != expected {
        return Err(ForgeError::Conflict { what: format!("the log in `{}`", store.name()) });
    }
    if lines.iter().any(|line| line.is_empty() || line.contains(['\n', '\r'])) {
        return Err(failed(what())("a record is one line"));
    }
    let mut whole = tip.map(|tip| text(store, tip)).transpose()?.unwrap_or_default();
    // A person may have left the last line without its end.
    if !whole.is_empty() && !whole.ends_with('\n') {
        whole.push('\n');
    }
    for line in lines {
        whole.push_str(line);
        whole.push('\n');
    }
    if whole.len() as u64 > LOG_BYTES_MAX {
        return Err(failed(what())(format!("`{FILE}` would be larger than {LOG_BYTES_MAX} bytes")));
    }
    let blob = store.git.write_blob(whole).map_err(failed(what()))?.detach();
    let mut editor =
        store.git.edit_tree(ObjectId::empty_tree(gix::hash::Kind::Sha1)).map_err(failed(what()))?;
    editor.upsert(FILE, EntryKind::Blob, blob).map_err(failed(what()))?;
    let tree = editor.write().map_err(failed(what()))?.detach();
    drop(editor);
    let noun = if lines.len() == 1 { "record" } else { "records" };
    let message = format!("log: {} {noun} [skip ci]\n", lines.len());
    let parents: Vec<ObjectId> = tip.into_iter().collect();
    let commit = store.write_commit(store.bot(), &message, tree, &parents)?;
    store.move_ref(&log_ref(), tip, Some(commit))?;
    Ok(commit_id(commit))
}
