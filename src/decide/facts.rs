//! The facts on which judgement rests, with a note of each that was read and of each that is missing.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::need::Need;
use crate::model::{
    CommitId, ContentKey, Description, Digest, Fact, FactKey, FactTable, ImageName, ImageReference, Obstacle,
    Presence, Release, ServiceEnvironment, SourceComparison, SourceSpan, Tag, TeamName, Time, UserName,
    World,
};

/// The facts of a world. A judgement changes only if one of the facts changes that it read, present or not.
pub(super) struct Facts<'a> {
    pub(super) world: &'a World,
    read: RefCell<BTreeSet<FactKey>>,
    missing: RefCell<BTreeSet<Need>>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(world: &'a World) -> Self {
        Self { world, read: RefCell::default(), missing: RefCell::default() }
    }

    /// Notes something that is missing and that `observe` can find out.
    pub(super) fn need(&self, need: Need) {
        self.missing.borrow_mut().insert(need);
    }

    /// The same for several.
    pub(super) fn need_all(&self, needs: impl IntoIterator<Item = Need>) {
        self.missing.borrow_mut().extend(needs);
    }

    /// Takes over what a part of the judgement read apart from the rest, and what it lacked if that may be asked for.
    pub(super) fn take_over(&self, apart: Self, may_ask: bool) {
        self.read.borrow_mut().extend(apart.read.into_inner());
        if may_ask {
            self.need_all(apart.missing.into_inner());
        }
    }

    /// Whether nothing was missing so far.
    pub(super) fn is_complete(&self) -> bool {
        self.missing.borrow().is_empty()
    }

    /// Everything that was read, and everything that is missing.
    pub(super) fn into_notes(self) -> (BTreeSet<FactKey>, BTreeSet<Need>) {
        (self.read.into_inner(), self.missing.into_inner())
    }

    fn reading(&self, key: FactKey) -> &'a FactTable {
        self.read.borrow_mut().insert(key);
        &self.world.facts
    }

    /// The tags of an image.
    pub(super) fn listing(&self, image: &ImageName) -> Option<&'a Fact<Vec<Tag>>> {
        self.reading(FactKey::Listing(image.clone())).listings.get(image)
    }

    /// Whether the registry answers for an image as a whole.
    pub(super) fn answers(&self, image: &ImageName) -> bool {
        self.reading(FactKey::Listing(image.clone())).answering.contains(image)
    }

    /// The digest of a tag.
    pub(super) fn digest(&self, image: &ImageName, tag: &Tag) -> Option<&'a Fact<Option<Digest>>> {
        let key = (image.clone(), tag.clone());
        self.reading(FactKey::Digest(image.clone())).digests.get(&key)
    }

    /// The tags of an image whose digest was read, each with it.
    pub(super) fn digests_of(
        &self,
        image: &'a ImageName,
    ) -> impl Iterator<Item = (&'a Tag, &'a Fact<Option<Digest>>)> + use<'a> {
        let all = self.reading(FactKey::Digest(image.clone())).digests.iter();
        all.filter(move |((own, _), _)| own == image).map(|((_, tag), fact)| (tag, fact))
    }

    /// What the tag of a running version pointed to within the last poll interval.
    pub(super) fn running_digest(&self, image: &ImageName, tag: &Tag) -> Option<&'a Fact<Option<Digest>>> {
        let key = (image.clone(), tag.clone());
        self.reading(FactKey::RunningDigest(image.clone())).digests_of_running_tags.get(&key)
    }

    /// What a tag points to at this very time.
    pub(super) fn present(&self, image: &ImageName, tag: &Tag) -> Option<&'a Fact<Option<Digest>>> {
        let key = (image.clone(), tag.clone());
        self.reading(FactKey::Present(image.clone())).present.get(&key)
    }

    /// Whether a registry has what is about to be promoted.
    pub(super) fn presence(&self, reference: &ImageReference) -> Option<&'a Fact<Presence>> {
        self.reading(FactKey::Presence(reference.clone())).presences.get(reference)
    }

    /// Whether a registry has what runs.
    pub(super) fn running_presence(&self, reference: &ImageReference) -> Option<&'a Fact<Presence>> {
        self.reading(FactKey::RunningPresence(reference.clone())).running_presences.get(reference)
    }

    /// What an artifact says about itself.
    pub(super) fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Option<&'a Fact<Option<Description>>> {
        let key = (image.clone(), digest.clone());
        self.reading(FactKey::Description(image.clone(), digest.clone())).descriptions.get(&key)
    }

    /// The content key that a release would have at a target.
    pub(super) fn key(
        &self,
        target: &ServiceEnvironment,
        release: &Release,
    ) -> Option<&'a Result<ContentKey, Obstacle>> {
        let key = (target.clone(), release.id());
        self.reading(FactKey::Key(target.clone(), release.id())).keys.get(&key)
    }

    /// What lies between two revisions of source code.
    pub(super) fn source(&self, span: &SourceSpan) -> Option<&'a Fact<Option<SourceComparison>>> {
        self.reading(FactKey::Source(span.clone())).source_comparisons.get(span)
    }

    /// What the forge shows as the latest deployment.
    pub(super) fn deployment(
        &self,
        target: &ServiceEnvironment,
    ) -> Option<&'a Fact<Option<Vec<ImageReference>>>> {
        self.reading(FactKey::Deployment(target.clone())).deployments.get(target)
    }

    /// Whether a commit is part of the history of the branch.
    pub(super) fn contained(&self, commit: &CommitId) -> Option<&'a Fact<bool>> {
        self.reading(FactKey::Contained(commit.clone())).contained.get(commit)
    }

    /// Whether somebody belongs to a team.
    pub(super) fn member(&self, team: &TeamName, user: &UserName) -> Option<&'a Fact<bool>> {
        self.reading(FactKey::Rights(user.clone())).members.get(&(team.clone(), user.clone()))
    }

    /// Whether somebody may write to the config repository.
    pub(super) fn writer(&self, user: &UserName) -> Option<&'a Fact<bool>> {
        self.reading(FactKey::Rights(user.clone())).writers.get(user)
    }

    /// Whether somebody is a collaborator of the config repository.
    pub(super) fn collaborator(&self, user: &UserName) -> Option<&'a Fact<bool>> {
        self.reading(FactKey::Rights(user.clone())).collaborators.get(user)
    }

    /// All facts about the rights of somebody.
    pub(super) fn rights_of(&self, user: &UserName) -> impl Iterator<Item = &'a Fact<bool>> {
        let FactTable { members, writers, collaborators, .. } = self.reading(FactKey::Rights(user.clone()));
        let others = [writers.get(user), collaborators.get(user)].into_iter().flatten();
        members.iter().filter(move |((_, who), _)| who == user).map(|(_, fact)| fact).chain(others)
    }

    /// When the oldest of the facts was told on which anybody's right may rest; nothing where there is none.
    pub(super) fn oldest_right(&self) -> Option<Time> {
        self.reading(FactKey::AllRights).oldest_right()
    }
}
