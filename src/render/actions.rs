//! Why each action is taken, and what each record says.

use super::harmless::name;
use super::messages::called;
use super::reasons::{people, person, reason};
use crate::decide::{Action, Because, Reason, Remark};
use crate::model::{CommandOutcome, Event, ImageReference, Origin, Reaction, Record, WithdrawnBecause};

/// Why an action is taken, in a sentence.
#[must_use]
pub fn because(because: &Because) -> String {
    match because {
        Because::GatesPass(reasons) => telling(reasons),
        Because::Requested { by } => format!("{} asked for it", person(by)),
        Because::Newer { replaces } => {
            format!("newer than {}, which nobody approved", name(replaces.as_str()))
        }
        Because::BaseMoved => "the base branch moved, so the content is made anew on it".to_owned(),
        Because::Overtaken => "it runs already, or something newer does".to_owned(),
        Because::Withdrawn => "the release was taken back where it came from".to_owned(),
        Because::Declined { by } => format!("{} declined it", person(by)),
        Because::Ended { change } => format!("{change} has ended"),
        Because::NotInTheLog => "it is true and not in the log yet".to_owned(),
        Because::SomebodyAsked { by } => format!("{} wrote a command", person(by)),
        Because::ForeignHead => "somebody else's commit is on the branch".to_owned(),
    }
}

/// The gates that had something to say.
fn telling(reasons: &[Reason]) -> String {
    let says_little = |reason: &Reason| {
        matches!(reason, Reason::NotDeclined | Reason::Automatic | Reason::NothingSoaks | Reason::NotHeld)
    };
    let telling: Vec<String> = reasons.iter().filter(|it| !says_little(it)).map(reason).collect();
    if telling.is_empty() { "nothing stands in the way".to_owned() } else { telling.join(", ") }
}

/// Why an action is taken, whatever its kind.
#[must_use]
pub fn action_because(action: &Action) -> String {
    match action {
        Action::Record { record: line } => record(line),
        Action::Merge { gates, .. } => match gates.approved_by() {
            [] => "all gates pass".to_owned(),
            by => format!("all gates pass, approved by {}", people(by)),
        },
        Action::Open { because: why, .. }
        | Action::Update { because: why, .. }
        | Action::Close { because: why, .. }
        | Action::DeleteBranch { because: why, .. }
        | Action::Remark { because: why, .. }
        | Action::React { because: why, .. } => because(why),
    }
}

/// One line for an action: what it is, what it is about, and why.
#[must_use]
pub fn plan_line(action: &Action) -> String {
    let what = match action {
        Action::Record { .. } => return format!("{:<13}  {}", action.word(), action_because(action)),
        Action::Open { target, release, .. } => format!("{target}: {release}"),
        Action::Update { change, target, release, .. } => format!("{target}: {release}, on {change}"),
        Action::Merge { target, release, gates, .. } => {
            format!("{target}: {release}, on {}", gates.change())
        }
        Action::Close { change, target, .. } => format!("{target}: {change}"),
        Action::DeleteBranch { branch, target, .. } => format!("{target}: {branch}"),
        Action::Remark { change, target, remark, .. } => format!("{target}: {} on {change}", kind(remark)),
        Action::React { change, target, reaction, .. } => {
            format!("{target}: {} on a comment of {change}", sign(*reaction))
        }
    };
    format!("{:<13}  {what}, because {}", action.word(), action_because(action))
}

const fn kind(remark: &Remark) -> &'static str {
    match remark {
        Remark::Answer { .. } => "an answer",
        Remark::ForeignHead { .. } => "a word",
    }
}

const fn sign(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Rocket => "a rocket",
        Reaction::ThumbsUp => "a thumb up",
        Reaction::ThumbsDown => "a thumb down",
        Reaction::Confused => "a confused face",
    }
}

/// What a line of the log says.
#[must_use]
pub fn record(record: &Record) -> String {
    match &record.event {
        Event::Landed { target, images, origin } => landed(&target.to_string(), &tags(images), origin),
        Event::Withdrawn { target, images, because: WithdrawnBecause::SetBack } => {
            format!("{target}: {} no longer counts, because a person set it back", tags(images))
        }
        Event::Declined { target, images, change, by, .. } => {
            format!("{target}: {} closed {change}, so {} is declined", person(by), tags(images))
        }
        Event::Handled { change, by, outcomes, .. } => {
            let words: Vec<&str> = outcomes.iter().map(outcome).collect();
            format!("{} on {change}: {}", person(by), words.join(", "))
        }
    }
}

fn landed(target: &str, tags: &str, origin: &Origin) -> String {
    match origin {
        Origin::Adopted => format!("{target}: {tags} ran there at first sight"),
        Origin::Change(change) => format!("{target}: {tags} landed by {change}"),
        Origin::Hand => format!("{target}: {tags} was set by hand"),
    }
}

fn tags(images: &[ImageReference]) -> String {
    images.iter().map(|image| name(&called(image))).collect::<Vec<_>>().join(", ")
}

const fn outcome(outcome: &CommandOutcome) -> &'static str {
    match outcome {
        CommandOutcome::Approved { .. } => "approved",
        CommandOutcome::Rejected { .. } => "rejected",
        CommandOutcome::Held { .. } => "held",
        CommandOutcome::Resumed { .. } => "resumed",
        CommandOutcome::Requested { .. } => "asked for a promotion",
        CommandOutcome::Answered => "asked",
        CommandOutcome::Unparsable => "not understood",
        CommandOutcome::Refused(_) => "refused",
        CommandOutcome::NotRun => "not run",
    }
}
