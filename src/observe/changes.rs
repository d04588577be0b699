//! What Towpath's changes really contain: the content key of a head, worked out from its bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::snapshot::HeadContent;
use super::{Clock, Ports};
use crate::forge::{Forge, ForgeError};
use crate::ledger::Ledger;
use crate::model::{
    BranchName, Change, ChangeNumber, ChangeState, CommitId, ConfigBranch, ContentKey, EnvironmentName,
    FileChange, History, ObservedChange, Obstacle, Policy, ServiceEnvironment, change_branch,
};
use crate::overlay;
use crate::registry::Registry;

/// Works out the keys of the changes on which something still rests: those that are open, merged and not in the log
/// yet, or the last of their branch, which may be asked for again.
pub(super) async fn judge_content<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    history: &History,
    changes: Vec<Change>,
) -> Vec<ObservedChange> {
    let mut observed = Vec::with_capacity(changes.len());
    let last: BTreeMap<BranchName, ChangeNumber> =
        changes.iter().map(|change| (change.branch.clone(), change.number)).collect();
    let heads: BTreeSet<CommitId> = changes.iter().map(|change| change.head.commit.clone()).collect();
    ports.snapshots.forget_keys(place, &heads).await;
    for change in changes {
        let is_last = last.get(&change.branch) == Some(&change.number);
        let matters =
            targets(policy, place, &change).any(|target| is_unsettled(history, &target, &change, is_last));
        let content = if matters { content(ports, place, &change).await } else { Ok(None) };
        observed.push(observed_with(change, content));
    }
    observed
}

/// A change with what its head was found to contain.
fn observed_with(change: Change, content: Result<Option<HeadContent>, ForgeError>) -> ObservedChange {
    let unread = content.as_ref().err().filter(|error| may_be_ours(&change, error)).map(|error| {
        let number = change.number;
        Obstacle::of_forge(format!("what {number} changes could not be read: {error}"))
    });
    let content = content.ok().flatten();
    let is_base_lost = content.as_ref().is_some_and(|content| content.is_base_lost);
    let (key, files) = content.map_or((None, Vec::new()), |content| (Some(content.key), content.files));
    ObservedChange { change, key, files, unread, is_base_lost }
}

/// Whether a change whose content could not be read may turn out to be the bot's own work. What somebody else wrote is not,
/// whatever it contains. Content that is gone after the merge will not come back, and what landed is seen in the files.
fn may_be_ours(change: &Change, error: &ForgeError) -> bool {
    let written = change.written();
    let is_merged = matches!(change.state, ChangeState::Merged { .. });
    let is_gone_for_good = is_merged && matches!(error, ForgeError::NotFound { .. });
    written.by_bot && written.trailer("Towpath-Key").is_some() && !is_gone_for_good
}

fn is_unsettled(history: &History, target: &ServiceEnvironment, change: &Change, is_last: bool) -> bool {
    match change.state {
        ChangeState::Open => true,
        ChangeState::Merged { .. } => !history.has_landed(target, change.number),
        ChangeState::Closed { .. } => is_last,
    }
}

impl HeadContent {
    fn new(environment: &EnvironmentName, files: Vec<FileChange>, is_base_lost: bool) -> Self {
        let key = overlay::content_key(environment, &files);
        Self { key, files: files.into_iter().map(|file| file.path).collect(), is_base_lost }
    }
}

/// The targets that a change can belong to, by its branch.
fn targets<'a>(
    policy: &'a Policy,
    place: &'a ConfigBranch,
    change: &'a Change,
) -> impl Iterator<Item = ServiceEnvironment> + 'a {
    let services = policy.services_at(place);
    services.flat_map(move |service| {
        let environments = policy.pipeline_of(service).environments.iter();
        let own = environments
            .filter(|environment| change.branch == change_branch(&environment.name, &service.group));
        own.map(|environment| ServiceEnvironment {
            service: service.name.clone(),
            environment: environment.name.clone(),
        })
    })
}

/// The key of a change's head, and which files it changes; nothing where its branch names no environment.
///
/// # Errors
/// Where the forge does not give the content.
async fn content<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    place: &ConfigBranch,
    change: &Change,
) -> Result<Option<HeadContent>, ForgeError> {
    let head = &change.head.commit;
    if let Some(known) = ports.snapshots.key(place, change.number, head).await {
        return Ok(Some(known));
    }
    let Some(environment) = environment_of(change) else { return Ok(None) };
    let files = ports.forge.changed_files(place, head).await?;
    let mut content = HeadContent::new(&environment, files, false);
    let written = change.written();
    let said = written.trailer("Towpath-Key").map(ContentKey::from_trailer);
    if written.by_bot && said.is_some() && said.as_ref() != Some(&content.key) {
        // The bot makes one commit on the branch as it is. Where that alone is what it says, the branch was rewritten
        // beneath it, and everything else that the comparison shows is what the rewrite dropped.
        let own = ports.forge.commit_files(place, &written.commit).await?;
        let own = HeadContent::new(&environment, own, true);
        if said.as_ref() == Some(&own.key) {
            content = own;
        }
    }
    ports.snapshots.keep_key(place, change.number, head, HeadContent::clone(&content)).await;
    Ok(Some(content))
}

/// The environment that the branch of a change names.
fn environment_of(change: &Change) -> Option<EnvironmentName> {
    change.branch.as_str().strip_prefix(crate::model::BRANCH_PREFIX)?.split('/').next()?.parse().ok()
}
