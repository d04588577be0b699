//! What judgement lacks: facts that `observe` can find out.

use crate::model::{
    CommitId, Digest, ImageName, ImageReference, Release, ServiceEnvironment, SourceSpan, Tag, TeamName,
    UserName,
};

/// Something that judgement lacks and that `observe` can find out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// The digest of a tag.
    Digest {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
    },
    /// What a tag points to that is all that the files hold of what runs; a response of the last poll interval will do.
    RunningDigest {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
    },
    /// What a tag points to at this very time.
    Present {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
    },
    /// Whether a registry has what is about to be promoted: the tag, the digest and what an index names, as far as the
    /// reference names them. A response of the last poll interval will do.
    Presence(ImageReference),
    /// The same at this very time, for what is about to be merged.
    PresenceNow(ImageReference),
    /// Whether a registry has what runs; a response that is an hour old will do.
    RunningPresence(ImageReference),
    /// What an artifact says about itself.
    Description {
        /// The image.
        image: ImageName,
        /// Its digest.
        digest: Digest,
    },
    /// The content key that a release would have.
    Key {
        /// Where.
        target: ServiceEnvironment,
        /// The release.
        release: Release,
    },
    /// What lies between two revisions of source code.
    Source(SourceSpan),
    /// What the forge shows as the latest deployment.
    Deployment {
        /// Where.
        target: ServiceEnvironment,
    },
    /// Whether somebody belongs to a team.
    Member {
        /// The team.
        team: TeamName,
        /// The person.
        user: UserName,
    },
    /// Whether somebody is a collaborator of the config repository.
    Collaborator {
        /// The person.
        user: UserName,
    },
    /// Whether a commit is part of the history of the branch.
    Contained {
        /// The commit.
        commit: CommitId,
    },
    /// Whether somebody may write to the config repository.
    Writer {
        /// The person.
        user: UserName,
    },
}
