//! One registry: how many questions it is asked at once, and when it is left alone.
//!
//! A 429 response and a lack of responses concern the whole registry; every other error concerns one image. So one
//! request that is rate limited pauses all of them until the given time, and eight requests in a row without a response
//! pause them for 30 s. A registry gets at most 8 requests at once, in order, so that a slow registry delays only
//! itself.

use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::lock::locked;
use crate::model::{ImageName, Time, is_paused};
use crate::registry::RegistryError;

/// How many questions one registry is asked at once; who waits has its turn in the order of coming.
const QUESTIONS_AT_ONCE_MAX: usize = 8;
/// After so many questions in a row without any answer a registry is left alone for a while.
const SILENCES_MAX: u32 = 8;
/// How long a registry is left alone that does not answer.
const SILENCE_PAUSE: TimeDelta = TimeDelta::seconds(30);

/// The longest that a registry's wish to wait is heeded.
const WAIT_MAX: TimeDelta = TimeDelta::hours(1);

/// One registry.
#[derive(Debug)]
pub(in crate::observe) struct Host {
    turns: Semaphore,
    state: Mutex<HostState>,
}

#[derive(Debug, Default)]
struct HostState {
    silences: u32,
    pause: Option<Pause>,
}

/// A registry is left alone.
#[derive(Clone, Debug)]
pub(in crate::observe) struct Pause {
    pub(super) until: Time,
    /// How long it was meant to take. One that would last longer was noted while the clock was ahead, and is over.
    pub(super) length: TimeDelta,
    pub(super) why: Arc<str>,
}

impl Default for Host {
    fn default() -> Self {
        Self { turns: Semaphore::new(QUESTIONS_AT_ONCE_MAX), state: Mutex::default() }
    }
}

impl Host {
    /// Waits for a turn to ask.
    pub(in crate::observe) async fn turn(&self) -> SemaphorePermit<'_> {
        self.turns.acquire().await.expect("it is never closed")
    }

    /// Whether the registry is to be left alone now.
    pub(in crate::observe) fn pause(&self, now: Time) -> Option<Pause> {
        locked(&self.state).pause.clone().filter(|pause| is_paused(pause.until, pause.length, now))
    }

    /// Learns from an answer: what one question is told counts for all, where it is about the registry.
    ///
    /// A registry that refuses one image answers; one that is silent to every question is down.
    pub(in crate::observe) fn learn(
        &self,
        question: &'static str,
        image: &ImageName,
        error: Option<&RegistryError>,
        now: Time,
    ) {
        count(question, image, error);
        let mut state = locked(&self.state);
        let is_silent = matches!(error, Some(RegistryError::Unavailable { .. }));
        state.silences = if is_silent { state.silences.saturating_add(1) } else { 0 };
        let asked = error.and_then(wait);
        let silent = (state.silences >= SILENCES_MAX).then_some(SILENCE_PAUSE);
        if let (Some(error), Some(length)) = (error, asked.or(silent)) {
            let until = now.checked_add_signed(length).unwrap_or(now);
            state.pause = Some(Pause { until, length, why: error.to_string().into() });
        }
    }
}

fn count(question: &'static str, image: &ImageName, error: Option<&RegistryError>) {
    let result = match error {
        None => "ok",
        Some(RegistryError::NotFound { .. }) => "not_found",
        Some(RegistryError::Forbidden { .. }) => "forbidden",
        Some(RegistryError::RateLimited { .. }) => "rate_limited",
        Some(RegistryError::Unavailable { .. }) => "unavailable",
    };
    let labels = [
        ("port", "registry".to_owned()),
        ("host", image.host().to_owned()),
        ("question", question.to_owned()),
        ("result", result.to_owned()),
    ];
    metrics::counter!("towpath_requests_total", &labels).increment(1);
}

/// How long the registry asks us to leave it alone, where it does.
pub(super) fn wait(error: &RegistryError) -> Option<TimeDelta> {
    match error {
        RegistryError::RateLimited { wait, .. } => {
            Some(TimeDelta::from_std(*wait).unwrap_or(WAIT_MAX).min(WAIT_MAX))
        }
        RegistryError::NotFound { .. }
        | RegistryError::Forbidden { .. }
        | RegistryError::Unavailable { .. } => None,
    }
}
