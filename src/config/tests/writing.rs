//! Problems of writing: syntax, keys and types.

use insta::assert_snapshot;

use super::*;

#[test]
fn an_empty_file() {
    assert_snapshot!(problems_in("# nothing yet\n"), @r"
    error: there is nothing in this file; start with `version: 1`
     --> towpath.yaml:1:1
      |
    1 | # nothing yet
      | ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_syntax_error() {
    assert_snapshot!(problems_in("version: 1\nforges: [ { name: here\nservices: []\n"), @r"
    error: while parsing a flow mapping, did not find expected ',' or '}'
     --> towpath.yaml:3:9
      |
    3 | services: []
      |         ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_documents() {
    assert_snapshot!(problems_in("version: 1\n---\nversion: 1\n"), @r"
    error: a second document starts here; keep one, without `---`
     --> towpath.yaml:3:1
      |
    3 | version: 1
      | ^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_list_where_the_file_starts() {
    assert_snapshot!(problems_in("- version: 1\n"), @r"
    error: expected keys such as `version`, `listen`, `hosts`, found a list
     --> towpath.yaml:1:3
      |
    1 | - version: 1
      |   ^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_unknown_key_that_is_nearly_a_known_one() {
    assert_snapshot!(problems_with("pipeline: standard", "pipline: standard"), @r"
    error: unknown key `pipline`; did you mean `pipeline`?
      --> towpath.yaml:12:5
       |
    12 |     pipline: standard
       |     ^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_unknown_key_that_is_like_no_other() {
    assert_snapshot!(problems_with("version: 1", "version: 1\nwaves: []"), @r"
    error: unknown key `waves`; known here: `version`, `listen`, `hosts`, `ledger`, `forges`, `registries`, `pipelines`, `rights`, `services`
     --> towpath.yaml:2:1
      |
    2 | waves: []
      | ^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_missing_key() {
    assert_snapshot!(problems_with("name: here, kind: local", "name: here"), @r"
    error: the key `kind` is missing; add `kind: ...`; `towpath schema` says what it takes
     --> towpath.yaml:3:7
      |
    3 |   - { name: here, root: forge, teams: { acme/sre: [alice, bob] } }
      |       ^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_key_without_its_value() {
    assert_snapshot!(problems_with("name: shop\n", "name:\n"), @r"
    error: expected a service name, found nothing
      --> towpath.yaml:11:5
       |
    11 |   - name:
       |     ^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_key_that_stands_twice() {
    assert_snapshot!(problems_with("version: 1", "version: 1\nlisten: 127.0.0.1:1\nversion: 1"), @r"
    error: the key `version` stands here twice; the first is in line 1; keep one of them
     --> towpath.yaml:3:1
      |
    3 | version: 1
      | ^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_key_that_is_a_list() {
    assert_snapshot!(problems_with("version: 1", "version: 1\n? [a]\n: b"), @r"
    error: a key has to be a short text
     --> towpath.yaml:2:3
      |
    2 | ? [a]
      |   ^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_alias() {
    assert_snapshot!(problems_in(&good_with("name: dev,", "name: &first dev,").replace("[dev]", "[*first]")), @r"
    error: expected an environment name, found an alias; aliases are not followed here, so write the value out
     --> towpath.yaml:8:34
      |
    8 |       - { name: staging, after: [*first], gates: [ { soak: 30m } ] }
      |                                  ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn teams_and_ranges_without_quotes() {
    for (quoted, plain) in [("[\"@acme/sre\"]", "[@acme/sre]"), ("semver: \"*\"", "semver: *")] {
        let problems = problems_with(quoted, plain);
        assert!(problems.contains("; put a value that starts with `@`, `*` or `&` in quotes"), "{problems}");
    }
}

#[test]
fn the_current_folder_is_a_root() {
    let root = crate::config::checked::paths::resolve(std::path::Path::new(""), ".");
    assert_eq!(root, std::path::PathBuf::from("."));
}

#[test]
fn a_tab_and_a_nul() {
    assert_snapshot!(problems_in("version: 1\nforges:\n\t- a\n"), @r"
    error: a tab indents this line, and YAML takes only spaces; indent it with spaces
     --> towpath.yaml:3:1
      |
    3 |     - a
      | ^

    1 problem in towpath.yaml
    ");
    // With spaces in its place the same would be wrong.
    let bracket = problems_in("version: 1\nhosts: [ a, }\n\tb ]\n");
    assert!(!bracket.contains("a tab indents") && bracket.contains("towpath.yaml:2:"), "{bracket}");
    assert_snapshot!(problems_in("version: 1 # \0\n"), @r"
    error: a NUL byte; this is not a YAML text
     --> towpath.yaml:1:14
      |
    1 | version: 1 # ␀
      |              ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_number_that_lacks_what_stands_before_it() {
    let port = problems_in(&format!("listen: 18061\n{GOOD}"));
    assert!(
        port.contains("found the number 18061; write the address before the port: `127.0.0.1:18061`"),
        "{port}"
    );
    let version = problems_with("semver: \"*\"", "calver: 2026.1");
    assert!(
        version
            .contains("found the number 2026.1; write the layout of the versions, such as `YYYY.0M.MICRO`"),
        "{version}"
    );
}

#[test]
fn a_number_where_a_name_belongs() {
    assert_snapshot!(problems_with("root: forge", "root: 12"), @r#"
    error: expected a folder, found the number 12; for the text, write "12"
     --> towpath.yaml:3:38
      |
    3 |   - { name: here, kind: local, root: 12, teams: { acme/sre: [alice, bob] } }
      |                                      ^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_word_where_a_list_belongs() {
    assert_snapshot!(problems_with("after: [dev]", "after: dev"), @r"
    error: expected a list of environments, such as `[dev]`, found a text
     --> towpath.yaml:8:33
      |
    8 |       - { name: staging, after: dev, gates: [ { soak: 30m } ] }
      |                                 ^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_list_where_a_mapping_belongs() {
    assert_snapshot!(problems_with("{ forge: here, repository: acme/deploy, path: \"apps/shop/{environment}\" }", "[here]"), @r"
    error: expected keys such as `forge`, `repository`, `path`, found a list
      --> towpath.yaml:14:13
       |
    14 |     config: [here]
       |             ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_mapping_where_a_word_belongs() {
    assert_snapshot!(problems_with("merge: auto", "merge: { auto: true }"), @r"
    error: expected one of `manual`, `auto`, found a mapping
     --> towpath.yaml:7:29
      |
    7 |       - { name: dev, merge: { auto: true } }
      |                             ^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_word_where_a_truth_value_belongs() {
    let text = format!("{GOOD}registries: [ {{ host: ghcr.io, plain_http: yes }} ]\n");
    assert_snapshot!(problems_in(&text), @r"
    error: expected `true` or `false`, found a text
      --> towpath.yaml:15:44
       |
    15 | registries: [ { host: ghcr.io, plain_http: yes } ]
       |                                            ^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_fraction_of_an_approval() {
    assert_snapshot!(problems_with("count: 1", "count: 1.5"), @r#"
    error: expected a whole number, found the number 1.5
     --> towpath.yaml:9:78
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 1.5, from: ["@acme/sre"] } } ] }
      |                                                                              ^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn another_version_of_the_format() {
    assert_snapshot!(problems_with("version: 1", "version: 2"), @r"
    error: there is no version 2; this Towpath reads version 1
     --> towpath.yaml:1:10
      |
    1 | version: 2
      |          ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_gate_without_a_kind() {
    assert_snapshot!(problems_with("{ soak: 30m }", "{}"), @r"
    error: one of these keys is missing: `soak`, `approvals`; add one of them; `towpath schema` says what each takes
     --> towpath.yaml:8:49
      |
    8 |       - { name: staging, after: [dev], gates: [ {} ] }
      |                                                 ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_gate_that_is_not_there_yet() {
    assert_snapshot!(problems_with("{ soak: 30m }", "{ window: { for: 8h } }"), @r"
    error: unknown key `window`; known here: `soak`, `approvals`
     --> towpath.yaml:8:51
      |
    8 |       - { name: staging, after: [dev], gates: [ { window: { for: 8h } } ] }
      |                                                   ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_gates_in_one_item() {
    assert_snapshot!(problems_with("{ soak: 30m }", "{ soak: 30m, approvals: { count: 1, from: [carol] } }"), @r"
    error: `approvals` cannot stand beside another key; keep one of them, or make it an item of its own
     --> towpath.yaml:8:62
      |
    8 |       - { name: staging, after: [dev], gates: [ { soak: 30m, approvals: { count: 1, from: [carol] } } ] }
      |                                                              ^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn the_caret_stands_right_behind_other_alphabets() {
    assert_snapshot!(problems_in("version: 1\nforges: [ { \"größe\": 1 } ] # größer\n"), @r#"
    error: unknown key `größe`; known here: `name`, `kind`, `root`, `teams`, `bot`, `url`, `token`, `app`, `repositories`, `webhook_secrets`, `merge_method`, `deployments`
     --> towpath.yaml:2:13
      |
    2 | forges: [ { "größe": 1 } ] # größer
      |             ^^^^^^^

    error: the key `name` is missing; add `name: ...`; `towpath schema` says what it takes
     --> towpath.yaml:2:13
      |
    2 | forges: [ { "größe": 1 } ] # größer
      |             ^^^^^^^

    error: the key `kind` is missing; add `kind: ...`; `towpath schema` says what it takes
     --> towpath.yaml:2:13
      |
    2 | forges: [ { "größe": 1 } ] # größer
      |             ^^^^^^^

    3 problems in towpath.yaml
    "#);
}
