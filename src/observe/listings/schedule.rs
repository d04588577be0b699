//! When an image is polled: each at an instant of its own within the interval, so that they do not come all at once.

use std::time::Duration;

use chrono::{DateTime, TimeDelta};

use crate::model::{ImageName, Time};

/// What part of the interval a listing is never younger than when it is read again.
const REST: i64 = 4;

/// The instant from which on an image that was read at `as_of` is to be read again.
///
/// An image has one instant in each interval, which its name decides; so it is the same after a restart, and in every
/// replica. An instant that comes within a quarter of an interval is passed over. So a listing is never older than an
/// interval and a quarter, and in the long run it is read once in each.
pub(super) fn due_after(image: &ImageName, interval: Duration, as_of: Time) -> Time {
    let interval = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX / 4).max(1);
    let rested = as_of.timestamp_micros().saturating_add(interval / REST);
    let phase = phase(image, interval);
    let since = (rested - phase).rem_euclid(interval);
    let due = rested.saturating_add(if since == 0 { 0 } else { interval - since });
    DateTime::from_timestamp_micros(due).unwrap_or(as_of + TimeDelta::microseconds(interval))
}

/// The image's own instant within the interval, in microseconds.
fn phase(image: &ImageName, interval: i64) -> i64 {
    i64::try_from(hash(image.as_str()) >> 1).expect("one bit less fits").rem_euclid(interval)
}

/// FNV-1a with a finish: written out, because it must never change between versions.
fn hash(text: &str) -> u64 {
    let mixed = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    // Names that differ in their last letter only would lie close together otherwise.
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}
