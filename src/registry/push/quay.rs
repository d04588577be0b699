//! Quay's notification of a push to a repository.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    docker_url: Option<String>,
    repository: String,
    /// Only the notification of a push has it; a list, or a mapping in old versions.
    updated_tags: Option<Value>,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let named = event.docker_url.as_deref().and_then(PushedRepository::of_name);
    let repository = named.unwrap_or_else(|| PushedRepository::of_path(event.repository));
    let pushed = event.updated_tags.map(|_| repository);
    Ok(Pushed { id: None, repositories: pushed.into_iter().collect() })
}
