//! What happened to a pull request, in one listing: comments, reviews, and how it ended.
//!
//! Commands are read in comments on the conversation and in the texts of reviews. Comments on lines of the diff are not
//! read: they follow the line, not the promotion. A comment that is hidden counts as before, since anybody with write access
//! can hide it and nothing tells who did; one that is deleted is gone from the listing. What was accepted before stands in the
//! log and stays, but for a review that a person took back.
//!
//! A timeline that has too many pages makes the change wait for a user (`BarrierKind::Unread`), and is read again every
//! ten minutes at most: a hold may be behind what was read. A user's dismissal withdraws an approval, GitHub's does
//! not: GitHub may dismiss reviews whenever a branch moves, and the content key says whether the approved content is
//! still there. A request for changes ends only by its own author, because everyone with write access can dismiss it.

use std::collections::{BTreeMap, BTreeSet};

use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::super::lock::lock;
use super::super::people::Author;
use super::super::scope::Scope;
use super::super::transport::{Call, PAGE_SIZE};
use super::super::wire::is_user;
use super::super::wire::{Account, GivenReaction, ReactionCounts, TimelineItem, commit_id, login, user};
use super::super::{GitHubForge, READS_AT_ONCE};
use crate::forge::ForgeError;
use crate::model::{
    BarrierKind, Comment, CommentId, MergeBlocker, Reaction, RepositoryName, Review, ReviewVerdict, Time,
    UserName, is_younger_than,
};

/// What the identity of a review starts with; comments have numbers of their own.
const REVIEW_PREFIX: &str = "review-";

/// How many pages of one timeline are read; GitHub takes no more than 2,500 comments, but mentions have no end.
const PAGES_MAX: usize = 100;

/// How long a timeline that goes on behind that is not read again: each reading takes that many requests, and whoever
/// floods one change must not use up what the others need.
const CUT_HOLDS: TimeDelta = TimeDelta::minutes(10);
/// What people are told of a timeline that goes on behind that.
const CUT: &str = "GitHub lists more than 10,000 events on it, and what was said behind them is not read; \
                   merge it by hand, or close it and ask for the release again";

/// What was said on a pull request.
#[derive(Clone, Debug, Default)]
pub(super) struct Timeline {
    /// How many of its pages are full.
    full_pages: usize,
    /// When it was seen to go on behind the last page that is read, if it does.
    cut_at: Option<Time>,
    /// Everybody who did something, with the account that it was.
    pub(super) authors: BTreeSet<Author>,
    /// What the bot said, by what it was about, as GraphQL knows it.
    pub(super) remarks: BTreeMap<String, String>,
    /// Whether something is left out of which GitHub does not tell yet all that matters.
    pub(super) is_partial: bool,
    /// How many signs the comments that have any have.
    reacted: BTreeMap<CommentId, ReactionCounts>,
    /// The names by which GraphQL knows comments and reviews.
    pub(super) nodes: BTreeMap<CommentId, String>,
    pub(super) comments: Vec<Comment>,
    pub(super) reviews: Vec<Review>,
    /// Whether somebody put it into the merge queue, and nobody took it out again.
    pub(super) is_queued: bool,
    pub(super) ended: ClosedBy,
}

/// How it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct ClosedBy {
    /// By whom, as far as GitHub says.
    pub(super) by: Option<UserName>,
}

/// What a timeline lists.
struct TimelineItems {
    all: Vec<TimelineItem>,
    full_pages: usize,
    is_cut: bool,
}

impl Timeline {
    /// What keeps the bot from acting on the change, where not all of this was read.
    pub(super) fn barrier(&self) -> Option<MergeBlocker> {
        self.cut_at.map(|_| MergeBlocker { kind: BarrierKind::Unread, why: CUT.to_owned(), until: None })
    }

