//! One shop in three environments, each written in another hand.

use crate::support::docker_registry::DockerRegistry;
use crate::support::site::Site;

/// The tags that the registry has from the start of most tests; one more than what runs is a release.
pub(super) const TAGS: [&str; 5] = ["1.9.0", "1.10.0", "2.0.0-rc.1", "latest", "sha-0a1b2c3"];

pub(super) const DEV: &str = "apps/shop/overlays/dev/kustomization.yaml";
pub(super) const STAGING: &str = "apps/shop/overlays/staging/kustomization.yaml";
pub(super) const PRODUCTION: &str = "apps/shop/overlays/production/kustomization.yaml";

pub(super) const DEV_BEFORE: &str = r#"# What the developers see first.
resources:
  - ../../base   # shared by all

images:
  # Written by CI once, now by Towpath.
  - name: HOST/acme/shop   # the shop itself
    newTag: "1.9.0"        # quoted on purpose
  - name: HOST/acme/other
    newTag: '3'
"#;
pub(super) const STAGING_BEFORE: &str =
    "resources: [../../base]\r\nimages: [ { name: HOST/acme/shop, newTag: 1.9.0 } ]\r\n# the end\r\n";
pub(super) const PRODUCTION_BEFORE: &str = "resources:\n  - ../../base\n";

const FILES: [(&str, &str); 5] = [
    ("apps/shop/base/kustomization.yaml", BASE),
    ("apps/shop/base/deployment.yaml", DEPLOYMENT),
    (DEV, DEV_BEFORE),
    (STAGING, STAGING_BEFORE),
    (PRODUCTION, PRODUCTION_BEFORE),
];
const BASE: &str = "resources: [deployment.yaml]\n";
const DEPLOYMENT: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      containers: [{ name: shop, image: HOST/acme/shop:1.9.0 }]
";

/// A site with the shop, through `dev`, `staging` and `production`, each after a soak of `soak`.
pub(super) fn site(registry: &DockerRegistry, soak: &str) -> Site {
    Site::new(registry, &CONFIGURATION.replace("SOAK", soak), &FILES)
}

/// A site with the shop, whose registry is polled once an hour and tells of pushes; what comes to dev waits for a
/// person. The secret is in the file `push.secret`.
pub(super) fn site_that_is_told(registry: &DockerRegistry) -> Site {
    let hooks = "poll: 1h, name: dev, hooks: { kind: distribution, secrets: [ { file: push.secret } ] }";
    let told = CONFIGURATION.replace("poll: 1s", hooks).replace(
        "      - { name: dev, merge: auto }\n      - { name: staging",
        "      - { name: dev, merge: manual }\n      - { name: staging",
    );
    Site::new(registry, &told.replace("SOAK", "1h"), &FILES)
}

/// A site with the shop in three formats: a kustomization, Helm values, and an Argo CD application.
pub(super) fn site_of_formats(registry: &DockerRegistry) -> Site {
    let files = [
        ("apps/shop/base/kustomization.yaml", BASE),
        ("apps/shop/base/deployment.yaml", DEPLOYMENT),
        (DEV, DEV_BEFORE),
        ("apps/shop/overlays/staging/values.yaml", VALUES_BEFORE),
        ("apps/shop/overlays/production/app.yaml", APPLICATION_BEFORE),
    ];
    Site::new(registry, &CONFIGURATION.replace("SOAK", "0s"), &files)
}

pub(super) const VALUES_BEFORE: &str =
    "# Helm's\nimage:\n    repository: HOST/acme/shop\n    tag: '1.9.0' # by Towpath\n    digest: ''\n";
pub(super) const APPLICATION_BEFORE: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source:
    helm:
      values: |
        image:
          repository: HOST/acme/shop   # ours
          tag: 1.9.0
";

/// A site with the shop and a second service, whose registry does not answer.
pub(super) fn site_with_a_broken_neighbour(registry: &DockerRegistry) -> Site {
    let mut files = FILES.to_vec();
    files.extend([(NEIGHBOUR_FILE, NEIGHBOUR), (NEIGHBOUR_MANIFEST_FILE, NEIGHBOUR_MANIFEST)]);
    let configuration = CONFIGURATION.replace("SOAK", "1h").replace("  - name: shop\n", NEIGHBOUR_SERVICE);
    Site::new(registry, &configuration, &files)
}

/// A registry with these tags of the shop.
pub(super) async fn registry(tags: &[&str]) -> DockerRegistry {
    let registry = DockerRegistry::start();
    for tag in tags {
        registry.push("acme/shop", tag, &[]).await;
    }
    registry
}

const CONFIGURATION: &str = r#"version: 1
listen: 127.0.0.1:0
forges:
  - { name: here, kind: local, root: ./forge, teams: { acme/sre: [alice, bob] } }
registries:
  - { host: "HOST", plain_http: true, poll: 1s }
pipelines:
  - { name: early, environments: [ { name: dev, merge: auto } ] }
  - name: standard
    environments:
      - { name: dev, merge: auto }
      - { name: staging, after: [dev], gates: [ { soak: SOAK } ], merge: auto }
      - name: production
        after: [staging]
        gates: [ { soak: SOAK }, { approvals: { count: 1, from: ["@acme/sre"] } } ]
        merge: auto
services:
  - name: shop
    pipeline: standard
    images: [ { image: "HOST/acme/shop", select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "apps/shop/overlays/{environment}" }
"#;

/// Stands before the shop; nothing listens on port 1.
const NEIGHBOUR_SERVICE: &str = r#"  - name: till
    pipeline: early
    images: [ { image: "127.0.0.1:1/acme/till", select: { semver: "*" } } ]
    config: { forge: here, repository: acme/deploy, path: "apps/till/overlays/{environment}" }
  - name: shop
"#;
const NEIGHBOUR: &str = "images: [ { name: 127.0.0.1:1/acme/till, newTag: 1.0.0 } ]\nresources: [pod.yaml]\n";
const NEIGHBOUR_FILE: &str = "apps/till/overlays/dev/kustomization.yaml";
const NEIGHBOUR_MANIFEST_FILE: &str = "apps/till/overlays/dev/pod.yaml";
const NEIGHBOUR_MANIFEST: &str = "
apiVersion: v1
kind: Pod
metadata: { name: till }
spec: { containers: [{ name: till, image: 127.0.0.1:1/acme/till }] }
";
