//! Pipelines: environments in an order in which each stands behind its predecessors, and their gates.

use std::collections::BTreeMap;

use super::forges::Teams;
use super::graph;
use super::known::Known;
use crate::config::located::Located;
use crate::config::problem::{ProblemList, Span};
use crate::config::raw;
use crate::model::{
    After, AfterMode, Approvals, BRANCH_PREFIX, COMMAND_WORDS, Environment, EnvironmentName, Gate,
    LOG_BRANCH, MergeMode, OnNewer, Pipeline, PipelineName, Soak, SoakCounts,
};

/// Most environments that one pipeline may have.
const ENVIRONMENTS_MAX: usize = 100;

/// The pipelines by name.
pub(super) fn pipelines(
    raw: &raw::File,
    teams: &Teams<'_>,
    findings: &mut ProblemList,
) -> BTreeMap<PipelineName, Pipeline> {
    let listed = raw.pipelines.as_ref().map_or(&[][..], |pipelines| &pipelines.items);
    Known::collect("pipeline", listed.iter().map(|pipeline| pipeline.name.as_ref()))
        .refuse_duplicates(findings);
    let proven = listed.iter().filter_map(|pipeline| {
        let environments = environments(pipeline, teams, findings);
        let name = pipeline.name.as_ref()?.value.clone();
        Some((name.clone(), Pipeline { name, environments }))
    });
    proven.collect()
}

fn environments(pipeline: &raw::Pipeline, teams: &Teams<'_>, findings: &mut ProblemList) -> Vec<Environment> {
    let Some(listed) = &pipeline.environments else { return Vec::new() };
    refuse_bad_size(listed, findings);
    let items = listed.items.get(..ENVIRONMENTS_MAX).unwrap_or(&listed.items);
    let known = Known::collect("environment", items.iter().map(|environment| environment.name.as_ref()))
        .complete_if(listed.is_complete);
    known.refuse_duplicates(findings);
    let proven = items.iter().filter_map(|item| {
        let after = after(item, &known, findings);
        let gates = gates(item, teams, findings);
        environment(item, after, gates, findings)
    });
    let proven: Vec<Environment> = proven.collect();
    graph::in_order(proven, &mentions(items), findings)
}

/// Where each environment names each of those it comes after.
fn mentions(items: &[Located<raw::Environment>]) -> graph::Mentions {
    let mut mentions = graph::Mentions::new();
    for (name, after) in items.iter().filter_map(|item| item.name.as_ref().zip(item.after.as_ref())) {
        for before in &names_of(after).items {
            mentions.entry((name.value.clone(), before.value.clone())).or_insert(before.span);
        }
    }
    mentions
}

fn refuse_bad_size(listed: &Located<raw::List<raw::Environment>>, findings: &mut ProblemList) {
    if listed.items.is_empty() && listed.is_complete {
        findings.suggest(
            listed.span,
            "this pipeline has no environment",
            "write at least one, such as `- name: dev`",
        );
    }
    if listed.items.len() > ENVIRONMENTS_MAX {
        findings.add(listed.span, format!("this pipeline has more than {ENVIRONMENTS_MAX} environments"));
    }
}

fn environment(
    item: &raw::Environment,
    after: After,
    gates: Vec<Gate>,
    findings: &mut ProblemList,
) -> Option<Environment> {
    let name = item.name.as_ref()?;
    // Its branches would need the folder `towpath/log/`, which cannot be where the branch of the log is.
    if format!("{BRANCH_PREFIX}{name}") == LOG_BRANCH {
        let message =
            format!("no environment can be called `{name}`: the branch `{LOG_BRANCH}` holds Towpath's log");
        findings.suggest(name.span, message, "rename it");
    }
    if COMMAND_WORDS.iter().any(|word| word.eq_ignore_ascii_case(name.value.as_str())) {
        let message =
            format!("no environment can be called `{name}`: `/promote {name}` is a comment command");
        findings.suggest(name.span, message, "rename it");
    }
    Some(Environment {
        name: name.value.clone(),
        after,
        gates,
        merge: item.merge.as_ref().map_or(MergeMode::Manual, |merge| merge.value),
        on_newer: item.on_newer.as_ref().map_or(OnNewer::Replace, |on_newer| on_newer.value),
    })
}

