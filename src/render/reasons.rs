//! Every reason in one sentence: lower case, no full stop, what to do after a semicolon.

mod advice;
mod artifacts;

pub use artifacts::undated;
pub(in crate::render) use artifacts::{lack_of_running, way_out_of_running};

use super::escape::{name, quoted, sentence};
use super::fit::listed;
use super::numbers::count;
use super::time::instant;
use crate::decide::{GateReason, UncountedApproval, UncountedReason};
use crate::model::{EnvironmentName, ImageName, NotTaken, Principal, Tag, Time, UserName, format_duration};
use advice::comment;

/// A reason in a sentence, with what to do, where that is known. The same on a terminal and in Markdown.
#[must_use]
pub fn reason(reason: &GateReason) -> String {
    match way_out(reason) {
        Some(way_out) => format!("{}; {way_out}", fact(reason)),
        None => fact(reason),
    }
}

/// What is so, without what could be done about it.
pub(super) fn fact(reason: &GateReason) -> String {
    match reason {
        GateReason::FirstEnvironment => "new releases go here directly".to_owned(),
        GateReason::LandedBefore { environments } => format!("landed in {}", places(environments)),
        GateReason::NotLandedBefore { environments } => format!("has not landed in {}", places(environments)),
        GateReason::WithdrawnBefore { environments } => {
            format!("no longer counts in {}, where it was taken back", places(environments))
        }
        GateReason::Soaked { duration, since } => {
            format!("soaked {} since landing on {}", format_duration(*duration), instant(*since))
        }
        GateReason::Soaking { duration, until } => {
            format!("soaks until {} ({} from landing)", instant(*until), format_duration(*duration))
        }
        GateReason::SoakNotBegun { duration } => {
            format!("soaks {} once it has landed in the environment before", format_duration(*duration))
        }
        GateReason::NothingSoaks => "nothing that runs here has to soak any longer".to_owned(),
        GateReason::SoaksFor { follower, until } => {
            format!("what runs here soaks for {follower} until {}", instant(*until))
        }
        GateReason::NotDeclined => "not declined".to_owned(),
        GateReason::Declined { by, change, .. } => format!("declined by {} on {change}", person(by)),
        GateReason::Automatic => "newer than what was set by hand".to_owned(),
        GateReason::SetByHand { since, .. } => format!("set by hand, first seen on {}", instant(*since)),
        GateReason::Rewritten { since } => {
            format!("the branch was rewritten and runs this again, first seen on {}", instant(*since))
        }
        GateReason::HistoryUnknown { why } => {
            format!("whether the branch was rewritten is not known: {}", sentence(why))
        }
        GateReason::Approved { by, needed } => approvals(by, *needed),
        GateReason::ApprovalsMissing { by, needed, uncounted, .. } => {
            let parts = std::iter::once(approvals(by, *needed)).chain(uncounted.iter().map(self::uncounted));
            parts.collect::<Vec<_>>().join(", and ")
        }
        GateReason::NotHeld => "not on hold".to_owned(),
        GateReason::Held { by, until, reason, .. } => held(by, *until, reason.as_deref()),
        GateReason::UpToDate => "runs what it should".to_owned(),
        GateReason::NothingNewer => "nothing newer is in the environments before".to_owned(),
        GateReason::Obstacle(obstacle) => sentence(&obstacle.why),
        GateReason::Unquoted(obstacle) => {
            format!("what runs is not known until this change writes the quotes: {}", sentence(&obstacle.why))
        }
        GateReason::TagsUnknown { why } => sentence(why),
        GateReason::DigestUnknown { tag, why } => {
            format!("the digest of {} is not known: {}", name(tag.as_str()), sentence(why))
        }
        GateReason::RightUnknown { by, why } => right_unknown(by, why),
        GateReason::Artifact(reason) => artifacts::fact(reason),
        GateReason::NotObserved => "not looked at yet".to_owned(),
        GateReason::NothingSelected { image, tags, nearest } => {
            nothing_selected(image, *tags, nearest.as_ref().map(|(tag, why)| (tag, *why)))
        }
        GateReason::ForeignHead { change } => format!("the branch of {change} has a commit by somebody else"),
        GateReason::BranchTaken { branch } => {
            format!("the branch {} is there and is not Towpath's", quoted(branch.as_str()))
        }
        GateReason::FinishFirst { change, release, newer } => format!(
            "{} waits until {change} with {} is finished",
            name(newer.as_str()),
            name(release.as_str())
        ),
        GateReason::MergeBlocked { change, why } if why.is_empty() => {
            format!("a rule of the repository blocks merging {change}")
        }
        GateReason::MergeBlocked { change, why } => format!("merging {change} is blocked: {}", sentence(why)),
        GateReason::MergeQueued { change } => format!("{change} waits in the forge's merge queue"),
        GateReason::ManualMerge => "ready for a person to merge".to_owned(),
    }
}

fn right_unknown(by: &UserName, why: &str) -> String {
    format!(
        "the comment of {} has to wait, because their rights are not known: {}",
        person(by),
        sentence(why)
    )
}

fn held(by: &UserName, until: Option<Time>, reason: Option<&str>) -> String {
    let until = until.map_or(String::new(), |until| format!(" until {}", instant(until)));
    let why = reason.map_or(String::new(), |why| format!(": {}", quoted(why)));
    format!("held by {}{until}{why}", person(by))
}

