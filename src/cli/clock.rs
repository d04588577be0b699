//! Times in the future, which say that the clock of some machine is wrong.

use super::engines::Engines;
use crate::decide::health::ListingsAhead;
use crate::ledger::Ledger;
use crate::model::{Event, Policy, Record};
use crate::observe::{self, Clock as _, SystemClock};
use crate::render;

/// What is said of images whose tags were read in the future. To be asked before a look, which reads such tags anew.
pub(super) async fn listings_warning(engines: &Engines, policy: &Policy) -> Option<String> {
    let ahead = listings_ahead(&engines.all().next()?.ports.ledger, policy).await?;
    Some(format!("{}; check the clock of this machine", render::listings_ahead(&ahead)))
}

/// What is said of landings that turn out to be dated in the future, or of a clock that was set back.
pub(super) fn landing_warning<'a>(records: impl Iterator<Item = &'a Record>) -> Option<String> {
    let is_correction =
        |own: &&Record| matches!(own.event, Event::ClockCorrected { .. } | Event::ClockSetBack { .. });
    let corrected = records.filter(is_correction).last()?;
    Some(format!("{}; check the clocks of all machines that run Towpath", render::record(corrected)))
}

/// The images whose tags were read in the future, as the ledger has it.
pub(super) async fn listings_ahead(ledger: &impl Ledger, policy: &Policy) -> Option<ListingsAhead> {
    let now = SystemClock.now();
    let mut ahead = Vec::new();
    for image in observe::images(policy) {
        let read_at = ledger.listing(image).await.ok().flatten().map(|kept| kept.as_of);
        ahead.extend(read_at.filter(|read_at| *read_at > now).map(|read_at| (read_at, image)));
    }
    let (read_at, image) = ahead.iter().max()?;
    Some(ListingsAhead { image: (*image).clone(), read_at: *read_at, images: ahead.len() })
}
