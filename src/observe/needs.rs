//! What `decide` lacked: digests, content keys, memberships, permissions, source code.

use futures::future::join_all;

use super::presence::{Question, presence};
use super::presences::Purpose;
use super::{Clock, Freshness, Observation, Ports, artifacts, running, sources};
use crate::decide::Need;
use crate::forge::{Confirmation, Forge, ForgeError};
use crate::ledger::Ledger;
use crate::model::{
    ContentKey, Digest, Fact, FileChange, ImageName, Obstacle, ObstacleCause, Policy, Release,
    ServiceEnvironment, Tag, Time, World,
};
use crate::overlay::{self, OverlayError, Promotion};
use crate::registry::Registry;

/// How often an edit may turn out to lack content.
const FETCHES_MAX: usize = 64;

/// Fetches everything that the plan needs and puts it into the world.
pub(super) async fn fetch<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    observation: &mut Observation,
) {
    let (digests, others): (Vec<Need>, Vec<Need>) = std::mem::take(&mut observation.plan.needs)
        .into_iter()
        .partition(|need| matches!(need, Need::Digest { .. }));
    // All at once, so that a registry that does not answer delays those of another by one wait, not by many.
    let asked = digests.into_iter().map(|need| digest(ports, policy, freshness, need));
    observation.world.facts.digests.extend(join_all(asked).await.into_iter().flatten());
    digests_of_running_tags(ports, policy, freshness, &others, &mut observation.world).await;
    deployments(ports, &others, &mut observation.world).await;
    for need in others {
        match need {
            Need::Digest { .. } | Need::RunningDigest { .. } | Need::Deployment { .. } => {}
            Need::Present { image, tag } => {
                let fact = artifacts::present(ports, &image, &tag).await;
                observation.world.facts.present.insert((image, tag), fact);
            }
            Need::Presence(reference) => {
                let question = Question { reference: &reference, purpose: Purpose::Promotion, freshness };
                presence_of(ports, policy, &mut observation.world, question).await;
            }
            Need::PresenceNow(reference) => {
                let question = Question { reference: &reference, purpose: Purpose::Merge, freshness };
                presence_of(ports, policy, &mut observation.world, question).await;
            }
            Need::RunningPresence(reference) => {
                let question = Question { reference: &reference, purpose: Purpose::Running, freshness };
                presence_of(ports, policy, &mut observation.world, question).await;
            }
            Need::Description { image, digest } => {
                let fact = artifacts::description(ports, policy, freshness, &image, &digest).await;
                observation.world.facts.descriptions.insert((image, digest), fact);
            }
            Need::Member { team, user } => {
                let answer = ports.forge.is_member(&team, &user).await;
                observation.world.facts.members.insert((team, user), answered(answer, ports.clock.now()));
            }
            Need::Writer { user } => {
                let answer = ports.forge.may_write(&observation.world.place, &user).await;
                observation.world.facts.writers.insert(user, answered(answer, ports.clock.now()));
            }
            Need::Contained { commit } => {
                let answer = ports.forge.contains(&observation.world.place, &commit).await;
                let fact = answered(answer.map(Confirmation::now), ports.clock.now());
                observation.world.facts.contained.insert(commit, fact);
            }
            Need::Collaborator { user } => {
                let answer = ports.forge.is_collaborator(&observation.world.place, &user).await;
                observation.world.facts.collaborators.insert(user, answered(answer, ports.clock.now()));
            }
            Need::Source(span) => {
                let fact = sources::compared(ports, &span).await;
                observation.world.facts.source_comparisons.insert(span, fact);
            }
            Need::Key { target, release } => {
                let key = key(ports, policy, observation, &target, &release).await;
                observation.world.facts.keys.insert((target, release.id()), key);
            }
        }
    }
}

/// Whether an artifact is in its registry.
async fn presence_of<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    world: &mut World,
    question: Question<'_>,
) {
    let fact = presence(ports, policy, world, question).await;
    let presences = match question.purpose {
        Purpose::Promotion | Purpose::Merge => &mut world.facts.presences,
        Purpose::Running | Purpose::Report => &mut world.facts.running_presences,
    };
    presences.insert(question.reference.clone(), fact);
}

