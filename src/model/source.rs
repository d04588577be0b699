//! What lies between two artifacts in the source code that they say they were made of.

use super::{CommitId, Description, RepositoryName, words};

/// Two commits of one repository at the forge: what an old and a new artifact say they were made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceSpan {
    /// The repository with the source code.
    pub repository: RepositoryName,
    /// What the old artifact was made of.
    pub from: CommitId,
    /// What the new artifact was made of.
    pub to: CommitId,
}

words! {
    /// How a commit stands to another.
    SourceRelation {
        /// It comes later on the same line.
        Ahead = "ahead",
        /// It comes earlier on the same line.
        Behind = "behind",
        /// Each has commits that the other lacks.
        Diverged = "diverged",
        /// They are the same.
        Identical = "identical",
    }
}

words! {
    /// What the builds of a commit came to.
    SourceChecks {
        /// All went well.
        Passed = "passed",
        /// Some failed.
        Failed = "failed",
        /// Some are still going on.
        Pending = "pending",
        /// There were none.
        None = "none",
        /// There are more than are read, and none that was read failed.
        Unread = "unread",
    }
}

/// A commit in the words of whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCommit {
    /// The commit.
    pub commit: CommitId,
    /// The first line of its message, at most 256 bytes.
    pub headline: String,
    /// The account or name of its author, at most 256 bytes.
    pub author: String,
}

/// What lies between the two commits of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceComparison {
    /// How the new commit stands to the old one.
    pub relation: SourceRelation,
    /// How many commits the new one has that the old one lacks.
    pub ahead: usize,
    /// How many commits the old one has that the new one lacks.
    pub behind: usize,
    /// The first of those that the new one has, the oldest first.
    pub commits: Vec<SourceCommit>,
    /// The pull requests that they name, in their order.
    pub pulls: Vec<u64>,
    /// What the builds of the new commit came to.
    pub checks: SourceChecks,
}

impl SourceSpan {
    /// The span between two artifacts of one repository on these pages; nothing where they do not say so in full.
    #[must_use]
    pub fn between(pages: &str, old: &Description, new: &Description) -> Option<Self> {
        let repository = source_repository(pages, new.source.as_deref()?)?;
        if source_repository(pages, old.source.as_deref()?)? != repository {
            return None;
        }
        let commit = |description: &Description| CommitId::new(description.revision.as_deref()?).ok();
        Some(Self { repository, from: commit(old)?, to: commit(new)? })
    }
}

/// The repository that an address on these pages names; nothing for every other address.
fn source_repository(pages: &str, address: &str) -> Option<RepositoryName> {
    let path = address.strip_prefix(pages)?.strip_prefix('/')?;
    let path = path.trim_end_matches('/');
    RepositoryName::new(path.strip_suffix(".git").unwrap_or(path)).ok()
}

#[cfg(test)]
mod tests;
