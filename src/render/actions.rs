//! Why each action is taken, and what each record says.

use super::reasons::reason;
use crate::decide::{Action, Because, Reason};
use crate::model::{CommandOutcome, Event, ImageReference, Origin, Record, WithdrawnBecause};

/// Why an action is taken, in a sentence.
#[must_use]
pub fn because(because: &Because) -> String {
    match because {
        Because::GatesPass(reasons) => sentence(reasons),
        Because::Requested { by } => format!("{by} asked for it"),
        Because::Newer { replaces } => format!("newer than {replaces}, which nobody approved"),
        Because::BaseMoved => "the base branch moved, so the content is made anew on it".to_owned(),
        Because::Overtaken => "it runs already, or something newer does".to_owned(),
        Because::Withdrawn => "the release was taken back where it came from".to_owned(),
        Because::Declined { by } => format!("{by} declined it"),
        Because::Ended { change } => format!("{change} has ended"),
        Because::NotInTheLog => "it is true and not in the log yet".to_owned(),
        Because::SomebodyAsked { by } => format!("{by} wrote a command"),
        Because::ForeignHead => "somebody else's commit is on the branch".to_owned(),
    }
}

/// The gates that had something to say.
fn sentence(reasons: &[Reason]) -> String {
    let telling = reasons.iter().filter(|reason| {
        !matches!(reason, Reason::NotDeclined | Reason::Automatic | Reason::NothingSoaks | Reason::NotHeld)
    });
    telling.map(reason).collect::<Vec<_>>().join(", ")
}

/// Why an action is taken, whatever its kind.
#[must_use]
pub fn action_because(action: &Action) -> String {
    match action {
        Action::Record { record: line } => record(line),
        Action::Merge { gates, .. } => match gates.approved_by() {
            [] => "all gates pass".to_owned(),
            by => {
                let names: Vec<&str> = by.iter().map(crate::model::UserName::as_str).collect();
                format!("all gates pass, approved by {}", names.join(", "))
            }
        },
        Action::Open { because: why, .. }
        | Action::Update { because: why, .. }
        | Action::Close { because: why, .. }
        | Action::DeleteBranch { because: why, .. }
        | Action::Remark { because: why, .. }
        | Action::React { because: why, .. } => because(why),
    }
}

/// What a line of the log says.
#[must_use]
pub fn record(record: &Record) -> String {
    match &record.event {
        Event::Landed { target, images, origin } => match origin {
            Origin::Adopted => format!("{target} ran {} at first sight", tags(images)),
            Origin::Change(change) => {
                format!("{} landed in {} by {change}", tags(images), target.environment)
            }
            Origin::Hand => format!("{target} was set to {} by hand", tags(images)),
        },
        Event::Withdrawn { target, images, because: WithdrawnBecause::SetBack } => {
            format!("{} no longer counts in {}, which was set back", tags(images), target.environment)
        }
        Event::Declined { change, by, .. } => format!("{by} closed {change}, so its content is declined"),
        Event::Handled { change, by, outcomes, .. } => {
            let words: Vec<&str> = outcomes.iter().map(outcome).collect();
            format!("{by} on {change}: {}", words.join(", "))
        }
    }
}

fn tags(images: &[ImageReference]) -> String {
    let text = |image: &ImageReference| match (&image.tag, &image.digest) {
        (Some(tag), _) => tag.to_string(),
        (None, Some(digest)) => digest.short().to_owned(),
        (None, None) => "an image without tag".to_owned(),
    };
    images.iter().map(text).collect::<Vec<_>>().join(", ")
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
