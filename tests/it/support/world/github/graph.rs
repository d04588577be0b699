//! GraphQL, as far as Towpath uses it: mutations under names of their own, carried out in their order.
//!
//! One that fails stands as nothing in the answer, with an error that names it, and stops none of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use towpath::forge::ForgeError;
use towpath::model::{BlobId, BranchName, ChangeNumber, CommitId, RepositoryPath};

use super::super::git::NewCommit;
use super::super::{EffectKind, State};
use super::json::{node_id, number, time};
use super::write::{NewPull, branch_of};
use super::{Asked, Said};

/// The id that stands for no commit.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
/// What the repository is called in GraphQL.
const REPOSITORY_ID: &str = "R_1";

/// What a mutation gives, or why it fails.
type Outcome = Result<Value, String>;

impl State {
    pub(super) fn graph(&mut self, asked: &Asked<'_>) -> Result<Said, ForgeError> {
        if asked.text("query").starts_with("query") {
            let variables = &asked.body["variables"];
            return Ok(match variables.get("number").and_then(Value::as_u64) {
                Some(number) => self.queue_entry(ChangeNumber(number)),
                None if variables.get("ids").is_some() => self.edits(&variables["ids"]),
                None if asked.text("query").contains("object(oid:") => self.texts(asked.text("query")),
                None => self.latest_deployments(variables),
            });
        }
        let (mut data, mut errors) = (Map::new(), Vec::new());
        for (name, mutation) in fields(asked.text("query")) {
            let input = asked.body["variables"][name].clone();
            match self.mutation(mutation, &input)? {
                Ok(value) => drop(data.insert(name.to_owned(), value)),
                Err(message) => {
                    data.insert(name.to_owned(), Value::Null);
                    errors.push(json!({ "type": "UNPROCESSABLE", "path": [name], "message": message }));
                }
            }
        }
        let mut answer = json!({ "data": data });
        if !errors.is_empty() {
            answer["errors"] = Value::Array(errors);
        }
        Ok((200, answer))
    }

    fn mutation(&mut self, name: &str, input: &Value) -> Result<Outcome, ForgeError> {
        match name {
            "updateRefs" => self.update_refs(input),
            "createRef" => self.create_ref(input),
            "createCommitOnBranch" => self.commit_on_branch(input),
            "createPullRequest" => self.create_pull(input),
            "enqueuePullRequest" => self.enqueue_pull(input),
            "dequeuePullRequest" => self.dequeue_pull(input),
            "addLabelsToLabelable" => Ok(self.label_node(input)),
            "minimizeComment" => Ok(self.minimize_comment(input)),
            _ => panic!("the fake GitHub does not know the mutation {name}"),
        }
    }

    /// Moves refs that are where they are expected to be.
    fn update_refs(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        assert_eq!(input["repositoryId"], json!(REPOSITORY_ID));
        let [update] = input["refUpdates"].as_array().expect("a list").as_slice() else {
            return Ok(Err("one at a time".to_owned()));
        };
        let branch = branch_of(text(update, "name"));
        let tip = self.git.tip(&branch).map_or(NO_COMMIT, CommitId::as_str);
        if tip != text(update, "beforeOid") {
            return Ok(Err("Reference cannot be updated".to_owned()));
        }
        if text(update, "afterOid") == NO_COMMIT {
            self.effect(|state| state.deleted(&branch))?;
        } else {
            let Some(to) = self.found_commit(text(update, "afterOid")) else {
                return Ok(Err("no such commit".to_owned()));
            };
            self.effect(|state| state.moved(&branch, to))?;
        }
        Ok(Ok(json!({ "clientMutationId": null })))
    }

    fn create_ref(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        assert_eq!(input["repositoryId"], json!(REPOSITORY_ID));
        let branch = branch_of(text(input, "name"));
        if self.git.tip(&branch).is_some() {
            return Ok(Err(format!("A ref named \"refs/heads/{branch}\" already exists in the repository.")));
        }
        let Some(to) = self.found_commit(text(input, "oid")) else {
            return Ok(Err("no such commit".to_owned()));
        };
        self.effect(|state| {
            state.move_branch(&branch, to);
            ((), EffectKind::BranchMade { branch })
        })?;
        Ok(Ok(json!({ "clientMutationId": null })))
    }

