//! Replies that the bot has not posted yet: answers to commands, and that it no longer writes to a change.
//!
//! Questions are answered in one comment that is edited, since an answer needs no notification; it holds the answers to the
//! last three questions, so that one user's question does not remove the answer to another user's. A comment that is refused
//! or not understood gets a comment of its own, because its author has to act. Answers fold away what they make out of date; the forge tries to hide those
//! once. No reaction says that a comment was seen: the answer comes within a second of the webhook, and each reaction
//! is one of 80 writes a minute. REST has no reactions for reviews, so a comment and the status answer them.

mod replies;

use std::collections::{BTreeMap, BTreeSet};

use super::commands::has_late_comments;
use super::plan::{Action, BotComment, HandledComment};
use super::promotion_view::PromotionView;
use super::reason::ActionReason;
use crate::model::{CommandOutcome, Comment, CommentId, Handled, ObservedChange, Reaction};
use replies::{Reply, replies};

/// On how many of the last changes of a target answers are still owed: a new one may open before they are given.
const CHANGES_ANSWERED_MAX: usize = 3;
/// How many of the comments of a change get a reaction although nothing was done because of them: those that came last. Anybody
/// can write thousands.
const REACTIONS_MAX: usize = 500;
/// How many questions one comment answers: those that came last.
const QUESTIONS_MAX: usize = 3;

/// The answers and reactions that the log promises and the forge does not show yet.
pub(super) fn pending_comments(case: &PromotionView<'_>) -> Vec<Action> {
    let changes: Vec<&ObservedChange> = case.changes().collect();
    let is_recent = |index: usize| index + CHANGES_ANSWERED_MAX >= changes.len();
    let is_answered = |(index, observed): &(usize, &&ObservedChange)| {
        is_recent(*index)
            || observed.change.is_open()
            || has_late_comments(observed, &case.world.bot, case.world.now)
    };
    let answered = changes.iter().enumerate().filter(is_answered).map(|(_, observed)| *observed);
    let mut actions: Vec<Action> = answered.flat_map(|observed| answers(case, observed)).collect();
    actions.extend(case.open_change().and_then(|observed| foreign_head(case, observed)));
    actions
}

fn answers(case: &PromotionView<'_>, observed: &ObservedChange) -> Vec<Action> {
    let replies = replies(case.history.handled_on(observed.change.number));
    let page = ChangeConversation::new(case, observed);
    let early = replies.len().saturating_sub(REACTIONS_MAX);
    let is_answered = |(index, reply): &(usize, &Reply<'_>)| *index >= early || reply.handled.did_something();
    let answered = replies.iter().enumerate().filter(is_answered);
    let mut actions: Vec<Action> = answered.flat_map(|(_, reply)| answer(case, &page, reply)).collect();
    actions.extend(questions(case, &page, &replies));
    actions
}

/// What stands on a change, to be looked up.
struct ChangeConversation<'a> {
    observed: &'a ObservedChange,
    comments: BTreeMap<&'a CommentId, &'a Comment>,
    /// What the bot's comments are about.
    said: BTreeSet<&'a str>,
}

impl<'a> ChangeConversation<'a> {
    fn new(case: &PromotionView<'a>, observed: &'a ObservedChange) -> Self {
        let all = &observed.change.comments;
        let own = all.iter().filter(|comment| comment.author == case.world.bot);
        Self {
            observed,
            comments: all.iter().map(|comment| (&comment.id, comment)).collect(),
            said: own.filter_map(Comment::about).collect(),
        }
    }

    fn text_of(&self, handled: &Handled) -> Option<String> {
        let review = || self.observed.change.review(&handled.comment).map(|review| &review.body);
        self.comments.get(&handled.comment).map(|comment| &comment.body).or_else(review).cloned()
    }
}

/// The sign that one handled comment is still owed, and the words where it was not carried out.
fn answer(case: &PromotionView<'_>, page: &ChangeConversation<'_>, reply: &Reply<'_>) -> Vec<Action> {
    let handled = reply.handled;
    let because = || ActionReason::SomebodyAsked { by: handled.by.clone() };
    let comment = page.comments.get(&handled.comment);
    let mut actions = Vec::new();
    if let Some(reaction) = comment.and_then(|comment| missing_reaction(comment, handled)) {
        actions.push(Action::React {
            change: handled.change,
            target: case.target.clone(),
            comment: handled.comment.clone(),
            reaction,
            because: because(),
        });
    }
    let is_owed = !reply.is_question && reply.deserves_words;
    if is_owed && !page.said.contains(BotComment::about_comment(&handled.comment).as_str()) {
        let body = page.text_of(handled).unwrap_or_default();
        let remark = BotComment::Answer { asked: asked(handled, body), outdates: reply.outdates.clone() };
        let change = handled.change;
        actions.push(Action::Comment { change, target: case.target.clone(), remark, because: because() });
    }
    actions
}

