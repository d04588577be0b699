//! What two services, or two environments of one, may not share.

use std::collections::BTreeMap;

use super::{CheckedService, shared_scalars};
use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::raw;
use crate::model::{Location, Service};

/// Reports names, changes, images and scalars that have two owners.
pub(super) fn refuse(services: &[CheckedService<'_>], findings: &mut ProblemList) {
    refuse_shared_names(services, findings);
    refuse_shared_changes(services, findings);
    refuse_shared_folders(services, findings);
    shared_scalars::refuse(services, findings);
}

/// The names of services differ already; that of a line may be the name of another service.
fn refuse_shared_names(services: &[CheckedService<'_>], findings: &mut ProblemList) {
    refuse_shared(
        services,
        findings,
        |service| vec![service.name.clone()],
        |name, (_, _)| {
            let message = format!("`{name}` is the name of two: a service, and a line of one");
            Some((message, "give one of the two services another name".to_owned()))
        },
    );
}

/// One change carries one service for now, so no two may meet in (repository, environment, group), whatever branch
/// they are rolled out from: the branch of a change tells only those.
fn refuse_shared_changes(services: &[CheckedService<'_>], findings: &mut ProblemList) {
    refuse_shared(
        services,
        findings,
        |service| vec![(&service.place.forge, &service.place.repository, &service.group)],
        |_, (earlier, later)| {
            let shared =
                earlier.locations.keys().find(|environment| later.locations.contains_key(*environment))?;
            let message =
                format!("`{}` and `{}` share the group `{}`", earlier.name, later.name, later.group);
            let way_out =
                format!("give them groups of their own; one change carries one service in `{shared}`");
            Some((message, way_out))
        },
    );
}

/// Two services with one image in one folder would both set the same line.
fn refuse_shared_folders(services: &[CheckedService<'_>], findings: &mut ProblemList) {
    refuse_shared(
        services,
        findings,
        |service| service.images.iter().map(|image| (&service.place, &image.name)).collect(),
        |(_, image), (earlier, later)| {
            let is_shared = |own: &&Location| {
                later.locations.values().any(|other| shared_scalars::hold_same_scalars(own, other))
            };
            let shared = &earlier.locations.values().find(is_shared)?.path;
            let message = format!("`{}` and `{}` both set `{image}` in `{shared}`", earlier.name, later.name);
            Some((message, "give them different paths, or keep one of the two".to_owned()))
        },
    );
}

/// Reports each service that is in conflict with an earlier one that shares a key.
fn refuse_shared<'a, Key: Ord>(
    services: &'a [CheckedService<'_>],
    findings: &mut ProblemList,
    keys: impl Fn(&'a Service) -> Vec<Key>,
    conflict: impl Fn(&Key, (&Service, &Service)) -> Option<(String, String)>,
) {
    let mut seen: BTreeMap<Key, Vec<&CheckedService<'_>>> = BTreeMap::new();
    for written in services {
        for key in keys(&written.service) {
            // Of two services with one name, the name is reported already.
            let is_other =
                |earlier: &&&CheckedService<'_>| earlier.item.name.as_deref() != written.item.name.as_deref();
            let mut others = seen.get(&key).into_iter().flatten().filter(is_other);
            let found = others.find_map(|earlier| conflict(&key, (&earlier.service, &written.service)));
            if let Some((message, way_out)) = found {
                findings.suggest(name_span(written.item), message, way_out);
            }
            seen.entry(key).or_default().push(written);
        }
    }
}

fn name_span(item: &Located<raw::Service>) -> Span {
    item.name.as_ref().map_or(item.span, |name| name.span)
}
