//! What only Towpath knows, as it stands in the log: one JSON object a line, appended before it counts.
//!
//! Records derive serde here because a line of the log is Towpath's own contract; a second set of types would repeat
//! all of it.

use super::{
    ChangeNumber, CommentId, CommitId, ContentKey, Digest, EnvironmentName, ImageName, ImageReference,
    Reaction, Right, ServiceEnvironment, Tag, Time, UserName,
};

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Record {
    /// When it happened: of a landing, the forge's merge time or our first sight.
    pub at: Time,
    /// What happened.
    #[serde(flatten)]
    pub event: Event,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A release runs in an environment.
    Landed {
        /// Where.
        target: ServiceEnvironment,
        /// What runs.
        images: Vec<ImageReference>,
        /// How it came there.
        origin: Origin,
    },
    /// A landing no longer counts for the environments that follow.
    Withdrawn {
        /// Where.
        target: ServiceEnvironment,
        /// What no longer counts.
        images: Vec<ImageReference>,
        /// Why.
        because: WithdrawalReason,
    },
    /// A person closed a change: this content is not proposed again.
    Declined {
        /// Where it would have gone.
        target: ServiceEnvironment,
        /// What it would have brought.
        images: Vec<ImageReference>,
        /// The content.
        key: ContentKey,
        /// The change that was closed.
        change: ChangeNumber,
        /// Who closed it.
        by: UserName,
    },
    /// A tag that an open change carries points to something else now: approvals given before do not count.
    TagMoved {
        /// The image.
        image: ImageName,
        /// The tag.
        tag: Tag,
        /// What it pointed to when it was chosen.
        from: Digest,
        /// What it points to now.
        to: Digest,
    },
    /// A landing was dated by a clock that was ahead. It counts from when this was recorded.
    ClockCorrected {
        /// Where it landed.
        target: ServiceEnvironment,
        /// What landed.
        images: Vec<ImageReference>,
        /// The date that the landing has in the log.
        was: Time,
    },
    /// The clock shows an earlier time than a record of the log. What lands with a date before that time soaks from that time
    /// on, once it has come.
    ClockSetBack {
        /// The latest time that a record had.
        latest: Time,
    },
    /// A comment or review with commands was carried out, once.
    Handled {
        /// The change it stands on.
        change: ChangeNumber,
        /// The comment or review.
        comment: CommentId,
        /// Who wrote it.
        by: UserName,
        /// What became of each command, in order.
        outcomes: Vec<CommandOutcome>,
    },
}

/// How a release came to run.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// It ran there when Towpath first looked.
    Adopted,
    /// By a merged change.
    Change(ChangeNumber),
    /// A person wrote it to the branch.
    Hand,
    /// By a merged change that brought something else than was approved: the forge, or whoever merged it, changed it.
    Altered(ChangeNumber),
    /// The branch was rewritten without the merge that had brought the last landing, so that it runs again.
    Rewritten,
}

/// Why a landing no longer counts.
#[derive(Copy, Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithdrawalReason {
    /// A person set the environment back to something else.
    SetBack,
    /// The branch was rewritten without the merge that had brought it.
    Rewritten,
}

/// What became of one command.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CommandOutcome {
    /// The approval counts for exactly this content.
    Approved {
        /// The head that the approver saw.
        head: CommitId,
        /// Its content.
        key: ContentKey,
    },
    /// The content is declined and the change closes.
    Rejected {
        /// Where it would have gone.
        target: ServiceEnvironment,
        /// What it would have brought.
        images: Vec<ImageReference>,
        /// The content.
        key: ContentKey,
        /// Why, in the person's words.
        reason: Option<String>,
    },
    /// The change stops.
    Held {
        /// Until when; for ever where absent.
        until: Option<Time>,
        /// Why, in the person's words.
        reason: Option<String>,
    },
    /// The hold is lifted, and automation takes up an environment that was set by hand.
    Resumed {
        /// The environment that automation takes up again.
        target: ServiceEnvironment,
    },
    /// A person asks for exactly this in an environment.
    Requested {
        /// Where.
        target: ServiceEnvironment,
        /// What.
        images: Vec<ImageReference>,
    },
    /// A question was answered.
    Answered,
    /// A line did not parse, so nothing of the comment was done.
    Unparsable,
    /// The command was understood and refused.
    Refused(RefusalReason),
    /// An earlier command of the same comment was refused.
    NotRun,
}

