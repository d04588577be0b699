//! The number of rounds of a look does not grow with the number of images, services or commands.

use std::time::Duration;

use proptest::prelude::*;

use super::layout::{Format, Layout};
use super::simulation::{ENVIRONMENTS, Run, Simulation};
use crate::model::{Approvals, Gate, Principal, Right, Rights, ServiceEnvironment, Together};

/// How many rounds `observe` allows.
const ROUNDS_MAX: usize = 8;

/// A layout in which every kind of need occurs: rights by team, approvals, dates, revisions, source code.
fn layout(services: usize, images: usize, together: Together) -> Layout {
    let from = vec![Principal::Team("acme/production".parse().unwrap())];
    Layout {
        services,
        images,
        together,
        format: Format::Tag,
        gates: vec![Gate::Approvals(Approvals { count: 1, from })],
        quiet: Duration::from_secs(60),
        ..Layout::default()
    }
}

/// Brings 1.1.0 of every service from the registry to production, with an approval and with commands about versions.
fn journey(layout: &Layout, commands: usize) -> Run {
    let mut simulation = Simulation::new(layout);
    for environment in ENVIRONMENTS {
        let holders = vec![Principal::Team(format!("acme/{environment}").parse().unwrap())];
        let rights = [Right::Promote, Right::Approve].map(|right| (right, holders.clone()));
        simulation.policy.rights.insert(environment.parse().unwrap(), Rights(rights.into()));
    }
    for image in simulation.images() {
        simulation.push(&image, "1.0.0", 1);
        ENVIRONMENTS.iter().for_each(|environment| simulation.set(environment, &image, "1.0.0", 1));
    }
    let mut rounds = simulation.run().rounds;
    for image in simulation.images() {
        simulation.push(&image, "1.1.0", 2);
    }
    rounds = rounds.max(simulation.run().rounds);
    for image in simulation.images() {
        (0..commands).for_each(|index| simulation.push(&image, &format!("2.0.{index}"), 10 + index));
    }
    for target in production(&simulation) {
        let versions = (0..commands).map(|index| format!("/promote dev version=2.0.{index}"));
        let head = simulation.head_of(&target);
        let lines: Vec<String> = versions.chain([format!("/promote approve sha={head}")]).collect();
        simulation.comment(&target, "alice", &lines.join("\n"));
    }
    let last = simulation.run();
    Run { rounds: rounds.max(last.rounds), ..last }
}

fn production(simulation: &Simulation) -> Vec<ServiceEnvironment> {
    let services = simulation.policy.services.iter();
    let target = |service: &crate::model::Service| ServiceEnvironment {
        service: service.name.clone(),
        environment: "production".parse().unwrap(),
    };
    services.map(target).collect()
}

#[test]
fn a_release_of_twenty_images_is_merged_everywhere_within_the_rounds_of_a_look() {
    for together in [Together::SameTag, Together::SameRevision] {
        let run = journey(&layout(1, 20, together), 1);
        assert!(run.is_at_rest && run.rounds <= ROUNDS_MAX, "{together}: {} rounds", run.rounds);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn rounds_do_not_grow_with_images_services_or_commands(
        services in 1_usize..=3,
        images in 1_usize..=20,
        commands in 1_usize..=10,
        together in prop::sample::select(&[Together::SameTag, Together::SameRevision][..]),
    ) {
        let smallest = journey(&layout(1, 1, together), 1);
        let run = journey(&layout(services, images, together), commands);
        prop_assert!(run.is_at_rest && run.rounds <= smallest.rounds, "{} rounds, not {}", run.rounds, smallest.rounds);
    }
}
