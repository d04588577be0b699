//! What artifacts say about themselves, and what is not believed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::model::{ArtifactKind, Composition, Defect, IndexEntry};

/// Content by digest; a registry that serves it as manifests and as blobs.
#[derive(Clone, Debug, Default)]
struct Store(BTreeMap<String, String>);

impl Store {
    fn add(&mut self, content: &Value) -> Digest {
        let digest = hash_of(content.to_string().as_bytes(), None);
        self.0.insert(digest.to_string(), content.to_string());
        digest
    }

    /// An image of one platform, whose configuration has these labels.
    fn image(&mut self, architecture: &str, labels: &Value, annotations: &Value) -> Digest {
        let config = self.add(&json!({
            "os": "linux", "architecture": architecture, "created": "2026-03-02T09:00:00.123Z",
            "config": { "Labels": labels },
        }));
        self.manifest("application/vnd.oci.image.config.v1+json", &config, annotations)
    }

    fn manifest(&mut self, kind: &str, config: &Digest, annotations: &Value) -> Digest {
        let config = json!({ "mediaType": kind, "digest": config, "size": 1 });
        self.add(&json!({ "schemaVersion": 2, "config": config, "layers": [], "annotations": annotations }))
    }

    async fn face(self) -> Face {
        Face::new(move |asked| {
            let last = asked.path.rsplit('/').next().unwrap_or_default();
            self.0.get(last).map_or_else(|| status(404), |content| content.clone().into_response())
        })
        .await
    }
}

async fn described(face: &Face, digest: &Digest) -> Result<Option<Description>, RegistryError> {
    face.registry().description(&face.image(), digest).await
}

async fn good(face: &Face, digest: &Digest) -> Value {
    serde_json::to_value(described(face, digest).await.unwrap().unwrap()).unwrap()
}

async fn refused(face: &Face, digest: &Digest) -> String {
    face.words(&described(face, digest).await.unwrap_err())
}

#[tokio::test]
async fn an_image_is_two_requests() {
    let mut store = Store::default();
    let labels = json!({
        "org.opencontainers.image.source": "https://github.com/acme/shop",
        "org.opencontainers.image.revision": "0a1b2c3",
        "org.opencontainers.image.version": "1.10.0",
        "org.opencontainers.image.created": "2020-01-01T00:00:00Z",
    });
    let image = store.image("amd64", &labels, &Value::Null);
    let face = store.face().await;
    let wanted = json!({
        "kind": "image",
        "created": "2026-03-02T09:00:00.123Z",
        "source": "https://github.com/acme/shop",
        "revision": "0a1b2c3",
        "version": "1.10.0",
        "platforms": ["linux/amd64"],
    });
    assert_eq!(good(&face, &image).await, wanted);
    assert_eq!(face.requests().len(), 2);
}

#[tokio::test]
async fn what_is_said_of_the_manifest_wins_over_the_labels_which_may_be_the_base_images() {
    let mut store = Store::default();
    let labels = json!({ "org.opencontainers.image.version": "24.04" });
    let annotations = json!({
        "org.opencontainers.image.version": "1.10.0", "org.opencontainers.image.created": "2026-03-01T00:00:00Z"
    });
    let image = store.image("amd64", &labels, &annotations);
    let description = good(&store.face().await, &image).await;
    assert_eq!(description["version"], "1.10.0");
    assert_eq!(description["created"], "2026-03-01T00:00:00Z");
}

#[tokio::test]
async fn a_build_that_hides_its_time_is_dated_by_its_label() {
    let mut store = Store::default();
    let config = store.add(&json!({
        "created": "1970-01-01T00:00:00Z",
        "config": { "Labels": { "org.opencontainers.image.created": "2026-03-01T00:00:00Z" } },
    }));
    let image = store.manifest("application/vnd.docker.container.image.v1+json", &config, &Value::Null);
    assert_eq!(good(&store.face().await, &image).await["created"], "2026-03-01T00:00:00Z");
}

