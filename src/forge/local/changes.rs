//! Changes as everybody sees them, and the small things that are written to them.

use std::sync::Arc;

use gix::ObjectId;

use super::content::merge_of;
use super::merge::merged_tree;
use super::store::{Store, branch_ref, commit_id, object_id, unknown};
use super::wire::{Deed, EventFile, StateFile, Stored, load, load_all};
use crate::forge::{BRANCH_PREFIX, ForgeError, Presentation, Remark};
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, Comment, CommentId, Reaction, Review, Status, UserName,
};

/// Towpath's changes into a branch, oldest first.
pub(super) fn on_base(store: &Store, base: &BranchName) -> Result<Vec<Change>, ForgeError> {
    let all = load_all(store)?;
    let ours = |stored: &&Arc<Stored>| {
        stored.change.base == *base && stored.change.branch.as_str().starts_with(BRANCH_PREFIX)
    };
    all.iter().filter(ours).map(|stored| view(store, stored)).collect()
}

/// A change as everybody sees it: an open one follows its branch.
pub(super) fn view(store: &Store, stored: &Stored) -> Result<Change, ForgeError> {
    let (state, head) = state(store, stored)?;
    let file = &stored.change;
    let conflicted = match state {
        ChangeState::Open => conflicts(store, stored, head)?,
        ChangeState::Merged { .. } | ChangeState::Closed { .. } => false,
    };
    Ok(Change {
        number: file.number,
        url: format!("{}#{}", store.git.git_dir().display(), file.number.0),
        title: file.title.clone(),
        body: file.body.clone(),
        author: file.author.clone(),
        branch: file.branch.clone(),
        base: file.base.clone(),
        state,
        opened_at: file.opened_at,
        head: store.head_of(head)?,
        conflicted,
        comments: comments(store, stored),
        reviews: reviews(stored),
        statuses: stored.events.iter().filter_map(status).collect(),
    })
}

/// Where a change stands. Git has the last word: a head that is in the base was merged, a branch that is gone
/// cannot be.
fn state(store: &Store, stored: &Stored) -> Result<(ChangeState, ObjectId), ForgeError> {
    let written = object_id(&stored.change.head);
    Ok(match &stored.change.state {
        StateFile::Merged { at, by, commit } => {
            (ChangeState::Merged { at: *at, by: by.clone(), commit: commit.clone() }, written)
        }
        StateFile::Closed { at, by } => (ChangeState::Closed { at: *at, by: by.clone() }, written),
        StateFile::Open => {
            let tip = store.find_ref(&branch_ref(&stored.change.branch))?;
            let head = tip.unwrap_or(written);
            let base = object_id(&store.tip(&stored.change.base)?);
            match merge_of(store, base, head)? {
                Some(merge) => {
                    let (at, by) = store.committed(merge)?;
                    (ChangeState::Merged { at, by, commit: commit_id(merge) }, head)
                }
                None if tip.is_none() => {
                    let at = stored.events.last().map_or(stored.change.opened_at, |event| event.at);
                    (ChangeState::Closed { at, by: unknown() }, head)
                }
                None => (ChangeState::Open, head),
            }
        }
    })
}

fn conflicts(store: &Store, stored: &Stored, head: ObjectId) -> Result<bool, ForgeError> {
    let base = object_id(&store.tip(&stored.change.base)?);
    if store.is_ancestor(base, head)? {
        return Ok(false);
    }
    Ok(merged_tree(store, base, head)?.is_none())
}

fn comments(store: &Store, stored: &Stored) -> Vec<Comment> {
    let comment = |(index, event): (usize, &EventFile)| {
        let Deed::Commented { body } = &event.did else { return None };
        let id = stored.event_id(index);
        Some(Comment {
            reactions: reactions(store, stored, &id),
            id,
            author: event.by.clone(),
            at: event.at,
            edited: false,
            body: body.clone(),
        })
    };
    stored.events.iter().enumerate().filter_map(comment).collect()
}

