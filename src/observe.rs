//! Reads all ports and gives the World of one config repository at one head, judged.
//!
//! The only place that reads the clock. A first look takes what every judgement rests on; then `decide` names
//! what it lacks and is asked again, at most eight times; what is still missing waits.

mod absences;
mod artifacts;
mod changes;
mod clock;
mod comparisons;
mod facts;
mod listings;
mod log;
mod needs;
mod owners;
mod ports;
mod presence;
mod presences;
mod running;
mod snapshot;
mod sources;

pub use clock::{Clock, SystemClock};
pub use comparisons::Comparisons;
pub use facts::Freshness;
pub use listings::{Listings, PollResult, images, images_at, poll, recover, say_outcome};
pub use log::LogReplacement;
pub use ports::Ports;
pub use presence::lost;
pub use presences::Presences;
pub use running::{Survey, survey};
pub use snapshot::Snapshots;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::decide::{self, Plan, UncountedReason, decide};
use crate::forge::{Forge, ForgeError};
use crate::ledger::Ledger;
use crate::model::{
    ChangeNumber, CommentId, CommitId, ConfigBranch, FactTable, ImageName, LeftOut, Policy, Running, Tag,
    Tree, World,
};
use crate::overlay::Overlays;
use crate::registry::Registry;

/// How often `decide` may name something that it lacks.
const ROUNDS_MAX: usize = 8;

/// Why a config repository could not be observed at all.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ObserveError {
    /// The forge did not give what everything rests on.
    #[error("{place}: {error}")]
    Forge {
        /// Which repository.
        place: Box<ConfigBranch>,
        /// What went wrong.
        error: ForgeError,
    },
    /// The log has a line that cannot be understood; going on without it could do things twice.
    #[error(
        "{place}: line {line} of the log on the branch `{branch}`, counted through all its files, is not understood: {}; \
         use the version of Towpath that wrote it, or correct the line as the bot",
        crate::sanitize::line(.why), branch = crate::model::LOG_BRANCH
    )]
    Log {
        /// Which repository.
        place: Box<ConfigBranch>,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

/// One look at a config repository, and what was decided on it.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The facts.
    pub world: World,
    /// The files of its head, as far as they were needed.
    pub tree: Tree,
    /// What the overlays in them run, as far as the configuration names them.
    pub overlays: Overlays,
    /// The tip of the log, on which new records are appended.
    pub log_tip: Option<CommitId>,
    /// What was decided.
    pub plan: Plan,
    /// What went wrong on the way without stopping it, in sentences.
    pub troubles: Vec<Arc<str>>,
    /// What does not count in the repository, because anybody could have written it.
    pub left_out: Vec<LeftOut>,
    /// The log in place of the one that the ledger holds, if it was replaced; one of `left_out` says so.
    pub log_replacement: Option<LogReplacement>,
}

/// Looks at one config repository and decides.
///
/// # Errors
/// Where the forge does not give head, changes or log. What is wrong with one service, registry or overlay is a
/// fact of the world instead.
pub async fn observe<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    freshness: Freshness,
) -> Result<Observation, ObserveError> {
    let mut observation = first_look(ports, policy, place, freshness).await?;
    for _round in 0..ROUNDS_MAX {
        observation.plan = decide(&observation.world, policy);
        if observation.plan.needs.is_empty() {
            break;
        }
        needs::fetch(ports, policy, freshness, &mut observation).await;
        observation.world.facts.answering = listings::answering(ports, policy, place);
    }
    observation.plan = decide(&observation.world, policy);
    Ok(observation)
}

/// The approvals on an open change that do not count, each with the reason, for commands that people run. No registry is
/// asked.
///
/// # Errors
/// Where the forge does not give head, changes or log.
pub async fn uncounted_approvals<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    change: ChangeNumber,
) -> Result<BTreeMap<CommentId, UncountedReason>, ObserveError> {
    let mut observation = look_at_forge(ports, policy, place).await?;
    for _round in 0..ROUNDS_MAX {
        let (found, needs) = decide::uncounted_approvals(&observation.world, policy, change);
        if needs.is_empty() {
            return Ok(found);
        }
        observation.plan.needs = needs;
        needs::fetch(ports, policy, Freshness::Any, &mut observation).await;
    }
    Ok(decide::uncounted_approvals(&observation.world, policy, change).0)
}

/// Everything that every judgement rests on.
async fn first_look<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
    freshness: Freshness,
) -> Result<Observation, ObserveError> {
    let mut observation = look_at_forge(ports, policy, place).await?;
    let looked = listings::at_place(ports, policy, place, freshness).await;
    observation.troubles.extend(looked.troubles);
    let world = &mut observation.world;
    world.facts.listings = looked.listings;
    world.facts.answering = listings::answering(ports, policy, place);
    world.now = ports.clock.now();
    world.forge_ahead = ports.forge.clock_ahead();
    add_running_digests(ports, policy, freshness, world).await;
    Ok(observation)
}

/// Adds the digests of the tags that run without one, as far as they were read before: a promotion must leave none of them
/// behind.
async fn add_running_digests<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    world: &mut World,
) {
    let running = world.running.values().flatten().flat_map(Running::references);
    let by_tag_alone = running.filter(|found| found.digest.is_none());
    let tags: BTreeSet<(ImageName, Tag)> =
        by_tag_alone.filter_map(|found| Some((found.image, found.tag?))).collect();
    for (image, tag) in tags {
        if let Some(kept) = artifacts::kept_digest(ports, policy, freshness, &image, &tag).await {
            world.facts.digests.insert((image, tag), kept);
        }
    }
}

/// What the forge shows.
///
/// Changes are read before the head: a merge that is seen is then in the head, and one that comes in between
/// only makes its change look open a little longer, which `decide` allows for.
async fn look_at_forge<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    place: &ConfigBranch,
) -> Result<Observation, ObserveError> {
    let failed = |error| ObserveError::Forge { place: Box::new(place.clone()), error };
    let mut troubles = Vec::new();
    let forge = &ports.forge;
    let (changes, branches) =
        futures::try_join!(forge.changes(place), forge.branches(place)).map_err(failed)?;
    let head = forge.head(place).await.map_err(failed)?;
    let log = log::read(ports, place, &mut troubles).await?;
    let mut left_out = forge.unreadable_changes(place).await.map_err(failed)?;
    left_out.extend(log.left_out);
    let mut tree = ports.snapshots.tree(forge, place, &head).await.map_err(failed)?;
    let code_owners = owners::read(ports, place, &mut tree).await;
    let (found, overlays) = running::read(ports, policy, place, &mut tree).await;
    ports.snapshots.follow_branch(forge, place, &head).await;
    let changes = changes::judge_content(ports, policy, place, &log.history, changes).await;
    let world = World {
        now: ports.clock.now(),
        forge_ahead: forge.clock_ahead(),
        place: place.clone(),
        head,
        bot: forge.bot().clone(),
        capabilities: forge.capabilities(),
        running: found.running,
        unquoted: found.unquoted,
        code_owners,
        history: log.history,
        changes,
        branches,
        facts: FactTable::default(),
    };
    let (log_tip, log_replacement, plan) = (log.tip, log.replacement, Plan::default());
    Ok(Observation { world, tree, overlays, log_tip, plan, troubles, left_out, log_replacement })
}
