//! Paths in the configuration that are not in the config repository.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diagnosis, Topic, UnknownTopic, untold, warning, wrong};
use crate::command;
use crate::model::{
    ConfigBranch, Obstacle, ObstacleCause, Policy, RepositoryPath, Running, ServiceEnvironment,
    TargetOverride, TreeEntry,
};

/// How many names beside a missing one are listed.
const NAMES_BESIDE_MAX: usize = 8;
/// Shortest name that counts as the beginning of another one, in characters.
const BEGINNING_CHARACTERS_MIN: usize = 3;
/// What is said where quotes are all that an overlay lacks.
const WRITES_QUOTES: &str = ", or leave it: the next promotion writes the quotes";

/// A path in the configuration that is not in the config repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPath {
    /// The service and environment.
    pub target: ServiceEnvironment,
    /// Where its configuration should be.
    pub path: RepositoryPath,
    /// The path that was probably meant.
    pub near: Option<String>,
    /// The nearest folder above it that exists; empty for the root.
    pub above: String,
    /// What that folder holds, up to eight names.
    pub beside: Vec<String>,
}

/// Something about the overlay of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverlayFinding {
    /// Whose overlay it is.
    pub target: ServiceEnvironment,
    /// What is wrong with it.
    pub diagnosis: Diagnosis,
}

/// What is wrong with the overlays at a place: paths that its tree does not hold, and overlays of which it is not known what
/// they run.
#[must_use]
pub fn overlay_findings(
    policy: &Policy,
    place: &ConfigBranch,
    entries: &BTreeMap<RepositoryPath, TreeEntry>,
    running: &BTreeMap<ServiceEnvironment, Result<Running, Obstacle>>,
    lacking_quotes: &BTreeSet<ServiceEnvironment>,
) -> Vec<OverlayFinding> {
    let mut found = missing_paths(policy, place, entries);
    let is_missing = |target: &ServiceEnvironment| found.iter().any(|finding| finding.target == *target);
    let unknown = running.iter().filter_map(|(target, found)| Some((target, found.as_ref().err()?)));
    // An overlay whose path is missing is reported already.
    let unknown = unknown.filter(|(target, _)| !is_missing(target));
    let unknown: Vec<OverlayFinding> =
        unknown.map(|(target, obstacle)| unknown_overlay(target, obstacle, lacking_quotes)).collect();
    found.extend(unknown);
    found
}

/// The settings elsewhere in a repository that are applied after the files of its targets. They are warnings, since the source
/// of such an object may be another repository.
#[must_use]
pub fn override_findings(overrides: &[TargetOverride]) -> Vec<OverlayFinding> {
    let finding = |own: &TargetOverride| OverlayFinding {
        target: own.target.clone(),
        diagnosis: warning(Topic::Overridden(own.clone())),
    };
    overrides.iter().map(finding).collect()
}

/// The paths of all services at a place that its tree does not hold.
fn missing_paths(
    policy: &Policy,
    place: &ConfigBranch,
    entries: &BTreeMap<RepositoryPath, TreeEntry>,
) -> Vec<OverlayFinding> {
    let locations = policy.services_at(place).flat_map(|service| {
        service.locations.iter().map(move |(environment, location)| {
            let target =
                ServiceEnvironment { service: service.name.clone(), environment: environment.clone() };
            (target, &location.path)
        })
    });
    let missing = locations.filter(|(_, path)| !is_there(entries, path.as_str()));
    missing.map(|(target, path)| missing_path(target, path, entries)).collect()
}

fn missing_path(
    target: ServiceEnvironment,
    path: &RepositoryPath,
    entries: &BTreeMap<RepositoryPath, TreeEntry>,
) -> OverlayFinding {
    let (above, wanted) = split_at_missing(entries, path.as_str());
    let names = names_in(entries, above);
    let near = nearest(wanted, &names).map(|near| path.as_str().replacen(wanted, near, 1));
    let near = near.filter(|near| is_there(entries, near));
    let matter = Topic::PathMissing(MissingPath {
        target: target.clone(),
        path: path.clone(),
        near,
        above: above.to_owned(),
        beside: names.into_iter().take(NAMES_BESIDE_MAX).map(str::to_owned).collect(),
    });
    OverlayFinding { target, diagnosis: wrong(matter) }
}

/// One that lacks nothing but quotes is a warning, because the next promotion writes them.
fn unknown_overlay(
    target: &ServiceEnvironment,
    obstacle: &Obstacle,
    lacking_quotes: &BTreeSet<ServiceEnvironment>,
) -> OverlayFinding {
    let Obstacle { cause, why, way_out } = obstacle.clone();
    let refused = |way_out| Topic::OverlayRefused { target: target.clone(), why: why.clone(), way_out };
    let diagnosis = match cause {
        ObstacleCause::Forge => untold(UnknownTopic::Overlay(target.clone()), &why),
        ObstacleCause::Overlay if lacking_quotes.contains(target) => {
            warning(refused(way_out.map(|way_out| way_out + WRITES_QUOTES)))
        }
        ObstacleCause::Overlay => wrong(refused(way_out)),
    };
    OverlayFinding { target: target.clone(), diagnosis }
}

/// Whether a path is a file, or a folder with something in it.
fn is_there(entries: &BTreeMap<RepositoryPath, TreeEntry>, path: &str) -> bool {
    path.is_empty() || entries.keys().any(|entry| below(entry, path).is_some())
}

/// The rest of a path behind a folder; empty for the path itself.
fn below<'a>(entry: &'a RepositoryPath, folder: &str) -> Option<&'a str> {
    let rest = entry.as_str().strip_prefix(folder)?;
    if folder.is_empty() || rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}

/// The deepest folder of a path that exists, and the name in it that does not.
fn split_at_missing<'p>(entries: &BTreeMap<RepositoryPath, TreeEntry>, path: &'p str) -> (&'p str, &'p str) {
    let ends = path.match_indices('/').map(|(end, _)| end).rev().chain([0]);
    let above = ends.map(|end| path.get(..end).unwrap_or_default()).find(|above| is_there(entries, above));
    let above = above.unwrap_or_default();
    let rest = path.get(above.len()..).unwrap_or_default().trim_start_matches('/');
    (above, rest.split('/').next().unwrap_or_default())
}

fn names_in<'a>(entries: &'a BTreeMap<RepositoryPath, TreeEntry>, folder: &str) -> BTreeSet<&'a str> {
    let rests = entries.keys().filter_map(|entry| below(entry, folder));
    rests.filter_map(|rest| rest.split('/').next()).filter(|name| !name.is_empty()).collect()
}

/// A slip of the keyboard, or a name that was cut or spelled out: `prod` for `production`.
fn nearest<'a>(wanted: &str, names: &BTreeSet<&'a str>) -> Option<&'a str> {
    let is_beginning = |name: &&&str| {
        let (short, long) = if name.len() < wanted.len() { (**name, wanted) } else { (wanted, **name) };
        short.chars().count() >= BEGINNING_CHARACTERS_MIN && long.starts_with(short)
    };
    command::suggest(wanted, names.iter().copied()).or_else(|| names.iter().find(is_beginning).copied())
}
