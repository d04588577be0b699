//! Merges: a three-way merge without a work tree, on the base as it is.

use gix::ObjectId;
use gix::merge::tree::TreatAsUnresolved;

use super::changes::{end_merged, load_settled};
use super::store::{Store, branch_ref, commit_id, failed, object_id};
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
        move_base(store, &branch_ref(&stored.change.base), tip, (by, message))?.ok_or_else(conflict)?;
    end_merged(&mut stored, tip, (store.now(), by.clone()), commit.clone());
    stored.save(store, by, &note)?;
    Ok(commit)
}

/// Moves a base to the merge of itself and a head; nothing where the two conflict.
fn move_base(
    store: &mut Store,
    base_ref: &str,
    head: ObjectId,
    (by, message): (&UserName, &str),
) -> Result<Option<CommitId>, ForgeError> {
    let base = store.find_ref(base_ref)?;
    let base =
        base.ok_or_else(|| ForgeError::NotFound { what: format!("`{base_ref}` of `{}`", store.name()) })?;
    let Some(tree) = merged_tree(&store.git, base, head)? else { return Ok(None) };
    let commit = store.write_commit(by, message, tree, &[base, head])?;
    store.move_ref(base_ref, Some(base), Some(commit))?;
    Ok(Some(commit_id(commit)))
}

/// The tree of a merge; nothing where the two sides conflict or have nothing in common.
pub(super) fn merged_tree(
    git: &gix::Repository,
    ours: ObjectId,
    theirs: ObjectId,
) -> Result<Option<ObjectId>, ForgeError> {
    let what = || format!("merging {theirs} into {ours}");
    if git.merge_base(ours, theirs).map_err(failed(what()))?.is_none() {
        return Ok(None);
    }
    let options = git.tree_merge_options().map_err(failed(what()))?;
    let outcome = git
        .merge_commits(
            ours,
            theirs,
            gix::merge::blob::builtin_driver::text::Labels::default(),
            options.into(),
        )
        .map_err(failed(what()))?;
    let mut merged = outcome.tree_merge;
    if merged.has_unresolved_conflicts(TreatAsUnresolved::default()) {
        return Ok(None);
    }
    Ok(Some(merged.tree.write().map_err(failed(what()))?.detach()))
}
