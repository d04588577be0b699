//! How fresh the tags of an image are, and what its registry says where they are not.

use chrono::TimeDelta;

use super::escape;
use super::numbers::count;
use super::time::instant;
use crate::decide::health::ListingsAhead;
use crate::model::{ImageName, Time, format_duration};

/// One line about the tags of an image; `listed_at` is when they were read, and `trouble` since when and why they
/// could not be read again.
#[must_use]
pub fn listing(
    image: &ImageName,
    listed_at: Option<Time>,
    trouble: Option<(Time, &str)>,
    now: Time,
) -> String {
    let age = match listed_at {
        Some(read) if read > now => format!(
            "tags read at {}, which is in the future and counts as never; check the clock",
            instant(minute(read))
        ),
        Some(read) => format!("tags read {} ago", age(now - read)),
        None => "tags never read".to_owned(),
    };
    let trouble =
        trouble.map(|(since, why)| format!("; since {}: {}", instant(minute(since)), escape::sentence(why)));
    format!("{image}: {age}{}", trouble.unwrap_or_default())
}

/// `the tags of acme/shop were read at ..., which is in the future (2 images in all); such times count as never`
#[must_use]
pub fn listings_ahead(ahead: &ListingsAhead) -> String {
    format!(
        "the tags of `{}` were read at {}, which is in the future ({} in all); such times count as never",
        ahead.image,
        instant(ahead.read_at),
        count(ahead.images, "image", "images")
    )
}

/// The two largest units are enough for people.
fn age(age: TimeDelta) -> String {
    let seconds = age.num_seconds().max(0).unsigned_abs();
    let unit = match seconds {
        0..3_600 => 1,
        3_600..86_400 => 60,
        _ => 3_600,
    };
    format_duration(std::time::Duration::from_secs(seconds / unit * unit))
}

/// Without its seconds, which say nothing about a trouble.
fn minute(time: Time) -> Time {
    use chrono::{DurationRound as _, TimeDelta};
    time.duration_trunc(TimeDelta::minutes(1)).unwrap_or(time)
}
