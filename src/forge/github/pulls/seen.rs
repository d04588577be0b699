//! What the last look saw of pull requests, and what this process did to them since.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::GitHubForge;
use super::super::checks::Check;
use super::super::lock::lock;
use super::super::wire::{Account, Label, Pull, PullSide, RepositoryReference};
use crate::forge::{Forge as _, Proposal};
use crate::model::{BranchName, ChangeNumber, CommentId, CommitId, ConfigBranch, Reaction, Status, Time};

impl GitHubForge {
    /// A pull request as the last look saw it.
    pub(in super::super) fn seen(&self, place: &ConfigBranch, change: ChangeNumber) -> Option<Pull> {
        let memory = self.memory(&place.repository);
        lock(&memory.pulls).get(&place.branch)?.ours.get(&change.0).cloned()
    }

    /// The open pull request of a branch as the last look saw it.
    pub(in super::super) fn seen_open(&self, place: &ConfigBranch, branch: &BranchName) -> Option<Pull> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let mut ours = pulls.get(&place.branch)?.ours.values();
        ours.find(|pull| pull.is_open() && pull.head.branch == branch.as_str()).cloned()
    }

    /// Notes a pull request that was just opened: a listing may be older for a while, and nobody is to open it again.
    pub(in super::super) fn note_opened(&self, proposal: &Proposal, number: ChangeNumber, head: &CommitId) {
        let place = &proposal.place;
        let side = |branch: &BranchName, sha: &CommitId| PullSide {
            branch: branch.to_string(),
            sha: sha.to_string(),
            repo: Some(RepositoryReference { full_name: place.repository.to_string() }),
        };
        let opened = Pull {
            number: number.0,
            html_url: self.page_of(&place.repository, number),
            title: proposal.presentation.title.clone(),
            body: Some(proposal.presentation.body.clone()),
            user: Some(Account { login: self.bot().to_string(), id: None, kind: None }),
            created_at: self.now(),
            updated_at: self.now(),
            closed_at: None,
            merged_at: None,
            merge_commit_sha: None,
            head: side(&proposal.branch, head),
            base: side(&place.branch, &proposal.base),
            labels: proposal.labels.iter().map(|name| Label { name: name.clone() }).collect(),
        };
        let memory = self.memory(&place.repository);
        let mut pulls = lock(&memory.pulls);
        if let Some(pulls) = pulls.get_mut(&place.branch) {
            pulls.ours.insert(number.0, opened);
        }
    }

    /// Whether a commit is the head of a pull request that the last look saw.
    pub(in super::super) fn was_proposed(&self, place: &ConfigBranch, head: &CommitId) -> bool {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let mut ours = pulls.get(&place.branch).into_iter().flat_map(|pulls| pulls.ours.values());
        ours.any(|pull| pull.head.sha == head.as_str())
    }

    /// The commit on the base that brought a head, as the last look saw it.
    pub(in super::super) fn merge_of(&self, place: &ConfigBranch, head: &CommitId) -> Option<CommitId> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let mut ours = pulls.get(&place.branch)?.ours.values();
        let merged = ours.find(|pull| pull.merged_at.is_some() && pull.head.sha == head.as_str())?;
        merged.merge_commit_sha.as_deref().and_then(|sha| CommitId::new(sha).ok())
    }

    /// Notes a reaction that was just left, which nothing else would tell.
    pub(in super::super) fn note_reaction(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        comment: &CommentId,
        reaction: Reaction,
    ) {
        let memory = self.memory(&place.repository);
        let mut pulls = lock(&memory.pulls);
        let Some(pulls) = pulls.get_mut(&place.branch) else { return };
        let Some(said) = pulls.said.get_mut(&change.0) else { return };
        let mut comments = Arc::make_mut(said).timeline.comments.iter_mut();
        if let Some(comment) = comments.find(|found| found.id == *comment)
            && !comment.reactions.contains(&reaction)
        {
            comment.reactions.push(reaction);
        }
    }

    /// Notes what a comment of the bot says now: whether that touches the pull request is written nowhere, and what GitHub
    /// shows may be older for a while.
    pub(in super::super) fn note_rewritten(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        comment: &CommentId,
        body: &str,
    ) {
        let (memory, now) = (self.memory(&place.repository), self.now());
        lock(&memory.receipts).note_comment(comment, body, now);
        let mut pulls = lock(&memory.pulls);
        let said = pulls.get_mut(&place.branch).and_then(|pulls| pulls.said.get_mut(&change.0));
        if let Some(said) = said {
            Arc::make_mut(said).timeline.rewrite(comment, body);
        }
    }

    /// What a comment is about, as the last look saw it.
    pub(in super::super) fn seen_about(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        comment: &CommentId,
    ) -> Option<String> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let said = pulls.get(&place.branch)?.said.get(&change.0)?;
        let found = said.timeline.comments.iter().find(|found| found.id == *comment)?;
        found.about().map(str::to_owned)
    }

    /// Notes a status that was just published, which nothing else would tell.
    pub(in super::super) fn note_status(&self, place: &ConfigBranch, change: ChangeNumber, status: Status) {
        let memory = self.memory(&place.repository);
        lock(&memory.receipts).note_status(&status, self.now());
        let mut pulls = lock(&memory.pulls);
        let Some(pulls) = pulls.get_mut(&place.branch) else { return };
        if let Some(said) = pulls.said.get_mut(&change.0) {
            Arc::make_mut(said).statuses.push(status);
        }
    }

    /// Notes a check that was just written, which nothing else would tell.
    pub(in super::super) fn note_check(&self, place: &ConfigBranch, change: ChangeNumber, check: Check) {
        let memory = self.memory(&place.repository);
        lock(&memory.receipts).note_check(&check, self.now());
        let mut pulls = lock(&memory.pulls);
        let Some(pulls) = pulls.get_mut(&place.branch) else { return };
        if let Some(said) = pulls.said.get_mut(&change.0) {
            let said = Arc::make_mut(said);
            said.statuses.retain(|status| status.head != *check.head());
            said.statuses.push(check.status(self.now()));
            said.check = Some(check);
        }
    }

    /// The check on a head as the last look saw it.
    pub(in super::super) fn seen_check(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
    ) -> Option<Check> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let said = pulls.get(&place.branch)?.said.get(&change.0)?;
        said.check.clone().filter(|check| check.head() == head)
    }

    /// What the bot said on a change as the last look saw it, and when the change had been touched last by then.
    pub(in super::super) fn seen_remarks(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
    ) -> Option<(Time, BTreeMap<String, String>)> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let said = pulls.get(&place.branch)?.said.get(&change.0)?;
        Some((said.touched, said.timeline.remarks.clone()))
    }

    /// Has what was said on a change read again at the next look.
    pub(in super::super) fn forget_said(&self, place: &ConfigBranch, change: ChangeNumber) {
        let memory = self.memory(&place.repository);
        let mut pulls = lock(&memory.pulls);
        let Some(pulls) = pulls.get_mut(&place.branch) else { return };
        if let Some(said) = pulls.said.get_mut(&change.0) {
            Arc::make_mut(said).read_at = Time::MIN_UTC;
        }
    }

    /// The statuses of a change as the last look saw them.
    pub(in super::super) fn seen_status(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
    ) -> Option<Status> {
        let memory = self.memory(&place.repository);
        let pulls = lock(&memory.pulls);
        let said = pulls.get(&place.branch)?.said.get(&change.0)?;
        said.statuses.iter().rfind(|status| status.head == *head).cloned()
    }
}
