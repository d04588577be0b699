//! A registry in this process: enough of the distribution protocol to list tags and read digests.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;

use super::files::REPOSITORY;
use crate::model::{Digest, Tag};

const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// Manifests by tag.
type Manifests = Arc<Mutex<BTreeMap<Tag, String>>>;

/// The demo's registry, until the program ends.
pub(super) struct DemoRegistry {
    pub(super) address: SocketAddr,
    manifests: Manifests,
}

impl DemoRegistry {
    /// Starts it on a free port of this machine.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.context("opening a port for the demo's registry")?;
        let address = listener.local_addr()?;
        let manifests = Manifests::default();
        let router = Router::new()
            .route(&format!("/v2/{REPOSITORY}/tags/list"), get(tags))
            .route(&format!("/v2/{REPOSITORY}/manifests/{{reference}}"), get(manifest))
            .route("/publish/{tag}", post(publish))
            .with_state(Arc::clone(&manifests));
        drop(tokio::spawn(async move { axum::serve(listener, router).await }));
        Ok(Self { address, manifests })
    }

    /// What a build pipeline does: pushes an image under a tag.
    pub(super) fn publish(&self, tag: &Tag) -> Digest {
        push(&self.manifests, tag)
    }
}

fn push(manifests: &Manifests, tag: &Tag) -> Digest {
    let config = hash(&format!("shop {tag}"));
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": { "mediaType": "application/vnd.oci.image.config.v1+json", "digest": config, "size": 2 },
        "layers": [],
    });
    let text = manifest.to_string();
    let digest = hash(&text);
    manifests.lock().expect("nothing panics with the lock").insert(tag.clone(), text);
    digest
}

fn hash(text: &str) -> Digest {
    let hex: String = Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
    Digest::new(format!("sha256:{hex}")).expect("a hash is a digest")
}

async fn tags(State(manifests): State<Manifests>) -> Response {
    let tags: Vec<Tag> = manifests.lock().expect("nothing panics with the lock").keys().cloned().collect();
    axum::Json(json!({ "name": REPOSITORY, "tags": tags })).into_response()
}

async fn manifest(State(manifests): State<Manifests>, Path(reference): Path<String>) -> Response {
    let manifests = manifests.lock().expect("nothing panics with the lock");
    let found =
        manifests.iter().find(|(tag, text)| tag.as_str() == reference || hash(text).as_str() == reference);
    match found {
        None => StatusCode::NOT_FOUND.into_response(),
        Some((_, text)) => {
            let digest = hash(text).to_string();
            let headers =
                [(header::CONTENT_TYPE, MANIFEST_TYPE.to_owned()), (header::ETAG, format!("\"{digest}\""))];
            (headers, [("Docker-Content-Digest", digest)], text.clone()).into_response()
        }
    }
}

async fn publish(State(manifests): State<Manifests>, Path(tag): Path<String>) -> Response {
    match Tag::new(tag) {
        Ok(tag) => format!("published {REPOSITORY}:{tag} as {}\n", push(&manifests, &tag)).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    }
}
