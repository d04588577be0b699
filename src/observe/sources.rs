//! What lies between two revisions of source code, asked for once: commits never change. What their builds came to is
//! asked for again while they did not pass, in pauses that grow, and only by looks that are made anyway.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Fact, SourceChecks, SourceComparison, SourceSpan, Time, is_younger_than};
use crate::registry::Registry;

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
struct SpanQuery {
    fact: Fact<Option<SourceComparison>>,
    /// When it was asked for last.
    at: Time,
    /// How often the answer about its builds was the same, one after the other.
    same: u32,
}

/// What lies between two revisions, as it is remembered or as the forge says.
pub(super) async fn compared<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    span: &SourceSpan,
) -> Fact<Option<SourceComparison>> {
    let now = ports.clock.now();
    let known = ports.comparisons.0.lock().await.get(span).cloned();
    let asked = match known {
        Some(known) if known.age_max().is_none_or(|max| is_younger_than(max, known.at, now)) => {
            return known.fact;
        }
        Some(SpanQuery { fact: Fact::Known { value: Some(comparison), as_of }, same, .. }) => {
            checked_again(ports, span, comparison, as_of, same).await
        }
        Some(_) | None => {
            let fact = match ports.forge.compare_source(span).await {
                Ok(comparison) => Fact::known(comparison, now),
                Err(error) => Fact::Unknown { since: now, why: error.to_string().into() },
            };
            SpanQuery { fact, at: now, same: 0 }
        }
    };
    remember(&ports.comparisons, span, &asked).await;
    asked.fact
}

/// The same comparison, with what its builds came to by now.
async fn checked_again<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    span: &SourceSpan,
    comparison: SourceComparison,
    as_of: Time,
    same: u32,
) -> SpanQuery {
    let at = ports.clock.now();
    match ports.forge.source_checks(span).await {
        Ok(checks) if checks != comparison.checks => {
            let comparison = SourceComparison { checks, ..comparison };
            SpanQuery { fact: Fact::known(Some(comparison), at), at, same: 0 }
        }
        // Without an answer, what was known before is the best that is known.
        Ok(_) | Err(_) => {
            SpanQuery { fact: Fact::known(Some(comparison), as_of), at, same: same.saturating_add(1) }
        }
    }
}

async fn remember(comparisons: &Comparisons, span: &SourceSpan, asked: &SpanQuery) {
    let mut all = comparisons.0.lock().await;
    if all.len() >= COMPARISONS_MAX {
        all.clear();
    }
    all.insert(span.clone(), asked.clone());
}

impl SpanQuery {
    /// How old this may become; nothing for what is not asked for again.
    fn age_max(&self) -> Option<TimeDelta> {
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
