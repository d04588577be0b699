//! Repositories: what the bot may do there, and what their branches demand.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    BotBranch, BranchRequirement, BranchRestriction, Diagnosis, Level, Topic, UnknownTopic, fine, untold,
    warning, wrong,
};
use crate::model::{
    Access, BRANCH_PREFIX, BranchName, EnvironmentName, Grant, LogProtection, MergeMode, Probe, Reporter,
    RepositoryHealth, RepositoryState, RequiredCheck, Restriction, Rules,
};

/// What is known beside the repository itself.
pub(super) struct RepositoryContext<'a> {
    /// The environments whose changes go to a branch, and who merges there.
    pub(super) environments: &'a dyn Fn(&BranchName) -> Vec<(EnvironmentName, MergeMode)>,
    /// Whether the forge signs what the bot commits.
    pub(super) is_signed: bool,
    /// Whether it lies on this machine.
    pub(super) is_local: bool,
}

/// Judges a repository.
pub(super) fn diagnose(own: &RepositoryHealth, beside: &RepositoryContext<'_>) -> Vec<Diagnosis> {
    let mut all = match &own.state {
        Probe::Known(state) => stands(state, &own.grants),
        Probe::Unknown(why) => return unseen(own, why, beside),
        Probe::Absent => return unseen(own, "", beside),
    };
    all.extend(permissions(&own.grants));
    for (branch, rules) in &own.branches {
        all.extend(demands(branch, rules, beside));
    }
    all.extend(own_branches(own, beside));
    all.extend(log_protection(&own.log_protection));
    all
}

/// What is pushed to the branch of the log by others does not count; it is better not pushed at all. What is pushed to the
/// changes of a local forge counts.
fn log_protection(told: &Probe<LogProtection>) -> Vec<Diagnosis> {
    let own = match told {
        Probe::Known(own) => own,
        Probe::Unknown(why) => return vec![untold(UnknownTopic::LogProtection, why)],
        Probe::Absent => return Vec::new(),
    };
    let log = match &own.unproven {
        Some(why) => Some(wrong(Topic::LogUnproven(why.clone()))),
        None if own.is_restricted => None,
        None => Some(warning(Topic::LogOpen(own.command.clone()))),
    };
    let changes = own.changes_command.clone().map(|command| warning(Topic::ChangesOpen(command)));
    log.into_iter().chain(changes).collect()
}

/// Without the repository nothing else can be told, but perhaps why it cannot be seen.
fn unseen(own: &RepositoryHealth, why: &str, beside: &RepositoryContext<'_>) -> Vec<Diagnosis> {
    let matter = if beside.is_local { Topic::LocalRepositoryUnseen } else { Topic::RepositoryUnseen };
    let mut all = vec![wrong(matter(why.to_owned()))];
    if let Probe::Known(_) = &own.grants {
        let known = permissions(&own.grants).into_iter();
        all.extend(known.filter(|own| own.level != Level::Fine));
    }
    all
}

fn stands(state: &RepositoryState, grants: &Probe<Vec<Grant>>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    if let Some(name) = &state.renamed_to {
        all.push(warning(Topic::Renamed(name.clone())));
    }
    if state.is_archived {
        all.push(wrong(Topic::Archived));
    } else if state.may_push == Some(false) {
        all.push(wrong(Topic::MayNotPush));
    }
    if all.is_empty() {
        let is_proven = may_change(grants);
        all.push(fine(if is_proven { Topic::RepositoryStands } else { Topic::RepositorySeen }));
    }
    all
}

/// Whether nothing that the bot needs is missing, or cannot be told.
fn may_change(grants: &Probe<Vec<Grant>>) -> bool {
    match grants {
        Probe::Known(grants) => grants.iter().all(|own| !own.is_vital || own.granted >= own.wanted),
        Probe::Unknown(_) => false,
        // Where nobody grants anything, whoever sees it may change it.
        Probe::Absent => true,
    }
}

