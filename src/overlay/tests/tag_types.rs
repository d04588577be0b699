//! Tags without quotes that YAML reads as numbers or booleans: `tag: 1.10` in Helm values is the number 1.1.

use insta::assert_snapshot;

use super::fixture::{diff, diff_at, diff_managed, image, path, set_shop, shop, shown, to, tree, unified};
use crate::model::{DeclaredScalar, ImageDiscovery, Location, ValuesFile, ValuesSharing};
use crate::overlay::{Overlays, Resolver, running_if_quoted, set_image};

/// Values with that tag in the place of `TAG`.
fn values(tag: &str) -> String {
    format!("--- a/values.yaml\nimage:\n  repository: ghcr.io/acme/shop\n  tag: {tag}\n")
}

#[test]
fn a_tag_that_helm_renders_as_something_else_is_not_certain() {
    for (tag, rendered) in [
        ("1.10", "1.1"),
        ("1.0", "1"),
        ("010", "8"),
        ("08", "8"),
        ("0x1F", "31"),
        ("0b11", "3"),
        ("0o17", "15"),
        ("1e3", "1000"),
        ("1_000", "1000"),
        ("0.10", "0.1"),
        ("0.00001", "1e-05"),
        ("1000000", "1e+06"),
        ("20240101", "2.0240101e+07"),
        ("+1", "1"),
        ("0", "0"),
        (".5", "0.5"),
    ] {
        let refused = shop(&values(tag), "a");
        let expected = format!(
            "a/values.yaml:3: Helm reads `tag: {tag}` as a number and renders `{rendered}`; put the tag in quotes"
        );
        assert_eq!(refused, expected);
    }
    for (tag, rendered) in [("y", "true"), ("No", "false"), ("on", "true"), ("true", "true")] {
        let refused = shop(&values(tag), "a");
        let expected = format!("Helm reads `tag: {tag}` as a boolean and renders `{rendered}`");
        assert!(refused.contains(&expected), "{refused}");
    }
    assert_snapshot!(shop(&values("!!float 2"), "a"), @"a/values.yaml:3: `tag` has a YAML tag (`!…`), which is not evaluated; put the tag in quotes");
    assert_snapshot!(shown(&values("1.10"), "a"), @"
    ghcr.io/acme/shop:1.10 by a/values.yaml:3 (helm-values)
    ? a/values.yaml:3: Helm reads `tag: 1.10` as a number and renders `1.1`
    ");
}

#[test]
fn a_tag_that_is_rendered_as_it_is_written_is_certain() {
    for tag in ["2", "16", "1.5", "123456", "1.2.3", "2024-01-01", "'1.10'", "\"y\"", "!!str 1.10"] {
        let running = shop(&values(tag), "a");
        let bare = tag.trim_start_matches("!!str ").trim_matches(['\'', '"']);
        assert_eq!(running, format!("ghcr.io/acme/shop:{bare} by a/values.yaml:3"));
    }
}

#[test]
fn a_field_that_takes_text_alone_is_not_certain_with_any_number() {
    let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec:\n  chart:\n    spec: { chart: shop, version: 2, sourceRef: { name: acme } }\n";
    let repository = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: { name: acme }\nspec: { url: oci://ghcr.io/acme }\n";
    assert_snapshot!(shop(&format!("--- a/a.yaml\n{release}--- a/b.yaml\n{repository}"), "a"), @"a/a.yaml:5: Flux reads `version: 2` as a number, but it needs text; put the tag in quotes");
    let source = "--- a/a.yaml\napiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nspec: { url: oci://ghcr.io/acme/shop, ref: { tag: 2 } }\n";
    assert_snapshot!(shop(source, "a"), @"a/a.yaml:3: Flux reads `tag: 2` as a number, but it needs text; put the tag in quotes");
    let images = "--- a/a.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nspec: { images: [ { name: ghcr.io/acme/shop, newTag: 2 } ] }\n";
    assert_snapshot!(shop(images, "a"), @"a/a.yaml:3: Flux reads `newTag: 2` as a number, but it needs text; put the tag in quotes");
    let parameters = "--- a/a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      parameters:\n      - { name: image.repository, value: ghcr.io/acme/shop }\n      - { name: image.tag, value: 1.10 }\n";
    assert_snapshot!(shop(parameters, "a"), @"a/a.yaml:8: Argo CD reads `value: 1.10` as a number, but it needs text; put the tag in quotes");
    let over = "--- a/a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      parameters: [ { name: image.tag, value: 1.10 } ]\n      values: |\n        image: { repository: ghcr.io/acme/shop, tag: 1.0 }\n";
    assert_snapshot!(shop(over, "a"), @"a/a.yaml:6: Argo CD reads `value: 1.10` as a number, but it needs text; put the tag in quotes");
    let chart =
        "--- a/Chart.yaml\ndependencies: [ { name: shop, version: 1.10, repository: oci://ghcr.io/acme } ]\n";
    assert_snapshot!(shop(chart, "a"), @"a/Chart.yaml:1: Helm reads `version: 1.10` as a number, but it needs text; put the tag in quotes");
}

#[test]
fn an_edit_writes_quotes() {
    assert_snapshot!(diff(&values("1.9"), "a", &to("1.10", "")), @r#"
    a/values.yaml
    -  tag: 1.9
    +  tag: "1.10"
    "#);
    assert_snapshot!(diff(&values("1.10 # ours"), "a", &to("1.10", "")), @r#"
    a/values.yaml
    -  tag: 1.10 # ours
    +  tag: "1.10" # ours
    "#);
    assert_snapshot!(diff(&values("'1.10'"), "a", &to("1.10", "")), @"");
    let application = "--- a/a.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nspec:\n  source:\n    helm:\n      values: |\n        image:\n          repository: ghcr.io/acme/shop\n          tag: 1.10\n";
    assert_snapshot!(shop(application, "a"), @"a/a.yaml:9: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes");
    assert_snapshot!(diff(application, "a", &to("1.10", "")), @r#"
    a/a.yaml
    -          tag: 1.10
    +          tag: "1.10"
    "#);
    let anchored =
        "--- a/values.yaml\nversion: &ver 1.10\nimage: { repository: ghcr.io/acme/shop, tag: *ver }\n";
    assert_snapshot!(shop(anchored, "a"), @"a/values.yaml:1: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes");
    assert_snapshot!(diff(anchored, "a", &to("1.10", "")), @r#"
    a/values.yaml
    -version: &ver 1.10
    +version: &ver "1.10"
    "#);
}

#[test]
fn a_date_in_an_object_is_written_anew_by_kustomize() {
    let release = RELEASE.replace("1.10 # ours", "2024-01-01");
    assert_snapshot!(shop(&release, "a"), @"a/release.yaml:8: kustomize reads `tag: 2024-01-01` as a date and writes it with a time of day; put the tag in quotes");
    assert_snapshot!(diff(&release, "a", &to("2024-01-02", "")), @r#"
    a/release.yaml
    -      tag: 2024-01-01
    +      tag: "2024-01-02"
    "#);
    let word = RELEASE.replace("1.10 # ours", "y");
    assert_snapshot!(shop(&word, "a"), @"a/release.yaml:8: `tag: y` is a text for kustomize and a boolean for kubectl; put the tag in quotes");
    assert_snapshot!(shop(&format!("{release}--- a/kustomization.yaml\nresources: [release.yaml]\n"), "a"), @"a/release.yaml:8: kustomize reads `tag: 2024-01-01` as a date and writes it with a time of day; put the tag in quotes");
}

/// A marked, declared or hinted tag, in files that are parsed or not.
#[test]
fn a_tag_that_a_comment_or_the_configuration_names_is_not_certain() {
    let marked = "--- a/values.yaml\nversion: 1.10 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n";
    let finding = || ImageDiscovery::Marker("flux-system:shop".parse().unwrap());
    assert_snapshot!(running_at(marked, finding()), @"a/values.yaml:1: YAML reads `version: 1.10` as a number, which is rendered as `1.1`; put the tag in quotes");
    assert_snapshot!(diff_at(marked, "a", finding()), @r#"
    a/values.yaml
    -version: 1.10 # {"$imagepolicy": "flux-system:shop:tag"}
    +version: 1.10.0 # {"$imagepolicy": "flux-system:shop:tag"}
    "#);
    let template = format!("{marked}{{{{ if .x }}}}\n");
    assert_snapshot!(running_at(&template, finding()), @"a/values.yaml:1: YAML reads `version: 1.10` as a number, which is rendered as `1.1`; put the tag in quotes");
    let kustomization = "--- a/kustomization.yaml\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 2 # {\"$imagepolicy\": \"flux-system:shop:tag\"}\n";
    assert_snapshot!(running_at(kustomization, finding()), @"a/kustomization.yaml:3: kustomize reads `newTag: 2` as a number, but it needs text; put the tag in quotes");
    let declared = DeclaredScalar { file: path("a/values.yaml"), path: "version".to_owned() };
    assert_snapshot!(running_at(marked, ImageDiscovery::Declared(vec![declared])), @"a/values.yaml:1: YAML reads `version: 1.10` as a number, which is rendered as `1.1`; put the tag in quotes");
    let hinted =
        "--- a/values.yaml\n# renovate: datasource=docker depName=ghcr.io/acme/shop\nversion: 1.10\n";
    assert_snapshot!(shop(hinted, "a"), @"a/values.yaml:2: YAML reads `version: 1.10` as a number, which is rendered as `1.1`; put the tag in quotes");
}

fn running_at(repository: &str, finding: ImageDiscovery) -> String {
    let location = Location { path: path("a"), finding };
    let found = crate::overlay::running(&tree(repository), &location, &image("ghcr.io/acme/shop"));
    found.map_or_else(|error| error.to_string(), |found| found.references()[0].to_string())
}

#[test]
fn merged_files_keep_the_type_of_the_last_one() {
    let repository = "--- app/values.yaml\nimage: { repository: ghcr.io/acme/shop, tag: '1.9' }\n--- app/values-prod.yaml\nimage: { tag: 1.10 }\n";
    let file = |name: &str, sharing| ValuesFile { path: path(&format!("app/{name}")), sharing };
    let files =
        vec![file("values.yaml", ValuesSharing::Environments), file("values-prod.yaml", ValuesSharing::Own)];
    let location = Location { path: path("app"), finding: ImageDiscovery::Values(files) };
    let (tree, image) = (tree(repository), image("ghcr.io/acme/shop"));
    let refused = crate::overlay::running(&tree, &location, &image).unwrap_err();
    assert_snapshot!(refused.to_string(), @"app/values-prod.yaml:1: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes");
    let edited = set_image(&tree, &Overlays::default(), &location, &image, &to("1.10", "")).unwrap();
    let diff: String = edited.iter().map(|(path, new)| unified(&tree, path, new)).collect();
    assert_snapshot!(diff, @r#"
    app/values-prod.yaml
    -image: { tag: 1.10 }
    +image: { tag: "1.10" }
    "#);
    let written = running_if_quoted(&tree, &location, &[&image]).unwrap();
    assert_eq!(written.unwrap()[0].to_string(), "ghcr.io/acme/shop:1.10");
}

const RELEASE: &str = "\
--- a/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop }
spec:
  values:
    image:
      repository: ghcr.io/acme/shop
      tag: 1.10 # ours
";

/// What the shop runs in `a`, what it would if its tag were in quotes, and the diff that writes the same tag.
fn in_kustomization(repository: &str) -> String {
    let (before, image) = (tree(repository), image("ghcr.io/acme/shop"));
    let mut resolver = Resolver::default();
    let location = path("a").into();
    let running = resolver.running(&before, &location, &image);
    let running = running.map_or_else(|error| error.to_string(), |found| found.references()[0].to_string());
    let written = running_if_quoted(&before, &location, &[&image]).unwrap();
    let written: String = written.into_iter().flatten().map(|written| written.to_string()).collect();
    let diff = diff_managed(repository, "a", &to("1.10", ""));
    format!("{running}\n{written}\n{diff}")
}

#[test]
fn a_helm_release_in_a_kustomization_keeps_the_type_of_the_last_patch() {
    let with = |more: &str| format!("{RELEASE}--- a/kustomization.yaml\nresources: [release.yaml]\n{more}");
    assert_snapshot!(in_kustomization(&with("")), @r#"
    a/release.yaml:8: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes
    ghcr.io/acme/shop:1.10
    a/release.yaml
    -      tag: 1.10 # ours
    +      tag: "1.10" # ours
    "#);
    let operation = "patches:\n- target: { kind: HelmRelease }\n  patch: |-\n    - { op: replace, path: /spec/values/image/tag, value: 20240101 }\n";
    assert_snapshot!(in_kustomization(&with(operation)), @r#"
    a/kustomization.yaml:5: Helm reads `tag: 20240101` as a number and renders `2.0240101e+07`; put the tag in quotes
    ghcr.io/acme/shop:20240101
    a/kustomization.yaml
    -    - { op: replace, path: /spec/values/image/tag, value: 20240101 }
    +    - { op: replace, path: /spec/values/image/tag, value: "1.10" }
    "#);
    let merge = "patches:\n- patch: |-\n    apiVersion: helm.toolkit.fluxcd.io/v2\n    kind: HelmRelease\n    metadata: { name: shop }\n    spec: { values: { image: { tag: '1.10' } } }\n";
    assert_snapshot!(in_kustomization(&with(merge)), @"ghcr.io/acme/shop:1.10");
    // Kustomize keeps the type of what a replacement writes over.
    let replacement = "replacements:\n- sourceValue: '1.10'\n  targets:\n  - select: { kind: HelmRelease }\n    fieldPaths: [spec.values.image.tag]\n";
    assert_snapshot!(in_kustomization(&with(replacement)), @"
    a/kustomization.yaml:3: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes
    ghcr.io/acme/shop:1.10
    a/kustomization.yaml:3: Helm reads `tag: 1.10` as a number and renders `1.1`; put the tag in quotes
    ");
    let text = with(replacement).replace("tag: 1.10", "tag: v1");
    assert_snapshot!(in_kustomization(&text), @"ghcr.io/acme/shop:1.10");
}

#[test]
fn set_shop_to_another_release_writes_over_a_number() {
    assert_snapshot!(set_shop(&values("1.10"), "a"), @"
    a/values.yaml
    -  tag: 1.10
    +  tag: 1.10.0
    ");
}
