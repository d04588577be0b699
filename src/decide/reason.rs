//! Reasons, as data: why something waits or passes, and why something is done.

mod artifact;

pub use artifact::{ArtifactReason, TagMismatch, Undated};

use std::time::Duration;

use crate::model::{
    BranchName, ChangeNumber, EnvironmentName, ImageName, NotTaken, Obstacle, Principal, Tag, Time, UserName,
};

/// Why something is so; `render` words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GateReason {
    /// The environment comes after none, so a new release goes there directly.
    FirstEnvironment,
    /// The release landed in these.
    LandedBefore {
        /// Where.
        environments: Vec<EnvironmentName>,
    },
    /// The release has not landed in these.
    NotLandedBefore {
        /// Where it is missing.
        environments: Vec<EnvironmentName>,
    },
    /// The landing on which this rested was taken back.
    WithdrawnBefore {
        /// Where.
        environments: Vec<EnvironmentName>,
    },
    /// It has soaked since then.
    Soaked {
        /// How long it had to.
        duration: Duration,
        /// Since when.
        since: Time,
    },
    /// It soaks until then.
    Soaking {
        /// How long it has to.
        duration: Duration,
        /// Until when.
        until: Time,
    },
    /// It cannot soak before it landed.
    SoakNotBegun {
        /// How long it will have to.
        duration: Duration,
    },
    /// Nothing that runs here has to soak any longer.
    NothingSoaks,
    /// What runs here soaks until then for an environment that follows.
    SoaksFor {
        /// The environment that follows.
        follower: EnvironmentName,
        /// Until when.
        until: Time,
    },
    /// Nobody declined it.
    NotDeclined,
    /// Somebody declined it.
    Declined {
        /// Who.
        by: UserName,
        /// On which change.
        change: ChangeNumber,
        /// The environment that it would have gone to.
        environment: EnvironmentName,
        /// The release, as people call it.
        version: Tag,
        /// The change on which a request can be written.
        write_on: Option<ChangeNumber>,
    },
    /// Nobody stands in the way of automation.
    Automatic,
    /// A person set the environment by hand, and nothing newer than all that ran here has come since.
    SetByHand {
        /// Since when.
        since: Time,
        /// The change on which `/promote resume` can be written.
        write_on: Option<ChangeNumber>,
    },
    /// What runs came back by a rewrite of the branch.
    Rewritten {
        /// Since when.
        since: Time,
    },
    /// It is not known whether the branch was rewritten.
    HistoryUnknown {
        /// What went wrong.
        why: String,
    },
    /// These approved.
    Approved {
        /// Who.
        by: Vec<UserName>,
        /// How many it took.
        needed: usize,
    },
    /// Approvals are missing.
    ApprovalsMissing {
        /// Who did.
        by: Vec<UserName>,
        /// How many it takes.
        needed: usize,
        /// Who could; nobody where no approval would help now.
        from: Vec<Principal>,
        /// Approvals of this very content that do not count.
        uncounted: Vec<UncountedApproval>,
    },
    /// Nobody holds the change.
    NotHeld,
    /// Somebody holds the change.
    Held {
        /// The change.
        change: ChangeNumber,
        /// Who.
        by: UserName,
        /// Until when; until it is lifted where absent.
        until: Option<Time>,
        /// Why, in that person's words.
        reason: Option<String>,
    },
    /// It runs what it should.
    UpToDate,
    /// Something about the overlay or the edit stands in the way.
    Obstacle(Obstacle),
    /// What runs is not known, since entries lack quotes, and a change writes them.
    Unquoted(Obstacle),
    /// The registry did not answer.
    TagsUnknown {
        /// What went wrong.
        why: String,
    },
    /// The digest of the newest tag could not be read.
    DigestUnknown {
        /// The tag.
        tag: Tag,
        /// What went wrong.
        why: String,
    },
    /// Somebody's command waits, because the forge does not say what they may do.
    RightUnknown {
        /// Who wrote it.
        by: UserName,
        /// What went wrong.
        why: String,
    },
    /// Something about artifacts, beyond their tags.
    Artifact(ArtifactReason),
    /// Nothing was read yet.
    NotObserved,
    /// The selection takes no tag of the image.
    NothingSelected {
        /// The image.
        image: ImageName,
        /// How many tags it has.
        tags: usize,
        /// The tag that comes nearest to being selected, and why it is not; `None` if every single one is selected, or
        /// there are none.
        nearest: Option<(Tag, NotTaken)>,
    },
    /// Nothing newer is in the environments before.
    NothingNewer,
    /// A person's commit is on the change's branch.
    ForeignHead {
        /// The change.
        change: ChangeNumber,
    },
    /// The branch is there and is not ours.
    BranchTaken {
        /// The branch.
        branch: BranchName,
    },
    /// A change with an older release is finished first.
    FinishFirst {
        /// The change.
        change: ChangeNumber,
        /// What it carries.
        release: Tag,
        /// The newer release.
        newer: Tag,
    },
    /// The forge does not merge the change yet.
    MergeBlocked {
        /// The change.
        change: ChangeNumber,
        /// What the forge says; empty where it says no more than that.
        why: String,
    },
    /// The change stands in the forge's merge queue.
    MergeQueued {
        /// The change.
        change: ChangeNumber,
    },
    /// All gates pass, and a person merges.
    ManualMerge,
}

