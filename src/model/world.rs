//! Everything that judgement rests on and that was observed: one config repository at one head, and the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    BranchName, Change, CodeOwners, CommitId, ConfigBranch, ContentKey, Description, Digest, Fact,
    ForgeCapabilities, Head, History, ImageName, ImageReference, Presence, ReleaseId, RepositoryPath,
    ServiceEnvironment, SourceComparison, SourceSpan, Tag, TeamName, Time, UserName,
};

/// Why something about a target cannot be said or done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// Who or what stands in the way.
    pub cause: ObstacleCause,
    /// What is wrong, with file and line where there is one.
    pub why: String,
    /// What a person can do about it, where that is known.
    pub way_out: Option<String>,
}

/// Who or what stands in the way.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ObstacleCause {
    /// The files of an overlay, which a person has to change.
    Overlay,
    /// The forge, which did not give what was asked of it; a later look may get it.
    Forge,
}

impl Obstacle {
    /// A failure of the forge.
    #[must_use]
    pub fn of_forge(why: impl Into<String>) -> Self {
        Self { cause: ObstacleCause::Forge, why: why.into(), way_out: None }
    }
}

/// One image that an environment runs, and the line that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningImage {
    /// What runs.
    pub reference: ImageReference,
    /// The file that says so.
    pub file: RepositoryPath,
    /// The line in it, from 1.
    pub line: usize,
}

/// What the config repository says that an environment runs of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The service's images.
    pub images: Vec<RunningImage>,
}

impl Running {
    /// What runs, without the lines that say so.
    #[must_use]
    pub fn references(&self) -> Vec<ImageReference> {
        self.images.iter().map(|image| image.reference.clone()).collect()
    }
}

/// A change as the forge shows it, with what we worked out from its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedChange {
    /// What the forge shows.
    pub change: Change,
    /// The key of what its head changes, recomputed from the bytes; unknown for content that was not read.
    pub key: Option<ContentKey>,
    /// The files that its head changes; empty for content that was not read.
    pub files: Vec<RepositoryPath>,
    /// Whether the base branch was rewritten without the commit on which the bot made the head. Merging it would bring
    /// back what the rewrite dropped; the key is that of the bot's commit alone.
    pub is_base_lost: bool,
}

impl ObservedChange {
    /// Whether the head is the bot's own work: written by it, and the content is what its trailer says.
    ///
    /// A merge of the base that leaves the content as it is makes it nobody else's.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        let head = self.change.written();
        let said = head.trailer("Towpath-Key").map(ContentKey::from_trailer);
        head.by_bot && said.is_some() && said == self.key
    }
}

impl World {
    /// The time by the clock that dates merges and comments: the forge's own where it has one, else ours. What is held
    /// against such dates, or written as one, does not depend on our clock.
    #[must_use]
    pub fn forge_time(&self) -> Time {
        self.now.checked_add_signed(self.forge_ahead.unwrap_or_default()).unwrap_or(self.now)
    }

    /// What our clock shows when the forge's shows an instant.
    #[must_use]
    pub fn on_our_clock(&self, at_forge: Time) -> Time {
        at_forge.checked_sub_signed(self.forge_ahead.unwrap_or_default()).unwrap_or(at_forge)
    }

    /// Whether a name that somebody wrote means this person.
    #[must_use]
    pub fn means(&self, written: &UserName, person: &UserName) -> bool {
        let (written, person) = (written.as_str(), person.as_str());
        written == person
            || (self.capabilities.logins_are_case_insensitive && written.eq_ignore_ascii_case(person))
    }
}

