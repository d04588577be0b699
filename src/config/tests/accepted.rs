use insta::assert_snapshot;

use super::*;
use crate::model::{Environment, Gate, Principal, Right, Service, ServiceEnvironment, WriteMode, Writing};

fn order_of(environments: &str) -> Vec<String> {
    let text = format!("version: 1\npipelines: [ {{ name: p, environments: {environments} }} ]");
    let policy = settings_of(&text).policy;
    let pipeline = policy.pipelines.values().next().expect("there is one");
    pipeline.environments.iter().map(|environment| environment.name.to_string()).collect()
}

fn first_service(text: &str) -> Service {
    settings_of(text).policy.services.into_iter().next().expect("there is one")
}

#[test]
fn one_line_is_a_whole_configuration() {
    let settings = settings_of("version: 1\n");
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.ledger, LedgerSettings::Sqlite("etc/towpath.db".into()));
    assert_eq!(settings.policy, Policy::default());
}

#[test]
fn the_sample_has_a_server_a_ledger_a_forge_and_a_registry() {
    let settings = settings_of(EXAMPLE);
    let forge = local_forge(&settings);
    let members: Vec<String> = forge.teams.iter().map(|(team, of)| format!("{team} {}", of.len())).collect();
    let registry = settings.registries.first().expect("there is one");
    let lines = [
        format!("{} {:?}", settings.listen, settings.ledger),
        format!("{} {} {} {}", forge.name, forge.root.display(), forge.bot, members.join(" ")),
        format!("{} {} {:?}", registry.host, registry.plain_http, registry.poll),
    ];
    assert_snapshot!(lines.join("\n"), @r#"
    127.0.0.1:8080 Sqlite("etc/towpath.db")
    here etc/forge towpath acme/dev 2 acme/sre 2
    127.0.0.1:5000 true 30s
    "#);
}

#[test]
fn the_sample_has_a_pipeline_with_gates() {
    let policy = settings_of(EXAMPLE).policy;
    let describe = |e: &Environment| {
        let after: Vec<&str> = e.after.environments.iter().map(|name| name.as_str()).collect();
        format!("{} after {after:?}: {}, {}, {:?}", e.name, e.merge, e.on_newer, e.gates)
    };
    let lines: Vec<String> = policy.pipelines.values().flat_map(|p| &p.environments).map(describe).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    dev after []: auto, replace, []
    staging after ["dev"]: auto, replace, [Soak(Soak { duration: 1800s, counts: Landed })]
    production after ["staging"]: manual, replace, [Soak(Soak { duration: 86400s, counts: Landed }), Approvals(Approvals { count: 2, from: [Team(TeamName("acme/sre")), User(UserName("carol"))] })]
    "#);
}

#[test]
fn the_sample_has_a_service_with_a_folder_for_each_environment() {
    let service = first_service(EXAMPLE);
    let paths: Vec<String> = service.locations.values().map(|location| location.path.to_string()).collect();
    let lines = [
        format!("{} {} {}", service.name, service.pipeline, service.group),
        format!("{} {}", service.images[0].name, service.images[0].selection),
        format!("{}", service.place),
        paths.join("\n"),
    ];
    assert_snapshot!(lines.join("\n"), @r"
    shop standard shop
    127.0.0.1:5000/acme/shop semver >=1.0.0, <2.0.0
    here:acme/deploy@main
    apps/shop/overlays/dev
    apps/shop/overlays/production
    apps/shop/overlays/staging
    ");
}

#[test]
fn judgement_knows_how_often_a_registry_is_asked() {
    let policy = settings_of(EXAMPLE).policy;
    assert_eq!(format!("{:?}", policy.polls), r#"{"127.0.0.1:5000": 30s}"#);
}

#[test]
fn the_sample_without_the_defaults_says_the_same() {
    let is_default = |line: &&str| {
        let key = line.trim_start().split(':').next().unwrap_or_default();
        ["listen", "ledger", "bot", "merge", "on_newer", "group", "branch"].contains(&key)
            && !line.contains("auto")
    };
    let without: String =
        EXAMPLE.lines().filter(|line| !is_default(line)).map(|l| l.to_owned() + "\n").collect();
    assert_eq!(without.lines().count() + 7, EXAMPLE.lines().count());
    let without = without.replace("{ for: 24h, counts: landed }", "24h");
    assert_eq!(settings_of(&without), settings_of(EXAMPLE));
}

#[test]
fn paths_are_relative_to_the_file() {
    let settings = settings_of(
        "version: 1\nledger: sqlite:/var/t.db\nforges: [ { name: a, kind: local, root: ./../f } ]",
    );
    assert_eq!(settings.ledger, LedgerSettings::Sqlite("/var/t.db".into()));
    assert_eq!(local_forge(&settings).root, std::path::Path::new("etc/../f"));
}

#[test]
fn environments_come_in_an_order_in_which_each_stands_behind_its_predecessors() {
    let written =
        "[ { name: c, after: { any: [a, b] } }, { name: b, after: [a] }, { name: d }, { name: a } ]";
    assert_eq!(order_of(written), ["d", "a", "b", "c"]);
}

#[test]
fn an_empty_list_after_is_a_first_environment() {
    assert_eq!(order_of("[ { name: a, after: [] } ]"), ["a"]);
}

#[test]
fn a_soak_can_say_what_counts() {
    let text = good_with("{ soak: 30m }", "{ soak: { for: 1d12h, counts: running } }");
    let pipelines = settings_of(&text).policy.pipelines;
    let gates = pipelines.values().flat_map(|p| &p.environments).flat_map(|e| &e.gates);
    let soaks: Vec<&Gate> = gates.filter(|gate| matches!(gate, Gate::Soak(_))).collect();
    assert_eq!(format!("{soaks:?}"), "[Soak(Soak { duration: 129600s, counts: Running })]");
}

#[test]
fn a_path_gets_the_names_of_environment_and_service() {
    let service = first_service(&good_with("apps/shop/{environment}", "{environment}/{service}/k8s"));
    let paths: Vec<&str> = service.locations.values().map(|location| location.path.as_str()).collect();
    assert_eq!(paths, ["dev/shop/k8s", "production/shop/k8s", "staging/shop/k8s"]);
}

#[test]
fn one_environment_alone_needs_no_placeholder() {
    let text = GOOD.lines().filter(|line| !line.contains("after")).collect::<Vec<_>>().join("\n");
    let service = first_service(&text.replace("apps/shop/{environment}", "apps/shop"));
    assert_eq!(
        service.locations.values().map(|location| location.path.as_str()).collect::<Vec<_>>(),
        ["apps/shop"]
    );
}

#[test]
fn two_services_with_different_images_may_share_a_path() {
    let second = r#"
  - name: worker
    pipeline: standard
    images: [ { image: ghcr.io/acme/worker, select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "apps/shop/{environment}" }
"#;
    assert_eq!(settings_of(&format!("{}{second}", GOOD.trim_end())).policy.services.len(), 2);
}

#[test]
fn rights_name_teams_and_users() {
    let rights = "rights: { production: { promote: [dora], approve: [\"@acme/sre\"] } }\n";
    let policy = settings_of(&format!("{GOOD}{rights}")).policy;
    let production = policy.rights.values().next().expect("there is one");
    let named = |right: Right| production.0.get(&right).into_iter().flatten().map(ToString::to_string);
    assert_eq!(named(Right::Promote).collect::<Vec<_>>(), ["dora"]);
    assert_eq!(named(Right::Approve).collect::<Vec<_>>(), ["@acme/sre"]);
    assert_eq!(named(Right::Operate).count(), 0);
}

#[test]
fn a_right_is_left_to_writers_where_nobody_is_named() {
    let rights = "rights: { production: { promote: [dora], operate: [] } }\n";
    let mut policy = settings_of(&format!("{GOOD}{rights}")).policy;
    let target = |environment: &str| ServiceEnvironment {
        service: "shop".parse().unwrap(),
        environment: environment.parse().unwrap(),
    };
    assert!(!policy.is_left_to_writers(Right::Promote, &target("dev")), "a local forge knows no permissions");
    policy.without_permissions.clear();
    let left = |right, environment| policy.is_left_to_writers(right, &target(environment));
    assert!(!left(Right::Promote, "production"));
    assert!(!left(Right::Operate, "production"), "an empty list is nobody on purpose");
    assert!(left(Right::Promote, "dev"));
    assert!(left(Right::Approve, "dev"));
}

#[test]
fn code_owners_may_be_approvers() {
    let text = GOOD.replace("[\"@acme/sre\"]", "[\"@code-owners\"]");
    assert_ne!(text, GOOD);
    let policy = settings_of(&text).policy;
    let gates =
        policy.pipelines.values().flat_map(|pipeline| &pipeline.environments).flat_map(|at| &at.gates);
    let approvers = gates.filter_map(|gate| match gate {
        Gate::Approvals(approvals) => Some(approvals.from.clone()),
        Gate::Soak(_) => None,
    });
    assert_eq!(approvers.collect::<Vec<_>>(), [[Principal::CodeOwners]]);
}

#[test]
fn an_empty_value_is_as_good_as_none() {
    assert_eq!(settings_of("version: 1\nservices:\nlisten: ~\nrights: null\n"), settings_of("version: 1\n"));
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let windows = format!("\u{feff}{}", EXAMPLE.replace('\n', "\r\n"));
    assert_eq!(settings_of(&windows), settings_of(EXAMPLE));
}

#[test]
fn images_go_their_own_ways_unless_they_belong_together() {
    let images = "images:\n      - { image: a.example/acme/shop, select: { semver: \"*\" } }\n      - { image: a.example/acme/worker, select: { newest: true } }";
    let one = "images: [ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]";
    let lines = |more: &str| -> Vec<String> {
        let text = GOOD.replace(one, &format!("{images}\n    {more}"));
        let policy = settings_of(&text).policy;
        let line = |service: &Service| {
            let images: Vec<String> =
                service.images.iter().map(|image| format!("{} {}", image.name, image.selection)).collect();
            format!("{} in {}, {}: {}", service.name, service.group, service.together, images.join(" and "))
        };
        policy.services.iter().map(line).collect()
    };
    assert_snapshot!(lines("").join("\n"), @"
    shop-shop in shop-shop, independent: a.example/acme/shop semver *
    shop-worker in shop-worker, independent: a.example/acme/worker newest
    ");
    assert_snapshot!(lines("together: same-revision").join("\n"), @"shop in shop, same-revision: a.example/acme/shop semver * and a.example/acme/worker newest");
}

#[test]
fn prereleases_of_the_service_hold_where_an_image_does_not_say_otherwise() {
    let images = "images:\n      - { image: a.example/acme/shop, select: { semver: \"*\" } }\n      - { image: a.example/acme/web, select: { semver: \"^1 || ^3\", prereleases: false } }\n      - { image: a.example/acme/worker, select: { numerical: true } }\n    prereleases: true";
    let one = "images: [ { image: ghcr.io/acme/shop, select: { semver: \"*\" } } ]";
    let settings = settings_of(&GOOD.replace(one, images));
    let selections: Vec<String> =
        settings.policy.services.iter().map(|service| service.images[0].selection.to_string()).collect();
    assert_snapshot!(selections.join("\n"), @"
    semver *, with pre-releases
    semver ^1 || ^3
    numerical
    ");
}

#[test]
fn tags_may_be_written_alone_and_refs_follow() {
    let writing = |more: &str| {
        let text =
            GOOD.replace("select: { semver: \"*\" } } ]", &format!("select: {{ semver: \"*\" }} }} ]{more}"));
        settings_of(&text).policy.services[0].writing
    };
    assert_eq!(writing(""), Writing { mode: WriteMode::Digest, follow_ref: false });
    assert_eq!(writing("\n    write: digest"), Writing::default());
    assert_eq!(
        writing("\n    write: tag\n    follow_ref: true"),
        Writing { mode: WriteMode::Tag, follow_ref: true }
    );
}

#[test]
fn a_registry_may_tell_of_pushes() {
    let text = "version: 1\nregistries:\n  - { host: ghcr.io, name: ghcr, hooks: { kind: ghcr, secrets: [ { env: A }, { file: b } ] } }\n  \
                - { host: \"acme.azurecr.io\", hooks: { kind: acr, header: X-Key, secrets: [ { file: /etc/c } ] } }\n";
    let lines: Vec<String> =
        settings_of(text).registries.iter().map(|own| format!("{} {:?}", own.name, own.hook)).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    ghcr Some(HookSettings { kind: Ghcr, secrets: [Env("A"), File("etc/b")], header: None })
    acme.azurecr.io Some(HookSettings { kind: Acr, secrets: [File("/etc/c")], header: Some("X-Key") })
    "#);
}
