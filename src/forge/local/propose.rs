//! A proposal: the commit, the branch, the change, its words; each step finds what an earlier try left.

use std::sync::Arc;

use gix::ObjectId;

use super::changes::{self, settle};
use super::content::tree_with;
use super::store::{Store, branch_ref, commit_id, object_id};
use super::wire::{ChangeEvent, ChangeFile, StateFile, Stored, StoredChanges, load_all};
use crate::forge::{ForgeError, Proposal};
use crate::model::ChangeNumber;

/// Opens the change of a proposal, or gives the open one of its branch the new content.
///
/// The branch moves first, then the change is written. Whoever is killed in between finds, with the same proposal
/// again, the branch as it should be and goes on from there.
pub(super) fn propose(store: &mut Store, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
    let (tip, head) = written(store, proposal)?;
    let open = open_change(store, proposal)?;
    let all = load_all(store)?;
    if open.is_none() {
        refuse_ended(proposal, &all.readable, tip, head)?;
    }
    let mut stored = match open {
        Some(open) => open,
        None => opened(store, proposal, &all, head),
    };
    if tip != Some(head) {
        store.move_ref(&branch_ref(&proposal.branch), tip, Some(head))?;
    }
    show(store, &mut stored, proposal, head);
    let note = format!("change {}: {}", stored.change.number, proposal.presentation.title);
    let bot = store.bot().clone();
    stored.save(store, &bot, &note)?;
    Ok(stored.change.number)
}

/// The tip of the branch as it is, and the commit that it is to have: the same where that was written before.
fn written(store: &Store, proposal: &Proposal) -> Result<(Option<ObjectId>, ObjectId), ForgeError> {
    let base = object_id(&proposal.base);
    store.commit(base).map_err(|_| ForgeError::Conflict { what: format!("the base {}", proposal.base) })?;
    let tip = store.find_ref(&branch_ref(&proposal.branch))?;
    let tree = tree_with(store, Some(base), &proposal.files)?;
    if let Some(tip) = tip
        && is_same(store, tip, tree, base, &proposal.message)?
    {
        return Ok((Some(tip), tip));
    }
    if tip != proposal.expected.as_ref().map(object_id) {
        return Err(ForgeError::Conflict { what: format!("the branch `{}`", proposal.branch) });
    }
    Ok((tip, store.write_commit(store.bot(), &proposal.message, tree, &[base])?))
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
    Ok(same_words && store.tree_of(tip)? == tree && store.parents(tip)? == [base])
}

/// A proposal that comes again after its change was merged or closed opens no second one.
fn refuse_ended(
    proposal: &Proposal,
    all: &[Arc<Stored>],
    tip: Option<ObjectId>,
    head: ObjectId,
) -> Result<(), ForgeError> {
    let comes_again = tip == Some(head) && proposal.expected.as_ref().map(object_id) != tip;
    let ended = |stored: &&Arc<Stored>| {
        !stored.is_open() && stored.change.branch == proposal.branch && object_id(&stored.change.head) == head
    };
    match all.iter().find(ended) {
        Some(ended) if comes_again => {
            Err(ForgeError::Conflict { what: format!("change {}", ended.change.number) })
        }
        Some(_) | None => Ok(()),
    }
}

/// The open change of the branch. What ended without the forge knowing is noted before the branch moves.
fn open_change(store: &mut Store, proposal: &Proposal) -> Result<Option<Stored>, ForgeError> {
    let bot = store.bot().clone();
    let is_ours = |stored: &&Arc<Stored>| {
        let change = &stored.change;
        stored.is_open() && change.branch == proposal.branch && change.base == proposal.place.branch
    };
    for stored in load_all(store)?.readable.iter().filter(is_ours) {
        let mut stored = (**stored).clone();
        settle(store, &mut stored)?;
        if stored.is_open() {
            return Ok(Some(stored));
        }
        stored.save(store, &bot, &format!("change {}: ended", stored.change.number))?;
    }
    Ok(None)
}

/// A new change under the next free number.
fn opened(store: &Store, proposal: &Proposal, all: &StoredChanges, head: ObjectId) -> Stored {
    Stored::new(ChangeFile {
        number: all.free_number(),
        title: proposal.presentation.title.clone(),
        body: proposal.presentation.body.clone(),
        author: store.bot().clone(),
        branch: proposal.branch.clone(),
        base: proposal.place.branch.clone(),
        labels: proposal.labels.clone(),
        opened_at: store.now(),
        head: commit_id(head),
        state: StateFile::Open,
    })
}

/// Writes the head, the labels and the words of a proposal into its change.
fn show(store: &Store, stored: &mut Stored, proposal: &Proposal, head: ObjectId) {
    let written = commit_id(head);
    if stored.events.is_empty() {
        stored.add(store, store.bot(), ChangeEvent::Opened { head: written.clone() });
    } else if stored.change.head != written {
        stored.add(store, store.bot(), ChangeEvent::Wrote { head: written.clone() });
    }
    stored.change.head = written;
    stored.change.labels.clone_from(&proposal.labels);
    changes::show(store, stored, &proposal.presentation, head);
}
