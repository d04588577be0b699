//! Objects of Flux and Argo CD that come through a kustomization.

use insta::assert_snapshot;

use super::fixture::{DIGEST, diff_beside, diff_managed, overlays, shop, shown, to};

const RELEASE: &str = "\
--- base/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop }
spec:
  values:
    image:
      repository: ghcr.io/acme/shop
      tag: 1.8.0
    workers:
      - image: ghcr.io/acme/worker:1
";

/// A repository with the release in `base`, and two environments.
pub(super) fn repository(base: &str, production: &str, staging: &str) -> String {
    format!(
        "{RELEASE}--- base/kustomization.yaml\nresources: [release.yaml]\n{base}\
         --- production/kustomization.yaml\nresources: [../base]\n{production}\
         --- staging/kustomization.yaml\nresources: [../base]\n{staging}"
    )
}

/// The diff that sets the shop to 1.10.0 in production, beside staging.
fn set(repository: &str) -> String {
    let overlays = overlays(repository, &["production", "staging"]);
    diff_beside(repository, &overlays, &to("1.10.0", DIGEST))
}

pub(super) const MERGE: &str = "\
patches:
- patch: |-
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: { name: shop }
    spec:
      values:
        image:
          tag: 1.9.0 # production
";

const OPERATION: &str = "\
patches:
- target: { kind: HelmRelease }
  patch: |-
    - op: replace
      path: /spec/values/image/tag
      value: 1.9.0
";

