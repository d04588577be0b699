//! Durations as people write them: `30m`, `1d12h`, `0s`.

use std::time::Duration;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
/// Longest duration that is accepted: ten years, so that adding it to an instant cannot overflow.
const SECONDS_MAX: u64 = 10 * 366 * 86_400;

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a duration; write a number with s, m, h or d, combined if need be, such as `1d12h`",
    crate::sanitize::line(.text)
)]
pub struct DurationError {
    text: String,
}

/// Reads a duration in seconds, minutes, hours and days, each unit at most once, the largest first.
///
/// # Errors
/// Where a number or unit is missing, units repeat or are out of order, or the sum exceeds ten years.
pub fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    let error = || DurationError { text: text.to_owned() };
    let mut rest = text;
    let mut units = UNITS.iter();
    let mut seconds: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(error)?;
        let number: u64 = rest.get(..digits).and_then(|d| d.parse().ok()).ok_or_else(error)?;
        let unit = rest.get(digits..).and_then(|r| r.chars().next()).ok_or_else(error)?;
        let (_, factor) = units.by_ref().find(|(name, _)| *name == unit).ok_or_else(error)?;
        seconds = number.checked_mul(*factor).and_then(|n| seconds.checked_add(n)).ok_or_else(error)?;
        rest = rest.get(digits + 1..).unwrap_or_default();
    }
    if text.is_empty() || seconds > SECONDS_MAX { Err(error()) } else { Ok(Duration::from_secs(seconds)) }
}

/// Writes a duration as people write it; parts below a second are dropped.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let mut seconds = duration.as_secs();
    let mut text = String::new();
    for (unit, factor) in UNITS {
        if seconds >= factor {
            text.push_str(&format!("{}{unit}", seconds / factor));
            seconds %= factor;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

#[cfg(test)]
mod tests;
