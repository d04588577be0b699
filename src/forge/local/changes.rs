//! Changes as everybody sees them, and the small things that are written to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use gix::ObjectId;

use super::content::merge_of;
use super::merged_tree::merged_tree;
use super::store::{Store, branch_ref, commit_id, object_id, unknown};
use super::wire::{
    ChangeEvent, ChangeFile, EVENTS_OF_REACTIONS_MAX, EventFile, StateFile, Stored, load, load_all,
};
use crate::forge::{BRANCH_PREFIX, ForgeError, NewReaction, Presentation, Remark};
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, Comment, CommentId, CommitId, LeftOut, Reaction, Review,
    Status, Time, UserName,
};

/// Longest comment, in bytes.
const COMMENT_BYTES_MAX: usize = 64 * 1024;

/// Towpath's changes into a branch, oldest first, without those that [`unreadable`] names.
///
/// An open change that the repository does not give now is an error: taken for absent, it would be opened once more.
pub(super) fn on_base(store: &Store, base: &BranchName) -> Result<Vec<Change>, ForgeError> {
    let all = load_all(store)?.readable;
    let ours = |stored: &&Arc<Stored>| {
        stored.change.base == *base && stored.change.branch.as_str().starts_with(BRANCH_PREFIX)
    };
    let mut shown = Vec::new();
    for stored in all.iter().filter(ours) {
        match view(store, stored) {
            Ok(change) => shown.push(change),
            Err(error) if stored.is_open() => return Err(error),
            Err(error) => {
                tracing::warn!(change = stored.change.number.0, "an ended change is left out: {error}")
            }
        }
    }
    Ok(shown)
}

/// Every change that can be shown, oldest first.
pub(super) fn list(store: &Store) -> Result<Vec<Change>, ForgeError> {
    Ok(load_all(store)?.readable.iter().filter_map(|stored| view(store, stored).ok()).collect())
}

/// The changes whose refs hold something else than a change, because somebody else wrote them. What the repository does not give
/// at the moment is not among them: it may be fine.
pub(super) fn unreadable(store: &Store) -> Result<Vec<LeftOut>, ForgeError> {
    Ok(load_all(store)?.unreadable)
}

/// A change as everybody sees it: an open one follows its branch.
pub(super) fn view(store: &Store, stored: &Stored) -> Result<Change, ForgeError> {
    let (state, head) = state(store, stored)?;
    let file = &stored.change;
    let conflicted = match state {
        ChangeState::Open => conflicts(store, stored, head)?,
        ChangeState::Merged { .. } | ChangeState::Closed { .. } => false,
    };
    // The base of a change may have been deleted since.
    let head = match store.find_ref(&branch_ref(&file.base))? {
        Some(base) => store.head_above(base, head)?,
        None => store.head_of(head)?,
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
        head,
        conflicted,
        barrier: None,
        queue: None,
        comments: comments(store, stored),
        reviews: reviews(stored),
        statuses: stored.events.iter().filter_map(status).collect(),
    })
}

/// Where a change stands, and its head. Git has the last word on an open one: a head that is in the base was merged,
/// and a branch that is gone was closed, by whom and when exactly nobody knows.
fn state(store: &Store, stored: &Stored) -> Result<(ChangeState, ObjectId), ForgeError> {
    let file = &stored.change;
    let written = object_id(&file.head);
    let tip = match &file.state {
        StateFile::Merged { at, by, commit } => {
            let state = ChangeState::Merged { at: *at, by: by.clone(), commit: commit.clone() };
            return Ok((state, written));
        }
        StateFile::Closed { at, by } => {
            return Ok((ChangeState::Closed { at: *at, by: by.clone() }, written));
        }
        StateFile::Open => store.find_ref(&branch_ref(&file.branch))?,
    };
    let head = tip.unwrap_or(written);
    if let Some(merge) = brought_by(store, file, head)? {
        let (at, by) = store.committed(merge)?;
        // Whoever pushes chooses the dates of his commits: none is before the content or in the future.
        let at = at.max(stored.written_at()).min(store.now());
        return Ok((ChangeState::Merged { at, by, commit: commit_id(merge) }, head));
    }
    let gone = || ChangeState::Closed {
        at: stored.events.last().map_or(file.opened_at, |event| event.at),
        by: unknown(),
    };
    Ok((if tip.is_some() { ChangeState::Open } else { gone() }, head))
}

/// The commit that brought a head to the base.
fn brought_by(store: &Store, change: &ChangeFile, head: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
    let Some(base) = store.find_ref(&branch_ref(&change.base))? else { return Ok(None) };
    let merge = merge_of(store, base, head)?;
    // Somebody set the branch to a commit of the base: that brought nothing.
    if merge == Some(head) && !store.is_ancestor(object_id(&change.head), base)? {
        return Ok(None);
    }
    Ok(merge)
}

