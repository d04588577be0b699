//! What Towpath asks of a forge, in its own words; each adapter translates and judges nothing.
//!
//! Every write finds or creates, and every move of a branch is compare-and-swap: a lost answer is repaired by
//! doing the same again.

pub mod any;
pub mod github;
pub mod local;
mod log;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;

use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, ConfigBranch, Deployment, FileChange,
    ForgeCapabilities, Head, Health, HealthQuestion, ImageReference, LeftOut, RepositoryName, RepositoryPath,
    ServiceEnvironment, SourceChecks, SourceComparison, SourceSpan, TeamName, Time, TreeEntry, UserName,
};
use crate::sanitize::line;

pub use crate::model::{
    BRANCH_PREFIX, CHANGE_LABEL, LOG_BRANCH, Merge, NewReaction, NewStatus, Presentation, Proposal,
    PublishedComment as Remark,
};

/// Why a forge did not do what it was asked, sorted by what the caller does next. Its words are shown as one sanitized
/// line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ForgeError {
    /// Somebody was faster: look again and decide again.
    #[error("{} changed in the meantime; nothing was written", line(.what))]
    Conflict {
        /// What moved.
        what: String,
    },
    /// It does not exist: a person has to mend the configuration or the forge.
    #[error("{} does not exist", line(.what))]
    NotFound {
        /// What is absent.
        what: String,
    },
    /// The bot lacks a permission: a person has to grant it.
    #[error("the bot may not {} in `{}`; {}", line(.verb), line(.repository), line(.way_out))]
    Forbidden {
        /// What it tried.
        verb: String,
        /// Where.
        repository: String,
        /// What it is to be granted, or where to look.
        way_out: String,
    },
    /// The repository, or the bot itself, is not what it was: a person has to see to it.
    #[error("{}; {}", line(.why), line(.way_out))]
    Misconfigured {
        /// What is so.
        why: String,
        /// What mends it.
        way_out: String,
    },
    /// A rule of the repository stands in the way, such as a protected branch: a person has to see to it.
    #[error("{} is not allowed: {}", line(.what), line(.why))]
    Blocked {
        /// What was tried.
        what: String,
        /// What the forge says about it.
        why: String,
    },
    /// The forge does not do it yet, and says of the change itself what it waits for: look again.
    #[error("{} has to wait: {}", line(.what), line(.why))]
    NotYet {
        /// What was tried.
        what: String,
        /// What the forge says about it.
        why: String,
    },
    /// The forge asks for patience: wait and try again.
    #[error("the forge asks to wait {} s", wait.as_secs())]
    RateLimited {
        /// How long.
        wait: Duration,
    },
    /// The forge did not answer, or not sensibly: try again later.
    #[error("{} failed: {}", line(.what), line(.why))]
    Unavailable {
        /// What was tried.
        what: String,
        /// What went wrong.
        why: String,
    },
}

impl ForgeError {
    /// What was tried, and what went wrong.
    fn unavailable(what: impl Into<String>, why: impl Display) -> Self {
        Self::Unavailable { what: what.into(), why: why.to_string() }
    }
}

/// The part of the log after a known commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogPart {
    /// The tip of the log, on which an append goes; `None` if there is no log yet.
    pub tip: Option<CommitId>,
    /// The last commit that is proven to be the bot's; what came after it does not count. `None` if there is none.
    pub proven: Option<CommitId>,
    /// Whether `lines` starts at the beginning, because the known commit is not in the log's history.
    pub from_start: bool,
    /// The lines up to the last commit that is proven, one JSON object each, without line breaks.
    pub lines: Vec<String>,
}

impl LogPart {
    /// A log of which nothing counts.
    #[must_use]
    pub const fn of_none(tip: Option<CommitId>) -> Self {
        Self { tip, proven: None, from_start: true, lines: Vec::new() }
    }

    /// The commits after the last one that is proven, if there are any.
    #[must_use]
    pub fn unproven(&self) -> Option<LeftOut> {
        let tip = self.tip.clone()?;
        (self.tip != self.proven).then(|| LeftOut::LogCommits { tip, proven: self.proven.clone() })
    }
}

