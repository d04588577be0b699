//! The peers themselves: that the registry and kustomize really do what other tests rest on.

use std::fs;

use reqwest::header::ACCEPT;
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::docker_registry::DockerRegistry;
use crate::support::kubectl;

const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      initContainers: [{ name: migrate, image: registry.example/acme/migrate:7 }]
      containers: [{ name: shop, image: registry.example/acme/shop:1.9.0 }]
";
const KUSTOMIZATION: &str = "
resources: [deployment.yaml]
images: [{ name: registry.example/acme/shop, newTag: 1.10.0 }]
";

async fn get(registry: &DockerRegistry, path: &str) -> Value {
    // Without being asked for this form, the registry denies that the manifest is there.
    let accept = "application/vnd.oci.image.manifest.v1+json, */*";
    let answer = Client::new().get(registry.url(path)).header(ACCEPT, accept).send().await;
    let answer = answer.and_then(Response::error_for_status).expect("the registry has it");
    answer.json().await.expect("the registry sends JSON")
}

#[tokio::test]
async fn the_registry_lists_what_was_pushed() {
    let registry = DockerRegistry::start();
    registry.push("acme/shop", "1.9.0", &[]).await;
    registry.push("acme/shop", "1.10.0", &[]).await;

    let listing = get(&registry, "/v2/acme/shop/tags/list").await;

    let mut tags: Vec<_> = listing["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    tags.sort_unstable();
    assert_eq!(tags, ["1.10.0", "1.9.0"]);
}

#[tokio::test]
async fn the_registry_serves_an_image_by_the_digest_that_push_returned() {
    let registry = DockerRegistry::start();
    let digest =
        registry.push("acme/shop", "1.9.0", &[("org.opencontainers.image.revision", "0a1b2c3")]).await;

    let manifest = get(&registry, &format!("/v2/acme/shop/manifests/{digest}")).await;
    let config = manifest["config"]["digest"].as_str().unwrap();
    let config = get(&registry, &format!("/v2/acme/shop/blobs/{config}")).await;

    let labels = json!({
        "org.opencontainers.image.revision": "0a1b2c3",
        "org.opencontainers.image.version": "1.9.0",
    });
    assert_eq!(config["config"]["Labels"], labels);
}

#[tokio::test]
async fn the_digest_follows_from_tag_and_labels_alone() {
    let registry = DockerRegistry::start();
    let first = registry.push("acme/shop", "latest", &[("build", "1")]).await;
    let again = registry.push("acme/shop", "latest", &[("build", "1")]).await;
    let moved = registry.push("acme/shop", "latest", &[("build", "2")]).await;
    assert_eq!(first, again);
    assert_ne!(first, moved);
}

#[tokio::test]
async fn the_registry_counts_each_request_once_it_is_answered() {
    let registry = DockerRegistry::start();
    registry.push("acme/shop", "1.9.0", &[]).await;

    get(&registry, "/v2/acme/shop/tags/list").await;
    get(&registry, "/v2/acme/shop/tags/list?n=100").await;

    let requests = registry.requests();
    assert_eq!(requests.get("GET /v2/acme/shop/tags/list"), Some(&2));
    assert_eq!(requests.get("PUT /v2/acme/shop/manifests/1.9.0"), Some(&1));
    assert_eq!(requests.get("GET /v2/acme/shop/manifests/1.9.0"), None);
}

#[tokio::test]
async fn two_registries_share_nothing() {
    let (one, other) = (DockerRegistry::start(), DockerRegistry::start());
    one.push("acme/shop", "1.9.0", &[]).await;
    assert_ne!(one.host(), other.host());
    assert!(!other.requests().contains_key("PUT /v2/acme/shop/manifests/1.9.0"));
}

#[test]
fn kustomize_renders_an_image_override() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("deployment.yaml"), DEPLOYMENT).unwrap();
    fs::write(folder.path().join("kustomization.yaml"), KUSTOMIZATION).unwrap();

    let images = kubectl::render(folder.path());

    assert_eq!(images, ["registry.example/acme/shop:1.10.0", "registry.example/acme/migrate:7"]);
}
