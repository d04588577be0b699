//! One target with everything that bears on it: what the gates and the judge look at.
//!
//! A request ends when it cannot be fulfilled: with a landing, a decline, a withdrawal in the environment before, or
//! `/promote resume`. Otherwise one request could stop an environment forever. Whoever requested a release cannot
//! approve it, however many requests followed, and neither can the user named by the trailer of the head.

use crate::model::{
    Artifact, BranchName, Change, ChangeNumber, ChangeState, ConfigBranch, Environment, Head, History,
    ImageReference, Landing, LandingStatus, ObservedChange, Order, Origin, Pipeline, Policy, Release,
    Running, Service, ServiceEnvironment, ServiceImage, Time, UserName, World, change_branch,
};

use super::facts::Facts;
use super::{evidence, target_of};

/// One target with everything that bears on it.
pub(super) struct PromotionView<'a> {
    pub(super) world: &'a World,
    pub(super) facts: &'a Facts<'a>,
    pub(super) policy: &'a Policy,
    pub(super) history: &'a History,
    pub(super) service: &'a Service,
    pub(super) environment: &'a Environment,
    pub(super) target: ServiceEnvironment,
}

/// A person's wish for exactly one release.
pub(super) struct PromotionRequest<'a> {
    pub(super) by: &'a UserName,
    /// Its place in the log.
    pub(super) order: usize,
    pub(super) images: &'a [ImageReference],
}

impl<'a> PromotionView<'a> {
    pub(super) fn new(
        facts: &'a Facts<'a>,
        policy: &'a Policy,
        history: &'a History,
        service: &'a Service,
        environment: &'a Environment,
    ) -> Self {
        let world = facts.world;
        Self { world, facts, policy, history, service, environment, target: target_of(service, environment) }
    }

