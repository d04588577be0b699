//! What can be pushed: images, indexes and charts made of a few words.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use towpath::model::Digest;

use super::FakeRegistry;

/// What to push.
#[derive(Clone, Debug)]
pub(crate) enum Pushed {
    /// An image of one platform, whose configuration has these labels.
    Image { architecture: &'static str, labels: Value },
    /// An index of these, each for a platform.
    Index(Vec<(Digest, &'static str)>),
    /// A chart of this version.
    Chart(&'static str),
    /// Any manifest.
    Manifest(Value),
}

/// The labels that most images have.
pub(crate) fn image_labels(version: &str) -> Value {
    json!({
        "org.opencontainers.image.source": "https://github.com/acme/shop",
        "org.opencontainers.image.revision": "0a1b2c3",
        "org.opencontainers.image.version": version,
    })
}

/// The digest of some content.
pub(crate) fn digest_of(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

impl FakeRegistry {
    /// Pushes something under a tag and gives its digest.
    pub(crate) fn push(&self, repository: &str, tag: &str, pushed: Pushed) -> Digest {
        let manifest = match pushed {
            Pushed::Image { architecture, labels } => {
                let config = json!({
                    "os": "linux", "architecture": architecture, "created": "2026-03-02T09:00:00Z",
                    "config": { "Labels": labels },
                });
                self.manifest_of("application/vnd.oci.image.config.v1+json", &config)
            }
            Pushed::Chart(version) => {
                let config = json!({ "name": "shop", "version": version });
                self.manifest_of("application/vnd.cncf.helm.config.v1+json", &config)
            }
            Pushed::Index(children) => {
                let child = |(digest, architecture): &(Digest, &str)| json!({ "digest": digest, "platform": { "os": "linux", "architecture": architecture } });
                let children: Vec<Value> = children.iter().map(child).collect();
                json!({ "schemaVersion": 2, "manifests": children })
            }
            Pushed::Manifest(manifest) => manifest,
        };
        let digest = self.store(&manifest);
        let mut state = self.state();
        let tags = state.repositories.entry(repository.to_owned()).or_default();
        tags.insert(tag.to_owned(), digest.clone());
        digest.parse().expect("a digest")
    }

    /// Pushes images that differ in nothing but their tags.
    pub(crate) fn push_many(&self, repository: &str, tags: impl Iterator<Item = String>) {
        let image = self.manifest_of("application/vnd.oci.image.config.v1+json", &json!({}));
        let digest = self.store(&image);
        let mut state = self.state();
        let known = state.repositories.entry(repository.to_owned()).or_default();
        known.extend(tags.map(|tag| (tag, digest.clone())));
    }

    fn manifest_of(&self, config_type: &str, config: &Value) -> Value {
        let size = config.to_string().len();
        let config = self.store(config);
        json!({
            "schemaVersion": 2,
            "config": { "mediaType": config_type, "digest": config, "size": size },
            "layers": [],
        })
    }

    fn store(&self, content: &Value) -> String {
        let content = content.to_string().into_bytes();
        let digest = digest_of(&content);
        self.state().content.insert(digest.clone(), content);
        digest
    }
}
