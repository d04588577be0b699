//! What the bot still owes people: answers to their commands, and a word when it stops writing.

use std::collections::BTreeSet;

use super::case::Case;
use super::commands::has_late_comments;
use super::plan::{Action, Asked, Remark};
use super::reason::Because;
use crate::model::{
    CommandOutcome, Comment, CommentId, Handled, ObservedChange, Reaction, RefusedBecause, UserName,
};

/// On how many of the last changes of a target answers are still owed: a new one may open before they are given.
const CHANGES_ANSWERED_MAX: usize = 3;
/// How many answers in words one person gets on one change; what comes after that gets a sign.
const ANSWERS_PER_PERSON_MAX: usize = 20;
/// The same of words that notify everybody, to somebody for whom nothing was ever done there.
const ANSWERS_PER_STRANGER_MAX: usize = 3;

/// How many people are told on one change that they lack a right; others get a sign.
const PEOPLE_REFUSED_MAX: usize = 20;

/// How many questions one comment answers: those that came last.
const QUESTIONS_MAX: usize = 3;

/// The answers and reactions that the log promises and the forge does not show yet.
pub(super) fn owed(case: &Case<'_>) -> Vec<Action> {
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

fn answers<'a>(case: &'a Case<'_>, observed: &'a ObservedChange) -> impl Iterator<Item = Action> + 'a {
    let handled = case.history.handled_on(observed.change.number);
    handled.flat_map(|handled| answer(case, observed, handled)).chain(questions(case, observed))
}

/// The sign that one handled comment is still owed, and the words where it was not carried out.
fn answer(case: &Case<'_>, observed: &ObservedChange, handled: &Handled) -> Vec<Action> {
    let because = || Because::SomebodyAsked { by: handled.by.clone() };
    let comment = observed.change.comments.iter().find(|comment| comment.id == handled.comment);
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
    let is_owed = !is_question(handled) && deserves_words(case, handled);
    if is_owed && !is_said(case, observed, &Remark::about_comment(&handled.comment)) {
        let body = text_of(observed, handled).unwrap_or_default();
        let remark = Remark::Answer { asked: asked(handled, body), outdates: outdated(case, handled) };
        let change = handled.change;
        actions.push(Action::Remark { change, target: case.target.clone(), remark, because: because() });
    }
    actions
}

/// The answers to the questions that came since the comment for them was written last. Whoever took a question back by
/// deleting it gets none.
fn questions(case: &Case<'_>, observed: &ObservedChange) -> Option<Action> {
    let change = observed.change.number;
    let all = case.history.handled_on(change).filter(|handled| is_question(handled));
    let all: Vec<&Handled> = all.filter(|handled| deserves_words(case, handled)).collect();
    let (over, answered) = last_answers(case, observed, &all).unzip();
    let answered = answered.flatten();
    let new = all.into_iter().skip(answered.map_or(0, |index| index + 1));
    let mut new: Vec<(&Handled, String)> =
        new.filter_map(|handled| Some((handled, text_of(observed, handled)?))).collect();
    new.drain(..new.len().saturating_sub(QUESTIONS_MAX));
    let by = new.last().map(|(handled, _)| handled.by.clone())?;
    let outdates = new.iter().flat_map(|(handled, _)| outdated(case, handled)).collect();
    let asked = new.into_iter().map(|(handled, body)| asked(handled, body)).collect();
    let remark = Remark::Answers { asked, over, outdates };
    let because = Because::SomebodyAsked { by };
    Some(Action::Remark { change, target: case.target.clone(), remark, because })
}

/// The comment with the answers to questions, and which of the questions it answers last. Where there are several, or
/// somebody edited one, it is the one that is furthest along.
fn last_answers(
    case: &Case<'_>,
    observed: &ObservedChange,
    questions: &[&Handled],
) -> Option<(CommentId, Option<usize>)> {
    let own = observed.change.comments.iter().filter(|comment| comment.author == case.world.bot);
    let answers = own.filter_map(|comment| {
        let last = comment.about().and_then(Remark::last_answered)?;
        Some((comment.id.clone(), questions.iter().position(|handled| handled.comment == last)))
    });
    answers.max_by_key(|(_, last)| *last)
}

fn asked(handled: &Handled, body: String) -> Asked {
    let Handled { comment, by, outcomes, .. } = handled.clone();
    Asked { comment, body, by, outcomes }
}

