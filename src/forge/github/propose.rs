//! A proposal: the commit, the branch, the pull request, its words; each step finds what an earlier try left.
//!
//! A promotion starts only if the budget has everything that it needs, since a branch without its pull request helps
//! nobody. A branch that lacks the newest base is committed again on it, not merged by GitHub's button: one way for
//! conflicts and strict checks, with bytes of ours and compare-and-swap. Approvals by command bind the content and
//! stay; GitHub may dismiss its own reviews.

mod batch;

use std::collections::BTreeMap;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::GitHubForge;
use super::branches::RefUpdate;
use super::budget::Lane;
use super::scope::Scope;
use super::state::CommitFiles;
use super::transport::{Call, Response, encode_query};
use super::wire::{Pull, commit_id};
use crate::forge::{ForgeError, Proposal};
use crate::model::{ChangeNumber, CommitId, RepositoryName};
pub(super) use batch::Together;
use batch::goes_together;

/// The most that one promotion writes: a tree, a commit, a branch, a pull request, labels, a status.
const WRITES: u32 = 6;
/// What one takes where all goes well with several: a branch, a commit, a pull request, labels, a status.
const WRITES_TOGETHER: u32 = 5;

impl GitHubForge {
    /// Carries out each proposal: those that start a branch together, as far as they can, and the others one after the
    /// other, since GitHub asks for a pause of all requests after a crowd of writes.
    ///
    /// One for which the budget does not have all that it takes is not begun: a branch without its pull request helps
    /// nobody.
    pub(super) async fn propose_all(&self, proposals: &[Proposal]) -> Vec<Result<ChangeNumber, ForgeError>> {
        let mut results = BTreeMap::new();
        for (repository, group) in self.groups(proposals).await {
            let mut rest = group.as_slice();
            while !rest.is_empty() {
                let (part, others) = rest.split_at(self.fitting(repository).min(rest.len()));
                if part.is_empty() {
                    break;
                }
                let members: Vec<&Proposal> = part.iter().map(|(_, proposal)| *proposal).collect();
                let opened = self.open_together(&members).await;
                results.extend(part.iter().map(|(index, _)| *index).zip(opened));
                rest = others;
            }
        }
        let mut all = Vec::with_capacity(proposals.len());
        for (index, proposal) in proposals.iter().enumerate() {
            let result = match results.remove(&index) {
                Some(result) => result,
                None => self.propose_if_it_fits(proposal).await,
            };
            all.push(result);
        }
        all
    }

    async fn propose_if_it_fits(&self, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
        self.room_for(&proposal.place.repository, WRITES)?;
        self.propose_one(proposal).await
    }

    /// How many new changes may be opened together now.
    fn fitting(&self, repository: &RepositoryName) -> usize {
        let room = self.room_for(repository, WRITES_TOGETHER).unwrap_or_default();
        let most = self.memory(repository).together.most(self.now());
        usize::try_from(room / WRITES_TOGETHER).map_or(most, |fitting| fitting.min(most))
    }

    fn room_for(&self, repository: &RepositoryName, least: u32) -> Result<u32, ForgeError> {
        self.inner.transport.available_writes(Scope::Repository(repository), Lane::Refresh, least)
    }