/// An approval that was given and does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UncountedApproval {
    /// Who gave it.
    pub by: UserName,
    /// Why it does not count.
    pub because: UncountedReason,
}

/// Why an approval does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UncountedReason {
    /// The same person asked for the promotion.
    Requester,
    /// The tag points to something else since the approval was given.
    TagMoved(Tag),
    /// The gate does not name that person, nor a team of theirs.
    NotNamed,
    /// The change has other content than what was approved, or a head that the bot did not write.
    OtherContent,
    /// The review was taken back.
    Dismissed,
}

impl From<ArtifactReason> for GateReason {
    fn from(reason: ArtifactReason) -> Self {
        Self::Artifact(reason)
    }
}

impl GateReason {
    /// The change on which a command is advised to be written, where no change is open.
    #[must_use]
    pub const fn write_on(&self) -> Option<ChangeNumber> {
        if let Self::Declined { write_on, .. }
        | Self::SetByHand { write_on, .. }
        | Self::Artifact(ArtifactReason::Mixed { write_on, .. }) = self
        {
            return *write_on;
        }
        None
    }

    /// Whether a person has to mend something outside before this goes away.
    #[must_use]
    pub const fn is_trouble(&self) -> bool {
        if let Self::Artifact(reason) = self {
            return reason.is_trouble();
        }
        matches!(
            self,
            Self::Obstacle(_)
                | Self::TagsUnknown { .. }
                | Self::DigestUnknown { .. }
                | Self::RightUnknown { .. }
                | Self::HistoryUnknown { .. }
        )
    }
}

/// Why an action is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActionReason {
    /// The open gates pass.
    GatesPass(Vec<GateReason>),
    /// A person asked for exactly this.
    Requested {
        /// Who.
        by: UserName,
    },
    /// A newer release takes the place of an older one.
    Newer {
        /// The older one.
        replaces: Tag,
    },
    /// The base moved so that the content had to be made anew.
    BaseMoved,
    /// The base was rewritten without the commit on which the content had been made.
    BaseRewritten,
    /// It may not be merged any more, or not by the bot, for these reasons.
    NotToBeMerged(Vec<GateReason>),
    /// It runs already, or something newer does.
    Overtaken,
    /// The landing on which it rested was taken back.
    Withdrawn,
    /// Somebody declined it.
    Declined {
        /// Who.
        by: UserName,
    },
    /// The change ended.
    Ended {
        /// Which.
        change: ChangeNumber,
    },
    /// It is true and was not in the log.
    NotInTheLog,
    /// Somebody has to be told.
    SomebodyAsked {
        /// Who.
        by: UserName,
    },
    /// A person's commit is on the branch.
    ForeignHead,
}
