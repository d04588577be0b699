//! Parameters and values of an Argo CD Application that comes through a kustomization.

use insta::assert_snapshot;

use super::fixture::{DIGEST, shop, shown};

#[test]
fn a_parameter_of_an_application_wins_over_its_values() {
    let text = "\
--- a/app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: { name: shop }
spec:
  source:
    helm:
      parameters: [ { name: image.tag, value: 1.9.0 } ]
      valuesObject: { image: { repository: ghcr.io/acme/shop, tag: 1.8.0 } }
";
    assert_snapshot!(shown(text, "a"), @"ghcr.io/acme/shop:1.9.0 by a/app.yaml:7 (application)");
    assert_snapshot!(super::fixture::set_shop(text, "a"), @"
    a/app.yaml
    -      parameters: [ { name: image.tag, value: 1.9.0 } ]
    +      parameters: [ { name: image.tag, value: 1.10.0 } ]
    ");
    let block = text.replace(
        "valuesObject: { image: { repository: ghcr.io/acme/shop, tag: 1.8.0 } }",
        "values: |\n        image:\n          repository: ghcr.io/acme/shop\n          tag: 1.8.0",
    );
    assert_snapshot!(super::fixture::set_shop(&block, "a"), @"
    a/app.yaml
    -      parameters: [ { name: image.tag, value: 1.9.0 } ]
    +      parameters: [ { name: image.tag, value: 1.10.0 } ]
    ");
}

#[test]
fn a_parameter_of_a_part_of_an_image_is_joined_with_the_values_or_uncertain() {
    let application = |parameter: &str, value: &str| {
        format!(
            "\
--- a/app.yaml
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {{ name: shop }}
spec:
  source:
    helm:
      parameters: [ {{ name: {parameter}, value: {value} }} ]
      valuesObject: {{ image: {{ repository: ghcr.io/acme/web, tag: 1.8.0 }} }}
"
        )
    };
    let mirrored = application("image.repository", "ghcr.io/acme/shop");
    assert_snapshot!(shown(&mirrored, "a"), @"ghcr.io/acme/shop:1.8.0 by a/app.yaml:8 (application)");
    let diff = super::fixture::set_shop(&mirrored, "a");
    assert!(
        diff.contains("+      valuesObject: { image: { repository: ghcr.io/acme/web, tag: 1.10.0 } }"),
        "{diff}"
    );
    assert_snapshot!(shown(&application("image.registry", "quay.io"), "a"), @"? a/app.yaml:7: the parameter `image.registry` sets a part of an image of which the values set the rest");
    assert_snapshot!(shown(&application("image.digest", DIGEST), "a"), @"? a/app.yaml:7: the parameter `image.digest` sets a part of an image of which the values set the rest");
    let block = mirrored.replace(
        "valuesObject: { image: { repository: ghcr.io/acme/web, tag: 1.8.0 } }",
        "values: |\n        image:\n          tag: 1.8.0",
    );
    assert_snapshot!(shown(&block, "a"), @"? a/app.yaml:10: `image.tag` is `1.8.0`, but no `repository` beside it names the image");
}

/// An application with these values in a block.
fn application(values: &str) -> String {
    let block: String = values.lines().map(|line| format!("        {line}\n")).collect();
    format!(
        "--- a/app.yaml\napiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: shop }}\nspec:\n  source:\n    helm:\n      values: |\n{block}"
    )
}

#[test]
fn a_merge_key_in_a_block_of_values_is_not_certain() {
    let values = "pinned: &pinned { digest: x }\nimage:\n  <<: *pinned\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n";
    let kustomization = "--- a/kustomization.yaml\nresources: [app.yaml]\n";
    let application = application(values);
    let why = "a/app.yaml:10: a merge key (`<<`) brings a part of this image from elsewhere; write that part beside the rest of the image";
    for repository in [application.clone(), format!("{application}{kustomization}")] {
        assert_eq!(shop(&repository, "a"), why);
    }
    let alias = values
        .replace("tag: 1.9.0", "tag: *version")
        .replace("pinned: ", "version: &version 1.9.0\npinned: ");
    assert!(shop(&self::application(&alias), "a").contains("a merge key"), "{alias}");
    let other = values.replace("digest: x", "pullPolicy: Always");
    assert_snapshot!(shop(&self::application(&other), "a"), @"ghcr.io/acme/shop:1.9.0 by a/app.yaml:12");
}

#[test]
fn a_date_in_a_block_of_values_is_read_by_helm_alone() {
    let values = "image:\n  repository: ghcr.io/acme/shop\n  tag: 2024-01-01\n";
    assert_snapshot!(shop(&application(values), "a"), @"ghcr.io/acme/shop:2024-01-01 by a/app.yaml:10");
    let word = values.replace("2024-01-01", "y");
    assert_snapshot!(shop(&application(&word), "a"), @"a/app.yaml:10: Helm reads `tag: y` as a boolean and renders `true`; put the tag in quotes");
}

#[test]
fn the_digest_of_an_oci_repository_becomes_empty_where_only_tags_are_written() {
    let reference = format!("{{ tag: 1.9.0, digest: '{DIGEST}' }}");
    let source = format!(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {{ name: shop }}\nspec:\n  url: oci://ghcr.io/acme/shop\n  ref: {reference}\n"
    );
    let tag = super::fixture::to("1.10.0", "");
    let text = format!("--- a/source.yaml\n{source}");
    assert_snapshot!(super::fixture::diff(&text, "a", &tag), @"
    a/source.yaml
    -  ref: { tag: 1.9.0, digest: 'sha256:1111111111111111111111111111111111111111111111111111111111111111' }
    +  ref: { tag: 1.10.0, digest: '' }
    ");
    let edited = text.replace(&reference, "{ tag: 1.10.0, digest: '' }");
    assert_eq!(shop(&edited, "a"), "ghcr.io/acme/shop:1.10.0 by a/source.yaml:6");
    let base = format!(
        "--- a/kustomization.yaml\nresources: [../base]\n--- base/kustomization.yaml\nresources: [source.yaml]\n--- base/source.yaml\n{source}"
    );
    assert_snapshot!(super::fixture::diff(&base, "a", &tag), @r#"
    a/kustomization.yaml
    +patches:
    +- path: patch-ocirepository-shop.yaml
    a/patch-ocirepository-shop.yaml
    +apiVersion: source.toolkit.fluxcd.io/v1
    +kind: OCIRepository
    +metadata:
    +  name: shop
    +spec:
    +  ref:
    +    tag: 1.10.0
    +    digest: ""
    "#);
}
