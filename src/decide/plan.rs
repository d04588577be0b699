//! What was judged: for each target the gates, and from them the actions, each with its reason as data.

mod bot_comment;

use std::collections::BTreeSet;

pub use bot_comment::{BotComment, HandledComment};

use super::need::Need;
use super::reason::{ActionReason, ArtifactReason, GateReason};
use crate::model::{
    BranchName, ChangeNumber, CommentId, CommitId, ContentKey, EnvironmentName, FactKey, ImageReference,
    Reaction, Record, Release, RunningImage, ServiceEnvironment, Time, UserName, words,
};

words! {
    /// One condition on the way into an environment.
    GateName {
        /// The release landed in the environments before.
        PreviousEnvironment = "previous-environment",
        /// It has been there long enough.
        Soak = "soak",
        /// What runs here has not soaked long enough for an environment that follows.
        FollowerSoak = "follower-soak",
        /// Nobody declined this content.
        Decline = "decline",
        /// The tags still point to what was chosen.
        Tag = "tag",
        /// Every artifact runs on the platforms that were asked for.
        Platforms = "platforms",
        /// The youngest artifact was made some time ago.
        Quiet = "quiet",
        /// A person set the environment by hand.
        Hand = "hand",
        /// Enough people approved.
        Approvals = "approvals",
        /// Nobody holds the change.
        Hold = "hold",
    }
}

words! {
    /// What a gate says.
    Verdict {
        /// Go on.
        Pass = "pass",
        /// Not yet.
        Wait = "wait",
        /// No.
        Fail = "fail",
    }
}

/// What a gate says of one release at one target, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GateReport {
    /// The gate.
    pub gate: GateName,
    /// What it says.
    pub verdict: Verdict,
    /// When it is worth asking again, where that is known.
    pub until: Option<Time>,
    /// Why.
    pub reason: GateReason,
}

/// An environment of a pipeline, and when one release landed there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JourneyStep {
    /// The environment.
    pub environment: EnvironmentName,
    /// When the release landed there last; `None` if it did not, or its landing was withdrawn.
    pub landed_at: Option<Time>,
}

/// What was judged of one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// The target.
    pub target: ServiceEnvironment,
    /// What runs, and which lines say so; empty where that is not known.
    pub running: Vec<RunningImage>,
    /// When what runs came to run.
    pub landed_at: Option<Time>,
    /// The release that is next: what an open change carries, or what waits nearest to its gates.
    pub candidate: Option<Release>,
    /// What each gate says of the candidate.
    pub gates: Vec<GateReport>,
    /// Where the candidate landed so far: one stop per environment of the pipeline, in order; empty without a candidate.
    pub journey: Vec<JourneyStep>,
    /// The open change.
    pub change: Option<ChangeNumber>,
    /// Who last asked for the candidate here, if a person did.
    pub requester: Option<UserName>,
    /// What else there is to say.
    pub notes: Vec<GateReason>,
    /// When something here may turn by itself that no gate above tells: a newer release that still waits.
    pub next_look: Option<Time>,
}

impl Judgement {
    /// Why nothing moves, the gates in their order and then the rest; empty where it does or need not.
    pub fn waiting(&self) -> impl Iterator<Item = &GateReason> {
        let gates = self.gates.iter().filter(|gate| gate.verdict != Verdict::Pass).map(|gate| &gate.reason);
        let notes = self.notes.iter().filter(|note| {
            // Tags that are never compared, such as those of a build cache, are nothing to wait for.
            !matches!(
                note,
                GateReason::UpToDate
                    | GateReason::NothingNewer
                    | GateReason::Artifact(
                        ArtifactReason::DigestRuns { .. } | ArtifactReason::NotCompared { .. }
                    )
            )
        });
        gates.chain(notes)
    }
}

/// The proof that all gates of one content passed at one instant. Only `decide` can make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatesPassed {
    change: ChangeNumber,
    head: CommitId,
    key: ContentKey,
    approved_by: Vec<UserName>,
    valid_until: Time,
}

impl GatesPassed {
    pub(super) const fn new(
        change: ChangeNumber,
        head: CommitId,
        key: ContentKey,
        approved_by: Vec<UserName>,
        valid_until: Time,
    ) -> Self {
        Self { change, head, key, approved_by, valid_until }
    }

    /// The change that may be merged.
    #[must_use]
    pub const fn change(&self) -> ChangeNumber {
        self.change
    }

    /// The only head that may be merged.
    #[must_use]
    pub const fn head(&self) -> &CommitId {
        &self.head
    }

    /// The content for which the gates passed.
    #[must_use]
    pub const fn key(&self) -> &ContentKey {
        &self.key
    }

    /// Who approved it.
    #[must_use]
    pub fn approved_by(&self) -> &[UserName] {
        &self.approved_by
    }

    /// The instant after which nothing may rest on this any more.
    #[must_use]
    pub const fn valid_until(&self) -> Time {
        self.valid_until
    }
}

