//! Paths in the configuration that are not in the config repository.

use std::collections::{BTreeMap, BTreeSet};

use super::{Diagnosis, Level, Matter, wrong};
use crate::command;
use crate::model::{
    EnvironmentName, Obstacle, Place, Policy, RepositoryPath, Running, ServiceName, Target, TreeEntry,
};

/// How many names beside a missing one are listed.
const NAMES_BESIDE_MAX: usize = 8;
/// Shortest name that counts as the beginning of another one, in characters.
const BEGINNING_CHARACTERS_MIN: usize = 3;

/// A path in the configuration that is not in the config repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingPath {
    /// The service.
    pub service: ServiceName,
    /// The environment.
    pub environment: EnvironmentName,
    /// Where its configuration should be.
    pub path: RepositoryPath,
    /// The path that was probably meant.
    pub near: Option<String>,
    /// The nearest folder above it that exists; empty for the root.
    pub above: String,
    /// What that folder holds, up to eight names.
    pub beside: Vec<String>,
}

/// The paths of all services at a place that its tree does not hold.
#[must_use]
pub fn missing_paths(
    policy: &Policy,
    place: &Place,
    entries: &BTreeMap<RepositoryPath, TreeEntry>,
) -> Vec<Diagnosis> {
    let locations = policy.services_at(place).flat_map(|service| {
        service.locations.iter().map(move |(environment, location)| (service, environment, &location.path))
    });
    let missing = locations.filter(|(_, _, path)| !is_there(entries, path.as_str()));
    let matter =
        |(service, environment, path): (&crate::model::Service, &EnvironmentName, &RepositoryPath)| {
            let (above, wanted) = split_at_missing(entries, path.as_str());
            let names = names_in(entries, above);
            let near = nearest(wanted, &names).map(|near| path.as_str().replacen(wanted, near, 1));
            let near = near.filter(|near| is_there(entries, near));
            Matter::PathMissing(MissingPath {
                service: service.name.clone(),
                environment: environment.clone(),
                path: path.clone(),
                near,
                above: above.to_owned(),
                beside: names.into_iter().take(NAMES_BESIDE_MAX).map(str::to_owned).collect(),
            })
        };
    missing.map(matter).map(wrong).collect()
}

/// What is said where quotes are all that an overlay lacks.
const WRITES_QUOTES: &str = ", or leave it: the next promotion writes the quotes";

/// The overlays that are refused, other than those whose path is missing: that is reported already. One that lacks nothing
/// but quotes is a warning, because the next promotion writes them.
#[must_use]
pub fn refused_overlays(
    found: &BTreeMap<Target, Result<Running, Obstacle>>,
    lacking_quotes: &BTreeSet<Target>,
    missing: &[Diagnosis],
) -> Vec<Diagnosis> {
    let is_missing = |target: &Target| {
        missing.iter().any(|own| {
            matches!(&own.matter, Matter::PathMissing(path) if path.service == target.service && path.environment == target.environment)
        })
    };
    let refused = found.iter().filter_map(|(target, found)| Some((target, found.as_ref().err()?)));
    let refused = refused.filter(|(target, _)| !is_missing(target));
    let diagnosis = |(target, obstacle): (&Target, &Obstacle)| {
        let (why, way_out) = match obstacle.0.rsplit_once("; ") {
            Some((why, way_out)) => (why, Some(way_out.to_owned())),
            None => (obstacle.0.as_str(), None),
        };
        let is_mended = lacking_quotes.contains(target);
        let way_out = if is_mended { way_out.map(|way_out| way_out + WRITES_QUOTES) } else { way_out };
        let level = if is_mended { Level::Warning } else { Level::Wrong };
        let matter = Matter::OverlayRefused { target: target.clone(), why: why.to_owned(), way_out };
        Diagnosis { level, matter }
    };
    refused.map(diagnosis).collect()
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
