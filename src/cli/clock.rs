//! Times in the future, which say that the clock of some machine is wrong.

use super::engines::Engines;
use crate::config::Settings;
use crate::decide::Judgement;
use crate::ledger::Ledger as _;
use crate::observe::{self, Clock as _, SystemClock};
use crate::render;

/// What is said of images whose tags were read in the future, as the ledger has it.
pub(super) async fn listings_ahead(settings: &Settings, engines: &Engines) -> Option<String> {
    let ledger = &engines.all().next()?.ports.ledger;
    let now = SystemClock.now();
    let mut ahead = Vec::new();
    for image in observe::images(&settings.policy) {
        let read = ledger.listing(image).await.ok().flatten().map(|kept| kept.as_of);
        ahead.extend(read.filter(|read| *read > now).map(|read| (read, image)));
    }
    let (read, image) = ahead.iter().max()?;
    Some(format!(
        "warning: the tags of `{image}` were read at {}, which is in the future ({} in all); such times count as never, so \
         check the clock of this machine",
        render::instant(*read),
        images(ahead.len())
    ))
}

fn images(count: usize) -> String {
    if count == 1 { "1 image".to_owned() } else { format!("{count} images") }
}

/// What is said of the landing that lies furthest in the future.
pub(super) fn landing_ahead<'a>(judgements: impl Iterator<Item = &'a Judgement>) -> Option<String> {
    let now = SystemClock.now();
    let landed = judgements.filter_map(|judgement| Some((judgement.landed_at?, &judgement.target)));
    let (at, target) = landed.max_by_key(|(at, _)| *at).filter(|(at, _)| *at > now)?;
    Some(format!(
        "warning: {target} landed at {}, which is in the future, and soaks count from then; check the clocks of all machines \
         that run Towpath",
        render::instant(at)
    ))
}
