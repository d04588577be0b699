//! Merges: a three-way merge without a work tree, on the base as it is.

use gix::ObjectId;
use gix::merge::tree::TreatAsUnresolved;

use super::content::merge_of;
use super::store::{Store, branch_ref, commit_id, failed, object_id};
use super::wire::{Deed, StateFile, Stored, load};
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, CommitId, UserName};

/// Merges a change at exactly one head, or at whatever its branch shows where none is given.
///
/// The base moves first and the change is marked afterwards; after a crash in between the merge is found in the
/// base, and the mark made up for.
pub(super) fn merge(
    store: &mut Store,
    number: ChangeNumber,
    head: Option<&CommitId>,
    by: &UserName,
    message: &str,
) -> Result<CommitId, ForgeError> {
    let mut stored = load(store, number)?;
    let conflict = || ForgeError::Conflict { what: format!("change {number}") };
    if let StateFile::Merged { commit, .. } = &stored.change.state {
        let is_this = head.is_none_or(|head| *head == stored.change.head);
        return if is_this { Ok(commit.clone()) } else { Err(conflict()) };
    }
    if !stored.is_open() {
        return Err(conflict());
    }
    let tip = store.find_ref(&branch_ref(&stored.change.branch))?.ok_or_else(conflict)?;
    if head.is_some_and(|head| object_id(head) != tip) {
        return Err(conflict());
    }
    let base = object_id(&store.tip(&stored.change.base)?);
    let commit = match merge_of(store, base, tip)? {
        Some(commit) => commit,
        None => {
            let tree = merged_tree(store, base, tip)?.ok_or_else(conflict)?;
            let commit = store.write_commit(by, message, tree, &[base, tip])?;
            store.move_ref(&branch_ref(&stored.change.base), Some(base), Some(commit))?;
            commit
        }
    };
    stored.change.head = commit_id(tip);
    mark_merged(store, &mut stored, by, commit)?;
    Ok(commit_id(commit))
}

/// Notes in a change that it was merged.
fn mark_merged(
    store: &mut Store,
    stored: &mut Stored,
    by: &UserName,
    commit: ObjectId,
) -> Result<(), ForgeError> {
    let (at, _) = store.committed(commit)?;
    stored.change.state = StateFile::Merged { at, by: by.clone(), commit: commit_id(commit) };
    stored.add(store, by, Deed::Merged { commit: commit_id(commit) });
    stored.save(store, by, &format!("change {}: merged", stored.change.number))
}

/// The tree of a merge; nothing where the two sides conflict.
pub(super) fn merged_tree(
    store: &Store,
    ours: ObjectId,
    theirs: ObjectId,
) -> Result<Option<ObjectId>, ForgeError> {
    let what = || format!("merging {theirs} into {ours}");
    let options = store.git.tree_merge_options().map_err(failed(what()))?;
    let outcome = store
        .git
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
