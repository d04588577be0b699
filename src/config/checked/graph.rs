//! The order of environments: each behind those it comes after, without circles.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::config::problem::{ProblemList, Span};
use crate::model::{AfterMode, Environment, EnvironmentName};

/// Where an environment (first) names another (second) as one that it comes after.
pub(super) type Mentions = BTreeMap<(EnvironmentName, EnvironmentName), Span>;

/// The environments with each behind its predecessors, else in the order of the file.
///
/// Circles, and environments that no release can reach because of them, are reported and left out.
pub(super) fn in_order(
    environments: Vec<Environment>,
    mentions: &Mentions,
    findings: &mut ProblemList,
) -> Vec<Environment> {
    let mut waiting = environments;
    let mut ordered: Vec<Environment> = Vec::new();
    while let Some(next) = waiting.iter().position(|environment| is_behind(environment, &ordered)) {
        ordered.push(waiting.remove(next));
    }
    let circles = circles(&waiting);
    for circle in &circles {
        report_circle(circle, mentions, findings);
    }
    let in_circle: BTreeSet<&EnvironmentName> = circles.iter().flatten().collect();
    let reachable = reachable(&ordered, &waiting);
    for lost in
        waiting.iter().filter(|lost| !in_circle.contains(&lost.name) && !reachable.contains(&lost.name))
    {
        report_unreachable(lost, &waiting, mentions, findings);
    }
    ordered
}

/// Whether all that an environment comes after is in the order already.
fn is_behind(environment: &Environment, ordered: &[Environment]) -> bool {
    environment.after.environments.iter().all(|name| ordered.iter().any(|before| before.name == *name))
}

/// The shortest circle through each environment that is in one, each circle once.
fn circles(waiting: &[Environment]) -> Vec<Vec<EnvironmentName>> {
    let mut seen: BTreeSet<BTreeSet<EnvironmentName>> = BTreeSet::new();
    let found = waiting.iter().filter_map(|start| circle_through(&start.name, waiting));
    found.filter(|circle| seen.insert(circle.iter().cloned().collect())).collect()
}

/// The shortest way from an environment through what it comes after, back to itself; breadth first.
fn circle_through(start: &EnvironmentName, waiting: &[Environment]) -> Option<Vec<EnvironmentName>> {
    let predecessors = |name: &EnvironmentName| {
        waiting.iter().find(|environment| environment.name == *name).map(|found| &found.after.environments)
    };
    let mut ways = VecDeque::from([vec![start.clone()]]);
    let mut visited = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for before in way.last().and_then(&predecessors).into_iter().flatten() {
            if before == start {
                return Some(way);
            }
            if visited.insert(before) {
                ways.push_back([way.as_slice(), std::slice::from_ref(before)].concat());
            }
        }
    }
    None
}

/// The environments that some release can come to, although something before them is in a circle.
fn reachable<'a>(ordered: &'a [Environment], waiting: &'a [Environment]) -> BTreeSet<&'a EnvironmentName> {
    let mut reachable: BTreeSet<&EnvironmentName> =
        ordered.iter().map(|environment| &environment.name).collect();
    loop {
        let can_be_reached = |environment: &&Environment| {
            let mut before = environment.after.environments.iter();
            match environment.after.mode {
                AfterMode::All => before.all(|name| reachable.contains(name)),
                AfterMode::Any => before.any(|name| reachable.contains(name)),
            }
        };
        let found = waiting.iter().filter(can_be_reached).find(|found| !reachable.contains(&found.name));
        let Some(found) = found else { return reachable };
        reachable.insert(&found.name);
    }
}

fn report_circle(circle: &[EnvironmentName], mentions: &Mentions, findings: &mut ProblemList) {
    let round: Vec<&EnvironmentName> = circle.iter().chain(circle.first()).collect();
    let [first, second, ..] = round.as_slice() else { return };
    let span = mentions.get(&((*first).clone(), (*second).clone())).copied().unwrap_or_default();
    if first == second {
        findings.suggest(span, format!("`{first}` comes after itself"), "leave it out here");
        return;
    }
    let names: Vec<String> = round.iter().map(|name| format!("`{name}`")).collect();
    let message = format!("these environments wait for each other in a circle: {}", names.join(" after "));
    findings.suggest(span, message, "leave one of them out of an `after`");
}

fn report_unreachable(
    lost: &Environment,
    waiting: &[Environment],
    mentions: &Mentions,
    findings: &mut ProblemList,
) {
    let is_waiting = |name: &&EnvironmentName| waiting.iter().any(|other| other.name == **name);
    let Some(before) = lost.after.environments.iter().find(is_waiting) else { return };
    let span = mentions.get(&(lost.name.clone(), before.clone())).copied().unwrap_or_default();
    let message = format!("no release can ever reach `{}`, because none reaches `{before}`", lost.name);
    findings.suggest(span, message, "resolve the circle before it");
}
