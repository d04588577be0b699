//! New changes, many in few requests: branches and commits in one document, pull requests in the next, then labels.
//!
//! Whatever does not go smoothly is handed over to the way for one change, which finds what was left behind.

mod size;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::GitHubForge;
use super::super::graph::Mutations;
use super::super::scope::Scope;
use super::super::state::CommitFiles;
use super::super::transport::{Call, encode_path};
use super::super::wire::{LabelNode, commit_id};
use super::WrittenHead;
use crate::forge::{ForgeError, Proposal};
use crate::model::{ChangeNumber, CommitId, RepositoryName};
use size::Parts;
pub(in super::super) use size::Together;

/// From how many changes on labels go together too: below, asking for the label's identity costs more than it saves.
const LABELS_TOGETHER_MIN: usize = 3;
/// The colour of a label that the bot makes, as GitHub writes colours.
const LABEL_COLOUR: &str = "0e8a16";
/// What it means, for people.
const LABEL_MEANING: &str = "A promotion by Towpath";

#[derive(Deserialize)]
struct MadeCommit {
    commit: Option<Oid>,
}

#[derive(Deserialize)]
struct Oid {
    oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MadePull {
    pull_request: Option<PullNode>,
}

/// A pull request as GraphQL knows it.
#[derive(Clone, Deserialize)]
struct PullNode {
    id: String,
    number: u64,
}

/// Whether a proposal can go together with others: it starts a branch, and its files need no mode of their own.
pub(super) fn goes_together(base: &CommitFiles, proposal: &Proposal) -> bool {
    let is_plain = |path| !base.executable.contains(path) && base.may_write(path).is_ok();
    proposal.expected.is_none() && proposal.files.iter().all(|(path, _)| is_plain(path))
}

impl GitHubForge {
    /// Opens new changes in one repository, as many as go together; each has its own outcome.
    ///
    /// What GitHub does not take in one document it is given in halves, and a single one by REST: files may be too large
    /// together, or take too long. The half that went well is remembered, so that what comes next begins there. Where a
    /// single one does not work either GitHub has a trouble of its own, and the rest waits.
    pub(super) async fn open_together(
        &self,
        proposals: &[&Proposal],
    ) -> Vec<Result<ChangeNumber, ForgeError>> {
        let Some(first) = proposals.first() else { return Vec::new() };
        let memory = self.memory(&first.place.repository);
        let mut parts = Parts::of(proposals);
        let mut results = Vec::with_capacity(proposals.len());
        while let Some(part) = parts.next(memory.together.most(self.now())) {
            match self.commit_together(part).await {
                Ok(heads) => {
                    if let Some(too_much) = parts.too_much_above(part.len()) {
                        memory.together.went_well(part.len(), too_much, self.now());
                    }
                    results.extend(self.open_all(part, heads).await);
                }
                Err(ForgeError::Unavailable { .. }) if part.len() > 1 => parts.halve(part),
                Err(error @ ForgeError::Unavailable { .. }) => {
                    let Some(proposal) = part.first() else { continue };
                    let single = self.propose_one(proposal).await;
                    let is_down = matches!(single, Err(ForgeError::Unavailable { .. }));
                    results.push(single);
                    if is_down {
                        results.extend((0..parts.give_up()).map(|_| Err(error.clone())));
                    }
                }
                Err(error) => results.extend(part.iter().map(|_| Err(error.clone()))),
            }
        }
        results
    }

    /// What comes after the commits of one document.
    async fn open_all(
        &self,
        proposals: &[&Proposal],
        heads: Vec<Option<CommitId>>,
    ) -> Vec<Result<ChangeNumber, ForgeError>> {
        let pulls = self.pull_together(proposals, &heads).await;
        let labelled = self.label_together(proposals, &pulls).await;
        let mut results = Vec::with_capacity(proposals.len());
        for (index, proposal) in proposals.iter().enumerate() {
            let part = |all: &[bool]| all.get(index).copied().unwrap_or_default();
            let head = heads.get(index).cloned().flatten();
            let number = pulls.get(index).cloned().flatten().map(|pull| ChangeNumber(pull.number));
            results.push(self.finish(proposal, head, number, part(&labelled)).await);
        }
        results
    }

    /// What is left to do for one change, and all of it where the document did not bring its commit.
    async fn finish(
        &self,
        proposal: &Proposal,
        head: Option<CommitId>,
        number: Option<ChangeNumber>,
        is_labelled: bool,
    ) -> Result<ChangeNumber, ForgeError> {
        let Some(head) = head else { return self.propose_one(proposal).await };
        self.memory(&proposal.place.repository).note_written(&head);
        let number = match number {
            None => self.open(proposal, &WrittenHead { head: head.clone(), is_found: false }).await?,
            Some(number) => {
                if !is_labelled {
                    self.label(&proposal.place, number, &proposal.labels).await?;
                }
                self.note_opened(proposal, number, &head);
                self.request_reviews(&proposal.place, number, &proposal.reviewers).await;
                number
            }
        };
        self.publish(&proposal.place, number, &head, &proposal.presentation.status).await?;
        Ok(number)
    }

