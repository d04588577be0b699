//! Problems of meaning: references, duplicates, gates, paths.

use insta::assert_snapshot;

use super::*;

/// The good configuration with a second service.
fn good_and(service: &str) -> String {
    format!("{GOOD}{service}")
}

const WORKER: &str = r#"  - name: worker
    pipeline: standard
    images: [ { image: ghcr.io/acme/worker, select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "apps/worker/{environment}" }
"#;

#[test]
fn several_problems_at_once() {
    let text = GOOD
        .replace("version: 1", "version: 1\nlistn: 127.0.0.1:80")
        .replace("after: [staging]", "after: [stagging]")
        .replace("pipeline: standard", "pipeline: standrd")
        .replace("\"*\"", "\">=one\"");
    assert_snapshot!(problems_in(&text), @r#"
    error: unknown key `listn`; did you mean `listen`?
     --> towpath.yaml:2:1
      |
    2 | listn: 127.0.0.1:80
      | ^^^^^

    error: unknown environment `stagging`; did you mean `staging`?
      --> towpath.yaml:10:37
       |
    10 |       - { name: production, after: [stagging], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
       |                                     ^^^^^^^^

    error: unknown pipeline `standrd`; did you mean `standard`?
      --> towpath.yaml:13:15
       |
    13 |     pipeline: standrd
       |               ^^^^^^^

    error: `>=one` is not a range of versions (unexpected character 'o' while parsing major version number); write for example `>=1.0.0, <2.0.0`
      --> towpath.yaml:14:61
       |
    14 |     images: [ { image: ghcr.io/acme/shop, select: { semver: ">=one" } } ]
       |                                                             ^^^^^^^

    4 problems in towpath.yaml
    "#);
}

#[test]
fn an_unknown_environment() {
    assert_snapshot!(problems_with("after: [staging]", "after: [stagging]"), @r#"
    error: unknown environment `stagging`; did you mean `staging`?
     --> towpath.yaml:9:37
      |
    9 |       - { name: production, after: [stagging], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
      |                                     ^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn an_environment_of_another_pipeline() {
    assert_snapshot!(problems_with("after: [staging]", "after: [qa]"), @r#"
    error: unknown environment `qa`; known here: `dev`, `staging`, `production`
     --> towpath.yaml:9:37
      |
    9 |       - { name: production, after: [qa], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
      |                                     ^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn an_unknown_pipeline() {
    assert_snapshot!(problems_with("pipeline: standard", "pipeline: standart"), @r"
    error: unknown pipeline `standart`; did you mean `standard`?
      --> towpath.yaml:12:15
       |
    12 |     pipeline: standart
       |               ^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_unknown_forge() {
    assert_snapshot!(problems_with("forge: here", "forge: acme"), @r#"
    error: unknown forge `acme`; known here: `here`
      --> towpath.yaml:14:22
       |
    14 |     config: { forge: acme, repository: acme/deploy, path: "apps/shop/{environment}" }
       |                      ^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_forge_where_none_is_configured() {
    let kept: Vec<&str> = GOOD.lines().filter(|line| *line != "forges:" && !line.contains("kind")).collect();
    let text = kept.join("\n").replace("@acme/sre", "alice");
    assert_snapshot!(problems_in(&text), @r#"
    error: unknown forge `here`; none is configured
      --> towpath.yaml:12:22
       |
    12 |     config: { forge: here, repository: acme/deploy, path: "apps/shop/{environment}" }
       |                      ^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn an_unknown_team() {
    assert_snapshot!(problems_with("@acme/sre", "@acme/sres"), @r#"
    error: unknown team `acme/sres`; did you mean `acme/sre`?
     --> towpath.yaml:9:88
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 1, from: ["@acme/sres"] } } ] }
      |                                                                                        ^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn rights_in_an_unknown_environment_for_an_unknown_team() {
    let text = good_and("rights: { prod: { approve: [\"@acme/sre\"], operate: [\"@acme/ops\"] } }\n");
    assert_snapshot!(problems_in(&text), @r#"
    error: unknown environment `prod`; known here: `dev`, `staging`, `production`
      --> towpath.yaml:15:11
       |
    15 | rights: { prod: { approve: ["@acme/sre"], operate: ["@acme/ops"] } }
       |           ^^^^

    error: unknown team `acme/ops`; known here: `acme/sre`
      --> towpath.yaml:15:53
       |
    15 | rights: { prod: { approve: ["@acme/sre"], operate: ["@acme/ops"] } }
       |                                                     ^^^^^^^^^^^

    2 problems in towpath.yaml
    "#);
}

#[test]
fn an_unreadable_name_brings_no_second_problem() {
    let text = good_with("name: staging", "name: stag ing");
    assert_eq!(read(&text, Path::new("towpath.yaml")).unwrap_err().problems().len(), 1);
}

#[test]
fn names_that_stand_twice() {
    let text = good_and(&WORKER.replace("worker", "shop"))
        .replace("pipelines:", "  - { name: here, kind: local, root: other }\npipelines:\n  - { name: standard, environments: [ { name: a }, { name: a } ] }")
        + "registries: [ { host: ghcr.io }, { host: ghcr.io } ]\n";
    assert_snapshot!(problems_in(&text), @r"
    error: the forge `here` is there twice; the first is in line 3; rename or remove one
     --> towpath.yaml:4:13
      |
    4 |   - { name: here, kind: local, root: other }
      |             ^^^^

    error: the environment `a` is there twice; the first is in line 6; rename or remove one
     --> towpath.yaml:6:60
      |
    6 |   - { name: standard, environments: [ { name: a }, { name: a } ] }
      |                                                            ^

    error: the pipeline `standard` is there twice; the first is in line 6; rename or remove one
     --> towpath.yaml:7:11
      |
    7 |   - name: standard
      |           ^^^^^^^^

    error: the service `shop` is there twice; the first is in line 13; rename or remove one
      --> towpath.yaml:17:11
       |
    17 |   - name: shop
       |           ^^^^

    error: the registry `ghcr.io` is there twice; the first is in line 21; rename or remove one
      --> towpath.yaml:21:42
       |
    21 | registries: [ { host: ghcr.io }, { host: ghcr.io } ]
       |                                          ^^^^^^^

    5 problems in towpath.yaml
    ");
}

#[test]
fn two_forges_in_one_folder() {
    let text = good_with("pipelines:", "  - { name: there, kind: local, root: ./forge/ }\npipelines:");
    assert_snapshot!(problems_in(&text), @r"
    error: another forge has the root `./forge/` already; it is in line 3; keep one of the two
     --> towpath.yaml:4:39
      |
    4 |   - { name: there, kind: local, root: ./forge/ }
      |                                       ^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_soak_where_nothing_comes_before() {
    assert_snapshot!(problems_with("merge: auto", "gates: [ { soak: 1h } ]"), @r"
    error: a soak measures time in the environments before, and this one comes after none; add `after`, or move the soak to the next environment
     --> towpath.yaml:7:39
      |
    7 |       - { name: dev, gates: [ { soak: 1h } ] }
      |                                       ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_soaks() {
    assert_snapshot!(problems_with("{ soak: 30m }", "{ soak: 30m }, { soak: 1h }"), @r"
    error: this environment has two soaks; keep the longer one
     --> towpath.yaml:8:72
      |
    8 |       - { name: staging, after: [dev], gates: [ { soak: 30m }, { soak: 1h } ] }
      |                                                                        ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn more_approvals_than_people() {
    assert_snapshot!(problems_with("count: 1, from: [\"@acme/sre\"]", "count: 4, from: [\"@acme/sre\", alice, carol]"), @r#"
    error: `count` is 4, and `from` names 3 people; name more people, or ask for fewer approvals
     --> towpath.yaml:9:78
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 4, from: ["@acme/sre", alice, carol] } } ] }
      |                                                                              ^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn approvals_of_nobody() {
    assert_snapshot!(problems_with("from: [\"@acme/sre\"]", "from: []"), @r"
    error: `count` is 1, and `from` names nobody; name more people, or ask for fewer approvals
     --> towpath.yaml:9:78
      |
    9 |       - { name: production, after: [staging], gates: [ { approvals: { count: 1, from: [] } } ] }
      |                                                                              ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_environment_named_like_a_command() {
    assert_snapshot!(problems_with("name: production", "name: hold"), @r#"
    error: no environment can be called `hold`: `/promote hold` is a comment command; rename it
     --> towpath.yaml:9:17
      |
    9 |       - { name: hold, after: [staging], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
      |                 ^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn an_environment_named_like_the_log() {
    assert_snapshot!(problems_with("name: production", "name: log"), @r#"
    error: no environment can be called `log`: the branch `towpath/log` holds Towpath's log; rename it
     --> towpath.yaml:9:17
      |
    9 |       - { name: log, after: [staging], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
      |                 ^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_branch_that_is_the_bots_own() {
    assert_snapshot!(problems_with("repository: acme/deploy", "branch: towpath/log, repository: acme/deploy"), @r#"
    error: the branches below `towpath/` are Towpath's own; name the branch that is rolled out, such as `main`
      --> towpath.yaml:14:36
       |
    14 |     config: { forge: here, branch: towpath/log, repository: acme/deploy, path: "apps/shop/{environment}" }
       |                                    ^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_branch_where_the_folder_of_the_bots_branches_has_to_be() {
    let problems = problems_with("repository: acme/deploy", "branch: towpath, repository: acme/deploy");
    assert!(problems.starts_with("error: the branches below `towpath/` are Towpath's own"), "{problems}");
}

#[test]
fn a_path_that_leaves_the_repository() {
    assert_snapshot!(problems_with("apps/shop/{environment}", "../apps/{environment}"), @r#"
    error: `../apps/{environment}` is not a path inside the repository; write it relative to its top, with `/`, without `.`, `..` or a leading or closing `/`
      --> towpath.yaml:14:59
       |
    14 |     config: { forge: here, repository: acme/deploy, path: "../apps/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_path_without_the_environment() {
    assert_snapshot!(problems_with("apps/shop/{environment}", "apps/shop"), @r#"
    error: `apps/shop` has no `{environment}`, so that all environments would share it; write for example `apps/shop/{environment}`
      --> towpath.yaml:14:59
       |
    14 |     config: { forge: here, repository: acme/deploy, path: "apps/shop" }
       |                                                           ^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_path_that_gets_too_long_once_it_is_filled() {
    let long = format!("{}{{environment}}", "deep/".repeat(203));
    let problems = problems_with("apps/shop/{environment}", &long);
    assert!(problems.contains("/production` is not a path inside the repository"), "{problems}");
}

#[test]
fn a_path_with_an_unknown_placeholder() {
    assert_snapshot!(problems_with("apps/shop/{environment}", "apps/{env}"), @r#"
    error: `apps/{env}` has braces that stand for nothing; use `{environment}` and `{service}`
      --> towpath.yaml:14:59
       |
    14 |     config: { forge: here, repository: acme/deploy, path: "apps/{env}" }
       |                                                           ^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

/// The good file with two images, and more keys of the service.
fn with_two_images(first: &str, second: &str, more: &str) -> String {
    good_with(
        "images: [ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]",
        &format!("{more}images:\n      - {{ image: {first} }}\n      - {{ image: {second} }}"),
    )
}

#[test]
fn images_that_go_their_own_ways_under_one_name() {
    let semver = |image: &str| format!("{image}, select: {{ semver: \"*\" }}");
    let problems = |first: &str, second: &str, more: &str| {
        problems_in(&with_two_images(&semver(first), &semver(second), more))
    };
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/other/shop", ""), @r#"
    error: `ghcr.io/other/shop` would go its way as `shop-shop`, which is no name of its own; list it as a service of its own, or say which images belong `together`
      --> towpath.yaml:14:9
       |
    14 |       - { image: ghcr.io/acme/shop, select: { semver: "*" } }
       |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/acme/worker", "group: g\n    "), @"
    error: images that go their own ways have changes of their own; leave out `group`, or write `together: same-tag`
      --> towpath.yaml:13:12
       |
    13 |     group: g
       |            ^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems("ghcr.io/acme/shop", "ghcr.io/acme/shop", "together: same-tag\n    "), @r#"
    error: `ghcr.io/acme/shop` is listed twice; delete one of the two
      --> towpath.yaml:16:18
       |
    16 |       - { image: ghcr.io/acme/shop, select: { semver: "*" } }
       |                  ^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_followed_tag_says_nothing_of_what_belongs_together() {
    let text = with_two_images(
        "ghcr.io/acme/shop, select: { digest: latest }",
        "ghcr.io/acme/worker, select: { digest: latest }",
        "together: same-tag\n    ",
    );
    assert_snapshot!(problems_in(&text), @"
    error: a tag that is followed is always the same, so it does not tell what belongs together; write `together: same-revision`, or leave it out
      --> towpath.yaml:13:15
       |
    13 |     together: same-tag
       |               ^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn what_is_written_has_to_make_sense() {
    let line = "select: { semver: \"*\" } } ]";
    assert_snapshot!(problems_with(line, "select: { digest: latest } } ]\n    write: tag"), @"
    error: `ghcr.io/acme/shop` follows one tag, so the tag alone would never change; leave out `write`, or select versions
      --> towpath.yaml:14:12
       |
    14 |     write: tag
       |            ^^^

    1 problem in towpath.yaml
    ");
    let word = problems_with(line, &format!("{line}\n    write: tags"));
    assert!(
        word.contains("unknown value `tags`; did you mean `tag`?") && word.contains("towpath.yaml:14:12"),
        "{word}"
    );
    let truth = problems_with(line, &format!("{line}\n    follow_ref: v"));
    assert!(truth.contains("`true` or `false`") && truth.contains("towpath.yaml:14:17"), "{truth}");
    let marked = GOOD.replace(line, &format!("{line}\n    follow_ref: true"));
    let marked = problems_in(&marked.replace("path: \"apps", "marker: \"flux-system:shop\", path: \"apps"));
    assert!(
        marked.contains("`follow_ref` is about a kustomization, and `marker` and `set` name scalars"),
        "{marked}"
    );
}

#[test]
fn a_platform_that_is_none() {
    assert_snapshot!(problems_with("select: { semver: \"*\" }", "select: { digest: a/b }, platforms: [linux]"), @"
    error: `a/b` is not an image tag; it has at most 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { digest: a/b }, platforms: [linux] } ]
       |                                                             ^^^

    error: `linux` is not a platform; write `os/architecture` or `os/architecture/variant`, such as `linux/arm64/v8`
      --> towpath.yaml:13:80
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { digest: a/b }, platforms: [linux] } ]
       |                                                                                ^^^^^

    2 problems in towpath.yaml
    ");
}

#[test]
fn no_image() {
    assert_snapshot!(problems_with("[ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]", "[]"), @r"
    error: this service has no image; write `- image:` with its name and `select`
      --> towpath.yaml:13:13
       |
    13 |     images: []
       |             ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_services_in_one_group() {
    assert_snapshot!(problems_in(&good_and(&WORKER.replace("name: worker", "name: worker\n    group: shop"))), @r"
    error: `shop` and `worker` share the group `shop`; give them groups of their own; one change carries one service in `dev`
      --> towpath.yaml:15:11
       |
    15 |   - name: worker
       |           ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_services_that_set_the_same_line() {
    let twin = WORKER.replace("acme/worker", "acme/shop").replace("apps/worker", "apps/shop");
    assert_snapshot!(problems_in(&good_and(&twin)), @r"
    error: `shop` and `worker` both set `ghcr.io/acme/shop` in `apps/shop/dev`; give them different paths, or keep one of the two
      --> towpath.yaml:15:11
       |
    15 |   - name: worker
       |           ^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_file_that_is_not_there() {
    let problems = load(Path::new("/nowhere/towpath.yaml")).unwrap_err();
    assert_snapshot!(problems, @r"
    error: there is no configuration `/nowhere/towpath.yaml`; name another file with `--config`, or try `towpath demo`, which needs none
    --> /nowhere/towpath.yaml

    1 problem in /nowhere/towpath.yaml
    ");
}

#[test]
fn a_file_that_is_too_large() {
    assert_snapshot!(problems_in(&"#".repeat(FILE_BYTES_MAX + 1)), @r"
    error: `towpath.yaml` is larger than 1024 KiB; is it the right file?
    --> towpath.yaml

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_file_that_is_no_text() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    std::fs::write(&file, b"version: \xff").unwrap();
    let problems = load(&file).unwrap_err().to_string().replace(&file.display().to_string(), "towpath.yaml");
    assert_snapshot!(problems, @r"
    error: `towpath.yaml` is not UTF-8 text: byte 9 is wrong; save it as UTF-8
    --> towpath.yaml

    1 problem in towpath.yaml
    ");
}

#[test]
fn the_disk_is_looked_at_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("towpath.yaml");
    std::fs::write(&file, GOOD).unwrap();
    assert_eq!(load(&file).unwrap().file, file);
    let problems =
        check_on_disk(&file).unwrap_err().to_string().replace(&folder.path().display().to_string(), "DIR");
    assert_snapshot!(problems, @r"
    error: there is no folder `DIR/forge`; create it, and put bare Git repositories at `<owner>/<name>.git` in it
     --> DIR/towpath.yaml:3:38
      |
    3 |   - { name: here, kind: local, root: forge, teams: { acme/sre: [alice, bob] } }
      |                                      ^^^^^

    1 problem in DIR/towpath.yaml
    ");
    std::fs::create_dir(folder.path().join("forge")).unwrap();
    assert_eq!(check_on_disk(&file), load(&file));
}

#[test]
fn only_the_first_fifty_problems_are_printed() {
    let text = format!("version: 1\n{}", (0..60).map(|n| format!("wrong_{n}: 1\n")).collect::<String>());
    let problems = read(&text, Path::new("towpath.yaml")).unwrap_err();
    assert_eq!(problems.problems().len(), 60);
    let shown = problems.to_string();
    assert_eq!(shown.matches("error: ").count(), 50);
    assert!(shown.ends_with("60 problems in towpath.yaml, of which these are the first 50"), "{shown}");
}

#[test]
fn colour_only_if_asked() {
    let problems = read("version: 2", Path::new("towpath.yaml")).unwrap_err();
    assert!(problems.render(true).contains('\u{1b}'));
    assert!(!problems.render(false).contains('\u{1b}'));
}

#[test]
fn a_program_gets_line_column_message_and_suggestion() {
    let problems = read("version: 1\nlistn: x", Path::new("towpath.yaml")).unwrap_err();
    let problem = problems.problems().first().unwrap();
    assert_eq!((problem.line, problem.column), (2, 1));
    assert_eq!(problem.message, "unknown key `listn`");
    assert_eq!(problem.suggestion.as_deref(), Some("did you mean `listen`?"));
}

#[test]
fn a_scalar_to_set_that_no_path_leads_to() {
    let set = "set: [ { file: \"../../../x.yaml\", path: \"a[x]\" } ], marker: \"flux-system:shop\", path:";
    assert_snapshot!(problems_with("path:", set), @r#"
    error: `a[x]` is no path: brackets hold a number or `key=value`; write it like `spec.images[0].newTag`
      --> towpath.yaml:14:93
       |
    14 |     config: { forge: here, repository: acme/deploy, set: [ { file: "../../../x.yaml", path: "a[x]" } ], marker: "flux-system:shop", ...
       |                                                                                             ^^^^^^

    error: `marker` and `set` both say what is set; keep one of the two
      --> towpath.yaml:14:113
       |
    14 | ...[ { file: "../../../x.yaml", path: "a[x]" } ], marker: "flux-system:shop", path: "apps/shop/{environment}" }
       |                                                           ^^^^^^^^^^^^^^^^^^

    2 problems in towpath.yaml
    "#);
    let set = "set: [ { file: \"../../../../x.yaml\", path: a.b } ], path:";
    assert_snapshot!(problems_with("path:", set), @r#"
    error: `../../../../x.yaml` is not a path inside the repository; write it relative to `path`
      --> towpath.yaml:14:68
       |
    14 |     config: { forge: here, repository: acme/deploy, set: [ { file: "../../../../x.yaml", path: a.b } ], path: "apps/shop/{environmen...
       |                                                                    ^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn selections_that_select_nothing() {
    let select = "{ regex: { pattern: \"^main-(?P<build>[0-9]+)$\", sort: [day] } }, allow: [\"(\"]";
    assert_snapshot!(problems_with("{ semver: \"*\" }", select), @r#"
    error: `^main-(?P<build>[0-9]+)$` is not an expression to sort by (it has no group named `day`); write for example `^main-(?P<build>[0-9]+)-[0-9a-f]+$`
      --> towpath.yaml:13:71
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { regex: { pattern: "^main-(?P<build>[0-9]+)$", sort: [day] } }, allow: ["("] } ]
       |                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^

    error: `(` is not a regular expression (unclosed group); write for example `^main-[0-9]+$`
      --> towpath.yaml:13:124
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { regex: { pattern: "^main-(?P<build>[0-9]+)$", sort: [day] } }, allow: ["("] } ]
       |                                                                                                                            ^^^

    2 problems in towpath.yaml
    "#);
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ calver: main }"), @"
    error: `main` is not a layout of versions (it has none of YYYY, YY, 0Y, MM, 0M, WW, 0W, DD, 0D, MAJOR, MINOR, MICRO); write for example `YYYY.0M.MICRO`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { calver: main } } ]
       |                                                             ^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ numerical: false }"), @"
    error: `false` selects nothing; write `true`, or select in another way
      --> towpath.yaml:13:64
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { numerical: false } } ]
       |                                                                ^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn prereleases_stand_beside_a_range_only() {
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ alphabetical: true, prereleases: true }"), @"
    error: `prereleases` has no meaning beside `alphabetical`, which has no pre-releases; delete `prereleases`, or select by a range (`semver`)
      --> towpath.yaml:13:73
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { alphabetical: true, prereleases: true } } ]
       |                                                                         ^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ prereleases: true }"), @"
    error: one of these keys is missing: `semver`, `calver`, `regex`, `alphabetical`, `numerical`, `newest`, `digest`; add one of them; `towpath schema` says what each takes
      --> towpath.yaml:13:51
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { prereleases: true } } ]
       |                                                   ^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{ semver: \"*\", prereleases: all }"), @r#"
    error: expected `true` or `false`, found a text
      --> towpath.yaml:13:79
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { semver: "*", prereleases: all } } ]
       |                                                                               ^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_with("{ semver: \"*\" } } ]", "{ numerical: true } } ]\n    prereleases: true"), @"
    error: `prereleases` has no meaning here: no image of this service is selected by a range; delete it, or select an image by a range (`semver`)
      --> towpath.yaml:14:18
       |
    14 |     prereleases: true
       |                  ^^^^

    1 problem in towpath.yaml
    ");
    assert_snapshot!(problems_with("{ semver: \"*\" }", "{}"), @"
    error: one of these keys is missing: `semver`, `calver`, `regex`, `alphabetical`, `numerical`, `newest`, `digest`; add one of them; `towpath schema` says what each takes
      --> towpath.yaml:13:51
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: {} } ]
       |                                                   ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn an_alternative_of_a_range_that_is_none() {
    assert_snapshot!(problems_with("\"*\" }", "\"^1 ||\" }"), @r#"
    error: `^1 ||` is not a range of versions (an alternative beside `||` is empty); write for example `>=1.0.0, <2.0.0`
      --> towpath.yaml:13:61
       |
    13 |     images: [ { image: ghcr.io/acme/shop, select: { semver: "^1 ||" } } ]
       |                                                             ^^^^^^^

    1 problem in towpath.yaml
    "#);
}

/// The good configuration with a registry that has this hook.
fn hooked(hook: &str) -> String {
    GOOD.replace("pipelines:", &format!("registries:\n  - {{ host: ghcr.io, {hook} }}\npipelines:"))
}

#[test]
fn hooks_that_would_let_everybody_in() {
    assert_snapshot!(problems_in(&hooked("hooks: { kind: ghcr, secrets: [] }")), @"
    error: without a secret nobody could prove where an event comes from; name one, such as `{ env: TOWPATH_PUSH_SECRET }`
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