#[tokio::test]
async fn an_index_is_three_requests_and_its_provenance_is_no_platform() {
    let mut store = Store::default();
    let arm = store.image("arm64", &json!({ "org.opencontainers.image.revision": "arm" }), &Value::Null);
    let amd = store.image("amd64", &json!({ "org.opencontainers.image.revision": "amd" }), &Value::Null);
    let index = store.add(&json!({ "manifests": [
        { "digest": format!("sha256:{}", "0".repeat(64)), "platform": { "os": "unknown", "architecture": "unknown" },
          "annotations": { "vnd.docker.reference.type": "attestation-manifest" } },
        { "digest": arm, "platform": { "os": "linux", "architecture": "arm64", "variant": "v8" } },
        { "digest": amd, "platform": { "os": "linux", "architecture": "amd64" } },
    ] }));
    let face = store.face().await;
    let wanted = json!({
        "kind": "image", "created": "2026-03-02T09:00:00.123Z", "revision": "amd",
        "platforms": ["linux/amd64", "linux/arm64/v8"],
    });
    assert_eq!(good(&face, &index).await, wanted);
    assert_eq!(face.requests().len(), 3);
}

#[tokio::test]
async fn an_index_without_the_usual_platform_is_described_by_its_first() {
    let mut store = Store::default();
    let arm = store.image("arm64", &json!({ "org.opencontainers.image.revision": "arm" }), &Value::Null);
    let index = store.add(&json!({ "manifests": [{ "digest": arm }] }));
    let description = good(&store.face().await, &index).await;
    assert_eq!(
        (&description["revision"], &description["platforms"]),
        (&json!("arm"), &json!(["linux/arm64"]))
    );
}

#[tokio::test]
async fn an_index_with_nothing_that_runs_is_something_else() {
    let mut store = Store::default();
    let index = store.add(&json!({ "manifests": [] }));
    let wanted = json!({ "kind": "other", "defect": "no-image" });
    assert_eq!(good(&store.face().await, &index).await, wanted);
}

#[tokio::test]
async fn a_chart_says_its_version_and_sources_in_its_chart_yaml() {
    let mut store = Store::default();
    let config = store.add(&json!({
        "name": "shop", "version": "0.3.1", "home": "https://acme.example",
        "sources": ["https://github.com/acme/charts", "https://github.com/acme/shop"],
    }));
    let annotations = json!({ "org.opencontainers.image.created": "2026-03-01T00:00:00Z" });
    let chart = store.manifest("application/vnd.cncf.helm.config.v1+json", &config, &annotations);
    let wanted = json!({
        "kind": "chart", "created": "2026-03-01T00:00:00Z", "source": "https://github.com/acme/charts",
        "version": "0.3.1",
    });
    assert_eq!(good(&store.face().await, &chart).await, wanted);
}

#[tokio::test]
async fn the_configuration_of_anything_else_is_not_read() {
    let mut store = Store::default();
    let config = store.add(&json!({}));
    let other = store.manifest("application/vnd.oci.empty.v1+json", &config, &Value::Null);
    let face = store.face().await;
    assert_eq!(good(&face, &other).await, json!({ "kind": "other" }));
    assert_eq!(face.requests().len(), 1);
}

#[tokio::test]
async fn labels_are_cut_and_hold_no_control_characters() {
    let mut store = Store::default();
    let labels = json!({
        "org.opencontainers.image.source": format!("javascript:\r\n{}", "x".repeat(1000)),
        "org.opencontainers.image.revision": "\u{0}",
        "org.opencontainers.image.created": "yesterday",
    });
    let image = store.image("am d64", &labels, &Value::Null);
    let description = described(&store.face().await, &image).await.unwrap().unwrap();
    assert_eq!(description.kind, ArtifactKind::Image);
    assert_eq!(description.source.map(|text| text.len()), Some(256));
    assert_eq!((description.revision, description.platforms.len()), (None, 0));
}

#[tokio::test]
async fn what_is_not_there_is_nothing() {
    let face = Store::default().face().await;
    assert_eq!(described(&face, &manifest_digest()).await, Ok(None));
}

