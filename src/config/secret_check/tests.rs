use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::config;

const LONG: &str = "a secret that is long enough";

/// What is found about the secrets of this configuration, in whose folder the files are as given.
fn found(keys: &str, files: &[(&str, &str, u32)]) -> Vec<String> {
    found_with(keys, files, &[])
}

/// The same where variables name some of the files.
fn found_with(keys: &str, files: &[(&str, &str, u32)], variables: &[(&str, &str)]) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    for (name, text, mode) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(*mode)).unwrap();
    }
    let settings =
        config::read(&format!("version: 1\n{keys}\n"), &folder.path().join("towpath.yaml")).unwrap();
    let words = |finding: SecretFinding| {
        let fault = match finding.fault {
            SecretFault::Unread(error) => error.to_string(),
            SecretFault::Weak(weakness) => format!("{} {weakness:?}", finding.source),
        };
        let folder = format!("{}/", Path::new(folder.path()).display());
        format!("{:?} {}: {fault}", finding.owner, finding.key).replace(&folder, "")
    };
    let variable = |name: &str| {
        let (_, file) = variables.iter().find(|(other, _)| *other == name)?;
        Some(folder.path().join(file).display().to_string())
    };
    settings.examine_secrets_with(&variable).into_iter().map(words).collect()
}

fn registry(keys: &str) -> String {
    format!("registries: [ {{ host: ghcr.io, {keys} }} ]")
}

#[test]
fn safe_secrets_are_not_mentioned() {
    let keys = registry("credentials: { username: a, password: { file: s } }");
    assert_eq!(found(&keys, &[("s", LONG, 0o600)]), [""; 0]);
    assert_eq!(found(&keys, &[("s", LONG, 0o440)]), [""; 0]);
}

#[test]
fn files_of_everybody_are_found() {
    let keys = registry(
        "credentials: { docker_config: { file: d } }, hooks: { kind: generic, secrets: [ { file: s } ] }",
    );
    insta::assert_snapshot!(found(&keys, &[("d", "{}", 0o644), ("s", LONG, 0o666)]).join("\n"), @r#"
    Registry("ghcr.io") hooks.secrets: the file `s` ReadableByAll { mode: 438 }
    Registry("ghcr.io") hooks.secrets: the file `s` WritableByAll { mode: 438 }
    Registry("ghcr.io") credentials.docker_config: the file `d` ReadableByAll { mode: 420 }
    "#);
}

#[test]
fn files_that_the_variables_of_a_cloud_name_are_looked_at() {
    let of = |keys: &str, mode: u32| {
        let variables = [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", "f"),
            ("GOOGLE_APPLICATION_CREDENTIALS", "f"),
            ("AZURE_FEDERATED_TOKEN_FILE", "f"),
        ];
        found_with(&registry(&format!("credentials: {keys}")), &[("f", LONG, mode)], &variables)
    };
    let clouds = [
        ("{ ecr: { region: eu-west-1 } }", "AWS_WEB_IDENTITY_TOKEN_FILE"),
        ("{ gar: {} }", "GOOGLE_APPLICATION_CREDENTIALS"),
        ("{ acr: {} }", "AZURE_FEDERATED_TOKEN_FILE"),
    ];
    for (keys, variable) in clouds {
        assert_eq!(of(keys, 0o600), [""; 0], "{keys}");
        let expected =
            format!("Registry(\"ghcr.io\") {variable}: the file `f` ReadableByAll {{ mode: 420 }}");
        assert_eq!(of(keys, 0o644), [expected], "{keys}");
    }
    assert_eq!(of("{ gar: { key: { file: f } } }", 0o600), [""; 0]);
}

#[test]
fn short_and_missing_secrets_are_found_wherever_they_are_named() {
    let forge = "forges: [ { name: hub, kind: github, app: { id: 1, private_key: { env: TOWPATH_TEST_UNSET } }, webhook_secrets: [ { file: s }, { file: empty } ], repositories: [ \"acme/*\" ] } ]";
    let keys = format!("{forge}\n{}", registry("credentials: { token: { file: gone } }"));
    let files = [("s", "x", 0o600), ("empty", "\n", 0o600)];
    insta::assert_snapshot!(found(&keys, &files).join("\n"), @r#"
    Forge(ForgeName("hub")) app.private_key: the environment variable `TOWPATH_TEST_UNSET` is not set
    Forge(ForgeName("hub")) webhook_secrets: the file `s` Short
    Forge(ForgeName("hub")) webhook_secrets: the file `empty` is empty
    Registry("ghcr.io") credentials.token: the file `gone` cannot be read: No such file or directory (os error 2)
    "#);
}