fn names_of(after: &raw::After) -> &raw::List<EnvironmentName> {
    match after {
        raw::After::List(list) => list,
        raw::After::Choice(raw::AfterChoice::All(list) | raw::AfterChoice::Any(list)) => list,
    }
}

/// What an environment comes after; names that are unknown or stand twice are reported and left out.
fn after(item: &raw::Environment, known: &Known<'_, EnvironmentName>, findings: &mut ProblemList) -> After {
    let Some(written) = &item.after else { return After { mode: AfterMode::All, environments: Vec::new() } };
    let mode = match &written.value {
        raw::After::List(_) | raw::After::Choice(raw::AfterChoice::All(_)) => AfterMode::All,
        raw::After::Choice(raw::AfterChoice::Any(_)) => AfterMode::Any,
    };
    refuse_empty_choice(written, findings);
    let mut environments: Vec<EnvironmentName> = Vec::new();
    for name in &names_of(written).items {
        if environments.contains(&name.value) {
            findings.suggest(name.span, format!("`{}` stands here twice", name.value), "leave one out");
        } else if known.has(name, findings) {
            environments.push(name.value.clone());
        }
    }
    After { mode, environments }
}

fn refuse_empty_choice(written: &Located<raw::After>, findings: &mut ProblemList) {
    if let raw::After::Choice(raw::AfterChoice::All(list) | raw::AfterChoice::Any(list)) = &written.value
        && list.items.is_empty()
        && list.is_complete
    {
        let way_out = "name one, or leave `after` out for a first environment";
        findings.suggest(list.span, "this names no environment", way_out);
    }
}

fn gates(item: &raw::Environment, teams: &Teams<'_>, findings: &mut ProblemList) -> Vec<Gate> {
    let written = item.gates.as_ref().map_or(&[][..], |gates| &gates.items);
    let mut gates: Vec<Gate> = Vec::new();
    for gate in written {
        match &gate.value {
            raw::Gate::Soak(soak) => {
                refuse_misplaced_soak(item, soak.span, &gates, findings);
                gates.extend(soak_of(soak).map(Gate::Soak));
            }
            raw::Gate::Approvals(approvals) => {
                gates.extend(approvals_of(approvals, teams, findings).map(Gate::Approvals));
            }
        }
    }
    gates
}

/// A soak needs an environment before it, and one is enough.
fn refuse_misplaced_soak(item: &raw::Environment, span: Span, earlier: &[Gate], findings: &mut ProblemList) {
    let is_first = item.after.as_ref().is_none_or(|after| {
        let names = names_of(after);
        names.items.is_empty() && names.is_complete
    });
    if is_first {
        let message = "a soak measures time in the environments before, and this one comes after none";
        findings.suggest(span, message, "add `after`, or move the soak to the next environment");
    }
    if earlier.iter().any(|gate| matches!(gate, Gate::Soak(_))) {
        findings.suggest(span, "this environment has two soaks", "keep the longer one");
    }
}

fn soak_of(written: &raw::Soak) -> Option<Soak> {
    match written {
        raw::Soak::Short(period) => Some(Soak { duration: period.0, counts: SoakCounts::Landed }),
        raw::Soak::Long(long) => Some(Soak {
            duration: long.r#for.as_ref()?.0,
            counts: long.counts.as_ref().map_or(SoakCounts::Landed, |counts| counts.value),
        }),
    }
}

fn approvals_of(
    written: &raw::Approvals,
    teams: &Teams<'_>,
    findings: &mut ProblemList,
) -> Option<Approvals> {
    let listed = written.from.as_ref()?;
    let from = teams.resolve(&listed.items, findings);
    let is_complete = listed.is_complete && from.len() == listed.items.len();
    let count = written.count.as_ref()?;
    if let Some(people) = teams.people(&from)
        && is_complete
        && people < count.0
    {
        let people = match people {
            0 => "nobody".to_owned(),
            1 => "1 person".to_owned(),
            people => format!("{people} people"),
        };
        let message = format!("`count` is {}, and `from` names {people}", count.0);
        findings.suggest(count.span, message, "name more people, or ask for fewer approvals");
    }
    Some(Approvals { count: count.0, from })
}
