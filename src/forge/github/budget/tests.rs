//! The limits hold whatever is asked, and what is urgent comes through.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use http::HeaderMap;
use proptest::prelude::*;

use super::*;

fn start() -> Time {
    "2026-03-02T09:00:00.5Z".parse().expect("an instant")
}

fn budget() -> Budget {
    Budget::new("acme", "acme")
}

const fn cost(lane: Lane, interface: Interface, writes: u32) -> Cost {
    Cost { lane, interface, writes, tokens: 0 }
}

const fn write(lane: Lane) -> Cost {
    cost(lane, Interface::Rest, 1)
}

/// How many of these go through at an instant until one has to wait.
fn until_full(budget: &Budget, cost: Cost, now: Time) -> u32 {
    let mut taken = 0;
    while budget.take(cost, now).is_ok() {
        taken += 1;
    }
    taken
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    pairs.iter().map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
}

fn told(remaining: &str, reset: &str) -> HeaderMap {
    headers(&[
        ("date", "Mon, 02 Mar 2026 09:00:00 GMT"),
        ("x-ratelimit-limit", "5000"),
        ("x-ratelimit-remaining", remaining),
        ("x-ratelimit-reset", reset),
        ("x-ratelimit-resource", "core"),
    ])
}

/// Twenty minutes after [`start`], by GitHub's clock.
const RESET: &str = "1772443200";

#[test]
fn each_lane_leaves_a_reserve_to_those_above_it() {
    let budget = budget();
    assert_eq!(until_full(&budget, write(Lane::Refresh), start()), 64);
    assert_eq!(until_full(&budget, write(Lane::Command), start()), 8);
    assert_eq!(until_full(&budget, write(Lane::Merge), start()), 8);
    assert_eq!(until_full(&budget, write(Lane::Refresh), start()), 0);
}

#[test]
fn a_wait_is_as_long_as_it_takes_and_no_longer() {
    let budget = budget();
    until_full(&budget, write(Lane::Refresh), start());
    let later = start() + TimeDelta::seconds(20);
    let wait = budget.take(write(Lane::Refresh), later).unwrap_err();
    assert_eq!(wait, Duration::from_secs(45));
    assert!(budget.take(write(Lane::Refresh), later + wait - TimeDelta::milliseconds(1)).is_err());
    assert!(budget.take(write(Lane::Refresh), later + wait).is_ok());
}

#[test]
fn a_document_is_sent_when_all_of_it_fits() {
    let budget = budget();
    let document = cost(Lane::Refresh, Interface::Graph, 40);
    assert!(budget.take(document, start()).is_ok());
    assert!(budget.take(document, start()).is_err());
    assert_eq!(budget.available_writes(write(Lane::Refresh), start()), Ok(24));
    assert!(budget.take(cost(Lane::Refresh, Interface::Graph, 24), start()).is_ok());
    assert_eq!(budget.available_writes(write(Lane::Refresh), start()), Err(Duration::from_secs(65)));
    assert_eq!(budget.available_writes(write(Lane::Merge), start()), Ok(16));
}

#[test]
fn reads_are_bounded_by_points_alone() {
    let budget = budget();
    assert_eq!(until_full(&budget, cost(Lane::Merge, Interface::Rest, 0), start()), 900);
    assert!(budget.take(cost(Lane::Merge, Interface::Graph, 0), start()).is_ok());
}

#[test]
fn nothing_is_sent_while_github_asks_for_patience() {
    let (budget, merge) = (budget(), cost(Lane::Merge, Interface::Rest, 0));
    let until = budget.pause(Duration::from_secs(30), None, start());
    budget.pause(Duration::from_secs(10), None, start());
    for interface in [Interface::Rest, Interface::Graph] {
        let pause = budget.active_pause(Cost { interface, ..merge }, start()).expect("GitHub asked for it");
        assert_eq!(pause, Pause { wait: Duration::from_secs(30), until });
    }
    assert_eq!(budget.available_writes(write(Lane::Merge), start()), Err(Duration::from_secs(30)));
    assert_eq!(budget.active_pause(merge, until), None);
}

#[test]
fn what_one_interface_gave_in_an_hour_leaves_the_other_alone() {
    let budget = budget();
    budget.pause(Duration::from_secs(1_800), Some(Interface::Graph), start());
    assert!(budget.active_pause(cost(Lane::Merge, Interface::Graph, 0), start()).is_some());
    assert_eq!(budget.active_pause(cost(Lane::Merge, Interface::Rest, 0), start()), None);
}

#[test]
fn an_app_asks_for_no_more_tokens_in_an_hour_than_github_gives() {
    let budget = budget();
    let token = Cost { tokens: 1, ..cost(Lane::Merge, Interface::Rest, 0) };
    let mut now = start();
    for _minute in 0..4 {
        for _token in 0..500 {
            assert_eq!(budget.take(token, now), Ok(()));
        }
        now += TimeDelta::minutes(2);
    }
    let wait = budget.take(token, now).expect_err("two thousand were asked for");
    assert_eq!(wait, Duration::from_secs(52 * 60 + 5));
    assert_eq!(budget.take(cost(Lane::Merge, Interface::Rest, 0), now), Ok(()), "other questions go on");
    assert_eq!(budget.take(token, now + wait), Ok(()));
}