/// The answers to the questions that came since the comment for them was written last. Whoever took a question back by
/// deleting it gets none.
fn questions(
    case: &PromotionView<'_>,
    page: &ChangeConversation<'_>,
    replies: &[Reply<'_>],
) -> Option<Action> {
    let change = page.observed.change.number;
    let is_answered = |reply: &&Reply<'_>| reply.is_question && reply.deserves_words;
    let all: Vec<&Reply<'_>> = replies.iter().filter(is_answered).collect();
    let (over, answered) = last_answers(case, page, &all).unzip();
    let answered = answered.flatten();
    let first_new = answered.map_or(0, |index| index + 1);
    let written = all.into_iter().enumerate();
    let mut written: Vec<(usize, &Reply<'_>, String)> =
        written.filter_map(|(index, reply)| Some((index, reply, page.text_of(reply.handled)?))).collect();
    let (_, last, _) = written.last().filter(|(index, ..)| *index >= first_new)?;
    let by = last.handled.by.clone();
    // The answer to another person's question stays beside the new one, as far as there is room.
    written.drain(..written.len().saturating_sub(QUESTIONS_MAX));
    let new = written.iter().filter(|(index, ..)| *index >= first_new);
    let outdates = new.flat_map(|(_, reply, _)| reply.outdates.clone()).collect();
    let asked = written.into_iter().map(|(_, reply, body)| asked(reply.handled, body)).collect();
    let remark = BotComment::Answers { asked, over, outdates };
    let because = ActionReason::SomebodyAsked { by };
    Some(Action::Comment { change, target: case.target.clone(), remark, because })
}

/// The comment with the answers to questions, and which of the questions it answers last. Where there are several, or
/// somebody edited one, it is the one that is furthest along.
fn last_answers(
    case: &PromotionView<'_>,
    page: &ChangeConversation<'_>,
    questions: &[&Reply<'_>],
) -> Option<(CommentId, Option<usize>)> {
    let positions = questions.iter().enumerate().map(|(index, reply)| (&reply.handled.comment, index));
    let positions: BTreeMap<&CommentId, usize> = positions.collect();
    let own = page.observed.change.comments.iter().filter(|comment| comment.author == case.world.bot);
    let answers = own.filter_map(|comment| {
        let last = comment.about().and_then(BotComment::last_answered)?;
        Some((comment.id.clone(), positions.get(&last).copied()))
    });
    answers.max_by_key(|(_, last)| *last)
}

fn asked(handled: &Handled, body: String) -> HandledComment {
    let Handled { comment, by, outcomes, .. } = handled.clone();
    HandledComment { comment, body, by, outcomes }
}

fn missing_reaction(comment: &Comment, handled: &Handled) -> Option<Reaction> {
    // The last outcome that was reached is the one that people want to see.
    let reached = handled.outcomes.iter().rfind(|outcome| **outcome != CommandOutcome::NotRun)?;
    let reaction = reached.reaction();
    (!comment.reactions.contains(&reaction)).then_some(reaction)
}

fn is_said(case: &PromotionView<'_>, observed: &ObservedChange, about: &str) -> bool {
    let mut own = observed.change.comments.iter().filter(|comment| comment.author == case.world.bot);
    own.any(|comment| comment.about() == Some(about))
}

fn foreign_head(case: &PromotionView<'_>, observed: &ObservedChange) -> Option<Action> {
    let head = observed.change.head.commit.clone();
    let remark = BotComment::ForeignHead { head };
    let is_foreign = observed.unread.is_none() && !observed.is_ours();
    let owed = is_foreign && !is_said(case, observed, &remark.about());
    owed.then(|| Action::Comment {
        change: observed.change.number,
        target: case.target.clone(),
        remark,
        because: ActionReason::ForeignHead,
    })
}
