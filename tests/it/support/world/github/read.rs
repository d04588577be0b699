//! What can be asked.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use towpath::forge::{ForgeError, LOG_BRANCH};
use towpath::model::{BlobId, BranchName, ChangeNumber, CommitId};

use super::super::{FakeChange, State};
use super::json::{self as shapes, number};
use super::write::branch_of;
use super::{Asked, Said, not_found};
use crate::support::fixture::Files;

impl State {
    pub(super) fn read(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        if let ["collaborators", login] = asked.parts.as_slice() {
            return Ok(self.acquaintance(login));
        }
        if let Some(said) = self.settings(asked) {
            return Ok(said);
        }
        if let ["tarball", commit] = asked.parts.as_slice() {
            return Ok(self.archive_of(commit));
        }
        let found = match asked.parts.as_slice() {
            [] => Some(self.own_repository()),
            ["git", "ref", "heads", branch @ ..] => self.reference(&branch.join("/")),
            ["git", "matching-refs", "heads", prefix @ ..] => Some(self.references(&prefix.join("/"))),
            ["git", "commits", id] => self.git_commit(id),
            ["git", "trees", id] => self.tree(id, asked.query("recursive").is_some()),
            ["git", "blobs", id] => self.blob(id),
            ["commits", id] => {
                self.found_commit(id).map(|id| self.commit_json(id.as_str(), self.git.get(&id)))
            }
            ["commits", id, "check-runs"] => self.check_runs(id, asked),
            ["commits", id, "statuses"] => Some(self.statuses(id)),
            ["compare", ..] if self.fails_comparisons => {
                return Ok((502, json!({ "message": "Server Error" })));
            }
            ["compare", ends @ ..] => self.comparison(&ends.join("/"), asked),
            ["activity"] if self.github.has_no_activity => None,
            ["activity"] => asked.query("ref").and_then(|branch| self.activity(branch)),
            ["labels", name] => self.github.labels.contains(*name).then(|| self.label(name)),
            ["pulls"] => Some(self.pulls(asked)),
            ["pulls", number] => self.numbered(number).map(|change| self.one_pull(change)),
            ["issues", "comments", id, "reactions"] => self.reactions(id),
            ["issues", number, "timeline"] => self.numbered(number).map(|change| self.timeline(change)),
            ["collaborators", login, "permission"] => Some(self.permission(login)),
            ["issues", number, "comments"] => {
                self.numbered(number).map(|change| self.comments(change, asked))
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
        if branch == self.place.branch {
            self.merge_meanwhile();
        }
        self.git.tip(&branch).map(|tip| self.reference_to(&branch, tip))
    }

    /// What a person merges right before the bot reads the base.
    fn merge_meanwhile(&mut self) {
        if let Some((number, by)) = self.merged_meanwhile.take() {
            self.merge_by_person(number, by);
        }
    }

    fn references(&mut self, prefix: &str) -> Value {
        if prefix.is_empty() {
            self.merge_meanwhile();
        }
        let all = self.git.branches.iter().filter(|(branch, _)| branch.as_str().starts_with(prefix));
        all.map(|(branch, tip)| self.reference_to(branch, tip)).collect()
    }

    fn git_commit(&mut self, id: &str) -> Option<Value> {
        let id = self.found_commit(id)?;
        let files = self.git.get(&id).files.clone();
        self.keep_tree(files);
        Some(self.git_commit_json(id.as_str(), self.git.get(&id)))
    }

    fn comments(&self, change: &FakeChange, asked: &Asked<'_>) -> Value {
        let since = asked.query("since").unwrap_or_default();
        let all = change.comments.iter().map(|comment| self.comment(change, comment));
        all.filter(|comment| comment["updated_at"].as_str().is_some_and(|updated| updated >= since)).collect()
    }

    /// Keeps a tree, so that others can be built on it.
    pub(super) fn keep_tree(&mut self, files: Files) -> String {
        let id = shapes::tree_id(self, &files);
        self.github.trees.insert(id.clone(), files);
        id
    }

    pub(super) fn tree(&mut self, id: &str, is_whole: bool) -> Option<Value> {
        let files = match self.found_commit(id) {
            Some(commit) => {
                let files = self.git.get(&commit).files.clone();
                self.keep_tree(files.clone());
                files
            }
            None => self.github.trees.get(id)?.clone(),
        };
        let (own, folders) = if is_whole { (files.clone(), all_folders(&files)) } else { one_level(files) };
        let most = if is_whole { self.github.tree_entries_max.unwrap_or(usize::MAX) } else { usize::MAX };
        let truncated = own.len() > most;
        let mut entries: Vec<Value> = Vec::new();
        for (path, content) in own.iter().take(most) {
            entries.push(self.entry(path.as_str(), "blob", &self.git.blob_id(content).to_string()));
        }
        for (path, files) in folders {
            let sha = if is_whole { shapes::tree_id(self, &files) } else { self.keep_tree(files) };
            entries.push(self.entry(&path, "tree", &sha));
        }
        Some(self.tree_json(id, entries, truncated))
    }

    fn blob(&self, id: &str) -> Option<Value> {
        let own = BlobId::new(id).ok().filter(|id| !self.github.submodules.contains(id))?;
        let content = self.git.blob(&own)?;
        Some(self.blob_json(id, &content))
    }

    /// The newest first, as GitHub lists them.
    fn statuses(&self, id: &str) -> Value {
        let in_queue = self.protection.queue.values().flat_map(|entry| &entry.shown);
        let all = self.changes.iter().flat_map(|change| &change.statuses).chain(in_queue).rev();
        let on_it = all.filter(|(_, status)| status.head.as_str() == id);
        on_it.map(|(context, status)| self.status_json(context, status)).collect()
    }

    /// Who moved a branch to which commit, the newest first.
    fn activity(&self, reference: &str) -> Option<Value> {
        let branch = branch_of(reference);
        let changes = self.changes.iter().filter(|change| change.branch == branch);
        let heads = changes.flat_map(|change| change.heads.iter().map(|(_, head)| head));
        let tip = self.git.tip(&branch).filter(|tip| heads.clone().all(|head| head != *tip));
        let log = if branch.as_str() == LOG_BRANCH { self.git.first_parents(&branch) } else { Vec::new() };
        let tip = if log.is_empty() { tip } else { None };
        let all = heads.chain(tip).chain(&log).filter(|head| !self.github.unlisted.contains(*head));
        let all: Vec<Value> = all.map(|head| self.moved_to(&branch, head)).collect();
        Some(all.into_iter().rev().collect())
    }

    fn comparison(&self, ends: &str, asked: &Asked<'_>) -> Option<Value> {
        let (base, head) = ends.split_once("...")?;
        let base = BranchName::new(base).ok().and_then(|branch| self.git.tip(&branch).cloned());
        let base = base.or_else(|| self.found_commit(ends.split_once("...")?.0))?;
        let head = self.found_commit(head)?;
        let origin = self.git.merge_base(&base, &head)?;
        let mut comparison = self.comparison_json(&base, &head, &origin);
        let is_first = asked.query("page").is_none_or(|page| page == "1");
        comparison["files"] =
            Value::Array(if is_first { self.differing(&origin, &head) } else { Vec::new() });
        Some(comparison)
    }

    fn differing(&self, old: &CommitId, new: &CommitId) -> Vec<Value> {
        let head = new;
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
                self.difference(path.as_str(), status, &self.git.blob_id(content).to_string(), head)
            })
            .collect()
    }

