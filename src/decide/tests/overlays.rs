//! What `check` and `doctor` say of overlays.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Layout, place, policy};
use crate::decide::health::{Diagnosis, Level, Topic, UnknownTopic, overlay_findings};
use crate::model::{Obstacle, ObstacleCause, ServiceEnvironment};

fn target() -> ServiceEnvironment {
    ServiceEnvironment { service: "service-0".parse().unwrap(), environment: "dev".parse().unwrap() }
}

/// What is said of an overlay that stands in the way; these lack nothing but quotes.
fn find(obstacle: Obstacle, lacking_quotes: BTreeSet<ServiceEnvironment>) -> Diagnosis {
    let (policy, running) = (policy(&Layout::default()), BTreeMap::from([(target(), Err(obstacle))]));
    let mut found = overlay_findings(&policy, &place(), &BTreeMap::new(), &running, &lacking_quotes);
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0).diagnosis
}

#[test]
fn an_overlay_that_lacks_quotes_alone_is_a_warning() {
    let why = "line 3: a number".to_owned();
    let way_out = Some("put it in quotes".to_owned());
    let lacking = Obstacle { cause: ObstacleCause::Overlay, why, way_out };
    assert_eq!(find(lacking.clone(), [target()].into()).level, Level::Warning);
    assert_eq!(find(lacking, BTreeSet::new()).level, Level::Wrong);
}

#[test]
fn a_failure_of_the_forge_is_not_a_refused_overlay() {
    let refused = Obstacle {
        cause: ObstacleCause::Overlay,
        why: "kustomization.yaml:3: a; b".to_owned(),
        way_out: Some("c; d".to_owned()),
    };
    let diagnosis = find(refused, BTreeSet::new());
    let (why, way_out) = ("kustomization.yaml:3: a; b".to_owned(), Some("c; d".to_owned()));
    assert_eq!(diagnosis.matter, Topic::OverlayRefused { target: target(), why, way_out });
    let diagnosis = find(Obstacle::of_forge("no answer"), BTreeSet::new());
    assert_eq!(diagnosis.level, Level::Unknown);
    assert_eq!(diagnosis.matter, Topic::Unknown(UnknownTopic::Overlay(target()), "no answer".to_owned()));
}
