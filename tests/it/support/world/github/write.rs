//! What can be done.

use std::sync::Arc;

use serde_json::{Value, json};
use towpath::forge::{ForgeError, LOG_BRANCH};
use towpath::model::{
    BranchName, ChangeNumber, ChangeState, Comment, CommitId, MergeMethod, Reaction, RepositoryPath, Status,
    StatusState,
};

use super::super::git::NewCommit;
use super::super::{EffectKind, FakeChange, State};
use super::json::number;
use super::{Asked, Said, error, not_found, unprocessable};
use crate::support::fixture::Files;

/// A pull request to open.
pub(super) struct NewPull<'a> {
    pub(super) branch: &'a str,
    pub(super) title: &'a str,
    pub(super) body: &'a str,
}

impl State {
    pub(super) fn write(&mut self, method: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        match (method, asked.parts.as_slice()) {
            ("POST", ["git", "trees"]) => Ok(self.make_tree(asked)),
            ("POST", ["git", "commits"]) => Ok(self.make_commit(asked)),
            ("POST", ["git", "refs"]) => self.make_ref(asked),
            ("PATCH", ["git", "refs", "heads", branch @ ..]) => self.advance(&branch.join("/"), asked),
            ("POST", ["pulls"]) => self.open_pull(asked),
            ("POST", ["pulls", number, "requested_reviewers"]) => Ok(self.request_reviewers(number, asked)),
            ("PATCH", ["pulls", number]) => self.edit_pull(number, asked),
            ("PUT", ["pulls", number, "merge"]) => self.merge_pull(number, asked),
            ("POST", ["issues", "comments", id, "reactions"]) => self.add_reaction(id, asked),
            ("PATCH", ["issues", "comments", id]) => self.edit_comment(id, asked),
            ("POST", ["labels"]) => Ok(self.make_label(asked.text("name"))),
            ("POST", ["issues", number, "labels"]) => Ok(self.add_labels(number, asked)),
            ("POST", ["issues", number, "comments"]) => self.add_comment(number, asked),
            ("POST", ["check-runs"]) => self.add_check(asked),
            ("PATCH", ["check-runs", id]) => self.edit_check(id, asked),
            ("POST", ["statuses", head]) => self.add_status(head, asked),
            ("POST", ["deployments"]) => self.add_deployment(asked),
            ("POST", ["deployments", id, "statuses"]) => self.add_deployment_status(id, asked),
            _ => Ok(not_found()),
        }
    }

    fn make_tree(&mut self, asked: &Asked<'_>) -> Said {
        let mut files = match asked.body.get("base_tree").and_then(Value::as_str) {
            None => Files::new(),
            Some(base) => match self.github.trees.get(base) {
                Some(files) => files.clone(),
                None => return unprocessable("base_tree is not a valid tree oid"),
            },
        };
        for entry in asked.body["tree"].as_array().expect("a tree has entries") {
            let text = |key: &str| entry[key].as_str().unwrap_or_else(|| panic!("an entry has a {key}"));
            assert_eq!((text("mode"), text("type")), ("100644", "blob"));
            let path = RepositoryPath::new(text("path")).expect("a path");
            let content: Arc<[u8]> = text("content").as_bytes().into();
            self.git.store(&content);
            files.insert(path, content);
        }
        let id = self.keep_tree(files);
        let tree = self.tree(&id, false).expect("it was just kept");
        (201, tree)
    }

    fn make_commit(&mut self, asked: &Asked<'_>) -> Said {
        let Some(files) = self.github.trees.get(asked.text("tree")).cloned() else { return not_found() };
        let parents = asked.body["parents"].as_array().expect("a list of parents");
        let parents: Option<Vec<CommitId>> =
            parents.iter().map(|parent| self.found_commit(parent.as_str()?)).collect();
        let Some(parents) = parents else { return unprocessable("Parent does not exist") };
        let (author, at) = (self.bot.clone(), self.forge_now());
        let message = asked.text("message");
        let commit = self.git.commit(NewCommit { parents, files, author: &author, message, at });
        if self.github.is_app {
            self.github.signed.insert(commit.clone());
        }
        (201, self.git_commit_json(commit.as_str(), self.git.get(&commit)))
    }

