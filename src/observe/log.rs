//! The log: what the ledger has of it, and what was appended since.

use std::sync::Arc;

use super::{Clock, ObserveError, Ports};
use crate::forge::Forge;
use crate::ledger::{IndexedLog, Ledger};
use crate::model::{CommitId, History, LeftOut, Place, Record};
use crate::registry::Registry;

/// The log of a config repository, folded.
pub(super) struct Log {
    pub(super) tip: Option<CommitId>,
    pub(super) history: History,
    /// What does not count of it.
    pub(super) left_out: Vec<LeftOut>,
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
    // Only what is proven is ever indexed, so that what the ledger holds needs no proof.
    if let Some(proven) = part.proven.as_ref().filter(|proven| Some(*proven) != indexed.tip.as_ref()) {
        let from = indexed.tip.as_ref().filter(|_| !from_start);
        let kept = ports.ledger.index_log(place, from, proven, &part.lines).await;
        troubles.extend(kept.err().map(|error| error.to_string().into()));
    }
    let is_replaced =
        |read: &CommitId| part.from_start && part.tip.is_some() && part.proven.as_ref() != Some(read);
    let replaced = indexed.tip.filter(is_replaced).map(|read| LeftOut::LogReplaced { read });
    let left_out = part.left_out().into_iter().chain(replaced).collect();
    let mut lines = if from_start { Vec::new() } else { indexed.lines };
    lines.extend(part.lines);
    Ok(Log { tip: part.tip, history: fold(place, &lines)?, left_out })
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