#[test]
fn what_is_left_of_the_hour_is_learnt_from_answers() {
    let (budget, merge) = (budget(), cost(Lane::Merge, Interface::Rest, 0));
    let refresh = cost(Lane::Refresh, Interface::Rest, 0);
    budget.record_headers(&told("1000", RESET), Interface::Rest, start());
    assert_eq!(budget.take(refresh, start()).unwrap_err(), Duration::from_secs(20 * 60 + 3));
    assert!(budget.take(merge, start()).is_ok());
    budget.record_headers(&told("0", RESET), Interface::Rest, start());
    assert!(budget.take(merge, start()).is_err());
    assert!(budget.take(cost(Lane::Refresh, Interface::Graph, 0), start()).is_ok(), "it is counted apart");
    assert!(budget.take(merge, start() + TimeDelta::seconds(20 * 60 + 3)).is_ok());
}

#[test]
fn answers_that_overtake_each_other_give_nothing_back() {
    let (budget, merge) = (budget(), cost(Lane::Merge, Interface::Rest, 0));
    budget.record_headers(&told("0", RESET), Interface::Rest, start());
    budget.record_headers(&told("7", RESET), Interface::Rest, start());
    assert!(budget.take(merge, start()).is_err());
    let next_hour = "1772446800";
    budget.record_headers(&told("4999", next_hour), Interface::Rest, start());
    assert!(budget.take(merge, start()).is_ok());
}

#[test]
fn a_server_without_limits_and_nonsense_change_nothing() {
    let (budget, merge) = (budget(), cost(Lane::Merge, Interface::Rest, 0));
    let odd = [
        headers(&[]),
        told("-1", RESET),
        told("0", "soon"),
        headers(&[("x-ratelimit-remaining", "0")]),
        headers(&[
            ("x-ratelimit-limit", "30"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", RESET),
            ("x-ratelimit-resource", "search"),
        ]),
    ];
    for headers in odd {
        budget.record_headers(&headers, Interface::Rest, start());
        assert!(budget.take(merge, start()).is_ok());
    }
}

#[test]
fn a_clock_that_is_set_back_stops_nobody_for_longer_than_the_window() {
    let budget = budget();
    until_full(&budget, write(Lane::Merge), start());
    let wait = budget.take(write(Lane::Merge), start() - TimeDelta::days(1)).unwrap_err();
    assert_eq!(wait, Duration::from_secs(65));
}

fn any_cost() -> impl Strategy<Value = Cost> {
    let lane = prop_oneof![Just(Lane::Merge), Just(Lane::Command), Just(Lane::Refresh)];
    let interface = prop_oneof![Just(Interface::Rest), Just(Interface::Graph)];
    (lane, interface, prop_oneof![2 => 0_u32..3, 1 => 10_u32..60])
        .prop_map(|(lane, interface, writes)| cost(lane, interface, writes))
}

/// The most that was written within any span of this length.
fn most_within(sent: &BTreeMap<Time, u32>, span: TimeDelta) -> u32 {
    let within = |from: Time| sent.range(from..from + span).map(|(_, writes)| writes).sum();
    sent.keys().map(|at| within(*at)).max().unwrap_or_default()
}

proptest! {
    #[test]
    fn no_sequence_of_requests_exceeds_what_github_takes(
        steps in prop::collection::vec((0_i64..40, any_cost(), 1_usize..40), 1..100),
    ) {
        let budget = budget();
        let (mut now, mut sent) = (start(), BTreeMap::new());
        for (pause, cost, times) in steps {
            now += TimeDelta::seconds(pause);
            for _request in 0..times {
                match budget.take(cost, now) {
                    Ok(()) => *sent.entry(now).or_default() += cost.writes,
                    Err(wait) => prop_assert!(wait > Duration::ZERO && wait <= Duration::from_secs(3_605)),
                }
            }
        }
        prop_assert!(most_within(&sent, TimeDelta::minutes(1)) <= WRITES_A_MINUTE);
        prop_assert!(most_within(&sent, TimeDelta::hours(1)) <= WRITES_AN_HOUR);
    }

    #[test]
    fn whoever_waits_as_long_as_asked_gets_through(
        costs in prop::collection::vec(any_cost(), 1..60),
    ) {
        let (budget, mut now) = (budget(), start());
        for cost in costs {
            if let Err(wait) = budget.take(cost, now) {
                now += wait;
                prop_assert_eq!(budget.take(cost, now), Ok(()));
            }
        }
    }

    #[test]
    fn a_merge_goes_through_however_many_refreshes_there_are(refreshes in 0_usize..2_000) {
        let budget = budget();
        for _refresh in 0..refreshes {
            let _is_sent = budget.take(write(Lane::Refresh), start()).is_ok();
        }
        prop_assert!(budget.take(write(Lane::Merge), start()).is_ok());
    }
}