/// One config repository at one head, with all facts that bear on it.
#[derive(Clone, Debug)]
pub struct World {
    /// The clock, read once.
    pub now: Time,
    /// How far the forge's clock is ahead of ours; `None` if it has none of its own, as a local forge.
    pub forge_ahead: Option<TimeDelta>,
    /// The config repository and branch.
    pub place: ConfigBranch,
    /// The head of that branch, whose content everything below describes.
    pub head: CommitId,
    /// The bot's own name on this forge.
    pub bot: UserName,
    /// What this forge can do.
    pub capabilities: ForgeCapabilities,
    /// What runs, by target.
    pub running: BTreeMap<ServiceEnvironment, Result<Running, Obstacle>>,
    /// What the files would run if the entries of the service's images were in quotes, for each target that
    /// `running` has no version of only because they are not. An edit of these images writes the quotes.
    pub unquoted: BTreeMap<ServiceEnvironment, Vec<ImageReference>>,
    /// Who owns which files, as the head says; nobody where it has no `CODEOWNERS`.
    pub code_owners: Result<Arc<CodeOwners>, Obstacle>,
    /// The log, folded.
    pub history: History,
    /// Towpath's changes at the forge, by number.
    pub changes: Vec<ObservedChange>,
    /// The branches under Towpath's prefix, and their tips.
    pub branches: BTreeMap<BranchName, Head>,
    /// The tags of each image.
    pub listings: BTreeMap<ImageName, Fact<Vec<Tag>>>,
    /// The images whose tags could be listed the last time, and whose registry is not left alone now. So what is not
    /// known of a single tag of these is no failure of the registry as a whole.
    pub answering: BTreeSet<ImageName>,
    /// The digest of a tag; nothing where the registry has no such tag.
    pub digests: BTreeMap<(ImageName, Tag), Fact<Option<Digest>>>,
    /// What a tag pointed to within the last poll interval, for those that are all that files hold of what runs.
    pub digests_of_running_tags: BTreeMap<(ImageName, Tag), Fact<Option<Digest>>>,
    /// What a tag points to at this very time, for those that are about to be merged.
    pub present: BTreeMap<(ImageName, Tag), Fact<Option<Digest>>>,
    /// Whether registries have what is about to be promoted, by the reference that was asked for.
    pub presences: BTreeMap<ImageReference, Fact<Presence>>,
    /// Whether registries have what runs, by what is pulled; responses about it may be older.
    pub running_presences: BTreeMap<ImageReference, Fact<Presence>>,
    /// What artifacts say about themselves; nothing where the registry has none at the digest.
    pub descriptions: BTreeMap<(ImageName, Digest), Fact<Option<Description>>>,
    /// The content key that a release would have at a target, on this head.
    pub keys: BTreeMap<(ServiceEnvironment, ReleaseId), Result<ContentKey, Obstacle>>,
    /// Whether somebody belongs to a team.
    pub members: BTreeMap<(TeamName, UserName), Fact<bool>>,
    /// Whether somebody may write to the config repository, as the forge says.
    pub writers: BTreeMap<UserName, Fact<bool>>,
    /// Whether somebody is a collaborator of the config repository, as the forge says.
    pub collaborators: BTreeMap<UserName, Fact<bool>>,
    /// Whether a commit is part of the history of the branch, for merges whose content no longer runs.
    pub contained: BTreeMap<CommitId, Fact<bool>>,
    /// Comparisons of the source code that artifacts are made of; `None` in a known fact means that the forge has no such
    /// commits, or does not show them to the bot.
    pub source_comparisons: BTreeMap<SourceSpan, Fact<Option<SourceComparison>>>,
    /// The images of the latest deployment that the forge shows at a target; `None` in a known fact means that it shows
    /// none of the bot's.
    pub deployments: BTreeMap<ServiceEnvironment, Fact<Option<Vec<ImageReference>>>>,
}

impl World {
    /// The digests of what runs at a target: as its files say, as the log says of what landed there under the same tags, and
    /// as the registry says of the tags, where it was asked about them.
    #[must_use]
    pub fn running_digests(&self, target: &ServiceEnvironment) -> BTreeSet<Digest> {
        let running = self.running.get(target).and_then(|found| found.as_ref().ok());
        let running = running.map(Running::references).unwrap_or_default();
        let landed = self.history.last_landing(target).map(|landing| landing.images.as_slice());
        let runs = |landed: &&ImageReference| running.iter().any(|running| landed.agrees_with(running));
        let landed = landed.unwrap_or_default().iter().filter(runs);
        let written = running.iter().chain(landed).filter_map(|found| found.digest.clone());
        let of_tag = |found: &ImageReference| {
            self.digests.get(&(found.image.clone(), found.tag.clone()?))?.value()?.clone()
        };
        let by_tag_alone = running.iter().filter(|found| found.digest.is_none());
        written.chain(by_tag_alone.filter_map(of_tag)).collect()
    }

    /// When the oldest of the facts was told on which somebody's right may rest; nothing where there is none.
    #[must_use]
    pub fn oldest_right(&self) -> Option<Time> {
        let facts = self.members.values().chain(self.writers.values()).chain(self.collaborators.values());
        let told = facts.filter_map(|fact| match fact {
            Fact::Known { as_of, .. } => Some(*as_of),
            Fact::Unknown { .. } => None,
        });
        told.min()
    }

    /// What an artifact says about itself, as far as it is known.
    #[must_use]
    pub fn description(&self, reference: &ImageReference) -> Option<&Description> {
        let image = &reference.image;
        let of_tag = || self.digests.get(&(image.clone(), reference.tag.clone()?))?.value()?.as_ref();
        let digest = reference.digest.as_ref().or_else(of_tag)?;
        self.descriptions.get(&(image.clone(), digest.clone()))?.value()?.as_ref()
    }
}