    /// The proposals that can go together, with their places in the list, by the repository.
    async fn groups<'a>(
        &self,
        proposals: &'a [Proposal],
    ) -> BTreeMap<&'a RepositoryName, Vec<(usize, &'a Proposal)>> {
        let mut groups: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (index, proposal) in proposals.iter().enumerate() {
            let repository = &proposal.place.repository;
            let is_open = self.seen_open(&proposal.place, &proposal.branch).is_some();
            // Where the files cannot be read, the way for one change says why.
            let Ok(files) = self.files(repository, &proposal.base).await else { continue };
            if !is_open && goes_together(&files, proposal) {
                groups.entry(repository).or_default().push((index, proposal));
            }
        }
        groups
    }

    /// Opens the pull request of a proposal, or gives the open one of its branch the new content.
    ///
    /// The branch moves first, then the pull request is written. Whoever is cut off in between finds, with the same
    /// proposal again, the branch as it should be and goes on from there.
    pub(super) async fn propose_one(&self, proposal: &Proposal) -> Result<ChangeNumber, ForgeError> {
        let files = self.files(&proposal.place.repository, &proposal.base).await?;
        let tree = self.write_tree(proposal, &files).await?;
        let written = self.push(proposal, &tree).await?;
        let number = match self.seen_open(&proposal.place, &proposal.branch) {
            Some(open) => {
                self.rewrite(&proposal.place, &open, &proposal.presentation).await?;
                self.label_missing(&proposal.place, &open, &proposal.labels).await?;
                ChangeNumber(open.number)
            }
            None => self.open(proposal, &written).await?,
        };
        let status = &proposal.presentation.status;
        self.publish(&proposal.place, number, &written.head, status).await?;
        Ok(number)
    }

    /// Writes the files of a proposal beside those of its base.
    async fn write_tree(&self, proposal: &Proposal, files: &CommitFiles) -> Result<String, ForgeError> {
        let entries = written(files, proposal)?;
        let (repository, computed) = (&proposal.place.repository, files.tree.as_ref());
        self.make_tree(repository, &proposal.base, computed, &entries, Lane::Refresh).await
    }

    /// Writes files beside those of a commit, whose tree most likely is the computed one.
    pub(super) async fn make_tree(
        &self,
        repository: &RepositoryName,
        base: &CommitId,
        computed: Option<&String>,
        entries: &[Value],
        lane: Lane,
    ) -> Result<String, ForgeError> {
        let below = |base: &str| json!({ "base_tree": base, "tree": entries });
        let refusal = match computed {
            None => None,
            Some(computed) => match self.make(repository, "trees", below(computed), lane).await {
                Err(error @ (ForgeError::Blocked { .. } | ForgeError::NotFound { .. })) => {
                    Some((computed, error))
                }
                made => return made,
            },
        };
        // GitHub may list what is there otherwise than Git has it, such as modes of long ago.
        let own = self.commit(repository, base).await?;
        let own = &own.commit.tree.sha;
        match refusal {
            Some((computed, error)) if computed == own => Err(error),
            _ => self.make(repository, "trees", below(own), lane).await,
        }
    }

    /// Brings the branch to the proposed content, unless it is there already.
    async fn push(&self, proposal: &Proposal, tree: &str) -> Result<WrittenHead, ForgeError> {
        if let Some(expected) = &proposal.expected
            && self.is_written(proposal, tree, expected).await?
        {
            return Ok(WrittenHead { head: expected.clone(), is_found: false });
        }
        let commit = json!({
            "message": proposal.message,
            "tree": tree,
            "parents": [proposal.base.as_str()],
        });
        let repository = &proposal.place.repository;
        let head = commit_id(&self.make(repository, "commits", commit, Lane::Refresh).await?)?;
        self.memory(repository).note_written(&head);
        let elsewhere = match &proposal.expected {
            None => match self.create_branch(repository, &proposal.branch, &head, Lane::Refresh).await? {
                Some(()) => None,
                None => Some(self.tip(repository, &proposal.branch).await?),
            },
            Some(expected) => match self.swap(repository, &proposal.branch, expected, Some(&head)).await? {
                RefUpdate::Done => None,
                RefUpdate::Elsewhere(tip) => Some(tip),
            },
        };
        match elsewhere {
            None => Ok(WrittenHead { head, is_found: false }),
            Some(Some(tip)) if tip == head => Ok(WrittenHead { head, is_found: false }),
            Some(Some(tip)) if self.is_written(proposal, tree, &tip).await? => {
                Ok(WrittenHead { head: tip, is_found: true })
            }
            Some(Some(tip)) if proposal.expected.is_none() => self.fill(proposal, &tip, head).await,
            Some(_) => Err(taken(proposal)),
        }
    }

    /// Puts the commit on a branch that is there already and holds nothing beyond the base.
    async fn fill(
        &self,
        proposal: &Proposal,
        tip: &CommitId,
        head: CommitId,
    ) -> Result<WrittenHead, ForgeError> {
        let is_empty = *tip == proposal.base || self.is_in_base(&proposal.place, tip).await?;
        if !is_empty {
            return Err(taken(proposal));
        }
        // What was merged since this was decided is in the base, too: a second change must not come after it.
        self.refuse_ended(proposal, tip).await?;
        match self.swap(&proposal.place.repository, &proposal.branch, tip, Some(&head)).await? {
            RefUpdate::Done => Ok(WrittenHead { head, is_found: false }),
            RefUpdate::Elsewhere(_) => Err(taken(proposal)),
        }
    }

    /// Whether a commit already is what is proposed.
    async fn is_written(&self, proposal: &Proposal, tree: &str, tip: &CommitId) -> Result<bool, ForgeError> {
        let commit = self.commit(&proposal.place.repository, tip).await?;
        let is_on_base = matches!(commit.parents.as_slice(), [own] if own.sha == proposal.base.as_str());
        let same_words = commit.commit.message.trim_end() == proposal.message.trim_end();
        let repository = &proposal.place.repository;
        let is_same = is_on_base && same_words && commit.commit.tree.sha == tree;
        let branch = Some(proposal.branch.as_str());
        Ok(is_same && self.authorship(repository, branch, tip, &commit).await?.unwrap_or_default())
    }

    /// Opens a pull request, or finds the open one that GitHub says is there.
    async fn open(&self, proposal: &Proposal, written: &WrittenHead) -> Result<ChangeNumber, ForgeError> {
        if written.is_found {
            self.refuse_ended(proposal, &written.head).await?;
        }
        let repository = &proposal.place.repository;
        let words = &proposal.presentation;
        let body = json!({
            "title": words.title,
            "body": words.body,
            "head": proposal.branch.as_str(),
            "base": proposal.place.branch.as_str(),
        });
        let path = format!("/repos/{repository}/pulls");
        // GitHub refuses a second one of the same branch, so that asking again is safe.
        let call = Call::write(Scope::Repository(repository), "open pull requests", Method::POST, path, body);
        let response = self.inner.transport.call(call).await?;
        let number = if response.status == StatusCode::UNPROCESSABLE_ENTITY {
            let open = self.of_branch(proposal, "open").await?.into_iter().next();
            let open = open.ok_or_else(|| refused_to_open(proposal, &response))?;
            self.rewrite(&proposal.place, &open, words).await?;
            open.number
        } else {
            let opened: Pull = response.json(&format!("the new pull request of `{}`", proposal.branch))?;
            opened.number
        };
        self.label(&proposal.place, ChangeNumber(number), &proposal.labels).await?;
        self.note_opened(proposal, ChangeNumber(number), &written.head);
        self.request_reviews(&proposal.place, ChangeNumber(number), &proposal.reviewers).await;
        Ok(ChangeNumber(number))
    }

    /// A proposal that comes again after its change was merged or closed opens no second one.
    async fn refuse_ended(&self, proposal: &Proposal, head: &CommitId) -> Result<(), ForgeError> {
        let all = self.of_branch(proposal, "all").await?;
        match all.iter().find(|pull| !pull.is_open() && pull.head.sha == head.as_str()) {
            Some(ended) => Err(ForgeError::Conflict { what: format!("change #{}", ended.number) }),
            None => Ok(()),
        }
    }

    async fn of_branch(&self, proposal: &Proposal, state: &str) -> Result<Vec<Pull>, ForgeError> {
        let repository = &proposal.place.repository;
        let owner = repository.owner();
        let head = encode_query(&format!("{owner}:{}", proposal.branch));
        let base = encode_query(proposal.place.branch.as_str());
        let path = format!("/repos/{repository}/pulls?state={state}&head={head}&base={base}");
        self.inner.transport.pages(Scope::Repository(repository), "read pull requests", &path).await
    }
}