/// One change to be written to, with what Git alone knows so far noted in it: a merge, a branch that is gone.
pub(super) fn load_settled(store: &Store, number: ChangeNumber) -> Result<Stored, ForgeError> {
    let mut stored = load(store, number)?;
    settle(store, &mut stored)?;
    Ok(stored)
}

/// Notes in an open change how it ended, if it did. It is written with the next thing that is.
pub(super) fn settle(store: &Store, stored: &mut Stored) -> Result<(), ForgeError> {
    let (present, head) = state(store, stored)?;
    if !stored.is_open() {
        return Ok(());
    }
    match present {
        ChangeState::Open => {}
        ChangeState::Merged { at, by, commit } => end_merged(stored, head, at, by, commit),
        ChangeState::Closed { at, by } => end_closed(stored, head, at, by),
    }
    Ok(())
}

/// Notes in a change that it was merged.
pub(super) fn end_merged(stored: &mut Stored, head: ObjectId, at: Time, by: UserName, commit: CommitId) {
    stored.change.head = commit_id(head);
    let state = StateFile::Merged { at, by: by.clone(), commit: commit.clone() };
    stored.end(state, EventFile { at, by, did: ChangeEvent::Merged { commit } });
}

fn end_closed(stored: &mut Stored, head: ObjectId, at: Time, by: UserName) {
    stored.change.head = commit_id(head);
    stored.end(StateFile::Closed { at, by: by.clone() }, EventFile { at, by, did: ChangeEvent::Closed });
}

/// Refuses a change into another branch than the caller believes.
pub(super) fn expect_base(store: &Store, number: ChangeNumber, base: &BranchName) -> Result<(), ForgeError> {
    if load(store, number)?.change.base == *base {
        return Ok(());
    }
    Err(ForgeError::NotFound { what: format!("change {number} into `{base}` of `{}`", store.name()) })
}

/// The head of a change: an open one follows its branch.
pub(super) fn head(store: &Store, stored: &Stored) -> Result<ObjectId, ForgeError> {
    state(store, stored).map(|(_, head)| head)
}

fn conflicts(store: &Store, stored: &Stored, head: ObjectId) -> Result<bool, ForgeError> {
    let Some(base) = store.find_ref(&branch_ref(&stored.change.base))? else { return Ok(true) };
    if store.is_ancestor(base, head)? {
        return Ok(false);
    }
    let trial = store.git.clone().with_object_memory();
    Ok(merged_tree(store, &trial, base, head)?.is_none())
}

/// The comments, with what was written over them and the bot's reactions; one pass over the events.
fn comments(store: &Store, stored: &Stored) -> Vec<Comment> {
    let mut comments: Vec<Comment> = Vec::new();
    let mut positions: BTreeMap<CommentId, usize> = BTreeMap::new();
    for (index, event) in stored.events.iter().enumerate() {
        let by = &event.by;
        match &event.did {
            ChangeEvent::Commented { body } => {
                let id = stored.event_id(index);
                positions.insert(id.clone(), comments.len());
                let (author, at, body) = (by.clone(), event.at, body.clone());
                comments.push(Comment { reactions: Vec::new(), id, author, at, edited: false, body });
            }
            ChangeEvent::Rewrote { comment, body } => {
                let found = positions.get(comment).and_then(|at| comments.get_mut(*at));
                if let Some(own) = found.filter(|own| own.author == *by) {
                    own.body.clone_from(body);
                }
            }
            ChangeEvent::Reacted { comment, reaction } if by == store.bot() => {
                if let Some(own) = positions.get(comment).and_then(|at| comments.get_mut(*at)) {
                    own.reactions.push(*reaction);
                }
            }
            ChangeEvent::Reacted { .. }
            | ChangeEvent::Opened { .. }
            | ChangeEvent::Wrote { .. }
            | ChangeEvent::Reviewed { .. }
            | ChangeEvent::Published { .. }
            | ChangeEvent::Merged { .. }
            | ChangeEvent::Closed => {}
        }
    }
    comments
}

fn reviews(stored: &Stored) -> Vec<Review> {
    let review = |(index, event): (usize, &EventFile)| {
        let ChangeEvent::Reviewed { head, verdict, body } = &event.did else { return None };
        Some(Review {
            id: stored.event_id(index),
            author: event.by.clone(),
            at: event.at,
            head: head.clone(),
            verdict: *verdict,
            taken_back_by: None,
            edited: false,
            body: body.clone(),
        })
    };
    stored.events.iter().enumerate().filter_map(review).collect()
}

fn status(event: &EventFile) -> Option<Status> {
    let ChangeEvent::Published { head, state, text, .. } = &event.did else { return None };
    Some(Status { head: head.clone(), at: event.at, state: *state, text: text.clone() })
}

