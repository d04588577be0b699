//! What Towpath's changes really contain: the content key of a head, worked out from its bytes.

use super::{Clock, Ports};
use crate::forge::Forge;
use crate::ledger::Ledger;
use crate::model::{Change, ContentKey, History, ObservedChange, Place, Policy, Target};
use crate::overlay;
use crate::registry::Registry;

/// Works out the keys of the changes on which something still rests: those that are open or not in the log.
pub(super) async fn judge_content<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &Place,
    history: &History,
    changes: Vec<Change>,
) -> Vec<ObservedChange> {
    let mut observed = Vec::with_capacity(changes.len());
    for change in changes {
        let matters = targets(policy, place, &change).any(|target| is_unsettled(history, &target, &change));
        let key = if matters { key(ports, place, &change).await } else { None };
        observed.push(ObservedChange { change, key });
    }
    observed
}

fn is_unsettled(history: &History, target: &Target, change: &Change) -> bool {
    change.is_open() || !history.has_landed(target, change.number)
}

/// The targets that a change can belong to, by its branch.
fn targets<'a>(
    policy: &'a Policy,
    place: &'a Place,
    change: &'a Change,
) -> impl Iterator<Item = Target> + 'a {
    let services = policy.services_at(place);
    services.flat_map(move |service| {
        let environments = policy.pipeline_of(service).environments.iter();
        environments.filter_map(move |environment| {
            let branch = format!("{}{}/{}", crate::model::BRANCH_PREFIX, environment.name, service.group);
            (change.branch.as_str() == branch)
                .then(|| Target { service: service.name.clone(), environment: environment.name.clone() })
        })
    })
}

/// The key of a change's head; nothing where its content could not be read.
async fn key<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    place: &Place,
    change: &Change,
) -> Option<ContentKey> {
    let head = &change.head.commit;
    if let Some(key) = ports.snapshots.key(place, change.number, head).await {
        return Some(key);
    }
    let environment = change.branch.as_str().strip_prefix(crate::model::BRANCH_PREFIX)?.split('/').next()?;
    let files = ports.forge.changed_files(place, head).await;
    let files = files.inspect_err(|error| tracing::warn!(change = change.number.0, "{error}")).ok()?;
    let key = overlay::content_key(&environment.parse().ok()?, &files);
    ports.snapshots.keep_key(place, change.number, head, key.clone()).await;
    Some(key)
}
