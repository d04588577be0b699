//! Who owns which files, as the head says.

use std::sync::Arc;

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{CodeOwners, ConfigBranch, EntryKind, Missing, Obstacle, RepositoryPath, Tree};
use crate::registry::Registry;

/// Reads the first `CODEOWNERS` that is there; once for each content it ever had.
pub(super) async fn read<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    place: &ConfigBranch,
    tree: &mut Tree,
) -> Result<Arc<CodeOwners>, Obstacle> {
    let paths = CodeOwners::PATHS.iter().map(|path| RepositoryPath::new(*path).expect("they are paths"));
    let found = paths.filter_map(|path| Some((tree.entry(&path)?.clone(), path)));
    let Some((entry, path)) = found.into_iter().find(|(entry, _)| entry.kind == EntryKind::File) else {
        return Ok(Arc::default());
    };
    if let Some(known) = ports.snapshots.code_owners(place, entry.blob).await {
        return Ok(known);
    }
    let missing = Missing([path.clone()].into());
    let filled = ports.snapshots.fill(&ports.forge, place, tree, &missing).await;
    filled.map_err(|error| Obstacle::of_forge(format!("{path}: {error}")))?;
    let content =
        tree.read(&path).map_err(|_not_filled| Obstacle::of_forge(format!("{path} cannot be read")))?;
    let code_owners = Arc::new(CodeOwners::parse(content));
    ports.snapshots.keep_code_owners(place, entry.blob, Arc::clone(&code_owners)).await;
    Ok(code_owners)
}
