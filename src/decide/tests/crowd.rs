//! Anybody may comment where the forge is public: what a crowd costs is bounded, and those with rights are heard.

use std::collections::BTreeMap;

use super::layout::Layout;
use super::simulation::{ENVIRONMENTS, Run, STRANGER, Simulation};
use crate::decide::{Action, Need, Plan, decide};
use crate::model::{Approvals, Event, Gate, Principal, ServiceEnvironment, UserName};

/// The open change into production waits for somebody of a team.
fn waiting_for_approval() -> (Simulation, ServiceEnvironment) {
    waiting_for_approval_of(&[])
}

/// The same, where these people may approve as well.
fn waiting_for_approval_of(named: &[UserName]) -> (Simulation, ServiceEnvironment) {
    let named = named.iter().cloned().map(Principal::User);
    let from = std::iter::once(Principal::Team("acme/sre".parse().unwrap())).chain(named).collect();
    let gates = vec![Gate::Approvals(Approvals { count: 1, from })];
    let mut simulation = Simulation::new(&Layout { gates, ..Layout::default() });
    let image = simulation.images().remove(0);
    simulation.push(&image, "1.0.0", 1);
    ENVIRONMENTS.iter().for_each(|environment| simulation.set(environment, &image, "1.0.0", 1));
    simulation.run();
    simulation.push(&image, "1.1.0", 2);
    simulation.run();
    let service = simulation.policy.services[0].name.clone();
    (simulation, ServiceEnvironment { service, environment: "production".parse().unwrap() })
}

/// Whose comments a plan handles, with how many of each.
fn handled(plan: &Plan) -> BTreeMap<UserName, usize> {
    let mut people = BTreeMap::new();
    for action in &plan.actions {
        if let Action::Record { record } = action
            && let Event::Handled { by, .. } = &record.event
        {
            *people.entry(by.clone()).or_default() += 1;
        }
    }
    people
}

#[test]
fn one_look_handles_fifty_comments_of_a_stranger_and_all_of_an_approver() {
    let (mut simulation, target) = waiting_for_approval();
    for _comment in 0..400 {
        simulation.comment(&target, STRANGER, "/promote approve");
    }
    for command in ["/promote hold", "/promote resume", "/promote approve"] {
        simulation.comment(&target, "alice", command);
    }
    let plan = simulation.look(&mut Run::default());
    let expected = [("alice".parse().unwrap(), 3), (STRANGER.parse().unwrap(), 50)];
    assert_eq!(handled(&plan), expected.into());
}

#[test]
fn what_is_beyond_the_quota_is_left_for_good() {
    let (mut simulation, target) = waiting_for_approval();
    for _comment in 0..60 {
        simulation.comment(&target, STRANGER, "/promote approve");
    }
    assert!(simulation.run().is_at_rest);
    simulation.comment(&target, STRANGER, "/promote approve");
    assert_eq!(handled(&simulation.look(&mut Run::default())), [].into());
}

#[test]
fn a_round_asks_for_the_rights_of_a_hundred_strangers_at_most() {
    let (mut simulation, target) = waiting_for_approval();
    for index in 0..300 {
        simulation.comment(&target, &format!("{STRANGER}-{index}"), "/promote approve");
    }
    simulation.comment(&target, "alice", "/promote hold");
    let needs = decide(&simulation.world, &simulation.policy).needs;
    let asked = needs.iter().filter(|need| matches!(need, Need::Member { .. })).count();
    assert_eq!(asked, 100);
    let run = simulation.run();
    assert!(run.is_at_rest);
    let change = simulation.world.changes.last().expect("a change is open").change.number;
    let by_alice = simulation.world.history.handled_on(change).find(|handled| handled.by.as_str() == "alice");
    assert!(by_alice.expect("alice was heard").did_something());
}

#[test]
fn people_whom_the_configuration_names_leave_the_strangers_their_share() {
    let named: Vec<UserName> = (0..60).map(|index| format!("named-{index}").parse().unwrap()).collect();
    let (mut simulation, target) = waiting_for_approval_of(&named);
    for name in &named {
        simulation.comment(&target, name.as_str(), "/promote approve");
    }
    for index in 0..300 {
        simulation.comment(&target, &format!("{STRANGER}-{index}"), "/promote approve");
    }
    let needs = decide(&simulation.world, &simulation.policy).needs;
    let asked = |prefix: &str| {
        let is_about =
            |need: &&Need| matches!(need, Need::Member { user, .. } if user.as_str().starts_with(prefix));
        needs.iter().filter(is_about).count()
    };
    assert_eq!((asked("named-"), asked(STRANGER)), (60, 100));
}
