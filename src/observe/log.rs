//! The log: what the ledger has of it, and what was appended since.

use std::sync::Arc;

use super::{Clock, ObserveError, Ports};
use crate::forge::Forge;
use crate::ledger::{IndexedLog, Ledger, LedgerError};
use crate::model::{CommitId, ConfigBranch, History, LeftOut, Record};
use crate::registry::Registry;

/// The log of a config repository, folded.
pub(super) struct Log {
    pub(super) tip: Option<CommitId>,
    pub(super) history: History,
    /// What does not count of it.
    pub(super) left_out: Vec<LeftOut>,
    /// What the ledger has to hold in place of what it holds, if the log was replaced.
    pub(super) replacement: Option<LogReplacement>,
}

/// A log that is another one than the ledger holds, as far as it is proven. A look does not write it to the ledger: the first
/// one would be the only one that says so, and that may be a person's `towpath status` in a window that nobody reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogReplacement {
    proven: CommitId,
    lines: Vec<String>,
}

impl LogReplacement {
    /// Notes in the ledger that people were told, so that it is not said again.
    ///
    /// # Errors
    /// If the ledger cannot be written.
    pub async fn acknowledge<L: Ledger>(&self, ledger: &L, place: &ConfigBranch) -> Result<(), LedgerError> {
        ledger.index_log(place, None, &self.proven, &self.lines).await
    }
}

/// Reads the log. A ledger that fails costs a longer read and a word, nothing else.
pub(super) async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    place: &ConfigBranch,
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
    let replaced = indexed.tip.as_ref().and_then(|read| part.replaced(read));
    // Only what is proven is ever indexed, so that what the ledger holds needs no proof.
    let unindexed = part.proven.clone().filter(|proven| Some(proven) != indexed.tip.as_ref());
    let mut replacement = None;
    match unindexed {
        Some(proven) if replaced.is_some() => {
            replacement = Some(LogReplacement { proven, lines: part.lines.clone() });
        }
        Some(proven) => {
            let from = if from_start { None } else { indexed.tip.as_ref() };
            let kept = ports.ledger.index_log(place, from, &proven, &part.lines).await;
            troubles.extend(kept.err().map(|error| error.to_string().into()));
        }
        None => {}
    }
    let left_out = part.unproven().into_iter().chain(replaced).collect();
    let mut lines = if from_start { Vec::new() } else { indexed.lines };
    lines.extend(part.lines);
    Ok(Log { tip: part.tip, history: fold(place, &lines)?, left_out, replacement })
}

fn fold(place: &ConfigBranch, lines: &[String]) -> Result<History, ObserveError> {
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
