//! GitHub's clock, read from the `Date` header of its responses.

use std::sync::Mutex;

use chrono::{DateTime, SubsecRound as _, TimeDelta};
use http::HeaderMap;
use http::header::DATE;

use super::super::lock::lock;
use crate::model::Time;

/// How far GitHub's clock is ahead of ours, by the last response; `None` before the first one.
#[derive(Debug, Default)]
pub(super) struct ServerClock(Mutex<Option<TimeDelta>>);

impl ServerClock {
    /// Reads the `Date` header of a response that came now.
    pub(super) fn record(&self, headers: &HeaderMap, now: Time) {
        let date = headers.get(DATE).and_then(|date| date.to_str().ok());
        if let Some(date) = date.and_then(|date| DateTime::parse_from_rfc2822(date).ok()) {
            *lock(&self.0) = Some(date.to_utc() - now.trunc_subsecs(0));
        }
    }

    /// GitHub's time at an instant of our clock, in whole seconds, as GitHub gives its times.
    pub(super) fn to_github_time(&self, now: Time) -> Time {
        now.trunc_subsecs(0) + self.ahead()
    }

    /// How far GitHub's clock is ahead; zero before the first response.
    pub(super) fn ahead(&self) -> TimeDelta {
        self.known_offset().unwrap_or_default()
    }

    /// How far GitHub's clock is ahead; `None` before the first response.
    pub(super) fn known_offset(&self) -> Option<TimeDelta> {
        *lock(&self.0)
    }
}
