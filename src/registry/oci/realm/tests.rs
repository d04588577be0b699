use super::*;

fn origin<R>(registry: &str, realm: Option<&str>, ask: impl Fn(Origin<'_>) -> R) -> R {
    let url = Url::parse(registry).unwrap();
    let host = registry.split('/').nth(2).unwrap();
    let host = if host == "registry-1.docker.io" { "docker.io" } else { host };
    ask(Origin { registry: &url, host, realm })
}

fn way(registry: &str, target: &str) -> Option<TransportSecurity> {
    origin(registry, None, |origin| origin.way_to(&Url::parse(target).unwrap()).ok())
}

fn trusted(registry: &str, realm: Option<&str>, target: &str) -> Result<TransportSecurity, String> {
    origin(registry, realm, |origin| origin.trusted_way_to(&Url::parse(target).unwrap()))
}

#[test]
fn a_realm_elsewhere_must_be_public() {
    assert_eq!(way("https://ghcr.io/v2/", "https://ghcr.io/token"), Some(TransportSecurity::Tls));
    assert_eq!(
        way("https://acme.example/v2/", "https://auth.example/token"),
        Some(TransportSecurity::TlsToPublic)
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
    assert_eq!(
        way("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5001/token"),
        Some(TransportSecurity::Plain)
    );
    assert_eq!(way("http://127.0.0.1:5000/v2/", "http://evil.example/token"), None);
    assert_eq!(way("http://127.0.0.1:5000/v2/", "https://10.0.0.1/token"), Some(TransportSecurity::Tls));
}

#[test]
fn credentials_go_to_the_registry_and_to_its_owners_own_token_server() {
    let cases = [
        ("https://ghcr.io/v2/", "https://ghcr.io/token"),
        ("https://registry-1.docker.io/v2/", "https://auth.docker.io/token"),
        ("https://registry.gitlab.com/v2/", "https://gitlab.com/jwt/auth"),
    ];
    for (registry, realm) in cases {
        assert_eq!(trusted(registry, None, realm), Ok(TransportSecurity::Tls), "{realm}");
    }
}

/// Another port may belong to another user of the machine: R9, and issue 15.
#[test]
fn r9_credentials_do_not_go_to_another_port_of_the_same_host() {
    for (registry, realm) in [
        ("http://127.0.0.1:5000/v2/", "http://127.0.0.1:5001/token"),
        ("https://harbor.acme.example/v2/", "https://harbor.acme.example:8443/token"),
        ("https://harbor.acme.example:8443/v2/", "https://harbor.acme.example/token"),
        ("https://harbor.acme.example/v2/", "http://harbor.acme.example/token"),
    ] {
        assert!(trusted(registry, None, realm).is_err(), "{realm}");
    }
    let why = trusted("http://127.0.0.1:5000/v2/", None, "http://127.0.0.1:5001/token").unwrap_err();
    assert!(why.ends_with("write `realm: 127.0.0.1:5001` for this registry"), "{why}");
    assert_eq!(trusted("https://ghcr.io/v2/", None, "https://ghcr.io:443/token"), Ok(TransportSecurity::Tls));
}

#[test]
fn credentials_go_nowhere_else_and_the_way_out_is_named() {
    for target in [
        "https://evil.example/steal",
        "https://auth.docker.io/token",
        "https://ghcr.io.evil.example/token",
        "https://169.254.169.254/token",
        "http://evil.example/steal",
    ] {
        assert!(trusted("https://ghcr.io/v2/", None, target).is_err(), "{target}");
    }
    let why = trusted("https://harbor.acme.example/v2/", None, "https://sso.acme.example:8443/t?k=secret");
    insta::assert_snapshot!(why.unwrap_err(), @"`https://sso.acme.example:8443` is another host or port, to which its credentials do not go; if that is right, write `realm: sso.acme.example:8443` for this registry");
}

#[test]
fn a_realm_that_the_configuration_names_may_have_them() {
    let registry = "https://harbor.acme.example/v2/";
    let realm = Some("sso.acme.example:8443");
    assert_eq!(trusted(registry, realm, "https://sso.acme.example:8443/token"), Ok(TransportSecurity::Tls));
    assert!(trusted(registry, realm, "https://sso.acme.example/token").is_err());
    assert!(trusted(registry, realm, "http://sso.acme.example:8443/token").is_err());
    let in_clear =
        trusted("http://127.0.0.1:5000/v2/", Some("localhost:5001"), "http://localhost:5001/token");
    assert_eq!(in_clear, Ok(TransportSecurity::Plain));
}

#[test]
fn a_known_realm_stands_at_its_usual_port() {
    assert!(trusted("https://registry-1.docker.io/v2/", None, "https://auth.docker.io:8443/token").is_err());
}

#[test]
fn services_of_clouds_are_asked_over_tls_or_inside_the_machine() {
    let way = |text: &str| way_to_service(&Url::parse(text).unwrap()).ok();
    assert_eq!(way("https://sts.eu-west-1.amazonaws.com/"), Some(TransportSecurity::Tls));
    assert_eq!(way("http://169.254.169.254/latest/"), Some(TransportSecurity::Plain));
    assert_eq!(way("http://127.0.0.1:80/"), Some(TransportSecurity::Plain));
    assert_eq!(way("http://metadata.google.internal/"), Some(TransportSecurity::Plain));
    assert_eq!(way("http://evil.example/"), None);
    assert_eq!(way("file:///etc/passwd"), None);
}
