//! Every reason in one sentence: lower case, no full stop.

use std::fmt::Display;

use super::escape::quoted;
use super::time::instant;
use crate::decide::Reason;
use crate::model::{UserName, format_duration};

/// A reason in a sentence.
#[must_use]
pub fn reason(reason: &Reason) -> String {
    match reason {
        Reason::FirstEnvironment => "new releases go here directly".to_owned(),
        Reason::LandedBefore { environments } => format!("landed in {}", list(environments)),
        Reason::NotLandedBefore { environments } => format!("has not landed in {}", list(environments)),
        Reason::WithdrawnBefore { environments } => format!("was taken back in {}", list(environments)),
        Reason::Soaked { duration, since } => {
            format!("soaked {} since {}", format_duration(*duration), instant(*since))
        }
        Reason::Soaking { duration, until } => {
            format!("soaks {} until {}", format_duration(*duration), instant(*until))
        }
        Reason::SoakNotBegun { duration } => {
            format!("soaks {} once it has landed before", format_duration(*duration))
        }
        Reason::NothingSoaks => "nothing here has to soak any longer".to_owned(),
        Reason::SoaksFor { follower, until } => {
            format!("what runs here soaks for {follower} until {}", instant(*until))
        }
        Reason::NotDeclined => "nobody declined it".to_owned(),
        Reason::Declined { by, change } => {
            format!("{by} declined it on {change}; ask for exactly this version to lift that")
        }
        Reason::Automatic => "nothing was set by hand that is newer".to_owned(),
        Reason::SetByHand { since } => format!(
            "set by hand, seen {}; automation waits for a newer release or `/promote resume`",
            instant(*since)
        ),
        Reason::Approved { by, needed } => {
            format!("{} of {needed} {}{}", by.len(), approvals(*needed), people(by))
        }
        Reason::ApprovalsMissing { by, needed, from } => format!(
            "{} of {needed} {}{}; ask {}",
            by.len(),
            approvals(*needed),
            people(by),
            quoted(&alternatives(from))
        ),
        Reason::NotHeld => "nobody holds it".to_owned(),
        Reason::Held { by, until, reason } => {
            let until = until.map_or(String::new(), |until| format!(" until {}", instant(until)));
            let why = reason.as_ref().map_or(String::new(), |why| format!(": {}", quoted(why)));
            format!("held by {by}{until}{why}")
        }
        Reason::UpToDate | Reason::NothingNewer => "nothing newer is ready".to_owned(),
        Reason::Obstacle(obstacle) => obstacle.0.clone(),
        Reason::TagsUnknown { why } => why.clone(),
        Reason::DigestUnknown { tag, why } => format!("the digest of `{tag}` is not known: {why}"),
        Reason::NotObserved => "not looked at yet".to_owned(),
        Reason::NothingSelected { image } => format!("the selection takes none of the tags of `{image}`"),
        Reason::ForeignHead { change } => {
            format!("somebody else's commit is on the branch of {change}; merge or close it by hand")
        }
        Reason::BranchTaken { branch } => {
            format!("the branch `{branch}` is there and not Towpath's; delete or rename it")
        }
        Reason::FinishFirst { change, release, newer } => {
            format!("{newer} waits until {change} with {release} is finished")
        }
        Reason::ManualMerge { change } => format!("{change} is ready for a person to merge"),
    }
}

/// `a`, `a and b`, `a, b and c`.
fn list<T: Display>(items: &[T]) -> String {
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn alternatives<T: Display>(items: &[T]) -> String {
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    words.join(" or ")
}

fn people(by: &[UserName]) -> String {
    if by.is_empty() { String::new() } else { format!(" ({})", list(by)) }
}

const fn approvals(needed: usize) -> &'static str {
    if needed == 1 { "approval" } else { "approvals" }
}
