use super::*;
use crate::registry::oci::connection::Clients;
use crate::sanitize::exposed;

fn found(written: &serde_json::Value, host: &str, repository: &str) -> String {
    let clients = Clients::new(std::time::Duration::ZERO, std::time::Duration::ZERO);
    let registry = reqwest::Url::parse("https://registry.example/v2/").unwrap();
    let now = "2026-03-02T12:00:00Z".parse().unwrap();
    let visit = AuthRequest { host, repository, registry: &registry, clients: &clients, now };
    match find(&written.to_string().into(), &visit) {
        Ok(Found::Proof(proof)) => told(&proof),
        Ok(Found::Helper { name, server, otherwise }) => {
            format!("{name} for {server}, else {}", told(&otherwise))
        }
        Err(ProofError::Refused(why) | ProofError::Unavailable(why)) => why,
    }
}

fn told(proof: &RegistryLogin) -> String {
    match proof {
        RegistryLogin::Nothing => "nothing".to_owned(),
        RegistryLogin::Password { username, password } => format!("{username}:{}", exposed(password)),
        RegistryLogin::Identity(token) => format!("identity {}", exposed(token)),
        RegistryLogin::Bearer(token) => format!("bearer {}", exposed(token)),
    }
}

fn robot(name: &str) -> serde_json::Value {
    serde_json::json!({ "auth": STANDARD.encode(format!("{name}:hush")) })
}

#[test]
fn a_registry_is_found_however_its_key_is_spelled() {
    for key in ["ghcr.io", "https://ghcr.io", "https://ghcr.io/v2/", "http://GHCR.io/v1/", "ghcr.io/"] {
        let written =
            serde_json::json!({ "auths": { "other.example": robot("other"), key: robot("robot") } });
        assert_eq!(found(&written, "ghcr.io", "acme/shop"), "robot:hush", "{key}");
    }
}

#[test]
fn docker_hub_has_several_names() {
    for key in ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"] {
        let written = serde_json::json!({ "auths": { key: robot("robot") } });
        assert_eq!(found(&written, "docker.io", "library/nginx"), "robot:hush", "{key}");
    }
}

#[test]
fn the_longest_part_of_a_repository_wins() {
    let auths = serde_json::json!({
        "ghcr.io": robot("all"), "ghcr.io/acme": robot("acme"), "ghcr.io/acme/shop": robot("shop"),
    });
    let written = serde_json::json!({ "auths": auths });
    assert_eq!(found(&written, "ghcr.io", "acme/shop"), "shop:hush");
    assert_eq!(found(&written, "ghcr.io", "acme/shopping"), "acme:hush");
    assert_eq!(found(&written, "ghcr.io", "acmeshop"), "all:hush");
    assert_eq!(found(&written, "ghcr.io:5000", "acme/shop"), "nothing");
}

#[test]
fn tokens_win_over_passwords() {
    let entry = serde_json::json!({ "auth": "cm9ib3Q6aHVzaA==", "identitytoken": "me" });
    assert_eq!(found(&serde_json::json!({ "auths": { "a.io": entry } }), "a.io", "x"), "identity me");
    let entry = serde_json::json!({ "registrytoken": "t" });
    assert_eq!(found(&serde_json::json!({ "auths": { "a.io": entry } }), "a.io", "x"), "bearer t");
}

#[test]
fn a_password_may_hold_colons_and_be_padded() {
    let entry = serde_json::json!({ "auth": STANDARD.encode("robot:a:b\0\0") });
    assert_eq!(found(&serde_json::json!({ "auths": { "a.io": entry } }), "a.io", "x"), "robot:a:b");
}

#[test]
fn a_helper_of_a_registry_wins_over_that_of_all_and_over_entries() {
    let written = serde_json::json!({
        "auths": { "a.io": robot("robot") },
        "credHelpers": { "a.io": "ecr-login", "docker.io": "hub" },
        "credsStore": "pass",
    });
    assert_eq!(found(&written, "a.io", "x"), "ecr-login for a.io, else robot:hush");
    assert_eq!(found(&written, "docker.io", "x"), "hub for https://index.docker.io/v1/, else nothing");
    assert_eq!(found(&written, "b.io", "x"), "pass for b.io, else nothing");
}

#[test]
fn an_empty_configuration_says_nothing() {
    for written in [serde_json::json!({}), serde_json::json!({ "auths": { "a.io": {} }, "credsStore": "" })] {
        assert_eq!(found(&written, "a.io", "x"), "nothing");
    }
}

#[test]
fn what_is_wrong_is_said_without_the_secret() {
    let entry = serde_json::json!({ "auth": "hush" });
    let why = found(&serde_json::json!({ "auths": { "a.io": entry } }), "a.io", "x");
    insta::assert_snapshot!(why, @"in Docker's configuration, `auth` of `a.io` is not understood");
    let why = found(&serde_json::json!({ "auths": { "a.io": "hush" } }), "a.io", "x");
    insta::assert_snapshot!(why, @"Docker's configuration is not understood at line 1, column 23");
}
