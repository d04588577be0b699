//! What was said and done on a pull request.

use serde_json::{Value, json};
use towpath::model::{ChangeState, Comment, Reaction, Review, ReviewVerdict, Time, UserName};

use super::super::super::{FakeChange, State};
use super::{account, node_id, time};

/// The number in a comment's identity.
pub(in super::super) fn number(id: &towpath::model::CommentId) -> u64 {
    id.0.trim_start_matches("review-").parse().expect("identities of comments are numbers")
}

impl State {
    pub(in super::super) fn timeline(&self, change: &FakeChange) -> Value {
        let mut happenings: Vec<(Time, Value)> = Vec::new();
        happenings
            .extend(change.comments.iter().map(|comment| (comment.at, self.commented(change, comment))));
        happenings.extend(change.reviews.iter().map(|review| (review.at, self.reviewed(change, review))));
        let dismissed =
            change.reviews.iter().filter_map(|review| Some((review, review.taken_back_by.as_ref()?)));
        happenings.extend(dismissed.map(|(review, by)| (review.at, self.dismissed(change, review, by))));
        let queued = self.queued(change.number);
        happenings.extend(queued.map(|(at, event)| (at, self.ended(change, event, at, &self.bot))));
        happenings.sort_by_key(|(at, _)| *at);
        let mut all: Vec<Value> = happenings.into_iter().map(|(_, value)| value).collect();
        match &change.state {
            ChangeState::Open => {}
            ChangeState::Closed { at, by } => all.push(self.ended(change, "closed", *at, by)),
            ChangeState::Merged { at, by, .. } => {
                all.extend(["merged", "closed"].map(|event| self.ended(change, event, *at, by)));
            }
        }
        Value::Array(all)
    }

    fn commented(&self, change: &FakeChange, comment: &Comment) -> Value {
        let mut said = self.comment(change, comment);
        said["event"] = json!("commented");
        said["actor"] = said["user"].clone();
        said
    }

    /// A comment on a pull request.
    pub(in super::super) fn comment(&self, change: &FakeChange, comment: &Comment) -> Value {
        let edited = if comment.edited { chrono::TimeDelta::seconds(1) } else { chrono::TimeDelta::zero() };
        let id = number(&comment.id);
        let url = self.api(&format!("/issues/comments/{id}"));
        json!({
            "id": id,
            "node_id": node_id("IC", id),
            "url": url,
            "html_url": self.web(&format!("/changes/{}#issuecomment-{id}", change.number.0)),
            "issue_url": self.api(&format!("/issues/{}", change.number.0)),
            "user": account(comment.author.as_str()),
            "created_at": time(comment.at),
            "updated_at": time(comment.at + edited),
            "body": comment.body,
            "author_association": "COLLABORATOR",
            "performed_via_github_app": null,
            "reactions": counts(&comment.reactions, &url),
        })
    }

    fn reviewed(&self, change: &FakeChange, review: &Review) -> Value {
        let state = if review.taken_back_by.is_some() { "dismissed" } else { state_word(review) };
        let id = number(&review.id);
        let html = self.web(&format!("/changes/{}#pullrequestreview-{id}", change.number.0));
        let pull = self.api(&format!("/pulls/{}", change.number.0));
        json!({
            "event": "reviewed",
            "id": id,
            "node_id": node_id("PRR", id),
            "user": account(review.author.as_str()),
            "body": review.body,
            "state": state,
            "html_url": html,
            "pull_request_url": pull,
            "_links": { "html": { "href": html }, "pull_request": { "href": pull } },
            "submitted_at": time(review.at),
            "commit_id": review.head.as_str(),
            "author_association": "COLLABORATOR",
        })
    }

    /// What takes a review back: a person, or a commit that came after it.
    fn dismissed(&self, change: &FakeChange, review: &Review, by: &UserName) -> Value {
        let mut said = self.ended(change, "review_dismissed", review.at, by);
        said["dismissed_review"] = json!({
            "state": state_word(review),
            "review_id": number(&review.id),
            "dismissal_message": "I take it back",
        });
        if self.github.dismissed_by_push.contains(&review.id) {
            said["dismissed_review"]["dismissal_commit_id"] = json!(change.head().as_str());
        }
        said
    }

    fn ended(&self, change: &FakeChange, event: &str, at: Time, by: &UserName) -> Value {
        let id = change.number.0 * 10;
        json!({
            "id": id,
            "node_id": node_id("EV", id),
            "url": self.api(&format!("/issues/events/{id}")),
            "actor": account(by.as_str()),
            "event": event,
            "commit_id": null,
            "commit_url": null,
            "created_at": time(at),
            "performed_via_github_app": null,
        })
    }

    /// A reaction of the bot.
    pub(in super::super) fn reaction(&self, comment: &Comment, reaction: Reaction) -> Value {
        json!({
            "id": 1,
            "node_id": node_id("REA", 1),
            "user": account(self.bot.as_str()),
            "content": reaction.word(),
            "created_at": time(comment.at),
        })
    }
}

const fn state_word(review: &Review) -> &'static str {
    match review.verdict {
        ReviewVerdict::Approve => "approved",
        ReviewVerdict::RequestChanges => "changes_requested",
        ReviewVerdict::Comment => "commented",
    }
}

fn counts(reactions: &[Reaction], url: &str) -> Value {
    let count = |reaction| reactions.iter().filter(|found| **found == reaction).count();
    json!({
        "url": format!("{url}/reactions"),
        "total_count": reactions.len(),
        "+1": count(Reaction::ThumbsUp),
        "-1": count(Reaction::ThumbsDown),
        "laugh": 0,
        "hooray": 0,
        "confused": count(Reaction::Confused),
        "heart": 0,
        "rocket": count(Reaction::Rocket),
        "eyes": 0,
    })
}
