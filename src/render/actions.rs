//! Why each action is taken, and what each record says.

use super::escape::name;
use super::fit::cut;
use super::messages::all_called;
use super::reasons::{people, person, reason};
use super::time::instant;
use crate::decide::{Action, ActionReason, GateReason};
use crate::model::{
    CommandOutcome, Deployment, Event, ImageReference, Origin, Record, ServiceEnvironment, WithdrawalReason,
};

/// Why an action is taken, in a sentence.
#[must_use]
pub fn because(because: &ActionReason) -> String {
    match because {
        ActionReason::GatesPass(reasons) => telling(reasons),
        ActionReason::Requested { by } => format!("{} asked for it", person(by)),
        ActionReason::Newer { replaces } => {
            format!("newer than {}, which has no approval that counts", name(replaces.as_str()))
        }
        ActionReason::BaseMoved => "the base branch moved; the content is rebased".to_owned(),
        ActionReason::BaseRewritten => {
            "the base branch was rewritten; the content is rebased, and its approvals stay valid".to_owned()
        }
        ActionReason::NotToBeMerged(reasons) => {
            let reasons: Vec<String> = reasons.iter().map(reason).collect();
            format!("not to be merged now: {}", reasons.join(", "))
        }
        ActionReason::Overtaken => "it already runs, or a newer release does".to_owned(),
        ActionReason::Withdrawn => "the release was withdrawn in the environment before".to_owned(),
        ActionReason::Declined { by } => format!("{} declined it", person(by)),
        ActionReason::Ended { change } => format!("{change} has ended"),
        ActionReason::NotInTheLog => "it happened and is not in the log yet".to_owned(),
        ActionReason::SomebodyAsked { by } => format!("{} wrote a command", person(by)),
        ActionReason::ForeignHead => "the branch has a commit by somebody else".to_owned(),
    }
}

/// The gates that had something to say.
fn telling(reasons: &[GateReason]) -> String {
    let says_little = |reason: &GateReason| {
        matches!(
            reason,
            GateReason::NotDeclined | GateReason::Automatic | GateReason::NothingSoaks | GateReason::NotHeld
        )
    };
    let telling: Vec<String> = reasons.iter().filter(|it| !says_little(it)).map(reason).collect();
    if telling.is_empty() { "nothing blocks it".to_owned() } else { telling.join(", ") }
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
        Action::React { because: ActionReason::SomebodyAsked { by }, .. } => {
            format!("a reaction to the comment of {}", person(by))
        }
        Action::Comment { because: ActionReason::SomebodyAsked { by }, .. } => {
            format!("an answer to {}", person(by))
        }
        Action::Dequeue { because: why, .. } => {
            format!("it comes out of the forge's merge queue: {}", because(why))
        }
        Action::Open { because: why, .. }
        | Action::Update { because: why, .. }
        | Action::Close { because: why, .. }
        | Action::DeleteBranch { because: why, .. }
        | Action::Comment { because: why, .. }
        | Action::React { because: why, .. } => because(why),
        Action::Announce { target, images, .. } => {
            format!("{} runs in {}", tags(images), name(target.environment.as_str()))
        }
    }
}

/// What landed, in the few words that a forge shows beside its name of the environment.
#[must_use]
pub fn deployment(target: &ServiceEnvironment, images: &[ImageReference]) -> String {
    let text = format!("{} {}", target.service, tags(images));
    cut(&text, Deployment::DESCRIPTION_CHARS_MAX)
}

/// What a line of the log says.
#[must_use]
pub fn record(record: &Record) -> String {
    match &record.event {
        Event::Landed { target, images, origin } => {
            landed(&name(target.environment.as_str()), &tags(images), origin)
        }
        Event::Withdrawn { target, images, because: WithdrawalReason::SetBack } => {
            let environment = name(target.environment.as_str());
            format!("{} no longer counts in {environment}, which a person set back", tags(images))
        }
        Event::Withdrawn { target, images, because: WithdrawalReason::Rewritten } => {
            let environment = name(target.environment.as_str());
            format!(
                "{} no longer counts in {environment}, since the branch was rewritten without its merge",
                tags(images)
            )
        }
        Event::Declined { images, change, by, .. } => {
            format!("{} closed {change}, so {} is declined", person(by), tags(images))
        }
        Event::TagMoved { image, tag, from, to } => {
            let (image, tag) = (name(image.as_str()), name(tag.as_str()));
            format!("the tag {tag} of {image} was moved from {} to {}", from.short(), to.short())
        }
        Event::ClockCorrected { target, images, was } => format!(
            "the clock was ahead when {} landed in {}, dated {}; soaks count from now",
            tags(images),
            name(target.environment.as_str()),
            instant(*was)
        ),
        Event::ClockSetBack { latest } => format!(
            "the clock shows an earlier time than the latest record in the log, dated {0}; a release that lands with an earlier date \
             soaks from {0}",
            instant(*latest)
        ),
        Event::Handled { change, by, outcomes, .. } => {
            let words: Vec<&str> = outcomes.iter().map(outcome).collect();
            format!("{} on {change}: {}", person(by), words.join(", "))
        }
    }
}

fn landed(environment: &str, tags: &str, origin: &Origin) -> String {
    match origin {
        Origin::Adopted => format!("{tags} ran in {environment} at first sight"),
        Origin::Change(change) => format!("{tags} landed in {environment} by {change}"),
        Origin::Altered(change) => {
            format!("merging {change} brought {tags} to {environment}, which is not what was approved")
        }
        Origin::Rewritten => format!("{environment} runs {tags} again, since the branch was rewritten"),
        Origin::Hand => format!("{environment} was set to {tags} by hand"),
    }
}

fn tags(images: &[ImageReference]) -> String {
    all_called(images.iter())
}

/// What became of a command, in a word or two.
#[must_use]
pub const fn outcome(outcome: &CommandOutcome) -> &'static str {
    match outcome {
        CommandOutcome::Approved { .. } => "approved",
        CommandOutcome::Rejected { .. } => "rejected",
        CommandOutcome::Held { .. } => "held",
        CommandOutcome::Resumed { .. } => "resumed",
        CommandOutcome::Requested { .. } => "asked for a promotion",
        CommandOutcome::Answered => "answered",
        CommandOutcome::Unparsable => "not understood",
        CommandOutcome::Refused(_) => "refused",
        CommandOutcome::NotRun => "not run",
    }
}
