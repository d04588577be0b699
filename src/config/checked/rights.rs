//! Who may do what where.

use std::collections::BTreeMap;

use super::forges::Teams;
use super::known::Known;
use crate::config::problem::ProblemList;
use crate::config::raw::{EnvironmentRights, File};
use crate::model::{EnvironmentName, Right, Rights};

/// The rights of every environment that has any.
pub(super) fn rights(
    raw: &File,
    teams: &Teams<'_>,
    findings: &mut ProblemList,
) -> BTreeMap<EnvironmentName, Rights> {
    let environments = environments(raw);
    let entries = raw.rights.as_ref().map_or(&[][..], |rights| &rights.entries);
    let known = entries.iter().filter_map(|(environment, given)| {
        let is_known = environments.has(environment, findings);
        let rights = rights_in(given, teams, findings);
        is_known.then(|| (environment.value.clone(), rights))
    });
    known.collect()
}

/// The environments of all pipelines.
fn environments(raw: &File) -> Known<'_, EnvironmentName> {
    let pipelines = || raw.pipelines.iter().flat_map(|pipelines| &pipelines.items);
    let lists = || pipelines().flat_map(|pipeline| &pipeline.environments);
    let is_complete = raw.pipelines.as_ref().is_none_or(|pipelines| pipelines.is_complete)
        && pipelines().all(|pipeline| pipeline.environments.is_some())
        && lists().all(|list| list.is_complete);
    let names = lists().flat_map(|list| &list.items).map(|environment| environment.name.as_ref());
    Known::collect("environment", names).complete_if(is_complete)
}

fn rights_in(given: &EnvironmentRights, teams: &Teams<'_>, findings: &mut ProblemList) -> Rights {
    let lists = [
        (Right::Promote, &given.promote),
        (Right::Approve, &given.approve),
        (Right::Operate, &given.operate),
    ];
    let named = lists.into_iter().filter_map(|(right, list)| {
        let list = list.as_ref()?;
        Some((right, teams.resolve(&list.items, findings)))
    });
    Rights(named.collect())
}