    /// Takes in one thing that happened.
    fn take(&mut self, happening: &TimelineItem, bot: &UserName, dismissed: &DismissedReviews) {
        let node_id = happening.node_id.clone().unwrap_or_default();
        match happening.event.as_str() {
            "commented" => self.comments.extend(comment(happening).inspect(|comment| {
                if let Some(counts) = happening.reactions.clone().filter(ReactionCounts::is_any) {
                    self.reacted.insert(comment.id.clone(), counts);
                }
                if comment.author == *bot
                    && let Some(about) = comment.about()
                {
                    self.remarks.insert(about.to_owned(), node_id.clone());
                }
                self.nodes.insert(comment.id.clone(), node_id);
            })),
            "reviewed" => self.reviews.extend(review(happening, dismissed).inspect(|review| {
                self.nodes.insert(review.id.clone(), node_id);
            })),
            "added_to_merge_queue" => self.is_queued = true,
            "removed_from_merge_queue" => self.is_queued = false,
            "merged" | "closed" => self.ended.by = Some(user(happening.actor.as_ref())),
            _ => {}
        }
    }

    /// Gives a comment of the bot another text.
    pub(super) fn rewrite(&mut self, id: &CommentId, body: &str) {
        let Some(comment) = self.comments.iter_mut().find(|comment| comment.id == *id) else { return };
        body.clone_into(&mut comment.body);
        if let Some(about) = comment.about() {
            let node_id = self.nodes.get(id).cloned().unwrap_or_default();
            self.remarks.insert(about.to_owned(), node_id);
        }
    }

    /// The bot's own reactions on a comment, where they were read when it had as many signs as now.
    fn reactions_with(&self, id: &CommentId, counts: &ReactionCounts) -> Option<Vec<Reaction>> {
        self.reacted.get(id).filter(|known| *known == counts)?;
        let comment = self.comments.iter().find(|comment| comment.id == *id)?;
        Some(comment.reactions.clone())
    }
}

impl GitHubForge {
    pub(super) async fn timeline(
        &self,
        repository: &RepositoryName,
        number: u64,
        known: Option<&Timeline>,
    ) -> Result<Timeline, ForgeError> {
        let now = self.now();
        let is_cut = |known: &&Timeline| known.cut_at.is_some_and(|at| is_younger_than(CUT_HOLDS, at, now));
        if let Some(known) = known.filter(is_cut) {
            return Ok(known.clone());
        }
        let full_pages = known.map_or(0, |known| known.full_pages);
        let TimelineItems { all, full_pages, is_cut } =
            self.happenings(repository, number, full_pages).await?;
        let authors = all.iter().filter_map(TimelineItem::account).filter_map(author).collect();
        let mut timeline =
            Timeline { full_pages, cut_at: is_cut.then_some(now), authors, ..Timeline::default() };
        let bot = self.identity().await?;
        let dismissed: DismissedReviews = all.iter().filter_map(dismissed_by_somebody).collect();
        all.iter().for_each(|happening| timeline.take(happening, bot, &dismissed));
        let rewritten = lock(&self.memory(repository).receipts).comments(now);
        rewritten.iter().for_each(|(comment, body)| timeline.rewrite(comment, body));
        timeline.is_partial = self.tell_edits(repository, &mut timeline, known).await?;
        self.add_reactions(repository, &mut timeline, known).await?;
        Ok(timeline)
    }

    /// Everything that happened, as far as it is read.
    ///
    /// A page that was full the last time is asked for by its mark: where nothing on it was edited or deleted, that costs
    /// nothing. It is not left out, since an edit has to be seen before a command is carried out that still waits.
    async fn happenings(
        &self,
        repository: &RepositoryName,
        number: u64,
        full_pages: usize,
    ) -> Result<TimelineItems, ForgeError> {
        let what = format!("the timeline of pull request {number} in `{repository}`");
        let mut all = Vec::new();
        for page in 1..=PAGES_MAX {
            let path =
                format!("/repos/{repository}/issues/{number}/timeline?per_page={PAGE_SIZE}&page={page}");
            let call = Call::get(Scope::Repository(repository), "read pull requests", path);
            let response = if page <= full_pages {
                self.inner.transport.get_if_changed(call).await?
            } else {
                self.inner.transport.call(call).await?
            };
            all.extend(response.json::<Vec<TimelineItem>>(&what)?);
            if !response.has_next() {
                return Ok(TimelineItems { all, full_pages: page - 1, is_cut: false });
            }
        }
        // An error here would be one of the whole repository, and anybody who can write elsewhere could cause it.
        Ok(TimelineItems { all, full_pages: PAGES_MAX, is_cut: true })
    }