fn reactions(store: &Store, stored: &Stored, to: &CommentId) -> Vec<Reaction> {
    let reaction = |event: &EventFile| match &event.did {
        Deed::Reacted { comment, reaction } if comment == to && event.by == *store.bot() => Some(*reaction),
        Deed::Reacted { .. }
        | Deed::Opened { .. }
        | Deed::Wrote { .. }
        | Deed::Commented { .. }
        | Deed::Reviewed { .. }
        | Deed::Published { .. }
        | Deed::Merged { .. }
        | Deed::Closed => None,
    };
    stored.events.iter().filter_map(reaction).collect()
}

fn reviews(stored: &Stored) -> Vec<Review> {
    let review = |(index, event): (usize, &EventFile)| {
        let Deed::Reviewed { head, verdict, body } = &event.did else { return None };
        Some(Review {
            id: stored.event_id(index),
            author: event.by.clone(),
            at: event.at,
            head: head.clone(),
            verdict: *verdict,
            body: body.clone(),
        })
    };
    stored.events.iter().enumerate().filter_map(review).collect()
}

fn status(event: &EventFile) -> Option<Status> {
    let Deed::Published { head, state, text, .. } = &event.did else { return None };
    Some(Status { head: head.clone(), at: event.at, state: *state, text: text.clone() })
}

/// Brings what people see of a stored change up to date; a status is published only where it differs.
pub(super) fn show(store: &Store, stored: &mut Stored, presentation: &Presentation) {
    stored.change.title.clone_from(&presentation.title);
    stored.change.body.clone_from(&presentation.body);
    let wanted = &presentation.status;
    let last = stored.events.iter().filter_map(status).next_back();
    let is_shown = last.is_some_and(|last| {
        last.head == stored.change.head && last.state == wanted.state && last.text == wanted.text
    });
    if !is_shown {
        let did = Deed::Published {
            context: wanted.context.clone(),
            head: stored.change.head.clone(),
            state: wanted.state,
            text: wanted.text.clone(),
        };
        let bot = store.bot().clone();
        stored.add(store, &bot, did);
    }
}

/// Brings title, text and status of a change up to date.
pub(super) fn present(
    store: &mut Store,
    number: ChangeNumber,
    presentation: &Presentation,
) -> Result<(), ForgeError> {
    let mut stored = load(store, number)?;
    show(store, &mut stored, presentation);
    let bot = store.bot().clone();
    stored.save(store, &bot, &format!("change {number}: {}", presentation.status.text))
}

/// Writes a comment of the bot, unless it already wrote one about the same.
pub(super) fn remark(store: &mut Store, number: ChangeNumber, remark: &Remark) -> Result<(), ForgeError> {
    let mut stored = load(store, number)?;
    let bot = store.bot().clone();
    let mut own = comments(store, &stored).into_iter().filter(|comment| comment.author == bot);
    if own.any(|comment| comment.about() == Some(remark.about.as_str())) {
        return Ok(());
    }
    stored.add(store, &bot, Deed::Commented { body: remark.body.clone() });
    stored.save(store, &bot, &format!("change {number}: comment"))
}

/// Leaves a reaction of the bot, once.
pub(super) fn react(
    store: &mut Store,
    number: ChangeNumber,
    comment: &CommentId,
    reaction: Reaction,
) -> Result<(), ForgeError> {
    let mut stored = load(store, number)?;
    if reactions(store, &stored, comment).contains(&reaction) {
        return Ok(());
    }
    let bot = store.bot().clone();
    stored.add(store, &bot, Deed::Reacted { comment: comment.clone(), reaction });
    stored.save(store, &bot, &format!("change {number}: reaction"))
}

/// Closes a change that is open; one that ended stays as it ended.
pub(super) fn close(store: &mut Store, number: ChangeNumber, by: &UserName) -> Result<(), ForgeError> {
    let mut stored = load(store, number)?;
    let (present, head) = state(store, &stored)?;
    if !stored.is_open() || matches!(present, ChangeState::Merged { .. }) {
        return Ok(());
    }
    stored.change.head = commit_id(head);
    stored.change.state = StateFile::Closed { at: store.now(), by: by.clone() };
    stored.add(store, by, Deed::Closed);
    stored.save(store, by, &format!("change {number}: closed"))
}