impl CommandOutcome {
    /// What the command asked for at a target.
    #[must_use]
    pub fn requested(&self, at: &ServiceEnvironment) -> Option<&[ImageReference]> {
        match self {
            Self::Requested { target, images } if target == at => Some(images),
            Self::Requested { .. }
            | Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Held { .. }
            | Self::Resumed { .. }
            | Self::Answered
            | Self::Unparsable
            | Self::Refused(_)
            | Self::NotRun => None,
        }
    }

    /// The content that was approved.
    #[must_use]
    pub const fn approved(&self) -> Option<&ContentKey> {
        match self {
            Self::Approved { key, .. } => Some(key),
            Self::Rejected { .. }
            | Self::Held { .. }
            | Self::Resumed { .. }
            | Self::Requested { .. }
            | Self::Answered
            | Self::Unparsable
            | Self::Refused(_)
            | Self::NotRun => None,
        }
    }

    /// Whether a sign on the comment is not enough of an answer.
    #[must_use]
    pub const fn needs_words(&self) -> bool {
        match self {
            Self::Answered | Self::Unparsable | Self::Refused(_) | Self::NotRun => true,
            Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Held { .. }
            | Self::Resumed { .. }
            | Self::Requested { .. } => false,
        }
    }

    /// The sign on the comment that says what became of it.
    #[must_use]
    pub const fn reaction(&self) -> Reaction {
        match self {
            Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Held { .. }
            | Self::Resumed { .. }
            | Self::Requested { .. } => Reaction::Rocket,
            Self::Answered => Reaction::ThumbsUp,
            Self::Unparsable => Reaction::Confused,
            Self::Refused(_) | Self::NotRun => Reaction::ThumbsDown,
        }
    }

    /// Whether the command lets automation take up a target again.
    #[must_use]
    pub fn resumes(&self, at: &ServiceEnvironment) -> bool {
        matches!(self, Self::Resumed { target } if target == at)
    }
}

/// Why a command was refused.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalReason {
    /// The author lacks the right.
    NotEntitled {
        /// The right that it takes.
        right: Right,
        /// Another right that is enough, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        or: Option<Right>,
        /// Where it takes it.
        environment: EnvironmentName,
    },
    /// The author is named for the right, and has no access to the config repository.
    NamedStranger {
        /// The right that it takes.
        right: Right,
        /// Where it takes it.
        environment: EnvironmentName,
    },
    /// Who asked for a promotion cannot approve it.
    Requester,
    /// The content changed too shortly before the comment, or `sha=` names another head.
    OtherHead {
        /// The head that is there now.
        head: CommitId,
    },
    /// Somebody else's commit is on the branch.
    ForeignHead,
    /// The change is no longer open.
    NotOpen,
    /// The pipeline has no such environment.
    UnknownEnvironment(String),
    /// No environment follows.
    NothingFollows,
    /// No such version is known where it would come from: written by earlier versions of Towpath.
    UnknownVersion(String),
    /// What runs there is as new, or newer.
    NotNewer {
        /// What was asked for.
        version: Tag,
        /// Where.
        environment: EnvironmentName,
        /// What runs there. Earlier versions of Towpath did not record it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        runs: Option<Tag>,
    },
    /// The version is not in the registry, which is where the environment takes releases from.
    NotInRegistry {
        /// What was asked for.
        version: String,
        /// Where.
        environment: EnvironmentName,
    },
    /// The version did not land in the environments from which the environment takes releases.
    NotLanded {
        /// What was asked for.
        version: String,
        /// Where.
        environment: EnvironmentName,
        /// Where it has to land first.
        before: Vec<EnvironmentName>,
    },
    /// The content was declined after it was last asked for.
    Declined {
        /// Who declined it.
        by: UserName,
    },
    /// A hold was to end before it began.
    PastInstant,
    /// The comment was edited after it was written.
    Edited,
    /// It stands on a change that ended and is not the last one of its branch, where commands are no longer taken.
    EndedChange {
        /// The change that takes commands instead.
        newest: ChangeNumber,
    },
}
