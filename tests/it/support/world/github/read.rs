//! What can be asked.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use towpath::forge::ForgeError;
use towpath::model::{BlobId, BranchName, ChangeNumber, CommitId};

use super::super::{FakeChange, State};
use super::json::{account, comment, number, state_word, time, tree_id};
use super::{Asked, Said, not_found};
use crate::support::fixture::Files;

impl State {
    pub(super) fn read(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let found = match asked.parts.as_slice() {
            [] => Some(json!({ "full_name": self.place.repository.as_str(), "node_id": "R_1" })),
            ["git", "ref", "heads", branch @ ..] => self.reference(&branch.join("/")),
            ["git", "matching-refs", "heads", prefix @ ..] => Some(self.references(&prefix.join("/"))),
            ["git", "commits", id] => self.git_commit(id),
            ["git", "trees", id] => self.tree(id, asked.query("recursive").is_some()),
            ["git", "blobs", id] => self.blob(id),
            ["commits", id] => {
                self.found_commit(id).map(|id| self.commit_json(id.as_str(), self.git.get(&id)))
            }
            ["commits", id, "statuses"] => Some(self.statuses(id)),
            ["compare", ends @ ..] => self.comparison(&ends.join("/"), asked),
            ["pulls"] => Some(self.pulls(asked)),
            ["pulls", number] => self.numbered(number).map(|change| self.one_pull(change)),
            ["issues", "comments", id, "reactions"] => self.reactions(id),
            ["issues", number, "timeline"] => self.numbered(number).map(|change| self.timeline(change)),
            ["issues", number, "comments"] => {
                self.numbered(number).map(|change| change.comments.iter().map(comment).collect())
            }
            _ => None,
        };
        Ok(found.map_or_else(not_found, |value| (200, value)))
    }

    pub(super) fn numbered(&self, number: &str) -> Option<&FakeChange> {
        self.change(ChangeNumber(number.parse().ok()?))
    }

    pub(super) fn found_commit(&self, id: &str) -> Option<CommitId> {
        CommitId::new(id).ok().filter(|id| self.git.commits.contains_key(id))
    }

    fn reference(&mut self, branch: &str) -> Option<Value> {
        let branch = BranchName::new(branch).ok()?;
        if branch == self.place.branch
            && let Some((number, by)) = self.merged_meanwhile.take()
        {
            self.merge_by_person(number, by);
        }
        self.git.tip(&branch).map(|tip| reference(&branch, tip))
    }

    fn references(&self, prefix: &str) -> Value {
        let all = self.git.branches.iter().filter(|(branch, _)| branch.as_str().starts_with(prefix));
        all.map(|(branch, tip)| reference(branch, tip)).collect()
    }

    fn git_commit(&mut self, id: &str) -> Option<Value> {
        let id = self.found_commit(id)?;
        let files = self.git.get(&id).files.clone();
        let tree = self.keep_tree(files);
        Some(json!({ "sha": id.as_str(), "tree": { "sha": tree } }))
    }

    /// Keeps a tree, so that others can be built on it.
    pub(super) fn keep_tree(&mut self, files: Files) -> String {
        let id = tree_id(self, &files);
        self.github.trees.insert(id.clone(), files);
        id
    }

    fn tree(&mut self, id: &str, is_whole: bool) -> Option<Value> {
        let files = match self.found_commit(id) {
            Some(commit) => self.git.get(&commit).files.clone(),
            None => self.github.trees.get(id)?.clone(),
        };
        let (own, folders) = if is_whole { (files, BTreeMap::new()) } else { one_level(files) };
        let most = self.github.tree_entries_max.filter(|_| is_whole).unwrap_or(usize::MAX);
        let truncated = own.len() > most;
        let mut entries: Vec<Value> = Vec::new();
        for (path, content) in own.iter().take(most) {
            let sha = self.git.blob_id(content).to_string();
            entries.push(json!({ "path": path.as_str(), "mode": "100644", "type": "blob", "sha": sha }));
        }
        for (path, files) in folders {
            let sha = self.keep_tree(files);
            entries.push(json!({ "path": path, "mode": "040000", "type": "tree", "sha": sha }));
        }
        Some(json!({ "sha": id, "truncated": truncated, "tree": entries }))
    }

    fn blob(&self, id: &str) -> Option<Value> {
        let content = self.git.blob(&BlobId::new(id).ok()?)?;
        Some(
            json!({ "sha": id, "size": content.len(), "encoding": "base64", "content": STANDARD.encode(content) }),
        )
    }