fn permissions(told: &Probe<Vec<Grant>>) -> Vec<Diagnosis> {
    let grants = match told {
        Probe::Known(grants) => grants,
        Probe::Unknown(why) => return vec![untold(UnknownTopic::Permissions, why)],
        Probe::Absent => return Vec::new(),
    };
    let is_short = |own: &&Grant| own.granted < own.wanted;
    let missing = grants.iter().filter(is_short).filter(|own| own.is_exact || own.granted == Access::None);
    let mut all: Vec<Diagnosis> = missing.map(missing_one).collect();
    let is_surplus = |own: &&Grant| own.granted > own.wanted && own.granted >= Access::Read;
    let surplus = grants.iter().filter(is_surplus);
    all.extend(surplus.map(|own| warning(Topic::PermissionSurplus(own.clone()))));
    let unproven = grants.iter().filter(is_short).filter(|own| !own.is_exact && own.granted > Access::None);
    let unproven: BTreeMap<String, String> =
        unproven.map(|own| (own.permission.clone(), own.purpose.clone())).collect();
    if !unproven.is_empty() {
        all.push(Diagnosis { level: Level::Unknown, matter: Topic::PermissionsUnproven(unproven) });
    } else if all.is_empty() {
        all.push(fine(Topic::PermissionsFit));
    }
    all
}

fn missing_one(own: &Grant) -> Diagnosis {
    let matter = Topic::PermissionMissing(own.clone());
    if own.is_vital { wrong(matter) } else { warning(matter) }
}

/// What a branch demands that somebody should know of.
fn demands(branch: &BranchName, told: &Probe<Rules>, beside: &RepositoryContext<'_>) -> Vec<Diagnosis> {
    let rules = match told {
        Probe::Known(rules) => rules,
        Probe::Unknown(why) => return vec![untold(UnknownTopic::Rules(branch.clone()), why)],
        Probe::Absent => return vec![wrong(Topic::BranchMissing(branch.clone()))],
    };
    let environments = (beside.environments)(branch);
    let automatic = environments.iter().filter(|(_, merge)| *merge == MergeMode::Auto);
    let automatic: BTreeSet<EnvironmentName> = automatic.map(|(name, _)| name.clone()).collect();
    let merges_itself = !automatic.is_empty();
    let signs = if beside.is_signed { fine } else { wrong };
    let judged = [
        (merges_itself && rules.reviews > 0)
            .then(|| warning(BranchRequirement::Reviews(rules.reviews, automatic.clone()))),
        (merges_itself && rules.code_owners)
            .then(|| warning(BranchRequirement::CodeOwners(automatic.clone()))),
        rules.signatures.then(|| signs(BranchRequirement::Signatures)),
        rules.linear.then(|| fine(BranchRequirement::Linear)),
        rules.queue.then(|| fine(BranchRequirement::Queue)),
        (!rules.others.is_empty()).then(|| warning(BranchRequirement::Others(rules.others.clone()))),
    ];
    let restricted = rules.restrictions.iter().map(|own| restricted(*own, merges_itself));
    let judged = judged.into_iter().flatten().chain(restricted).chain(checks(rules, &environments));
    let of_branch =
        |own: Diagnosis<BranchRequirement>| own.map(|demand| Topic::BranchDemands(branch.clone(), demand));
    let mut all: Vec<Diagnosis> = judged.map(of_branch).collect();
    match &rules.unread {
        Some(why) => all.push(untold(UnknownTopic::Rules(branch.clone()), why)),
        None if all.is_empty() => all.push(fine(Topic::BranchOpen(branch.clone()))),
        None => {}
    }
    all
}

/// A lock stops people, too; the others only the bot, which matters where it merges.
fn restricted(own: Restriction, merges_itself: bool) -> Diagnosis<BranchRequirement> {
    let demand = BranchRequirement::Restricted(own);
    match own {
        Restriction::Lock => wrong(demand),
        Restriction::List | Restriction::Rule if merges_itself => wrong(demand),
        Restriction::List | Restriction::Rule => fine(demand),
    }
}

