//! What each environment runs, as the files at the head say.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Clock, Ports};
use crate::forge::{Forge, ForgeError};
use crate::ledger::Ledger;
use crate::model::{
    ConfigBranch, ImageName, ImageReference, Location, Missing, Obstacle, ObstacleCause, Policy,
    RepositoryPath, Running, Service, ServiceEnvironment, TargetOverride, Tree, TreeEntry,
};
use crate::overlay::{self, ObjectOverride, OverlayError, Overlays, Resolver, SearchError};
use crate::registry::Registry;

/// How often content may turn out to be missing: a bound on how deep overlays lead from file to file.
const FETCHES_MAX: usize = 64;

/// What was found at the head of a place.
#[derive(Default)]
pub(super) struct RunningContent {
    /// What each target runs, or why that is not known.
    pub(super) running: BTreeMap<ServiceEnvironment, Result<Running, Obstacle>>,
    /// What the files of a target would run if the entries of its images were in quotes, where only that is wrong.
    pub(super) unquoted: BTreeMap<ServiceEnvironment, Vec<ImageReference>>,
}

/// The files at the head of a place, and what every target there runs.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Every file of the head.
    pub entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>,
    /// What each target runs, or why that is not known.
    pub running: BTreeMap<ServiceEnvironment, Result<Running, Obstacle>>,
    /// The targets of which that is not known only because tags lack quotes, which the next promotion writes.
    pub lacking_quotes: BTreeSet<ServiceEnvironment>,
    /// The objects of Argo CD and Flux in the repository that set images of a target after its files, or why they could not
    /// be searched for.
    pub overrides: Result<Vec<TargetOverride>, String>,
}

/// Reads the files at the head of a place, for commands that people run.
///
/// # Errors
/// Where the forge does not show the config repository. What is wrong with one overlay is an obstacle of its target.
pub async fn survey<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
) -> Result<Survey, ForgeError> {
    let head = ports.forge.head(place).await?;
    let mut tree = ports.snapshots.tree(&ports.forge, place, &head).await?;
    let (found, _) = read(ports, policy, place, &mut tree).await;
    let lacking_quotes = found.unquoted.into_keys().collect();
    let overrides = overrides(ports, policy, place, &mut tree).await.map_err(|error| error.to_string());
    Ok(Survey { entries: Arc::clone(tree.entries()), running: found.running, lacking_quotes, overrides })
}

/// Searches the YAML files of the repository, whose content is fetched all at once.
async fn overrides<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    tree: &mut Tree,
) -> Result<Vec<TargetOverride>, ForgeError> {
    let unsearched = |error: SearchError| ForgeError::Unavailable {
        what: format!("reading the files of {place}"),
        why: match error {
            SearchError::Missing(_) => "the forge did not return all of them".to_owned(),
            SearchError::TooManyFiles { max } => format!("there are more than {max} YAML files"),
        },
    };
    let found = match overlay::object_overrides(tree) {
        Err(SearchError::Missing(missing)) => {
            ports.snapshots.fill(&ports.forge, place, tree, &missing).await?;
            overlay::object_overrides(tree)
        }
        found => found,
    };
    let found = found.map_err(unsearched)?;
    let concerns = |own: &ObjectOverride, service: &Service, location: &Location| {
        service.images.iter().any(|image| own.concerns(tree, location, &image.name))
    };
    let of_target = |(target, service, location): (ServiceEnvironment, &Service, &Location)| {
        let found = found.iter().filter(|own| concerns(own, service, location));
        let found = found.map(|ObjectOverride { file, line, why, .. }| TargetOverride {
            target: target.clone(),
            file: file.clone(),
            line: *line,
            why: why.clone(),
        });
        found.collect::<Vec<_>>()
    };
    Ok(overlays(policy, place).flat_map(of_target).collect())
}

/// What every target at a place runs. Content is fetched for all of them together.
pub(super) async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    tree: &mut Tree,
) -> (RunningContent, Overlays) {
    let mut resolver = ports.snapshots.take_resolver(place).await;
    let found = read_with(ports, policy, place, tree, &mut resolver).await;
    let overlays = resolver.overlays();
    ports.snapshots.keep_resolver(place, resolver).await;
    (found, overlays)
}

async fn read_with<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    tree: &mut Tree,
    resolver: &mut Resolver,
) -> RunningContent {
    for _fetch in 0..FETCHES_MAX {
        let (found, missing) = resolve_all(policy, place, tree, resolver);
        if missing.0.is_empty() {
            return found;
        }
        if let Err(error) = ports.snapshots.fill(&ports.forge, place, tree, &missing).await {
            return all_unknown(policy, place, &Obstacle::of_forge(error.to_string()));
        }
    }
    let why = "the overlays lead from file to file too deeply".to_owned();
    all_unknown(policy, place, &Obstacle { cause: ObstacleCause::Overlay, why, way_out: None })
}

/// What stands in the way where an overlay is refused.
pub(super) fn obstacle(error: &OverlayError) -> Obstacle {
    let way_out = error.way_out().map(str::to_owned);
    Obstacle { cause: ObstacleCause::Overlay, why: error.fact(), way_out }
}

fn resolve_all(
    policy: &Policy,
    place: &ConfigBranch,
    tree: &Tree,
    resolver: &mut Resolver,
) -> (RunningContent, Missing) {
    let mut found = RunningContent::default();
    let mut missing = Missing::default();
    for (target, service, location) in overlays(policy, place) {
        match all_running(resolver, tree, location, service) {
            Ok(running) => drop(found.running.insert(target, Ok(running))),
            Err(OverlayError::Missing(more)) => missing.0.extend(more.0),
            Err(error) => {
                let images: Vec<&ImageName> = service.images.iter().map(|image| &image.name).collect();
                match overlay::running_if_quoted(tree, location, &images) {
                    Ok(images) => found.unquoted.extend(images.map(|images| (target.clone(), images))),
                    Err(more) => missing.0.extend(more.0),
                }
                found.running.insert(target, Err(obstacle(&error)));
            }
        }
    }
    (found, missing)
}

/// What an environment runs of each image of a service, in their order. The content that is missing is named for all
/// images at once, so that the number of fetches does not grow with the number of images.
fn all_running(
    resolver: &mut Resolver,
    tree: &Tree,
    location: &Location,
    service: &Service,
) -> Result<Running, OverlayError> {
    let (mut images, mut missing) = (Vec::new(), Missing::default());
    for image in &service.images {
        match resolver.running(tree, location, &image.name) {
            Ok(running) => images.extend(running.images),
            Err(OverlayError::Missing(more)) => missing.0.extend(more.0),
            Err(error) => return Err(error),
        }
    }
    if missing.0.is_empty() { Ok(Running { images }) } else { Err(OverlayError::Missing(missing)) }
}

fn overlays<'a>(
    policy: &'a Policy,
    place: &'a ConfigBranch,
) -> impl Iterator<Item = (ServiceEnvironment, &'a Service, &'a Location)> {
    policy.services_at(place).flat_map(|service| {
        service.locations.iter().map(move |(environment, location)| {
            let target =
                ServiceEnvironment { service: service.name.clone(), environment: environment.clone() };
            (target, service, location)
        })
    })
}

fn all_unknown(policy: &Policy, place: &ConfigBranch, obstacle: &Obstacle) -> RunningContent {
    let unknown = |(target, _, _)| (target, Err(obstacle.clone()));
    RunningContent { running: overlays(policy, place).map(unknown).collect(), ..RunningContent::default() }
}
