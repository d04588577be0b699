//! The laws, whatever the log says and whatever changes are open.

mod any_world;
mod clocks;
mod crowd;
mod deployments;
mod identity;
mod layout;
mod overlays;
mod rounds;
mod running_digests;
mod simulation;

use std::collections::{BTreeMap, BTreeSet};

use any_world::{any_commented_world, any_world, change, index_of, lossy_world, policy, target};
use chrono::TimeDelta;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::*;
use crate::model::{
    ChangeNumber, ChangeState, Comment, Fact, FactKey, FactTable, ForgeCapabilities, Gate, Landing,
    LandingStatus, ObservedChange, Obstacle, Presence, Principal, QueuePlace, Release, UserName,
};

/// The facts that these keys name.
fn only(facts: &FactTable, keys: &BTreeSet<FactKey>) -> FactTable {
    let mut kept = facts.clone();
    kept.listings.retain(|image, _| keys.contains(&FactKey::Listing(image.clone())));
    kept.answering.retain(|image| keys.contains(&FactKey::Listing(image.clone())));
    kept.digests.retain(|(image, _), _| keys.contains(&FactKey::Digest(image.clone())));
    kept.digests_of_running_tags
        .retain(|(image, _), _| keys.contains(&FactKey::RunningDigest(image.clone())));
    kept.present.retain(|(image, _), _| keys.contains(&FactKey::Present(image.clone())));
    kept.presences.retain(|reference, _| keys.contains(&FactKey::Presence(reference.clone())));
    kept.running_presences.retain(|reference, _| keys.contains(&FactKey::RunningPresence(reference.clone())));
    kept.descriptions
        .retain(|(image, digest), _| keys.contains(&FactKey::Description(image.clone(), digest.clone())));
    kept.keys.retain(|(target, release), _| keys.contains(&FactKey::Key(target.clone(), release.clone())));
    kept.contained.retain(|commit, _| keys.contains(&FactKey::Contained(commit.clone())));
    kept.source_comparisons.retain(|span, _| keys.contains(&FactKey::Source(span.clone())));
    kept.deployments.retain(|target, _| keys.contains(&FactKey::Deployment(target.clone())));
    let is_kept =
        |user: &UserName| keys.contains(&FactKey::AllRights) || keys.contains(&FactKey::Rights(user.clone()));
    kept.members.retain(|(_, user), _| is_kept(user));
    kept.writers.retain(|user, _| is_kept(user));
    kept.collaborators.retain(|user, _| is_kept(user));
    kept
}

/// The log as it is once the plan's records are in it.
fn history_after(world: &World, plan: &Plan) -> History {
    let mut history = world.history.clone();
    for action in &plan.actions {
        if let Action::Record { record } = action {
            history.take(record);
        }
    }
    history
}

/// The same policy, with the names of people in upper case.
fn shouted(mut policy: Policy) -> Policy {
    let pipelines = policy.pipelines.values_mut();
    for gate in pipelines.flat_map(|pipeline| &mut pipeline.environments).flat_map(|at| &mut at.gates) {
        if let Gate::Approvals(approvals) = gate {
            for principal in &mut approvals.from {
                let shouted = principal.to_string().to_ascii_uppercase();
                *principal = Principal::User(shouted.parse().unwrap());
            }
        }
    }
    policy
}

/// What is brought somewhere: opened, renewed or merged.
fn brought(plan: &Plan) -> impl Iterator<Item = (&ServiceEnvironment, &Release)> {
    plan.actions.iter().filter_map(|action| match action {
        Action::Open { target, release, .. }
        | Action::Update { target, release, .. }
        | Action::Merge { target, release, .. } => Some((target, release)),
        Action::Record { .. }
        | Action::Dequeue { .. }
        | Action::Close { .. }
        | Action::DeleteBranch { .. }
        | Action::Comment { .. }
        | Action::React { .. }
        | Action::Announce { .. } => None,
    })
}

/// The same after the plan was carried out but for merges: its records are in the log, and what it opens is open.
fn after_opening(world: &World, plan: &Plan) -> World {
    let mut after = World { history: history_after(world, plan), ..world.clone() };
    for action in &plan.actions {
        if let Action::Open { target, release, .. } = action {
            let number = 100 + after.changes.len() as u64;
            after.changes.push(change(number, target.environment.as_str(), release, true));
        }
    }
    after
}

