//! What is written identifies a release: several tags may point to one digest.

use proptest::prelude::*;

use super::layout::{Format, Layout};
use super::simulation::{ENVIRONMENTS, Run, Simulation};
use crate::decide::{ArtifactReason, GateReason};
use crate::model::{Gate, ImageName, Selection, Soak, SoakCounts, Together};

/// The artifacts of an image that tags may point to.
const ARTIFACTS: usize = 3;

/// A rule, and tags that it takes, some of which it ranks alike.
fn rules() -> Vec<(Selection, [&'static str; 5])> {
    vec![
        (Selection::semver("*").unwrap(), ["1.0.0", "1.2.0", "v1.2.0", "1.3.0", "1.10.0"]),
        (
            Selection::semver(">=1.3.0-rc.1, <1.4.0").unwrap(),
            ["1.3.0-rc.1", "1.3.0-rc.2", "1.3.0", "v1.3.0", "1.3.1"],
        ),
        (Selection::numerical(), ["7", "007", "8", "9", "10"]),
        (
            Selection::calver("YYYY.MM.MICRO").unwrap(),
            ["2026.1.0", "2026.1.1", "2026.2.0", "2026.10.0", "2027.1.0"],
        ),
        (Selection::alphabetical(), ["a", "b", "c", "d", "e"]),
        (Selection::newest(), ["main", "sha-1", "v1", "v2", "latest"]),
    ]
}

fn layout() -> impl Strategy<Value = (Layout, [&'static str; 5])> {
    let format =
        prop::sample::select(&[Format::TagAndDigest, Format::TagAndDigest, Format::Tag, Format::Digest][..]);
    let together = prop::sample::select(&[Together::SameTag, Together::SameRevision][..]);
    (prop::sample::select(rules()), 1_usize..=3, together, format).prop_map(
        |((selection, tags), images, together, format)| {
            let together = if images == 1 { Together::Independent } else { together };
            (Layout { images, together, selection, format, ..Layout::default() }, tags)
        },
    )
}

/// Something that happens between two runs.
#[derive(Clone, Debug)]
enum Happening {
    /// A tag of every image points to these artifacts.
    Push { tag: usize, artifacts: [usize; 3] },
    /// A person writes a tag and an artifact into an environment.
    Set { environment: usize, tag: usize, artifacts: [usize; 3] },
}

fn artifacts() -> impl Strategy<Value = [usize; 3]> {
    prop::array::uniform3(0..ARTIFACTS)
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => (0_usize..5, artifacts()).prop_map(|(tag, artifacts)| Happening::Push { tag, artifacts }),
        1 => (0..ENVIRONMENTS.len(), 0_usize..5, artifacts())
            .prop_map(|(environment, tag, artifacts)| Happening::Set { environment, tag, artifacts }),
    ]
}

fn happen(simulation: &mut Simulation, tags: &[&str; 5], happening: &Happening) {
    let images: Vec<ImageName> = simulation.images();
    for (image, index) in images.iter().zip(0..) {
        match happening {
            Happening::Push { tag, artifacts } => simulation.push(image, tags[*tag], artifacts[index]),
            Happening::Set { environment, tag, artifacts } => {
                simulation.set(ENVIRONMENTS[*environment], image, tags[*tag], artifacts[index]);
            }
        }
    }
}

/// A world where the first tag runs everywhere, at rest.
fn settled(layout: &Layout, tags: &[&str; 5]) -> Simulation {
    let mut simulation = Simulation::new(layout);
    happen(&mut simulation, tags, &Happening::Push { tag: 0, artifacts: [0; 3] });
    for environment in 0..ENVIRONMENTS.len() {
        happen(&mut simulation, tags, &Happening::Set { environment, tag: 0, artifacts: [0; 3] });
    }
    simulation.run();
    simulation
}

/// Whether no two of these are the same.
fn are_different<T: Ord>(mut all: Vec<T>) -> bool {
    all.sort();
    all.windows(2).all(|pair| pair[0] != pair[1])
}

/// Whether each further release that a run brought to a target came through an environment before in the same run.
fn second_changes_are_explained(run: &Run) -> bool {
    run.opened.iter().enumerate().all(|(index, (target, release))| {
        let earlier = &run.opened[..index];
        let is_second = earlier.iter().any(|(own, _)| own == target);
        let came_through = earlier.iter().any(|(own, other)| own != target && other.id() == release.id());
        !is_second || came_through
    })
}

/// New tags in any order, each pushed once.
fn pushes() -> impl Strategy<Value = Vec<Happening>> {
    let order = Just(vec![1_usize, 2, 3, 4]).prop_shuffle();
    (order, prop::collection::vec(artifacts(), 4)).prop_map(|(order, artifacts)| {
        order.into_iter().zip(artifacts).map(|(tag, artifacts)| Happening::Push { tag, artifacts }).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    // There are no soaks here, so that what lands in a run may go on in the same run, while what landed earlier is on its way.
    // That alone makes a second change for a target. Where only tags are written, a tag that moves changes what runs, so that
    // a run may bring two releases; it never brings one of them twice.
    #[test]
    fn no_run_makes_a_second_change_but_for_what_landed_in_it(
        (layout, tags) in layout(),
        happenings in prop::collection::vec(happening(), 1..6),
    ) {
        let mut simulation = settled(&layout, &tags);
        for happening in &happenings {
            happen(&mut simulation, &tags, happening);
            let run = simulation.run();
            prop_assert!(run.is_at_rest, "did not converge after {:?}: {:?}", happening, run.opened);
            prop_assert!(run.closed.is_empty(), "closed after {:?}: {:?}", happening, run.closed);
            prop_assert!(are_different(run.opened.clone()), "{:?}: {:?}", happening, run.opened);
            let is_explained = layout.format == Format::Tag || second_changes_are_explained(&run);
            prop_assert!(is_explained, "{:?}: {:?}", happening, run.opened);
        }
    }

    #[test]
    fn no_run_makes_two_changes_for_one_target((layout, tags) in layout(), pushes in pushes()) {
        let mut simulation = settled(&layout, &tags);
        for push in &pushes {
            happen(&mut simulation, &tags, push);
            let run = simulation.run();
            prop_assert!(run.is_at_rest && run.closed.is_empty(), "after {:?}: {:?}", push, run.opened);
            prop_assert!(are_different(run.changes.clone()), "{:?}: {:?}", push, run.opened);
        }
    }
}

/// What every environment runs after `newer` was pushed for the digest that runs as `older`.
fn check(format: Format, selection: Selection, older: &str, newer: &str, runs: &str) {
    let layout = Layout { format, selection, ..Layout::default() };
    let mut simulation = Simulation::new(&layout);
    let image = simulation.images().remove(0);
    simulation.push(&image, older, 0);
    ENVIRONMENTS.iter().for_each(|environment| simulation.set(environment, &image, older, 0));
    simulation.run();
    simulation.push(&image, newer, 0);
    let run = simulation.run();
    assert!(run.is_at_rest, "did not converge: {:?}", run.opened);
    for environment in ENVIRONMENTS {
        let reference = simulation.running(environment).remove(0);
        let written = reference.tag.map_or_else(|| "a digest".to_owned(), |tag| tag.to_string());
        assert_eq!(written, runs, "{environment} after {older} -> {newer}");
    }
    let changes = if runs == newer { ENVIRONMENTS.len() } else { 0 };
    assert_eq!(run.changes.len(), changes, "{older} -> {newer}: {:?}", run.opened);
}

#[test]
fn a_newer_tag_of_the_digest_that_runs_is_written_once_in_every_environment() {
    let semver = || Selection::semver(">=1.2.0-rc.1").unwrap();
    for format in [Format::TagAndDigest, Format::Tag] {
        check(format, semver(), "1.2.0", "1.3.0", "1.3.0");
        check(format, semver(), "1.2.0-rc.1", "1.2.0", "1.2.0");
        check(format, semver(), "1.2.0", "v1.2.0", "v1.2.0");
        check(format, semver(), "1.3.0", "1.2.0", "1.3.0");
        check(format, Selection::numerical(), "9", "10", "10");
        check(format, Selection::calver("YYYY.MM.MICRO").unwrap(), "2026.9.0", "2026.10.0", "2026.10.0");
        check(format, Selection::alphabetical(), "a", "b", "b");
        check(format, Selection::newest(), "a", "b", "b");
    }
}

#[test]
fn a_newer_tag_of_the_digest_that_runs_opens_nothing_where_only_digests_are_written() {
    for (older, newer) in [("1.2.0", "1.3.0"), ("1.3.0", "1.2.0")] {
        check(Format::Digest, Selection::semver("*").unwrap(), older, newer, "a digest");
    }
}

#[test]
fn the_tag_of_the_digest_that_runs_is_named_where_only_digests_are_written() {
    let mut simulation = settled(&Layout { format: Format::Digest, ..Layout::default() }, &["1.2.0"; 5]);
    let plan = simulation.look(&mut Run::default());
    let named = GateReason::Artifact(ArtifactReason::DigestRuns { release: "1.2.0".parse().unwrap() });
    assert_eq!(plan.judgements[0].notes, [named]);
}

#[test]
fn a_new_tag_of_what_soaks_does_not_restart_its_soak() {
    for counts in [SoakCounts::Landed, SoakCounts::Running] {
        let soak = Soak { duration: std::time::Duration::from_secs(3600), counts };
        let layout = Layout { gates: vec![Gate::Soak(soak)], ..Layout::default() };
        let mut simulation = settled(&layout, &["1.0.0"; 5]);
        let image = simulation.images().remove(0);
        simulation.push(&image, "1.1.0", 1);
        simulation.run();
        simulation.world.now += chrono::TimeDelta::minutes(50);
        simulation.push(&image, "1.2.0", 1);
        simulation.run();
        assert_eq!(simulation.running("production")[0].tag, Some("1.0.0".parse().unwrap()), "{counts}");
        simulation.world.now += chrono::TimeDelta::minutes(10);
        let run = simulation.run();
        assert_eq!(
            simulation.running("production")[0].tag,
            Some("1.2.0".parse().unwrap()),
            "{counts}: {:?}",
            run.opened
        );
    }
}
