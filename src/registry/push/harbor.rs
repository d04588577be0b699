//! Harbor's webhook: its own format, and the one of `CloudEvents`.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

/// What the two formats call a push.
const PUSHES: [&str; 2] = ["PUSH_ARTIFACT", "harbor.artifact.pushed"];

#[derive(Deserialize)]
struct Event {
    /// Only in `CloudEvents`.
    id: Option<String>,
    r#type: String,
    #[serde(alias = "data")]
    event_data: Option<EventData>,
}

#[derive(Deserialize)]
struct EventData {
    repository: Option<Repository>,
}

#[derive(Deserialize)]
struct Repository {
    repo_full_name: String,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let is_push = PUSHES.contains(&event.r#type.as_str());
    let content = if is_push { event.event_data } else { None };
    let repository = content.and_then(|content| content.repository);
    let repositories = repository.map(|own| PushedRepository::of_path(own.repo_full_name));
    Ok(Pushed { id: event.id, repositories: repositories.into_iter().collect() })
}
