//! Problems of meaning: references, duplicates, gates, paths.

use insta::assert_snapshot;

use super::*;

/// The good configuration with a second service.
pub(super) fn good_and(service: &str) -> String {
    format!("{GOOD}{service}")
}

pub(super) const WORKER: &str = r#"  - name: worker
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
fn a_path_with_the_name_of_one_environment() {
    let problems = problems_with("apps/shop/{environment}", "apps/shop/dev");
    assert!(problems.contains("write for example `apps/shop/{environment}`"), "{problems}");
}

#[test]
fn a_kustomization_stands_for_its_folder() {
    let text = GOOD.replace("apps/shop/{environment}", "apps/shop/{environment}/kustomization.yaml");
    assert_eq!(settings_of(&text).policy.services, settings_of(GOOD).policy.services);
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
    error: `apps/{env}` contains an unknown placeholder; use `{environment}` and `{service}`
      --> towpath.yaml:14:59
       |
    14 |     config: { forge: here, repository: acme/deploy, path: "apps/{env}" }
       |                                                           ^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}

#[test]
fn a_file_with_the_other_ending_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("towpath.yml"), GOOD).unwrap();
    let problems = load(&folder.path().join("towpath.yaml")).unwrap_err().to_string();
    let other = folder.path().join("towpath.yml");
    assert!(
        problems.contains(&format!("use the other file with `--config {}`", other.display())),
        "{problems}"
    );
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
