//! The production client against a real docker-registry: anonymous, with a password, with a token server.

use std::collections::BTreeMap;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;
use tempfile::TempDir;
use towpath::model::{ArtifactKind, ImageName};
use towpath::registry::oci::OciRegistry;
use towpath::registry::{Listing, Login, Registry as _, RegistryError, RegistrySettings, Secret};

use crate::support::docker_registry::{DockerRegistry, Guard};
use crate::support::registry::names_of;
use crate::support::token_server::TokenServer;

/// `robot:hush`, as `Authorization` and as an htpasswd file have it.
const ROBOT: &str = "Basic cm9ib3Q6aHVzaA==";
const HTPASSWD: &str = "robot:$2a$05$9XuiKWe8cZXe3eJt0lrH4OZUorx0jZL0HV8jSL5YlFL8zgr/bA8dm\n";
const LABELS: [(&str, &str); 2] = [
    ("org.opencontainers.image.source", "https://github.com/acme/shop"),
    ("org.opencontainers.image.revision", "0a1b2c3"),
];

fn robot(password: &str) -> Login {
    let password = Secret::Text(SecretString::from(password));
    Login::Password { username: "robot".to_owned(), password }
}

fn client(registry: &DockerRegistry, login: Login) -> OciRegistry {
    client_with_realm(registry, login, None)
}

/// A client that may show its credentials to a token server at another host or port.
fn client_with_realm(registry: &DockerRegistry, login: Login, realm: Option<String>) -> OciRegistry {
    let host = registry.host().to_owned();
    let settings = RegistrySettings { host, plain_http: true, realm, login };
    OciRegistry::new(vec![settings], Arc::new(|| "2026-03-02T12:00:00Z".parse().expect("a time")))
}

fn image(registry: &DockerRegistry, repository: &str) -> ImageName {
    format!("{}/{repository}", registry.host()).parse().expect("a repository in lower case")
}

/// What the registry was asked since `before`.
fn asked_since(registry: &DockerRegistry, before: &BTreeMap<String, usize>) -> Vec<String> {
    let since = |(request, count): (String, usize)| {
        let new = count - before.get(&request).copied().unwrap_or_default();
        (new > 0).then(|| format!("{new} {request}"))
    };
    registry.requests().into_iter().filter_map(since).collect()
}

#[tokio::test]
async fn a_release_is_found_and_described_in_four_requests() {
    let registry = DockerRegistry::start();
    let pushed = registry.push("acme/shop", "1.10.0", &LABELS).await;
    let (client, shop) = (client(&registry, Login::Anonymous), image(&registry, "acme/shop"));
    let before = registry.requests();
    assert_eq!(names_of(client.tags(&shop, None).await.unwrap()), ["1.10.0"]);
    let digest = client.digest(&shop, &"1.10.0".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(digest.as_str(), pushed);
    let described = client.description(&shop, &digest).await.unwrap().unwrap();
    assert_eq!((described.kind, described.revision.as_deref()), (ArtifactKind::Image, Some("0a1b2c3")));
    assert_eq!(described.version.as_deref(), Some("1.10.0"));
    assert_eq!(described.platforms.iter().map(ToString::to_string).collect::<Vec<_>>(), ["linux/amd64"]);
    let asked = asked_since(&registry, &before);
    assert_eq!(asked.len(), 4, "{asked:?}");
    assert!(asked.iter().all(|request| request.starts_with("1 ")), "{asked:?}");
    assert!(asked.contains(&"1 HEAD /v2/acme/shop/manifests/1.10.0".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn an_idle_poll_is_one_request_and_never_a_ping() {
    let registry = DockerRegistry::start();
    for repository in ["acme/shop", "acme/worker"] {
        registry.push(repository, "1.9.0", &[]).await;
    }
    let client = client(&registry, Login::Anonymous);
    let images = [image(&registry, "acme/shop"), image(&registry, "acme/worker")];
    let before = registry.requests();
    for _poll in 0..3 {
        for image in &images {
            assert!(matches!(client.tags(image, None).await, Ok(Listing::Tags { .. })));
        }
    }
    assert_eq!(
        asked_since(&registry, &before),
        ["3 GET /v2/acme/shop/tags/list", "3 GET /v2/acme/worker/tags/list"]
    );
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_is() {
    let registry = DockerRegistry::start();
    let pushed = registry.push("acme/shop", "1.9.0", &[]).await;
    let (client, shop) = (client(&registry, Login::Anonymous), image(&registry, "acme/shop"));
    let absent = image(&registry, "acme/absent");
    assert_eq!(client.tags(&absent, None).await, Err(RegistryError::NotFound { image: absent.clone() }));
    assert_eq!(client.digest(&shop, &"2.0.0".parse().unwrap()).await, Ok(None));
    let other = pushed.replace(&pushed[7..15], "00000000").parse().unwrap();
    assert_eq!(client.description(&shop, &other).await, Ok(None));
}

#[tokio::test]
async fn a_registry_with_a_password_file_lets_in_who_knows_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("htpasswd");
    std::fs::write(&file, HTPASSWD).unwrap();
    let auth = json!({ "htpasswd": { "realm": "acme", "path": file } });
    let registry = DockerRegistry::start_guarded(Guard { auth, authorization: ROBOT.to_owned() });
    registry.push("acme/shop", "1.10.0", &LABELS).await;
    let shop = image(&registry, "acme/shop");
    let before = registry.requests();
    let known = client(&registry, robot("hush"));
    for _poll in 0..3 {
        assert_eq!(names_of(known.tags(&shop, None).await.unwrap()), ["1.10.0"]);
    }
    let digest = known.digest(&shop, &"1.10.0".parse().unwrap()).await.unwrap().unwrap();
    assert!(known.description(&shop, &digest).await.unwrap().is_some());
    // The first request is refused; after that the password is shown at once.
    assert_eq!(asked_since(&registry, &before)[2], "4 GET /v2/acme/shop/tags/list");
    for stranger in [Login::Anonymous, robot("wrong")] {
        let refused = client(&registry, stranger).tags(&shop, None).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn a_registry_with_a_token_server_is_shown_its_tokens() {
    let server = TokenServer::start(ROBOT).await;
    let registry = DockerRegistry::start_guarded(server.guard("acme/shop"));
    registry.push("acme/shop", "1.10.0", &LABELS).await;
    let shop = image(&registry, "acme/shop");
    let before = registry.requests();
    let known = client_with_realm(&registry, robot("hush"), Some(server.address()));
    for _poll in 0..3 {
        assert_eq!(names_of(known.tags(&shop, None).await.unwrap()), ["1.10.0"]);
    }
    let digest = known.digest(&shop, &"1.10.0".parse().unwrap()).await.unwrap().unwrap();
    assert!(known.description(&shop, &digest).await.unwrap().is_some());
    assert_eq!(server.requests(), ["/token?service=registry&scope=repository%3Aacme%2Fshop%3Apull"]);
    assert_eq!(asked_since(&registry, &before)[2], "4 GET /v2/acme/shop/tags/list");
    for stranger in [Login::Anonymous, robot("wrong")] {
        let refused = client_with_realm(&registry, stranger, Some(server.address())).tags(&shop, None).await;
        assert!(matches!(refused, Err(RegistryError::Forbidden { .. })), "{refused:?}");
    }
}
