//! The plainest event: what a build can send itself with one line of `curl`.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    /// Sent again, the same event has the same.
    id: Option<String>,
    /// The path within the registry, or the whole name of the image.
    repository: String,
    /// Says only that a tag is a text, where there is one: all tags are read again anyway.
    #[serde(rename = "tag")]
    _tag: Option<String>,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let first = event.repository.split('/').next().unwrap_or_default();
    let is_whole = event.repository.contains('/') && first.contains(['.', ':']);
    let whole = if is_whole { PushedRepository::of_name(&event.repository) } else { None };
    let repository = whole.unwrap_or_else(|| PushedRepository::of_path(event.repository));
    Ok(Pushed { id: event.id, repositories: vec![repository] })
}