    fn make_ref(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let branch = branch_of(asked.text("ref"));
        if self.git.tip(&branch).is_some() {
            return Ok((422, error("Reference already exists")));
        }
        let Some(to) = self.found_commit(asked.text("sha")) else {
            return Ok(unprocessable("Object does not exist"));
        };
        self.effect(|state| state.moved(&branch, to.clone()))?;
        Ok((201, self.reference_to(&branch, &to)))
    }

    fn advance(&mut self, branch: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        assert_eq!(
            asked.body.get("force"),
            Some(&json!(false)),
            "a branch that jumps needs compare-and-swap"
        );
        let branch = BranchName::new(branch).expect("a branch name");
        let (Some(from), Some(to)) = (self.git.tip(&branch).cloned(), self.found_commit(asked.text("sha")))
        else {
            return Ok((422, error("Reference does not exist")));
        };
        if !self.git.ancestry(&to).contains(&from) {
            return Ok((422, error("Update is not a fast forward")));
        }
        if from != to {
            self.effect(|state| state.moved(&branch, to.clone()))?;
        }
        Ok((200, self.reference_to(&branch, &to)))
    }

    /// Moves a branch; what that means depends on the branch.
    pub(super) fn moved(&mut self, branch: &BranchName, to: CommitId) -> ((), EffectKind) {
        if branch.as_str() != LOG_BRANCH {
            self.expect_not_queued(branch);
            self.move_branch(branch, to.clone());
            return ((), EffectKind::BranchMoved { branch: branch.clone(), to });
        }
        let before = self.log().len();
        self.git.branches.insert(branch.clone(), to);
        // What somebody forged is gone with it.
        ((), EffectKind::LogCommit { lines: self.log().len().saturating_sub(before) })
    }

    pub(super) fn deleted(&mut self, branch: &BranchName) -> ((), EffectKind) {
        self.git.branches.remove(branch);
        if let Some(number) = self.open_change(branch).map(|change| change.number) {
            let by = self.bot.clone();
            self.end_by_close(number, by);
        }
        ((), EffectKind::BranchDeleted { branch: branch.clone() })
    }

    /// All or nobody.
    fn request_reviewers(&mut self, number: &str, asked: &Asked<'_>) -> Said {
        let Some(change) = self.numbered(number) else { return not_found() };
        let said = (201, self.pull(change));
        let number = change.number;
        let named = |key: &str| asked.body[key].as_array().cloned().unwrap_or_default();
        let (users, teams) = (named("reviewers"), named("team_reviewers"));
        if self.github.is_app && !teams.is_empty() && self.github.granted.get("members").is_none() {
            // It looks the team up with the same token, and does not find it.
            let said = "Could not resolve to a node with the global id of 'T_kwDOABCDEF'.";
            let mut refused = error("Validation Failed");
            refused["errors"] = json!([said]);
            return (422, refused);
        }
        let all = users.into_iter().chain(teams);
        let all: Vec<String> = all.filter_map(|name| name.as_str().map(str::to_owned)).collect();
        if all.iter().any(|name| self.github.strangers.contains(name.as_str())) {
            let said = error(
                "Reviews may only be requested from collaborators. One or more of the users or teams you specified \
                 is not a collaborator of the acme/deploy repository.",
            );
            return (422, said);
        }
        let known = self.github.reviewers.entry(number).or_default();
        known.extend(all);
        said
    }

    fn open_pull(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let new =
            NewPull { branch: asked.text("head"), title: asked.text("title"), body: asked.text("body") };
        let number = match self.opened(new)? {
            Ok(number) => number,
            Err(message) => return Ok(unprocessable(&message)),
        };
        let opened = self.change(number).expect("it was just opened");
        Ok((201, self.one_pull(opened)))
    }

