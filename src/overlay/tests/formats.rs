//! Files that kustomize does not read.

use insta::assert_snapshot;

use super::fixture::{DIGEST, OLD_DIGEST, marked_diff, set_shop, shop, shown};

const VALUES: &str = "\
--- apps/values.yaml
# The shop's values.
replicas: 2
image:
  repository: ghcr.io/acme/shop   # ours
  tag: \"1.9.0\"
sidecar:
  image: { registry: ghcr.io, repository: acme/proxy, tag: 3, digest: '' }
other: ghcr.io/acme/other:1
jobImage: ghcr.io/acme/job:2
";

#[test]
fn helm_values_are_found_wherever_they_stand() {
    assert_snapshot!(shown(VALUES, "apps/values.yaml"), @"
    ghcr.io/acme/job:2 by apps/values.yaml:9 (helm-values)
    ghcr.io/acme/shop:1.9.0 by apps/values.yaml:5 (helm-values)
    ghcr.io/acme/proxy:3 by apps/values.yaml:7 (helm-values)
    ");
    assert_snapshot!(shop(VALUES, "apps"), @"ghcr.io/acme/shop:1.9.0 by apps/values.yaml:5");
}

#[test]
fn helm_values_get_the_tag_and_keep_the_rest() {
    assert_snapshot!(set_shop(VALUES, "apps/values.yaml"), @r#"
    apps/values.yaml
    -  tag: "1.9.0"
    +  tag: "1.10.0"
    "#);
}

#[test]
fn helm_values_get_the_digest_where_they_have_a_key_for_it() {
    let text = "--- a/values.yaml\nimage:\n  registry: ghcr.io\n  repository: acme/shop\n  tag: '1.9.0'\n  digest: \"\"\n";
    assert_snapshot!(set_shop(text, "a"), @r#"
    a/values.yaml
    -  tag: '1.9.0'
    -  digest: ""
    +  tag: '1.10.0'
    +  digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111"
    "#);
    let behind =
        format!("--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0@{OLD_DIGEST}\n");
    assert_snapshot!(set_shop(&behind, "a"), @"
    a/values.yaml
    -  tag: 1.9.0@sha256:2222222222222222222222222222222222222222222222222222222222222222
    +  tag: 1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn helm_values_with_dotted_names_and_lists() {
    let text = "--- a/values.yaml\nimage.repository: ghcr.io/acme/shop\nimage.tag: 1.9.0\nworkers:\n- image: ghcr.io/acme/shop\n  tag: 1.9.0\n- image: ghcr.io/acme/shop:1.9.0\n";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/values.yaml:2 (helm-values)
    ghcr.io/acme/shop:1.9.0 by a/values.yaml:5 (helm-values)
    ghcr.io/acme/shop:1.9.0 by a/values.yaml:6 (helm-values)
    ");
    assert_snapshot!(set_shop(text, "a"), @"
    a/values.yaml
    -image.tag: 1.9.0
    +image.tag: 1.10.0
    -  tag: 1.9.0
    -- image: ghcr.io/acme/shop:1.9.0
    +  tag: 1.10.0
    +- image: ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn a_chart_depends_on_charts_in_oci_registries() {
    let text = "--- a/Chart.yaml\napiVersion: v2\nname: umbrella\nversion: 0.1.0\ndependencies:\n  - name: shop\n    version: 1.9.0 # chart\n    repository: oci://ghcr.io/acme/\n  - name: other\n    version: 2\n    repository: https://charts.example\n";
    assert_snapshot!(shown(text, "a"), @"ghcr.io/acme/shop:1.9.0 by a/Chart.yaml:6 (chart)");
    assert_snapshot!(set_shop(text, "a"), @"
    a/Chart.yaml
    -    version: 1.9.0 # chart
    +    version: 1.10.0 # chart
    ");
}

#[test]
fn a_helm_release_has_values_and_a_chart() {
    let text = "\
--- a/release.yaml
apiVersion: source.toolkit.fluxcd.io/v1
kind: HelmRepository
metadata: { name: acme }
spec: { type: oci, url: oci://ghcr.io/charts }
---x
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop }
spec:
  chart: { spec: { chart: shop, version: 0.3.0, sourceRef: { kind: HelmRepository, name: acme } } }
  valuesFrom: [ { kind: ConfigMap, name: more } ]
  values:
    image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
"
    .replace("---x", "---");
    assert_snapshot!(shown(&text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/release.yaml:13 (helm-release)
    ghcr.io/charts/shop:0.3.0 by a/release.yaml:10 (helm-release)
    ? a/release.yaml:11: the values come from an object of the cluster too, which is not read
    ");
    assert_snapshot!(set_shop(&text, "a"), @"
    a/release.yaml
    -    image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }
    +    image: { repository: ghcr.io/acme/shop, tag: 1.10.0 }
    ");
}

#[test]
fn an_oci_repository_refers_by_tag_digest_or_range() {
    let with = |reference: &str| {
        format!(
            "--- a/source.yaml\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec:\n  url: oci://ghcr.io/acme/shop\n  ref:\n    {reference}\n"
        )
    };
    assert_snapshot!(set_shop(&with("tag: 1.9.0"), "a"), @"
    a/source.yaml
    -    tag: 1.9.0
    +    tag: 1.10.0
    +    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    assert_snapshot!(set_shop(&with(&format!("digest: {OLD_DIGEST}")), "a"), @"
    a/source.yaml
    -    digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    +    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    assert_snapshot!(shop(&with("semver: '>=1.0.0'"), "a"), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/source.yaml:6: Flux itself chooses the version of `ghcr.io/acme/shop`, by `semver`); name it there, or declare where it stands with `set` or a `marker` in the configuration");
}

#[test]
fn an_application_has_sources() {
    let text = "\
--- a/app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  sources:
    - repoURL: ghcr.io/charts
      chart: shop
      targetRevision: 0.3.0
      helm:
        parameters:
          - name: image.repository
            value: ghcr.io/acme/shop
          - name: image.tag
            value: '1.9.0'
        valuesObject: { worker: { image: 'ghcr.io/acme/shop:1.9.0' } }
    - repoURL: https://github.com/acme/deploy
      targetRevision: main
      kustomize:
        images:
          - shop=ghcr.io/acme/shop:1.9.0
          - ghcr.io/acme/shop:1.9.0
";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/charts/shop:0.3.0 by a/app.yaml:7 (application)
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:13 (application)
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:14 (application)
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:19 (application)
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:20 (application)
    ");
    assert_snapshot!(set_shop(text, "a"), @"
    a/app.yaml
    -            value: '1.9.0'
    -        valuesObject: { worker: { image: 'ghcr.io/acme/shop:1.9.0' } }
    +            value: '1.10.0'
    +        valuesObject: { worker: { image: 'ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111' } }
    -          - shop=ghcr.io/acme/shop:1.9.0
    -          - ghcr.io/acme/shop:1.9.0
    +          - shop=ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    +          - ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn the_image_updater_s_own_file_is_taken_over() {
    let text = "--- a/.argocd-source-shop.yaml\nkustomize:\n  images:\n    - ghcr.io/acme/shop:1.9.0\nhelm:\n  parameters:\n    - { name: image.name, value: ghcr.io/acme/shop, forcestring: true }\n    - { name: image.tag, value: 1.9.0, forcestring: true }\n";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/.argocd-source-shop.yaml:3 (argocd-source)
    ghcr.io/acme/shop:1.9.0 by a/.argocd-source-shop.yaml:7 (argocd-source)
    ");
    assert_snapshot!(set_shop(text, "a"), @"
    a/.argocd-source-shop.yaml
    -    - ghcr.io/acme/shop:1.9.0
    +    - ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    -    - { name: image.tag, value: 1.9.0, forcestring: true }
    +    - { name: image.tag, value: 1.10.0, forcestring: true }
    ");
}

#[test]
fn plain_manifests_lists_and_arrays_are_edited_in_place() {
    let pod = "{ apiVersion: v1, kind: Pod, spec: { containers: [ { image: ghcr.io/acme/shop:1.9.0 } ] } }";
    let list = format!(
        "--- a/all.yaml\napiVersion: v1\nkind: List\nitems:\n  - {pod}\n  - apiVersion: v1\n    kind: Pod\n    spec:\n      initContainers:\n        - image: docker.io/library/busybox\n"
    );
    assert_snapshot!(shown(&list, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/all.yaml:4 (manifest)
    docker.io/library/busybox by a/all.yaml:9 (manifest)
    ");
    assert_snapshot!(set_shop(&list, "a"), @r#"
    a/all.yaml
    -  - { apiVersion: v1, kind: Pod, spec: { containers: [ { image: ghcr.io/acme/shop:1.9.0 } ] } }
    +  - { apiVersion: v1, kind: Pod, spec: { containers: [ { image: "ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111" } ] } }
    "#);
    let array = format!("--- a/all.yaml\n- {pod}\n- {pod}\n");
    assert_snapshot!(set_shop(&array, "a"), @r#"
    a/all.yaml
    -- { apiVersion: v1, kind: Pod, spec: { containers: [ { image: ghcr.io/acme/shop:1.9.0 } ] } }
    -- { apiVersion: v1, kind: Pod, spec: { containers: [ { image: ghcr.io/acme/shop:1.9.0 } ] } }
    +- { apiVersion: v1, kind: Pod, spec: { containers: [ { image: "ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111" } ] } }
    +- { apiVersion: v1, kind: Pod, spec: { containers: [ { image: "ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111" } ] } }
    "#);
}

#[test]
fn two_places_that_disagree_are_named() {
    let text = "--- a/one.yaml\nimage: ghcr.io/acme/shop:1.9.0\n--- a/two.yaml\nkind: Pod\napiVersion: v1\nspec: { containers: [ image: ghcr.io/acme/shop:1.8.0 ] }\n";
    assert_snapshot!(shop(text, "a"), @"a/two.yaml:3: `ghcr.io/acme/shop:1.8.0` is written here, but `ghcr.io/acme/shop:1.9.0` in a/one.yaml:1; write the same in both places");
    assert_snapshot!(set_shop(text, "a"), @r#"
    a/one.yaml
    -image: ghcr.io/acme/shop:1.9.0
    +image: ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111
    a/two.yaml
    -spec: { containers: [ image: ghcr.io/acme/shop:1.8.0 ] }
    +spec: { containers: [ image: "ghcr.io/acme/shop:1.10.0@sha256:1111111111111111111111111111111111111111111111111111111111111111" ] }
    "#);
}

#[test]
fn a_comment_of_renovate_names_the_line_below() {
    let text = "--- a/vars.yaml\nversions:\n  # renovate: datasource=docker depName=ghcr.io/acme/shop versioning=semver\n  shop: 1.9.0\n  # renovate: datasource=github-releases depName=acme/shop\n  tool: 1.9.0\n  # renovate: image=ghcr.io/acme/shop\n  appVersion: \"1.9.0\"\n";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/vars.yaml:3 (renovate)
    ghcr.io/acme/shop:1.9.0 by a/vars.yaml:7 (renovate)
    ");
    assert_snapshot!(set_shop(text, "a"), @r#"
    a/vars.yaml
    -  shop: 1.9.0
    +  shop: 1.10.0
    -  appVersion: "1.9.0"
    +  appVersion: "1.10.0"
    "#);
}

#[test]
fn a_comment_of_renovate_works_in_a_template() {
    let text = "--- a/vars.yaml\n{{- if .Values.on }}\n# renovate: datasource=docker depName=ghcr.io/acme/shop\nversion: '1.9.0' # keep\n{{- end }}\n";
    assert_snapshot!(shop(text, "a"), @"ghcr.io/acme/shop:1.9.0 by a/vars.yaml:3");
    assert_snapshot!(set_shop(text, "a"), @"
    a/vars.yaml
    -version: '1.9.0' # keep
    +version: '1.10.0' # keep
    ");
}

#[test]
fn a_digest_alone_is_not_given_a_tag() {
    let text =
        format!("--- c/a.yaml\ndigest: {OLD_DIGEST} # {{\"$imagepolicy\": \"flux-system:shop:digest\"}}\n");
    assert_snapshot!(marked_diff(&text, "c"), @r#"
    c/a.yaml
    -digest: sha256:2222222222222222222222222222222222222222222222222222222222222222 # {"$imagepolicy": "flux-system:shop:digest"}
    +digest: sha256:1111111111111111111111111111111111111111111111111111111111111111 # {"$imagepolicy": "flux-system:shop:digest"}
    "#);
    assert!(DIGEST != OLD_DIGEST);
}

#[test]
fn values_in_a_block_of_an_application_are_edited_in_the_block() {
    let text = "\
--- a/app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    helm:
      values: |
        # the shop
        image:
          repository: ghcr.io/acme/shop
          tag: \"1.9.0\"   # ours
        worker:
          image: {registry: ghcr.io, repository: acme/shop, tag: 1.9.0, digest: ''}
      releaseName: shop
";
    assert_snapshot!(shown(text, "a"), @"
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:10 (application)
    ghcr.io/acme/shop:1.9.0 by a/app.yaml:12 (application)
    ");
    assert_snapshot!(set_shop(text, "a"), @r#"
    a/app.yaml
    -          tag: "1.9.0"   # ours
    +          tag: "1.10.0"   # ours
    -          image: {registry: ghcr.io, repository: acme/shop, tag: 1.9.0, digest: ''}
    +          image: {registry: ghcr.io, repository: acme/shop, tag: 1.10.0, digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111'}
    "#);
    let quoted = "--- a/app.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec: { source: { helm: { values: \"image: ghcr.io/acme/shop:1\" } } }\n";
    assert_snapshot!(shop(quoted, "a"), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/app.yaml:3: the values cannot be read: the value holds no document that can be edited: it is not a block of lines; write it as a literal block (`|`)); a/app.yaml:3 names it, but in no form that is known; declare it with `set` in the configuration");
}

#[test]
fn values_in_files_of_other_endings_are_seen_or_named() {
    let values = "image: { repository: ghcr.io/acme/shop, tag: 1.9.0 }\n";
    assert_snapshot!(shown(&format!("--- a/values.YAML\n{values}"), "a"), @"ghcr.io/acme/shop:1.9.0 by a/values.YAML:1 (helm-values)");
    for name in ["values.yaml.gotmpl", "values.gotmpl", "values.yml.tpl"] {
        let found = shown(&format!("--- a/{name}\n{values}"), "a");
        assert_eq!(found, format!("? a/{name}:1: the values are a template, which is not filled in here"));
    }
    let marked = "--- a/values.yaml.gotmpl\nimage:\n  tag: 1.9.0 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n  name: {{ .Values.name }}\n";
    assert_snapshot!(super::fixture::marked_diff(marked, "a"), @r#"
    a/values.yaml.gotmpl
    -  tag: 1.9.0 # {"$imagepolicy": "flux-system:shop:tag"}
    +  tag: 1.10.0 # {"$imagepolicy": "flux-system:shop:tag"}
    "#);
    let release = "--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: { name: shop }\nspec: { chart: { spec: { chart: shop, valuesFiles: [values.yaml, prod.yaml] } } }\n";
    for more in ["", "--- a/kustomization.yaml\nresources: [release.yaml]\n"] {
        let found = shown(&format!("{release}{more}"), "a");
        assert_eq!(
            found,
            "? a/release.yaml:4: the values come from files of the chart's source too, which are not read here"
        );
    }
}

#[test]
fn a_variable_of_flux_is_never_taken_for_a_version() {
    let release = |values: &str| {
        format!(
            "--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{ name: shop }}\nspec:\n  values:\n    {values}\n"
        )
    };
    let kustomization = "--- a/kustomization.yaml\nresources: [release.yaml]\n";
    for values in [
        "image: { repository: ghcr.io/acme/shop, tag: '${TAG:=1.0.0}' }",
        "image: { repository: ghcr.io/acme/shop, tag: '${TAG}' }",
        "image: { repository: ghcr.io/acme/shop, tag: '1.${MINOR:=0}' }",
        "image: 'ghcr.io/acme/shop:${TAG:=1.0.0}'",
    ] {
        for more in ["", kustomization] {
            let repository = format!("{}{more}", release(values));
            let refused = shop(&repository, "a");
            assert!(refused.starts_with("a/release.yaml:6: `ghcr.io/acme/shop:"), "{refused}");
            assert!(refused.ends_with("holds a variable, which Flux fills in when it deploys; write the version itself in the place of the variable"), "{refused}");
            assert!(shown(&repository, "a").starts_with("? "), "{values}");
        }
    }
    let named = release("image: { repository: '${REGISTRY}/shop', tag: 1.0.0 }");
    for more in ["", kustomization] {
        let refused = shop(&format!("{named}{more}"), "a");
        assert!(refused.contains("nowhere in this overlay, as far as it can be evaluated"), "{refused}");
    }
}
