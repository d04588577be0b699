//! A three-way merge without a work tree.

use gix::ObjectId;
use gix::merge::tree::TreatAsUnresolved;

use super::failure::failed;
use super::store::Store;
use crate::forge::ForgeError;

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
