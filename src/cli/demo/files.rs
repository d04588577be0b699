//! What the demo's config repository and configuration say.

use std::net::SocketAddr;

use crate::model::RepositoryPath;

/// The image of the demo, without its host.
pub(super) const REPOSITORY: &str = "acme/shop";
/// What runs everywhere when the demo begins.
pub(super) const FIRST: &str = "1.9.0";

/// The overlays of one service in three environments, each written in its own hand.
pub(super) fn overlays(registry: SocketAddr) -> Vec<(RepositoryPath, Vec<u8>)> {
    let image = format!("{registry}/{REPOSITORY}");
    let deployment = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  template:\n    spec:\n      \
         containers:\n        - name: shop\n          image: {image}:{FIRST}\n"
    );
    let dev = format!(
        "# What the developers see first.\nresources:\n  - ../../base\n\nimages:\n  - name: {image}\n    \
         newTag: \"{FIRST}\"   # set by Towpath\n"
    );
    let staging = format!("resources: [../../base]\nimages: [{{name: \"{image}\", newTag: {FIRST}}}]\n");
    let files = [
        ("apps/shop/base/deployment.yaml", deployment),
        ("apps/shop/base/kustomization.yaml", "resources:\n  - deployment.yaml\n".to_owned()),
        ("apps/shop/overlays/dev/kustomization.yaml", dev),
        ("apps/shop/overlays/staging/kustomization.yaml", staging),
        ("apps/shop/overlays/production/kustomization.yaml", "resources:\n  - ../../base\n".to_owned()),
    ];
    let path = |text: &str| RepositoryPath::new(text).expect("the demo's own paths are fine");
    files.into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect()
}

/// The configuration, as a person would write it, with short soaks.
pub(super) fn configuration(registry: SocketAddr, listen: SocketAddr) -> String {
    format!(
        r#"version: 1
listen: {listen}
ledger: sqlite:towpath.db

forges:
  - name: here
    kind: local
    root: ./forge
    teams: {{ acme/sre: [alice, bob] }}

registries:
  - {{ host: "{registry}", plain_http: true, poll: 1s }}

pipelines:
  - name: standard
    environments:
      - {{ name: dev, merge: auto }}
      - {{ name: staging, after: [dev], gates: [ {{ soak: 2s }} ], merge: auto }}
      - name: production
        after: [staging]
        gates: [ {{ soak: 2s }}, {{ approvals: {{ count: 1, from: ["@acme/sre"] }} }} ]
        merge: auto

services:
  - name: shop
    pipeline: standard
    images: [ {{ image: "{registry}/{REPOSITORY}", select: {{ semver: "*" }} }} ]
    config: {{ forge: here, repository: acme/deploy, path: "apps/shop/overlays/{{environment}}" }}
"#
    )
}