    /// Opens a pull request, or says why not.
    pub(super) fn opened(&mut self, new: NewPull<'_>) -> Result<Result<ChangeNumber, String>, ForgeError> {
        let branch = BranchName::new(new.branch).expect("a branch name");
        let Some(head) = self.git.tip(&branch).cloned() else { return Ok(Err("head is invalid".to_owned())) };
        if self.open_change(&branch).is_some() {
            return Ok(Err(format!("A pull request already exists for acme:{branch}.")));
        }
        if self.git.ancestry(self.base_tip()).contains(&head) {
            return Ok(Err(format!("No commits between main and {branch}")));
        }
        let number = self.effect(|state| {
            let (number, at) = (ChangeNumber(state.changes.len() as u64 + 1), state.forge_now());
            state.changes.push(FakeChange {
                number,
                branch,
                title: new.title.to_owned(),
                body: new.body.to_owned(),
                labels: Vec::new(),
                author: state.bot.clone(),
                state: ChangeState::Open,
                opened_at: at,
                heads: vec![(at, head)],
                comments: Vec::new(),
                reviews: Vec::new(),
                statuses: Vec::new(),
            });
            (number, EffectKind::ChangeOpened { change: number })
        })?;
        Ok(Ok(number))
    }

    fn edit_pull(&mut self, number: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let Some(change) = self.numbered(number) else { return Ok(not_found()) };
        let (number, is_open) = (change.number, change.is_open());
        if asked.text("state") == "closed" {
            if matches!(change.state, ChangeState::Merged { .. }) {
                return Ok(unprocessable("Cannot close a merged pull request"));
            }
            if is_open {
                self.effect(|state| {
                    let by = state.bot.clone();
                    state.end_by_close(number, by);
                    ((), EffectKind::Closed { change: number })
                })?;
            }
        } else {
            self.effect(|state| {
                let change = state.change_mut(number).expect("it was just there");
                asked.text("title").clone_into(&mut change.title);
                asked.text("body").clone_into(&mut change.body);
                ((), EffectKind::Presented { change: number })
            })?;
        }
        let change = self.change(number).expect("it was just there");
        Ok((200, self.one_pull(change)))
    }

    fn merge_pull(&mut self, number: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let Some(change) = self.numbered(number) else { return Ok(not_found()) };
        let (number, head) = (change.number, change.head().clone());
        let not_mergeable = (405, error("Pull Request is not mergeable"));
        if !change.is_open() {
            return Ok(not_mergeable);
        }
        if head.as_str() != asked.text("sha") {
            let message = "Head branch was modified. Review and try the merge again.";
            return Ok((409, error(message)));
        }
        let method = MergeMethod::from_word(asked.text("merge_method")).expect("GitHub has three ways");
        if self.protection.forbidden.contains(&method) {
            return Ok((405, error(not_allowed(method))));
        }
        let refused = match self.merge_word(self.change(number).expect("it was just there")) {
            "dirty" => Some("Pull Request is not mergeable"),
            "blocked" => self.protection.unmet,
            "behind" => Some("1 of 1 required status checks are expected."),
            _ if self.protection.has_queue => Some("Changes must be made through the merge queue"),
            _ => None,
        };
        if let Some(refused) = refused {
            return Ok((405, error(refused)));
        }
        let message = format!("{}\n\n{}\n", asked.text("commit_title"), asked.text("commit_message"));
        let commit = self.effect(|state| {
            let author = state.bot.clone();
            let commit = state.put_on_base(&head, &author, method, &message).expect("the two go together");
            state.end_by_merge(number, commit.clone(), author);
            (commit, EffectKind::Merged { change: number, head })
        })?;
        Ok((
            200,
            json!({ "sha": commit.as_str(), "merged": true, "message": "Pull Request successfully merged" }),
        ))
    }

    fn add_labels(&mut self, number: &str, asked: &Asked<'_>) -> Said {
        let Some(number) = self.numbered(number).map(|change| change.number) else { return not_found() };
        let labels = asked.body["labels"].as_array().expect("a list of labels");
        labels.iter().filter_map(Value::as_str).for_each(|label| self.give_label(number, label));
        let change = self.change(number).expect("it was just there");
        (200, change.labels.iter().map(|label| self.label(label)).collect())
    }

    fn make_label(&mut self, name: &str) -> Said {
        if !self.github.labels.insert(name.to_owned()) {
            return unprocessable("already_exists");
        }
        (201, self.label(name))
    }

