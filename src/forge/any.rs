//! Several forges at run time, chosen by the name in the place.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::TimeDelta;

use super::github::GitHubForge;
use super::local::LocalForge;
use super::{Forge, ForgeError, LogPart, Merge, NewReaction, Presentation, Proposal, Remark, Testimony};
use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommitId, Deployment, FileChange, ForgeName, Head, Health,
    HealthQuestion, ImageReference, LeftOut, Place, RepositoryName, RepositoryPath, SourceChecks,
    SourceComparison, SourceSpan, Target, TeamName, TreeEntry, UserName,
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

    fn ignores_case(&self) -> bool {
        each!(self, forge => forge.ignores_case())
    }

    fn hint(&self, repository: &RepositoryName) {
        each!(self, forge => forge.hint(repository));
    }

    fn pages(&self) -> Option<String> {
        each!(self, forge => forge.pages())
    }

    fn shows_details(&self) -> bool {
        each!(self, forge => forge.shows_details())
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

    fn shows_deployments(&self) -> bool {
        each!(self, forge => forge.shows_deployments())
    }

    async fn deployed(
        &self,
        place: &Place,
        targets: &[Target],
    ) -> Result<BTreeMap<Target, Vec<ImageReference>>, ForgeError> {
        each!(self, forge => forge.deployed(place, targets).await)
    }

    async fn announce(&self, place: &Place, deployment: &Deployment) -> Result<(), ForgeError> {
        each!(self, forge => forge.announce(place, deployment).await)
    }

    async fn head(&self, place: &Place) -> Result<CommitId, ForgeError> {
        each!(self, forge => forge.head(place).await)
    }

    async fn entries(
        &self,
        place: &Place,
        commit: &CommitId,
    ) -> Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError> {
        each!(self, forge => forge.entries(place, commit).await)
    }

    async fn blobs(&self, place: &Place, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        each!(self, forge => forge.blobs(place, blobs).await)
    }

    async fn changes(&self, place: &Place) -> Result<Vec<Change>, ForgeError> {
        each!(self, forge => forge.changes(place).await)
    }

    async fn unreadable_changes(&self, place: &Place) -> Result<Vec<LeftOut>, ForgeError> {
        each!(self, forge => forge.unreadable_changes(place).await)
    }

    async fn secure_log(&self, place: &Place) -> Result<(), ForgeError> {
        each!(self, forge => forge.secure_log(place).await)
    }

    async fn branches(&self, place: &Place) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        each!(self, forge => forge.branches(place).await)
    }

    async fn changed_files(&self, place: &Place, head: &CommitId) -> Result<Vec<FileChange>, ForgeError> {
        each!(self, forge => forge.changed_files(place, head).await)
    }

    async fn read_log(&self, place: &Place, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
        each!(self, forge => forge.read_log(place, known).await)
    }

    async fn commit_files(&self, place: &Place, commit: &CommitId) -> Result<Vec<FileChange>, ForgeError> {
        each!(self, forge => forge.commit_files(place, commit).await)
    }

    async fn contains(&self, place: &Place, commit: &CommitId) -> Result<bool, ForgeError> {
        each!(self, forge => forge.contains(place, commit).await)
    }

    async fn append_log(
        &self,
        place: &Place,
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
        place: &Place,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        each!(self, forge => forge.present(place, change, presentation).await)
    }

    async fn remark(&self, place: &Place, change: ChangeNumber, remark: &Remark) -> Result<(), ForgeError> {
        each!(self, forge => forge.remark(place, change, remark).await)
    }

    async fn react(
        &self,
        place: &Place,
        change: ChangeNumber,
        reactions: &[NewReaction],
    ) -> Vec<Result<(), ForgeError>> {
        each!(self, forge => forge.react(place, change, reactions).await)
    }

    async fn merge(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        each!(self, forge => forge.merge(merge).await)
    }

    async fn dequeue(&self, place: &Place, change: ChangeNumber) -> Result<(), ForgeError> {
        each!(self, forge => forge.dequeue(place, change).await)
    }

    async fn close(&self, place: &Place, change: ChangeNumber) -> Result<(), ForgeError> {
        each!(self, forge => forge.close(place, change).await)
    }

    async fn delete_branch(
        &self,
        place: &Place,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        each!(self, forge => forge.delete_branch(place, branch, expected).await)
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Result<Testimony, ForgeError> {
        each!(self, forge => forge.is_member(team, user).await)
    }

    async fn find_team(&self, team: &TeamName) -> Result<(), ForgeError> {
        each!(self, forge => forge.find_team(team).await)
    }

    fn names_move(&self) -> bool {
        each!(self, forge => forge.names_move())
    }

    async fn is_collaborator(&self, place: &Place, user: &UserName) -> Result<Testimony, ForgeError> {
        each!(self, forge => forge.is_collaborator(place, user).await)
    }

    async fn may_write(&self, place: &Place, user: &UserName) -> Result<Testimony, ForgeError> {
        each!(self, forge => forge.may_write(place, user).await)
    }

    async fn examine(&self, question: &HealthQuestion) -> Health {
        each!(self, forge => forge.examine(question).await)
    }
}
