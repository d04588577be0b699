//! The primary limit, as GitHub tells it with each response.

use chrono::{DateTime, TimeDelta};
use http::HeaderMap;
use http::header::DATE;

use super::{Interface, Lane};
use crate::model::Time;

/// How far apart two tellings of the same renewal may be: instants are told in whole seconds.
pub(in super::super) const BLUR: TimeDelta = TimeDelta::seconds(3);

/// What is left of the primary limit until it is renewed.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct Primary {
    limit: u32,
    pub(super) remaining: u32,
    renewed_at: Time,
}

impl Primary {
    /// What a response tells, and of which interface; nothing where it tells nothing, as servers without limits do.
    pub(super) fn in_answer(headers: &HeaderMap, asked: Interface, now: Time) -> Option<(Interface, Self)> {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let interface = match text("x-ratelimit-resource") {
            None => asked,
            Some("core") => Interface::Rest,
            Some("graphql") => Interface::Graph,
            Some(_) => return None,
        };
        let renewal = text("x-ratelimit-reset")?.parse::<i64>().ok()?;
        // Held against GitHub's own clock, so that ours plays no part.
        let date = text(DATE.as_str()).and_then(|date| DateTime::parse_from_rfc2822(date).ok());
        let there = date.map_or_else(|| now.timestamp(), |date| date.timestamp());
        let wait = TimeDelta::try_seconds(renewal.saturating_sub(there).clamp(0, 3600))?;
        let limit = text("x-ratelimit-limit")?.parse().ok()?;
        let remaining = text("x-ratelimit-remaining")?.parse().ok()?;
        Some((interface, Self { limit, remaining, renewed_at: now + wait }))
    }

    /// What is left, after another telling: responses overtake each other, so the lower number counts.
    pub(super) fn joined(self, told: Self) -> Self {
        let is_same_hour = (self.renewed_at - told.renewed_at).abs() <= BLUR;
        let remaining = if is_same_hour { self.remaining.min(told.remaining) } else { told.remaining };
        Self { remaining, ..told }
    }

    /// How long a lane has to wait; nothing where it may go.
    pub(super) fn wait(self, lane: Lane, now: Time) -> TimeDelta {
        let reserve = self.limit - lane.share(self.limit);
        if self.remaining > reserve { TimeDelta::zero() } else { self.renewed_at + BLUR - now }
    }
}
