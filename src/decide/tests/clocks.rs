//! Clocks that are set: a soak takes its length of real time, whatever clocks show meanwhile.

use std::time::Duration;

use chrono::TimeDelta;
use proptest::prelude::*;

use super::layout::Layout;
use super::simulation::{ENVIRONMENTS, Simulation};
use crate::model::{Gate, Soak, SoakCounts, Time};

const SOAK: TimeDelta = TimeDelta::minutes(60);
/// How far a landing may be dated in the future because clocks differ.
const CLOCKS_DIFFER_MAX: TimeDelta = TimeDelta::seconds(60);
const YEAR: i64 = 365 * 24 * 60;

/// A simulation in which a release just landed in staging, and has to soak there before production.
struct Soaking {
    simulation: Simulation,
    /// The real time, which no clock has to show.
    real: Time,
    landed: Time,
    has_forge_clock: bool,
}

impl Soaking {
    /// The machine's clock is so far ahead at the landing; the forge's clock is right, where it has one.
    fn new(has_forge_clock: bool, counts: SoakCounts, ahead: TimeDelta) -> Self {
        let soak = Soak { duration: SOAK.to_std().unwrap_or(Duration::ZERO), counts };
        let mut simulation = Simulation::new(&Layout { gates: vec![Gate::Soak(soak)], ..Layout::default() });
        let image = simulation.images().remove(0);
        let real = simulation.world.now;
        simulation.push(&image, "1.0.0", 1);
        ENVIRONMENTS.iter().for_each(|environment| simulation.set(environment, &image, "1.0.0", 1));
        simulation.run();
        simulation.push(&image, "1.1.0", 2);
        let mut soaking = Self { simulation, real, landed: real, has_forge_clock };
        soaking.look(SOAK * 2, ahead);
        soaking.landed = soaking.real;
        assert_eq!(soaking.simulation.running("staging")[0].tag, Some("1.1.0".parse().unwrap()));
        soaking
    }

    /// Looks when so much time went by, and the machine's clock is so far ahead; returns whether production has the release.
    fn look(&mut self, passed: TimeDelta, ahead: TimeDelta) -> bool {
        self.real += passed;
        self.simulation.world.now = self.real + ahead;
        self.simulation.world.forge_ahead = self.has_forge_clock.then_some(-ahead);
        assert!(self.simulation.run().is_at_rest);
        self.simulation.running("production")[0].tag == Some("1.1.0".parse().unwrap())
    }
}

fn counts() -> impl Strategy<Value = SoakCounts> {
    prop::sample::select(&[SoakCounts::Landed, SoakCounts::Running][..])
}

fn minutes(range: std::ops::Range<i64>) -> impl Strategy<Value = TimeDelta> {
    range.prop_map(TimeDelta::minutes)
}

/// How far a clock is ahead.
fn ahead(range: std::ops::Range<i64>) -> impl Strategy<Value = TimeDelta> {
    prop_oneof![
        Just(TimeDelta::zero()),
        (range.start.max(-90)..90).prop_map(TimeDelta::minutes),
        minutes(range)
    ]
}

/// 1.0.0 runs everywhere and is in the log, and 1.1.0 was just pushed.
fn before_the_clock_changes() -> Simulation {
    let soak = Soak { duration: SOAK.to_std().unwrap_or(Duration::ZERO), counts: SoakCounts::Landed };
    let mut simulation = Simulation::new(&Layout { gates: vec![Gate::Soak(soak)], ..Layout::default() });
    let image = simulation.images().remove(0);
    simulation.push(&image, "1.0.0", 1);
    ENVIRONMENTS.iter().for_each(|environment| simulation.set(environment, &image, "1.0.0", 1));
    simulation.run();
    simulation.push(&image, "1.1.0", 2);
    simulation
}

/// A release lands in staging while the clock is behind, moments after the log had a record by the right time.
#[test]
fn a_clock_that_is_behind_at_a_landing_shortens_no_soak() {
    let mut simulation = before_the_clock_changes();
    let right = simulation.world.now;
    let version_at = |simulation: &mut Simulation, now: Time| {
        simulation.world.now = now;
        assert!(simulation.run().is_at_rest);
        simulation.running("production")[0].tag.clone().unwrap().to_string()
    };
    assert_eq!(version_at(&mut simulation, right - SOAK * 2), "1.0.0");
    assert_eq!(simulation.world.history.set_back_from(), Some(right));
    assert_eq!(version_at(&mut simulation, right + TimeDelta::minutes(1)), "1.0.0");
    assert_eq!(version_at(&mut simulation, right + SOAK), "1.1.0");
}

/// The same without setting the clock right: it measures the soak itself.
#[test]
fn a_clock_that_stays_behind_delays_no_soak() {
    let mut simulation = before_the_clock_changes();
    let right = simulation.world.now;
    for now in [right - SOAK * 24, right - SOAK * 23] {
        simulation.world.now = now;
        assert!(simulation.run().is_at_rest);
    }
    assert_eq!(simulation.running("production")[0].tag, Some("1.1.0".parse().unwrap()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn by_the_forge_s_clock_a_soak_takes_its_length_whatever_ours_shows(
        counts in counts(),
        first in ahead(-YEAR..YEAR),
        looks in prop::collection::vec((minutes(1..30), ahead(-YEAR..YEAR)), 1..8),
    ) {
        let mut soaking = Soaking::new(true, counts, first);
        for (passed, ahead) in looks {
            let is_through = soaking.look(passed, ahead);
            let elapsed = soaking.real - soaking.landed;
            prop_assert_eq!(is_through, elapsed >= SOAK, "after {}", elapsed);
        }
    }

    #[test]
    fn once_the_only_clock_is_right_again_a_soak_takes_its_length_and_no_more(
        counts in counts(),
        first in ahead(0..YEAR),
        wrong in minutes(0..90),
        looks in prop::collection::vec(minutes(1..30), 1..8),
    ) {
        let mut soaking = Soaking::new(false, counts, first);
        let right_at = soaking.real + wrong;
        let mut is_through = soaking.look(wrong, TimeDelta::zero());
        for passed in looks {
            let (elapsed, since_right) = (soaking.real - soaking.landed, soaking.real - right_at);
            prop_assert!(!is_through || elapsed >= SOAK, "through after {}", elapsed);
            prop_assert!(is_through || since_right < SOAK + CLOCKS_DIFFER_MAX, "not through after {}", since_right);
            is_through = soaking.look(passed, TimeDelta::zero());
        }
    }
}
