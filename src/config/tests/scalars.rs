//! Problems with single values.

use insta::assert_snapshot;

use super::*;

#[test]
fn an_unknown_value_of_a_fixed_set() {
    assert_snapshot!(problems_with("merge: auto", "merge: atuo"), @r"
    error: unknown value `atuo`; did you mean `auto`?
     --> towpath.yaml:7:29
      |
    7 |       - { name: dev, merge: atuo }
      |                             ^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_forge_of_a_kind_that_is_not_there_yet() {
    assert_snapshot!(problems_with("kind: local", "kind: github"), @"
    error: Towpath cannot identify itself to this forge; write `token: { env: NAME }`, or `app` with `id` and `private_key`
     --> towpath.yaml:3:25
      |
    3 |   - { name: here, kind: github, root: forge, teams: { acme/sre: [alice, bob] } }
      |                         ^^^^^^

    error: `root` is a key of forges of the kind `local`; remove it, or change `kind`
     --> towpath.yaml:3:39
      |
    3 |   - { name: here, kind: github, root: forge, teams: { acme/sre: [alice, bob] } }
      |                                       ^^^^^

    error: `teams` is a key of forges of the kind `local`; remove it, or change `kind`
     --> towpath.yaml:3:53
      |
    3 |   - { name: here, kind: github, root: forge, teams: { acme/sre: [alice, bob] } }
      |                                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^

    3 problems in towpath.yaml
    ");
}

#[test]
fn a_bad_duration() {
    assert_snapshot!(problems_with("soak: 30m", "soak: 30 minutes"), @r"
    error: `30 minutes` is not a duration; write a number with s, m, h or d, combined if need be, such as `1d12h`
     --> towpath.yaml:8:57
      |
    8 |       - { name: staging, after: [dev], gates: [ { soak: 30 minutes } ] }
      |                                                         ^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_soak_with_a_bad_setting() {
    assert_snapshot!(problems_with("soak: 30m", "soak: { counts: runing }"), @r"
    error: the key `for` is missing; add `for: ...`; `towpath schema` says what it takes
     --> towpath.yaml:8:59
      |
    8 |       - { name: staging, after: [dev], gates: [ { soak: { counts: runing } } ] }
      |                                                           ^^^^^^

    error: unknown value `runing`; did you mean `running`?
     --> towpath.yaml:8:67
      |
    8 |       - { name: staging, after: [dev], gates: [ { soak: { counts: runing } } ] }
      |                                                                   ^^^^^^

    2 problems in towpath.yaml
    ");
}

#[test]
fn a_bad_name() {
    assert_snapshot!(problems_with("name: shop\n", "name: my shop\n"), @r"
    error: `my shop` is not a service name; use letters, digits, `-`, `_` and `.`, at most 63, a letter or digit first
      --> towpath.yaml:11:11
       |
    11 |   - name: my shop
       |           ^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_bad_repository() {
    assert_snapshot!(problems_with("acme/deploy", "deploy"), @r#"
    error: `deploy` is not a repository name; write it as `owner/name`
      --> towpath.yaml:14:40
       |
    14 |     config: { forge: here, repository: deploy, path: "apps/shop/{environment}" }
       |                                        ^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_bad_image_name() {
    assert_snapshot!(problems_with("ghcr.io/acme/shop,", "ghcr.io/Acme/shop,"), @r#"
    error: `ghcr.io/Acme/shop` is not an image name; write `host/repository` in lower case, such as `ghcr.io/acme/shop`
      --> towpath.yaml:13:24
       |
    13 |     images: [ { image: ghcr.io/Acme/shop, select: { semver: "*" } } ]
       |                        ^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn an_image_with_a_tag() {
    assert_snapshot!(problems_with("ghcr.io/acme/shop,", "\"ghcr.io/acme/shop:1.0\","), @r#"
    error: `ghcr.io/acme/shop:1.0` has a tag or digest; leave it out, `select` says which tags are taken
      --> towpath.yaml:13:24
       |
    13 |     images: [ { image: "ghcr.io/acme/shop:1.0", select: { semver: "*" } } ]
       |                        ^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_bad_range() {
    assert_snapshot!(problems_with("semver: \"*\"", "semver: \">=one\""), @r#"
    error: `>=one` is not a range of versions (unexpected character 'o' while parsing major version number); write for example `>=1.0.0, <2.0.0`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { semver: ">=one" } } ]
       |                                                             ^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_team_without_its_sign() {
    assert_snapshot!(problems_with("\"@acme/sre\"", "acme/sre"), @r"
    error: `acme/sre` is not a user name; for a team, write `@acme/sre`
     --> towpath.yaml:9:88
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 1, from: [acme/sre] } } ] }
      |                                                                                        ^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn no_approvals() {
    assert_snapshot!(problems_with("count: 1", "count: 0"), @r#"
    error: 0 approvals cannot be asked for; write a number from 1 to 100, or leave the gate out
     --> towpath.yaml:9:78
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 0, from: ["@acme/sre"] } } ] }
      |                                                                              ^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn bad_addresses() {
    let text = "version: 1\nlisten: localhost:80\nledger: postgres://db/towpath\nregistries: [ { host: \"https://ghcr.io\" } ]\n";
    assert_snapshot!(problems_in(text), @r#"
    error: `localhost:80` is not an address with a port; write for example `127.0.0.1:8080`
     --> towpath.yaml:2:9
      |
    2 | listen: localhost:80
      |         ^^^^^^^^^^^^

    error: `postgres://db/towpath` is not a ledger; write `sqlite:` and a path, such as `sqlite:towpath.db`
     --> towpath.yaml:3:9
      |
    3 | ledger: postgres://db/towpath
      |         ^^^^^^^^^^^^^^^^^^^^^

    error: `https://ghcr.io` is not a registry's host; write for example `ghcr.io` or `127.0.0.1:5000`, without `https://`
     --> towpath.yaml:4:23
      |
    4 | registries: [ { host: "https://ghcr.io" } ]
      |                       ^^^^^^^^^^^^^^^^^

    3 problems in towpath.yaml
    "#);
}

#[test]
fn bad_host_names() {
    let text = "version: 1\nhosts: [ \"https://towpath.example.com\", \"towpath.example.com:443\", \"*.example.com\" ]\n";
    assert_snapshot!(problems_in(text), @r#"
    error: `https://towpath.example.com` is not a host name; write for example `towpath.example.com`, without `https://` and port
     --> towpath.yaml:2:10
      |
    2 | hosts: [ "https://towpath.example.com", "towpath.example.com:443", "*.example.com" ]
      |          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `towpath.example.com:443` is not a host name; write for example `towpath.example.com`, without `https://` and port
     --> towpath.yaml:2:41
      |
    2 | hosts: [ "https://towpath.example.com", "towpath.example.com:443", "*.example.com" ]
      |                                         ^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `*.example.com` is not a host name; write for example `towpath.example.com`, without `https://` and port
     --> towpath.yaml:2:68
      |
    2 | hosts: [ "https://towpath.example.com", "towpath.example.com:443", "*.example.com" ]
      |                                                                    ^^^^^^^^^^^^^^^

    3 problems in towpath.yaml
    "#);
    assert_eq!(settings_of("version: 1\nhosts: [ towpath.example.com ]\n").hosts, ["towpath.example.com"]);
}

#[test]
fn a_poll_without_a_pause() {
    let text = format!("{GOOD}registries: [ {{ host: ghcr.io, poll: 0s }} ]\n");
    assert_snapshot!(problems_in(&text), @r"
    error: a registry cannot be polled every `0s`; write at least `1s`
      --> towpath.yaml:15:38
       |
    15 | registries: [ { host: ghcr.io, poll: 0s } ]
       |                                      ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_empty_folder() {
    assert_snapshot!(problems_with("root: forge", "root: \"\""), @r#"
    error: the path of the folder is empty
     --> towpath.yaml:3:38
      |
    3 |   - { name: here, kind: local, root: "", teams: { acme/sre: [alice, bob] } }
      |                                      ^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_text_beyond_all_measure() {
    let problems = problems_with("root: forge", &format!("root: {}", "x".repeat(3000)));
    assert!(problems.starts_with("error: this text is longer than 2048 bytes\n"), "{problems}");
}