    pub(super) fn give_label(&mut self, number: ChangeNumber, label: &str) {
        self.github.labels.insert(label.to_owned());
        let labels = &mut self.change_mut(number).expect("it was just there").labels;
        if !labels.iter().any(|found| found == label) {
            labels.push(label.to_owned());
        }
    }

    fn add_comment(&mut self, number: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let Some(number) = self.numbered(number).map(|change| change.number) else { return Ok(not_found()) };
        let made = self.effect(|state| {
            let made = Comment {
                id: state.next_comment(),
                author: state.bot.clone(),
                at: state.forge_now(),
                edited: false,
                body: asked.text("body").to_owned(),
                reactions: Vec::new(),
            };
            let about = made.about().expect("the bot could not find this comment again").to_owned();
            state.change_mut(number).expect("it was just there").comments.push(made.clone());
            (made, EffectKind::Remarked { change: number, about })
        })?;
        let change = self.change(number).expect("it was just there");
        Ok((201, self.comment(change, &made)))
    }

    /// A comment by the number in its address, and the change that it stands on.
    fn comment_numbered(&self, id: &str) -> Option<(ChangeNumber, Comment)> {
        self.changes.iter().find_map(|change| {
            let comment = change.comments.iter().find(|comment| number(&comment.id).to_string() == id)?;
            Some((change.number, comment.clone()))
        })
    }

    fn edit_comment(&mut self, id: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let Some((_, comment)) = self.comment_numbered(id) else { return Ok(not_found()) };
        self.rewrite_comment(&comment.id, asked.text("body"))?;
        let (change, comment) = self.comment_numbered(id).expect("it was just there");
        Ok((200, self.comment(self.change(change).expect("it was just there"), &comment)))
    }

    fn add_reaction(&mut self, id: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let reaction = Reaction::from_word(asked.text("content")).expect("GitHub has that reaction");
        let Some((change, comment)) = self.comment_numbered(id) else { return Ok(not_found()) };
        let made = self.reaction(&comment, reaction);
        if comment.reactions.contains(&reaction) {
            return Ok((200, made));
        }
        self.effect(|state| {
            let mut comments = state.change_mut(change).expect("it was just there").comments.iter_mut();
            let comment = comments.find(|found| found.id == comment.id).expect("it was just there");
            comment.reactions.push(reaction);
            ((), EffectKind::Reacted { change })
        })?;
        Ok((201, made))
    }

    fn add_status(&mut self, head: &str, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        let Some(head) = self.found_commit(head) else { return Ok(unprocessable("No commit found for SHA")) };
        let on_it = self.changes.iter().rev().find(|change| change.heads.iter().any(|(_, at)| *at == head));
        let in_queue = self.group_of(&head);
        let Some(number) = in_queue.or_else(|| on_it.map(|change| change.number)) else {
            return Ok(not_found());
        };
        let state = match asked.text("state") {
            "success" => StatusState::Success,
            "pending" => StatusState::Pending,
            _ => StatusState::Failure,
        };
        let text = asked.text("description").to_owned();
        assert!(text.chars().count() <= 140, "GitHub takes no longer descriptions");
        let context = asked.text("context").to_owned();
        let made = self.effect(|world| {
            let status = Status { head, at: world.forge_now(), state, text };
            let (context, noted) = (context.clone(), status.clone());
            if in_queue.is_some() {
                world.note_in_queue(number, context, noted);
            } else {
                world.change_mut(number).expect("it was just there").statuses.push((context, noted));
            }
            (status, EffectKind::StatusSet { change: number })
        })?;
        Ok((201, self.status_json(&context, &made)))
    }
}

const fn not_allowed(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "Merge commits are not allowed on this repository.",
        MergeMethod::Squash => "Squash merges are not allowed on this repository.",
        MergeMethod::Rebase => "Rebase merges are not allowed on this repository.",
    }
}

pub(super) fn branch_of(name: &str) -> BranchName {
    BranchName::new(name.strip_prefix("refs/heads/").expect("a branch")).expect("a branch name")
}
