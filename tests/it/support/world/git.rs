//! Commits, trees and blobs as plain values with ids that look real.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, OnceLock};

use sha2::{Digest as _, Sha256};
use towpath::model::{BlobId, BranchName, CommitId, Head, RepositoryPath, Time, UserName};

use crate::support::fixture::Files;

/// One commit.
#[derive(Clone, Debug)]
pub(crate) struct Commit {
    pub(crate) parents: Vec<CommitId>,
    pub(crate) files: Files,
    pub(crate) author: UserName,
    pub(crate) message: String,
    pub(crate) at: Time,
    /// How many commits the repository had before: a parent's is always smaller.
    pub(crate) sequence: usize,
    /// The id of its tree, once somebody asked for it.
    pub(crate) tree: OnceLock<String>,
}

/// What a commit is made from.
pub(crate) struct NewCommit<'a> {
    pub(crate) parents: Vec<CommitId>,
    pub(crate) files: Files,
    pub(crate) author: &'a UserName,
    pub(crate) message: &'a str,
    pub(crate) at: Time,
}

/// One repository.
#[derive(Debug, Default)]
pub(crate) struct Git {
    pub(crate) commits: BTreeMap<CommitId, Commit>,
    pub(crate) branches: BTreeMap<BranchName, CommitId>,
    blobs: BTreeMap<BlobId, Arc<[u8]>>,
    /// The same the other way round: hashing everything again and again would take most of the tests' time.
    ids: BTreeMap<Arc<[u8]>, BlobId>,
}

impl Git {
    /// Stores a commit; no branch points to it yet.
    pub(crate) fn commit(&mut self, new: NewCommit<'_>) -> CommitId {
        let mut text = format!("{:?} {} {} {}", new.parents, new.author, new.message, new.at);
        for (path, content) in &new.files {
            text += &format!("\n{path} {}", self.store(content));
        }
        let id = CommitId::new(forty_digits(text.as_bytes())).expect("forty digits");
        let commit = Commit {
            parents: new.parents,
            files: new.files,
            author: new.author.clone(),
            message: new.message.to_owned(),
            at: new.at,
            sequence: self.commits.len(),
            tree: OnceLock::new(),
        };
        self.commits.entry(id.clone()).or_insert(commit);
        id
    }

    pub(crate) fn get(&self, commit: &CommitId) -> &Commit {
        self.commits.get(commit).expect("every id in this world was made by a commit")
    }

    pub(crate) fn tip(&self, branch: &BranchName) -> Option<&CommitId> {
        self.branches.get(branch)
    }

    pub(crate) fn head(&self, commit: &CommitId, bot: &UserName) -> Head {
        let found = self.get(commit);
        let beneath = self.beneath(commit).map(|beneath| Box::new(self.head(&beneath, bot)));
        Head { commit: commit.clone(), by_bot: found.author == *bot, message: found.message.clone(), beneath }
    }

    /// The commit of a change's branch that carries the content: beneath all merges into the branch.
    pub(crate) fn written(&self, commit: &CommitId) -> CommitId {
        match self.get(commit).parents.as_slice() {
            [own, _merged] => self.written(own),
            _ => commit.clone(),
        }
    }

    /// The commit of the branch beneath one that only merges the base into it.
    fn beneath(&self, commit: &CommitId) -> Option<CommitId> {
        let [own, merged] = self.get(commit).parents.as_slice() else { return None };
        let base = self.ancestry(self.branches.get(&BranchName::new("main").expect("a branch name"))?);
        (base.contains(merged) && !base.contains(own)).then(|| own.clone())
    }

    pub(crate) fn blob(&self, blob: &BlobId) -> Option<Arc<[u8]>> {
        self.blobs.get(blob).cloned()
    }

    /// The id of a content that some commit holds.
    pub(crate) fn blob_id(&self, content: &Arc<[u8]>) -> BlobId {
        *self.ids.get(content).expect("every content was stored by its commit")
    }

    pub(super) fn store(&mut self, content: &Arc<[u8]>) -> BlobId {
        let new = || BlobId::new(object_id(gix::objs::Kind::Blob, content)).expect("forty digits");
        let id = *self.ids.entry(Arc::clone(content)).or_insert_with(new);
        self.blobs.entry(id).or_insert_with(|| Arc::clone(content));
        id
    }

