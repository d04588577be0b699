//! Artifactory's webhook for the domain `docker`.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    domain: Option<String>,
    event_type: Option<String>,
    data: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    repo_key: Option<String>,
    image_name: Option<String>,
    event_type: Option<String>,
}

/// The image is at `repo_key/image_name` of the host, or at `image_name` where the repository has a host of its own;
/// whichever of the two somebody uses is meant.
pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let is_docker = event.domain.as_deref().is_none_or(|domain| domain == "docker");
    let Some(content) = event.data else { return Ok(Pushed::default()) };
    if !is_docker {
        return Ok(Pushed::default());
    }
    let what = event.event_type.or(content.event_type);
    let is_push = matches!(what.as_deref(), Some("pushed" | "promoted"));
    let image = if is_push { content.image_name } else { None };
    let with_key = content.repo_key.iter().zip(&image).map(|(key, image)| format!("{key}/{image}"));
    let paths: Vec<String> = with_key.chain(image.clone()).collect();
    Ok(Pushed { id: None, repositories: paths.into_iter().map(PushedRepository::of_path).collect() })
}
