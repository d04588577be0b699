//! The webhook of an Azure container registry, for images (`push`) and for charts (`chart_push`).

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
    action: String,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    repository: Option<String>,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let is_push = matches!(event.action.as_str(), "push" | "chart_push");
    let target = if is_push { event.target } else { None };
    let repository = target.and_then(|target| target.repository);
    Ok(Pushed { id: event.id, repositories: repository.map(PushedRepository::of_path).into_iter().collect() })
}