/// The head of the branch, and whether somebody else had put it there.
struct WrittenHead {
    head: CommitId,
    is_found: bool,
}

/// The files of a proposal as GitHub takes them; modes are kept, links and submodules are not written through.
fn written(base: &CommitFiles, proposal: &Proposal) -> Result<Vec<Value>, ForgeError> {
    let what = || format!("writing files in `{}`", proposal.place.repository);
    let entries = proposal.files.iter().map(|(path, content)| {
        base.may_write(path).map_err(|why| ForgeError::unavailable(what(), why))?;
        let text = std::str::from_utf8(content).map_err(|error| ForgeError::unavailable(what(), error))?;
        let mode = if base.executable.contains(path) { "100755" } else { "100644" };
        Ok(json!({ "path": path.as_str(), "mode": mode, "type": "blob", "content": text }))
    });
    entries.collect()
}

/// Somebody else has the branch.
fn taken(proposal: &Proposal) -> ForgeError {
    ForgeError::Conflict { what: format!("the branch `{}`", proposal.branch) }
}

/// Somebody was faster, or a rule of the repository forbids it.
fn refused_to_open(proposal: &Proposal, response: &Response) -> ForgeError {
    let what = format!("opening a pull request of `{}`", proposal.branch);
    if response.mentions("no commits between") {
        return ForgeError::Conflict { what: format!("the branch `{}`", proposal.place.branch) };
    }
    ForgeError::Blocked { what, why: response.message() }
}
