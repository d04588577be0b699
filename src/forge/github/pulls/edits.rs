//! Whether somebody changed what people wrote: whoever may write to a repository may edit everybody's words in it.
//!
//! REST tells when a comment was touched last, in whole seconds, and of a review not even that; hiding a comment touches it
//! too. GraphQL tells of edits. It is asked once for each text: one that is as it was when it was found unedited is what
//! its author wrote. Either of the two may be older than the other, so what both do not show alike is left for later.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::transport::Call;
use super::super::wire::{GraphError, GraphResponse};
use super::timeline::Timeline;
use crate::forge::ForgeError;
use crate::model::{Comment, CommentId, RepositoryName, Review, Time, UserName};

/// How many texts are asked about in one document; GitHub takes no more.
const TEXTS_AT_ONCE: usize = 100;
const EDITS: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Comment { body lastEditedAt } } }";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Node {
    id: String,
    body: Option<String>,
    /// `None` where GitHub left the field out, `Some(None)` of a text that nobody edited.
    #[serde(default, deserialize_with = "present")]
    last_edited_at: Option<Option<Time>>,
}

fn present<'de, D: Deserializer<'de>>(field: D) -> Result<Option<Option<Time>>, D::Error> {
    Option::deserialize(field).map(Some)
}

impl Node {
    /// Whether it is this text. Line ends may be told otherwise.
    fn shows(&self, body: &str) -> bool {
        self.body.as_ref().is_some_and(|own| own.lines().eq(body.lines()))
    }
}

impl GitHubForge {
    /// Says of every text that can hold a command whether it was edited. One of which GitHub does not tell yet is left out;
    /// whether there is one.
    pub(super) async fn tell_edits(
        &self,
        repository: &RepositoryName,
        timeline: &mut Timeline,
        known: Option<&Timeline>,
    ) -> Result<bool, ForgeError> {
        let bot = self.identity().await?;
        let told = known.map(texts).unwrap_or_default();
        let Timeline { comments, reviews, nodes, .. } = timeline;
        let mut unknown = Vec::new();
        for text in texts_mut(comments, reviews).into_iter().filter(|text| text.is_listened_to(bot)) {
            match told.get(text.id).filter(|(body, _)| *body == text.body) {
                Some((_, edited)) => *text.edited = *edited,
                None => unknown.push(text),
            }
        }
        let mut untold: BTreeSet<CommentId> = BTreeSet::new();
        for some in unknown.chunks_mut(TEXTS_AT_ONCE) {
            let ids: Vec<&str> =
                some.iter().filter_map(|text| nodes.get(text.id)).map(String::as_str).collect();
            let edits = self.edits(repository, &ids).await?;
            for text in some {
                let node = nodes.get(text.id).and_then(|node| edits.get(node));
                match node.filter(|node| node.shows(text.body)).and_then(|node| node.last_edited_at) {
                    Some(edited_at) => *text.edited = edited_at.is_some(),
                    None => drop(untold.insert(text.id.clone())),
                }
            }
        }
        comments.retain(|comment| !untold.contains(&comment.id));
        reviews.retain(|review| !untold.contains(&review.id));
        Ok(!untold.is_empty())
    }

    /// What GitHub says of these, by their names. One about which it reports an error is left out, because a field that it
    /// could not resolve is `null` (<https://spec.graphql.org/October2021/#sec-Handling-Field-Errors>).
    async fn edits(
        &self,
        repository: &RepositoryName,
        ids: &[&str],
    ) -> Result<BTreeMap<String, Node>, ForgeError> {
        let (scope, verb) = (Scope::Repository(repository), "read comments");
        let body = json!({ "query": EDITS, "variables": { "ids": ids } });
        let response = self.inner.transport.call(Call::query(scope, verb, body)).await?;
        let response = response.json::<GraphResponse>("the edits of comments")?;
        let failed: Vec<Option<u64>> = response.errors.iter().map(position).collect();
        let has_failed =
            |index: usize| failed.iter().any(|failed| failed.is_none_or(|failed| failed == index as u64));
        let nodes = response.data.and_then(|mut data| data.remove("nodes")).unwrap_or_default();
        let nodes: Vec<Option<Node>> = serde_json::from_value(nodes).map_err(|error| {
            ForgeError::unavailable(format!("reading the edits of comments in `{repository}`"), error)
        })?;
        let told = nodes.into_iter().enumerate().filter(|(index, _)| !has_failed(*index));
        Ok(told.filter_map(|(_, node)| node).map(|node| (node.id.clone(), node)).collect())
    }
}

/// The position of the node that an error is about; nothing for an error about all of them.
fn position(error: &GraphError) -> Option<u64> {
    error.path.get(1)?.as_u64()
}

/// A text that may hold a command.
struct EditableText<'a> {
    id: &'a CommentId,
    author: &'a UserName,
    body: &'a str,
    edited: &'a mut bool,
}

impl EditableText<'_> {
    /// Whether anybody looks for commands in it: programs give none, nor does the bot.
    fn is_listened_to(&self, bot: &UserName) -> bool {
        !self.body.is_empty() && self.author != bot && !self.author.is_machine()
    }
}

fn texts_mut<'a>(comments: &'a mut [Comment], reviews: &'a mut [Review]) -> Vec<EditableText<'a>> {
    let comments = comments.iter_mut().map(|own| EditableText {
        id: &own.id,
        author: &own.author,
        body: &own.body,
        edited: &mut own.edited,
    });
    let reviews = reviews.iter_mut().map(|own| EditableText {
        id: &own.id,
        author: &own.author,
        body: &own.body,
        edited: &mut own.edited,
    });
    comments.chain(reviews).collect()
}

/// What is known of each text.
fn texts(timeline: &Timeline) -> BTreeMap<&CommentId, (&str, bool)> {
    let comments = timeline.comments.iter().map(|own| (&own.id, (own.body.as_str(), own.edited)));
    let reviews = timeline.reviews.iter().map(|own| (&own.id, (own.body.as_str(), own.edited)));
    comments.chain(reviews).collect()
}