/// The same with every open change in the forge's queue.
fn in_queue(mut world: World, by_bot: bool) -> World {
    for observed in world.changes.iter_mut().filter(|observed| observed.change.is_open()) {
        observed.change.queue = Some(QueuePlace { by_bot, group: None, shown: None });
    }
    world
}

/// Whether commands are carried out on a change: it is open, or the last one of its branch.
fn takes_commands(world: &World, observed: &ObservedChange) -> bool {
    let mut same = world.changes.iter().filter(|other| other.change.branch == observed.change.branch);
    observed.change.is_open()
        || same.next_back().is_some_and(|last| last.change.number == observed.change.number)
}

/// Whether whoever wrote a comment has to be told what became of it.
fn is_told(world: &World, observed: &ObservedChange, comment: &Comment) -> bool {
    let is_late = match observed.change.state {
        ChangeState::Open => true,
        ChangeState::Merged { at, .. } | ChangeState::Closed { at, .. } => {
            comment.at > at || world.now - comment.at <= TimeDelta::days(1)
        }
    };
    let is_person = comment.author != world.bot && !comment.author.is_machine();
    is_person && !crate::command::is_quiet(&comment.body) && (is_late || takes_commands(world, observed))
}

fn stands(landing: &Landing, release: &Release) -> bool {
    landing.standing == LandingStatus::Effective && release.is_among(&landing.images)
}

/// Whether somebody asked for a release, or for another tag of its digest.
fn asked_for(history: &History, by: &UserName, at: &ServiceEnvironment, release: &Release) -> bool {
    history.requests(at.clone()).any(|(handled, images)| handled.by == *by && release.has_digests_of(images))
}

