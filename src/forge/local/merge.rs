//! Merges a change into its base as it is.

use gix::ObjectId;

use super::changes::{end_merged, load_settled};
use super::merged_tree::merged_tree;
use super::store::{Store, branch_ref, commit_id, object_id};
use super::wire::StateFile;
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, CommitId, UserName};

/// Merges a change at exactly one head.
///
/// The base moves first and the change is marked afterwards; after a crash in between the merge is found in the
/// base, and the mark made up for.
pub(super) fn merge(
    store: &mut Store,
    number: ChangeNumber,
    head: &CommitId,
    by: &UserName,
    message: &str,
) -> Result<CommitId, ForgeError> {
    let mut stored = load_settled(store, number)?;
    let conflict = || ForgeError::Conflict { what: format!("change {number}") };
    let note = format!("change {number}: merged");
    match stored.change.state.clone() {
        StateFile::Merged { commit, .. } => {
            stored.save(store, by, &note)?;
            return if *head == stored.change.head { Ok(commit) } else { Err(conflict()) };
        }
        StateFile::Closed { .. } => return Err(conflict()),
        StateFile::Open => {}
    }
    let tip = object_id(head);
    if store.find_ref(&branch_ref(&stored.change.branch))? != Some(tip) {
        return Err(conflict());
    }
    let commit =
        move_base(store, &branch_ref(&stored.change.base), tip, by, message)?.ok_or_else(conflict)?;
    end_merged(&mut stored, tip, store.now(), by.clone(), commit.clone());
    stored.save(store, by, &note)?;
    Ok(commit)
}

/// Moves a base to the merge of itself and a head; nothing where the two conflict.
fn move_base(
    store: &mut Store,
    base_ref: &str,
    head: ObjectId,
    by: &UserName,
    message: &str,
) -> Result<Option<CommitId>, ForgeError> {
    let base = store.find_ref(base_ref)?;
    let base =
        base.ok_or_else(|| ForgeError::NotFound { what: format!("`{base_ref}` of `{}`", store.name()) })?;
    let Some(tree) = merged_tree(store, &store.git, base, head)? else { return Ok(None) };
    let commit = store.write_commit(by, message, tree, &[base, head])?;
    store.move_ref(base_ref, Some(base), Some(commit))?;
    Ok(Some(commit_id(commit)))
}
