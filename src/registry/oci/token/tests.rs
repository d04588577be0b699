use super::*;

fn challenge(header: &str) -> Option<Challenge> {
    Challenge::among([&HeaderValue::from_str(header).unwrap()])
}

/// Where a realm leads that `registry` names, or why nowhere.
fn errand(registry: &str, realm: &str) -> Result<Errand, String> {
    let challenge = Challenge { realm: realm.to_owned(), service: Some("the service".to_owned()) };
    challenge.errand(&Url::parse(registry).unwrap(), "repository:acme/shop:pull")
}

fn way(registry: &str, realm: &str) -> Option<Way> {
    errand(registry, realm).ok().map(|errand| errand.way)
}

#[test]
fn a_challenge_is_read_with_its_quotes_and_commas() {
    let read = challenge(r#"BEARER realm="https://a/t?x=1,2", service="say \"hi\", please",scope="s""#);
    let service = Some(r#"say "hi", please"#.to_owned());
    assert_eq!(read, Some(Challenge { realm: "https://a/t?x=1,2".to_owned(), service }));
}

#[test]
fn a_challenge_may_do_without_quotes_and_service() {
    let read = challenge("Bearer realm=https://a/token");
    assert_eq!(read, Some(Challenge { realm: "https://a/token".to_owned(), service: None }));
}

#[test]
fn what_is_no_bearer_challenge_is_none() {
    for header in [r#"Basic realm="x""#, "Bearer", "Bearer service=\"x\"", "", "Bearer realm", "Bearer ,,,"] {
        assert_eq!(challenge(header), None, "{header}");
    }
}

#[test]
fn a_bearer_challenge_is_found_behind_another() {
    let headers =
        [HeaderValue::from_static("Basic realm=\"x\""), HeaderValue::from_static("Bearer realm=\"y\"")];
    assert_eq!(Challenge::among(&headers).map(|challenge| challenge.realm), Some("y".to_owned()));
}

#[test]
fn a_challenge_that_never_ends_is_read_to_its_end() {
    assert_eq!(challenge("Bearer realm=\"https://a").map(|c| c.realm), Some("https://a".to_owned()));
    assert_eq!(challenge("Bearer realm=\"https://a\\").map(|c| c.realm), Some("https://a".to_owned()));
}

#[test]
fn the_errand_keeps_the_realms_query_and_adds_ours() {
    let url = errand("https://ghcr.io/v2/", "https://ghcr.io/token?a=b#c").unwrap().url;
    let wanted = "https://ghcr.io/token?a=b&service=the+service&scope=repository%3Aacme%2Fshop%3Apull";
    assert_eq!(url.as_str(), wanted);
}

#[test]
fn a_realm_elsewhere_must_be_public() {
    assert_eq!(way("https://ghcr.io/v2/", "https://ghcr.io/token"), Some(Way::Tls));
    assert_eq!(
        way("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"),
        Some(Way::TlsToPublic)
    );
    for private in
        ["169.254.169.254", "127.0.0.1", "10.0.0.1", "[::1]", "[fd00::1]", "0x7f.1", "[::ffff:10.0.0.1]"]
    {
        assert_eq!(way("https://ghcr.io/v2/", &format!("https://{private}/token")), None, "{private}");
    }
}

#[test]
fn a_realm_in_clear_is_refused_but_for_the_host_of_a_registry_in_clear() {
    assert_eq!(way("https://ghcr.io/v2/", "http://ghcr.io/token"), None);
    assert_eq!(way("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5001/token"), Some(Way::Plain));
    assert_eq!(way("http://127.0.0.1:5000/v2/", "http://evil.example/token"), None);
    assert_eq!(way("http://127.0.0.1:5000/v2/", "https://10.0.0.1/token"), Some(Way::Tls));
}

#[test]
fn odd_realms_are_refused() {
    for realm in ["", "token", "file:///etc/passwd", "https://user:secret@ghcr.io/token", "javascript:1"] {
        assert_eq!(way("https://ghcr.io/v2/", realm), None, "{realm}");
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