/// The checks that have to pass: those of others, which changes wait for, and those of Towpath one by one.
fn checks(rules: &Rules, environments: &[(EnvironmentName, MergeMode)]) -> Vec<Diagnosis<BranchRequirement>> {
    let (own, others): (Vec<&RequiredCheck>, Vec<&RequiredCheck>) =
        rules.checks.iter().partition(|check| check.name.starts_with(BRANCH_PREFIX));
    let others: BTreeSet<String> = others.into_iter().map(|check| check.name.clone()).collect();
    let others = (!others.is_empty()).then(|| fine(BranchRequirement::Checks(others)));
    let pinned = own.iter().filter_map(|check| pinned(check));
    let names: BTreeSet<&str> = own.iter().map(|check| check.name.as_str()).collect();
    let own = names.into_iter().map(|name| own_check(name, environments));
    others.into_iter().chain(pinned).chain(own).collect()
}

/// A check of ours that has to come from somebody else.
fn pinned(check: &RequiredCheck) -> Option<Diagnosis<BranchRequirement>> {
    match check.of {
        Reporter::Anybody | Reporter::Bot => None,
        Reporter::Other(program) => {
            Some(wrong(BranchRequirement::OwnCheckOfOther(check.name.clone(), program)))
        }
    }
}

/// Each change carries the check of its own environment, and no other. The forge wants a required check of every change.
fn own_check(name: &str, environments: &[(EnvironmentName, MergeMode)]) -> Diagnosis<BranchRequirement> {
    let environment = name.strip_prefix(BRANCH_PREFIX).unwrap_or_default();
    let (own, others): (BTreeSet<&EnvironmentName>, BTreeSet<&EnvironmentName>) =
        environments.iter().map(|(name, _)| name).partition(|name| name.as_str() == environment);
    let name = name.to_owned();
    if own.is_empty() {
        wrong(BranchRequirement::OwnCheckOfNone(name))
    } else if others.is_empty() {
        warning(BranchRequirement::OwnCheckOfAll(name))
    } else {
        wrong(BranchRequirement::OwnCheck(name, others.into_iter().cloned().collect()))
    }
}

fn own_branches(own: &RepositoryHealth, beside: &RepositoryContext<'_>) -> Vec<Diagnosis> {
    let mut all = Vec::new();
    for (branch, told) in [(BotBranch::Change, &own.own_branches), (BotBranch::Log, &own.log_branch)] {
        match told {
            Probe::Known(rules) => {
                let bans = bans(rules, branch, beside).into_iter();
                all.extend(bans.map(|ban| wrong(Topic::OwnBranchBlocked(branch, ban))));
            }
            Probe::Unknown(why) => return vec![untold(UnknownTopic::OwnBranches, why)],
            Probe::Absent => return Vec::new(),
        }
    }
    if all.is_empty() {
        all.push(fine(Topic::OwnBranchesOpen));
    }
    all
}

/// What stands in the way. The log is never deleted and only moves forward.
fn bans(rules: &Rules, branch: BotBranch, beside: &RepositoryContext<'_>) -> Vec<BranchRestriction> {
    let is_change = branch == BotBranch::Change;
    let all = [
        (rules.no_creation, BranchRestriction::Creation),
        (rules.no_deletion && is_change, BranchRestriction::Deletion),
        (rules.only_forward && is_change, BranchRestriction::Force),
        (rules.only_by_change || !rules.restrictions.is_empty(), BranchRestriction::Push),
        (rules.signatures && !beside.is_signed, BranchRestriction::Unsigned),
        (!rules.checks.is_empty(), BranchRestriction::Unchecked),
    ];
    all.into_iter().filter_map(|(is_banned, ban)| is_banned.then_some(ban)).collect()
}