#[tokio::test]
async fn a_manifest_that_is_not_what_was_asked_for_is_refused() {
    let face = Face::new(|_| MANIFEST.into_response()).await;
    let asked = Digest::new(format!("sha256:{}", "0".repeat(64))).unwrap();
    insta::assert_snapshot!(refused(&face, &asked).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: asked for `sha256:0000000000000000000000000000000000000000000000000000000000000000`, it sends what is `sha256:bafebd36189ad3688b7b3915ea55d461e0bfcfbdde11e54b0a123999fb6be50f`");
}

/// Why an artifact is unusable.
async fn defect(face: &Face, digest: &Digest) -> String {
    match described(face, digest).await.unwrap().unwrap().defect.unwrap() {
        Defect::Unreadable(why) => format!("for ever: {why}"),
        Defect::Missing(why) => format!("until it is pushed: {why}"),
        Defect::NoImage => "no image".to_owned(),
        Defect::BuildCache => "a build cache".to_owned(),
    }
}

#[tokio::test]
async fn an_index_that_leads_to_another_is_not_followed_in_a_circle() {
    let mut store = Store::default();
    let inner = store.add(&json!({ "manifests": [] }));
    let outer = store.add(&json!({ "manifests": [{ "digest": inner }] }));
    let face = store.face().await;
    insta::assert_snapshot!(defect(&face, &outer).await, @"for ever: its index leads to another index, `sha256:27b7a2ad77eb`, where an image belongs");
    assert_eq!(face.requests().len(), 2);
}

#[tokio::test]
async fn an_index_that_leads_nowhere_is_of_no_use() {
    let mut store = Store::default();
    let lost = store.add(&json!({ "manifests": [{ "digest": manifest_digest() }] }));
    let odd = store.add(&json!({ "manifests": [{ "digest": "md5:1" }] }));
    let face = store.face().await;
    insta::assert_snapshot!(defect(&face, &lost).await, @"until it is pushed: its index leads to `sha256:bafebd36189a`, which the registry does not have");
    insta::assert_snapshot!(defect(&face, &odd).await, @"for ever: `md5:1` is not a digest; write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128");
}

#[tokio::test]
async fn a_configuration_that_is_gone_or_damaged_makes_an_image_of_no_use() {
    let mut store = Store::default();
    let kind = "application/vnd.oci.image.config.v1+json";
    let gone = store.manifest(kind, &manifest_digest(), &Value::Null);
    let list = store.add(&json!([1]));
    let damaged = store.manifest(kind, &list, &Value::Null);
    let face = store.face().await;
    insta::assert_snapshot!(defect(&face, &gone).await, @"until it is pushed: its manifest leads to `sha256:bafebd36189a`, which the registry does not have");
    let why = defect(&face, &damaged).await;
    assert!(why.starts_with("for ever: its configuration") && why.contains("cannot be read"), "{why}");
}

#[tokio::test]
async fn a_build_cache_names_blobs_and_no_image() {
    let mut store = Store::default();
    let layer =
        json!({ "digest": manifest_digest(), "mediaType": "application/vnd.oci.image.layer.v1.tar+gzip" });
    let config =
        json!({ "digest": manifest_digest(), "mediaType": "application/vnd.buildkit.cacheconfig.v0" });
    let cache = store.add(&json!({ "manifests": [layer, config] }));
    let face = store.face().await;
    assert_eq!(defect(&face, &cache).await, "no image");
    assert_eq!(face.requests().len(), 1, "no blob is asked for as a manifest");
}

#[tokio::test]
async fn a_date_that_builds_use_as_a_placeholder_is_no_date_unless_there_is_another() {
    let mut store = Store::default();
    let early = json!({ "org.opencontainers.image.created": "1970-01-01T00:00:00Z" });
    let also_built = store.image("amd64", &early, &early);
    let config =
        store.add(&json!({ "os": "linux", "architecture": "amd64", "created": "1970-01-01T00:00:00Z" }));
    let only_early = store.manifest("application/vnd.oci.image.config.v1+json", &config, &Value::Null);
    let face = store.face().await;
    let made = described(&face, &also_built).await.unwrap().unwrap().made().map(|made| made.to_rfc3339());
    assert_eq!(made.as_deref(), Some("2026-03-02T09:00:00.123+00:00"));
    let early = described(&face, &only_early).await.unwrap().unwrap();
    assert_eq!((early.made(), early.created.map(|date| date.timestamp())), (None, Some(0)));
}

#[tokio::test]
async fn what_can_be_read_in_two_ways_and_what_in_none_is_of_no_use() {
    let mut store = Store::default();
    let config = json!({ "digest": manifest_digest() });
    let both = store.add(&json!({ "manifests": [], "config": config, "layers": [] }));
    let half = store.add(&json!({ "manifests": [], "layers": [] }));
    let neither =
        store.add(&json!({ "schemaVersion": 2, "mediaType": "application/vnd.acme.thing.v1+json" }));
    let garbage = store.add(&json!([]));
    let face = store.face().await;
    for digest in [both, half] {
        let why = defect(&face, &digest).await;
        assert!(why.starts_with("for ever") && why.ends_with("is an image and an index at once"), "{why}");
    }
    let why = defect(&face, &neither).await;
    assert!(why.ends_with("is neither an image nor an index"), "{why}");
    let why = defect(&face, &garbage).await;
    assert!(why.contains("cannot be read"), "{why}");
}

#[tokio::test]
async fn an_index_of_too_many_is_of_no_use() {
    let mut store = Store::default();
    let children = vec![json!({ "digest": manifest_digest() }); 257];
    let index = store.add(&json!({ "manifests": children }));
    let why = defect(&store.face().await, &index).await;
    assert!(why.ends_with("names more than 256 others"), "{why}");
}

#[tokio::test]
async fn what_no_container_can_run_is_told_without_its_configuration() {
    const CACHE: &str = "application/vnd.buildkit.cacheconfig.v0";
    let mut store = Store::default();
    let child = json!({ "digest": manifest_digest(), "mediaType": CACHE });
    let about =
        json!({ "digest": manifest_digest(), "platform": { "os": "unknown", "architecture": "unknown" } });
    let config = json!({ "digest": manifest_digest(), "mediaType": CACHE });
    let cases = [
        (json!({ "manifests": [] }), Defect::NoImage),
        (json!({ "manifests": [child] }), Defect::NoImage),
        (json!({ "manifests": [about] }), Defect::NoImage),
        (json!({ "config": config, "layers": [] }), Defect::BuildCache),
    ];
    let digests: Vec<Digest> = cases.iter().map(|(manifest, _)| store.add(manifest)).collect();
    let face = store.face().await;
    for ((manifest, defect), digest) in cases.into_iter().zip(digests) {
        let found = face.registry().composition(&face.image(), &digest).await;
        assert_eq!(found, Ok(Some(Composition::Defective(defect.clone()))), "{manifest}");
        assert_eq!(described(&face, &digest).await.unwrap().unwrap().defect, Some(defect), "{manifest}");
    }
}

#[tokio::test]
async fn the_entries_of_an_index_are_the_images_in_it() {
    let mut store = Store::default();
    let image = store.image("amd64", &Value::Null, &Value::Null);
    let platform = json!({ "os": "linux", "architecture": "amd64" });
    let about = json!({ "digest": image, "platform": { "os": "unknown", "architecture": "unknown" } });
    let index = store.add(&json!({ "manifests": [{ "digest": image, "platform": platform }, about] }));
    let face = store.face().await;
    let (registry, name) = (face.registry(), face.image());
    let amd64 = IndexEntry { digest: image.clone(), platform: Some("linux/amd64".parse().unwrap()) };
    assert_eq!(registry.composition(&name, &index).await, Ok(Some(Composition::Index(vec![amd64]))));
    assert_eq!(registry.composition(&name, &image).await, Ok(Some(Composition::Single)));
    assert_eq!(registry.composition(&name, &manifest_digest()).await, Ok(None));
    assert_eq!(registry.has_manifest(&name, &image).await, Ok(true));
    assert_eq!(registry.has_manifest(&name, &manifest_digest()).await, Ok(false));
}

#[tokio::test]
async fn a_blob_is_fetched_from_where_the_registry_keeps_it_without_our_token() {
    let mut store = Store::default();
    let image = store.image("amd64", &Value::Null, &Value::Null);
    let content = move |asked: &Asked| {
        let last = asked.path.rsplit('/').next().unwrap_or_default();
        store.0.get(last).map_or_else(|| status(404), |content| content.clone().into_response())
    };
    let kept = content.clone();
    let storage = Face::new(move |asked| if asked.token.is_some() { status(400) } else { kept(asked) }).await;
    let there = storage.here;
    let face = Face::new(move |asked| match asked.path.as_str() {
        "/token" => r#"{"token":"secret"}"#.into_response(),
        _ if asked.token.is_none() => {
            with(status(401), "www-authenticate", &format!("Bearer realm=\"http://{}/token\"", asked.here))
        }
        path if path.contains("/blobs/") => with(status(307), "location", &format!("http://{there}{path}")),
        _ => content(asked),
    })
    .await;
    assert_eq!(good(&face, &image).await["kind"], "image");
    assert_eq!(storage.requests().len(), 1);
}

#[tokio::test]
async fn a_blob_is_not_fetched_from_inside_our_network() {
    let mut store = Store::default();
    let image = store.image("amd64", &Value::Null, &Value::Null);
    let face = Face::new(move |asked| {
        let last = asked.path.rsplit('/').next().unwrap_or_default();
        match store.0.get(last) {
            Some(content) if asked.path.contains("/manifests/") => content.clone().into_response(),
            _ => with(status(307), "location", "http://169.254.169.254/latest/meta-data?key=secret"),
        }
    })
    .await;
    insta::assert_snapshot!(refused(&face, &image).await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it sends us to its storage, but `http://169.254.169.254` is not https");
}