    pub(super) fn pipeline(&self) -> &'a Pipeline {
        self.policy.pipeline_of(self.service)
    }

    /// The target of the same service in another environment.
    pub(super) fn sibling(&self, environment: &crate::model::EnvironmentName) -> ServiceEnvironment {
        ServiceEnvironment { service: self.service.name.clone(), environment: environment.clone() }
    }

    /// What runs, where that could be read.
    pub(super) fn running(&self) -> Option<&'a Running> {
        self.world.running.get(&self.target)?.as_ref().ok()
    }

    /// What the files would run if the entries of the images were in quotes, where only that keeps what runs from being
    /// known: a change of these entries writes the quotes.
    pub(super) fn unquoted(&self) -> Option<&'a [ImageReference]> {
        self.world.unquoted.get(&self.target).map(Vec::as_slice)
    }

    /// The branch of the change that carries this service here.
    pub(super) fn branch(&self) -> BranchName {
        change_branch(&self.environment.name, &self.service.group)
    }

    /// The changes that carry or carried this service here, oldest first.
    pub(super) fn changes(&self) -> impl Iterator<Item = &'a ObservedChange> {
        let branch = self.branch();
        self.world.changes.iter().filter(move |observed| observed.change.branch == branch)
    }

    /// The one that is open.
    pub(super) fn open_change(&self) -> Option<&'a ObservedChange> {
        self.changes().find(|observed| observed.change.is_open())
    }

    /// What a change carries, as its own trailers say; trust it only of our own heads.
    pub(super) fn release_of(&self, observed: &ObservedChange) -> Option<Release> {
        carried(self.service, observed.change.written())
    }

    /// How far some references are in the order of the service's selections.
    pub(super) fn order(&self, images: &[ImageReference]) -> Order {
        evidence::order(self, images)
    }

    /// How far a release is in the order of the service's selections.
    pub(super) fn order_of(&self, release: &Release) -> Order {
        self.order(&release.references())
    }

    /// How far what runs is. A file that has no place for a tag is ordered by the tag of the last landing, where that
    /// landing brought the digest that runs.
    pub(super) fn order_running(&self) -> Order {
        let running = self.running().map(Running::references).unwrap_or_default();
        let landed = self.history.last_landing(&self.target).map(|landing| landing.images.as_slice());
        let landed = landed.unwrap_or_default();
        if let Some(written) = self.unquoted() {
            let (written, landed) = (self.order(written), self.order(landed));
            return if landed > written { landed } else { written };
        }
        let known = |reference: ImageReference| {
            let same = landed.iter().find(|landed| reference.tag.is_none() && landed.agrees_with(&reference));
            same.cloned().unwrap_or(reference)
        };
        self.order(&running.into_iter().map(known).collect::<Vec<_>>())
    }

    /// Whether each part of a set of images that the files have a place for is written there: then there is no change
    /// that could bring it.
    pub(super) fn is_written(&self, images: &[ImageReference]) -> bool {
        let running = self.running().map(Running::references).unwrap_or_default();
        images.iter().all(|image| running.iter().any(|written| image.agrees_with(written)))
    }

    /// Whether some images are newer than what runs; everything is newer than what has no order.
    pub(super) fn is_newer_than_running(&self, images: &[ImageReference]) -> bool {
        self.is_past_running(&self.order(images))
    }

    /// Whether an order is above that of what runs. Where a version lacks quotes, the same one counts too: to write it
    /// again is what makes the files readable.
    pub(super) fn is_past_running(&self, order: &Order) -> bool {
        let running = self.order_running();
        let is_written = self.unquoted().is_some_and(|written| *order == self.order(written));
        *order > running || (is_written && *order == running)
    }

    /// Whether some images are in part newer and in part older than what runs, so that a person has to ask.
    pub(super) fn is_mixed_with_running(&self, images: &[ImageReference]) -> bool {
        self.order(images).is_mixed_with(&self.order_running())
    }

    /// Whether some images may be brought because a person asks: they are not older than what runs, and not written
    /// already.
    pub(super) fn may_be_asked_for(&self, images: &[ImageReference]) -> bool {
        !self.is_written(images) && (self.is_newer_than_running(images) || self.is_mixed_with_running(images))
    }

    /// The last landing of a release at a target of this service that still counts.
    pub(super) fn landing_of(&self, release: &Release, target: &ServiceEnvironment) -> Option<&'a Landing> {
        // A rewrite brings nothing new: what came back landed when it landed first.
        let is_named =
            |landing: &&Landing| landing.origin != Origin::Rewritten && release.is_among(&landing.images);
        self.history.landings(target).iter().rev().find(is_named).filter(|landing| counts(landing))
    }

    /// When the soak of a landing began: with the first landing of the same artifacts that was not taken back since, under
    /// whatever tag and whatever ran there in between.
    pub(super) fn soaking_since(&self, landing: &Landing, target: &ServiceEnvironment) -> Time {
        let same = self.landings_before(landing, target).filter(|own| brings_same(own, landing));
        self.first_of(landing, same.take_while(|own| counts(own)))
    }

    /// Since when the artifacts of a landing run at a target without anything else in between.
    pub(super) fn running_since(&self, landing: &Landing, target: &ServiceEnvironment) -> Time {
        let earlier = self.landings_before(landing, target);
        self.first_of(landing, earlier.take_while(|own| counts(own) && brings_same(own, landing)))
    }

    /// The landings at a target before one, the last first.
    fn landings_before(
        &self,
        landing: &Landing,
        target: &ServiceEnvironment,
    ) -> impl Iterator<Item = &'a Landing> + use<'a> {
        let order = landing.order;
        self.history.landings(target).iter().rev().skip_while(move |own| own.order >= order)
    }

    fn first_of(&self, landing: &Landing, earlier: impl Iterator<Item = &'a Landing>) -> Time {
        let now = self.world.forge_time();
        earlier.map(|own| own.counts_from(now)).fold(landing.counts_from(now), Time::min)
    }

    /// Whether a release is newer than what runs and than all that ever ran here.
    pub(super) fn is_newer_than_all_that_ran(&self, release: &Release) -> bool {
        let order = self.order_of(release);
        let landings = self.history.landings(&self.target);
        order > self.order_running() && landings.iter().all(|landing| order > self.order(&landing.images))
    }

    /// Since when a person's own setting stands, if one does.
    pub(super) fn set_by_hand_since(&self) -> Option<Time> {
        let is_by_hand = |last: &&Landing| matches!(last.origin, Origin::Hand | Origin::Altered(_));
        let last = self.history.last_landing(&self.target).filter(is_by_hand)?;
        let resumed = self.history.resumed(&self.target).is_some_and(|order| order > last.order);
        (!resumed && self.request().is_none()).then_some(last.at)
    }

    /// The wish that stands: the last one, if it can still be fulfilled and automation was not resumed since.
    pub(super) fn request(&self) -> Option<PromotionRequest<'a>> {
        let request = self.requests().last()?;
        let is_later = |order: usize| order > request.order;
        let landed_since = self.history.last_landing(&self.target).is_some_and(|last| is_later(last.order));
        let resumed_since = self.history.resumed(&self.target).is_some_and(is_later);
        let names = |images: &[ImageReference]| images.iter().all(|image| request.images.contains(image));
        let mut declines = self.history.declines(&self.target);
        let declined_since = declines.any(|decline| is_later(decline.order) && names(&decline.images));
        let is_void = landed_since
            || resumed_since
            || declined_since
            || !self.may_be_asked_for(request.images)
            || self.was_taken_back(request.images);
        (!is_void).then_some(request)
    }

    /// Whether some images landed in the environments before and count in none of them any more.
    fn was_taken_back(&self, images: &[ImageReference]) -> bool {
        let before = &self.environment.after.environments;
        let landings = before.iter().flat_map(|name| self.history.landings(&self.sibling(name)).iter());
        let is_of = |landing: &&Landing| same_images(&landing.images, images);
        let mut standings = landings.filter(is_of).map(|landing| landing.standing);
        let first = standings.next();
        first.is_some()
            && first.into_iter().chain(standings).all(|standing| standing == LandingStatus::Withdrawn)
    }

    fn requests(&self) -> impl Iterator<Item = PromotionRequest<'a>> {
        let history: &'a History = self.history;
        let requests = history.requests(self.target.clone());
        requests.map(|(handled, images)| PromotionRequest { by: &handled.by, order: handled.order, images })
    }

    fn requests_of(&self, release: &Release) -> impl Iterator<Item = PromotionRequest<'a>> {
        self.requests().filter(|request| release.is_among(request.images))
    }

    /// The place in the log at which a person last asked for this release here.
    pub(super) fn last_request_of(&self, release: &Release) -> Option<usize> {
        self.requests_of(release).last().map(|request| request.order)
    }

    /// Who last asked for this release here, if a person did.
    pub(super) fn requester_of(&self, release: &Release) -> Option<&'a UserName> {
        self.requests_of(release).last().map(|request| request.by)
    }

    /// Whether somebody ever asked for this release here, or for another tag of its digests, or the change says so of
    /// itself: whoever did cannot approve it, whatever was asked for since.
    pub(super) fn has_asked(&self, by: &UserName, release: &Release, observed: &ObservedChange) -> bool {
        let is_own = |name: UserName| self.world.means(&name, by);
        let own = observed.change.written().trailer("Towpath-Requested-By");
        own.and_then(|own| UserName::new(own).ok()).is_some_and(is_own)
            || self.requests().any(|request| {
                let is_it = release.is_among(request.images) || release.has_digests_of(request.images);
                is_it && self.world.means(request.by, by)
            })
    }

    /// The change whose comments give commands for this target; `None` if there never was one.
    pub(super) fn takes_commands(&self) -> Option<ChangeNumber> {
        taking_commands(self.world, &self.branch())
    }

    /// The change on which `/promote ENV version=V` for this target can be written: one of the same service.
    pub(super) fn takes_requests(&self) -> Option<ChangeNumber> {
        let environments = self.pipeline().environments.iter();
        let branches = environments.map(|other| change_branch(&other.name, &self.service.group));
        let others = branches.filter_map(|branch| taking_commands(self.world, &branch));
        self.takes_commands().or_else(|| others.max())
    }

    /// When the change that brought a release here was merged, as the forge says.
    pub(super) const fn merged_at(observed: &ObservedChange) -> Option<Time> {
        match observed.change.state {
            ChangeState::Merged { at, .. } => Some(at),
            ChangeState::Open | ChangeState::Closed { .. } => None,
        }
    }
}