/// Whether somebody asked something, and all else that the comment says was done: then nobody has to be notified.
fn is_question(handled: &Handled) -> bool {
    let is_no = |outcome: &CommandOutcome| {
        matches!(outcome, CommandOutcome::Refused(_) | CommandOutcome::Unparsable | CommandOutcome::NotRun)
    };
    handled.outcomes.contains(&CommandOutcome::Answered) && !handled.outcomes.iter().any(is_no)
}

/// The comments whose own answers an answer makes out of date, and no answer in between did.
///
/// One that refused something stays until the same person is answered anew: it told them something.
fn outdated(case: &Case<'_>, handled: &Handled) -> Vec<CommentId> {
    let mut earlier: Vec<&Handled> = case
        .history
        .handled_on(handled.change)
        .take_while(|other| other.comment != handled.comment)
        .collect();
    earlier.retain(|other| deserves_words(case, other));
    let makes_old = |by: &Handled, old: &Handled| by.by == old.by || !refuses(old);
    let mut old = Vec::new();
    for (index, other) in earlier.iter().enumerate().filter(|(_, other)| !is_question(other)) {
        let was_old = earlier.iter().skip(index + 1).any(|between| makes_old(between, other));
        if !was_old && makes_old(handled, other) {
            old.push(other.comment.clone());
        }
    }
    old
}

fn refuses(handled: &Handled) -> bool {
    handled.outcomes.iter().any(|outcome| matches!(outcome, CommandOutcome::Refused(_)))
}

/// Whether a sign is not enough. Nobody can make the bot flood a change: who lacks a right is told once, as many people as
/// are told so at all; and there is a bound for each person, which is low where nothing was ever done for them and all
/// are notified.
fn deserves_words(case: &Case<'_>, handled: &Handled) -> bool {
    let earlier =
        || case.history.handled_on(handled.change).take_while(|other| other.comment != handled.comment);
    let of_this_person = || earlier().filter(|other| other.by == handled.by);
    let is_like_it = |other: &&Handled| needs_words(other) && is_question(other) == is_question(handled);
    let is_known = is_question(handled) || of_this_person().any(Handled::did_something);
    let most = if is_known { ANSWERS_PER_PERSON_MAX } else { ANSWERS_PER_STRANGER_MAX };
    needs_words(handled)
        && of_this_person().filter(is_like_it).count() < most
        && !(lacks_right(handled) && (of_this_person().any(lacks_right) || are_many_refused(earlier())))
}

/// Whether as many people as are told so were already told that they lack a right.
fn are_many_refused<'h>(earlier: impl Iterator<Item = &'h Handled>) -> bool {
    let people: BTreeSet<&UserName> =
        earlier.filter(|other| lacks_right(other)).map(|other| &other.by).collect();
    people.len() >= PEOPLE_REFUSED_MAX
}

fn needs_words(handled: &Handled) -> bool {
    handled.outcomes.iter().any(CommandOutcome::needs_words)
}

fn lacks_right(handled: &Handled) -> bool {
    let is_refused = |outcome: &CommandOutcome| {
        matches!(
            outcome,
            CommandOutcome::Refused(
                RefusedBecause::NotEntitled { .. } | RefusedBecause::NamedStranger { .. }
            )
        )
    };
    handled.outcomes.iter().any(is_refused)
}

fn missing_reaction(comment: &Comment, handled: &Handled) -> Option<Reaction> {
    // The last outcome that was reached is the one that people want to see.
    let reached = handled.outcomes.iter().rfind(|outcome| **outcome != CommandOutcome::NotRun)?;
    let reaction = reached.reaction();
    (!comment.reactions.contains(&reaction)).then_some(reaction)
}

fn text_of(observed: &ObservedChange, handled: &Handled) -> Option<String> {
    let comments = observed.change.comments.iter().map(|comment| (&comment.id, &comment.body));
    let reviews = observed.change.reviews.iter().map(|review| (&review.id, &review.body));
    comments.chain(reviews).find(|(id, _)| **id == handled.comment).map(|(_, body)| body.clone())
}

fn is_said(case: &Case<'_>, observed: &ObservedChange, about: &str) -> bool {
    let mut own = observed.change.comments.iter().filter(|comment| comment.author == case.world.bot);
    own.any(|comment| comment.about() == Some(about))
}

fn foreign_head(case: &Case<'_>, observed: &ObservedChange) -> Option<Action> {
    let head = observed.change.head.commit.clone();
    let remark = Remark::ForeignHead { head };
    let owed = !observed.is_ours() && !is_said(case, observed, &remark.about());
    owed.then(|| Action::Remark {
        change: observed.change.number,
        target: case.target.clone(),
        remark,
        because: Because::ForeignHead,
    })
}