/// `0 of 4 tags of ghcr.io/acme/shop are selected; the nearest, 2.0.0, is outside of the range`
#[must_use]
pub fn nothing_selected(image: &ImageName, tags: usize, nearest: Option<(&Tag, NotTaken)>) -> String {
    let image = name(image.as_str());
    match (tags, nearest) {
        (0, _) => format!("{image} has no tags yet"),
        (_, None) => format!("0 of {} of {image} make a whole release", count(tags, "tag", "tags")),
        (_, Some((tag, why))) => format!(
            "0 of {} of {image} are selected: the nearest, {}, {why}",
            count(tags, "tag", "tags"),
            name(tag.as_str())
        ),
    }
}

/// What a person can do about it.
fn way_out(reason: &GateReason) -> Option<String> {
    match reason {
        GateReason::Declined { environment, version, write_on, .. } => {
            let command = format!("/promote {environment} version={version}");
            write_on.map(|change| format!("{} to lift that", comment(&command, change)))
        }
        GateReason::Artifact(reason) => artifacts::way_out(reason),
        GateReason::Obstacle(obstacle) => obstacle.way_out.as_deref().map(sentence),
        GateReason::SetByHand { write_on: Some(change), .. } => {
            Some(format!("a newer release ends that, or {}", comment("/promote resume", *change)))
        }
        GateReason::SetByHand { write_on: None, .. } => Some("a newer release ends that".to_owned()),
        GateReason::ApprovalsMissing { by, from, uncounted, .. } => ask(by, from, uncounted),
        GateReason::Held { change, .. } => {
            Some(format!("{} to lift that", comment("/promote resume", *change)))
        }
        GateReason::NothingSelected { tags: 0, .. } => {
            Some("push one, or correct the name of the image".to_owned())
        }
        GateReason::NothingSelected { .. } => Some("look at `select` in the configuration".to_owned()),
        GateReason::ForeignHead { .. } => Some("merge or close it by hand".to_owned()),
        GateReason::BranchTaken { .. } => Some("delete or rename it".to_owned()),
        GateReason::MergeBlocked { why, .. } if why.is_empty() => {
            Some("its page at the forge says which one".to_owned())
        }
        GateReason::FirstEnvironment
        | GateReason::LandedBefore { .. }
        | GateReason::NotLandedBefore { .. }
        | GateReason::WithdrawnBefore { .. }
        | GateReason::Soaked { .. }
        | GateReason::Soaking { .. }
        | GateReason::SoakNotBegun { .. }
        | GateReason::NothingSoaks
        | GateReason::SoaksFor { .. }
        | GateReason::NotDeclined
        | GateReason::Automatic
        | GateReason::Rewritten { .. }
        | GateReason::HistoryUnknown { .. }
        | GateReason::Approved { .. }
        | GateReason::NotHeld
        | GateReason::UpToDate
        | GateReason::NothingNewer
        | GateReason::Unquoted(_)
        | GateReason::TagsUnknown { .. }
        | GateReason::DigestUnknown { .. }
        | GateReason::RightUnknown { .. }
        | GateReason::NotObserved
        | GateReason::FinishFirst { .. }
        | GateReason::MergeBlocked { .. }
        | GateReason::MergeQueued { .. }
        | GateReason::ManualMerge => None,
    }
}

/// `1 of 2 approvals (bob)`
fn approvals(by: &[UserName], needed: usize) -> String {
    let noun = if needed == 1 { "approval" } else { "approvals" };
    let who = if by.is_empty() { String::new() } else { format!(" ({})", people(by)) };
    format!("{} of {needed} {noun}{who}", by.len().min(needed))
}

/// `that of alice does not count, because who asks for a promotion cannot approve it`
fn uncounted(uncounted: &UncountedApproval) -> String {
    let why = uncounted_because(&uncounted.because);
    format!("that of {} does not count, because {why}", person(&uncounted.by))
}

/// Why an approval does not count, in a clause.
#[must_use]
pub fn uncounted_because(because: &UncountedReason) -> String {
    match because {
        UncountedReason::Requester => "who asks for a promotion cannot approve it".to_owned(),
        UncountedReason::TagMoved(tag) => {
            format!("the tag {} points to something else since then", quoted(tag.as_str()))
        }
        UncountedReason::NotNamed => "this gate names others".to_owned(),
        UncountedReason::OtherContent => "the change has other content now".to_owned(),
        UncountedReason::Dismissed => "the review was taken back".to_owned(),
    }
}

/// Whom to ask: those who may and did not yet.
fn ask(by: &[UserName], from: &[Principal], uncounted: &[UncountedApproval]) -> Option<String> {
    let has_asked = |user: &UserName| {
        uncounted.iter().any(|own| own.by == *user && own.because == UncountedReason::Requester)
    };
    let is_open = |principal: &&Principal| match principal {
        Principal::Team(_) | Principal::CodeOwners => true,
        Principal::User(user) => !by.contains(user) && !has_asked(user),
    };
    let open: Vec<&Principal> = from.iter().filter(is_open).collect();
    (!open.is_empty()).then(|| format!("ask {}", principals(&open)))
}

/// `@acme/sre or carol`, without calling anybody.
pub(super) fn principals(principals: &[&Principal]) -> String {
    let named = |principal: &&Principal| match principal {
        Principal::CodeOwners => "a code owner of the files".to_owned(),
        Principal::Team(_) | Principal::User(_) => name(&principal.to_string()),
    };
    let names: Vec<String> = principals.iter().map(named).collect();
    listed(&names, "or")
}

/// A person, without calling them.
pub(super) fn person(user: &UserName) -> String {
    name(user.as_str())
}

/// `alice and bob`, without calling them.
pub(super) fn people(users: &[UserName]) -> String {
    let names: Vec<String> = users.iter().map(person).collect();
    listed(&names, "and")
}

fn places(environments: &[EnvironmentName]) -> String {
    let names: Vec<String> = environments.iter().map(|place| name(place.as_str())).collect();
    listed(&names, "and")
}