/// What a commit carries of a service, as its own trailers say; trust it only of the bot's own commits.
#[must_use]
pub fn carried(service: &Service, head: &Head) -> Option<Release> {
    let tags: Vec<&str> = head.trailers("Towpath-Release").collect();
    let digests: Vec<&str> = head.trailers("Towpath-Digest").collect();
    let images = &service.images;
    if tags.len() != images.len() || digests.len() != images.len() {
        return None;
    }
    let artifact = |((image, tag), digest): ((&ServiceImage, &&str), &&str)| {
        Some(Artifact { image: image.name.clone(), tag: tag.parse().ok()?, digest: digest.parse().ok()? })
    };
    Release::of_all(images.iter().zip(&tags).zip(&digests).map(artifact).collect::<Option<_>>()?)
}

/// Whether two lists can be the same artifacts, image by image.
pub(super) fn same_images(left: &[ImageReference], right: &[ImageReference]) -> bool {
    let is_in = |own: &ImageReference| right.iter().any(|other| own.agrees_with(other));
    left.len() == right.len() && left.iter().all(is_in)
}

/// Whether two lists are the same artifacts by their digests, image by image, whatever their tags are.
/// Whether something may follow from a landing. Nobody approved what a merge made of a release, so nothing follows from it.
fn counts(landing: &Landing) -> bool {
    landing.standing == LandingStatus::Effective && !matches!(landing.origin, Origin::Altered(_))
}

