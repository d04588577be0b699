//! What is in a config repository and does not count, because anybody who may push could have written it.

use super::CommitId;

/// Something that is left out. It is named to people, and work goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// A change of a local forge that cannot be read.
    Change {
        /// Its ref.
        reference: String,
        /// What is wrong with it.
        why: String,
    },
    /// Commits at the end of the log that are not proven to be the bot's.
    LogCommits {
        /// The last of them, where the branch of the log ends.
        tip: CommitId,
        /// The last commit that counts; `None` if there is none.
        proven: Option<CommitId>,
    },
    /// The log is another one than before: it does not contain a commit that was read.
    LogReplaced {
        /// That commit.
        read: CommitId,
    },
}
