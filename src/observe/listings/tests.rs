//! When images are polled.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use super::schedule::due_after;
use crate::model::{ImageName, Time};

const INTERVAL: Duration = Duration::from_secs(300);

fn image(number: usize) -> ImageName {
    format!("ghcr.io/acme/s{number:04}").parse().unwrap()
}

fn at(seconds: i64) -> Time {
    DateTime::from_timestamp(1_770_000_000 + seconds, 0).unwrap()
}

#[test]
fn an_image_is_due_once_in_each_interval() {
    let first = due_after(&image(1), INTERVAL, at(0));
    let second = due_after(&image(1), INTERVAL, first);
    let third = due_after(&image(1), INTERVAL, second);
    assert_eq!([second - first, third - second], [TimeDelta::seconds(300); 2]);
}

#[test]
fn a_listing_is_neither_read_too_soon_nor_too_late() {
    for number in 0..1_000 {
        let age = due_after(&image(number), INTERVAL, at(7)) - at(7);
        assert!((TimeDelta::seconds(75)..TimeDelta::seconds(375)).contains(&age), "{age}");
    }
}

#[test]
fn images_that_were_read_together_drift_apart() {
    let mut due: Vec<Time> = (0..1_000).map(|number| due_after(&image(number), INTERVAL, at(0))).collect();
    due.sort();
    let seconds: BTreeSet<i64> = due.iter().map(|time| time.timestamp()).collect();
    assert!(seconds.len() > 270, "the polls fall into {} of 300 seconds", seconds.len());
    let crowded = due.windows(20).filter(|some| some[19] - some[0] < TimeDelta::milliseconds(1500)).count();
    assert_eq!(crowded, 0, "no second sees twenty of a thousand");
}

#[test]
fn the_instants_of_images_never_change() {
    let due: Vec<i64> =
        (1..4).map(|n| (due_after(&image(n), INTERVAL, at(0)) - at(0)).num_milliseconds()).collect();
    insta::assert_compact_debug_snapshot!(due, @"[113319, 238986, 75869]");
}
