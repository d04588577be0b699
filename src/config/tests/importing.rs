//! A configuration that is written for somebody who changes over.

use insta::assert_snapshot;

use super::*;
use crate::config::write_imported;
use crate::model::{Imported, ImportedService, Leftover};

fn service(name: &str, marker: Option<&str>, paths: &[&str]) -> ImportedService {
    ImportedService {
        name: name.parse().unwrap(),
        image: format!("ghcr.io/acme/{name}").parse().unwrap(),
        range: ">=1.0.0, <2.0.0".to_owned(),
        marker: marker.map(|marker| marker.parse().unwrap()),
        paths: paths.iter().map(|path| path.parse().unwrap()).collect(),
    }
}

fn example() -> Imported {
    let leftover = Leftover {
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
    }
}

#[test]
fn environments_come_in_the_order_in_which_releases_go_through_them() {
    assert_snapshot!(write_imported(&example()), @r#"
    # Written by `towpath import`. Adapt what stands under `forges`, then run `towpath check`.
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

#[test]
fn what_is_written_is_accepted() {
    let text = write_imported(&example());
    let problems = read(&text, Path::new("towpath.yaml")).err();
    assert!(problems.is_none(), "{}", problems.unwrap().render(false));
}