    /// A commit and everything before it.
    pub(crate) fn ancestry(&self, commit: &CommitId) -> BTreeSet<CommitId> {
        let mut seen = BTreeSet::new();
        let mut open = vec![commit.clone()];
        while let Some(next) = open.pop() {
            if seen.insert(next.clone()) {
                open.extend(self.get(&next).parents.iter().cloned());
            }
        }
        seen
    }

    /// The latest commit that both have behind them.
    pub(crate) fn merge_base(&self, left: &CommitId, right: &CommitId) -> Option<CommitId> {
        let left = self.ancestry(left);
        let both = self.ancestry(right).into_iter().filter(|commit| left.contains(commit));
        both.max_by_key(|commit| self.get(commit).sequence)
    }

    /// The commits of a branch that its first parents lead through, oldest first.
    pub(crate) fn first_parents(&self, branch: &BranchName) -> Vec<CommitId> {
        let mut line = Vec::new();
        let mut next = self.tip(branch).cloned();
        while let Some(commit) = next {
            next = self.get(&commit).parents.first().cloned();
            line.push(commit);
        }
        line.reverse();
        line
    }

    /// The files of a merge, or nothing where both sides changed the same lines.
    pub(crate) fn merged_files(&self, ours: &CommitId, theirs: &CommitId) -> Option<Files> {
        let base = self.merge_base(ours, theirs)?;
        let [base, ours, theirs] = [&base, ours, theirs].map(|commit| &self.get(commit).files);
        let paths: BTreeSet<&RepositoryPath> = base.keys().chain(ours.keys()).chain(theirs.keys()).collect();
        let mut merged = Files::new();
        for path in paths {
            let content = merge_file(base.get(path), ours.get(path), theirs.get(path))?;
            merged.extend(content.map(|content| (path.clone(), content)));
        }
        Some(merged)
    }
}

/// Sixty-four digits that are always the same for the same bytes.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The name that Git gives to an object with these bytes.
pub(crate) fn object_id(kind: gix::objs::Kind, bytes: &[u8]) -> String {
    gix::objs::compute_hash(gix::hash::Kind::Sha1, kind, bytes).expect("no collision").to_string()
}

fn forty_digits(bytes: &[u8]) -> String {
    sha256(bytes).chars().take(40).collect()
}

type Side<'a> = Option<&'a Arc<[u8]>>;

/// `None` is a conflict, `Some(None)` a file that is gone.
fn merge_file(base: Side<'_>, ours: Side<'_>, theirs: Side<'_>) -> Option<Option<Arc<[u8]>>> {
    if ours == base || ours == theirs {
        return Some(theirs.cloned());
    }
    if theirs == base {
        return Some(ours.cloned());
    }
    let [base, ours, theirs] = [base?, ours?, theirs?].map(|side| std::str::from_utf8(side).ok());
    merge_text(base?, ours?, theirs?).map(|text| Some(text.into_bytes().into()))
}

/// The lines that one side replaced: from `start` to `end` of the base, by `lines`.
struct Region<'a> {
    start: usize,
    end: usize,
    lines: Vec<&'a str>,
}

/// Both edits, unless their regions overlap or touch.
fn merge_text(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let base: Vec<&str> = base.split_inclusive('\n').collect();
    let (left, right) = (region(&base, ours), region(&base, theirs));
    let (first, second) = if left.start <= right.start { (left, right) } else { (right, left) };
    if first.end >= second.start {
        return None;
    }
    let parts = [
        base.get(..first.start)?.concat(),
        first.lines.concat(),
        base.get(first.end..second.start)?.concat(),
        second.lines.concat(),
        base.get(second.end..)?.concat(),
    ];
    Some(parts.concat())
}

fn region<'a>(base: &[&str], side: &'a str) -> Region<'a> {
    let side: Vec<&str> = side.split_inclusive('\n').collect();
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let start = base.iter().zip(&side).take_while(same).count();
    let room = base.len().min(side.len()) - start;
    let tail = base.iter().rev().zip(side.iter().rev()).take_while(same).count().min(room);
    let lines = side.get(start..side.len() - tail).unwrap_or_default().to_vec();
    Region { start, end: base.len() - tail, lines }
}
