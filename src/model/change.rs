//! A change is a pull or merge request, in words that every forge shares.

use super::{
    BranchName, CommitId, ContentKey, EnvironmentName, GroupName, ImageReference, Time, UserName, words,
};

/// The orphan branch of a config repository that holds the log.
pub const LOG_BRANCH: &str = "towpath/log";
/// What the branches of Towpath's changes start with: `towpath/<environment>/<group>`.
pub const BRANCH_PREFIX: &str = "towpath/";
/// The label of every change, by which people find them.
pub const CHANGE_LABEL: &str = "towpath";

/// The branch of the change that carries a group into an environment.
#[must_use]
pub fn change_branch(environment: &EnvironmentName, group: &GroupName) -> BranchName {
    let name = format!("{BRANCH_PREFIX}{environment}/{group}");
    BranchName::new(name).expect("environment and group names are made of branch characters")
}

/// The number of a change within its repository.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct ChangeNumber(pub u64);

impl std::fmt::Display for ChangeNumber {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "#{}", self.0)
    }
}

/// What identifies a comment or review within its repository, for ever.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct CommentId(pub String);

/// Where a change stands at the forge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeState {
    /// It waits.
    Open,
    /// Its content is on the base branch.
    Merged {
        /// When, as the forge says.
        at: Time,
        /// Who merged it.
        by: UserName,
        /// The commit on the base branch that brought it.
        commit: CommitId,
    },
    /// It was closed without a merge.
    Closed {
        /// When.
        at: Time,
        /// Who closed it.
        by: UserName,
    },
}

words! {
    /// What a reviewer said.
    ReviewVerdict {
        /// The content is fine.
        Approve = "approve",
        /// The content must not go on like this.
        RequestChanges = "request-changes",
        /// Neither; its text may hold commands.
        Comment = "comment",
    }
}

words! {
    /// A small sign on a comment that it was seen.
    Reaction {
        /// Done.
        Rocket = "rocket",
        /// Already so, or only answered.
        ThumbsUp = "+1",
        /// Refused.
        ThumbsDown = "-1",
        /// Not understood.
        Confused = "confused",
    }
}

words! {
    /// The state of a commit status.
    StatusState {
        /// Gates wait.
        Pending = "pending",
        /// All gates pass.
        Success = "success",
        /// Something refuses.
        Failure = "failure",
    }
}

/// What somebody wrote on a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its identity.
    pub id: CommentId,
    /// Who wrote it.
    pub author: UserName,
    /// When it was created.
    pub at: Time,
    /// Whether it was edited after creation; then it gives no command.
    pub edited: bool,
    /// The text, at most 64 KiB.
    pub body: String,
    /// The reactions that the bot left.
    pub reactions: Vec<Reaction>,
}

impl Comment {
    /// What a comment of the bot is about, as its hidden mark says. Trust it only on the bot's own comments.
    #[must_use]
    pub fn about(&self) -> Option<&str> {
        Self::about_in(&self.body)
    }

    /// What the text of a comment of the bot is about.
    #[must_use]
    pub fn about_in(body: &str) -> Option<&str> {
        let (_, rest) = body.rsplit_once(Self::MARK_START)?;
        rest.split_once(Self::MARK_END).map(|(about, _)| about)
    }

    /// The hidden mark by which the bot finds its own comment again.
    #[must_use]
    pub fn mark(about: &str) -> String {
        format!("{}{about}{}", Self::MARK_START, Self::MARK_END)
    }

    const MARK_START: &'static str = "<!-- towpath:about ";
    const MARK_END: &'static str = " -->";
}

/// A review of a change at one head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its identity.
    pub id: CommentId,
    /// Who reviewed.
    pub author: UserName,
    /// When.
    pub at: Time,
    /// The head that was reviewed.
    pub head: CommitId,
    /// What was said.
    pub verdict: ReviewVerdict,
    /// Who took it back since, by the forge's button; whoever may write can take back anybody's.
    pub taken_back_by: Option<UserName>,
    /// Whether the text was edited after it was written; then it gives no command. The verdict is its author's all the same.
    pub edited: bool,
    /// The text of the review; commands are read in it.
    pub body: String,
}

impl Review {
    /// Whether it says nothing any more. A yes ends when anybody takes it back; a no, which stops the change, only when
    /// its own author does: for others there is `/promote resume`, which takes a right.
    #[must_use]
    pub fn is_void(&self) -> bool {
        match self.verdict {
            ReviewVerdict::Approve | ReviewVerdict::Comment => self.taken_back_by.is_some(),
            ReviewVerdict::RequestChanges => self.taken_back_by.as_ref() == Some(&self.author),
        }
    }
}

/// A commit status that the bot published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The head it stands on.
    pub head: CommitId,
    /// When it was published.
    pub at: Time,
    /// Its state.
    pub state: StatusState,
    /// The one line that people read.
    pub text: String,
}

impl Status {
    /// Whether people read the same in another one.
    #[must_use]
    pub fn is_same(&self, other: &NewStatus) -> bool {
        (self.state, &self.text) == (other.state, &other.text)
    }
}

