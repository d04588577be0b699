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

/// The tree of a merge, written to `git`, which is the store's repository or a copy that keeps new objects in memory. `None` if
/// the two sides conflict or have nothing in common.
pub(super) fn merged_tree(
    store: &Store,
    git: &gix::Repository,
    ours: ObjectId,
    theirs: ObjectId,
) -> Result<Option<ObjectId>, ForgeError> {
    let Some(base) = store.merge_base(ours, theirs)? else { return Ok(None) };
    let what = || format!("merging {theirs} into {ours}");
    let options = git.tree_merge_options().map_err(failed(what()))?;
    let labels = gix::merge::blob::builtin_driver::text::Labels::default();
    let merged = if git.merge_base(ours, theirs).is_ok() {
        git.merge_commits(ours, theirs, labels, options.into()).map(|outcome| outcome.tree_merge)
    } else {
        // gix cannot read a commit on the way, so it finds no merge base by itself.
        let (base, ours, theirs) = (store.tree_of(base)?, store.tree_of(ours)?, store.tree_of(theirs)?);
        git.merge_trees(base, ours, theirs, labels, options)
    };
    let mut merged = merged.map_err(failed(what()))?;
    if merged.has_unresolved_conflicts(TreatAsUnresolved::default()) {
        return Ok(None);
    }
    Ok(Some(merged.tree.write().map_err(failed(what()))?.detach()))
}
