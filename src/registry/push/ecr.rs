//! Amazon ECR, whose events come through EventBridge.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    id: Option<String>,
    #[serde(rename = "detail-type")]
    detail_type: String,
    #[serde(default)]
    account: String,
    #[serde(default)]
    region: String,
    detail: Detail,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Detail {
    repository_name: Option<String>,
    action_type: Option<String>,
    result: Option<String>,
}

pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let is_push = event.detail_type == "ECR Image Action"
        && event.detail.action_type.as_deref() == Some("PUSH")
        && event.detail.result.as_deref() == Some("SUCCESS");
    let path = if is_push { event.detail.repository_name } else { None };
    let host = host(&event.account, &event.region);
    let repository = path.map(|path| PushedRepository { host, path });
    Ok(Pushed { id: event.id, repositories: repository.into_iter().collect() })
}

/// The registry of an account in a region; regions in China are below another name.
fn host(account: &str, region: &str) -> Option<String> {
    if account.is_empty() || region.is_empty() {
        return None;
    }
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    Some(format!("{account}.dkr.ecr.{region}.amazonaws.com{end}"))
}
