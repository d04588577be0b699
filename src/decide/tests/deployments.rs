//! What is owed to those who look at deployments: the laws, and the edges of the day.

use proptest::prelude::*;

use super::any_world::{any_world, policy, target};
use crate::decide::{Action, Need, Plan, decide};
use crate::model::{
    Event, Fact, FactKey, FactTable, ForgeCapabilities, History, ImageReference, Landing, Obstacle, Origin,
    Record, ServiceEnvironment, Time, World,
};

type Shown = Option<Vec<ImageReference>>;

fn announced(plan: &Plan) -> Vec<&ServiceEnvironment> {
    let all = plan.actions.iter();
    all.filter_map(|action| if let Action::Announce { target, .. } = action { Some(target) } else { None })
        .collect()
}

fn asked(plan: &Plan) -> Vec<&ServiceEnvironment> {
    let all = plan.needs.iter();
    all.filter_map(|need| if let Need::Deployment { target } = need { Some(target) } else { None }).collect()
}

/// A world whose forge shows this at each target where something is said.
fn showing(world: World, said: impl Fn(&World, &ServiceEnvironment) -> Option<Fact<Shown>>) -> World {
    let all = ["dev", "staging", "production"].map(target);
    let latest = all.into_iter().filter_map(|at| said(&world, &at).map(|said| (at, said))).collect();
    let capabilities = ForgeCapabilities { shows_deployments: true, ..world.capabilities.clone() };
    let facts = FactTable { deployments: latest, ..world.facts.clone() };
    World { capabilities, facts, ..world }
}

/// The images of the last landing, and whether it is news.
fn last<'a>(history: &'a History, at: &ServiceEnvironment, now: Time) -> Option<(&'a Landing, bool)> {
    let landing = history.last_landing(at)?;
    Some((landing, landing.origin != Origin::Adopted && now - landing.at < chrono::TimeDelta::hours(24)))
}

fn known(shown: Shown) -> Fact<Shown> {
    Fact::Known { value: shown, as_of: Time::UNIX_EPOCH }
}

/// The plan without what deployments add to it.
fn otherwise(mut plan: Plan) -> Plan {
    plan.actions.retain(|action| !matches!(action, Action::Announce { .. }));
    plan.needs.retain(|need| !matches!(need, Need::Deployment { .. }));
    plan.facts_read.retain(|key| !matches!(key, FactKey::Deployment(_)));
    plan
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn nothing_else_is_decided_otherwise(world in any_world(), kind in 0..4) {
        let said = |_: &World, _: &ServiceEnvironment| match kind {
            0 => None,
            1 => Some(known(None)),
            2 => Some(known(Some(Vec::new()))),
            _ => Some(Fact::Unknown { since: Time::UNIX_EPOCH, why: "it may not".into() }),
        };
        let plain = decide(&world, &policy());
        prop_assert!(announced(&plain).is_empty() && asked(&plain).is_empty(), "the forge shows none");
        prop_assert_eq!(otherwise(decide(&showing(world, said), &policy())), plain);
    }

    #[test]
    fn news_is_asked_about_once_and_told_where_something_else_is_shown(world in any_world()) {
        let asking = decide(&showing(world.clone(), |_, _| None), &policy());
        prop_assert!(announced(&asking).is_empty(), "nobody is told before it is known what is shown");
        let telling = decide(&showing(world.clone(), |_, _| Some(known(None))), &policy());
        prop_assert!(asked(&telling).is_empty());
        prop_assert_eq!(announced(&telling).into_iter().collect::<std::collections::BTreeSet<_>>(),
                        asked(&asking).into_iter().collect());
        let shy = |_: &World, _: &ServiceEnvironment| Some(Fact::Unknown { since: Time::UNIX_EPOCH, why: "no".into() });
        let shy = decide(&showing(world, shy), &policy());
        prop_assert!(announced(&shy).is_empty() && asked(&shy).is_empty(), "nothing waits for what is unknown");
    }

    #[test]
    fn what_is_told_is_the_last_landing_and_once_it_is_shown_nothing_more(world in any_world()) {
        let mut world = showing(world, |_, _| Some(known(None)));
        let plan = decide(&world, &policy());
        for action in &plan.actions {
            match action {
                Action::Record { record } => world.history.take(record),
                Action::Announce { target, images, .. } => {
                    let (landing, is_news) = last(&world.history, target, world.now).expect("it landed");
                    prop_assert!(is_news && landing.images == *images, "{} at {}", target, world.now);
                    world.facts.deployments.insert(target.clone(), known(Some(images.clone())));
                }
                Action::Open { .. } | Action::Update { .. } | Action::Merge { .. } | Action::Dequeue { .. }
                | Action::Close { .. }
                | Action::DeleteBranch { .. } | Action::Comment { .. } | Action::React { .. } => {}
            }
        }
        prop_assert!(announced(&decide(&world, &policy())).is_empty());
    }
}

/// A world in which this landed at one target so long ago, and nothing is shown.
fn landed(origin: Origin, ago: chrono::TimeDelta) -> World {
    use proptest::strategy::{Strategy as _, ValueTree as _};
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let world = any_world().new_tree(&mut runner).unwrap().current();
    let images = vec![ImageReference {
        image: "registry.test/acme/shop".parse().unwrap(),
        tag: Some("1.10.0".parse().unwrap()),
        digest: None,
    }];
    let event = Event::Landed { target: target("dev"), images, origin };
    let mut history = History::default();
    history.take(&Record { at: world.now - ago, event });
    // What runs cannot be read, so nothing else can have landed.
    let running =
        world.running.keys().map(|at| (at.clone(), Err(Obstacle::of_forge("it cannot be read")))).collect();
    showing(World { history, running, ..world }, |_, _| Some(known(None)))
}

#[test]
fn a_day_is_the_edge() {
    let told = |origin, ago| announced(&decide(&landed(origin, ago), &policy())).len();
    let (day, second) = (chrono::TimeDelta::hours(24), chrono::TimeDelta::seconds(1));
    assert_eq!(told(Origin::Hand, day - second), 1);
    assert_eq!(told(Origin::Hand, day), 0);
    assert_eq!(told(Origin::Adopted, second), 0);
}

#[test]
fn the_change_is_named_where_one_brought_it() {
    let number = crate::model::ChangeNumber(7);
    for (origin, change) in [(Origin::Change(number), Some(number)), (Origin::Hand, None)] {
        let plan = decide(&landed(origin, chrono::TimeDelta::zero()), &policy());
        let told = plan.actions.iter().find(|action| matches!(action, Action::Announce { .. }));
        assert!(matches!(told, Some(Action::Announce { change: named, .. }) if *named == change), "{told:?}");
    }
}