    fn commit_on_branch(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        assert_eq!(text(&input["branch"], "repositoryNameWithOwner"), self.place.repository.as_str());
        let branch: BranchName = text(&input["branch"], "branchName").parse().expect("a branch name");
        let Some(tip) = self.git.tip(&branch).cloned() else {
            return Ok(Err(format!("No branch named \"{branch}\"")));
        };
        if tip.as_str() != text(input, "expectedHeadOid") {
            return Ok(Err(format!(
                "Expected branch to point to \"{}\" but it did not",
                text(input, "expectedHeadOid")
            )));
        }
        let mut files = self.git.get(&tip).files.clone();
        for addition in input["fileChanges"]["additions"].as_array().expect("a list of files") {
            let path = RepositoryPath::new(text(addition, "path")).expect("a path");
            let content: Arc<[u8]> = STANDARD.decode(text(addition, "contents")).expect("base64").into();
            self.git.store(&content);
            files.insert(path, content);
        }
        let (headline, body) = (text(&input["message"], "headline"), text(&input["message"], "body"));
        let message = format!("{headline}\n\n{body}");
        let (author, at) = (self.bot.clone(), self.forge_now());
        let new = NewCommit { parents: vec![tip], files, author: &author, message: &message, at };
        let commit = self.git.commit(new);
        // Nobody but GitHub could have made it, so GitHub signs it.
        self.github.signed.insert(commit.clone());
        self.effect(|state| state.moved(&branch, commit.clone()))?;
        Ok(Ok(json!({ "commit": { "oid": commit.as_str() } })))
    }

    fn create_pull(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        assert_eq!(input["repositoryId"], json!(REPOSITORY_ID));
        let new = NewPull {
            branch: text(input, "headRefName"),
            title: text(input, "title"),
            body: text(input, "body"),
        };
        let number = match self.opened(new)? {
            Ok(number) => number,
            Err(message) => return Ok(Err(message)),
        };
        Ok(Ok(json!({ "pullRequest": { "id": pull_id(number), "number": number.0 } })))
    }

    fn enqueue_pull(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        let failed = |message: &str| Ok(Err(message.to_owned()));
        let Some(number) = number_of(&input["pullRequestId"]) else { return failed("no such node") };
        let head = self.change(number).expect("it was asked for by its node").head().clone();
        if !self.protection.has_queue {
            return failed("The branch has no merge queue");
        }
        if text(input, "expectedHeadOid") != head.as_str() {
            return failed("The pull request's head has changed");
        }
        if self.protection.queue.contains_key(&number) {
            return failed("Pull request is already in the queue");
        }
        let by = self.bot.clone();
        self.enqueue(number, head, by)?;
        Ok(Ok(json!({ "clientMutationId": null })))
    }

    fn dequeue_pull(&mut self, input: &Value) -> Result<Outcome, ForgeError> {
        let failed = |message: &str| Ok(Err(message.to_owned()));
        let Some(number) = number_of(&input["id"]) else { return failed("no such node") };
        if !self.protection.queue.contains_key(&number) {
            return failed(&format!("Failed to remove PR #{} from the queue", number.0));
        }
        self.dequeue(number)?;
        Ok(Ok(json!({ "clientMutationId": null })))
    }

    /// Where a pull request stands in the queue.
    fn queue_entry(&self, number: ChangeNumber) -> Said {
        if self.protection.hides_queue {
            let error = json!({ "type": "FORBIDDEN", "path": ["repository", "pullRequest", "mergeQueueEntry"], "message": "Resource not accessible by integration" });
            let found = json!({ "pullRequest": { "mergeQueueEntry": null } });
            return (200, json!({ "data": { "repository": found }, "errors": [error] }));
        }
        let entry = self.protection.queue.get(&number).map(|entry| {
            let by = entry.by.as_str();
            let kind = if by.ends_with("[bot]") { "Bot" } else { "User" };
            let group = entry.group.as_ref().map(|head| json!({ "oid": head.as_str() }));
            let by = json!({ "__typename": kind, "login": by.trim_end_matches("[bot]") });
            json!({ "enqueuer": by, "headCommit": group })
        });
        (200, json!({ "data": { "repository": { "pullRequest": { "mergeQueueEntry": entry } } } }))
    }