/// Whether two landings brought the same artifacts: what soaks are artifacts, and a tag is a name.
fn brings_same(one: &Landing, other: &Landing) -> bool {
    let is_in_other = |own: &ImageReference| {
        let mut others = other.images.iter();
        own.digest.is_some() && others.any(|other| (&own.image, &own.digest) == (&other.image, &other.digest))
    };
    one.images.len() == other.images.len() && one.images.iter().all(is_in_other)
}

/// Why nobody reads commands on a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnreadCommands {
    /// It ended, and this change of the same branch takes commands.
    Ended {
        /// The open change of the branch, else its last one.
        newest: ChangeNumber,
    },
    /// No service of the configuration is promoted by its branch.
    Unused,
}

/// Whether commands on a change are carried out, with all changes into the same base branch, oldest first.
///
/// # Errors
/// Why not.
pub fn takes_commands(
    policy: &Policy,
    place: &ConfigBranch,
    change: &Change,
    all: &[Change],
) -> Result<(), UnreadCommands> {
    let is_used = policy.services_at(place).any(|service| {
        let environments = &policy.pipeline_of(service).environments;
        environments.iter().any(|own| change_branch(&own.name, &service.group) == change.branch)
    });
    if !is_used || place.branch != change.base {
        return Err(UnreadCommands::Unused);
    }
    let same = || all.iter().filter(|other| (&other.branch, &other.base) == (&change.branch, &change.base));
    match newest(same()) {
        Some(newest) if !is_taking_commands(change, same()) => {
            Err(UnreadCommands::Ended { newest: newest.number })
        }
        Some(_) | None => Ok(()),
    }
}

/// The change of a branch on which people are told to write: the open one, else the last one.
fn taking_commands(world: &World, branch: &BranchName) -> Option<ChangeNumber> {
    let changes = world.changes.iter().map(|observed| &observed.change).filter(|own| own.branch == *branch);
    Some(newest(changes)?.number)
}

/// The change of a branch that takes commands first: the open one, else the last one.
pub(super) fn newest<'c>(
    mut changes: impl DoubleEndedIterator<Item = &'c Change> + Clone,
) -> Option<&'c Change> {
    changes.clone().find(|change| change.is_open()).or_else(|| changes.next_back())
}

/// Whether commands are taken on a change of a branch with these changes: it is open, or the last one.
pub(super) fn is_taking_commands<'c>(
    change: &Change,
    mut changes: impl DoubleEndedIterator<Item = &'c Change>,
) -> bool {
    change.is_open() || changes.next_back().is_some_and(|last| last.number == change.number)
}
