//! A configuration that is written for somebody who changes over.

use insta::assert_snapshot;

use super::*;
use crate::config::write_imported;
use crate::model::{Imported, ImportedRule, ImportedSelection, ImportedService, NotImported, Selection};

fn semver(prereleases: bool) -> ImportedRule {
    ImportedRule::Semver { range: ">=1.0.0, <2.0.0".to_owned(), prereleases }
}

fn service(name: &str, marker: Option<&str>, paths: &[&str]) -> ImportedService {
    ImportedService {
        name: name.parse().unwrap(),
        image: format!("ghcr.io/acme/{name}").parse().unwrap(),
        selection: Some(ImportedSelection::of(semver(false))),
        marker: marker.map(|marker| marker.parse().unwrap()),
        paths: paths.iter().map(|path| path.parse().unwrap()).collect(),
    }
}

fn example() -> Imported {
    let leftover = NotImported {
        file: "a.yaml".parse().unwrap(),
        line: 3,
        what: "the filter\nis not carried over".to_owned(),
    };
    Imported {
        services: vec![
            service(
                "shop",
                Some("flux-system:shop"),
                &["clusters/production/shop/a.yaml", "clusters/staging/a.yaml"],
            ),
            service(
                "web",
                None,
                &[
                    "charts/web/values-prod.yaml",
                    "charts/web/values-dev.yaml",
                    "devices/values-dev.yaml",
                    "other/web",
                ],
            ),
        ],
        leftovers: vec![leftover],
        github: None,
    }
}

#[test]
fn a_repository_at_github_is_written_as_one() {
    let imported = Imported { github: Some("acme/fleet".parse().unwrap()), ..example() };
    let text = write_imported(&imported);
    for part in [
        "1. put a token for `acme/fleet` into the variable `GITHUB_TOKEN`",
        "- { name: github, kind: github, token: { env: GITHUB_TOKEN } }",
        "config: { forge: github, repository: acme/fleet, path: ",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("here"), "{text}");
    crate::config::read(&text, std::path::Path::new("a.yaml")).unwrap();
}

#[test]
fn environments_come_in_the_order_in_which_releases_go_through_them() {
    assert_snapshot!(write_imported(&example()), @r#"
    # Written by `towpath import`. What to do next:
    #   1. write your forge under `forges`, and in `config` the repository that this was read from
    #   2. run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change
    #   3. before `towpath serve`, stop the other tool from setting these images, so that only one sets each line
    version: 1
    forges:
      - { name: here, kind: local, root: ./forge }

    pipelines:
      - name: dev
        environments:
          - { name: dev }
      - name: dev-prod
        environments:
          - { name: dev, merge: auto }
          - { name: prod, after: [dev] }
      - name: production
        environments:
          - { name: production }
      - name: staging-production
        environments:
          - { name: staging, merge: auto }
          - { name: production, after: [staging] }

    services:
      - name: shop
        pipeline: staging-production
        images: [ { image: "ghcr.io/acme/shop", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "clusters/{environment}", marker: "flux-system:shop" }
      - name: web
        pipeline: dev-prod
        images: [ { image: "ghcr.io/acme/web", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "charts/web/values-{environment}.yaml" }
      - name: web-2
        pipeline: dev
        images: [ { image: "ghcr.io/acme/web", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "devices/values-{environment}.yaml" }
      - name: web-3
        pipeline: production
        images: [ { image: "ghcr.io/acme/web", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "other/web" }

    # Not carried over:
    #   a.yaml:3: the filter is not carried over
    "#);
}

/// A service for each way of selecting, with texts that need quotes.
fn selections() -> Imported {
    let pattern = r#"^main-(?P<ts>[0-9]+)['"\\]?$"#.to_owned();
    let rules = [
        Some(semver(true)),
        Some(ImportedRule::Regex { pattern: pattern.clone(), sort: vec!["ts".to_owned()] }),
        Some(ImportedRule::Alphabetical),
        Some(ImportedRule::Numerical),
        Some(ImportedRule::Newest),
        Some(ImportedRule::Digest("latest".parse().unwrap())),
    ];
    let services = rules.into_iter().enumerate().map(|(index, rule)| {
        let narrowed = |rule| ImportedSelection {
            rule,
            allow: vec![pattern.clone()],
            ignore: vec!["^.*-rc$".to_owned(), ": #".to_owned()],
        };
        let path = format!("apps/{index}/prod/values.yaml");
        ImportedService { selection: rule.map(narrowed), ..service(&format!("shop-{index}"), None, &[&path]) }
    });
    Imported { services: services.collect(), ..Imported::default() }
}

#[test]
fn every_way_of_selecting_is_written() {
    assert_snapshot!(write_imported(&selections()), @r#"
    # Written by `towpath import`. What to do next:
    #   1. write your forge under `forges`, and in `config` the repository that this was read from
    #   2. run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change
    #   3. before `towpath serve`, stop the other tool from setting these images, so that only one sets each line
    version: 1
    forges:
      - { name: here, kind: local, root: ./forge }

    pipelines:
      - name: prod
        environments:
          - { name: prod }

    services:
      - name: shop-0
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-0", select: { semver: '>=1.0.0, <2.0.0', prereleases: true }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/0/{environment}/values.yaml" }
      - name: shop-1
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-1", select: { regex: { pattern: '^main-(?P<ts>[0-9]+)[''"\\]?$', sort: [ts] } }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/1/{environment}/values.yaml" }
      - name: shop-2
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-2", select: { alphabetical: true }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/2/{environment}/values.yaml" }
      - name: shop-3
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-3", select: { numerical: true }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/3/{environment}/values.yaml" }
      - name: shop-4
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-4", select: { newest: true }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/4/{environment}/values.yaml" }
      - name: shop-5
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop-5", select: { digest: 'latest' }, allow: ['^main-(?P<ts>[0-9]+)[''"\\]?$'], ignore: ['^.*-rc$', ': #'] } ]
        config: { forge: here, repository: acme/deploy, path: "apps/5/{environment}/values.yaml" }
    "#);
}