/// Brings what people see of a stored change up to date; a status is published only where it differs.
pub(super) fn show(store: &Store, stored: &mut Stored, presentation: &Presentation, head: ObjectId) {
    stored.change.title.clone_from(&presentation.title);
    stored.change.body.clone_from(&presentation.body);
    let (wanted, head) = (&presentation.status, commit_id(head));
    let last = stored.events.iter().filter_map(status).next_back();
    let is_shown = |last: Status| last.head == head && last.state == wanted.state && last.text == wanted.text;
    if !last.is_some_and(is_shown) {
        let (context, text) = (wanted.context.clone(), wanted.text.clone());
        stored.add(store, store.bot(), ChangeEvent::Published { context, head, state: wanted.state, text });
    }
}

/// Brings title, text and status of a change up to date.
pub(super) fn present(
    store: &mut Store,
    number: ChangeNumber,
    presentation: &Presentation,
) -> Result<(), ForgeError> {
    let mut stored = load_settled(store, number)?;
    let head = head(store, &stored)?;
    show(store, &mut stored, presentation, head);
    let bot = store.bot().clone();
    stored.save(store, &bot, &format!("change {number}: {}", presentation.status.text))
}

/// Writes a comment.
pub(super) fn comment(
    store: &mut Store,
    number: ChangeNumber,
    by: &UserName,
    body: &str,
) -> Result<CommentId, ForgeError> {
    let mut stored = load_settled(store, number)?;
    if body.trim().is_empty() || body.len() > COMMENT_BYTES_MAX {
        let why = format!("a comment has between 1 and {COMMENT_BYTES_MAX} bytes");
        return Err(ForgeError::Unavailable { what: format!("commenting on change {number}"), why });
    }
    stored.add(store, by, ChangeEvent::Commented { body: body.to_owned() });
    stored.save(store, by, &format!("change {number}: comment"))?;
    Ok(stored.event_id(stored.events.len() - 1))
}

/// Writes a comment of the bot, or one of its earlier ones anew, unless it already wrote one about the same.
pub(super) fn remark(store: &mut Store, number: ChangeNumber, remark: &Remark) -> Result<(), ForgeError> {
    let bot = store.bot().clone();
    let mut stored = load_settled(store, number)?;
    let own = comments(store, &stored).into_iter().filter(|comment| comment.author == bot);
    let own: Vec<Comment> = own.collect();
    if own.iter().any(|comment| comment.about() == Some(remark.about.as_str())) {
        return Ok(());
    }
    let Some(over) = &remark.over else { return comment(store, number, &bot, &remark.body).map(drop) };
    if !own.iter().any(|comment| comment.id == *over) {
        return Err(ForgeError::Conflict { what: format!("comment {} of the bot", over.0) });
    }
    stored.add(store, &bot, ChangeEvent::Rewrote { comment: over.clone(), body: remark.body.clone() });
    stored.save(store, &bot, &format!("change {number}: comment"))
}

/// Leaves reactions of the bot on comments, each once, all in one commit, as far as there are places for them.
pub(super) fn react(
    store: &mut Store,
    number: ChangeNumber,
    wanted: &[NewReaction],
) -> Result<Vec<Result<(), ForgeError>>, ForgeError> {
    let mut stored = load_settled(store, number)?;
    let reviews: BTreeSet<CommentId> = reviews(&stored).into_iter().map(|review| review.id).collect();
    let comments = comments(store, &stored).into_iter().map(|comment| (comment.id, comment.reactions));
    let mut shown: BTreeMap<CommentId, Vec<Reaction>> = comments.collect();
    let bot = store.bot().clone();
    let mut results = Vec::with_capacity(wanted.len());
    for NewReaction { comment, reaction } in wanted {
        results.push(match shown.get_mut(comment) {
            Some(shown) if shown.contains(reaction) => Ok(()),
            Some(_) if stored.events.len() >= EVENTS_OF_REACTIONS_MAX => Err(ForgeError::Blocked {
                what: format!("reacting on change {number} of `{}`", store.name()),
                why: format!("it has {EVENTS_OF_REACTIONS_MAX} events or more"),
            }),
            Some(shown) => {
                shown.push(*reaction);
                stored.add(
                    store,
                    &bot,
                    ChangeEvent::Reacted { comment: comment.clone(), reaction: *reaction },
                );
                Ok(())
            }
            None if reviews.contains(comment) => Ok(()),
            None => Err(ForgeError::NotFound {
                what: format!("comment {} on change {number} of `{}`", comment.0, store.name()),
            }),
        });
    }
    stored.save(store, &bot, &format!("change {number}: reactions"))?;
    Ok(results)
}

/// Closes a change that is open; one that ended stays as it ended.
pub(super) fn close(store: &mut Store, number: ChangeNumber, by: &UserName) -> Result<(), ForgeError> {
    let mut stored = load_settled(store, number)?;
    if stored.is_open() {
        let head = head(store, &stored)?;
        end_closed(&mut stored, head, store.now(), by.clone());
    }
    stored.save(store, by, &format!("change {number}: closed"))
}
