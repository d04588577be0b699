//! Which handled comments are answered in words, worked out for all comments of one change in one pass.
//!
//! Anybody may write comments, so the cost is linear in their number.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{CommandOutcome, CommentId, Handled, RefusalReason, Right, UserName};

/// How many answers in words one person gets on one change; what comes after that gets a sign.
const ANSWERS_PER_PERSON_MAX: usize = 20;
/// The same of words that notify everybody, to somebody for whom nothing was ever done there.
const ANSWERS_PER_STRANGER_MAX: usize = 3;
/// How many people are told on one change that they lack a right; others get a sign.
const PEOPLE_REFUSED_MAX: usize = 20;

/// A handled comment, and what the bot owes its author.
pub(super) struct Reply<'h> {
    pub(super) handled: &'h Handled,
    /// Whether the comment only asked something, so that nobody has to be notified.
    pub(super) is_question: bool,
    /// Whether a reaction is not enough.
    pub(super) deserves_words: bool,
    /// The comments whose own answers this answer makes out of date, in the order of the log.
    pub(super) outdates: Vec<CommentId>,
}

/// The replies to the handled comments of one change, in the order of the log. A comment that is in the log twice counts
/// once.
pub(super) fn replies<'h>(handled: impl Iterator<Item = &'h Handled>) -> Vec<Reply<'h>> {
    let (mut seen, mut words, mut standing) =
        (BTreeSet::new(), ReplyLimits::default(), CurrentReplies::default());
    let first = handled.filter(|handled| seen.insert(&handled.comment));
    let reply = |handled: &'h Handled| {
        let (is_question, deserves_words) = (is_question(handled), words.take(handled));
        let outdates = if deserves_words { standing.take(handled, is_question) } else { Vec::new() };
        Reply { handled, is_question, deserves_words, outdates }
    };
    first.map(reply).collect()
}

/// What one person wrote on a change so far.
#[derive(Default)]
struct Participant {
    /// Questions that are answered in words.
    questions: usize,
    /// Other comments that are answered in words.
    others: usize,
    did_something: bool,
    /// The rights whose lack this person was told of.
    lacked: BTreeSet<Right>,
}

/// The replies that are left on one change, so that nobody can make the bot flood it. A user without a right gets one reply for
/// each right, and only a limited number of users get such replies. Each user has a limit besides, which is low for one whose
/// commands were never carried out, because everyone on the change is notified.
#[derive(Default)]
struct ReplyLimits<'h> {
    people: BTreeMap<&'h UserName, Participant>,
    refused: usize,
}

impl<'h> ReplyLimits<'h> {
    /// Whether a comment is answered in words; counts it.
    fn take(&mut self, handled: &'h Handled) -> bool {
        let person = self.people.entry(&handled.by).or_default();
        let (is_question, needs_words, lacking) =
            (is_question(handled), needs_words(handled), lacking_right(handled));
        let is_known = is_question || person.did_something;
        let most = if is_known { ANSWERS_PER_PERSON_MAX } else { ANSWERS_PER_STRANGER_MAX };
        let before = if is_question { &mut person.questions } else { &mut person.others };
        let is_new_to_it = person.lacked.is_empty();
        let was_told = lacking.is_some_and(|right| {
            person.lacked.contains(&right) || (is_new_to_it && self.refused >= PEOPLE_REFUSED_MAX)
        });
        let deserves_words = needs_words && *before < most && !was_told;
        *before += usize::from(needs_words);
        self.refused += usize::from(lacking.is_some() && is_new_to_it);
        person.lacked.extend(lacking);
        person.did_something |= handled.did_something();
        deserves_words
    }
}

/// The answers that no later one made out of date, each with its position.
///
/// One that refused something stays until the same person is answered anew: it told them something.
#[derive(Default)]
struct CurrentReplies<'h> {
    refusals: BTreeMap<&'h UserName, Vec<(usize, &'h CommentId)>>,
    others: Vec<(usize, &'h CommentId)>,
    count: usize,
}

impl<'h> CurrentReplies<'h> {
    /// The comments whose answers the answer to this one makes out of date; takes it in as well.
    fn take(&mut self, handled: &'h Handled, is_question: bool) -> Vec<CommentId> {
        self.count += 1;
        let mut old = self.refusals.remove(&handled.by).unwrap_or_default();
        old.append(&mut self.others);
        old.sort_unstable();
        let own = (self.count, &handled.comment);
        match (is_question, refuses(handled)) {
            // The comment with the answers to questions is written over instead.
            (true, _) => {}
            (false, true) => self.refusals.entry(&handled.by).or_default().push(own),
            (false, false) => self.others.push(own),
        }
        old.into_iter().map(|(_, comment)| comment.clone()).collect()
    }
}

/// Whether somebody asked something, and all else that the comment says was done: then nobody has to be notified.
fn is_question(handled: &Handled) -> bool {
    let is_no = |outcome: &CommandOutcome| {
        matches!(outcome, CommandOutcome::Refused(_) | CommandOutcome::Unparsable | CommandOutcome::NotRun)
    };
    handled.outcomes.contains(&CommandOutcome::Answered) && !handled.outcomes.iter().any(is_no)
}

fn needs_words(handled: &Handled) -> bool {
    handled.outcomes.iter().any(CommandOutcome::needs_words)
}

fn refuses(handled: &Handled) -> bool {
    handled.outcomes.iter().any(|outcome| matches!(outcome, CommandOutcome::Refused(_)))
}

/// The right for whose lack a comment was refused.
fn lacking_right(handled: &Handled) -> Option<Right> {
    handled.outcomes.iter().find_map(|outcome| match outcome {
        CommandOutcome::Refused(
            RefusalReason::NotEntitled { right, .. } | RefusalReason::NamedStranger { right, .. },
        ) => Some(*right),
        CommandOutcome::Refused(_)
        | CommandOutcome::Requested { .. }
        | CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Held { .. }
        | CommandOutcome::Resumed { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::NotRun => None,
    })
}
