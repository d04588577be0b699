//! The product's judgement: facts in, the clock among them; a plan out. Pure.
//!
//! First what is true and not yet in the log is put there (`landings`, `commands`); then each target is
//! judged on the log as it will be (`judge`); then what is left over is tidied up (`ended`).

mod bot_comments;
mod candidate;
mod commands;
mod deployments;
mod ended;
mod evidence;
mod facts;
mod gates;
pub mod health;
mod judge;
mod landings;
mod need;
mod offers;
mod plan;
mod presence;
mod promotion_view;
mod reason;
mod rights;
mod sources;

pub use evidence::{DATED_TAGS_MAX, date_of};
pub use need::Need;
pub use plan::{
    Action, ActionKind, BotComment, GateName, GateReport, GatesPassed, HandledComment, JourneyStep,
    Judgement, Plan, Verdict,
};
pub use promotion_view::{UnreadCommands, carried, takes_commands};
pub use reason::{
    ActionReason, ArtifactReason, GateReason, TagMismatch, UncountedApproval, UncountedReason, Undated,
};

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{
    ChangeNumber, CommentId, Environment, Event, History, Policy, Record, Service, ServiceEnvironment, World,
};
use facts::Facts;
use promotion_view::PromotionView;

/// What to do about everything at the world's place, and why.
///
/// The same world and policy give the same plan. What is missing is named in [`Plan::needs`]; until it is known
/// nothing rests on it.
#[must_use]
pub fn decide(world: &World, policy: &Policy) -> Plan {
    let facts = Facts::new(world);
    let mut history = world.history.clone();
    let mut records = Vec::new();
    note(&mut history, &mut records, landings::clock_set_back(world).into_iter().collect());
    for (service, environment) in targets(world, policy) {
        let case = PromotionView::new(&facts, policy, &history, service, environment);
        // Without an order nothing can be told to be a step back; what is seen for the first time needs none. Both name what
        // they lack in the same round.
        let lacks = [evidence::lacking(&case), landings::lacking(&case)];
        let is_known = lacks.iter().all(Option::is_none);
        let new = if is_known { landings::unrecorded(&case) } else { landings::first_seen(&case) };
        note(&mut history, &mut records, new);
        let corrected =
            landings::clock_corrections(&PromotionView::new(&facts, policy, &history, service, environment));
        note(&mut history, &mut records, corrected);
    }
    let mut quota = commands::Quota::new(world, policy);
    for (service, environment) in targets(world, policy) {
        let branch = PromotionView::new(&facts, policy, &history, service, environment).branch();
        // Each comment is judged on what the ones before it came to.
        for unhandled in commands::waiting(world, &branch, &history) {
            let Some(word) = quota.admit(&unhandled, &history) else { continue };
            // Apart, because what it lacks may have to wait.
            let apart = Facts::new(world);
            let case = PromotionView::new(&apart, policy, &history, service, environment);
            let new = commands::carry_out(&case, &word);
            let may_ask = apart.is_complete() || quota.may_ask(&word, &history);
            facts.take_over(apart, may_ask);
            if let Some(record) = &new {
                quota.note(record, &history);
            }
            note(&mut history, &mut records, new.into_iter().collect());
        }
    }
    // Behind all approvals that were given until now, since none of them knew of it.
    for (service, environment) in targets(world, policy) {
        let case = PromotionView::new(&facts, policy, &history, service, environment);
        let new = [gates::unrecorded_moves(&case), gates::unrecorded_running_moves(&case)].concat();
        note(&mut history, &mut records, new);
    }
    let mut plan = judge_all(&facts, policy, &history);
    (plan.facts_read, plan.needs) = facts.into_notes();
    plan.actions.splice(0..0, records.into_iter().map(|record| Action::Record { record }));
    plan
}

/// Judges every target on the given history.
fn judge_all(facts: &Facts<'_>, policy: &Policy, history: &History) -> Plan {
    let (world, mut plan) = (facts.world, Plan::default());
    for (service, environment) in targets(world, policy) {
        let case = PromotionView::new(facts, policy, history, service, environment);
        let (mut judgement, action) = judge::judge(&case);
        judgement.notes.extend(commands::stuck(&case));
        sources::ask(&case, &judgement, action.as_ref());
        let goes_on = action.is_some();
        plan.actions.extend(action);
        plan.actions.extend(bot_comments::pending_comments(&case));
        plan.actions.extend(ended::tidy(&case, goes_on));
        plan.judgements.push(judgement);
    }
    for (service, environment) in targets(world, policy) {
        let case = PromotionView::new(facts, policy, history, service, environment);
        plan.actions.extend(deployments::pending_announcement(&case));
    }
    plan.next_look = next_look(&plan, world);
    plan
}

/// The approvals on an open change that do not count, each with the reason, and what is missing. What is not known yet is left
/// out.
#[must_use]
pub fn uncounted_approvals(
    world: &World,
    policy: &Policy,
    change: ChangeNumber,
) -> (BTreeMap<CommentId, UncountedReason>, BTreeSet<Need>) {
    let facts = Facts::new(world);
    let mut all = BTreeMap::new();
    for (service, environment) in targets(world, policy) {
        let case = PromotionView::new(&facts, policy, &world.history, service, environment);
        let observed = case.open_change().filter(|observed| observed.change.number == change);
        all.extend(observed.map(|observed| gates::uncounted_on(&case, observed)).unwrap_or_default());
    }
    let (_, needs) = facts.into_notes();
    (all, needs)
}

/// Every target at the world's place: services in the order of the file, environments in that of the pipeline.
fn targets<'a>(world: &'a World, policy: &'a Policy) -> impl Iterator<Item = (&'a Service, &'a Environment)> {
    policy.services_at(&world.place).flat_map(|service| {
        policy.pipeline_of(service).environments.iter().map(move |environment| (service, environment))
    })
}

/// Takes new records into the history, so that everything after this rests on them.
fn note(history: &mut History, records: &mut Vec<Record>, new: Vec<Record>) {
    for record in new {
        history.take(&record);
        records.push(record);
    }
}

/// The first instant, later than now, at which some gate says otherwise by itself.
fn next_look(plan: &Plan, world: &World) -> Option<crate::model::Time> {
    let gates = plan.judgements.iter().flat_map(|judgement| &judgement.gates);
    let others = plan.judgements.iter().filter_map(|judgement| judgement.next_look);
    let gates = gates.filter_map(|gate| gate.until).map(|until| world.on_our_clock(until));
    gates.chain(others).filter(|until| *until > world.now).min()
}

/// A record of something that is true now.
fn record_now(world: &World, event: Event) -> Record {
    Record { at: world.forge_time(), event }
}

/// The target of a service in an environment.
fn target_of(service: &Service, environment: &Environment) -> ServiceEnvironment {
    ServiceEnvironment { service: service.name.clone(), environment: environment.name.clone() }
}

#[cfg(test)]
mod tests;
