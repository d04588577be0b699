//! Anonymous tokens.

use super::*;

/// A registry that wants the token of its own token server, which hands out `token-1`, `token-2` and so on.
fn token_wanting(life: &'static str) -> impl Fn(&Asked) -> Answer + Clone + Send + Sync {
    let handed_out = Arc::new(Mutex::new(0));
    move |asked| {
        let mut handed_out = handed_out.lock().unwrap();
        if asked.path == "/token" {
            *handed_out += 1;
            return format!(r#"{{"token":"token-{handed_out}"{life}}}"#).into_response();
        }
        if asked.token == Some(format!("token-{handed_out}")) {
            return with(listing(&["1.0.0"]), DIGEST_HEADER, manifest_digest().as_str());
        }
        let challenge = format!("Bearer realm=\"http://{}/token\",service=\"shop\"", asked.here);
        with(error(401, "UNAUTHORIZED", "authentication required"), "www-authenticate", &challenge)
    }
}

const LIST: &str = "GET /v2/acme/shop/tags/list?n=1000";
const TOKEN: &str = "GET /token?service=shop&scope=repository%3Aacme%2Fshop%3Apull";

#[tokio::test]
async fn a_token_is_fetched_once_and_serves_all_questions_about_the_image() {
    let face = Face::new(token_wanting(r#","expires_in":300"#)).await;
    let registry = face.registry();
    assert_eq!(all_of(registry.tags(&face.image(), None).await), Ok(vec!["1.0.0".parse().unwrap()]));
    assert_eq!(face.requests(), [LIST, TOKEN, LIST]);
    assert_eq!(all_of(registry.tags(&face.image(), None).await), Ok(vec!["1.0.0".parse().unwrap()]));
    assert_eq!(face.requests(), [LIST]);
    let digest = registry.digest(&face.image(), &"1.0.0".parse().unwrap()).await;
    assert_eq!(digest, Ok(Some(manifest_digest())));
    assert_eq!(face.requests(), ["HEAD /v2/acme/shop/manifests/1.0.0"]);
}

#[tokio::test]
async fn a_token_of_one_image_is_not_used_for_another() {
    let face = Face::new(token_wanting("")).await;
    let registry = face.registry();
    registry.tags(&face.image(), None).await.unwrap();
    face.requests();
    let other = ImageName::new(format!("{}/acme/other", face.here)).unwrap();
    registry.tags(&other, None).await.unwrap();
    let token = "GET /token?service=shop&scope=repository%3Aacme%2Fother%3Apull";
    assert_eq!(face.requests(), [token, "GET /v2/acme/other/tags/list?n=1000"]);
}

#[tokio::test]
async fn a_token_that_has_ended_is_replaced_before_the_registry_is_asked() {
    let face = Face::new(token_wanting(r#","expires_in":1"#)).await;
    let registry = face.registry();
    registry.tags(&face.image(), None).await.unwrap();
    face.requests();
    registry.tags(&face.image(), None).await.unwrap();
    assert_eq!(face.requests(), [TOKEN, LIST]);
}

#[tokio::test]
async fn a_token_that_the_registry_no_longer_takes_is_replaced() {
    let face = Face::new(token_wanting("")).await;
    let registry = face.registry();
    registry.tags(&face.image(), None).await.unwrap();
    // Somebody else's visit makes the token server hand out a new one, after which the old one is void.
    face.tags().await.unwrap();
    face.requests();
    registry.tags(&face.image(), None).await.unwrap();
    assert_eq!(face.requests(), [LIST, TOKEN, LIST]);
}

#[tokio::test]
async fn a_token_that_does_not_help_is_a_refusal_and_not_asked_for_again() {
    let face = Face::new(|asked| match asked.path.as_str() {
        "/token" => r#"{"access_token":"useless"}"#.into_response(),
        _ => {
            let challenge = format!("Bearer realm=\"http://{}/token\"", asked.here);
            with(error(401, "UNAUTHORIZED", "authentication required"), "www-authenticate", &challenge)
        }
    })
    .await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 401 Unauthorized, authentication required; if it is there, name `credentials` for its registry under `registries`");
    assert_eq!(face.requests().len(), 3);
}

#[tokio::test]
async fn a_token_server_that_refuses_is_a_refusal() {
    let face = Face::new(|asked| match asked.path.as_str() {
        "/token" => error(403, "DENIED", "requested access to the resource is denied"),
        _ => {
            let challenge = format!("Bearer realm=\"http://{}/token\"", asked.here);
            with(status(401), "www-authenticate", &challenge)
        }
    })
    .await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: it answered 403 Forbidden, requested access to the resource is denied; if it is there, name `credentials` for its registry under `registries`");
}

#[tokio::test]
async fn a_realm_in_clear_at_a_strange_host_is_never_asked() {
    let challenge = "Bearer realm=\"http://evil.example/steal\"";
    let face = Face::new(move |_| with(status(401), "www-authenticate", challenge)).await;
    insta::assert_snapshot!(face.why().await, @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: it wants a token, but its realm `http://evil.example` is not https");
    assert_eq!(face.requests().len(), 1);
}

#[tokio::test]
async fn no_token_is_named_in_an_error() {
    let face = Face::new(|asked| match asked.path.as_str() {
        "/token" => r#"{"token":"secret"}"#.into_response(),
        _ if asked.token.is_some() => status(500),
        _ => with(status(401), "www-authenticate", &format!("Bearer realm=\"http://{}/token\"", asked.here)),
    })
    .await;
    let registry = face.registry();
    let error = registry.tags(&face.image(), None).await.unwrap_err();
    assert!(!format!("{error} {error:?} {registry:?}").contains("secret"));
}