#[test]
fn values_of_a_helm_release_are_seen() {
    assert_snapshot!(shown(&repository("", "", ""), "production"), @"
    ghcr.io/acme/shop:1.8.0 by base/release.yaml:8 (helm-release)
    ghcr.io/acme/worker:1 by base/release.yaml:10 (helm-release)
    ");
}

#[test]
fn the_last_patch_decides_and_is_edited() {
    for (patch, line) in [(MERGE, 10), (OPERATION, 7)] {
        let repository = repository("namePrefix: acme-\n", patch, "");
        let running = shop(&repository, "production");
        assert_eq!(running, format!("ghcr.io/acme/shop:1.9.0 by production/kustomization.yaml:{line}"));
        let diff = set(&repository);
        assert!(diff.starts_with("production/kustomization.yaml\n-"), "{diff}");
        assert!(diff.contains("\n+") && diff.contains("1.10.0") && !diff.contains("images"), "{diff}");
    }
    assert_snapshot!(set(&repository("", MERGE, "")), @"
    production/kustomization.yaml
    -          tag: 1.9.0 # production
    +          tag: 1.10.0 # production
    ");
}

#[test]
fn a_patch_in_a_file_of_its_own_is_edited() {
    let file = "patches: [ { path: shop.yaml } ]\n--- production/shop.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec: { values: { image: { tag: '1.9.0' } } }\n";
    assert_snapshot!(set(&repository("", file, "")), @"
    production/shop.yaml
    -spec: { values: { image: { tag: '1.9.0' } } }
    +spec: { values: { image: { tag: '1.10.0' } } }
    ");
}

#[test]
fn what_a_shared_file_sets_gets_a_patch_of_the_environment() {
    assert_snapshot!(set(&repository("", "", "")), @"
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-shop.yaml
    production/patch-helmrelease-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +spec:
    +  values:
    +    image:
    +      tag: 1.10.0
    ");
}

#[test]
fn lists_of_values_are_replaced_and_null_deletes() {
    let patch = "\
patches:
- patch: |-
    apiVersion: helm.toolkit.fluxcd.io/v2
    kind: HelmRelease
    metadata: { name: shop }
    spec: { values: { image: { tag: null }, workers: [ { image: 'ghcr.io/acme/shop:1.9.0' } ] } }
";
    assert_snapshot!(shown(&repository("", patch, ""), "production"), @"
    ghcr.io/acme/shop by base/release.yaml:7 (helm-release)
    ghcr.io/acme/shop:1.9.0 by production/kustomization.yaml:7 (patch)
    ? base/release.yaml:7: `ghcr.io/acme/shop` is named without a tag, which the chart takes from elsewhere
    ");
}

#[test]
fn a_tag_without_its_image_is_not_certain() {
    let text = "--- a/kustomization.yaml\nresources: [release.yaml]\nimages: [{ name: other, newTag: '1' }]\n--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec:\n  values:\n    controller:\n      image:\n        tag: 1.9.0\n";
    assert_snapshot!(shown(text, "a"), @"? a/release.yaml:8: `controller.image.tag` is `1.9.0`, but no `repository` beside it names the image");
}

#[test]
fn values_from_a_generated_config_map_are_seen_and_edited() {
    let with = |kind: &str| {
        format!(
            "\
--- a/kustomization.yaml
resources: [release.yaml]
configMapGenerator:
- name: shop-values
  files: [values.yaml=shop-values.yaml]
configurations: [names.yaml]
--- a/names.yaml
nameReference: []
--- a/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {{ name: shop }}
spec:
  valuesFrom: [ {{ kind: {kind}, name: shop-values }} ]
  values: {{ image: {{ repository: ghcr.io/acme/shop }} }}
--- a/shop-values.yaml
# ours
image:
  tag: 1.9.0
"
        )
    };
    assert_snapshot!(shown(&with("ConfigMap"), "a"), @"ghcr.io/acme/shop:1.9.0 by a/shop-values.yaml:3 (helm-values)");
    assert_snapshot!(shown(&with("Secret"), "a"), @"
    ghcr.io/acme/shop by a/release.yaml:6 (helm-release)
    ? a/release.yaml:5: the values come from an object of the cluster too, which is not read
    ? a/release.yaml:6: `ghcr.io/acme/shop` is named without a tag, which the chart takes from elsewhere
    ");
    let diff = diff_managed(&with("ConfigMap"), "a", &to("1.10.0", ""));
    assert_snapshot!(diff, @"
    a/shop-values.yaml
    -  tag: 1.9.0
    +  tag: 1.10.0
    ");
}

#[test]
fn an_oci_repository_and_an_application_are_seen() {
    let text = "\
--- a/kustomization.yaml
resources: [source.yaml, app.yaml]
patches:
- target: { kind: OCIRepository }
  patch: '[{ op: replace, path: /spec/ref/tag, value: 1.9.0 }]'
--- a/source.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata: { name: shop }
spec: { url: oci://ghcr.io/acme/shop, ref: { tag: 1.8.0 } }
--- a/app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  sources:
  - repoURL: https://example.com
    helm:
      valueFiles: [values.yaml, $values/prod.yaml]
      values: |
        image:
          repository: ghcr.io/acme/shop
          tag: 1.7.0
  - repoURL: https://example.com
    kustomize: { images: ['ghcr.io/acme/shop=ghcr.io/acme/shop:1.6.0'] }
";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/kustomization.yaml:4 (patch)
    ghcr.io/acme/shop:1.7.0 by a/app.yaml:12 (application)
    ghcr.io/acme/shop:1.6.0 by a/app.yaml:14 (application)
    ? a/app.yaml:8: the values come from `values.yaml`, `$values/prod.yaml` too, which are not read here
    ");
}

/// A release whose chart version and values components and environments change.
const CHART: &str = "\
--- base/kustomization.yaml
resources: [release.yaml, repository.yaml]
--- base/repository.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: { name: acme }
spec: { type: oci, url: oci://ghcr.io/acme }
--- base/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop }
spec:
  chart: { spec: { chart: shop, version: 1.8.0, sourceRef: { kind: HelmRepository, name: acme } } }
";

#[test]
fn the_chart_version_of_a_release_in_a_base_is_seen_patched_and_edited() {
    let patch = "patches:\n- target: { kind: HelmRelease }\n  patch: '[{ op: replace, path: /spec/chart/spec/version, value: 1.9.0 }]'\n";
    let own = |rest: &str| {
        let folder = |name| format!("--- {name}/kustomization.yaml\nresources: [../base]\n");
        format!("{CHART}{}{rest}{}", folder("production"), folder("staging"))
    };
    assert_snapshot!(shown(&own(""), "production"), @"ghcr.io/acme/shop:1.8.0 by base/release.yaml:5 (helm-release)");
    assert_snapshot!(shown(&own(patch), "production"), @"ghcr.io/acme/shop:1.9.0 by production/kustomization.yaml:4 (patch)");
    assert_snapshot!(set(&own(patch)), @"
    production/kustomization.yaml
    -  patch: '[{ op: replace, path: /spec/chart/spec/version, value: 1.9.0 }]'
    +  patch: '[{ op: replace, path: /spec/chart/spec/version, value: 1.10.0 }]'
    ");
    assert_snapshot!(set(&own("")), @"
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-shop.yaml
    production/patch-helmrelease-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +spec:
    +  chart:
    +    spec:
    +      version: 1.10.0
    ");
}

#[test]
fn components_carry_and_patch_a_release() {
    let text = format!(
        "{RELEASE}\
--- carrier/kustomization.yaml
kind: Component
resources: [release.yaml]
--- carrier/release.yaml
{}
--- patcher/kustomization.yaml
kind: Component
{MERGE}\
--- production/kustomization.yaml
components: [../carrier, ../patcher]
--- staging/kustomization.yaml
components: [../carrier]
",
        RELEASE.trim_start_matches("--- base/release.yaml\n")
    );
    assert_snapshot!(shown(&text, "staging"), @"
    ghcr.io/acme/shop:1.8.0 by carrier/release.yaml:8 (helm-release)
    ghcr.io/acme/worker:1 by carrier/release.yaml:10 (helm-release)
    ");
    assert_snapshot!(shop(&text, "production"), @"ghcr.io/acme/shop:1.9.0 by patcher/kustomization.yaml:10");
    assert_snapshot!(set(&text), @"
    patcher/kustomization.yaml
    -          tag: 1.9.0 # production
    +          tag: 1.10.0 # production
    ");
    let shared = text.replace("components: [../carrier]\n", "components: [../carrier, ../patcher]\n");
    assert_snapshot!(set(&shared), @"
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-shop.yaml
    production/patch-helmrelease-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +spec:
    +  values:
    +    image:
    +      tag: 1.10.0
    ");
}

#[test]
fn a_replacement_into_values_decides_and_is_named_where_an_edit_is_refused() {
    let replaced = "\
configMapGenerator:
- name: versions
  literals: [shop=1.9.0]
replacements:
- source: { kind: ConfigMap, name: versions, fieldPath: data.shop }
  targets:
  - select: { kind: HelmRelease }
    fieldPaths: [spec.values.image.tag]
";
    let repository = repository("", replaced, "");
    assert_snapshot!(shown(&repository, "production"), @"
    ghcr.io/acme/shop:1.9.0 by production/kustomization.yaml:6 (replacement)
    ghcr.io/acme/worker:1 by base/release.yaml:10 (helm-release)
    ");
    assert_snapshot!(set(&repository), @"production/kustomization.yaml:6: a replacement sets `1.9.0`; change the value that it copies by hand");
}

#[test]
fn images_of_a_flux_kustomization_among_the_resources_are_seen_and_edited() {
    let text = "\
--- production/kustomization.yaml
resources: [shop.yaml]
--- production/shop.yaml
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: { name: shop }
spec:
  path: ./apps/shop
  images:
  - name: ghcr.io/acme/shop
    newTag: 1.9.0
--- staging/kustomization.yaml
resources: []
";
    assert_snapshot!(shown(text, "production"), @"ghcr.io/acme/shop:1.9.0 by production/shop.yaml:8 (flux-kustomization)");
    assert_snapshot!(set(text), @"
    production/shop.yaml
    -    newTag: 1.9.0
    +    newTag: 1.10.0
    +    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn a_container_and_a_release_of_one_image_move_together() {
    let both = format!(
        "{}--- production/deployment.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: shop }}\nspec: {{ template: {{ spec: {{ containers: [ {{ name: shop, image: 'ghcr.io/acme/shop:1.9.0' }} ] }} }} }}\n",
        repository("", &format!("{MERGE}images: [ {{ name: ghcr.io/acme/shop, newTag: 1.9.0 }} ]\n"), "")
            .replace(
                "--- production/kustomization.yaml\nresources: [../base]",
                "--- production/kustomization.yaml\nresources: [../base, deployment.yaml]"
            )
    );
    assert_snapshot!(set(&both), @r#"
    production/kustomization.yaml
    -          tag: 1.9.0 # production
    -images: [ { name: ghcr.io/acme/shop, newTag: 1.9.0 } ]
    +          tag: 1.10.0 # production
    +images: [ { name: ghcr.io/acme/shop, newTag: 1.10.0, digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111" } ]
    "#);
}
