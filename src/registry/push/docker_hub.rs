//! Docker Hub's webhook, which is sent for a push and for nothing else.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    repository: Repository,
}

#[derive(Deserialize)]
struct Repository {
    repo_name: String,
}

/// `callback_url` is never called: whoever can reach us could make us call anything.
pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let name = event.repository.repo_name;
    let path = if name.contains('/') { name } else { format!("library/{name}") };
    Ok(Pushed { id: None, repositories: vec![PushedRepository::of_path(path)] })
}