#[test]
fn every_way_of_selecting_is_read_as_it_was_meant() {
    let imported = selections();
    let policy = read(&write_imported(&imported), Path::new("towpath.yaml")).unwrap().policy;
    let written: Vec<&Selection> =
        policy.services.iter().map(|service| &service.images[0].selection).collect();
    let meant: Vec<Selection> = imported
        .services
        .iter()
        .map(|service| service.selection.as_ref().unwrap().selection().unwrap())
        .collect();
    assert_eq!(written, meant.iter().collect::<Vec<_>>());
}

#[test]
fn an_empty_select_is_all_that_is_left_to_fill_in() {
    let paths = ["clusters/prod/a.yaml"];
    let empty = ImportedService { selection: None, ..service("shop", Some("flux-system:shop"), &paths) };
    let taken = service("web-2", None, &["web-2/prod"]);
    let twice = service("web", None, &["web/prod", "other/web/prod"]);
    let text = write_imported(&Imported { services: vec![empty, twice, taken], ..Imported::default() });
    assert_snapshot!(text, @r#"
    # Written by `towpath import`. What to do next:
    #   1. write your forge under `forges`, and in `config` the repository that this was read from
    #   2. fill in the empty `select: {}` of one image, for example `{ semver: "*" }`
    #   3. run `towpath check`, then `towpath tags IMAGE` to see which tags are taken, and `towpath plan` to see what would change
    #   4. before `towpath serve`, stop the other tool from setting these images, so that only one sets each line
    version: 1
    forges:
      - { name: here, kind: local, root: ./forge }

    pipelines:
      - name: prod
        environments:
          - { name: prod }

    services:
      - name: shop
        pipeline: prod
        images: [ { image: "ghcr.io/acme/shop", select: {} } ]   # fill in `select`
        config: { forge: here, repository: acme/deploy, path: "clusters/{environment}", marker: "flux-system:shop" }
      - name: web
        pipeline: prod
        images: [ { image: "ghcr.io/acme/web", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "other/web/{environment}" }
      - name: web-3
        pipeline: prod
        images: [ { image: "ghcr.io/acme/web", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "web/{environment}" }
      - name: web-2
        pipeline: prod
        images: [ { image: "ghcr.io/acme/web-2", select: { semver: '>=1.0.0, <2.0.0' } } ]
        config: { forge: here, repository: acme/deploy, path: "web-2/{environment}" }
    "#);
    assert_snapshot!(read(&text, Path::new("towpath.yaml")).err().unwrap().render(false), @r#"
    error: one of these keys is missing: `semver`, `calver`, `regex`, `alphabetical`, `numerical`, `newest`, `digest`; add one of them; `towpath schema` says what each takes
      --> towpath.yaml:18:53
       |
    18 |     images: [ { image: "ghcr.io/acme/shop", select: {} } ]   # fill in `select`
       |                                                     ^^

    1 problem in towpath.yaml
    "#);
    let filled = text.replace("select: {}", "select: { semver: '*' }");
    assert!(read(&filled, Path::new("towpath.yaml")).is_ok());
}

#[test]
fn what_is_written_is_accepted() {
    let text = write_imported(&example());
    let problems = read(&text, Path::new("towpath.yaml")).err();
    assert!(problems.is_none(), "{}", problems.unwrap().render(false));
}