/// What the forge shows of all targets that the plan asks about, in one question.
async fn deployments<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    needs: &[Need],
    world: &mut World,
) {
    let target = |need: &Need| match need {
        Need::Deployment { target } => Some(target.clone()),
        Need::Digest { .. }
        | Need::RunningDigest { .. }
        | Need::Present { .. }
        | Need::Presence(_)
        | Need::PresenceNow(_)
        | Need::RunningPresence(_)
        | Need::Description { .. }
        | Need::Key { .. }
        | Need::Source(_)
        | Need::Member { .. }
        | Need::Writer { .. }
        | Need::Contained { .. }
        | Need::Collaborator { .. } => None,
    };
    let targets: Vec<ServiceEnvironment> = needs.iter().filter_map(target).collect();
    if targets.is_empty() {
        return;
    }
    let now = ports.clock.now();
    let found = ports.forge.deployed(&world.place, &targets).await;
    let fact = |target: &ServiceEnvironment| match &found {
        Ok(found) => Fact::known(found.get(target).cloned(), now),
        Err(error) => Fact::Unknown { since: now, why: error.to_string().into() },
    };
    let facts = targets.iter().map(|target| (target.clone(), fact(target)));
    world.facts.deployments.extend(facts.collect::<Vec<_>>());
}

/// One digest that the plan needs, with what it is the digest of.
async fn digest<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    need: Need,
) -> Option<((ImageName, Tag), Fact<Option<Digest>>)> {
    let Need::Digest { image, tag } = need else { return None };
    let fact = artifacts::digest(ports, policy, freshness, &image, &tag).await;
    Some(((image, tag), fact))
}

/// What the tags point to that are all that files hold of what runs, all at once.
async fn digests_of_running_tags<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    freshness: Freshness,
    needs: &[Need],
    world: &mut World,
) {
    let asked = needs.iter().filter_map(|need| {
        if let Need::RunningDigest { image, tag } = need { Some((image.clone(), tag.clone())) } else { None }
    });
    let asked = asked.map(async |(image, tag)| {
        let fact = artifacts::polled_digest(ports, policy, freshness, &image, &tag).await;
        ((image, tag), fact)
    });
    world.facts.digests_of_running_tags.extend(join_all(asked).await);
}

/// What the forge says about somebody, as a fact.
fn answered(answer: Result<Confirmation, ForgeError>, now: Time) -> Fact<bool> {
    match answer {
        Ok(Confirmation { is_so, at }) => Fact::known(is_so, at.unwrap_or(now)),
        Err(error) => Fact::Unknown { since: now, why: lasting(&error).into() },
    }
}

/// Why something is not known, in words that stay the same while it is not: people read them in a status.
fn lasting(error: &ForgeError) -> String {
    if matches!(error, ForgeError::RateLimited { .. }) {
        "the forge takes no more requests for now".to_owned()
    } else {
        error.to_string()
    }
}

/// The content key that a release would have at a target, on the head of this observation.
async fn key<F: Forge, R: Registry, L: Ledger, C: Clock>(
    ports: &Ports<F, R, L, C>,
    policy: &Policy,
    observation: &mut Observation,
    target: &ServiceEnvironment,
    release: &Release,
) -> Result<ContentKey, Obstacle> {
    let place = observation.world.place.clone();
    for _fetch in 0..FETCHES_MAX {
        let missing = match planned_files(policy, observation, target, release) {
            Ok(files) => return Ok(overlay::content_key(&target.environment, &files)),
            Err(OverlayError::Missing(missing)) => missing,
            Err(error) => return Err(running::obstacle(&error)),
        };
        let filled = ports.snapshots.fill(&ports.forge, &place, &mut observation.tree, &missing).await;
        filled.map_err(|error| Obstacle::of_forge(error.to_string()))?;
    }
    let why = "the overlay leads from file to file too deeply".to_owned();
    Err(Obstacle { cause: ObstacleCause::Overlay, why, way_out: None })
}

fn planned_files(
    policy: &Policy,
    observation: &Observation,
    target: &ServiceEnvironment,
    release: &Release,
) -> Result<Vec<FileChange>, OverlayError> {
    let service = policy.service(&target.service).expect("decide only names services of the policy");
    let location = service.locations.get(&target.environment);
    let location = location.expect("a proven service has a location for each environment");
    let running = observation.world.running_digests(target);
    let promotion = Promotion { location, release, writing: service.writing, running };
    overlay::promote(&observation.tree, &observation.overlays, &promotion)
}
