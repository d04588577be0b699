//! Problems with hooks and their secrets.

use insta::assert_snapshot;

use super::*;

/// The good configuration with a registry that has this hook.
fn hooked(hook: &str) -> String {
    GOOD.replace("pipelines:", &format!("registries:\n  - {{ host: ghcr.io, {hook} }}\npipelines:"))
}

#[test]
fn hooks_that_would_let_everybody_in() {
    assert_snapshot!(problems_in(&hooked("hooks: { kind: ghcr, secrets: [] }")), @"
    error: without a secret, the sender of an event cannot be verified; name one, such as `{ env: TOWPATH_PUSH_SECRET }`
     --> towpath.yaml:5:52
      |
    5 |   - { host: ghcr.io, hooks: { kind: ghcr, secrets: [] } }
      |                                                    ^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_in(&hooked("hooks: { kind: ghcr }")), @"
    error: the key `secrets` is missing; add `secrets: ...`; `towpath schema` says what it takes
     --> towpath.yaml:5:31
      |
    5 |   - { host: ghcr.io, hooks: { kind: ghcr } }
      |                               ^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_in(&hooked("hooks: { kind: github, secrets: [ { value: s3cret } ] }")), @"
    error: unknown value `github`; known here: `distribution`, `ghcr`, `docker-hub`, `harbor`, `quay`, `acr`, `ecr`, `gar`, `artifactory`, `generic`
     --> towpath.yaml:5:37
      |
    5 |   - { host: ghcr.io, hooks: { kind: github, secrets: [ { value: ****** } ] } }
      |                                     ^^^^^^

    error: unknown key `value`; known here: `env`, `file`
     --> towpath.yaml:5:58
      |
    5 |   - { host: ghcr.io, hooks: { kind: github, secrets: [ { value: ****** } ] } }
      |                                                          ^^^^^

    2 problems in towpath.yaml
    ");
}

#[test]
fn hooks_that_cannot_be_told_apart() {
    let other =
        "  - { host: quay.io, name: ghcr.io, hooks: { kind: quay, secrets: [ { env: A } ] } }\npipelines:";
    let text = hooked("hooks: { kind: ghcr, secrets: [ { env: A } ] }").replace("pipelines:", other);
    assert_snapshot!(problems_in(&text), @"
    error: the registry's name `ghcr.io` is there twice; the first is in line 5; rename or remove one
     --> towpath.yaml:6:28
      |
    6 |   - { host: quay.io, name: ghcr.io, hooks: { kind: quay, secrets: [ { env: A } ] } }
      |                            ^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn hooks_with_what_is_of_no_use() {
    let hook = "name: a/b, hooks: { kind: quay, header: X-Key, secrets: [ { env: A-B }, { file: \"\" } ] }";
    assert_snapshot!(problems_in(&hooked(hook)), @r#"
    error: `a/b` is not a registry's name; it has at most 128 letters, digits, `.`, `:`, `_` or `-`
     --> towpath.yaml:5:28
      |
    5 |   - { host: ghcr.io, name: a/b, hooks: { kind: quay, header: X-Key, secrets: [ { env: *-* }, { file: "" } ] } }
      |                            ^^^

    error: `quay` proves itself by `?token=` in the address, so no other header is looked at; leave `header` out
     --> towpath.yaml:5:62
      |
    5 |   - { host: ghcr.io, name: a/b, hooks: { kind: quay, header: X-Key, secrets: [ { env: *-* }, { file: "" } ] } }
      |                                                              ^^^^^

    error: this is not the name of an environment variable; write for example `REGISTRY_PASSWORD`
     --> towpath.yaml:5:87
      |
    5 |   - { host: ghcr.io, name: a/b, hooks: { kind: quay, header: X-Key, secrets: [ { env: *-* }, { file: "" } ] } }
      |                                                                                       ^^^

    error: the path of the file is empty
     --> towpath.yaml:5:102
      |
    5 |   - { host: ghcr.io, name: a/b, hooks: { kind: quay, header: X-Key, secrets: [ { env: *-* }, { file: "" } ] } }
      |                                                                                                      ^^

    4 problems in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&hooked("hooks: { kind: acr, header: \"X Key\", secrets: [ { env: A } ] }")), @r#"
    error: `X Key` is not the name of a header; write for example `X-Api-Key`
     --> towpath.yaml:5:50
      |
    5 |   - { host: ghcr.io, hooks: { kind: acr, header: "X Key", secrets: [ { env: A } ] } }
      |                                                  ^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&hooked("hooks: { kind: quay, header: X-Key, secrets: [ { env: A } ] }")), @"
    error: `quay` proves itself by `?token=` in the address, so no other header is looked at; leave `header` out
     --> towpath.yaml:5:51
      |
    5 |   - { host: ghcr.io, hooks: { kind: quay, header: X-Key, secrets: [ { env: A } ] } }
      |                                                   ^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn secrets_that_are_not_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    std::fs::create_dir(folder.path().join("forge")).unwrap();
    std::fs::write(folder.path().join("empty"), "\n").unwrap();
    std::fs::write(folder.path().join("full"), "s3cret\n").unwrap();
    let secrets = "[ { env: TOWPATH_NOBODY_SETS_THIS }, { file: empty }, { file: none }, { file: full } ]";
    std::fs::write(&file, hooked(&format!("hooks: {{ kind: acr, secrets: {secrets} }}"))).unwrap();

    assert!(check_on_disk(&file).is_ok(), "whoever only looks needs no secrets");
    let problems = check_to_serve(&file).unwrap_err().to_string();

    assert_snapshot!(problems.replace(&folder.path().display().to_string(), "SITE"), @"
    error: the environment variable `TOWPATH_NOBODY_SETS_THIS` is not set; put the secret there before the service starts
     --> SITE/towpath.yaml:5:53
      |
    5 |   - { host: ghcr.io, hooks: { kind: acr, secrets: [ { env: TOWPATH_NOBODY_SETS_THIS }, { file: empty }, { file: none }, { file: full ...
      |                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: the file `SITE/empty` is empty; put the secret there before the service starts
     --> SITE/towpath.yaml:5:88
      |
    5 |   - { host: ghcr.io, hooks: { kind: acr, secrets: [ { env: TOWPATH_NOBODY_SETS_THIS }, { file: empty }, { file: none }, { file: full ...
      |                                                                                        ^^^^^^^^^^^^^^^

    error: the file `SITE/none` cannot be read: No such file or directory (os error 2); put the secret there before the service starts
     --> SITE/towpath.yaml:5:105
      |
    5 |   - { host: ghcr.io, hooks: { kind: acr, secrets: [ { env: TOWPATH_NOBODY_SETS_THIS }, { file: empty }, { file: none }, { file: full ...
      |                                                                                                         ^^^^^^^^^^^^^^

    3 problems in SITE/towpath.yaml
    ");
}