    /// When comments and reviews were edited last.
    fn edits(&self, ids: &Value) -> Said {
        let lag = &self.github.graph_lags;
        let mut texts: BTreeMap<String, (&str, bool)> = BTreeMap::new();
        for change in &self.changes {
            let comments = change.comments.iter().map(|own| ("IC", &own.id, own.body.as_str(), own.edited));
            let reviews = change.reviews.iter().map(|own| ("PRR", &own.id, own.body.as_str(), own.edited));
            for (kind, id, body, edited) in comments.chain(reviews) {
                match lag.get(id) {
                    None => drop(texts.insert(node_id(kind, number(id)), (body, edited))),
                    Some(Some(before)) => drop(texts.insert(node_id(kind, number(id)), (before, false))),
                    Some(None) => {}
                }
            }
        }
        let node = |id: &Value| {
            let id = id.as_str().expect("an id is a text");
            let (body, edited) = texts.get(id)?;
            Some(json!({ "id": id, "body": body, "lastEditedAt": edited.then(|| time(self.now)) }))
        };
        let ids = ids.as_array().expect("a list of ids");
        assert!(ids.len() <= 100, "GitHub takes no more ids at once");
        let mut nodes: Vec<Option<Value>> = ids.iter().map(node).collect();
        let mut errors: Vec<Value> = Vec::new();
        for (comment, says_so) in &self.github.unresolved_edits {
            let id = node_id("IC", number(comment));
            let Some(index) = ids.iter().position(|own| own.as_str() == Some(&id)) else { continue };
            let Some(Value::Object(fields)) = &mut nodes[index] else { continue };
            if *says_so {
                fields.insert("lastEditedAt".to_owned(), Value::Null);
                let path = json!(["nodes", index, "lastEditedAt"]);
                errors.push(json!({ "message": "Something went wrong", "path": path }));
            } else {
                fields.remove("lastEditedAt");
            }
        }
        let data = json!({ "nodes": nodes });
        let body = if errors.is_empty() {
            json!({ "data": data })
        } else {
            json!({ "data": data, "errors": errors })
        };
        (200, body)
    }

    /// The blobs that a question names, as text.
    fn texts(&self, query: &str) -> Said {
        let named = query.lines().filter_map(|line| {
            let (name, rest) = line.strip_prefix("  ")?.split_once(": object(oid: \"")?;
            let (id, _) = rest.split_once('"')?;
            Some((name.to_owned(), BlobId::new(id).expect("forty digits")))
        });
        let found: Map<String, Value> = named
            .map(|(name, id)| {
                let text = |content: Arc<[u8]>| json!({ "text": String::from_utf8_lossy(&content) });
                let is_blob = !self.github.submodules.contains(&id);
                let blob = if is_blob { self.git.blob(&id) } else { None };
                (name, blob.map_or(json!({}), text))
            })
            .collect();
        (200, json!({ "data": { "repository": found } }))
    }

    fn minimize_comment(&mut self, input: &Value) -> Outcome {
        assert_eq!(input["classifier"], json!("OUTDATED"));
        let mut comments = self.changes.iter().flat_map(|change| &change.comments);
        let id = text(input, "subjectId");
        let Some(found) = comments.find(|comment| node_id("IC", number(&comment.id)) == id) else {
            return Err("Could not resolve to a node".to_owned());
        };
        let found = found.id.clone();
        assert!(self.github.hidden.insert(found), "nothing is hidden twice");
        Ok(json!({ "clientMutationId": null }))
    }

    fn label_node(&mut self, input: &Value) -> Outcome {
        let number = text(input, "labelableId").strip_prefix("PR_").and_then(|id| id.parse().ok());
        let number = number.map(ChangeNumber).filter(|number| self.change(*number).is_some());
        let Some(number) = number else { return Err("Could not resolve to a node".to_owned()) };
        let ids = input["labelIds"].as_array().expect("a list of labels");
        for id in ids.iter().filter_map(Value::as_str) {
            let known = self.github.labels.iter().find(|label| self.label(label)["node_id"] == json!(id));
            let Some(label) = known.cloned() else { return Err("Could not resolve to a node".to_owned()) };
            self.give_label(number, &label);
        }
        Ok(json!({ "clientMutationId": null }))
    }
}

/// The names and mutations of a document that the bot wrote, one on each line.
pub(super) fn fields(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query.lines().filter_map(|line| {
        let (name, rest) = line.strip_prefix("  ")?.split_once(": ")?;
        let (mutation, rest) = rest.split_once("(input: $")?;
        assert!(rest.starts_with(&format!("{name})")), "each mutation has the variable of its name: {line}");
        Some((name, mutation))
    })
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("`{key}` is a text in {value}"))
}

fn number_of(node_id: &Value) -> Option<ChangeNumber> {
    node_id.as_str()?.strip_prefix("PR_")?.parse().ok().map(ChangeNumber)
}

fn pull_id(number: ChangeNumber) -> String {
    node_id("PR", number.0)
}
