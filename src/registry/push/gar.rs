//! Google Artifact Registry, whose events come through a push subscription of Pub/Sub to the topic `gcr`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Envelope {
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    /// Pub/Sub sends it as `message_id` too.
    message_id: Option<String>,
    data: String,
}

#[derive(Deserialize)]
struct Event {
    action: String,
    /// A full reference, where the push gave a tag.
    tag: Option<String>,
    digest: Option<String>,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let message = part::<Envelope>(value)?.message;
    let content = STANDARD.decode(message.data.trim()).map_err(|error| format!("`data`: {error}"))?;
    let event: Event = serde_json::from_slice(&content).map_err(|error| format!("`data`: {error}"))?;
    let name = if event.action == "INSERT" { event.tag.or(event.digest) } else { None };
    let repository = name.as_deref().and_then(PushedRepository::of_name);
    Ok(Pushed { id: message.message_id, repositories: repository.into_iter().collect() })
}
