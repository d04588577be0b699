//! The notifications of a plain distribution registry: an envelope of events, of pulls and of blobs too.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Envelope {
    events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
    action: String,
    #[serde(default)]
    target: Target,
}

#[derive(Default, Deserialize)]
struct Target {
    #[serde(default)]
    repository: String,
    #[serde(default)]
    tag: String,
}

impl Event {
    /// Blobs, and manifests without a tag, come before the tag that makes a release of them.
    fn is_new_tag(&self) -> bool {
        self.action == "push" && !self.target.tag.is_empty()
    }
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let envelope: Envelope = part(value)?;
    let pushes: Vec<Event> = envelope.events.into_iter().filter(Event::is_new_tag).collect();
    let ids: Option<Vec<&str>> = pushes.iter().map(|event| event.id.as_deref()).collect();
    let id = ids.filter(|ids| !ids.is_empty()).map(|ids| ids.join(" "));
    let repositories = pushes.iter().map(|event| PushedRepository::of_path(&event.target.repository));
    Ok(Pushed { repositories: repositories.collect(), id })
}
