//! Events of forges that were acknowledged: each gets its outcome after the look that began after it came.

use super::{Engine, Wakeups};
use crate::forge::Forge;
use crate::ledger::{Delivery, DeliverySubject, Ledger, LedgerError};
use crate::model::ConfigBranch;
use crate::observe::{Clock, say_outcome};
use crate::registry::Registry;

/// Brings back what was acknowledged and not answered before the process ended: its places are looked at as if it had
/// just come.
pub(super) async fn recover<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Wakeups,
) {
    for delivery in open(engine).await.unwrap_or_default() {
        if let DeliverySubject::Repositories(forge, repositories) = &delivery.subject {
            repositories.iter().for_each(|repository| bells.tell(forge, repository));
        }
    }
}

/// Says of every event what became of it, where that is certain by now; whether none about this place is left without
/// its outcome.
pub(super) async fn conclude<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Wakeups,
    place: &ConfigBranch,
) -> bool {
    // One at a time, so that no event gets two outcomes.
    let _turn = bells.turn().await;
    let Ok(open) = open(engine).await else { return false };
    let mut is_done = true;
    for delivery in &open {
        let now = engine.ports.clock.now();
        is_done &= match bells.outcome(delivery, now) {
            Some(outcome) => say_outcome(&engine.ports.ledger, delivery, outcome, now).await,
            None => !is_about(delivery, place),
        };
    }
    is_done
}

fn is_about(delivery: &Delivery, place: &ConfigBranch) -> bool {
    match &delivery.subject {
        DeliverySubject::Images(_) => false,
        DeliverySubject::Repositories(forge, repositories) => {
            *forge == place.forge && repositories.contains(&place.repository)
        }
    }
}

/// The events without an outcome. Where the ledger fails they stay that, and are found the next time.
async fn open<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
) -> Result<Vec<Delivery>, LedgerError> {
    engine.ports.ledger.deliveries().await.inspect_err(|error| tracing::warn!("{error}"))
}
