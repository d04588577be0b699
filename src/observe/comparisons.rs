//! What was compared of source code in this process, and how long that is used.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use crate::model::{Fact, SourceChecks, SourceComparison, SourceSpan, Time};

/// After how long builds that go on are asked for again. The pause doubles with each answer that is the same.
const PENDING_AGE_MAX: TimeDelta = TimeDelta::minutes(1);
/// The same for builds that failed and may be run again, and for a commit that has none yet.
const CHECKS_AGE_MAX: TimeDelta = TimeDelta::minutes(5);
/// The longest of these pauses. Builds of which not all are read take ten requests, and always wait that long.
const PAUSE_MAX: TimeDelta = TimeDelta::hours(1);
/// After how long something that was not there, or not shown, is asked for again.
const ABSENCE_AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// After how long a question without an answer is asked again.
const FAILURE_AGE_MAX: TimeDelta = TimeDelta::minutes(5);
/// How many comparisons are remembered; then all are forgotten.
const COMPARISONS_MAX: usize = 2_000;

/// What was compared in this process.
#[derive(Debug, Default)]
pub struct Comparisons(Mutex<BTreeMap<SourceSpan, SpanQuery>>);

/// What is known of a span.
#[derive(Clone, Debug)]
pub(super) struct SpanQuery {
    pub(super) fact: Fact<Option<SourceComparison>>,
    /// When it was asked for last.
    pub(super) at: Time,
    /// How often the answer about its builds was the same, one after the other.
    pub(super) same: u32,
}

impl Comparisons {
    /// What is known of a span.
    pub(super) async fn get(&self, span: &SourceSpan) -> Option<SpanQuery> {
        self.0.lock().await.get(span).cloned()
    }

    /// Remembers what is known of a span.
    pub(super) async fn keep(&self, span: &SourceSpan, asked: &SpanQuery) {
        let mut all = self.0.lock().await;
        if all.len() >= COMPARISONS_MAX {
            all.clear();
        }
        all.insert(span.clone(), asked.clone());
    }
}

impl SpanQuery {
    /// How old this may become; nothing for what is not asked for again.
    pub(super) fn age_max(&self) -> Option<TimeDelta> {
        match &self.fact {
            Fact::Known { value: Some(comparison), .. } => match comparison.checks {
                SourceChecks::Passed => None,
                SourceChecks::Pending => Some(self.pause(PENDING_AGE_MAX)),
                SourceChecks::Failed | SourceChecks::None => Some(self.pause(CHECKS_AGE_MAX)),
                SourceChecks::Unread => Some(PAUSE_MAX),
            },
            Fact::Known { value: None, .. } => Some(ABSENCE_AGE_MAX),
            Fact::Unknown { .. } => Some(FAILURE_AGE_MAX),
        }
    }

    /// A pause that doubled as often as the answer was the same.
    fn pause(&self, first: TimeDelta) -> TimeDelta {
        let doubled = 1_i32.checked_shl(self.same).and_then(|times| first.checked_mul(times));
        doubled.filter(|pause| *pause > TimeDelta::zero()).map_or(PAUSE_MAX, |pause| pause.min(PAUSE_MAX))
    }
}
