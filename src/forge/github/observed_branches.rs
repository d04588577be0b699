//! The branches of a repository, as a look saw them.

use std::collections::BTreeMap;

use crate::model::{BranchName, CommitId};

/// The branches under Towpath's prefix.
pub(super) type Refs = BTreeMap<BranchName, CommitId>;

/// The branches that matter to a place, as one response has them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Branches {
    /// Those under Towpath's prefix, the log apart.
    pub(super) ours: Refs,
    /// The tip of the log, where there is one.
    pub(super) log: Option<CommitId>,
    /// The tip of the base, where there is one.
    pub(super) base: Option<CommitId>,
}

/// What a look saw of the branches; each part is taken once, so that what comes later is read anew.
#[derive(Clone, Debug, Default)]
pub(super) struct ObservedBranches {
    pub(super) ours: Option<(Refs, Option<CommitId>)>,
    pub(super) log: Option<Option<CommitId>>,
    pub(super) base: Option<Option<CommitId>>,
}

impl From<Branches> for ObservedBranches {
    fn from(branches: Branches) -> Self {
        let ours = (branches.ours, branches.base.clone());
        Self { ours: Some(ours), log: Some(branches.log), base: Some(branches.base) }
    }
}
