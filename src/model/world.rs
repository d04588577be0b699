//! Everything that judgement rests on and that was observed: one config repository at one head, and the clock.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::TimeDelta;

use super::{
    BranchName, Change, CodeOwners, CommitId, ConfigBranch, ContentKey, Description, Digest, FactTable,
    ForgeCapabilities, Head, History, ImageReference, Obstacle, RepositoryPath, ServiceEnvironment, Time,
    UserName,
};

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
    /// Why the content of a head that the bot wrote could not be read, where judgement needs it. Whether it still is the
    /// bot's work is not known until then, so its comments wait, and unless it is closed, so does the target.
    pub unread: Option<Obstacle>,
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
    /// What was found out because judgement asked for it.
    pub facts: FactTable,
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
            self.facts.digests.get(&(found.image.clone(), found.tag.clone()?))?.value()?.clone()
        };
        let by_tag_alone = running.iter().filter(|found| found.digest.is_none());
        written.chain(by_tag_alone.filter_map(of_tag)).collect()
    }

    /// What an artifact says about itself, as far as it is known.
    #[must_use]
    pub fn description(&self, reference: &ImageReference) -> Option<&Description> {
        let image = &reference.image;
        let of_tag = || self.facts.digests.get(&(image.clone(), reference.tag.clone()?))?.value()?.as_ref();
        let digest = reference.digest.as_ref().or_else(of_tag)?;
        self.facts.descriptions.get(&(image.clone(), digest.clone()))?.value()?.as_ref()
    }
}
