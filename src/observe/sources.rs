//! What lies between two revisions of source code, asked for once: commits never change. What their builds came to is
//! asked for again while they did not pass, in pauses that grow, and only by looks that are made anyway.

use super::comparisons::SpanQuery;
use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Fact, SourceComparison, SourceSpan, Time, is_younger_than};
use crate::registry::Registry;

/// What lies between two revisions, as it is remembered or as the forge says.
pub(super) async fn compared<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    span: &SourceSpan,
) -> Fact<Option<SourceComparison>> {
    let now = ports.clock.now();
    let known = ports.comparisons.get(span).await;
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
    ports.comparisons.keep(span, &asked).await;
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
