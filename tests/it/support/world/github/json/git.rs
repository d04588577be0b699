//! Branches, commits, trees and blobs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gix::objs::tree::{self, EntryKind};
use gix::objs::{Tree, WriteTo as _};
use serde_json::{Value, json};
use std::sync::Arc;
use towpath::model::{BlobId, BranchName, CommitId, RepositoryPath};

use super::super::super::State;
use super::super::super::git::{Commit, object_id};
use super::super::read::one_level;
use super::{account, node_id, time};
use crate::support::fixture::Files;

pub(in super::super) fn tree_id(state: &State, files: &Files) -> String {
    let (own, folders) = one_level(files.clone());
    let of_file = |(path, content): (&RepositoryPath, &Arc<[u8]>)| {
        tree_entry(EntryKind::Blob, path.as_str(), &state.git.blob_id(content).to_string())
    };
    let of_folder =
        |(name, files): (&String, &Files)| tree_entry(EntryKind::Tree, name, &tree_id(state, files));
    let mut tree = Tree { entries: own.iter().map(of_file).chain(folders.iter().map(of_folder)).collect() };
    tree.entries.sort();
    let mut bytes = Vec::new();
    tree.write_to(&mut bytes).expect("a tree can be written");
    object_id(gix::objs::Kind::Tree, &bytes)
}

fn tree_entry(kind: EntryKind, name: &str, sha: &str) -> tree::Entry {
    let oid = gix::ObjectId::from_hex(sha.as_bytes()).expect("forty digits");
    tree::Entry { mode: kind.into(), filename: name.into(), oid }
}

fn not_signed() -> Value {
    json!({ "verified": false, "reason": "unsigned", "signature": null, "payload": null, "verified_at": null })
}

