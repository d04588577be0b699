//! Events of forges that were acknowledged: each gets its outcome after the look that began after it came.

use super::{Bells, Engine};
use crate::forge::Forge;
use crate::ledger::{Delivery, Ledger, Subject};
use crate::model::Place;
use crate::observe::{Clock, say_outcome};
use crate::registry::Registry;

/// Brings back what was acknowledged and not answered before the process ended: its places are looked at as if it had
/// just come, and what nobody uses any more is concluded.
pub(super) async fn recover<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Bells,
) {
    for delivery in open(engine).await {
        if let Subject::Repositories(forge, repositories) = &delivery.subject {
            repositories.iter().for_each(|repository| bells.tell(forge, repository));
        }
    }
    conclude(engine, bells, |_| true).await;
}

/// Says of every event about a place what became of it; whether none is left without its outcome.
pub(super) async fn conclude_at<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Bells,
    place: &Place,
) -> bool {
    conclude(engine, bells, |delivery| match &delivery.subject {
        Subject::Images(_) => false,
        Subject::Repositories(forge, repositories) => {
            *forge == place.forge && repositories.contains(&place.repository)
        }
    })
    .await
}

async fn conclude<F: Forge, R: Registry, L: Ledger, C: Clock>(
    engine: &Engine<F, R, L, C>,
    bells: &Bells,
    concerns: impl Fn(&Delivery) -> bool,
) -> bool {
    let ledger = &engine.ports.ledger;
    let Ok(open) = ledger.deliveries().await.inspect_err(|error| tracing::warn!("{error}")) else {
        return false;
    };
    let mut is_done = true;
    for delivery in open.into_iter().filter(concerns) {
        is_done &= match bells.outcome(&delivery) {
            Some(outcome) => say_outcome(ledger, &delivery, outcome, engine.ports.clock.now()).await,
            None => false,
        };
    }
    is_done
}

/// The events without an outcome. Where the ledger fails they stay that, and are found the next time.
async fn open<F: Forge, R: Registry, L: Ledger, C: Clock>(engine: &Engine<F, R, L, C>) -> Vec<Delivery> {
    engine.ports.ledger.deliveries().await.unwrap_or_else(|error| {
        tracing::warn!("{error}");
        Vec::new()
    })
}