/// What a forge says of somebody.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// Whether it is so.
    pub is_so: bool,
    /// When the forge said so; nothing where that is now. What is remembered keeps the time at which it was asked.
    pub at: Option<Time>,
}

impl Confirmation {
    /// What is known without having been remembered.
    #[must_use]
    pub const fn now(is_so: bool) -> Self {
        Self { is_so, at: None }
    }
}

/// A forge: where config repositories live, and people read and answer.
pub trait Forge: Send + Sync {
    /// The bot's own name.
    fn bot(&self) -> &UserName;

    /// What this forge can do beyond what every forge can.
    fn capabilities(&self) -> ForgeCapabilities {
        ForgeCapabilities::default()
    }

    /// Says that something happened in a repository, so that the next look there reads what a sweep may leave out.
    ///
    /// It asks nothing and waits for nothing. Whoever reads everything every time has no use for it.
    fn hint(&self, _repository: &RepositoryName) {}

    /// How far the forge's own clock is ahead of ours, as its last response told; `None` if nothing told it, or if it has no
    /// clock of its own.
    fn clock_ahead(&self) -> Option<TimeDelta> {
        None
    }

    /// What lies between two commits of a repository of this forge; nothing where the bot sees none.
    fn compare_source(
        &self,
        _span: &SourceSpan,
    ) -> impl Future<Output = Result<Option<SourceComparison>, ForgeError>> + Send {
        std::future::ready(Ok(None))
    }

    /// What the builds of the new commit of a span came to, which is all of a comparison that can change.
    fn source_checks(
        &self,
        _span: &SourceSpan,
    ) -> impl Future<Output = Result<SourceChecks, ForgeError>> + Send {
        std::future::ready(Ok(SourceChecks::None))
    }

    /// What it shows as the latest of Towpath's deployments at each target; nothing for a target where it shows none.
    ///
    /// One that is not complete, because whoever made it was cut off, is not shown yet.
    fn deployed(
        &self,
        _place: &ConfigBranch,
        _targets: &[ServiceEnvironment],
    ) -> impl Future<Output = Result<BTreeMap<ServiceEnvironment, Vec<ImageReference>>, ForgeError>> + Send
    {
        std::future::ready(Ok(BTreeMap::new()))
    }

