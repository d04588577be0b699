//! Comment commands, carried out once each: what people wrote becomes outcomes in the log.
//!
//! A comment is handled as a whole. While a right or a digest that it rests on is unknown it stays pending.

mod approval;
mod binding;
mod quota;
mod request;

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;

use super::promotion_view::{PromotionView, is_taking_commands, newest};
use super::reason::GateReason;
use super::{record_now, rights};
use crate::command::{self, Command};
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, CommandOutcome, Comment, CommentId, Event, History,
    ObservedChange, Record, RefusalReason, Review, ReviewVerdict, Right, Time, UserName, World,
};
pub(super) use quota::Quota;

/// How long ago a comment from before the end of its change may be written to be answered still. Without this bound a log
/// that was begun anew would have every old approval answered again.
const UNREAD_AGE_MAX: TimeDelta = TimeDelta::days(1);

/// A comment or review that was not handled, before anybody read its text.
pub(super) struct UnhandledComment<'w> {
    observed: &'w ObservedChange,
    text: CommandSource<'w>,
    /// The change that takes commands instead, where it stands on one that ended before.
    redirect: Option<ChangeNumber>,
}

#[derive(Clone, Copy)]
enum CommandSource<'w> {
    Comment(&'w Comment),
    Review(&'w Review),
}

/// A comment or review, as far as commands are concerned.
pub(super) struct CommentInput<'a> {
    observed: &'a ObservedChange,
    id: &'a CommentId,
    author: &'a UserName,
    at: Time,
    /// What counts of it.
    commands: Vec<Command>,
    /// Why nothing of its text counts, where it would hold something.
    void: Option<CommandOutcome>,
}

/// One command in its surroundings.
struct CommandInput<'a> {
    case: &'a PromotionView<'a>,
    observed: &'a ObservedChange,
    by: &'a UserName,
    at: Time,
}

/// Why a command has no outcome yet, or none but a refusal.
enum CommandError {
    /// Something is not known yet.
    Pending,
    /// It is refused.
    Refused(RefusalReason),
}

/// What people said on the changes of a branch and was not handled, oldest first in each. Programs give no commands:
/// two of them could answer each other for ever.
///
/// On a change that ended before the last one nothing is carried out: who wrote there is told where to write.
pub(super) fn waiting<'w>(
    world: &'w World,
    branch: &BranchName,
    history: &History,
) -> Vec<UnhandledComment<'w>> {
    let own = || world.changes.iter().filter(|observed| observed.change.branch == *branch);
    let Some(newest) = newest(own().map(|observed| &observed.change)) else { return Vec::new() };
    let of = |observed: &'w ObservedChange| {
        let is_read = is_taking_commands(&observed.change, own().map(|observed| &observed.change));
        let mut all = unhandled(world, observed, history);
        if !is_read {
            // What was written before the change ended was read while it was open, unless it came just then.
            all.retain(|own| is_late(&observed.change, own.at(), world.now));
            all.iter_mut().for_each(|own| own.redirect = Some(newest.number));
        }
        all
    };
    // What an approval is about has to be known, and a comment that was handled is not looked at again.
    own().filter(|observed| observed.unread.is_none()).flat_map(of).collect()
}

/// Whether a change has comments that are answered although it ended before the last one.
pub(super) fn has_late_comments(observed: &ObservedChange, bot: &UserName, now: Time) -> bool {
    let change = &observed.change;
    let comments = change.comments.iter().map(|comment| (&comment.author, comment.at));
    let reviews = change.reviews.iter().map(|review| (&review.author, review.at));
    comments.chain(reviews).any(|(author, at)| author != bot && is_late(change, at, now))
}

fn is_late(change: &Change, at: Time, now: Time) -> bool {
    let ended_at = match change.state {
        ChangeState::Open => return false,
        ChangeState::Merged { at, .. } | ChangeState::Closed { at, .. } => at,
    };
    at > ended_at || now.signed_duration_since(at) <= UNREAD_AGE_MAX
}

fn unhandled<'w>(
    world: &World,
    observed: &'w ObservedChange,
    history: &History,
) -> Vec<UnhandledComment<'w>> {
    let handled: BTreeSet<&CommentId> =
        history.handled_on(observed.change.number).map(|handled| &handled.comment).collect();
    let is_new =
        |id: &CommentId, by: &UserName| *by != world.bot && !by.is_machine() && !handled.contains(id);
    let comments = observed.change.comments.iter().filter(|comment| is_new(&comment.id, &comment.author));
    let reviews = observed
        .change
        .reviews
        .iter()
        .filter(|review| !review.is_void() && is_new(&review.id, &review.author));
    let texts = comments.map(CommandSource::Comment).chain(reviews.map(CommandSource::Review));
    let mut all: Vec<UnhandledComment<'w>> =
        texts.map(|text| UnhandledComment { observed, text, redirect: None }).collect();
    all.sort_by_key(UnhandledComment::at);
    all
}

impl<'w> UnhandledComment<'w> {
    const fn at(&self) -> Time {
        match self.text {
            CommandSource::Comment(comment) => comment.at,
            CommandSource::Review(review) => review.at,
        }
    }

