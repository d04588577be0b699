//! What happened to a pull request, in one listing: comments, reviews, and how it ended.

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::super::credentials::Scope;
use super::super::wire::{GivenReaction, Happening, commit_id, user};
use super::super::{GitHubForge, READS_AT_ONCE};
use super::is_user;
use crate::forge::ForgeError;
use crate::model::{Comment, CommentId, Reaction, RepositoryName, Review, ReviewVerdict, UserName};

/// What the identity of a review starts with; comments have numbers of their own.
const REVIEW_PREFIX: &str = "review-";

/// What was said on a pull request.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    pub(super) comments: Vec<Comment>,
    pub(super) reviews: Vec<Review>,
    pub(super) ended: Ended,
}

/// How it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Ended {
    /// By whom, as far as GitHub says.
    pub(super) by: Option<UserName>,
}

impl GitHubForge {
    pub(super) async fn timeline(
        &self,
        repository: &RepositoryName,
        number: u64,
    ) -> Result<Timeline, ForgeError> {
        let path = format!("/repos/{repository}/issues/{number}/timeline");
        let (scope, verb) = (Scope::Repository(repository), "read pull requests");
        let all: Vec<Happening> = self.inner.connection.pages(scope, verb, &path).await?;
        self.remember_authors(all.iter().filter_map(Happening::account));
        let mut timeline = Timeline::default();
        let mut reacted = Vec::new();
        for happening in &all {
            match happening.event.as_str() {
                "commented" => {
                    let Some(comment) = comment(happening) else { continue };
                    if happening.reactions.as_ref().is_some_and(|counts| counts.is_any()) {
                        reacted.push(comment.id.clone());
                    }
                    timeline.comments.push(comment);
                }
                "reviewed" => timeline.reviews.extend(review(happening)),
                "merged" | "closed" => timeline.ended.by = Some(user(happening.actor.as_ref())),
                _ => {}
            }
        }
        self.add_reactions(repository, reacted, &mut timeline.comments).await?;
        Ok(timeline)
    }

    /// Fetches the bot's own reactions on those comments that have any.
    async fn add_reactions(
        &self,
        repository: &RepositoryName,
        reacted: Vec<CommentId>,
        comments: &mut [Comment],
    ) -> Result<(), ForgeError> {
        let reads = reacted.into_iter().map(|id| async move {
            let reactions = self.own_reactions(repository, &id).await?;
            Ok::<_, ForgeError>((id, reactions))
        });
        let read: Vec<_> = stream::iter(reads).buffer_unordered(READS_AT_ONCE).try_collect().await?;
        for (id, reactions) in read {
            if let Some(comment) = comments.iter_mut().find(|comment| comment.id == id) {
                comment.reactions = reactions;
            }
        }
        Ok(())
    }

    async fn own_reactions(
        &self,
        repository: &RepositoryName,
        comment: &CommentId,
    ) -> Result<Vec<Reaction>, ForgeError> {
        let path = format!("/repos/{repository}/issues/comments/{}/reactions", comment.0);
        let (scope, verb) = (Scope::Repository(repository), "read reactions");
        let all: Vec<GivenReaction> = self.inner.connection.pages(scope, verb, &path).await?;
        let bot = self.identity().await?;
        let own = all.iter().filter(|reaction| is_user(reaction.user.as_ref(), bot));
        Ok(own.filter_map(|reaction| Reaction::from_word(&reaction.content)).collect())
    }
}

fn comment(happening: &Happening) -> Option<Comment> {
    let at = happening.created_at?;
    Some(Comment {
        id: CommentId(happening.id?.to_string()),
        author: user(happening.account()),
        at,
        edited: happening.updated_at.is_some_and(|updated| updated > at),
        body: happening.body.clone().unwrap_or_default(),
        reactions: Vec::new(),
    })
}

/// A review that says yes or no, or holds a command. One that was dismissed says nothing any more.
fn review(happening: &Happening) -> Option<Review> {
    let verdict = match happening.state.as_deref()?.to_ascii_lowercase().as_str() {
        "approved" => ReviewVerdict::Approve,
        "changes_requested" => ReviewVerdict::RequestChanges,
        _ => return None,
    };
    Some(Review {
        id: CommentId(format!("{REVIEW_PREFIX}{}", happening.id?)),
        author: user(happening.account()),
        at: happening.submitted_at?,
        head: commit_id(happening.commit_id.as_deref()?).ok()?,
        verdict,
        body: happening.body.clone().unwrap_or_default(),
    })
}

/// Whether an identity is that of a review.
pub(in crate::forge::github) fn is_review(id: &CommentId) -> bool {
    id.0.starts_with(REVIEW_PREFIX)
}
