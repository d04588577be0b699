//! Repositories: what the bot may do there, and what their branches demand.

use std::collections::BTreeSet;

use super::{Ban, Demand, Diagnosis, Level, Matter, OwnBranch, Subject, fine, untold, warning, wrong};
use crate::model::{
    Access, BranchName, EnvironmentName, Grant, RepositoryHealth, RepositoryState, Rules, Told,
};

/// What is known beside the repository itself.
pub(super) struct Beside<'a> {
    /// The environments that the bot merges into on a branch.
    pub(super) automatic: &'a dyn Fn(&BranchName) -> BTreeSet<EnvironmentName>,
    /// Whether the forge signs what the bot commits.
    pub(super) is_signed: bool,
}

/// Judges a repository.
pub(super) fn diagnose(own: &RepositoryHealth, beside: &Beside<'_>) -> Vec<Diagnosis> {
    let mut all = match &own.state {
        Told::Known(state) => stands(state),
        Told::Unknown(why) => return unseen(own, why),
        Told::Absent => return unseen(own, ""),
    };
    all.extend(permissions(&own.grants));
    for (branch, rules) in &own.branches {
        all.extend(demands(branch, rules, beside));
    }
    all.extend(own_branches(own, beside));
    all
}

/// Without the repository nothing else can be told, but perhaps why it cannot be seen.
fn unseen(own: &RepositoryHealth, why: &str) -> Vec<Diagnosis> {
    let mut all = vec![wrong(Matter::RepositoryUnseen(why.to_owned()))];
    if let Told::Known(_) = &own.grants {
        let known = permissions(&own.grants).into_iter();
        all.extend(known.filter(|own| own.level != Level::Fine));
    }
    all
}

fn stands(state: &RepositoryState) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    if let Some(name) = &state.renamed_to {
        all.push(warning(Matter::Renamed(name.clone())));
    }
    if state.is_archived {
        all.push(wrong(Matter::Archived));
    } else if state.may_push == Some(false) {
        all.push(wrong(Matter::MayNotPush));
    }
    if all.is_empty() {
        all.push(fine(Matter::RepositoryStands));
    }
    all
}

fn permissions(told: &Told<Vec<Grant>>) -> Vec<Diagnosis> {
    let grants = match told {
        Told::Known(grants) => grants,
        Told::Unknown(why) => return vec![untold(Subject::Permissions, why)],
        Told::Absent => return Vec::new(),
    };
    let is_short = |own: &&Grant| own.granted < own.wanted;
    let missing = grants.iter().filter(is_short).filter(|own| own.is_exact || own.granted == Access::None);
    let mut all: Vec<Diagnosis> = missing.map(missing_one).collect();
    let is_surplus = |own: &&Grant| own.granted > own.wanted && own.granted >= Access::Read;
    let surplus = grants.iter().filter(is_surplus);
    all.extend(surplus.map(|own| warning(Matter::PermissionSurplus(own.clone()))));
    let unproven = grants.iter().filter(is_short).filter(|own| !own.is_exact && own.granted > Access::None);
    let unproven: BTreeSet<String> = unproven.map(|own| own.permission.clone()).collect();
    if !unproven.is_empty() {
        all.push(Diagnosis { level: Level::Unknown, matter: Matter::PermissionsUnproven(unproven) });
    } else if all.is_empty() {
        all.push(fine(Matter::PermissionsFit));
    }
    all
}

fn missing_one(own: &Grant) -> Diagnosis {
    let matter = Matter::PermissionMissing(own.clone());
    if own.is_vital { wrong(matter) } else { warning(matter) }
}

/// What a branch demands that somebody should know of.
fn demands(branch: &BranchName, told: &Told<Rules>, beside: &Beside<'_>) -> Vec<Diagnosis> {
    let rules = match told {
        Told::Known(rules) => rules,
        Told::Unknown(why) => return vec![untold(Subject::Rules(branch.clone()), why)],
        Told::Absent => return vec![wrong(Matter::BranchMissing(branch.clone()))],
    };
    let automatic = (beside.automatic)(branch);
    let merges_itself = !automatic.is_empty();
    let signs = if beside.is_signed { fine } else { wrong };
    let judged = [
        (merges_itself && rules.reviews > 0)
            .then(|| wrong(Demand::Reviews(rules.reviews, automatic.clone()))),
        (merges_itself && rules.code_owners).then(|| wrong(Demand::CodeOwners(automatic.clone()))),
        rules.restricted.then(|| warning(Demand::Restricted)),
        rules.signatures.then(|| signs(Demand::Signatures)),
        rules.linear.then(|| fine(Demand::Linear)),
        (!rules.checks.is_empty()).then(|| fine(Demand::Checks(rules.checks.clone()))),
        rules.queue.then(|| fine(Demand::Queue)),
        (!rules.others.is_empty()).then(|| warning(Demand::Others(rules.others.clone()))),
    ];
    let of_branch = |own: Diagnosis<Demand>| own.map(|demand| Matter::BranchDemands(branch.clone(), demand));
    let mut all: Vec<Diagnosis> = judged.into_iter().flatten().map(of_branch).collect();
    match &rules.unread {
        Some(why) => all.push(untold(Subject::Rules(branch.clone()), why)),
        None if all.is_empty() => all.push(fine(Matter::BranchOpen(branch.clone()))),
        None => {}
    }
    all
}

fn own_branches(own: &RepositoryHealth, beside: &Beside<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for (branch, told) in [(OwnBranch::Change, &own.own_branches), (OwnBranch::Log, &own.log_branch)] {
        match told {
            Told::Known(rules) => {
                let bans = bans(rules, branch, beside).into_iter();
                all.extend(bans.map(|ban| wrong(Matter::OwnBranchBlocked(branch, ban))));
            }
            Told::Unknown(why) => return vec![untold(Subject::OwnBranches, why)],
            Told::Absent => return Vec::new(),
        }
    }
    if all.is_empty() {
        all.push(fine(Matter::OwnBranchesOpen));
    }
    all
}

/// What stands in the way. The log is never deleted and only moves forward.
fn bans(rules: &Rules, branch: OwnBranch, beside: &Beside<'_>) -> Vec<Ban> {
    let is_change = branch == OwnBranch::Change;
    let all = [
        (rules.no_creation, Ban::Creation),
        (rules.no_deletion && is_change, Ban::Deletion),
        (rules.only_forward && is_change, Ban::Force),
        (rules.only_by_change || rules.restricted, Ban::Push),
        (rules.signatures && !beside.is_signed, Ban::Unsigned),
        (!rules.checks.is_empty(), Ban::Unchecked),
    ];
    all.into_iter().filter_map(|(is_banned, ban)| is_banned.then_some(ban)).collect()
}
