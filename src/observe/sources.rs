//! What lies between two revisions of source code, asked for once: commits never change.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use tokio::sync::Mutex;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Fact, SourceChecks, SourceComparison, SourceSpan, Time};
use crate::registry::Registry;

/// After how long builds that go on are asked for again.
const CHECKS_AGE_MAX: TimeDelta = TimeDelta::minutes(1);
/// After how long something that was not there, or not shown, is asked for again.
const ABSENCE_AGE_MAX: TimeDelta = TimeDelta::hours(1);
/// After how long a question without an answer is asked again.
const FAILURE_AGE_MAX: TimeDelta = TimeDelta::minutes(5);
/// How many comparisons are remembered; then all are forgotten.
const COMPARISONS_MAX: usize = 2_000;

/// What was compared in this process.
#[derive(Debug, Default)]
pub struct Comparisons(Mutex<BTreeMap<SourceSpan, Asked>>);

/// What is known, and when it was asked for.
type Asked = (Fact<Option<SourceComparison>>, Time);

/// What lies between two revisions, as it is remembered or as the forge says.
pub(super) async fn compared<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    span: &SourceSpan,
) -> Fact<Option<SourceComparison>> {
    let now = ports.clock.now();
    let known = ports.comparisons.0.lock().await.get(span).cloned();
    if let Some((fact, asked_at)) = &known
        && age_max(fact).is_none_or(|max| now - *asked_at < max)
    {
        return fact.clone();
    }
    let fact = match ports.forge.compare_source(span).await {
        Ok(comparison) => Fact::known(comparison, now),
        // What was known before is still so: commits do not change.
        Err(error) => match known {
            Some((fact @ Fact::Known { value: Some(_), .. }, _)) => fact,
            Some(_) | None => Fact::Unknown { since: now, why: error.to_string().into() },
        },
    };
    let mut all = ports.comparisons.0.lock().await;
    if all.len() >= COMPARISONS_MAX {
        all.clear();
    }
    all.insert(span.clone(), (fact.clone(), now));
    fact
}

/// How old a fact may become; nothing for what never changes.
const fn age_max(fact: &Fact<Option<SourceComparison>>) -> Option<TimeDelta> {
    match fact {
        Fact::Known { value: Some(comparison), .. } => match comparison.checks {
            SourceChecks::Pending => Some(CHECKS_AGE_MAX),
            SourceChecks::Passed | SourceChecks::Failed | SourceChecks::None => None,
        },
        Fact::Known { value: None, .. } => Some(ABSENCE_AGE_MAX),
        Fact::Unknown { .. } => Some(FAILURE_AGE_MAX),
    }
}