    const fn author(&self) -> &'w UserName {
        match self.text {
            CommandSource::Comment(comment) => &comment.author,
            CommandSource::Review(review) => &review.author,
        }
    }

    /// What it says; `None` if that is no command.
    fn read(&self) -> Option<CommentInput<'w>> {
        let mut word = match self.text {
            CommandSource::Comment(comment) => of_comment(self.observed, comment),
            CommandSource::Review(review) => of_review(self.observed, review),
        };
        if word.commands.is_empty() && word.void.is_none() {
            return None;
        }
        if let Some(newest) = self.redirect {
            word.commands = Vec::new();
            word.void = Some(CommandOutcome::Refused(RefusalReason::EndedChange { newest }));
        }
        Some(word)
    }
}

fn of_comment<'w>(observed: &'w ObservedChange, comment: &'w Comment) -> CommentInput<'w> {
    let (commands, void) = commands_of(&comment.body, comment.edited);
    let Comment { id, author, at, .. } = comment;
    CommentInput { observed, id, author, at: *at, commands, void }
}

/// A review that says yes or no is a command by itself, about the head that was reviewed; its text may hold more. Whoever
/// edits the text leaves the yes or no as it is.
fn of_review<'w>(observed: &'w ObservedChange, review: &'w Review) -> CommentInput<'w> {
    let own = match review.verdict {
        ReviewVerdict::Approve => Some(Command::Approve { head: Some(review.head.to_string()) }),
        ReviewVerdict::RequestChanges => {
            Some(Command::Hold { until: None, reason: Some("changes requested".to_owned()) })
        }
        ReviewVerdict::Comment => None,
    };
    let (written, void) = commands_of(&review.body, review.edited);
    let commands = own.into_iter().chain(written).collect();
    let Review { id, author, at, .. } = review;
    CommentInput { observed, id, author, at: *at, commands, void }
}

/// The commands of a text that count. Where one does not parse, or somebody edited the text, it is none of them.
fn commands_of(body: &str, edited: bool) -> (Vec<Command>, Option<CommandOutcome>) {
    match command::parse(body) {
        Ok(commands) if commands.is_empty() => (commands, None),
        _ if edited => (Vec::new(), Some(CommandOutcome::Refused(RefusalReason::Edited))),
        Ok(commands) => (commands, None),
        Err(_) => (Vec::new(), Some(CommandOutcome::Unparsable)),
    }
}

/// The record of one comment; nothing where it has to wait.
pub(super) fn carry_out(case: &PromotionView<'_>, word: &CommentInput<'_>) -> Option<Record> {
    let observed = word.observed;
    let asked = CommandInput { case, observed, by: word.author, at: word.at };
    let mut outcomes = without_repeats(outcomes(&asked, &word.commands)?);
    outcomes.extend(word.void.clone());
    let event = Event::Handled {
        change: observed.change.number,
        comment: word.id.clone(),
        by: word.author.clone(),
        outcomes,
    };
    Some(record_now(case.world, event))
}

/// The outcomes without wishes that a later one of the same comment takes the place of: each names every image.
fn without_repeats(outcomes: Vec<CommandOutcome>) -> Vec<CommandOutcome> {
    let target = |outcome: &CommandOutcome| match outcome {
        CommandOutcome::Requested { target, .. } => Some(target.clone()),
        CommandOutcome::Approved { .. }
        | CommandOutcome::Rejected { .. }
        | CommandOutcome::Held { .. }
        | CommandOutcome::Resumed { .. }
        | CommandOutcome::Answered
        | CommandOutcome::Unparsable
        | CommandOutcome::Refused(_)
        | CommandOutcome::NotRun => None,
    };
    let mut seen = BTreeSet::new();
    let last_first = outcomes.into_iter().rev();
    let mut kept: Vec<CommandOutcome> =
        last_first.filter(|outcome| target(outcome).is_none_or(|target| seen.insert(target))).collect();
    kept.reverse();
    kept
}

/// Whose commands wait here because the forge does not say what they may do, each with the reason.
pub(super) fn stuck(case: &PromotionView<'_>) -> Vec<GateReason> {
    let mut by_author: BTreeMap<&UserName, Vec<UnhandledComment<'_>>> = BTreeMap::new();
    for unhandled in waiting(case.world, &case.branch(), case.history) {
        by_author.entry(unhandled.author()).or_default().push(unhandled);
    }
    let gives_commands =
        |own: &UnhandledComment<'_>| own.read().is_some_and(|word| !word.commands.is_empty());
    let reason = |(by, own): (&UserName, Vec<UnhandledComment<'_>>)| {
        let why = rights::unknown(case, by)?.to_owned();
        own.iter().any(gives_commands).then(|| GateReason::RightUnknown { by: by.clone(), why })
    };
    by_author.into_iter().filter_map(reason).collect()
}

