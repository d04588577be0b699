//! The Helm values files of a service.

use insta::assert_snapshot;

use super::*;
use crate::model::{ImageDiscovery, ValuesSharing};

/// The good configuration with these values files, and all environments in one folder.
fn with_values(values: &str) -> String {
    good_with("    config:", &format!("    values: {values}\n    config:"))
        .replace("apps/shop/{environment}", "apps/shop")
}

/// The values files of an environment of each service; `+` stands before one that other services read too, `++` before one
/// that other environments read.
fn files(text: &str, environment: &str) -> String {
    let services = settings_of(text).policy.services;
    let locations = services.iter().filter_map(|service| service.locations.get(&environment.parse().ok()?));
    let files = locations.map(|location| match &location.finding {
        ImageDiscovery::Values(files) => {
            let mark = |sharing| match sharing {
                ValuesSharing::Own => "",
                ValuesSharing::Services => "+",
                ValuesSharing::Environments => "++",
            };
            files
                .iter()
                .map(|file| format!("{}{}", mark(file.sharing), file.path))
                .collect::<Vec<_>>()
                .join(" ")
        }
        ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
            "no values".to_owned()
        }
    });
    files.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_files_of_an_environment_keep_their_order_and_know_who_else_reads_them() {
    let text = with_values(
        r#"[ ../common.yaml, values.yaml, "values-{environment}.yaml", "{service}/{environment}.yaml" ]"#,
    );
    assert_snapshot!(files(&text, "production"), @"++apps/common.yaml ++apps/shop/values.yaml apps/shop/values-production.yaml apps/shop/shop/production.yaml");
    assert_snapshot!(files(GOOD, "production"), @"no values");
    let other = "  - name: worker\n    pipeline: standard\n    images: [ { image: ghcr.io/acme/worker, select: { semver: \"*\" } } ]\n    values: [ \"values-{environment}.yaml\", \"worker-{environment}.yaml\" ]\n    config: { forge: here, repository: acme/deploy, path: apps/shop }\n";
    let text = with_values(r#"[ "values-{environment}.yaml" ]"#) + other;
    assert_snapshot!(files(&text, "dev"), @"
    +apps/shop/values-dev.yaml
    +apps/shop/values-dev.yaml apps/shop/worker-dev.yaml
    ");
}

#[test]
fn values_files_that_cannot_be() {
    assert_snapshot!(problems_in(&with_values("[]")), @r#"
    error: `apps/shop` has no `{environment}`, so that all environments would share it; write for example `apps/shop/{environment}`
      --> towpath.yaml:15:59
       |
    15 |     config: { forge: here, repository: acme/deploy, path: "apps/shop" }
       |                                                           ^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&with_values("[ \"../../../{environment}.yaml\" ]")), @r#"
    error: `../../../dev.yaml` is not a path inside the repository; write it relative to `path`
      --> towpath.yaml:14:15
       |
    14 |     values: [ "../../../{environment}.yaml" ]
       |               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&with_values("[ \"values-{env}.yaml\", \"{environment}.yaml\" ]")), @r#"
    error: `values-{env}.yaml` is not a path inside the repository; write it relative to `path`
      --> towpath.yaml:14:15
       |
    14 |     values: [ "values-{env}.yaml", "{environment}.yaml" ]
       |               ^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&with_values("[ \"{environment}.yaml\", \"./{environment}.yaml\" ]")), @r#"
    error: the values file `apps/shop/dev.yaml` is listed twice; keep the one that Helm reads last
      --> towpath.yaml:14:37
       |
    14 |     values: [ "{environment}.yaml", "./{environment}.yaml" ]
       |                                     ^^^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    assert_snapshot!(problems_in(&with_values("[ values.yaml ]")), @r#"
    error: `apps/shop` has no `{environment}`, so that all environments would share it; write for example `apps/shop/{environment}`
      --> towpath.yaml:15:59
       |
    15 |     config: { forge: here, repository: acme/deploy, path: "apps/shop" }
       |                                                           ^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
    let marked = with_values("[ \"{environment}.yaml\" ]")
        .replace("path: \"", "marker: \"flux-system:shop\", path: \"");
    assert_snapshot!(problems_in(&marked), @r#"
    error: `values` says where images are, and so does `marker` or `set` below `config`; keep one of them
      --> towpath.yaml:14:15
       |
    14 |     values: [ "{environment}.yaml" ]
       |               ^^^^^^^^^^^^^^^^^^^^

    1 problem in towpath.yaml
    "#);
}
