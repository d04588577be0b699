//! Registries and their credentials.

use insta::assert_snapshot;

use super::*;

fn with_registry(registry: &str) -> String {
    format!("{GOOD}registries: [ {{ host: ghcr.io, {registry} }} ]\n")
}

fn registry_of(registry: &str) -> RegistrySettings {
    settings_of(&with_registry(registry)).registries.remove(0)
}

fn problems_of(registry: &str) -> String {
    problems_in(&with_registry(registry))
}

fn environment(name: &str) -> SecretSource {
    SecretSource::Env(name.to_owned())
}

#[test]
fn each_way_to_log_in() {
    let file = |name: &str| SecretSource::File(Path::new("etc").join(name));
    let word = |text: &str| Some(text.to_owned());
    let cases = [
        (
            "docker_config: { file: ./config.json }",
            CredentialSettings::DockerConfig("etc/config.json".into()),
        ),
        (
            "username: robot$acme, password: { env: REGISTRY_PASSWORD }",
            CredentialSettings::Password {
                username: "robot$acme".to_owned(),
                password: environment("REGISTRY_PASSWORD"),
            },
        ),
        ("token: { file: token }", CredentialSettings::Token(file("token"))),
        ("ecr: {}", CredentialSettings::Ecr { region: None, profile: None }),
        (
            "ecr: { region: eu-west-1, profile: ci }",
            CredentialSettings::Ecr { region: word("eu-west-1"), profile: word("ci") },
        ),
        ("gar: { key: { file: key.json } }", CredentialSettings::Gar { key: Some(file("key.json")) }),
        (
            "acr: { tenant: acme.example, client_id: app, client_secret: { env: S } }",
            CredentialSettings::Acr {
                tenant: word("acme.example"),
                client_id: word("app"),
                client_secret: Some(environment("S")),
            },
        ),
    ];
    for (written, wanted) in cases {
        let registry = registry_of(&format!("credentials: {{ {written} }}"));
        assert_eq!(registry.credentials, wanted, "{written}");
    }
}

#[test]
fn a_registry_is_asked_without_credentials_unless_they_are_written() {
    let registry = registry_of("realm: \"sso.acme.example:8443\"");
    assert_eq!(registry.credentials, CredentialSettings::Anonymous);
    assert_eq!(registry.realm.as_deref(), Some("sso.acme.example:8443"));
}