/// The outcomes of the commands of one comment, in order; after a refusal the rest is not run. `None` while one of them
/// waits for something that is not known; those after it name their needs all the same, so that a comment with many
/// commands takes no more rounds than one command.
fn outcomes(asked: &CommandInput<'_>, commands: &[Command]) -> Option<Vec<CommandOutcome>> {
    if let Some(refused) = misspelled(asked, commands) {
        return Some(refused);
    }
    let mut outcomes = Vec::new();
    let mut is_pending = false;
    for (index, command) in commands.iter().enumerate() {
        match outcome(asked, command).and_then(|done| without_own_approval(asked, done, &outcomes)) {
            Ok(done) => outcomes.extend(done),
            Err(CommandError::Pending) => is_pending = true,
            Err(CommandError::Refused(because)) => {
                outcomes.push(CommandOutcome::Refused(because));
                let rest = commands.len() - index - 1;
                outcomes.extend(std::iter::repeat_n(CommandOutcome::NotRun, rest));
                break;
            }
        }
    }
    (!is_pending).then_some(outcomes)
}

/// The outcomes where a command names an environment that the pipeline does not have. What follows `/promote` is taken for an
/// environment if it is no command, so a misspelled command is found only here. It stops the whole comment as every other
/// line that is not understood.
fn misspelled(asked: &CommandInput<'_>, commands: &[Command]) -> Option<Vec<CommandOutcome>> {
    let unknown = |command| request::unknown_environment(asked, command);
    let (at, refused) =
        commands.iter().enumerate().find_map(|(at, command)| Some((at, unknown(command)?)))?;
    let mut outcomes = vec![CommandOutcome::NotRun; commands.len()];
    outcomes.splice(at..=at, [CommandOutcome::Refused(refused)]);
    Some(outcomes)
}

/// Refuses to approve what the same comment asked for before.
fn without_own_approval(
    asked: &CommandInput<'_>,
    done: Vec<CommandOutcome>,
    earlier: &[CommandOutcome],
) -> Result<Vec<CommandOutcome>, CommandError> {
    let release = asked.case.release_of(asked.observed);
    let is_own = |outcome: &CommandOutcome| {
        matches!((outcome, &release), (CommandOutcome::Requested { target, images }, Some(release))
            if *target == asked.case.target && (release.is_among(images) || release.has_digests_of(images)))
    };
    let approves = done.iter().any(|outcome| outcome.approved().is_some());
    if approves && earlier.iter().any(is_own) {
        return Err(CommandError::Refused(RefusalReason::Requester));
    }
    Ok(done)
}

fn outcome(asked: &CommandInput<'_>, command: &Command) -> Result<Vec<CommandOutcome>, CommandError> {
    let one = |outcome| Ok(vec![outcome]);
    match command {
        Command::Promote { environments, version } => {
            request::outcomes(asked, environments, version.as_ref())
        }
        Command::Approve { head } => one(approval::approve(asked, head.as_deref())?),
        Command::Reject { reason } => one(approval::reject(asked, reason.clone())?),
        Command::Hold { until, reason } => {
            asked.needs_open()?;
            asked.entitled(&[Right::Promote, Right::Approve])?;
            if until.is_some_and(|until| until <= asked.at) {
                return Err(CommandError::Refused(RefusalReason::PastInstant));
            }
            one(CommandOutcome::Held { until: *until, reason: reason.clone() })
        }
        Command::Resume => {
            asked.entitled(&[Right::Promote, Right::Approve])?;
            one(CommandOutcome::Resumed { target: asked.case.target.clone() })
        }
        Command::Status | Command::Why | Command::Help => one(CommandOutcome::Answered),
    }
}

impl CommandInput<'_> {
    fn needs_open(&self) -> Result<(), CommandError> {
        if self.observed.change.is_open() {
            Ok(())
        } else {
            Err(CommandError::Refused(RefusalReason::NotOpen))
        }
    }

    /// The content key of a head that we wrote.
    fn own_content(&self) -> Result<crate::model::ContentKey, CommandError> {
        let key = if self.observed.is_ours() { self.observed.key.clone() } else { None };
        key.ok_or(CommandError::Refused(RefusalReason::ForeignHead))
    }

    fn entitled(&self, rights: &[Right]) -> Result<(), CommandError> {
        self.entitled_at(rights, &self.case.target)
    }

    /// Refuses unless the author holds one of the rights at a target; waits while that is not known.
    fn entitled_at(
        &self,
        wanted: &[Right],
        target: &crate::model::ServiceEnvironment,
    ) -> Result<(), CommandError> {
        let right = wanted.first().copied().unwrap_or(Right::Operate);
        let or = wanted.get(1).copied();
        match rights::holds_any(self.case, self.by, self.observed, wanted, target) {
            Some(true) => Ok(()),
            None => Err(CommandError::Pending),
            Some(false) => {
                let environment = target.environment.clone();
                Err(CommandError::Refused(if rights::is_named_stranger(self.case, self.by, wanted, target) {
                    RefusalReason::NamedStranger { right, environment }
                } else {
                    RefusalReason::NotEntitled { right, or, environment }
                }))
            }
        }
    }
}
