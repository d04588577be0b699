//! A question that a registry did not answer: how long that stands, and when it is worth asking again.

use std::sync::Arc;

use chrono::TimeDelta;

use super::host::{Pause, wait};
use crate::ledger::{Ledger, ListingFailure};
use crate::model::{Fact, ImageName, Time, is_paused};
use crate::observe::facts::is_fresh;
use crate::registry::RegistryError;

/// How long after the first failure it is asked again; twice as long after each further one.
const RETRY_FIRST: TimeDelta = TimeDelta::seconds(30);
/// After so many failures the wait grows no more: it is longer than any poll interval in use.
const RETRIES_DOUBLED_MAX: u32 = 16;

/// A question that the registry did not answer.
#[derive(Clone, Debug)]
pub(in crate::observe) struct Failure {
    at: Time,
    since: Time,
    /// The registry asked for patience until then.
    not_before: Time,
    /// How long that was meant to take.
    wait: TimeDelta,
    in_a_row: u32,
    why: Arc<str>,
}

impl Failure {
    /// An answer that was an error.
    pub(in crate::observe) fn new(at: Time, error: &RegistryError) -> Self {
        let wait = wait(error).unwrap_or_default();
        let not_before = at.checked_add_signed(wait).unwrap_or(at);
        Self { at, since: at, not_before, wait, in_a_row: 1, why: error.to_string().into() }
    }

    /// The registry is left alone for now, so it was not asked.
    pub(in crate::observe) fn paused(at: Time, pause: &Pause) -> Self {
        let (not_before, wait) = (pause.until, pause.length);
        Self { at, since: at, not_before, wait, in_a_row: 0, why: Arc::clone(&pause.why) }
    }

    /// The same, as one of several in a row.
    pub(super) fn after(self, before: Option<Self>) -> Self {
        let Some(before) = before else { return self };
        Self { since: before.since, in_a_row: before.in_a_row.saturating_add(self.in_a_row), ..self }
    }

    /// Whether it is too early to ask again for whoever needs something read since `oldest`.
    pub(in crate::observe) fn stands(&self, oldest: Time, now: Time) -> bool {
        is_fresh(self.at, oldest, now) || is_paused(self.not_before, self.wait, now)
    }

    /// When it was.
    pub(super) const fn at(&self) -> Time {
        self.at
    }

    /// When to ask again: soon at first, never later than `due`, and never before the registry agreed to. A failure from
    /// the future stops nothing, since the clock was ahead when it was noted.
    pub(super) fn retry_at(&self, due: Time, now: Time) -> Time {
        if self.at > now {
            return now;
        }
        let doubled = 1 << self.in_a_row.saturating_sub(1).min(RETRIES_DOUBLED_MAX);
        let soon = self.at.checked_add_signed(RETRY_FIRST * doubled).unwrap_or(due);
        soon.min(due).max(self.not_before)
    }

    /// What is known because of it, which is nothing.
    pub(in crate::observe) fn fact<T>(&self) -> Fact<T> {
        Fact::Unknown { since: self.since, why: Arc::clone(&self.why) }
    }

    /// A word about a listing that is older than it should be.
    pub(super) fn sentence(&self, image: &ImageName, as_of: Time) -> Arc<str> {
        let as_of = as_of.format("%Y-%m-%d %H:%M UTC");
        format!("the tags of `{image}` are those of {as_of}: {}", self.why).into()
    }
}

/// Keeps a failure where other processes see it; it began when they first saw it.
pub(super) async fn keep(ledger: &impl Ledger, image: &ImageName, failure: Failure) -> Failure {
    let kept = ledger.trouble(image).await.ok().flatten();
    if kept.is_none() {
        // Once, when it begins; `forget` says when it is over.
        tracing::warn!(%image, "{}", failure.why);
    }
    let since = kept.as_ref().map_or(failure.since, |kept| kept.since.min(failure.since));
    let trouble = ListingFailure { since, why: failure.why.to_string() };
    if kept.as_ref() != Some(&trouble) {
        let written = ledger.keep_trouble(image, Some(&trouble)).await;
        written.unwrap_or_else(|error| tracing::warn!("{error}"));
    }
    Failure { since, ..failure }
}

/// Forgets a trouble that is over.
pub(super) async fn forget(ledger: &impl Ledger, image: &ImageName, before: Option<&Failure>) {
    // A trouble of an earlier process is over too, and only this one knows.
    let is_known = before.is_some() || ledger.trouble(image).await.is_ok_and(|kept| kept.is_some());
    if is_known {
        let written = ledger.keep_trouble(image, None).await;
        written.unwrap_or_else(|error| tracing::warn!("{error}"));
        tracing::info!(%image, "its registry answers again");
    }
}