#[test]
fn two_ways_at_once() {
    let text = "credentials: { docker_config: { file: c.json }, token: { env: TOKEN } }";
    assert_snapshot!(problems_of(text), @"
    error: `token` cannot stand beside `docker_config`; keep one of them
      --> towpath.yaml:15:87
       |
    15 | registries: [ { host: ghcr.io, credentials: { docker_config: { file: c.json }, token: { env: TOKEN } } } ]
       |                                                                                       ^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_name_without_a_password_and_a_password_without_a_name() {
    assert_snapshot!(problems_of("credentials: { username: robot }"), @"
    error: `username` stands here alone; add `password`
      --> towpath.yaml:15:57
       |
    15 | registries: [ { host: ghcr.io, credentials: { username: robot } } ]
       |                                                         ^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_of("credentials: { password: { env: P } }"), @"
    error: `password` stands here alone; add `username`
      --> towpath.yaml:15:57
       |
    15 | registries: [ { host: ghcr.io, credentials: { password: { env: P } } } ]
       |                                                         ^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn no_way_at_all() {
    assert_snapshot!(problems_of("credentials: {}"), @"
    error: these credentials name no way to log in; write `docker_config`, `username` with `password`, `token`, `ecr`, `gar` or `acr`
      --> towpath.yaml:15:45
       |
    15 | registries: [ { host: ghcr.io, credentials: {} } ]
       |                                             ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_secret_in_the_file_itself_is_refused_and_not_repeated_in_the_message() {
    let first = |password: &str| {
        let text = problems_of(&format!("credentials: {{ username: robot, password: {password} }}"));
        text.lines().next().unwrap().to_owned()
    };
    assert_snapshot!(first("{ env: \"s3cret!\" }"), @"error: this is not the name of an environment variable; write for example `REGISTRY_PASSWORD`");
    assert_snapshot!(first("s3cret"), @"error: expected keys such as `env`, `file`, found a text; a secret is never written here; name where it is, as `{ env: VARIABLE }` or `{ file: PATH }`");
}

#[test]
fn names_that_are_none() {
    let written = "credentials: { username: \"a:b\", password: { env: P } }, realm: \"https://sso.example\"";
    assert_snapshot!(problems_of(written), @r#"
    error: `a:b` is not the name of an account; it has no colon in it
      --> towpath.yaml:15:57
       |
    15 | registries: [ { host: ghcr.io, credentials: { username: "a:b", password: { env: P } }, realm: "https://sso.example" } ]
       |                                                         ^^^^^

    error: `https://sso.example` is not a registry's host; write for example `ghcr.io` or `127.0.0.1:5000`, without `https://`
      --> towpath.yaml:15:95
       |
    15 | registries: [ { host: ghcr.io, credentials: { username: "a:b", password: { env: P } }, realm: "https://sso.example" } ]
       |                                                                                               ^^^^^^^^^^^^^^^^^^^^^

    2 problems in towpath.yaml
    "#);
    assert_snapshot!(problems_of("credentials: { ecr: { region: \"eu west\", profil: ci } }"), @r#"
    error: `eu west` is not a name; it has letters, digits, `.`, `_` and `-`
      --> towpath.yaml:15:62
       |
    15 | registries: [ { host: ghcr.io, credentials: { ecr: { region: "eu west", profil: ci } } } ]
       |                                                              ^^^^^^^^^

    error: unknown key `profil`; did you mean `profile`?
      --> towpath.yaml:15:73
       |
    15 | registries: [ { host: ghcr.io, credentials: { ecr: { region: "eu west", profil: ci } } } ]
       |                                                                         ^^^^^^

    2 problems in towpath.yaml
    "#);
}

#[test]
fn a_folder_stands_in_for_a_registry() {
    assert_eq!(registry_of("layout: ./images").layout.as_deref(), Some(Path::new("etc/images")));
    let beside = "layout: images, plain_http: true, credentials: { gar: {} }";
    assert_snapshot!(problems_of(beside), @"
    error: `plain_http` means nothing beside `layout`; leave it out
      --> towpath.yaml:15:60
       |
    15 | registries: [ { host: ghcr.io, layout: images, plain_http: true, credentials: { gar: {} } } ]
       |                                                            ^^^^

    error: `credentials` means nothing beside `layout`; leave it out
      --> towpath.yaml:15:79
       |
    15 | registries: [ { host: ghcr.io, layout: images, plain_http: true, credentials: { gar: {} } } ]
       |                                                                               ^^^^^^^^^^^

    2 problems in towpath.yaml
    ");
    let text = format!("{GOOD}registries: [ {{ host: images, layout: images }} ]\n");
    assert_snapshot!(problems_in(&text), @"
    error: `images` cannot be the host in an image name, for it has no dot; write for example `host: images.local`
      --> towpath.yaml:15:23
       |
    15 | registries: [ { host: images, layout: images } ]
       |                       ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn files_that_are_not_there_are_found_when_the_disk_is_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("forge")).unwrap();
    let file = folder.path().join("towpath.yaml");
    let credentials = "credentials: { username: robot, password: { file: secret/password } }";
    std::fs::write(&file, with_registry(credentials)).unwrap();
    let problems = check_on_disk(&file).unwrap_err().to_string();
    let problems = problems.replace(&folder.path().display().to_string(), "/here");
    assert_snapshot!(problems.lines().next().unwrap(), @"error: there is no file `/here/secret/password`; create it, or name another one");
}