    /// Shows people a landing, unless it is the one that is shown.
    fn announce(
        &self,
        _place: &ConfigBranch,
        _deployment: &Deployment,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send {
        std::future::ready(Ok(()))
    }

    /// The tip of the branch of a place.
    fn head(&self, place: &ConfigBranch) -> impl Future<Output = Result<CommitId, ForgeError>> + Send;

    /// Every file of a commit, without content.
    fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> impl Future<Output = Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError>> + Send;

    /// The content of blobs, in the order asked for.
    fn blobs(
        &self,
        place: &ConfigBranch,
        blobs: &[BlobId],
    ) -> impl Future<Output = Result<Vec<Arc<[u8]>>, ForgeError>> + Send;

    /// Towpath's changes into the branch of a place: all open ones, and those that ended, oldest first.
    fn changes(&self, place: &ConfigBranch) -> impl Future<Output = Result<Vec<Change>, ForgeError>> + Send;

    /// The branches under Towpath's prefix, the log apart, and their tips.
    fn branches(
        &self,
        place: &ConfigBranch,
    ) -> impl Future<Output = Result<BTreeMap<BranchName, Head>, ForgeError>> + Send;

    /// What a head changes, compared with its merge base with the branch of the place, sorted by path.
    fn changed_files(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> impl Future<Output = Result<Vec<FileChange>, ForgeError>> + Send;

    /// What a commit changes, compared with its first parent, sorted by path.
    fn commit_files(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> impl Future<Output = Result<Vec<FileChange>, ForgeError>> + Send;

    /// Whether a commit is part of the history of the branch of the place; a rewritten branch loses commits.
    fn contains(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> impl Future<Output = Result<bool, ForgeError>> + Send;

    /// The changes in the repository of a place that cannot be read, because somebody else wrote them. They are not
    /// among [`Forge::changes`].
    fn unreadable_changes(
        &self,
        _place: &ConfigBranch,
    ) -> impl Future<Output = Result<Vec<LeftOut>, ForgeError>> + Send {
        std::future::ready(Ok(Vec::new()))
    }

    /// Sees to it that what the bot appends to the log can be told from what others push there. Called before the first
    /// look of a process that acts; a forge that records who pushes has nothing to do.
    fn secure_log(&self, _place: &ConfigBranch) -> impl Future<Output = Result<(), ForgeError>> + Send {
        std::future::ready(Ok(()))
    }

    /// The log after a known commit of it, or all of it, up to the last commit that is proven to be the bot's.
    fn read_log(
        &self,
        place: &ConfigBranch,
        known: Option<&CommitId>,
    ) -> impl Future<Output = Result<LogPart, ForgeError>> + Send;

    /// Appends lines to the log as one commit on the expected tip, and returns the new tip.
    fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> impl Future<Output = Result<CommitId, ForgeError>> + Send;

    /// Opens each change, or gives the open one of the same branch its new content. One result per proposal.
    fn propose(
        &self,
        proposals: &[Proposal],
    ) -> impl Future<Output = Vec<Result<ChangeNumber, ForgeError>>> + Send;

    /// Brings title, text and status of an open change up to date.
    fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send;

    /// Writes a comment, in the place of another one of the bot's where it names one, unless the bot already wrote one
    /// about the same on this change.
    ///
    /// Where the other one is gone the answer is [`ForgeError::Conflict`].
    fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send;

    /// Leaves reactions on comments of one change, in one write where the forge can; each may be there already. On reviews
    /// they are ignored. One result per reaction.
    fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> impl Future<Output = Vec<Result<(), ForgeError>>> + Send;

    /// Merges a change at exactly one head and returns the commit on the base branch.
    ///
    /// Where the forge does not merge it yet the answer is [`ForgeError::NotYet`], and the change says why from the next
    /// look on. That it waits in the forge's own queue is such an answer.
    fn merge(&self, merge: &Merge) -> impl Future<Output = Result<CommitId, ForgeError>> + Send;

    /// Takes a change out of the forge's own queue, so that it is not merged; it may be out of it already.
    ///
    /// A forge without such a queue has nothing to do.
    fn dequeue(
        &self,
        _place: &ConfigBranch,
        _change: ChangeNumber,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send {
        std::future::ready(Ok(()))
    }

    /// Closes a change without merging it; it may be closed already.
    fn close(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send;

    /// Deletes a branch if it still points to the expected commit; it may be gone already.
    fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> impl Future<Output = Result<(), ForgeError>> + Send;

    /// Whether somebody belongs to a team.
    fn is_member(
        &self,
        team: &TeamName,
        user: &UserName,
    ) -> impl Future<Output = Result<Confirmation, ForgeError>> + Send;

    /// Looks whether a team is there, and may be asked who belongs to it.
    ///
    /// # Errors
    /// Where it is not, or may not.
    fn find_team(&self, team: &TeamName) -> impl Future<Output = Result<(), ForgeError>> + Send;

    /// Whether somebody has access to the repository of a place, and more than everybody has.
    fn is_collaborator(
        &self,
        _place: &ConfigBranch,
        _user: &UserName,
    ) -> impl Future<Output = Result<Confirmation, ForgeError>> + Send {
        std::future::ready(Ok(Confirmation::now(true)))
    }

    /// Whether somebody may write to the repository of a place, as the forge itself says.
    ///
    /// Who is asked and keeps no permissions says no: it gives no right that the configuration does not give.
    fn may_write(
        &self,
        _place: &ConfigBranch,
        _user: &UserName,
    ) -> impl Future<Output = Result<Confirmation, ForgeError>> + Send {
        std::future::ready(Ok(Confirmation::now(false)))
    }

    /// How things stand at the forge and in the repositories that are used. Only reads; what it is not told it says.
    fn examine(&self, question: &HealthQuestion) -> impl Future<Output = Health> + Send;
}
