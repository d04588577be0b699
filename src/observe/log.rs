//! The log: what the ledger has of it, and what was appended since.

use std::sync::Arc;

use super::{Clock, ObserveError, Ports};
use crate::forge::Forge;
use crate::ledger::{IndexedLog, Ledger};
use crate::model::{CommitId, History, Place, Record};
use crate::registry::Registry;

/// The log of a config repository, folded.
pub(super) struct Log {
    pub(super) tip: Option<CommitId>,
    pub(super) history: History,
}

/// Reads the log. A ledger that fails costs a longer read and a word, nothing else.
pub(super) async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    place: &Place,
    troubles: &mut Vec<Arc<str>>,
) -> Result<Log, ObserveError> {
    let indexed = ports.ledger.log(place).await.unwrap_or_else(|error| {
        troubles.push(error.to_string().into());
        IndexedLog::default()
    });
    let part = ports
        .forge
        .read_log(place, indexed.tip.as_ref())
        .await
        .map_err(|error| ObserveError::Forge { place: Box::new(place.clone()), error })?;
    let from_start = part.from_start || indexed.tip.is_none();
    if let Some(tip) = part.tip.as_ref().filter(|tip| Some(*tip) != indexed.tip.as_ref()) {
        let from = indexed.tip.as_ref().filter(|_| !from_start);
        let kept = ports.ledger.index_log(place, from, tip, &part.lines).await;
        troubles.extend(kept.err().map(|error| error.to_string().into()));
    }
    let mut lines = if from_start { Vec::new() } else { indexed.lines };
    lines.extend(part.lines);
    Ok(Log { tip: part.tip, history: fold(place, &lines)? })
}

fn fold(place: &Place, lines: &[String]) -> Result<History, ObserveError> {
    let parse = |(index, line): (usize, &String)| {
        serde_json::from_str::<Record>(line).map_err(|error| ObserveError::Log {
            place: Box::new(place.clone()),
            line: index + 1,
            why: error.to_string(),
        })
    };
    let records: Vec<Record> = lines.iter().enumerate().map(parse).collect::<Result<_, _>>()?;
    Ok(History::fold(&records))
}
