//! Registries that want a password, and folders that stand in for one, as people configure them.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::support::docker_registry::{DockerRegistry, Guard};
use crate::support::site::Site;

/// `robot:hush`, as `Authorization` and as an htpasswd file have it.
const ROBOT: &str = "Basic cm9ib3Q6aHVzaA==";
const HTPASSWD: &str = "robot:$2a$05$9XuiKWe8cZXe3eJt0lrH4OZUorx0jZL0HV8jSL5YlFL8zgr/bA8dm\n";
const CONFIGURATION: &str = r#"version: 1
forges: [ { name: here, kind: local, root: ./forge } ]
registries: [ REGISTRY ]
pipelines: [ { name: standard, environments: [ { name: dev, merge: auto } ] } ]
services:
  - name: shop
    pipeline: standard
    images: [ { image: "IMAGE", select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "{environment}" }
"#;

/// A registry that lets in only the robot, with one image; and the folder that holds its password file.
async fn guarded() -> (DockerRegistry, TempDir) {
    let folder = TempDir::new().expect("a temporary folder");
    let file = folder.path().join("htpasswd");
    fs::write(&file, HTPASSWD).expect("the folder can be written");
    let auth = json!({ "htpasswd": { "realm": "acme", "path": file } });
    let registry = DockerRegistry::start_guarded(Guard { auth, authorization: ROBOT.to_owned() });
    registry.push("acme/shop", "1.10.0", &[]).await;
    (registry, folder)
}

/// A site whose one registry is configured so.
fn site(registry: &DockerRegistry, configured: &str, image: &str) -> Site {
    let configuration = CONFIGURATION.replace("REGISTRY", configured).replace("IMAGE", image);
    Site::new(registry, &configuration, &[("README", "nothing runs yet\n")])
}

/// A site that logs in to the registry with these credentials.
fn site_with(registry: &DockerRegistry, credentials: &str) -> Site {
    let configured = format!("{{ host: \"HOST\", plain_http: true, credentials: {{ {credentials} }} }}");
    site(registry, &configured, "HOST/acme/shop")
}

#[tokio::test]
async fn a_password_in_a_file_lets_in_and_a_wrong_one_names_the_way_out() {
    let (registry, _folder) = guarded().await;
    let site = site_with(&registry, "username: robot, password: { file: password }");
    fs::write(site.path("password"), "hush\n").unwrap();
    let ended = site.towpath(&["tags", &site.image()]);
    assert_snapshot!(ended.out, @"
    SERVICE  TAG     VERDICT
    shop     1.10.0  taken
    ");
    fs::write(site.path("password"), "wrong\n").unwrap();
    let ended = site.towpath(&["tags", &site.image()]);
    assert_snapshot!(ended.error, @"error: the registry `registry.test` refuses access to `registry.test/acme/shop`: it answered 401 Unauthorized, authentication required; check its `credentials` under `registries`, and what they may read");
    assert_eq!(ended.code, Some(1));
}

#[tokio::test]
async fn dockers_own_configuration_lets_in() {
    let (registry, _folder) = guarded().await;
    let site = site_with(&registry, "docker_config: { file: config.json }");
    let auths = json!({ "auths": { registry.host(): { "auth": "cm9ib3Q6aHVzaA==" } } });
    fs::write(site.path("config.json"), auths.to_string()).unwrap();
    let ended = site.towpath(&["tags", &site.image()]);
    assert_eq!((ended.code, ended.error.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_named() {
    let (registry, _folder) = guarded().await;
    let site = site_with(&registry, "username: robot, password: { env: TOWPATH_TEST_IS_NEVER_SET }");
    assert_snapshot!(site.towpath(&["tags", &site.image()]).error, @"error: logging in to the registry `registry.test`: the environment variable `TOWPATH_TEST_IS_NEVER_SET` is not set");
}

#[tokio::test]
async fn a_folder_stands_in_for_a_registry() {
    let registry = DockerRegistry::start();
    let site = site(&registry, "{ host: images.local, layout: images }", "images.local/acme/shop");
    let manifest = json!({ "config": { "digest": digest_of("nobody reads it") }, "layers": [] });
    fill(&site, &[("1.9.0", &manifest), ("1.10.0", &manifest), ("latest", &manifest)]);
    assert_snapshot!(site.towpath(&["tags", "images.local/acme/shop"]).out, @"
    SERVICE  TAG     VERDICT
    shop     1.10.0  taken
    shop     1.9.0   taken
    shop     latest  does not fit the rule
    ");
    assert!(registry.requests().is_empty());
}

#[tokio::test]
async fn tags_that_no_container_can_run_are_named() {
    let registry = DockerRegistry::start();
    let site = site(&registry, "{ host: images.local, layout: images }", "images.local/acme/shop");
    let config = json!({ "digest": digest_of("nobody reads it") });
    let cache = json!({ "digest": config["digest"], "mediaType": "application/vnd.buildkit.cacheconfig.v0" });
    fill(
        &site,
        &[
            ("1.9.0", &json!({ "config": config, "layers": [] })),
            ("1.10.0", &json!({ "manifests": [] })),
            ("1.11.0", &json!({ "manifests": [config] })),
            ("1.12.0", &json!({ "config": cache, "layers": [] })),
        ],
    );
    assert_snapshot!(site.towpath(&["tags", "images.local/acme/shop"]).out, @"
    SERVICE  TAG     VERDICT
    shop     1.12.0  passed over: it is a build cache
    shop     1.11.0  passed over: its index leads to `sha256:c15f7b74e51c`, which the registry does not have
    shop     1.10.0  passed over: its index names no image, as that of a build cache
    shop     1.9.0   taken
    ");
}

/// Fills the folder that stands in for a registry with manifests under these tags.
fn fill(site: &Site, tags: &[(&str, &serde_json::Value)]) {
    let folder = site.path("images/acme/shop");
    let blobs = folder.join("blobs/sha256");
    fs::create_dir_all(&blobs).expect("the folder can be written");
    let entry = |(tag, manifest): &(&str, &serde_json::Value)| {
        let digest = digest_of(&manifest.to_string());
        fs::write(blobs.join(digest.trim_start_matches("sha256:")), manifest.to_string())
            .expect("the folder can be written");
        json!({ "digest": digest, "annotations": { "org.opencontainers.image.ref.name": tag } })
    };
    let entries: Vec<_> = tags.iter().map(entry).collect();
    let index = json!({ "schemaVersion": 2, "manifests": entries });
    fs::write(folder.join("index.json"), index.to_string()).expect("the folder can be written");
}

fn digest_of(content: &str) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}