words! {
    /// The kind of an action, as `towpath plan --json`, the log of the process and `towpath run` print it.
    ActionKind {
        /// Append a record to the log.
        Record = "record",
        /// Open a change.
        Open = "open",
        /// Give a change new content, or bring its title, body and status up to date.
        Update = "update",
        /// Merge a change.
        Merge = "merge",
        /// Take a change out of the forge's merge queue.
        Dequeue = "dequeue",
        /// Close a change.
        Close = "close",
        /// Delete the branch of a change that ended.
        DeleteBranch = "delete-branch",
        /// Write a comment.
        Comment = "comment",
        /// React to a comment.
        React = "react",
        /// Report a landing to the forge as a deployment.
        Announce = "announce",
    }
}

/// Something to do, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append to the log, before anything else is done.
    Record {
        /// The line.
        record: Record,
    },
    /// Open a change.
    Open {
        /// Where to.
        target: ServiceEnvironment,
        /// The release.
        release: Release,
        /// The content.
        key: ContentKey,
        /// What the branch points to now.
        expected: Option<CommitId>,
        /// Who asked for it, where somebody did.
        requester: Option<UserName>,
        /// Why.
        because: ActionReason,
    },
    /// Give an open change new content.
    Update {
        /// The change.
        change: ChangeNumber,
        /// Where to.
        target: ServiceEnvironment,
        /// The release.
        release: Release,
        /// The content.
        key: ContentKey,
        /// The head that is replaced.
        expected: CommitId,
        /// Who asked for it, where somebody did.
        requester: Option<UserName>,
        /// Why.
        because: ActionReason,
    },
    /// Merge a change.
    Merge {
        /// Where to.
        target: ServiceEnvironment,
        /// The release.
        release: Release,
        /// Who asked for it, where somebody did.
        requester: Option<UserName>,
        /// The proof.
        gates: GatesPassed,
    },
    /// Take a change out of the forge's own queue, into which the bot put it. It stays open.
    Dequeue {
        /// The change.
        change: ChangeNumber,
        /// Where it would have gone.
        target: ServiceEnvironment,
        /// Why.
        because: ActionReason,
    },
    /// Close a change.
    Close {
        /// The change.
        change: ChangeNumber,
        /// Where it would have gone.
        target: ServiceEnvironment,
        /// Why.
        because: ActionReason,
    },
    /// Delete the branch of a change that ended.
    DeleteBranch {
        /// The branch.
        branch: BranchName,
        /// Where it went.
        target: ServiceEnvironment,
        /// What it points to.
        expected: CommitId,
        /// Why.
        because: ActionReason,
    },
    /// Write a comment.
    Comment {
        /// On which change.
        change: ChangeNumber,
        /// Of which target.
        target: ServiceEnvironment,
        /// What it says.
        remark: BotComment,
        /// Why.
        because: ActionReason,
    },
    /// Leave a reaction.
    React {
        /// On which change.
        change: ChangeNumber,
        /// Of which target.
        target: ServiceEnvironment,
        /// On which comment.
        comment: CommentId,
        /// The reaction.
        reaction: Reaction,
        /// Why.
        because: ActionReason,
    },
    /// Tell the forge of a landing, for those who look there.
    Announce {
        /// Where it landed.
        target: ServiceEnvironment,
        /// What landed.
        images: Vec<ImageReference>,
        /// The change that brought it, where one did.
        change: Option<ChangeNumber>,
    },
}

impl Action {
    /// The kind of the action.
    #[must_use]
    pub const fn kind(&self) -> ActionKind {
        match self {
            Self::Record { .. } => ActionKind::Record,
            Self::Open { .. } => ActionKind::Open,
            Self::Update { .. } => ActionKind::Update,
            Self::Merge { .. } => ActionKind::Merge,
            Self::Dequeue { .. } => ActionKind::Dequeue,
            Self::Close { .. } => ActionKind::Close,
            Self::DeleteBranch { .. } => ActionKind::DeleteBranch,
            Self::Comment { .. } => ActionKind::Comment,
            Self::React { .. } => ActionKind::React,
            Self::Announce { .. } => ActionKind::Announce,
        }
    }
}

/// Everything that was judged at one instant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Each target, services in the order of the file, environments in the order of the pipeline.
    pub judgements: Vec<Judgement>,
    /// What to do, records first.
    pub actions: Vec<Action>,
    /// What it rests on beside the head, the log, the changes and the time: another fact changes nothing of it.
    pub facts_read: BTreeSet<FactKey>,
    /// What was missing; judgement is better once it is known.
    pub needs: BTreeSet<Need>,
    /// When to look again even if nothing happens.
    pub next_look: Option<Time>,
}

impl Plan {
    /// What was judged of a target.
    #[must_use]
    pub fn judgement(&self, target: &ServiceEnvironment) -> Option<&Judgement> {
        self.judgements.iter().find(|judgement| judgement.target == *target)
    }
}