    /// The newest first, as GitHub lists them.
    fn statuses(&self, id: &str) -> Value {
        let all = self.changes.iter().flat_map(|change| &change.statuses).rev();
        let on_it = all.filter(|(_, status)| status.head.as_str() == id);
        let bot = account(self.bot.as_str());
        on_it
            .map(|(context, status)| {
                json!({
                    "state": state_word(status.state),
                    "context": context,
                    "description": status.text,
                    "created_at": time(status.at),
                    "creator": bot,
                })
            })
            .collect()
    }

    fn comparison(&self, ends: &str, asked: &Asked<'_>) -> Option<Value> {
        let (base, head) = ends.split_once("...")?;
        let base = BranchName::new(base).ok().and_then(|branch| self.git.tip(&branch).cloned());
        let base = base.or_else(|| self.found_commit(ends.split_once("...")?.0))?;
        let head = self.found_commit(head)?;
        let origin = self.git.merge_base(&base, &head)?;
        let status = match (origin == base, origin == head) {
            (true, true) => "identical",
            (true, false) => "ahead",
            (false, true) => "behind",
            (false, false) => "diverged",
        };
        let files =
            if asked.query("page") == Some("2") { Vec::new() } else { self.differing(&origin, &head) };
        Some(json!({ "status": status, "merge_base_commit": { "sha": origin.as_str() }, "files": files }))
    }

    fn differing(&self, old: &CommitId, new: &CommitId) -> Vec<Value> {
        let [old, new] = [old, new].map(|commit| &self.git.get(commit).files);
        let mut paths: Vec<_> = old.keys().chain(new.keys()).collect();
        paths.sort();
        paths.dedup();
        let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
        // GitHub lists no more.
        let differing = differing.take(300);
        differing
            .map(|path| {
                let status = match (old.get(path), new.get(path)) {
                    (None, _) => "added",
                    (_, None) => "removed",
                    _ => "modified",
                };
                let content = new.get(path).or_else(|| old.get(path)).expect("it is on one side");
                let sha = self.git.blob_id(content).to_string();
                json!({ "filename": path.as_str(), "status": status, "sha": sha })
            })
            .collect()
    }

    fn pulls(&self, asked: &Asked<'_>) -> Value {
        let is_meant = |change: &&FakeChange| {
            let state = if change.is_open() { "open" } else { "closed" };
            let head = asked.query("head").and_then(|head| head.split_once(':'));
            asked.query("state").is_none_or(|wanted| wanted == "all" || wanted == state)
                && head.is_none_or(|(_, branch)| branch == change.branch.as_str())
        };
        let mut all: Vec<Value> =
            self.changes.iter().filter(is_meant).map(|change| self.pull(change)).collect();
        all.sort_by_key(|pull| std::cmp::Reverse(pull["updated_at"].as_str().map(str::to_owned)));
        Value::Array(all)
    }

    fn reactions(&self, id: &str) -> Option<Value> {
        let mut comments = self.changes.iter().flat_map(|change| &change.comments);
        let comment = comments.find(|comment| number(&comment.id).to_string() == id)?;
        let bot = account(self.bot.as_str());
        let all = comment.reactions.iter();
        Some(all.map(|reaction| json!({ "id": 1, "user": bot, "content": reaction.word() })).collect())
    }

    pub(super) fn team(&self, team: &str, rest: &[&str]) -> Result<Said, ForgeError> {
        let members = towpath::model::TeamName::new(team).ok().and_then(|team| self.teams.get(&team));
        Ok(match (members, rest) {
            (Some(_), []) => (200, json!({ "slug": team })),
            (Some(members), ["memberships", user])
                if members.iter().any(|member| member.as_str() == *user) =>
            {
                (200, json!({ "state": "active", "role": "member" }))
            }
            _ => not_found(),
        })
    }
}

/// The files at the top, and what is in each folder there.
fn one_level(files: Files) -> (Files, BTreeMap<String, Files>) {
    let (mut own, mut folders) = (Files::new(), BTreeMap::<String, Files>::new());
    for (path, content) in files {
        match path.as_str().split_once('/') {
            None => drop(own.insert(path, content)),
            Some((folder, rest)) => {
                let rest = rest.parse().expect("a part of a path is one");
                folders.entry(folder.to_owned()).or_default().insert(rest, content);
            }
        }
    }
    (own, folders)
}

pub(super) fn reference(branch: &BranchName, tip: &CommitId) -> Value {
    json!({ "ref": format!("refs/heads/{branch}"), "object": { "type": "commit", "sha": tip.as_str() } })
}