/// How often each kind of thing happens in many worlds, so that no law holds for want of anything to judge.
#[test]
fn any_world_has_something_to_judge() {
    let mut runner = TestRunner::deterministic();
    let (mut opened, mut merged, mut asked) = (0, 0, 0);
    for _world in 0..2_000 {
        let world = any_world().new_tree(&mut runner).unwrap().current();
        let plan = decide(&world, &policy());
        let history = history_after(&world, &plan);
        for action in &plan.actions {
            match action {
                Action::Open { target: at, .. } if *at != target("dev") => opened += 1,
                Action::Merge { target: at, release, .. } if *at == target("production") => {
                    merged += 1;
                    asked +=
                        usize::from(history.requests(at.clone()).any(|(_, images)| release.is_among(images)));
                }
                Action::Open { .. }
                | Action::Merge { .. }
                | Action::Update { .. }
                | Action::Dequeue { .. }
                | Action::Close { .. }
                | Action::DeleteBranch { .. }
                | Action::Record { .. }
                | Action::Comment { .. }
                | Action::React { .. }
                | Action::Announce { .. } => {}
            }
        }
    }
    let mut gone = 0;
    for _world in 0..2_000 {
        let plan = decide(&lossy_world().new_tree(&mut runner).unwrap().current(), &policy());
        let gates = plan.judgements.iter().flat_map(|judgement| &judgement.gates);
        gone += gates
            .filter(|gate| matches!(gate.reason, GateReason::Artifact(ArtifactReason::Gone { .. })))
            .count();
    }
    assert!(gone > 100, "gone {gone}");
    assert!(
        opened > 100 && merged > 20 && asked > 3,
        "opened {opened}, merged {merged}, of those asked for {asked}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_same_world_gives_the_same_plan(world in any_world()) {
        prop_assert_eq!(format!("{:?}", decide(&world, &policy())), format!("{:?}", decide(&world, &policy())));
    }

    #[test]
    fn nothing_is_brought_where_its_landing_before_does_not_stand(world in any_world()) {
        let plan = decide(&world, &policy());
        let history = history_after(&world, &plan);
        for (at, release) in brought(&plan) {
            let before = match at.environment.as_str() {
                "staging" => target("dev"),
                "production" => target("staging"),
                _ => continue,
            };
            let landings = history.landings(&before);
            prop_assert!(landings.iter().any(|landing| stands(landing, release)), "{} {}", at, release.name());
        }
    }

    #[test]
    fn nothing_older_than_what_runs_is_brought(world in any_world()) {
        for (at, release) in brought(&decide(&world, &policy())) {
            let running = world.running[at].as_ref().expect("what cannot be read is left alone").references();
            prop_assert!(index_of(release.name()) > running[0].tag.as_ref().and_then(index_of));
        }
    }

    #[test]
    fn production_is_merged_only_with_an_approval_by_somebody_else(world in any_world()) {
        let plan = decide(&world, &policy());
        let history = history_after(&world, &plan);
        for action in &plan.actions {
            let Action::Merge { target: at, release, gates, .. } = action else { continue };
            if *at == target("production") {
                prop_assert!(!gates.approved_by().is_empty());
                for by in gates.approved_by() {
                    prop_assert!(["alice", "bob"].contains(&by.as_str()), "{} approved", by);
                    prop_assert!(!asked_for(&history, by, at, release), "{} asked for it", by);
                }
            }
        }
    }

    #[test]
    fn every_command_of_a_person_gets_an_outcome_and_a_sign(world in any_commented_world()) {
        let plan = decide(&world, &policy());
        let history = history_after(&world, &plan);
        for observed in &world.changes {
            for comment in observed.change.comments.iter().filter(|comment| is_told(&world, observed, comment)) {
                prop_assert!(history.handled(&comment.id).is_some(), "no outcome: {:?}", comment);
                let signs = |action: &&Action| matches!(action, Action::React { comment: id, .. } if *id == comment.id);
                prop_assert_eq!(plan.actions.iter().filter(signs).count(), 1, "{:?}", comment);
            }
        }
    }

    #[test]
    fn commands_on_older_changes_do_nothing(world in any_commented_world()) {
        let bare = |observed: &ObservedChange| {
            let mut own = observed.clone();
            if !takes_commands(&world, observed) {
                own.change.comments.clear();
            }
            own
        };
        let without = World { changes: world.changes.iter().map(bare).collect(), ..world.clone() };
        let moves = |plan: Plan| -> Vec<Action> {
            let is_said = |action: &Action| matches!(action, Action::Record { .. } | Action::Comment { .. } | Action::React { .. });
            plan.actions.into_iter().filter(|action| !is_said(action)).collect()
        };
        prop_assert_eq!(moves(decide(&world, &policy())), moves(decide(&without, &policy())));
    }

    #[test]
    fn case_makes_no_difference_where_the_forge_ignores_it(world in any_world()) {
        let folded = World {
            capabilities: ForgeCapabilities {
                logins_are_case_insensitive: true,
                ..world.capabilities.clone()
            },
            ..world.clone()
        };
        prop_assert_eq!(decide(&folded, &shouted(policy())).actions, decide(&world, &policy()).actions);
    }

    #[test]
    fn a_fact_that_was_not_read_changes_nothing(world in any_commented_world()) {
        let plan = decide(&world, &policy());
        let facts = only(&world.facts, &plan.facts_read);
        prop_assert_eq!(decide(&World { facts, ..world.clone() }, &policy()), plan);
    }

    #[test]
    fn one_thing_at_a_time_is_done_at_a_target(world in any_world()) {
        let plan = decide(&world, &policy());
        let mut count: BTreeMap<&ServiceEnvironment, usize> = BTreeMap::new();
        for action in &plan.actions {
            match action {
                Action::Open { target, .. }
                | Action::Update { target, .. }
                | Action::Merge { target, .. }
                | Action::Dequeue { target, .. }
                | Action::Close { target, .. } => *count.entry(target).or_default() += 1,
                Action::Record { .. }
                | Action::DeleteBranch { .. }
                | Action::Comment { .. }
                | Action::React { .. }
                | Action::Announce { .. } => {}
            }
        }
        prop_assert!(count.values().all(|count| *count == 1), "{:?}", plan.actions);
    }

    #[test]
    fn in_the_queue_stays_only_what_would_be_merged_now(world in any_world()) {
        let plan = decide(&world, &policy());
        let merges = |action: &Action| if let Action::Merge { gates, .. } = action { Some(gates.change()) } else { None };
        let merged: BTreeSet<ChangeNumber> = plan.actions.iter().filter_map(merges).collect();
        for by_bot in [true, false] {
            let queued = decide(&in_queue(world.clone(), by_bot), &policy());
            for action in &queued.actions {
                match action {
                    Action::Dequeue { change, .. } => prop_assert!(by_bot && !merged.contains(change), "{:?}", action),
                    Action::Update { .. } | Action::Merge { .. } | Action::Close { .. } => prop_assert!(false, "{:?}", action),
                    Action::Open { .. } | Action::Record { .. } | Action::DeleteBranch { .. } | Action::Comment { .. } | Action::React { .. } | Action::Announce { .. } => {}
                }
            }
            let stays = queued.judgements.iter().filter(|own| own.notes.iter().any(|note| matches!(note, GateReason::MergeQueued { .. })));
            let stays: BTreeSet<ChangeNumber> = stays.filter_map(|own| own.change).collect();
            prop_assert!(stays.is_superset(&merged) && (!by_bot || stays == merged));
        }
    }

    #[test]
    fn nothing_is_opened_or_merged_that_the_registry_may_lack(world in lossy_world()) {
        let plan = decide(&world, &policy());
        for action in &plan.actions {
            let (Action::Open { release, .. } | Action::Merge { release, .. }) = action else { continue };
            for reference in release.references() {
                let presence = world.facts.presences.get(&reference).and_then(Fact::value);
                prop_assert_eq!(presence, Some(&Presence::Complete), "{:?}", action);
            }
        }
    }

    #[test]
    fn no_sentence_claims_that_a_tag_was_read_that_was_not(world in lossy_world()) {
        for judgement in decide(&world, &policy()).judgements {
            let stays = |gate: &&GateReport| gate.reason == ArtifactReason::TagsStay.into();
            let Some(release) = judgement.gates.iter().find(stays).and(judgement.candidate.as_ref()) else { continue };
            for artifact in release.artifacts() {
                let present = &world.facts.present[&(artifact.image.clone(), artifact.tag.clone())];
                prop_assert_eq!(present.value(), Some(&Some(artifact.digest.clone())));
            }
        }
    }

    #[test]
    fn what_was_opened_is_neither_closed_nor_renewed_on_the_next_look(world in any_world()) {
        let plan = decide(&world, &policy());
        let opened = |plan: &Plan| -> BTreeSet<ServiceEnvironment> {
            let target = |action: &Action| if let Action::Open { target, .. } = action { Some(target.clone()) } else { None };
            plan.actions.iter().filter_map(target).collect()
        };
        let next = decide(&after_opening(&world, &plan), &policy());
        for action in &next.actions {
            if let Action::Close { target, .. } | Action::Update { target, .. } = action {
                prop_assert!(!opened(&plan).contains(target), "{:?}", action);
            }
        }
    }

    #[test]
    fn what_is_not_known_moves_nothing(world in any_world()) {
        let mut blind = world.clone();
        let image = policy().services[0].images[0].name.clone();
        blind.facts.listings.insert(image, Fact::Unknown { since: world.now, why: "down".into() });
        for running in blind.running.values_mut() {
            *running = Err(Obstacle::of_forge("not readable"));
        }
        prop_assert_eq!(brought(&decide(&blind, &policy())).count(), 0);
    }

    #[test]
    fn a_person_s_commit_on_a_branch_is_left_alone(world in any_world()) {
        let plan = decide(&world, &policy());
        for observed in world.changes.iter().filter(|observed| observed.change.is_open() && !observed.is_ours()) {
            let number = observed.change.number;
            for action in &plan.actions {
                let touches = match action {
                    Action::Update { change, .. } | Action::Close { change, .. } => *change == number,
                    Action::Merge { gates, .. } => gates.change() == number,
                    Action::DeleteBranch { branch, .. } => *branch == observed.change.branch,
                    Action::Open { .. } | Action::Record { .. } | Action::Dequeue { .. } | Action::Comment { .. } | Action::React { .. } | Action::Announce { .. } => false,
                };
                prop_assert!(!touches, "{:?}", action);
            }
        }
    }
}
