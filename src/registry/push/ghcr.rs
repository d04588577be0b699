//! GitHub's webhook for packages: the events `registry_package` and `package`, which hold the same.

use serde::Deserialize;
use serde_json::Value;

use super::body::part;
use super::{Pushed, PushedRepository};

#[derive(Deserialize)]
struct Event {
    action: Option<String>,
    #[serde(alias = "registry_package")]
    package: Option<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    #[serde(default)]
    namespace: String,
    package_type: String,
    package_version: Option<Version>,
}

#[derive(Deserialize)]
struct Version {
    package_url: Option<String>,
}

/// An event of another type, such as the `ping` after a webhook was made, names no repository.
pub(super) fn read(value: Value) -> Result<Pushed, String> {
    let event: Event = part(value)?;
    let is_about_content = matches!(event.action.as_deref(), Some("published" | "updated"));
    let package = event.package.filter(|package| is_about_content && is_container(package));
    let repositories = package.as_ref().and_then(repository).into_iter().collect();
    // The delivery has its name in a header, see `server`.
    Ok(Pushed { id: None, repositories })
}

fn is_container(package: &Package) -> bool {
    ["container", "docker"].iter().any(|own| package.package_type.eq_ignore_ascii_case(own))
}

/// By the address of the version where that is an image's name; else by owner and name, in lower case as images are.
fn repository(package: &Package) -> Option<PushedRepository> {
    let url = package.package_version.as_ref().and_then(|version| version.package_url.as_deref());
    let named = url.map(|url| url.trim_end_matches(':')).and_then(PushedRepository::of_name);
    let path = format!("{}/{}", package.namespace, package.name).to_ascii_lowercase();
    named.or_else(|| (!package.namespace.is_empty()).then(|| PushedRepository::of_path(path)))
}
