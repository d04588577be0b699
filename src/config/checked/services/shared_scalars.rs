//! Scalars that the configuration gives to two environments or services: what one of them writes, the other runs, past its
//! gates.

use std::collections::BTreeMap;

use super::CheckedService;
use crate::config::problem::{ProblemList, Span};
use crate::model::{
    ConfigBranch, DeclaredScalar, EnvironmentName, ImageDiscovery, Location, Marker, RepositoryPath,
};
use crate::yaml::Path;

/// Whose a scalar is. The lines of one service that run in one environment share their location.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner<'a> {
    service: &'a str,
    environment: &'a EnvironmentName,
}

/// Reports every scalar of `set`, and every marker, that has two owners, once for each place where it is written.
pub(super) fn refuse(services: &[CheckedService<'_>], findings: &mut ProblemList) {
    let mut scalars: BTreeMap<(&ConfigBranch, &RepositoryPath, String), Owner<'_>> = BTreeMap::new();
    let mut markers: Vec<MarkedFolder<'_>> = Vec::new();
    for checked in services {
        let mut reported: Vec<Span> = Vec::new();
        for (environment, location) in &checked.service.locations {
            let owner =
                Owner { service: checked.item.name.as_ref().map_or("", |name| name.as_str()), environment };
            let found = match &location.finding {
                ImageDiscovery::Declared(declared) => shared_scalars(checked, &owner, declared, &mut scalars),
                ImageDiscovery::Marker(marker) => {
                    let place = &checked.service.place;
                    let folder = MarkedFolder { place, marker, path: &location.path, owner };
                    shared_marker(checked, folder, &mut markers).into_iter().collect()
                }
                ImageDiscovery::ByFormat | ImageDiscovery::Values(_) => Vec::new(),
            };
            for SharedScalar { span, message, way_out } in found {
                if !reported.contains(&span) {
                    findings.suggest(span, message, way_out);
                    reported.push(span);
                }
            }
        }
    }
}

/// A finding, and where it is written.
struct SharedScalar {
    span: Span,
    message: String,
    way_out: &'static str,
}

/// What to do where several services own one scalar.
const ONE_EACH: &str =
    "give each service a scalar of its own; one service can list several images that share a version";

fn shared_scalars<'a>(
    checked: &'a CheckedService<'_>,
    owner: &Owner<'a>,
    declared: &'a [DeclaredScalar],
    scalars: &mut BTreeMap<(&'a ConfigBranch, &'a RepositoryPath, String), Owner<'a>>,
) -> Vec<SharedScalar> {
    let set = checked.item.config.as_ref().and_then(|config| config.set.as_ref());
    let written = set.map_or(&[][..], |set| &set.items);
    let mut found = Vec::new();
    for (scalar, item) in declared.iter().zip(written) {
        let key = (&checked.service.place, &scalar.file, canonical(&scalar.path));
        let earlier = scalars.entry(key).or_insert_with(|| owner.clone());
        if earlier != owner {
            let DeclaredScalar { file, path } = scalar;
            let is_own = earlier.service == owner.service;
            let message = if is_own {
                format!(
                    "`{}` and `{}` would both set `{path}` in `{file}`",
                    earlier.environment, owner.environment
                )
            } else {
                format!("`{}` and `{}` both set `{path}` in `{file}`", earlier.service, owner.service)
            };
            let way_out = if is_own {
                "write `{environment}` in `file`, so that each environment has a file of its own"
            } else {
                ONE_EACH
            };
            found.push(SharedScalar { span: item.span, message, way_out });
        }
    }
    found
}

/// A path as it is compared: `a[0]` and `a.0` are two spellings, of which the first may also be a key.
fn canonical(path: &str) -> String {
    path.parse().map_or_else(|_| path.to_owned(), |path: Path| path.to_string())
}

/// A folder or file in which a marker is looked for.
struct MarkedFolder<'a> {
    place: &'a ConfigBranch,
    marker: &'a Marker,
    path: &'a RepositoryPath,
    owner: Owner<'a>,
}

fn shared_marker<'a>(
    checked: &CheckedService<'_>,
    folder: MarkedFolder<'a>,
    markers: &mut Vec<MarkedFolder<'a>>,
) -> Option<SharedScalar> {
    let is_within = |path: &RepositoryPath, folder: &RepositoryPath| {
        std::iter::successors(Some(path.clone()), RepositoryPath::parent).any(|above| above == *folder)
    };
    let is_shared = |other: &&MarkedFolder<'_>| {
        let is_same =
            other.place == folder.place && other.marker == folder.marker && other.owner != folder.owner;
        is_same && (is_within(other.path, folder.path) || is_within(folder.path, other.path))
    };
    let earlier = markers.iter().find(is_shared).map(|other| other.owner.service);
    let message = earlier.map(|earlier| {
        let MarkedFolder { marker, path, owner, .. } = &folder;
        format!("`{earlier}` and `{}` both set what has the marker `{marker}` in `{path}`", owner.service)
    });
    markers.push(folder);
    let span = checked.item.config.as_ref()?.marker.as_ref()?.span;
    message.map(|message| SharedScalar {
        span,
        message,
        way_out: "give each of the two a marker or a path of its own",
    })
}

/// Whether two locations that are read by their format hold the same scalars: one is the other, or a file of YAML in it.
pub(super) fn is_same_scalars(one: &Location, other: &Location) -> bool {
    let is_file_in = |file: &Location, folder: &Location| {
        let name = file.path.file_name();
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        is_yaml && file.path.parent().as_ref() == Some(&folder.path)
    };
    let by_format = ImageDiscovery::ByFormat;
    let are_by_format = one.finding == by_format && other.finding == by_format;
    one == other || (are_by_format && (is_file_in(one, other) || is_file_in(other, one)))
}
