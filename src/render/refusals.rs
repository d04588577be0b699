//! Why a command was refused, in friendly words that name who can do it.

use super::escape::{name, quoted};
use super::fit::listed;
use super::reasons::principals;
use super::remark_input::RemarkInput;
use crate::command::{self, Verb, suggest};
use crate::model::{EnvironmentName, Principal, RefusalReason, Right, ServiceEnvironment, Tag, UserName};

/// What stands in the way of `by`, and what to do.
#[must_use]
pub fn refusal(because: &RefusalReason, by: &UserName, input: &RemarkInput<'_>) -> String {
    match because {
        RefusalReason::NotEntitled { right, or, environment } => {
            let rights: Vec<Right> = std::iter::once(*right).chain(*or).collect();
            let whom = ask(&rights, environment, by, input);
            let rights: Vec<String> = rights.iter().map(|right| format!("`{right}`")).collect();
            let rights = rights.join(" or ");
            format!("it takes the right {rights} in {environment}, which you do not have; {whom}")
        }
        RefusalReason::NamedStranger { right, environment } => {
            named_stranger(*right, environment, by, input)
        }
        RefusalReason::Requester => {
            let whom = ask(&[Right::Approve], &input.target.environment, by, input);
            format!("you asked for this promotion, so another user must approve it; {whom}")
        }
        RefusalReason::OtherHead { head } => format!(
            "the change is not at the commit that you named, or changed in the minute before; look at it again and \
             comment `/promote approve sha={}` here",
            head.short()
        ),
        RefusalReason::ForeignHead => {
            "the branch has a commit by somebody else, so its content is not what I proposed; merge or close the \
             change by hand"
                .to_owned()
        }
        RefusalReason::NotOpen => "this change is no longer open".to_owned(),
        RefusalReason::EndedChange { newest } => {
            format!("this change no longer accepts commands, because {newest} came after it; comment on {newest}")
        }
        RefusalReason::UnknownEnvironment(word) => unknown_environment(word, input),
        RefusalReason::NothingFollows => {
            format!("no environment comes after {}; name one", input.target.environment)
        }
        RefusalReason::UnknownVersion(version) => format!(
            "version {} is not known there; it has to be in the registry for a first environment, and landed in the \
             environments before for any other",
            name(version)
        ),
        RefusalReason::NotNewer { version, environment, runs } => {
            not_newer(version, environment, runs.as_ref())
        }
        RefusalReason::NotInRegistry { version, environment } => format!(
            "{environment} takes versions from the registry, which has no tag {}; `towpath tags IMAGE` lists its tags",
            quoted(version)
        ),
        RefusalReason::NotLanded { version, environment, before } => {
            let before: Vec<String> = before.iter().map(ToString::to_string).collect();
            format!(
                "version {} has not landed where {environment} takes versions from: {}",
                name(version),
                listed(&before, "and")
            )
        }
        RefusalReason::Declined { by: who } => format!(
            "{} rejected this content; comment `/promote` here to ask for it again",
            name(who.as_str())
        ),
        RefusalReason::PastInstant => {
            "`until` is over already; name an instant that comes, such as `until=2026-12-24T18:00:00Z`".to_owned()
        }
        RefusalReason::Edited => {
            "a text that was edited gives no commands; write a new comment with what you want".to_owned()
        }
    }
}

fn not_newer(version: &Tag, environment: &EnvironmentName, runs: Option<&Tag>) -> String {
    let version_name = name(version.as_str());
    match runs {
        Some(runs) if runs == version => format!("{version_name} runs in {environment} already"),
        Some(runs) => format!(
            "{version_name} is not newer than what runs in {environment}, which is {}",
            name(runs.as_str())
        ),
        None => format!("{version_name} is not newer than what runs in {environment}"),
    }
}

/// What is missing of somebody whose name stands in the configuration.
fn named_stranger(
    right: Right,
    environment: &EnvironmentName,
    by: &UserName,
    input: &RemarkInput<'_>,
) -> String {
    let service = input.policy.service(&input.target.service);
    let repository = service.map_or("the config repository", |service| service.place.repository.as_str());
    format!(
        "{} is named for the right `{right}` in {environment}, but is not a collaborator of {}, and the login may belong to \
         another account by now; get access to the repository, then write the command again",
        name(by.as_str()),
        quoted(repository)
    )
}

/// Who holds one of the rights, the asking person apart.
fn ask(rights: &[Right], environment: &EnvironmentName, by: &UserName, input: &RemarkInput<'_>) -> String {
    let target = ServiceEnvironment { environment: environment.clone(), ..input.target.clone() };
    let is_other = |principal: &&Principal| **principal != Principal::User(by.clone());
    let holders = rights.iter().flat_map(|right| input.policy.holders(*right, &target));
    let mut holders: Vec<&Principal> = holders.filter(is_other).collect();
    holders.sort();
    holders.dedup();
    let place = input.policy.service(&target.service).map(|service| &service.place.repository);
    let is_left_to_writers = rights.iter().any(|right| input.policy.is_left_to_writers(*right, &target));
    match place {
        Some(repository) if is_left_to_writers => format!(
            "the configuration lists no user for it; ask a user with write access to {}",
            quoted(repository.as_str())
        ),
        Some(_) | None if holders.is_empty() => {
            "the configuration lists no other user for it; add one under `rights`, or under `approvals` to approve"
                .to_owned()
        }
        Some(_) | None => format!("ask {}", principals(&holders)),
    }
}

fn unknown_environment(word: &str, input: &RemarkInput<'_>) -> String {
    let service = input.policy.service(&input.target.service);
    let pipeline = service.map(|service| input.policy.pipeline_of(service));
    let environments: Vec<&str> = pipeline.map_or_else(Vec::new, |pipeline| {
        pipeline.environments.iter().map(|environment| environment.name.as_str()).collect()
    });
    // `promote` itself is written as the environment that it goes to.
    let verbs = command::help().iter().map(|row| row.verb).filter(|verb| *verb != Verb::Promote);
    let near = suggest(word, environments.iter().copied().chain(verbs.map(|verb| verb.word())));
    let known = format!("the environments are {}", environments.join(", "));
    let hint = near.map_or_else(|| known.clone(), |near| format!("{known}; did you mean `{near}`?"));
    format!("{} is neither an environment of {} nor a command; {hint}", quoted(word), input.target.service)
}
