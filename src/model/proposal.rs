//! What is written to a forge, worded and ready: changes, merges, comments.

use super::{
    BranchName, ChangeNumber, CommentId, CommitId, ConfigBranch, NewStatus, Principal, Reaction,
    RepositoryPath,
};

/// What people see of a change: title, text and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Presentation {
    /// The title.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// The status on its head.
    pub status: NewStatus,
}

/// A change to open, or new content for one that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Where.
    pub place: ConfigBranch,
    /// The branch that carries it.
    pub branch: BranchName,
    /// What the branch must point to now; nothing where it must not exist.
    pub expected: Option<CommitId>,
    /// The commit of the base branch on which the files were edited: the parent of the new commit.
    pub base: CommitId,
    /// The files with their whole new content; all other files stay.
    pub files: Vec<(RepositoryPath, Vec<u8>)>,
    /// The commit message, trailers included.
    pub message: String,
    /// Labels of the change.
    pub labels: Vec<String>,
    /// What people see.
    pub presentation: Presentation,
    /// Whom to ask for a review once the change is open, at most [`Proposal::REVIEWERS_MAX`].
    pub reviewers: Vec<Principal>,
}

impl Proposal {
    /// How many are asked for a review of one change.
    pub const REVIEWERS_MAX: usize = 15;
}

/// A merge of exactly one head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Where.
    pub place: ConfigBranch,
    /// The change.
    pub change: ChangeNumber,
    /// The head that may be merged; any other is refused as a conflict.
    pub head: CommitId,
    /// The message of the merge commit, trailers included.
    pub message: String,
}

/// A reaction of the bot on a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReaction {
    /// The comment; on a review nothing is left.
    pub comment: CommentId,
    /// The reaction.
    pub reaction: Reaction,
}

/// A comment of the bot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedComment {
    /// The comment of the bot that it is written over; a new one where absent.
    pub over: Option<CommentId>,
    /// What earlier remarks were about that this one makes out of date: they may be folded away.
    pub outdates: Vec<String>,
    /// What it is about; at most one comment of the bot on a change carries the same.
    pub about: String,
    /// The text, in Markdown, with its hidden mark.
    pub body: String,
}
