//! A proposal: the commit, the branch, the change, its words; each step finds what an earlier try left.

use gix::ObjectId;

use super::content::tree_with;
use super::store::{Store, branch_ref, commit_id, object_id};
use super::wire::{ChangeFile, Deed, StateFile, Stored, load_all, ref_of};
use super::{changes, store};
use crate::forge::{ForgeError, Proposal};
use crate::model::{BranchName, ChangeNumber};

/// Opens the change of a proposal, or gives the open one of its branch the new content.
pub(super) fn propose(store: &mut Store, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
    let head = write_branch(store, proposal)?;
    let open = open_change(store, &proposal.branch, &proposal.place.branch)?;
    let bot = store.bot().clone();
    let mut stored = match open {
        Some(mut stored) => {
            stored.add(store, &bot, Deed::Wrote { head: commit_id(head) });
            stored
        }
        None => opened(store, proposal, head)?,
    };
    stored.change.head = commit_id(head);
    stored.change.labels.clone_from(&proposal.labels);
    changes::show(store, &mut stored, &proposal.presentation);
    stored.save(store, &bot, &format!("change {}: {}", stored.change.number, proposal.presentation.title))?;
    Ok(stored.change.number)
}

/// Brings the branch to a commit with the content; keeps the one that is there if it is the same.
fn write_branch(store: &mut Store, proposal: &Proposal) -> Result<ObjectId, ForgeError> {
    let base = object_id(&proposal.base);
    store.commit(base).map_err(|_| ForgeError::Conflict { what: format!("the base {}", proposal.base) })?;
    let tree = tree_with(store, Some(base), &proposal.files)?;
    let name = branch_ref(&proposal.branch);
    let tip = store.find_ref(&name)?;
    if let Some(tip) = tip
        && is_same(store, tip, tree, base, &proposal.message)?
    {
        return Ok(tip);
    }
    let expected = proposal.expected.as_ref().map(object_id);
    if tip != expected {
        return Err(ForgeError::Conflict { what: format!("the branch `{}`", proposal.branch) });
    }
    let bot = store.bot().clone();
    let commit = store.write_commit(&bot, &proposal.message, tree, &[base])?;
    store.move_ref(&name, expected, Some(commit))?;
    Ok(commit)
}

fn is_same(
    store: &Store,
    tip: ObjectId,
    tree: ObjectId,
    base: ObjectId,
    message: &str,
) -> Result<bool, ForgeError> {
    let head = store.head_of(tip)?;
    let same_words = head.by_bot && head.message.trim_end() == message.trim_end();
    Ok(same_words && store.tree_of(tip)? == tree && store.first_parent(tip)? == Some(base))
}

/// The open change of a branch.
fn open_change(store: &Store, branch: &BranchName, base: &BranchName) -> Result<Option<Stored>, ForgeError> {
    let all = load_all(store)?;
    let found = all
        .iter()
        .find(|stored| stored.is_open() && stored.change.branch == *branch && stored.change.base == *base);
    Ok(found.map(|stored| (**stored).clone()))
}

/// A new change under the next free number.
fn opened(store: &Store, proposal: &Proposal, head: ObjectId) -> Result<Stored, ForgeError> {
    let last = load_all(store)?.last().map_or(0, |stored| stored.change.number.0);
    let mut number = ChangeNumber(last + 1);
    while store.find_ref(&ref_of(number))?.is_some() {
        number = ChangeNumber(number.0 + 1);
    }
    let bot = store.bot().clone();
    let mut stored = Stored::new(ChangeFile {
        number,
        title: proposal.presentation.title.clone(),
        body: proposal.presentation.body.clone(),
        author: bot.clone(),
        branch: proposal.branch.clone(),
        base: proposal.place.branch.clone(),
        labels: proposal.labels.clone(),
        opened_at: store.now(),
        head: store::commit_id(head),
        state: StateFile::Open,
    });
    stored.add(store, &bot, Deed::Opened { head: commit_id(head) });
    Ok(stored)
}