fn signed_by_github() -> Value {
    json!({ "verified": true, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----", "payload": "tree", "verified_at": null })
}

fn person(commit: &Commit) -> Value {
    let name = commit.author.as_str();
    json!({ "name": name, "email": format!("{}@acme.example", name.trim_end_matches("[bot]")), "date": time(commit.at) })
}

impl State {
    pub(in super::super) fn reference_to(&self, branch: &BranchName, tip: &CommitId) -> Value {
        let name = format!("refs/heads/{branch}");
        let object =
            json!({ "type": "commit", "sha": tip.as_str(), "url": self.api(&format!("/git/commits/{tip}")) });
        json!({ "ref": name, "node_id": node_id("REF", &name), "url": self.api(&format!("/git/{name}")), "object": object })
    }

    /// A commit as Git knows it, with the id of its tree.
    pub(in super::super) fn git_commit_json(&self, id: &str, commit: &Commit) -> Value {
        let tree = commit.tree.get_or_init(|| tree_id(self, &commit.files));
        let parents: Vec<Value> = commit.parents.iter().map(|parent| self.parent(parent)).collect();
        json!({
            "sha": id,
            "node_id": node_id("C", id),
            "url": self.api(&format!("/git/commits/{id}")),
            "html_url": self.web(&format!("/commit/{id}")),
            "author": person(commit),
            "committer": person(commit),
            "message": commit.message,
            "tree": { "sha": tree, "url": self.api(&format!("/git/trees/{tree}")) },
            "parents": parents,
            "verification": not_signed(),
        })
    }

    fn parent(&self, id: &CommitId) -> Value {
        let (url, html) = (self.api(&format!("/git/commits/{id}")), self.web(&format!("/commit/{id}")));
        json!({ "sha": id.as_str(), "url": url, "html_url": html })
    }

    /// A commit with the accounts behind it.
    pub(in super::super) fn commit_json(&self, id: &str, commit: &Commit) -> Value {
        let tree = commit.tree.get_or_init(|| tree_id(self, &commit.files));
        let url = self.api(&format!("/commits/{id}"));
        let is_signed = self.github.signed.iter().any(|own| own.as_str() == id);
        let committer = match self.github.own_committer {
            _ if !is_signed => account(commit.author.as_str()),
            None => account("web-flow"),
            Some("") => Value::Null,
            Some(name) => account(name),
        };
        // Servers sign only where their owners had them make a key.
        let is_verified = is_signed && self.github.own_committer.is_none();
        let parents: Vec<Value> = commit.parents.iter().map(|parent| self.parent(parent)).collect();
        let text = json!({
            "url": self.api(&format!("/git/commits/{id}")),
            "author": person(commit),
            "committer": person(commit),
            "message": commit.message,
            "comment_count": 0,
            "tree": { "sha": tree, "url": self.api(&format!("/git/trees/{tree}")) },
            "verification": if is_verified { signed_by_github() } else { not_signed() },
        });
        json!({
            "sha": id,
            "node_id": node_id("C", id),
            "url": url,
            "html_url": self.web(&format!("/commit/{id}")),
            "comments_url": format!("{url}/comments"),
            "commit": text,
            "author": account(commit.author.as_str()),
            "committer": committer,
            "parents": parents,
        })
    }

    /// Somebody moved a branch to a commit.
    pub(in super::super) fn moved_to(&self, branch: &BranchName, head: &CommitId) -> Value {
        let commit = self.git.get(head);
        let by = self.github.pushed_by.get(head).copied().unwrap_or(commit.author.as_str());
        let before = commit.parents.first().map_or(head.as_str(), CommitId::as_str);
        json!({
            "id": commit.sequence,
            "node_id": node_id("PSH", commit.sequence),
            "before": before,
            "after": head.as_str(),
            "ref": format!("refs/heads/{branch}"),
            "timestamp": time(commit.at),
            "activity_type": "push",
            "actor": account(by),
        })
    }

    pub(in super::super) fn tree_json(&self, id: &str, entries: Vec<Value>, truncated: bool) -> Value {
        json!({ "sha": id, "url": self.api(&format!("/git/trees/{id}")), "truncated": truncated, "tree": entries })
    }

    /// A file or folder in a tree.
    pub(in super::super) fn entry(&self, path: &str, kind: &str, sha: &str) -> Value {
        let is_elsewhere = BlobId::new(sha).is_ok_and(|id| self.github.submodules.contains(&id));
        if is_elsewhere {
            return json!({ "path": path, "mode": "160000", "type": "commit", "sha": sha });
        }
        let (mode, place) = match kind {
            "blob" if self.github.lists_old_modes => ("100664", "blobs"),
            "blob" => ("100644", "blobs"),
            _ => ("040000", "trees"),
        };
        let mut entry = json!({ "path": path, "mode": mode, "type": kind, "sha": sha, "url": self.api(&format!("/git/{place}/{sha}")) });
        if let Some(content) = self.git.blob(&BlobId::new(sha).expect("forty digits")) {
            entry["size"] = json!(self.github.archives.claimed_bytes.unwrap_or(content.len() as u64));
        }
        entry
    }

    pub(in super::super) fn blob_json(&self, id: &str, content: &[u8]) -> Value {
        json!({
            "sha": id,
            "node_id": node_id("B", id),
            "url": self.api(&format!("/git/blobs/{id}")),
            "size": content.len(),
            "encoding": "base64",
            "content": STANDARD.encode(content),
        })
    }

    /// A file that differs between two commits.
    pub(in super::super) fn difference(
        &self,
        path: &str,
        status: &str,
        blob: &str,
        head: &CommitId,
    ) -> Value {
        json!({
            "sha": blob,
            "filename": path,
            "status": status,
            "additions": 1,
            "deletions": 1,
            "changes": 2,
            "blob_url": self.web(&format!("/blob/{head}/{path}")),
            "raw_url": self.web(&format!("/raw/{head}/{path}")),
            "contents_url": self.api(&format!("/contents/{path}?ref={head}")),
        })
    }

    /// What lies between two commits, without files.
    pub(in super::super) fn comparison_json(
        &self,
        base: &CommitId,
        head: &CommitId,
        origin: &CommitId,
    ) -> Value {
        let status = match (origin == base, origin == head) {
            (true, true) => "identical",
            (true, false) => "ahead",
            (false, true) => "behind",
            (false, false) => "diverged",
        };
        let web = self.web(&format!("/compare/{base}...{head}"));
        let commit = |id: &CommitId| self.commit_json(id.as_str(), self.git.get(id));
        let behind = self.git.ancestry(base);
        let mut ahead: Vec<CommitId> =
            self.git.ancestry(head).into_iter().filter(|id| !behind.contains(id)).collect();
        ahead.sort_by_key(|id| self.git.get(id).sequence);
        let left = self.git.ancestry(base).len() - self.git.ancestry(origin).len();
        json!({
            "url": self.api(&format!("/compare/{base}...{head}")),
            "html_url": web,
            "permalink_url": web,
            "diff_url": format!("{web}.diff"),
            "patch_url": format!("{web}.patch"),
            "base_commit": commit(base),
            "merge_base_commit": commit(origin),
            "status": status,
            "ahead_by": ahead.len(),
            "behind_by": left,
            "total_commits": ahead.len(),
            "commits": ahead.iter().map(commit).collect::<Vec<_>>(),
        })
    }
}
