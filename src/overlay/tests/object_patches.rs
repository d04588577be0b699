//! What objects of Flux and Argo CD change in the things that they deploy: post-renderers, patches, files.

use insta::assert_snapshot;

use super::fixture::{diff_managed, set_shop, shop, shown, to};

/// A release with these post-renderers.
fn release(renderers: &str) -> String {
    format!(
        "--- a/release.yaml\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{ name: shop }}\nspec:\n  values: {{ image: {{ repository: ghcr.io/acme/shop, tag: 1.0.0 }} }}\n  postRenderers:\n{renderers}"
    )
}

const KUSTOMIZATION: &str = "--- a/kustomization.yaml\nresources: [release.yaml]\n";

#[test]
fn the_images_of_a_post_renderer_win_over_the_values() {
    let renderers = "  - kustomize:\n      images:\n      - name: ghcr.io/acme/shop\n        newTag: 0.5.0\n";
    assert_snapshot!(shown(&release(renderers), "a"), @"ghcr.io/acme/shop:0.5.0 by a/release.yaml:10 (helm-release)");
    assert_snapshot!(set_shop(&release(renderers), "a"), @"
    a/release.yaml
    -        newTag: 0.5.0
    +        newTag: 1.10.0
    +        digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    let kustomization = format!("{}{KUSTOMIZATION}", release(renderers));
    assert_snapshot!(shop(&kustomization, "a"), @"ghcr.io/acme/shop:0.5.0 by a/release.yaml:10");
    let diff = diff_managed(&kustomization, "a", &to("1.10.0", super::fixture::DIGEST));
    assert_snapshot!(diff, @"
    a/release.yaml
    -        newTag: 0.5.0
    +        newTag: 1.10.0
    +        digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
}

#[test]
fn post_renderers_apply_in_turn() {
    let renamed = "  - kustomize: { images: [ { name: ghcr.io/acme/shop, newName: ghcr.io/acme/web } ] }\n";
    assert_snapshot!(shown(&release(renamed), "a"), @"ghcr.io/acme/web:1.0.0 by a/release.yaml:5 (helm-release)");
    let twice =
        format!("{renamed}  - kustomize: {{ images: [ {{ name: ghcr.io/acme/web, newTag: 0.5.0 }} ] }}\n");
    assert_snapshot!(shown(&release(&twice), "a"), @"ghcr.io/acme/web:0.5.0 by a/release.yaml:8 (helm-release)");
    let other = "  - kustomize: { images: [ { name: ghcr.io/acme/proxy, newTag: '2' } ] }\n";
    assert_snapshot!(shown(&release(other), "a"), @"
    ghcr.io/acme/shop:1.0.0 by a/release.yaml:5 (helm-release)
    ghcr.io/acme/proxy:2 by a/release.yaml:7 (helm-release)
    ");
    let pattern = "  - kustomize: { images: [ { name: '.*/shop', newTag: '2' } ] }\n";
    assert_snapshot!(shown(&release(pattern), "a"), @"
    ghcr.io/acme/shop:1.0.0 by a/release.yaml:5 (helm-release)
    ? a/release.yaml:7: the pattern `.*/shop` of a post-renderer may match this image
    ");
    let short = release("  - kustomize: { images: [ { name: docker.io/library/postgres, newTag: '2' } ] }\n")
        .replace("ghcr.io/acme/shop", "postgres");
    assert_snapshot!(shown(&short, "a"), @"
    postgres:1.0.0 by a/release.yaml:5 (helm-release)
    docker.io/library/postgres:2 by a/release.yaml:7 (helm-release)
    ? a/release.yaml:7: whether the chart writes this name as the post-renderer's `docker.io/library/postgres` is not known
    ");
}

#[test]
fn patches_of_a_post_renderer_are_not_certain_where_they_may_set_an_image() {
    let with = |patch: &str| {
        release(&format!("  - kustomize:\n      patches:\n      - patch: |\n          {patch}\n"))
    };
    let image = with("- { op: replace, path: /spec/template/spec/containers/0/image, value: x }");
    assert_snapshot!(shown(&image, "a"), @"
    ghcr.io/acme/shop:1.0.0 by a/release.yaml:5 (helm-release)
    ? a/release.yaml:9: `patches` here may set an image, and is not evaluated
    ");
    assert_snapshot!(set_shop(&image, "a"), @"a/release.yaml:9: `patches` here may set an image, and is not evaluated; set the image in `images` there");
    assert_snapshot!(shop(&format!("{image}{KUSTOMIZATION}"), "a"), @"a/release.yaml:9: `patches` here may set an image, and is not evaluated; set the image in `images` there");
    let secret = with("- { op: add, path: /spec/template/spec/imagePullSecrets, value: [] }");
    assert_snapshot!(shown(&secret, "a"), @"ghcr.io/acme/shop:1.0.0 by a/release.yaml:5 (helm-release)");
    let images = format!("{image}      images: [ {{ name: ghcr.io/acme/shop, newTag: 0.5.0 }} ]\n");
    assert_snapshot!(shop(&images, "a"), @"ghcr.io/acme/shop:0.5.0 by a/release.yaml:11");
}

/// `shown` of an object alone, and of one in a kustomization.
fn both(object: &str) -> String {
    let alone = format!("--- a/release.yaml\n{object}");
    format!("{}\n{}", shown(&alone, "a"), shown(&format!("{alone}{KUSTOMIZATION}"), "a"))
}

#[test]
fn what_sets_an_image_in_a_way_that_is_not_evaluated_is_named() {
    let patch = "'[{ op: replace, path: /spec/template/spec/containers/0/image, value: x }]'";
    let flux = format!(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{ name: shop }}\nspec:\n  patches: [ {{ patch: {patch} }} ]\n"
    );
    assert_snapshot!(both(&flux), @"
    ? a/release.yaml:5: `patches` here may set an image, and is not evaluated
    ? a/release.yaml:5: `patches` here may set an image, and is not evaluated
    ");
    let argo = format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: shop }}\nspec:\n  source:\n    kustomize: {{ patches: [ {{ patch: {patch} }} ] }}\n"
    );
    assert_snapshot!(both(&argo), @"
    ? a/release.yaml:6: `patches` here may set an image, and is not evaluated
    ? a/release.yaml:6: `patches` here may set an image, and is not evaluated
    ");
    let chart = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: { name: shop }\nspec:\n  chart: shop\n  valuesContent: |-\n    image: { repository: ghcr.io/acme/shop, tag: 1.0.0 }\n";
    assert_snapshot!(both(chart), @"
    ? a/release.yaml:6: the chart and values of this `HelmChart` are not evaluated
    ? a/release.yaml:6: the chart and values of this `HelmChart` are not evaluated
    ");
    let custom = "apiVersion: acme.test/v1\nkind: Shop\nmetadata: { name: shop }\nspec:\n  image: ghcr.io/acme/shop:1.0.0\n";
    assert_snapshot!(both(custom), @"
    ? a/release.yaml:5: `spec.image` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ? a/release.yaml:5: `spec.image` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ");
    let source = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: { name: shop }\nspec:\n  url: oci://ghcr.io/acme/shop\n";
    assert_snapshot!(both(source), @"
    ? a/release.yaml:1: without `ref`, Flux takes the tag `latest` of `ghcr.io/acme/shop`
    ? a/release.yaml:1: without `ref`, Flux takes the tag `latest` of `ghcr.io/acme/shop`
    ");
    let file = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: shop }\nspec:\n  source:\n    helm:\n      fileParameters: [ { name: image.tag, path: f } ]\n      valuesObject: { image: { repository: ghcr.io/acme/shop, tag: 2.0.0 } }\n";
    assert_snapshot!(both(file), @"
    ghcr.io/acme/shop:2.0.0 by a/release.yaml:8 (application)
    ? a/release.yaml:7: the parameter `image.tag` comes from a file, which is not read here
    ghcr.io/acme/shop:2.0.0 by a/release.yaml:8 (application)
    ? a/release.yaml:7: the parameter `image.tag` comes from a file, which is not read here
    ");
    assert_snapshot!(shop(&format!("--- a/app.yaml\n{file}"), "a"), @"a/app.yaml:7: the parameter `image.tag` comes from a file, which is not read here; name the folder of these files as `path` and the files under `values` in the configuration");
    let other = file.replace("image.tag", "tls.certificate");
    assert_snapshot!(both(&other), @"
    ghcr.io/acme/shop:2.0.0 by a/release.yaml:8 (application)
    ghcr.io/acme/shop:2.0.0 by a/release.yaml:8 (application)
    ");
}

#[test]
fn a_field_that_the_configuration_names_is_known() {
    let custom = "--- a/release.yaml\napiVersion: acme.test/v1\nkind: Shop\nmetadata: { name: shop }\nspec:\n  image: ghcr.io/acme/shop:1.0.0\n--- a/kustomization.yaml\nresources: [release.yaml]\nconfigurations: [images.yaml]\n--- a/images.yaml\nimages: [ { path: spec/image, kind: Shop } ]\n";
    assert_snapshot!(shown(custom, "a"), @"ghcr.io/acme/shop:1.0.0 by a/release.yaml:5 (manifest)");
}

#[test]
fn patches_and_components_in_other_files_are_named() {
    let flux = |options: &str| {
        format!(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{ name: shop }}\nspec:\n  {options}\n"
        )
    };
    let with = |options: &str| {
        format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{ name: shop }}\nspec:\n  source:\n    kustomize: {{ {options} }}\n"
        )
    };
    assert_snapshot!(both(&with("patches: [ { path: image.yaml } ]")), @"
    ? a/release.yaml:6: the patch `image.yaml` may set an image, and is not read here
    ? a/release.yaml:6: the patch `image.yaml` may set an image, and is not read here
    ");
    assert_snapshot!(both(&with("components: [ ../release ]")), @"
    ? a/release.yaml:6: the component `../release` may set images, and is not read here
    ? a/release.yaml:6: the component `../release` may set images, and is not read here
    ");
    assert_snapshot!(both(&flux("components: [ ../release ]")), @"
    ? a/release.yaml:5: the component `../release` may set images, and is not read here
    ? a/release.yaml:5: the component `../release` may set images, and is not read here
    ");
}

#[test]
fn every_field_of_a_custom_resource_that_may_be_an_image_is_named() {
    let custom = "apiVersion: acme.test/v1\nkind: Shop\nmetadata: { name: shop }\nspec:\n  image: ghcr.io/acme/shop:1.0.0\n";
    let split = custom.replace(
        "image: ghcr.io/acme/shop:1.0.0",
        "web: { image: { repository: ghcr.io/acme/shop, tag: 1.0.0 } }",
    );
    assert_snapshot!(both(&split), @"
    ? a/release.yaml:5: `spec.web.image` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ? a/release.yaml:5: `spec.web.image` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ");
    let unnamed = custom
        .replace("image: ghcr.io/acme/shop:1.0.0", "web: { repository: ghcr.io/acme/shop, tag: 1.0.0 }");
    assert_snapshot!(both(&unnamed), @"
    ? a/release.yaml:5: `spec.web` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ? a/release.yaml:5: `spec.web` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ");
    let named = custom.replace("image: ghcr.io", "containerImage: ghcr.io");
    assert_snapshot!(both(&named), @"
    ? a/release.yaml:5: `spec.containerImage` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ? a/release.yaml:5: `spec.containerImage` of this Shop may be an image (`ghcr.io/acme/shop:1.0.0`)
    ");
    for other in [
        "repository: acme/deploy",
        "chart: { repository: acme/charts, version: 1.0.0 }",
        "image: { url: 'https://a.test/x.png' }",
        "imagePullPolicy: Always",
    ] {
        let custom = custom.replace("image: ghcr.io/acme/shop:1.0.0", other);
        assert_eq!(both(&custom), "\n", "{other}");
    }
}