/// The commit at the tip of a change's branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The commit.
    pub commit: CommitId,
    /// Whether the bot's identity is its author and committer. Content still has to agree with the key.
    pub by_bot: bool,
    /// Its message, trailers included.
    pub message: String,
    /// Where this commit only merges the base into the branch: the commit of the branch beneath it.
    pub beneath: Option<Box<Self>>,
}

impl Head {
    /// The value of a trailer in the last paragraph of the message.
    #[must_use]
    pub fn trailer<'a>(&'a self, name: &'a str) -> Option<&'a str> {
        self.trailers(name).next()
    }

    /// The values of a trailer that may stand several times, in order.
    pub fn trailers<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let last = self.message.trim_end().rsplit("\n\n").next().unwrap_or_default();
        last.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

/// What the bot proposed with a change, as a hidden mark in its body: a hint, never a proof.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContentMark {
    /// The content key.
    pub key: ContentKey,
    /// What the content brings.
    pub images: Vec<ImageReference>,
}

impl ContentMark {
    const START: &'static str = "<!-- towpath:content ";
    const END: &'static str = " -->";
    /// Longest mark that is read, in bytes.
    const BYTES_MAX: usize = 16 * 1024;

    /// The mark as it stands in a body. Nothing in it can end the comment that hides it.
    #[must_use]
    pub fn write(&self) -> String {
        let json = serde_json::to_string(self).expect("keys and references are plain text");
        let json = json.replace('>', "\\u003e");
        format!("{}{json}{}", Self::START, Self::END)
    }
}

words! {
    /// Why a forge does not merge a change as things are.
    BarrierKind {
        /// A rule of the repository is not met yet: a review, a check, a right.
        Blocked = "blocked",
        /// The forge wants the newest base in the branch first.
        Behind = "behind",
        /// Not all that was said on the change can be read, so it is left to people.
        Unread = "unread",
    }
}

/// What the forge holds against merging a change that goes together with its base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeBlocker {
    /// What it is.
    pub kind: BarrierKind,
    /// What the forge says, with what to do, where that is known; empty where it says no more than the kind.
    pub why: String,
    /// When a merge is worth another try; nothing where none was tried, since only a try tells for sure.
    pub until: Option<Time>,
}

/// The place of a change in the forge's own queue, from which the forge merges it at its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePlace {
    /// Whether the bot put it there; if not, a person wants it merged.
    pub by_bot: bool,
    /// The commit that the forge would merge, on which it waits for the required checks; nothing until it has made one.
    pub group: Option<CommitId>,
    /// What the bot published last on that commit.
    pub shown: Option<Status>,
}

/// A change request on a config repository whose branch carries Towpath's prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its number.
    pub number: ChangeNumber,
    /// Where people look at it.
    pub url: String,
    /// Its title.
    pub title: String,
    /// Its text.
    pub body: String,
    /// Who opened it.
    pub author: UserName,
    /// The branch with the content.
    pub branch: BranchName,
    /// The branch into which it goes.
    pub base: BranchName,
    /// Where it stands.
    pub state: ChangeState,
    /// When it was opened.
    pub opened_at: Time,
    /// The tip of its branch; of a merged or closed change, the last one it had.
    pub head: Head,
    /// Whether the forge can merge it into its base as things are.
    pub conflicted: bool,
    /// What else stands in the way of merging it, as far as the forge says.
    pub barrier: Option<MergeBlocker>,
    /// Where it stands in the forge's own queue, if it does.
    pub queue: Option<QueuePlace>,
    /// Comments, oldest first.
    pub comments: Vec<Comment>,
    /// Reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Statuses `towpath/<environment>` on any of its heads, oldest first.
    pub statuses: Vec<Status>,
}

impl Change {
    /// What the bot said that it proposes: the last mark in the body, if it is whole.
    #[must_use]
    pub fn content_mark(&self) -> Option<ContentMark> {
        let (_, rest) = self.body.rsplit_once(ContentMark::START)?;
        let (json, _) = rest.split_once(ContentMark::END)?;
        if json.len() > ContentMark::BYTES_MAX {
            return None;
        }
        serde_json::from_str(json).ok()
    }

    /// The commit that says what the change carries: the head, but for merges of the base on top of it.
    #[must_use]
    pub fn written(&self) -> &Head {
        self.head.beneath.as_deref().unwrap_or(&self.head)
    }

    /// A review by its identity.
    #[must_use]
    pub fn review(&self, id: &CommentId) -> Option<&Review> {
        self.reviews.iter().find(|review| review.id == *id)
    }

    /// Whether it waits.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self.state, ChangeState::Open)
    }
}

/// The one line that stands on a head as `towpath/<environment>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStatus {
    /// Its name, `towpath/<environment>`.
    pub context: String,
    /// Its state.
    pub state: StatusState,
    /// The line.
    pub text: String,
    /// The gates, in Markdown, for forges that show more than a line.
    pub summary: String,
    /// What of the content the change's own text had no room for, in Markdown, for such forges.
    pub details: String,
}

impl NewStatus {
    /// The same on the commit that a queue would merge: what waits there holds up all that stand behind it.
    #[must_use]
    pub fn in_queue(&self) -> Self {
        let state = match self.state {
            StatusState::Success => StatusState::Success,
            StatusState::Pending | StatusState::Failure => StatusState::Failure,
        };
        Self { state, ..self.clone() }
    }
}