    fn pulls(&self, asked: &Asked<'_>) -> Value {
        let is_meant = |change: &&FakeChange| {
            let state = if change.is_open() { "open" } else { "closed" };
            let head = asked.query("head").and_then(|head| head.split_once(':'));
            asked.query("base").is_none_or(|base| base == self.base_of(change))
                && asked.query("state").is_none_or(|wanted| wanted == "all" || wanted == state)
                && head.is_none_or(|(_, branch)| branch == change.branch.as_str())
                && !self.github.unlisted_changes.contains(&change.number)
        };
        let mut all: Vec<Value> =
            self.changes.iter().filter(is_meant).map(|change| self.pull(change)).collect();
        all.sort_by_key(|pull| std::cmp::Reverse(pull["updated_at"].as_str().map(str::to_owned)));
        Value::Array(all)
    }

    fn reactions(&self, id: &str) -> Option<Value> {
        let mut comments = self.changes.iter().flat_map(|change| &change.comments);
        let comment = comments.find(|comment| number(&comment.id).to_string() == id)?;
        Some(comment.reactions.iter().map(|reaction| self.reaction(comment, *reaction)).collect())
    }

    /// Whether somebody has to do with the repository.
    pub(super) fn acquaintance(&self, name: &str) -> Said {
        if self.github.strangers.contains(name) { not_found() } else { (204, Value::Null) }
    }

    pub(super) fn team(&self, team: &str, rest: &[&str]) -> Result<Said, ForgeError> {
        let (organization, slug) = team.split_once('/').expect("a team has an owner");
        let members = towpath::model::TeamName::new(team).ok().and_then(|team| self.teams.get(&team));
        Ok(match (members, rest) {
            (Some(_), []) => (200, shapes::team(organization, slug, self.started_at())),
            (Some(members), ["memberships", user])
                if members.iter().any(|member| member.as_str().eq_ignore_ascii_case(user)) =>
            {
                (200, shapes::membership(organization, slug, user))
            }
            _ => not_found(),
        })
    }
}

/// All folders, each with what is below it.
fn all_folders(files: &Files) -> BTreeMap<String, Files> {
    let mut folders = BTreeMap::<String, Files>::new();
    for (path, content) in files {
        for (end, _) in path.as_str().match_indices('/') {
            let (folder, rest) = path.as_str().split_at(end);
            let rest = rest[1..].parse().expect("a part of a path is one");
            folders.entry(folder.to_owned()).or_default().insert(rest, Arc::clone(content));
        }
    }
    folders
}

/// The files at the top, and what is in each folder there.
pub(super) fn one_level(files: Files) -> (Files, BTreeMap<String, Files>) {
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
