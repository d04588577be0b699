//! Several forges at run time, chosen by the name in the place.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::local::LocalForge;
use super::{Forge, ForgeError, LogPart, Merge, Presentation, Proposal, Remark};
use crate::model::{
    BlobId, BranchName, Change, ChangeNumber, CommentId, CommitId, FileChange, Head, Place, Reaction,
    RepositoryPath, TeamName, TreeEntry, UserName,
};

/// One of the kinds of forges.
#[derive(Clone, Debug)]
pub enum AnyForge {
    /// Bare Git repositories on this machine.
    Local(LocalForge),
}

impl Forge for AnyForge {
    fn bot(&self) -> &UserName {
        let Self::Local(forge) = self;
        forge.bot()
    }

    async fn head(&self, place: &Place) -> Result<CommitId, ForgeError> {
        let Self::Local(forge) = self;
        forge.head(place).await
    }

    async fn entries(
        &self,
        place: &Place,
        commit: &CommitId,
    ) -> Result<Arc<BTreeMap<RepositoryPath, TreeEntry>>, ForgeError> {
        let Self::Local(forge) = self;
        forge.entries(place, commit).await
    }

    async fn blobs(&self, place: &Place, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        let Self::Local(forge) = self;
        forge.blobs(place, blobs).await
    }

    async fn changes(&self, place: &Place) -> Result<Vec<Change>, ForgeError> {
        let Self::Local(forge) = self;
        forge.changes(place).await
    }

    async fn branches(&self, place: &Place) -> Result<BTreeMap<BranchName, Head>, ForgeError> {
        let Self::Local(forge) = self;
        forge.branches(place).await
    }

    async fn changed_files(&self, place: &Place, head: &CommitId) -> Result<Vec<FileChange>, ForgeError> {
        let Self::Local(forge) = self;
        forge.changed_files(place, head).await
    }

    async fn read_log(&self, place: &Place, known: Option<&CommitId>) -> Result<LogPart, ForgeError> {
        let Self::Local(forge) = self;
        forge.read_log(place, known).await
    }

    async fn append_log(
        &self,
        place: &Place,
        lines: &[String],
        expected: Option<&CommitId>,
    ) -> Result<CommitId, ForgeError> {
        let Self::Local(forge) = self;
        forge.append_log(place, lines, expected).await
    }

    async fn propose(&self, proposals: &[Proposal]) -> Vec<Result<ChangeNumber, ForgeError>> {
        let Self::Local(forge) = self;
        forge.propose(proposals).await
    }

    async fn present(
        &self,
        place: &Place,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        let Self::Local(forge) = self;
        forge.present(place, change, presentation).await
    }

    async fn remark(&self, place: &Place, change: ChangeNumber, remark: &Remark) -> Result<(), ForgeError> {
        let Self::Local(forge) = self;
        forge.remark(place, change, remark).await
    }

    async fn react(
        &self,
        place: &Place,
        change: ChangeNumber,
        comment: &CommentId,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        let Self::Local(forge) = self;
        forge.react(place, change, comment, reaction).await
    }

    async fn merge(&self, merge: &Merge) -> Result<CommitId, ForgeError> {
        let Self::Local(forge) = self;
        forge.merge(merge).await
    }

    async fn close(&self, place: &Place, change: ChangeNumber) -> Result<(), ForgeError> {
        let Self::Local(forge) = self;
        forge.close(place, change).await
    }

    async fn delete_branch(
        &self,
        place: &Place,
        branch: &BranchName,
        expected: &CommitId,
    ) -> Result<(), ForgeError> {
        let Self::Local(forge) = self;
        forge.delete_branch(place, branch, expected).await
    }

    async fn is_member(&self, team: &TeamName, user: &UserName) -> Result<bool, ForgeError> {
        let Self::Local(forge) = self;
        forge.is_member(team, user).await
    }
}
