//! Scalars that the configuration gives to two environments or services: what one of them writes, the other runs, past its
//! gates.

use std::collections::BTreeMap;

use super::CheckedService;
use crate::config::problem::{ProblemList, Span};
use crate::model::{
    ConfigBranch, DeclaredScalar, EnvironmentName, ImageDiscovery, Location, Marker, RepositoryPath,
};
use crate::yaml::Path;

/// The service and environment that set a scalar. The lines of one service that run in one environment share their location.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner<'a> {
    service: &'a str,
    environment: &'a EnvironmentName,
}

impl<'a> Owner<'a> {
    /// What tells two owners apart: their services, or the environments of one service.
    fn names_apart(&self, other: &Owner<'a>) -> [&'a str; 2] {
        if self.service == other.service {
            [self.environment.as_str(), other.environment.as_str()]
        } else {
            [self.service, other.service]
        }
    }
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
            let [first, second] = earlier.names_apart(owner);
            let message = format!("`{first}` and `{second}` would both set `{path}` in `{file}`");
            let way_out = if earlier.service == owner.service {
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
    let is_shared = |other: &&MarkedFolder<'_>| {
        let is_same =
            other.place == folder.place && other.marker == folder.marker && other.owner != folder.owner;
        is_same && (other.path.is_at_or_below(folder.path) || folder.path.is_at_or_below(other.path))
    };
    let message = markers.iter().find(is_shared).map(|other| {
        let MarkedFolder { marker, path, owner, .. } = &folder;
        let [earlier, later] = other.owner.names_apart(owner);
        format!("`{earlier}` and `{later}` both set what has the marker `{marker}` in `{path}`")
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
pub(super) fn hold_same_scalars(first: &Location, second: &Location) -> bool {
    let is_file_in = |file: &Location, folder: &Location| {
        let name = file.path.file_name();
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        is_yaml && file.path.parent().as_ref() == Some(&folder.path)
    };
    let by_format = ImageDiscovery::ByFormat;
    let are_by_format = first.finding == by_format && second.finding == by_format;
    first == second || (are_by_format && (is_file_in(first, second) || is_file_in(second, first)))
}
