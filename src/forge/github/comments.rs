//! What people see of a change: title, text, status, comments, signs.

use http::{Method, StatusCode};
use serde_json::json;

use super::GitHubForge;
use super::budget::Lane;
use super::graph::Mutations;
use super::pulls::is_review;
use super::scope::Scope;
use super::transport::Call;
use super::wire::is_user;
use super::wire::{CommitStatus, IssueComment, Pull, PullDetails, commit_id};
use crate::forge::{CHANGE_LABEL, ForgeError, NewStatus, Presentation, Remark};
use crate::model::{
    BranchName, ChangeNumber, Comment, CommentId, CommitId, ConfigBranch, Reaction, Status, StatusState, Time,
};

/// Longest line of a status, in characters: GitHub takes no more.
const DESCRIPTION_CHARS_MAX: usize = 140;
/// How many comments one reply hides at most; there is seldom more than one.
const HIDDEN_MAX: usize = 10;

impl GitHubForge {
    /// Brings title, text and status up to date, as far as they differ from what the last look saw.
    pub(super) async fn show(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        presentation: &Presentation,
    ) -> Result<(), ForgeError> {
        let pull = match self.seen(place, change) {
            Some(pull) => pull,
            None => self.pull(place, change).await?.pull,
        };
        self.rewrite(place, &pull, presentation).await?;
        // Whoever was cut off between the pull request and its label left it without.
        self.label_missing(place, &pull, &[CHANGE_LABEL.to_owned()]).await?;
        let branch = BranchName::new(&pull.head.branch)
            .map_err(|error| ForgeError::unavailable("reading a branch", error))?;
        let tip = self.tip(&place.repository, &branch).await?;
        let head = tip.map_or_else(|| commit_id(&pull.head.sha), Ok)?;
        self.publish(place, change, &head, &presentation.status).await
    }

    /// Gives a pull request the labels that it lacks.
    pub(super) async fn label_missing(
        &self,
        place: &ConfigBranch,
        pull: &Pull,
        labels: &[String],
    ) -> Result<(), ForgeError> {
        let has = |label: &String| pull.labels.iter().any(|found| found.name == *label);
        if labels.iter().all(has) {
            return Ok(());
        }
        self.label(place, ChangeNumber(pull.number), labels).await
    }

    pub(super) async fn label(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        labels: &[String],
    ) -> Result<(), ForgeError> {
        let path = format!("/repos/{}/issues/{}/labels", place.repository, change.0);
        let scope = Scope::Repository(&place.repository);
        let call = Call::write(scope, "label changes", Method::POST, path, json!({ "labels": labels }));
        self.inner.transport.call(call).await?.ensure_success(&format!("labelling change {change}"))
    }

    pub(super) async fn pull(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
    ) -> Result<PullDetails, ForgeError> {
        let path = format!("/repos/{}/pulls/{}", place.repository, change.0);
        self.inner.transport.get(Scope::Repository(&place.repository), "read pull requests", path).await
    }

    /// Gives a pull request its words, where they differ.
    pub(super) async fn rewrite(
        &self,
        place: &ConfigBranch,
        pull: &Pull,
        words: &Presentation,
    ) -> Result<(), ForgeError> {
        if pull.title == words.title && same_text(pull.body(), &words.body) {
            return Ok(());
        }
        let body = json!({ "title": words.title, "body": words.body });
        self.patch(place, ChangeNumber(pull.number), body).await
    }

    async fn patch(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        body: serde_json::Value,
    ) -> Result<(), ForgeError> {
        let path = format!("/repos/{}/pulls/{}", place.repository, change.0);
        let scope = Scope::Repository(&place.repository);
        let call = Call::write(scope, "write pull requests", Method::PATCH, path, body);
        let response = self.inner.transport.call(call).await?;
        if response.status == StatusCode::UNPROCESSABLE_ENTITY {
            return Err(ForgeError::Conflict { what: format!("change {change}") });
        }
        response.ensure_success(&format!("change {change} of `{}`", place.repository))
    }

    /// Publishes a status on a head, as a check where the bot is an App, unless it is the one that stands there.
    pub(super) async fn publish(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
        status: &NewStatus,
    ) -> Result<(), ForgeError> {
        if self.inner.transport.credentials().app().is_some() {
            return self.publish_check(place, change, head, status).await;
        }
        let text = description(&status.text);
        let is_shown = |last: &Status| last.state == status.state && last.text == text;
        if self.seen_status(place, change, head).as_ref().is_some_and(is_shown) {
            return Ok(());
        }
        let status = self.write_status(place, change, head, status).await?;
        self.note_status(place, change, status);
        Ok(())
    }

    /// Writes a status on a commit.
    pub(super) async fn write_status(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
        status: &NewStatus,
    ) -> Result<Status, ForgeError> {
        let text = description(&status.text);
        let path = format!("/repos/{}/statuses/{head}", place.repository);
        let body = json!({
            "state": state_word(status.state),
            "context": status.context,
            "description": text,
            "target_url": self.page_of(&place.repository, change),
        });
        let scope = Scope::Repository(&place.repository);
        let call = Call::write(scope, "write commit statuses", Method::POST, path, body);
        let response = self.inner.transport.call(call).await?;
        let made: CommitStatus = response.json(&format!("the status of change {change}"))?;
        Ok(Status { head: head.clone(), at: made.created_at, state: status.state, text })
    }

