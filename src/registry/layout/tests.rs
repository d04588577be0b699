use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::model::ArtifactKind;

/// A folder with layouts, under the host `air.gap`.
struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Writes a blob of a layout and gives its digest.
    fn blob(&self, layout: &str, content: &Value) -> Digest {
        let content = content.to_string();
        let digest = hash_of(content.as_bytes(), None);
        let folder = self.0.path().join(layout).join("blobs/sha256");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(&digest.as_str()[7..]), content).unwrap();
        digest
    }

    fn image(&self, layout: &str, version: &str) -> Digest {
        let labels = json!({ "org.opencontainers.image.version": version });
        let config = json!({ "os": "linux", "architecture": "amd64", "config": { "Labels": labels } });
        let config = self.blob(layout, &config);
        let kind = "application/vnd.oci.image.config.v1+json";
        self.blob(layout, &json!({ "config": { "mediaType": kind, "digest": config }, "layers": [] }))
    }

    /// Writes the index of a layout: names, and what they lead to.
    fn index(&self, layout: &str, entries: &[(&str, &Digest)]) {
        let manifests: Vec<Value> = entries
            .iter()
            .map(|(name, digest)| json!({ "digest": digest, "annotations": { NAME: name } }))
            .collect();
        self.write(layout, &json!({ "schemaVersion": 2, "manifests": manifests }).to_string());
    }

    fn write(&self, layout: &str, index: &str) {
        let folder = self.0.path().join(layout);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(INDEX), index).unwrap();
    }

    fn registry(&self) -> LayoutRegistry {
        LayoutRegistry::new("air.gap".to_owned(), self.0.path().to_owned())
    }

    async fn tags(&self, image: &str) -> Result<Vec<String>, String> {
        match self.registry().tags(&image.parse().unwrap(), None).await {
            Ok(Listing::Tags { tags, .. }) => Ok(tags.into_iter().map(String::from).collect()),
            Ok(Listing::Unchanged) => panic!("nothing was known that could be unchanged"),
            Err(error) => Err(self.words(&error)),
        }
    }

    fn words(&self, error: &RegistryError) -> String {
        error.to_string().replace(&self.0.path().display().to_string(), "/here")
    }
}

fn shop() -> ImageName {
    "air.gap/acme/shop".parse().unwrap()
}

#[tokio::test]
async fn a_repository_may_be_a_layout_of_its_own() {
    let scene = Scene::new();
    let old = scene.image("acme/shop", "1.9.0");
    let new = scene.image("acme/shop", "1.10.0");
    scene.index("acme/shop", &[("1.9.0", &old), ("1.10.0", &new), ("acme/shop:next", &new), ("a b", &new)]);
    assert_eq!(scene.tags("air.gap/acme/shop").await.unwrap(), ["1.10.0", "1.9.0", "next"]);
    let registry = scene.registry();
    assert_eq!(registry.digest(&shop(), &"1.10.0".parse().unwrap()).await, Ok(Some(new.clone())));
    assert_eq!(registry.digest(&shop(), &"2.0.0".parse().unwrap()).await, Ok(None));
    let described = registry.description(&shop(), &new).await.unwrap().unwrap();
    assert_eq!((described.kind, described.version.as_deref()), (ArtifactKind::Image, Some("1.10.0")));
}

#[tokio::test]
async fn one_layout_may_hold_several_repositories() {
    let scene = Scene::new();
    let image = scene.image("", "1.9.0");
    let names = [
        ("acme/shop:1.9.0", &image),
        ("air.gap/acme/shop:1.10.0", &image),
        ("other.gap/acme/shop:3.0.0", &image),
        ("acme/worker:7", &image),
        ("2.0.0", &image),
    ];
    scene.index("", &names);
    assert_eq!(scene.tags("air.gap/acme/shop").await.unwrap(), ["1.10.0", "1.9.0"]);
    assert_eq!(scene.tags("air.gap/acme/worker").await.unwrap(), ["7"]);
    let why = scene.tags("air.gap/acme/absent").await.unwrap_err();
    assert_eq!(why, "`air.gap/acme/absent` does not exist in its registry");
}

#[tokio::test]
async fn a_listing_is_unchanged_until_the_index_changes() {
    let scene = Scene::new();
    let image = scene.image("acme/shop", "1.9.0");
    scene.index("acme/shop", &[("1.9.0", &image)]);
    let registry = scene.registry();
    let Ok(Listing::Tags { validator, .. }) = registry.tags(&shop(), None).await else { panic!("it lists") };
    assert_eq!(registry.tags(&shop(), validator.as_ref()).await, Ok(Listing::Unchanged));
    scene.index("acme/shop", &[("1.9.0", &image), ("1.10.0", &image)]);
    assert!(matches!(registry.tags(&shop(), validator.as_ref()).await, Ok(Listing::Tags { .. })));
}

#[tokio::test]
async fn what_is_damaged_is_refused() {
    let scene = Scene::new();
    let image = scene.image("acme/shop", "1.9.0");
    scene.index("acme/shop", &[("1.9.0", &image)]);
    let file = scene.0.path().join("acme/shop/blobs/sha256").join(&image.as_str()[7..]);
    std::fs::write(&file, "{}").unwrap();
    let error = scene.registry().description(&shop(), &image).await.unwrap_err();
    let words = scene.words(&error).replace(&image.as_str()[7..], "abc");
    insta::assert_snapshot!(words, @"the registry `air.gap` gave no usable answer about `air.gap/acme/shop`: `/here/acme/shop/blobs/sha256/abc` is damaged: it is `sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a`");
    std::fs::remove_file(&file).unwrap();
    assert_eq!(scene.registry().description(&shop(), &image).await, Ok(None));
}

#[tokio::test]
async fn an_index_that_is_none_is_refused() {
    let scene = Scene::new();
    for (index, wrong) in
        [("<html>", "expected value"), ("{}", "missing field"), (r#"{"manifests":[{}]}"#, "digest")]
    {
        scene.write("acme/shop", index);
        let why = scene.tags("air.gap/acme/shop").await.unwrap_err();
        assert!(
            why.contains("`/here/acme/shop/index.json` cannot be read: ") && why.contains(wrong),
            "{why}"
        );
    }
    scene.write(
        "acme/shop",
        r#"{"manifests":[{"digest":"md5:1","annotations":{"org.opencontainers.image.ref.name":"1"}}]}"#,
    );
    let why = scene.tags("air.gap/acme/shop").await.unwrap_err();
    assert!(why.contains("`md5:1` is not a digest"), "{why}");
}

#[tokio::test]
async fn a_pipe_in_a_layout_does_not_block() {
    let scene = Scene::new();
    nix::unistd::mkfifo(&scene.0.path().join(INDEX), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let why = scene.tags("air.gap/acme/shop").await.unwrap_err();
    assert!(why.contains("`/here/index.json` is not a regular file"), "{why}");
}

#[tokio::test]
async fn an_empty_folder_holds_no_image() {
    let scene = Scene::new();
    let why = scene.tags("air.gap/acme/shop").await.unwrap_err();
    assert_eq!(why, "`air.gap/acme/shop` does not exist in its registry");
    scene.index("acme/shop", &[]);
    assert_eq!(scene.tags("air.gap/acme/shop").await.unwrap(), [""; 0]);
}

#[test]
fn only_images_of_its_host_are_its() {
    let registry = LayoutRegistry::new("air.gap".to_owned(), "/images".into());
    assert!(registry.is_for(&shop()));
    assert!(!registry.is_for(&"ghcr.io/acme/shop".parse().unwrap()));
}