    /// Fetches the bot's own reactions on those comments that have any, where their counts are not what they were.
    async fn add_reactions(
        &self,
        repository: &RepositoryName,
        timeline: &mut Timeline,
        known: Option<&Timeline>,
    ) -> Result<(), ForgeError> {
        let reads = timeline.reacted.iter().map(|(id, counts)| async move {
            let reactions = match known.and_then(|known| known.reactions_with(id, counts)) {
                Some(reactions) => reactions,
                None => self.own_reactions(repository, id).await?,
            };
            Ok::<_, ForgeError>((id.clone(), reactions))
        });
        let reads: Vec<_> = reads.collect();
        let read: Vec<_> = stream::iter(reads).buffer_unordered(READS_AT_ONCE).try_collect().await?;
        for (id, reactions) in read {
            if let Some(comment) = timeline.comments.iter_mut().find(|comment| comment.id == id) {
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
        let all: Vec<GivenReaction> = self.inner.transport.pages(scope, verb, &path).await?;
        let bot = self.identity().await?;
        let own = all.iter().filter(|reaction| is_user(reaction.user.as_ref(), bot));
        Ok(own.filter_map(|reaction| Reaction::from_word(&reaction.content)).collect())
    }
}

fn author(account: &Account) -> Option<Author> {
    Some((login(&account.login).ok()?, account.id?))
}

fn comment(happening: &TimelineItem) -> Option<Comment> {
    let at = happening.created_at?;
    Some(Comment {
        id: CommentId(happening.id?.to_string()),
        author: user(happening.account()),
        at,
        edited: false,
        body: happening.body.clone().unwrap_or_default(),
        reactions: Vec::new(),
    })
}

/// The reviews that somebody took back: what they said, and who took them back.
type DismissedReviews = BTreeMap<u64, (String, UserName)>;

/// A review that somebody took back. One that a new commit took back is not meant: what it approved may be there still.
fn dismissed_by_somebody(happening: &TimelineItem) -> Option<(u64, (String, UserName))> {
    let dismissed = happening.dismissed_review.as_ref()?;
    if dismissed.dismissal_commit_id.is_some() {
        return None;
    }
    Some((dismissed.review_id?, (dismissed.state.clone(), user(happening.actor.as_ref()))))
}

/// A review that says yes or no, or says something at all, or did so before somebody took it back.
fn review(happening: &TimelineItem, dismissed: &DismissedReviews) -> Option<Review> {
    let taken_back = happening.id.and_then(|id| dismissed.get(&id));
    let state = taken_back.map_or(happening.state.as_deref()?, |(state, _)| state);
    let verdict = match state.to_ascii_lowercase().as_str() {
        "approved" => ReviewVerdict::Approve,
        "changes_requested" => ReviewVerdict::RequestChanges,
        // GitHub makes an empty one of each batch of comments on lines.
        "commented" if happening.body.as_ref().is_some_and(|body| !body.is_empty()) => ReviewVerdict::Comment,
        _ => return None,
    };
    Some(Review {
        id: CommentId(format!("{REVIEW_PREFIX}{}", happening.id?)),
        author: user(happening.account()),
        at: happening.submitted_at?,
        head: commit_id(happening.commit_id.as_deref()?).ok()?,
        verdict,
        taken_back_by: taken_back.map(|(_, by)| by.clone()),
        edited: false,
        body: happening.body.clone().unwrap_or_default(),
    })
}

/// Whether an identity is that of a review.
pub(in crate::forge::github) fn is_review(id: &CommentId) -> bool {
    id.0.starts_with(REVIEW_PREFIX)
}