    /// Writes a comment, or another one anew, unless one of the bot about the same is there.
    pub(super) async fn say(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
    ) -> Result<(), ForgeError> {
        let (touched, remarks) = self.seen_remarks(place, change).unzip();
        let remarks = remarks.unwrap_or_default();
        let is_over =
            |id: &CommentId| self.seen_about(place, change, id).as_deref() == Some(remark.about.as_str());
        if remark.over.as_ref().map_or_else(|| remarks.contains_key(&remark.about), is_over) {
            return Ok(());
        }
        match &remark.over {
            Some(earlier) => self.write_over(place, change, earlier, &remark.body).await?,
            None if self.said_since(place, change, remark, touched).await? => return Ok(()),
            None => self.comment(place, change, &remark.body).await?,
        }
        let outdated = remark.outdates.iter().filter_map(|about| remarks.get(about));
        self.hide(place, change, outdated.filter(|id| !id.is_empty()).take(HIDDEN_MAX)).await;
        Ok(())
    }

    async fn comment(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        body: &str,
    ) -> Result<(), ForgeError> {
        let scope = Scope::Repository(&place.repository);
        let path = format!("/repos/{}/issues/{}/comments", place.repository, change.0);
        // Nothing of GitHub's refuses a second comment: a lost response is repaired by the next look.
        let call = Call::write(scope, "write comments", Method::POST, path, json!({ "body": body })).once();
        let response = self.inner.transport.call(call.in_lane(Lane::Command)).await?;
        response.ensure_success(&format!("a comment on change {change} of `{}`", place.repository))
    }

    /// Gives a comment of the bot another text; people are not notified of that.
    async fn write_over(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        comment: &CommentId,
        body: &str,
    ) -> Result<(), ForgeError> {
        let scope = Scope::Repository(&place.repository);
        let path = format!("/repos/{}/issues/comments/{}", place.repository, comment.0);
        let call = Call::write(scope, "write comments", Method::PATCH, path, json!({ "body": body }));
        let response = self.inner.transport.call(call.in_lane(Lane::Command)).await?;
        let what = format!("comment {} on change {change} of `{}`", comment.0, place.repository);
        match response.ensure_success(&what) {
            Ok(()) => {
                self.note_rewritten(place, change, comment, body);
                Ok(())
            }
            Err(error) => {
                self.forget_said(place, change);
                let is_gone = matches!(error, ForgeError::NotFound { .. });
                Err(if is_gone { ForgeError::Conflict { what } } else { error })
            }
        }
    }

    /// Whether the bot said something after the last look: of what came before, that look knows. Times are GitHub's own.
    async fn said_since(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        remark: &Remark,
        touched: Option<Time>,
    ) -> Result<bool, ForgeError> {
        let bot = self.identity().await?;
        let since =
            touched.map_or_else(String::new, |at| format!("?since={}", at.format("%Y-%m-%dT%H:%M:%SZ")));
        let path = format!("/repos/{}/issues/{}/comments{since}", place.repository, change.0);
        let scope = Scope::Repository(&place.repository);
        let all: Vec<IssueComment> = self.inner.transport.pages(scope, "read comments", &path).await?;
        let mut own = all.iter().filter(|comment| is_user(comment.user.as_ref(), bot));
        let is_about = |body: &str| Comment::about_in(body) == Some(remark.about.as_str());
        Ok(own.any(|comment| comment.body.as_deref().is_some_and(is_about)))
    }

    /// Hides the replies that a new reply makes out of date. Nothing rests on it, so it is tried once, right after that reply.
    async fn hide(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        outdated: impl Iterator<Item = &String>,
    ) {
        let mut mutations = Mutations::default();
        for (index, id) in outdated.enumerate() {
            let input = json!({ "subjectId": id, "classifier": "OUTDATED" });
            mutations.add(&format!("old{index}"), "minimizeComment", "clientMutationId", input);
        }
        if mutations.is_empty() {
            return;
        }
        let done = self.mutate(Scope::Repository(&place.repository), "hide comments", mutations).await;
        let error = done.map(|outcomes| outcomes.first_error().map(|error| error.message.clone()));
        if let Some(why) = error.unwrap_or_else(|error| Some(error.to_string())) {
            tracing::warn!("an old reply on {change} in `{}` was not hidden: {why}", place.repository);
        }
    }

    /// Leaves a sign on a comment; GitHub keeps each of them once.
    pub(super) async fn sign(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        comment: &CommentId,
        reaction: Reaction,
    ) -> Result<(), ForgeError> {
        if is_review(comment) {
            return Ok(());
        }
        let path = format!("/repos/{}/issues/comments/{}/reactions", place.repository, comment.0);
        let body = json!({ "content": reaction.word() });
        let scope = Scope::Repository(&place.repository);
        let call = Call::write(scope, "react to comments", Method::POST, path, body);
        let what = format!("comment {} on change {change} of `{}`", comment.0, place.repository);
        self.inner.transport.call(call.in_lane(Lane::Command)).await?.ensure_success(&what)?;
        self.note_reaction(place, change, comment, reaction);
        Ok(())
    }

    /// Closes a pull request; one that is closed stays so.
    pub(super) async fn shut(&self, place: &ConfigBranch, change: ChangeNumber) -> Result<(), ForgeError> {
        self.patch(place, change, json!({ "state": "closed" })).await
    }
}

/// GitHub stores line ends as they came, and people's browsers send other ones.
fn same_text(left: &str, right: &str) -> bool {
    left.lines().eq(right.lines())
}

const fn state_word(state: StatusState) -> &'static str {
    match state {
        StatusState::Pending => "pending",
        StatusState::Success => "success",
        StatusState::Failure => "failure",
    }
}

pub(super) fn description(text: &str) -> String {
    if text.chars().count() <= DESCRIPTION_CHARS_MAX {
        return text.to_owned();
    }
    let kept: String = text.chars().take(DESCRIPTION_CHARS_MAX - 1).collect();
    format!("{kept}\u{2026}")
}
