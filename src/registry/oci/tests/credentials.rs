//! Credentials: shown to whom they are for, in the form that is asked for, and to nobody else.

use std::path::Path;

use super::*;

/// `robot:hush` as `Authorization` has it.
const ROBOT: &str = "Basic cm9ib3Q6aHVzaA==";

fn robot() -> Login {
    Login::Password { username: "robot".to_owned(), password: Secret::Text("hush".into()) }
}

fn shown(asked: &Asked) -> &str {
    asked.headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A registry that wants a password.
fn password_wanting(asked: &Asked) -> Answer {
    if shown(asked) == ROBOT {
        return listing(&["1.0.0"]);
    }
    with(error(401, "UNAUTHORIZED", "who are you?"), "www-authenticate", "Basic realm=\"r\"")
}

/// A registry whose token server, at the same host, wants `wanted` of whoever asks.
fn token_wanting(wanted: impl Fn(&Asked) -> bool + Clone + Send + Sync) -> impl Fn(&Asked) -> Answer + Clone {
    move |asked| match asked.path.as_str() {
        "/token" if wanted(asked) => r#"{"access_token":"good","expires_in":300}"#.into_response(),
        "/token" => error(401, "UNAUTHORIZED", "wrong password"),
        _ if asked.token.as_deref() == Some("good") => listing(&["1.0.0"]),
        _ => with(status(401), "www-authenticate", &challenge(&format!("http://{}/token", asked.here))),
    }
}

fn challenge(realm: &str) -> String {
    format!("Bearer realm=\"{realm}\",service=\"shop\",scope=\"repository:acme/shop:pull\"")
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

fn docker_config(path: &Path) -> Login {
    Login::DockerConfig(path.to_owned())
}

#[tokio::test]
async fn a_password_is_shown_once_it_is_asked_for_and_from_then_on() {
    let face = Face::new(password_wanting).await;
    let registry = face.registry_for(robot());
    for _ in 0..2 {
        assert!(registry.tags(&face.image(), None).await.is_ok());
    }
    assert_eq!(face.requests().len(), 3);
}

#[tokio::test]
async fn a_wrong_password_is_a_refusal_and_not_tried_twice() {
    let face = Face::new(password_wanting).await;
    let wrong = Login::Password { username: "robot".to_owned(), password: Secret::Text("wrong".into()) };
    insta::assert_snapshot!(face.why_not(wrong).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 401 Unauthorized, who are you?; check its `credentials` under `registries`, and what they may read");
    assert_eq!(face.requests().len(), 2);
}

#[tokio::test]
async fn a_token_server_is_shown_the_password_and_the_registry_only_the_token() {
    let face = Face::new(token_wanting(|asked| shown(asked) == ROBOT)).await;
    assert_eq!(face.tags_for(robot()).await.unwrap(), ["1.0.0"]);
    let token = "GET /token?service=shop&scope=repository%3Aacme%2Fshop%3Apull";
    assert_eq!(face.requests()[1], token);
}

#[tokio::test]
async fn a_token_server_that_refuses_the_password_is_asked_once() {
    let face = Face::new(token_wanting(|_| false)).await;
    let registry = face.registry_for(robot());
    let why = face.words(&registry.tags(&face.image(), None).await.unwrap_err());
    insta::assert_snapshot!(why, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 401 Unauthorized, wrong password; check its `credentials` under `registries`, and what they may read");
    assert_eq!(face.requests().len(), 2);
    // Nor for other repositories: accounts are locked after many wrong passwords.
    let other = ImageName::new(format!("{}/acme/other", face.here)).unwrap();
    let why = face.words(&registry.tags(&other, None).await.unwrap_err());
    insta::assert_snapshot!(why, @"the registry `registry:5000` refuses access to `registry:5000/acme/other`: the credentials could not be used: they were refused, and are tried again once they change, or after 60 s; check its `credentials` under `registries`, and what they may read");
    assert_eq!(face.requests(), [""; 0]);
}

#[tokio::test]
async fn credentials_do_not_go_to_a_realm_elsewhere() {
    let evil = Face::new(|_| r#"{"token":"good"}"#.into_response()).await;
    let realm = format!("http://localhost:{}/steal", evil.here.port());
    let face = Face::new(move |_| with(status(401), "www-authenticate", &challenge(&realm))).await;
    let why = face.why_not(robot()).await.replace(&evil.here.port().to_string(), "6666");
    insta::assert_snapshot!(why, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it wants a token, but its realm `http://localhost:6666` is another host or port, to which its credentials do not go; if that is right, write `realm: localhost:6666` for this registry");
    assert_eq!(evil.requests(), [""; 0]);
}

#[tokio::test]
async fn r9_credentials_do_not_go_to_another_port_of_the_same_host() {
    let evil = Face::new(|_| r#"{"token":"good"}"#.into_response()).await;
    let realm = format!("http://{}/steal", evil.here);
    let face = Face::new(move |_| with(status(401), "www-authenticate", &challenge(&realm))).await;
    let settings = RegistrySettings { login: robot(), ..in_clear(&face.here.to_string()) };
    let registry = OciRegistry::new(vec![settings], noon());
    let image = ImageName::new(format!("{}/acme/shop", face.here)).unwrap();
    let why = registry.tags(&image, None).await.unwrap_err().to_string();
    assert!(why.contains(&format!("write `realm: {}` for this registry", evil.here)), "{why}");
    assert_eq!(evil.requests(), [""; 0]);
}

#[tokio::test]
async fn credentials_go_to_the_realm_that_is_configured() {
    let face = Face::new(move |asked| match asked.path.as_str() {
        "/token" if shown(asked) == ROBOT => r#"{"token":"good"}"#.into_response(),
        _ if asked.token.as_deref() == Some("good") => listing(&["1.0.0"]),
        _ => {
            let realm = format!("http://localhost:{}/token", asked.here.port());
            with(status(401), "www-authenticate", &challenge(&realm))
        }
    })
    .await;
    let settings = RegistrySettings {
        realm: Some(format!("localhost:{}", face.here.port())),
        login: robot(),
        ..in_clear(&face.here.to_string())
    };
    let registry = OciRegistry::new(vec![settings], noon());
    assert!(registry.tags(&face.image(), None).await.is_ok());
}

#[tokio::test]
async fn credentials_of_one_registry_are_not_shown_to_another() {
    let other = Face::new(password_wanting).await;
    let face = Face::new(password_wanting).await;
    let settings = vec![
        RegistrySettings { login: robot(), ..in_clear(&face.here.to_string()) },
        in_clear(&other.here.to_string()),
    ];
    let registry = OciRegistry::new(settings, noon());
    assert!(registry.tags(&face.image(), None).await.is_ok());
    assert!(matches!(registry.tags(&other.image(), None).await, Err(RegistryError::Forbidden { .. })));
    assert_eq!(other.requests().len(), 1);
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect() {
    let evil = Face::new(|_| listing(&["evil"])).await;
    let there = evil.here;
    let face = Face::new(move |asked| match shown(asked) {
        ROBOT => with(status(307), "location", &format!("http://{there}/v2/acme/shop/tags/list")),
        _ => password_wanting(asked),
    })
    .await;
    assert!(matches!(face.tags_for(robot()).await, Err(RegistryError::Unavailable { .. })));
    assert_eq!(evil.requests(), [""; 0]);
}

#[tokio::test]
async fn a_token_for_the_registry_itself_is_shown_as_it_is() {
    let face = Face::new(token_wanting(|_| false)).await;
    assert_eq!(face.tags_for(Login::Token(Secret::Text("good".into()))).await.unwrap(), ["1.0.0"]);
    assert_eq!(face.requests().len(), 2);
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let wanted = "grant_type=refresh_token&client_id=towpath&refresh_token=me&service=shop\
                  &scope=repository%3Aacme%2Fshop%3Apull";
    let face =
        Face::new(token_wanting(move |asked| asked.method == Method::POST && asked.body == wanted)).await;
    let auths =
        serde_json::json!({ "auths": { face.here.to_string(): { "auth": "AA==", "identitytoken": "me" } } });
    let file = file(&auths.to_string());
    assert_eq!(face.tags_for(docker_config(file.path())).await.unwrap(), ["1.0.0"]);
}

#[tokio::test]
async fn dockers_configuration_is_read_again_when_a_password_changes() {
    let face = Face::new(password_wanting).await;
    let auths = |password: &str| {
        let entry = serde_json::json!({ "username": "robot", "password": password });
        serde_json::json!({ "auths": { format!("http://{}/v2/", face.here): entry } }).to_string()
    };
    let file = file(&auths("old"));
    let registry = face.registry_for(docker_config(file.path()));
    let refused = registry.tags(&face.image(), None).await;
    assert!(matches!(refused, Err(RegistryError::Forbidden { .. })));
    std::fs::write(file.path(), auths("hush")).unwrap();
    assert!(registry.tags(&face.image(), None).await.is_ok());
}

#[tokio::test]
async fn a_password_file_is_read_again_when_it_changes() {
    let face = Face::new(password_wanting).await;
    let file = file("old\n");
    let password = Secret::File(file.path().to_owned());
    let registry = face.registry_for(Login::Password { username: "robot".to_owned(), password });
    assert!(registry.tags(&face.image(), None).await.is_err());
    std::fs::write(file.path(), "hush\n").unwrap();
    assert!(registry.tags(&face.image(), None).await.is_ok());
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_without_its_content() {
    let face = Face::new(password_wanting).await;
    let why = async |login: Login, path: &Path| {
        face.why_not(login).await.replace(&path.display().to_string(), "/here/file")
    };
    let broken = file("{\"auths\": {\"ghcr.io\": {\"auth\": hush}}}");
    insta::assert_snapshot!(why(docker_config(broken.path()), broken.path()).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: Docker's configuration is not understood at line 1, column 32; check its `credentials` under `registries`, and what they may read");
    let empty = file(" \n");
    let password = Secret::File(empty.path().to_owned());
    let login = Login::Password { username: "robot".to_owned(), password };
    insta::assert_snapshot!(why(login, empty.path()).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: the file `/here/file` is empty; check its `credentials` under `registries`, and what they may read");
    let missing = Path::new("/nowhere/config.json");
    insta::assert_snapshot!(why(docker_config(missing), missing).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: the file `/here/file` cannot be read: No such file or directory (os error 2); check its `credentials` under `registries`, and what they may read");
}

#[tokio::test]
async fn no_secret_is_named_in_an_error_or_shown_to_those_who_debug() {
    let face = Face::new(token_wanting(|_| false)).await;
    let registry = face.registry_for(robot());
    let error = registry.tags(&face.image(), None).await.unwrap_err();
    let good = Face::new(token_wanting(|_| true)).await;
    let held = good.registry_for(robot());
    held.tags(&good.image(), None).await.unwrap();
    let all = format!("{error} {error:?} {registry:?} {held:?}");
    assert!(!all.contains("hush") && !all.contains("\"good\"") && !all.contains("cm9ib3"), "{all}");
}

#[tokio::test]
async fn a_token_is_fetched_once_however_many_questions_wait_for_it() {
    let face = Face::new(token_wanting(|asked| shown(asked) == ROBOT)).await;
    let registry = face.registry_for(robot());
    let image = face.image();
    let answers = futures::future::join_all((0..8).map(|_| registry.tags(&image, None))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(face.requests().iter().filter(|request| request.starts_with("GET /token")).count(), 1);
}
