//! Several forges at run time, chosen by the name in the place.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::github::GitHubForge;
use super::local::LocalForge;
use super::{Confirmation, Forge, ForgeError, LogPart, Merge, NewReaction, Presentation, Proposal, Remark};
use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, ConfigBranch, Deployment, FileChange,
    ForgeCapabilities, ForgeName, Head, Health, HealthQuestion, ImageReference, LeftOut, RepositoryName,
    RepositoryPath, ServiceEnvironment, SourceChecks, SourceComparison, SourceSpan, TeamName, TreeEntry,
    UserName,
};

/// The same for each kind of forge.
macro_rules! each {
    ($any:expr, $forge:ident => $answer:expr) => {
        match $any {
            AnyForge::Local($forge) => $answer,
            AnyForge::GitHub($forge) => $answer,
        }
    };
}

/// One of the kinds of forges.
#[derive(Clone, Debug)]
pub enum AnyForge {
    /// Bare Git repositories on this machine.
    Local(LocalForge),
    /// GitHub or GitHub Enterprise Server.
    GitHub(GitHubForge),
}

impl AnyForge {
    /// The forge's name in the configuration.
    #[must_use]
    pub fn name(&self) -> &ForgeName {
        each!(self, forge => forge.name())
    }
}

impl Forge for AnyForge {
    fn bot(&self) -> &UserName {
        each!(self, forge => forge.bot())
    }

    fn capabilities(&self) -> ForgeCapabilities {
        each!(self, forge => forge.capabilities())
    }

    fn hint(&self, repository: &RepositoryName) {
        each!(self, forge => forge.hint(repository));
    }

    async fn compare_source(&self, span: &SourceSpan) -> Result<Option<SourceComparison>, ForgeError> {
        each!(self, forge => forge.compare_source(span).await)
    }

    async fn source_checks(&self, span: &SourceSpan) -> Result<SourceChecks, ForgeError> {
        each!(self, forge => forge.source_checks(span).await)
    }

    fn clock_ahead(&self) -> Option<TimeDelta> {
        each!(self, forge => forge.clock_ahead())
    }

    async fn deployed(
        &self,
        place: &ConfigBranch,
        targets: &[ServiceEnvironment],
    ) -> Result<BTreeMap<ServiceEnvironment, Vec<ImageReference>>, ForgeError> {
        each!(self, forge => forge.deployed(place, targets).await)
    }

    async fn announce(&self, place: &ConfigBranch, deployment: &Deployment) -> Result<(), ForgeError> {
        each!(self, forge => forge.announce(place, deployment).await)
    }

    async fn head(&self, place: &ConfigBranch) -> Result<CommitId, ForgeError> {
        each!(self, forge => forge.head(place).await)
    }

    async fn entries(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError> {
        each!(self, forge => forge.entries(place, commit).await)
    }

    async fn blobs(&self, place: &ConfigBranch, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        each!(self, forge => forge.blobs(place, blobs).await)
    }

    async fn changes(&self, place: &ConfigBranch) -> Result<Vec<Change>, ForgeError> {
        each!(self, forge => forge.changes(place).await)
    }

    async fn unreadable_changes(&self, place: &ConfigBranch) -> Result<Vec<LeftOut>, ForgeError> {
        each!(self, forge => forge.unreadable_changes(place).await)
    }

    async fn secure_log(&self, place: &ConfigBranch) -> Result<(), ForgeError> {
        each!(self, forge => forge.secure_log(place).await)
    }

    async fn branches(&self, place: &ConfigBranch) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        each!(self, forge => forge.branches(place).await)
    }

    async fn changed_files(
        &self,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        each!(self, forge => forge.changed_files(place, head).await)
    }

    async fn read_log(&self, place: &ConfigBranch, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
        each!(self, forge => forge.read_log(place, known).await)
    }

    async fn commit_files(
        &self,
        place: &ConfigBranch,
        commit: &CommitId,
    ) -> Result<Vec<FileChange>, ForgeError> {
        each!(self, forge => forge.commit_files(place, commit).await)
    }

    async fn contains(&self, place: &ConfigBranch, commit: &CommitId) -> Result<bool, ForgeError> {
        each!(self, forge => forge.contains(place, commit).await)
    }

    async fn append_log(
        &self,
        place: &ConfigBranch,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        each!(self, forge => forge.append_log(place, lines, expected).await)
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Result<ChangeNumber, ForgeError>> {
        each!(self, forge => forge.propose(proposals).await)
    }

    async fn present(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        each!(self, forge => forge.present(place, change, presentation).await)
    }

    async fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
    ) -> Result<(), ForgeError> {
        each!(self, forge => forge.comment(place, change, remark).await)
    }

    async fn react(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Result<(), ForgeError>> {
        each!(self, forge => forge.react(place, change, reactions).await)
    }

    async fn merge(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        each!(self, forge => forge.merge(merge).await)
    }

    async fn dequeue(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        each!(self, forge => forge.dequeue(place, change).await)
    }

    async fn close(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        each!(self, forge => forge.close(place, change).await)
    }

    async fn delete_branch(
        &self,
        place: &ConfigBranch,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        each!(self, forge => forge.delete_branch(place, branch, expected).await)
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Result<Confirmation, ForgeError> {
        each!(self, forge => forge.is_member(team, user).await)
    }

    async fn find_team(&self, team: &TeamName) -> Result<(), ForgeError> {
        each!(self, forge => forge.find_team(team).await)
    }

    async fn is_collaborator(
        &self,
        place: &ConfigBranch,
        user: &UserName,
    ) -> Result<Confirmation, ForgeError> {
        each!(self, forge => forge.is_collaborator(place, user).await)
    }

    async fn may_write(&self, place: &ConfigBranch, user: &UserName) -> Result<Confirmation, ForgeError> {
        each!(self, forge => forge.may_write(place, user).await)
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        each!(self, forge => forge.examine(question).await)
    }
}