    /// Makes each branch at its base, with its commit on top; gives the heads of those where both went well.
    ///
    /// The commit expects the base, so on a branch that is there already it fails, unless that holds nothing of its own.
    async fn commit_together(&self, proposals: &[&Proposal]) -> Result<Vec<Option<CommitId>>, ForgeError> {
        let Some(repository) = proposals.first().map(|proposal| &proposal.place.repository) else {
            return Ok(Vec::new());
        };
        let node_id = self.node_id(repository).await?;
        let mut mutations = Mutations::default();
        for (index, proposal) in proposals.iter().enumerate() {
            let branch = json!({
                "repositoryId": node_id,
                "name": format!("refs/heads/{}", proposal.branch),
                "oid": proposal.base.as_str(),
            });
            mutations.add(&format!("branch{index}"), "createRef", "clientMutationId", branch);
            let input = commit_input(proposal);
            mutations.add(&format!("commit{index}"), "createCommitOnBranch", "commit { oid }", input);
        }
        let scope = Scope::Repository(repository);
        let outcomes = self.mutate_once(scope, "write commits", mutations).await?;
        let head = |index: usize| {
            let made: MadeCommit = outcomes.of(&format!("commit{index}"))?;
            commit_id(&made.commit?.oid).ok()
        };
        Ok((0..proposals.len()).map(head).collect())
    }

    /// Opens the pull requests of those branches that hold their commit. A single one goes another way.
    async fn pull_together(
        &self,
        proposals: &[&Proposal],
        heads: &[Option<CommitId>],
    ) -> Vec<Option<PullNode>> {
        let none = || proposals.iter().map(|_| None).collect();
        let [first, _, ..] = proposals else { return none() };
        let Ok(node_id) = self.node_id(&first.place.repository).await else { return none() };
        let mut mutations = Mutations::default();
        for (index, (proposal, head)) in proposals.iter().zip(heads).enumerate() {
            if head.is_some() {
                let input = json!({
                    "repositoryId": node_id,
                    "baseRefName": proposal.place.branch.as_str(),
                    "headRefName": proposal.branch.as_str(),
                    "title": proposal.presentation.title,
                    "body": proposal.presentation.body,
                });
                let response = "pullRequest { id number }";
                mutations.add(&format!("pull{index}"), "createPullRequest", response, input);
            }
        }
        if mutations.is_empty() {
            return none();
        }
        let scope = Scope::Repository(&first.place.repository);
        let Ok(outcomes) = self.mutate_once(scope, "open pull requests", mutations).await else {
            return none();
        };
        let pull = |index: usize| outcomes.of::<MadePull>(&format!("pull{index}"))?.pull_request;
        (0..proposals.len()).map(pull).collect()
    }

    /// Labels the pull requests; says of which that was done.
    async fn label_together(&self, proposals: &[&Proposal], pulls: &[Option<PullNode>]) -> Vec<bool> {
        let none = || vec![false; proposals.len()];
        let opened = pulls.iter().flatten().count();
        let [first, ..] = proposals else { return none() };
        if opened < LABELS_TOGETHER_MIN {
            return none();
        }
        let mut mutations = Mutations::default();
        for (index, (proposal, pull)) in proposals.iter().zip(pulls).enumerate() {
            let Some(pull) = pull else { continue };
            let mut ids = Vec::with_capacity(proposal.labels.len());
            for label in &proposal.labels {
                match self.label_id(&first.place.repository, label).await {
                    Ok(id) => ids.push(id),
                    Err(_) => return none(),
                }
            }
            let input = json!({ "labelableId": pull.id, "labelIds": ids });
            mutations.add(&format!("label{index}"), "addLabelsToLabelable", "clientMutationId", input);
        }
        let scope = Scope::Repository(&first.place.repository);
        let Ok(outcomes) = self.mutate_once(scope, "label changes", mutations).await else { return none() };
        (0..proposals.len()).map(|index| outcomes.is_done(&format!("label{index}"))).collect()
    }

    /// The name by which GraphQL knows a label, which is made where there is none.
    async fn label_id(&self, repository: &RepositoryName, label: &str) -> Result<String, ForgeError> {
        let memory = self.memory(repository);
        if let Some(id) = memory.label_id(label) {
            return Ok(id);
        }
        let (scope, verb) = (Scope::Repository(repository), "label changes");
        let path = format!("/repos/{repository}/labels/{}", encode_path(label));
        let mut response = self.inner.transport.call(Call::get(scope, verb, path)).await?;
        if response.status == StatusCode::NOT_FOUND {
            let body = json!({ "name": label, "color": LABEL_COLOUR, "description": LABEL_MEANING });
            let path = format!("/repos/{repository}/labels");
            response = self.inner.transport.call(Call::write(scope, verb, Method::POST, path, body)).await?;
        }
        let found: LabelNode = response.json(&format!("the label `{label}` of `{repository}`"))?;
        memory.keep_label_id(label, &found.node_id);
        Ok(found.node_id)
    }
}

/// The commit of a proposal. GitHub signs it, since nobody but GitHub could have made it.
fn commit_input(proposal: &Proposal) -> Value {
    let (headline, body) = proposal.message.split_once('\n').unwrap_or((&proposal.message, ""));
    let additions = proposal
        .files
        .iter()
        .map(|(path, content)| json!({ "path": path.as_str(), "contents": STANDARD.encode(content) }));
    json!({
        "branch": {
            "repositoryNameWithOwner": proposal.place.repository.as_str(),
            "branchName": proposal.branch.as_str(),
        },
        "message": { "headline": headline, "body": body.trim() },
        "expectedHeadOid": proposal.base.as_str(),
        "fileChanges": { "additions": additions.collect::<Vec<_>>() },
    })
}
