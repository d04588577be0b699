//! What was found out because judgement asked for it.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    CommitId, ContentKey, Description, Digest, Fact, ImageName, ImageReference, Obstacle, Presence,
    ReleaseId, ServiceEnvironment, SourceComparison, SourceSpan, Tag, TeamName, Time, UserName,
};

/// Facts of registries and of the forge about one config repository. What is not in it was not asked yet.
#[derive(Clone, Debug, Default)]
pub struct FactTable {
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

impl FactTable {
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
}

/// One or several facts of a table, by what they are about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FactKey {
    /// The tags of an image, and whether its registry answers.
    Listing(ImageName),
    /// The digests of the tags of an image.
    Digest(ImageName),
    /// The digests of the tags of an image that are all that files hold of what runs.
    RunningDigest(ImageName),
    /// What the tags of an image point to at this very time.
    Present(ImageName),
    /// Whether a registry has what is about to be promoted.
    Presence(ImageReference),
    /// Whether a registry has what runs.
    RunningPresence(ImageReference),
    /// What an artifact says about itself.
    Description(ImageName, Digest),
    /// The content key that a release would have at a target.
    Key(ServiceEnvironment, ReleaseId),
    /// What lies between two revisions of source code.
    Source(SourceSpan),
    /// What the forge shows as the latest deployment at a target.
    Deployment(ServiceEnvironment),
    /// Whether a commit is part of the history of the branch.
    Contained(CommitId),
    /// What somebody may do.
    Rights(UserName),
    /// What anybody may do.
    AllRights,
}
