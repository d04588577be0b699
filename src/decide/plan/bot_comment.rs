//! What a comment of the bot says.

use crate::model::{CommandOutcome, CommentId, CommitId, UserName};

/// A comment with commands, and what became of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandledComment {
    /// The comment.
    pub comment: CommentId,
    /// Its text, from which the commands are read again.
    pub body: String,
    /// Who wrote it.
    pub by: UserName,
    /// What became of each command.
    pub outcomes: Vec<CommandOutcome>,
}

/// What a comment of the bot is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BotComment {
    /// A word to somebody whose comment was not carried out, which they are to be notified of.
    Answer {
        /// Their comment.
        asked: HandledComment,
        /// The comments whose answers this one makes out of date.
        outdates: Vec<CommentId>,
    },
    /// The answers to questions, in the one comment that is written over whenever somebody asks again.
    Answers {
        /// The questions since that was written last, oldest first; at least one.
        asked: Vec<HandledComment>,
        /// That comment, where it is there.
        over: Option<CommentId>,
        /// The comments whose answers this makes out of date.
        outdates: Vec<CommentId>,
    },
    /// A person's commit is on the branch, and we stop writing.
    ForeignHead {
        /// That commit.
        head: CommitId,
    },
}

impl BotComment {
    /// What the one comment with the answers to questions is about, before the last question that it answers.
    const ANSWERS: &'static str = "answers until ";

    /// What the remark is about: the bot says at most one thing about each.
    #[must_use]
    pub fn about(&self) -> String {
        match self {
            Self::Answer { asked, .. } => Self::about_comment(&asked.comment),
            Self::Answers { asked, .. } => {
                let last = asked.last().expect("there is at least one question");
                format!("{}{}", Self::ANSWERS, last.comment.0)
            }
            Self::ForeignHead { head } => format!("head {head}"),
        }
    }

    /// What earlier remarks were about that this one makes out of date.
    #[must_use]
    pub fn outdates(&self) -> Vec<String> {
        match self {
            Self::Answer { outdates, .. } | Self::Answers { outdates, .. } => {
                outdates.iter().map(Self::about_comment).collect()
            }
            Self::ForeignHead { .. } => Vec::new(),
        }
    }

    /// The comment of the bot that is written over.
    #[must_use]
    pub const fn over(&self) -> Option<&CommentId> {
        match self {
            Self::Answers { over, .. } => over.as_ref(),
            Self::Answer { .. } | Self::ForeignHead { .. } => None,
        }
    }

    pub(in crate::decide) fn about_comment(comment: &CommentId) -> String {
        format!("comment {}", comment.0)
    }

    /// The last question that a comment of the bot answers, by what that is about.
    pub(in crate::decide) fn last_answered(about: &str) -> Option<CommentId> {
        about.strip_prefix(Self::ANSWERS).map(|last| CommentId(last.to_owned()))
    }
}
