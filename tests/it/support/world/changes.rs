//! Changes as the fake forge keeps them.

use towpath::model::{
    BranchName, Change, ChangeNumber, ChangeState, Comment, CommitId, Review, Status, Time, UserName,
};

use super::State;

/// A change and all that was ever said on it.
#[derive(Clone, Debug)]
pub(crate) struct FakeChange {
    pub(crate) number: ChangeNumber,
    pub(crate) branch: BranchName,
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) labels: Vec<String>,
    pub(crate) author: UserName,
    pub(crate) state: ChangeState,
    pub(crate) opened_at: Time,
    /// Every head that it had, oldest first; never empty.
    pub(crate) heads: Vec<(Time, CommitId)>,
    pub(crate) comments: Vec<Comment>,
    pub(crate) reviews: Vec<Review>,
    pub(crate) statuses: Vec<(String, Status)>,
}

impl FakeChange {
    pub(crate) fn head(&self) -> &CommitId {
        &self.heads.last().expect("a change has a head").1
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, ChangeState::Open)
    }

    /// The environment and group that its branch names.
    pub(crate) fn target(&self) -> Option<(&str, &str)> {
        self.branch.as_str().strip_prefix(towpath::forge::BRANCH_PREFIX)?.split_once('/')
    }
}

impl State {
    pub(crate) fn change(&self, number: ChangeNumber) -> Option<&FakeChange> {
        self.changes.iter().find(|change| change.number == number)
    }

    pub(crate) fn change_mut(&mut self, number: ChangeNumber) -> Option<&mut FakeChange> {
        self.changes.iter_mut().find(|change| change.number == number)
    }

    pub(crate) fn open_change(&self, branch: &BranchName) -> Option<&FakeChange> {
        self.changes.iter().find(|change| change.is_open() && change.branch == *branch)
    }

    /// Moves a branch; the open change of that branch follows.
    pub(super) fn move_branch(&mut self, branch: &BranchName, to: CommitId) {
        let at = self.forge_now();
        self.git.branches.insert(branch.clone(), to.clone());
        let mut changes = self.changes.iter_mut();
        if let Some(change) = changes.find(|change| change.is_open() && change.branch == *branch) {
            change.heads.push((at, to));
        }
    }

    /// Whether the base took changes that do not go together with this head.
    pub(super) fn is_conflicted(&self, head: &CommitId) -> bool {
        self.git.merged_files(self.base_tip(), head).is_none()
    }

    pub(crate) fn base_tip(&self) -> &CommitId {
        self.git.tip(&self.place.branch).expect("the base branch is never deleted")
    }

    /// A change as the port shows it; comments that tie come in reverse where `reverses_ties`.
    pub(super) fn show(&self, change: &FakeChange, reverses_ties: bool) -> Change {
        let mut comments = change.comments.clone();
        let mut reviews = change.reviews.clone();
        if reverses_ties {
            comments.reverse();
            reviews.reverse();
        }
        comments.sort_by_key(|comment| comment.at);
        reviews.sort_by_key(|review| review.at);
        Change {
            number: change.number,
            url: format!("https://forge.test/acme/deploy/changes/{}", change.number.0),
            title: change.title.clone(),
            body: change.body.clone(),
            author: change.author.clone(),
            branch: change.branch.clone(),
            base: self.place.branch.clone(),
            state: change.state.clone(),
            opened_at: change.opened_at,
            head: self.git.head(change.head(), &self.bot),
            conflicted: change.is_open() && self.is_conflicted(change.head()),
            barrier: if change.is_open() { self.barrier(change) } else { None },
            queue: if change.is_open() { self.queue_place(change.number) } else { None },
            comments,
            reviews,
            statuses: change.statuses.iter().map(|(_, status)| status.clone()).collect(),
        }
    }
}
