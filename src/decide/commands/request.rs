//! `/promote [ENV] [version=]`: a person asks for exactly one release in an environment.

use super::super::candidate;
use super::super::offers;
use super::super::promotion_view::PromotionView;
use super::{CommandError, CommandInput};
use crate::command::Command;
use crate::model::{
    ChangeState, CommandOutcome, Environment, EnvironmentName, RefusalReason, Release, Right, Running, Tag,
};

/// One outcome for each environment that was named or meant. One round names the needs of all environments.
pub(super) fn outcomes(
    asked: &CommandInput<'_>,
    named: &[EnvironmentName],
    version: Option<&Tag>,
) -> Result<Vec<CommandOutcome>, CommandError> {
    let environments = environments(asked, named)?;
    let outcomes: Vec<Result<CommandOutcome, CommandError>> =
        environments.into_iter().map(|environment| outcome(asked, environment, version)).collect();
    outcomes.into_iter().collect()
}

/// The outcome in one environment.
fn outcome(
    asked: &CommandInput<'_>,
    environment: &Environment,
    version: Option<&Tag>,
) -> Result<CommandOutcome, CommandError> {
    let case = asked.case;
    let there = PromotionView::new(case.facts, case.policy, case.history, case.service, environment);
    asked.entitled_at(&[Right::Promote], &there.target)?;
    let release = match version {
        Some(tag) => known_release(&there, tag)?,
        None => carried(asked)?,
    };
    if !there.may_be_asked_for(&release.references()) {
        let environment = there.target.environment.clone();
        let version = release.name().clone();
        let running = there.running().map(Running::references).unwrap_or_default();
        let runs = running.into_iter().find_map(|reference| reference.tag);
        return Err(CommandError::Refused(RefusalReason::NotNewer { version, environment, runs }));
    }
    Ok(CommandOutcome::Requested { target: there.target, images: release.references() })
}

/// Those that were named; else the change's own, or after its merge those that follow.
fn environments<'a>(
    asked: &'a CommandInput<'_>,
    named: &[EnvironmentName],
) -> Result<Vec<&'a Environment>, CommandError> {
    let pipeline = asked.case.pipeline();
    if !named.is_empty() {
        let named = named.iter().map(|name| pipeline.environment(name).ok_or_else(|| unknown(name)));
        return named.collect::<Result<_, _>>().map_err(CommandError::Refused);
    }
    match asked.observed.change.state {
        ChangeState::Open | ChangeState::Closed { .. } => Ok(vec![asked.case.environment]),
        ChangeState::Merged { .. } => {
            let followers: Vec<&Environment> = pipeline.followers(&asked.case.environment.name).collect();
            if followers.is_empty() {
                Err(CommandError::Refused(RefusalReason::NothingFollows))
            } else {
                Ok(followers)
            }
        }
    }
}

/// The first environment of a command that the pipeline does not have.
pub(super) fn unknown_environment(asked: &CommandInput<'_>, command: &Command) -> Option<RefusalReason> {
    let Command::Promote { environments, .. } = command else { return None };
    environments.iter().find(|name| asked.case.pipeline().environment(name).is_none()).map(unknown)
}

fn unknown(name: &EnvironmentName) -> RefusalReason {
    RefusalReason::UnknownEnvironment(name.to_string())
}

/// What the change carries; of a merged one what landed by it, of a closed one what it carried then.
fn carried(asked: &CommandInput<'_>) -> Result<Release, CommandError> {
    let case = asked.case;
    let landed = case.history.landed_by(&case.target, asked.observed.change.number);
    if let Some(images) = landed.and_then(|landing| case.service.complete(&landing.images)) {
        let release = candidate::release_of(case, &images).map_err(|_not_known_yet| CommandError::Pending)?;
        return release.ok_or(CommandError::Refused(RefusalReason::NotOpen));
    }
    let own = asked.observed.is_ours().then(|| asked.case.release_of(asked.observed)).flatten();
    own.ok_or(CommandError::Refused(RefusalReason::ForeignHead))
}

/// The release of that version where it would come from: the registry, or the environments before.
fn known_release(there: &PromotionView<'_>, tag: &Tag) -> Result<Release, CommandError> {
    let unknown = || {
        let (version, environment) = (tag.to_string(), there.target.environment.clone());
        let before: Vec<EnvironmentName> = there.environment.after.environments.to_vec();
        CommandError::Refused(if before.is_empty() {
            RefusalReason::NotInRegistry { version, environment }
        } else {
            RefusalReason::NotLanded { version, environment, before }
        })
    };
    let offer = offers::of_version(there, tag).map_err(|_not_known_yet| CommandError::Pending)?;
    match candidate::release_of(there, &offer.ok_or_else(unknown)?) {
        Ok(Some(release)) => Ok(release),
        Ok(None) => Err(unknown()),
        Err(_not_known_yet) => Err(CommandError::Pending),
    }
}
