use super::*;

fn challenge(header: &str) -> Option<Challenge> {
    match AuthScheme::among([&HeaderValue::from_str(header).unwrap()].into_iter())? {
        AuthScheme::Bearer(challenge) => Some(challenge),
        AuthScheme::Basic => None,
    }
}

fn plain(realm: &str, service: Option<&str>) -> Challenge {
    Challenge { realm: realm.to_owned(), service: service.map(str::to_owned), actions: BTreeSet::new() }
}

/// Where a realm leads that `registry` names, or why nowhere.
fn errand(registry: &str, realm: &str) -> Result<TokenRequest, String> {
    let registry = Url::parse(registry).unwrap();
    let origin = Origin { registry: &registry, host: "ghcr.io", realm: None };
    plain(realm, None).errand(origin, false)
}

#[test]
fn a_challenge_is_read_with_its_quotes_and_commas() {
    let read = challenge(r#"BEARER realm="https://a/t?x=1,2", service="say \"hi\", please",scope="s""#);
    assert_eq!(read, Some(plain("https://a/t?x=1,2", Some(r#"say "hi", please"#))));
}

#[test]
fn a_challenge_may_do_without_quotes_and_service() {
    assert_eq!(challenge("Bearer realm=https://a/token"), Some(plain("https://a/token", None)));
}

#[test]
fn what_is_no_bearer_challenge_is_none() {
    for header in [r#"Basic realm="x""#, "Bearer", "Bearer service=\"x\"", "", "Bearer realm", "Bearer ,,,"] {
        assert_eq!(challenge(header), None, "{header}");
    }
}

#[test]
fn a_token_is_preferred_to_a_password() {
    let headers =
        [HeaderValue::from_static("Basic realm=\"x\""), HeaderValue::from_static("Bearer realm=\"y\"")];
    assert_eq!(AuthScheme::among(headers.iter()), Some(AuthScheme::Bearer(plain("y", None))));
    assert_eq!(AuthScheme::among(headers.iter().take(1)), Some(AuthScheme::Basic));
    assert_eq!(AuthScheme::among([].iter()), None);
}

#[test]
fn a_challenge_that_never_ends_is_read_to_its_end() {
    assert_eq!(challenge("Bearer realm=\"https://a").map(|c| c.realm), Some("https://a".to_owned()));
    assert_eq!(challenge("Bearer realm=\"https://a\\").map(|c| c.realm), Some("https://a".to_owned()));
}

#[test]
fn what_is_asked_for_is_to_read_and_what_a_registry_needs_for_its_listings() {
    let scope = |wanted: &str| {
        let header = format!("Bearer realm=\"https://a\",scope=\"{wanted}\"");
        challenge(&header).unwrap().scope("acme/shop")
    };
    assert_eq!(scope("repository:acme/shop:pull"), "repository:acme/shop:pull");
    assert_eq!(scope("repository:acme/shop:metadata_read"), "repository:acme/shop:pull,metadata_read");
    assert_eq!(scope("repository:acme/shop:pull,push,delete,*"), "repository:acme/shop:pull");
    assert_eq!(scope("registry:catalog:*"), "repository:acme/shop:pull");
}

#[test]
fn what_was_wished_before_is_asked_for_too() {
    let wish = |action: &str| {
        let header = format!("Bearer realm=\"https://a\",scope=\"repository:x:{action}\"");
        AuthScheme::Bearer(challenge(&header).unwrap())
    };
    let AuthScheme::Bearer(both) = wish("content_read").and(&wish("metadata_read")) else {
        panic!("both are bearer")
    };
    assert_eq!(both.scope("x"), "repository:x:pull,content_read,metadata_read");
}

#[test]
fn the_errand_keeps_the_realms_query() {
    let url = errand("https://ghcr.io/v2/", "https://ghcr.io/token?a=b#c").unwrap().url;
    assert_eq!(url.as_str(), "https://ghcr.io/token?a=b");
}

#[test]
fn odd_realms_are_refused() {
    for realm in ["", "token", "file:///etc/passwd", "https://user:secret@ghcr.io/token", "javascript:1"] {
        assert!(errand("https://ghcr.io/v2/", realm).is_err(), "{realm}");
    }
}

#[test]
fn why_a_realm_is_refused_is_said_without_its_query() {
    let why = errand("https://ghcr.io/v2/", "https://10.0.0.1/token?key=secret").unwrap_err();
    insta::assert_snapshot!(why, @"its realm `https://10.0.0.1` is a private address");
}

#[test]
fn a_token_lives_as_long_as_its_server_says_within_bounds() {
    let life = |answer: &str| Token::parse(answer.as_bytes()).unwrap().life.as_secs();
    assert_eq!(life(r#"{"token":"t","expires_in":300,"issued_at":"2026-01-01T00:00:00Z"}"#), 295);
    assert_eq!(life(r#"{"access_token":"t","expires_in":99999999}"#), 3595);
    assert_eq!(life(r#"{"token":"t"}"#), 3595);
    assert_eq!(life(r#"{"token":"t","expires_in":1}"#), 0);
}

#[test]
fn what_is_no_token_is_refused_without_repeating_it() {
    for answer in
        ["", "secret", "{}", r#"{"token":1}"#, r#"{"token":""}"#, r#"{"token":"secret","expires_in":-1}"#]
    {
        let why = Token::parse(answer.as_bytes()).unwrap_err();
        assert!(!why.contains("secret"), "{why}");
    }
}

#[test]
fn a_token_is_not_shown_to_those_who_debug() {
    let token = Token::parse(br#"{"token":"secret"}"#).unwrap();
    assert!(!format!("{token:?}").contains("secret"));
}
