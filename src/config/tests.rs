//! What people see, problem by problem, and what a good file becomes.

mod accepted;
mod checking;
mod github;
mod graph;
mod hooks;
mod images;
mod importing;
mod masking;
mod properties;
mod registries;
mod scalars;
mod schema;
mod values;
mod writing;

use std::path::Path;

use super::*;

/// The sample that ships with Towpath.
const EXAMPLE: &str = include_str!("../../config/example.yaml");

/// A small configuration without a problem, for tests to spoil.
const GOOD: &str = r#"version: 1
forges:
  - { name: here, kind: local, root: forge, teams: { acme/sre: [alice, bob] } }
pipelines:
  - name: standard
    environments:
      - { name: dev, merge: auto }
      - { name: staging, after: [dev], gates: [ { soak: 30m } ] }
      - { name: production, after: [staging], gates: [ { approvals: { count: 1, from: ["@acme/sre"] } } ] }
services:
  - name: shop
    pipeline: standard
    images: [ { image: ghcr.io/acme/shop, select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "apps/shop/{environment}" }
"#;

/// The settings of a text that has no problem.
fn settings_of(text: &str) -> Settings {
    read(text, Path::new("etc/towpath.yaml")).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The first forge, which is a local one.
fn local_forge(settings: &Settings) -> LocalForgeSettings {
    match settings.forges.first() {
        Some(ForgeSettings::Local(forge)) => forge.clone(),
        other => panic!("{other:?} is no local forge"),
    }
}

/// What people see of a text that has problems.
fn problems_in(text: &str) -> String {
    read(text, Path::new("towpath.yaml")).expect_err("it has a problem").to_string()
}

/// The good configuration with one part replaced.
fn good_with(part: &str, replacement: &str) -> String {
    assert_eq!(GOOD.matches(part).count(), 1, "`{part}` stands there once");
    GOOD.replace(part, replacement)
}

/// What people see when one part of the good configuration is replaced.
fn problems_with(part: &str, replacement: &str) -> String {
    problems_in(&good_with(part, replacement))
}
