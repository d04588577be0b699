//! `/promote [ENV] [version=]`: a person asks for exactly one release in an environment.

use std::collections::BTreeSet;

use super::super::candidate;
use super::super::case::Case;
use super::super::offers;
use super::{Asked, Stop};
use crate::decide::need::Need;
use crate::model::{
    ChangeState, CommandOutcome, Environment, EnvironmentName, RefusedBecause, Release, Right, Tag,
};

/// One outcome for each environment that was named or meant. One round names the needs of all environments.
pub(super) fn outcomes(
    asked: &Asked<'_>,
    named: &[EnvironmentName],
    version: Option<&Tag>,
    needs: &mut BTreeSet<Need>,
) -> Result<Vec<CommandOutcome>, Stop> {
    let environments = environments(asked, named)?;
    let outcomes: Vec<Result<CommandOutcome, Stop>> =
        environments.into_iter().map(|environment| outcome(asked, environment, version, needs)).collect();
    outcomes.into_iter().collect()
}

/// The outcome in one environment.
fn outcome(
    asked: &Asked<'_>,
    environment: &Environment,
    version: Option<&Tag>,
    needs: &mut BTreeSet<Need>,
) -> Result<CommandOutcome, Stop> {
    let case = asked.case;
    let there = Case::new(case.world, case.policy, case.history, case.service, environment);
    asked.entitled_at(&[Right::Promote], &there.target, needs)?;
    let release = match version {
        Some(tag) => known_release(&there, tag, needs)?,
        None => carried(asked, needs)?,
    };
    if !there.may_be_asked_for(&release.references()) {
        let environment = there.target.environment.clone();
        let version = release.name().clone();
        return Err(Stop::Refused(RefusedBecause::NotNewer { version, environment }));
    }
    Ok(CommandOutcome::Requested { target: there.target, images: release.references() })
}

/// Those that were named; else the change's own, or after its merge those that follow.
fn environments<'a>(asked: &'a Asked<'_>, named: &[EnvironmentName]) -> Result<Vec<&'a Environment>, Stop> {
    let pipeline = asked.case.pipeline();
    if !named.is_empty() {
        let unknown =
            |name: &EnvironmentName| Stop::Refused(RefusedBecause::UnknownEnvironment(name.to_string()));
        return named.iter().map(|name| pipeline.environment(name).ok_or_else(|| unknown(name))).collect();
    }
    match asked.observed.change.state {
        ChangeState::Open | ChangeState::Closed { .. } => Ok(vec![asked.case.environment]),
        ChangeState::Merged { .. } => {
            let followers: Vec<&Environment> = pipeline.followers(&asked.case.environment.name).collect();
            if followers.is_empty() {
                Err(Stop::Refused(RefusedBecause::NothingFollows))
            } else {
                Ok(followers)
            }
        }
    }
}

/// What the change carries; of a merged one what landed by it, of a closed one what it carried then.
fn carried(asked: &Asked<'_>, needs: &mut BTreeSet<Need>) -> Result<Release, Stop> {
    let case = asked.case;
    let landed = case.history.landed_by(&case.target, asked.observed.change.number);
    if let Some(images) = landed.and_then(|landing| case.service.complete(&landing.images)) {
        let release = candidate::release_of(case, &images, needs).map_err(|_not_known_yet| Stop::Pending)?;
        return release.ok_or(Stop::Refused(RefusedBecause::NotOpen));
    }
    let own = asked.observed.is_ours().then(|| asked.case.release_of(asked.observed)).flatten();
    own.ok_or(Stop::Refused(RefusedBecause::ForeignHead))
}

/// The release of that version where it would come from: the registry, or the environments before.
fn known_release(there: &Case<'_>, tag: &Tag, needs: &mut BTreeSet<Need>) -> Result<Release, Stop> {
    let unknown = || Stop::Refused(RefusedBecause::UnknownVersion(tag.to_string()));
    let offer = offers::of_version(there, tag, needs).map_err(|_not_known_yet| Stop::Pending)?;
    match candidate::release_of(there, &offer.ok_or_else(unknown)?, needs) {
        Ok(Some(release)) => Ok(release),
        Ok(None) => Err(unknown()),
        Err(_not_known_yet) => Err(Stop::Pending),
    }
}
