//! Files and objects of Argo CD and Flux that set an image after the files of a folder.

use insta::assert_snapshot;

use super::fixture::{BASE, set_shop, shop, shown, tree};
use crate::model::ImageName;
use crate::overlay::{SearchError, object_overrides};

/// An overlay of the base, with a file of Argo CD beside its kustomization.
fn overlay(source: &str) -> String {
    let entry = "  - { name: ghcr.io/acme/shop, newTag: 1.9.0 }\n";
    format!(
        "{BASE}--- a/kustomization.yaml\nresources: [../base]\nimages:\n{entry}--- a/.argocd-source-shop.yaml\n{source}"
    )
}

#[test]
fn an_image_that_argo_cd_sets_last_is_not_what_the_kustomization_says() {
    let text = overlay("kustomize:\n  images:\n    - ghcr.io/acme/shop:1.8.0\n");
    assert_snapshot!(shop(&text, "a"), @"a/.argocd-source-shop.yaml:3: Argo CD applies this file after the kustomization, and it sets the image `ghcr.io/acme/shop`; delete the entry from that file, and stop the tool that writes it, such as Argo CD Image Updater");
    assert_eq!(set_shop(&text, "a"), shop(&text, "a"));
    assert!(shown(&text, "a").contains("\n? a/.argocd-source-shop.yaml:3: Argo CD applies this file"));
}

#[test]
fn the_file_of_all_applications_and_a_renamed_image_count_too() {
    let text = overlay("kustomize:\n  images:\n    - web=ghcr.io/acme/shop:1.8.0\n")
        .replace("-source-shop.yaml", "-source.yaml");
    assert_snapshot!(shop(&text, "a"), @"a/.argocd-source.yaml:3: Argo CD applies this file after the kustomization, and it sets the image `ghcr.io/acme/shop`; delete the entry from that file, and stop the tool that writes it, such as Argo CD Image Updater");
    let renamed = text
        .replace("web=ghcr.io/acme/shop:1.8.0", "web:1.8.0")
        .replace("image: ghcr.io/acme/shop:0.1.0", "image: web:0.1.0")
        .replace("{ name: ghcr.io/acme/shop,", "{ name: web, newName: ghcr.io/acme/shop,");
    assert_eq!(shop(&renamed, "a"), shop(&text, "a").replace("`ghcr.io/acme/shop`", "`web`"));
}

#[test]
fn other_images_and_other_settings_do_not_block() {
    for source in [
        "kustomize:\n  images: [envoy:1.31]\n",
        "kustomize:\n  namePrefix: a-\n",
        "helm:\n  parameters: [{ name: image.tag, value: 1.8.0 }]\n",
        "{ unreadable",
        "",
    ] {
        let found = shop(&overlay(source), "a");
        assert!(found.starts_with("ghcr.io/acme/shop:1.9.0 by"), "{source}: {found}");
        assert!(set_shop(&overlay(source), "a").contains("+"), "{source}");
    }
}

#[test]
fn patches_of_argo_cd_that_may_set_an_image_block_every_image() {
    let patch = "    - target: { kind: Deployment }\n      patch: '[{ op: replace, path: /spec/template/spec/containers/0/image, value: a }]'\n";
    let text = overlay(&format!("kustomize:\n  patches:\n{patch}"));
    assert_snapshot!(shop(&text, "a"), @"a/.argocd-source-shop.yaml:3: Argo CD applies the patches of this file after the kustomization, and they may set an image; delete the entry from that file, and stop the tool that writes it, such as Argo CD Image Updater");
    assert_eq!(set_shop(&text, "a"), shop(&text, "a"));
}

/// A chart whose values say what runs, with a file of Argo CD beside them.
fn chart(source: &str) -> String {
    let chart = "apiVersion: v2\nname: shop\nversion: 0.1.0\n";
    let values = "sidecar:\n  image: { repository: ghcr.io/acme/sidecar, tag: 1.0.0 }\nimage:\n  repository: ghcr.io/acme/shop\n  tag: 1.9.0\n";
    format!("--- a/Chart.yaml\n{chart}--- a/values.yaml\n{values}--- a/.argocd-source-shop.yaml\n{source}")
}

#[test]
fn a_helm_parameter_without_the_name_of_its_image_decides_the_value() {
    let text = chart("helm:\n  parameters:\n    - { name: image.tag, value: 1.8.0, forcestring: true }\n");
    assert_snapshot!(shop(&text, "a"), @"a/.argocd-source-shop.yaml:3: Argo CD applies this file after the values, and it sets the value `image.tag` in place of a/values.yaml:5; delete the entry from that file, and stop the tool that writes it, such as Argo CD Image Updater");
    for location in ["a", "a/values.yaml"] {
        assert_eq!(shop(&text, location), shop(&text, "a"));
        assert_eq!(set_shop(&text, location), shop(&text, "a"));
    }
    assert!(shown(&text, "a").contains("\n? a/.argocd-source-shop.yaml:3: Argo CD applies this file"));
}

#[test]
fn values_of_argo_cd_decide_as_parameters_do() {
    for source in [
        "helm:\n  valuesObject:\n    image: { tag: 1.8.0 }\n",
        "helm:\n  values: |\n    image:\n      tag: 1.8.0\n",
        "helm:\n  fileParameters: [{ name: image.tag, path: tag.txt }]\n",
    ] {
        let found = shop(&chart(source), "a");
        assert!(found.contains("sets the value `image.tag`"), "{source}: {found}");
    }
}

#[test]
fn the_parameter_of_another_image_does_not_block() {
    let text = chart("helm:\n  parameters: [{ name: sidecar.image.tag, value: 1.8.0 }]\n");
    assert_eq!(shop(&text, "a"), "ghcr.io/acme/shop:1.9.0 by a/values.yaml:5");
    assert!(set_shop(&text, "a").contains("+  tag: 1.10.0"));
}

#[test]
fn a_parameter_with_the_name_of_its_image_is_edited_beside_the_values() {
    let parameters = "    - { name: image.repository, value: ghcr.io/acme/shop }\n    - { name: image.tag, value: 1.9.0, forcestring: true }\n";
    let text = chart(&format!("helm:\n  parameters:\n{parameters}"));
    assert!(shop(&text, "a").starts_with("ghcr.io/acme/shop:1.9.0 by"));
    let edited = set_shop(&text, "a");
    assert!(edited.contains("a/.argocd-source-shop.yaml") && edited.contains("a/values.yaml"), "{edited}");
}

#[test]
fn objects_elsewhere_that_set_an_image_of_a_folder_are_found() {
    let application = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: shop }\nspec:\n  source:\n    path: a\n    kustomize: { images: ['ghcr.io/acme/shop:1.8.0'] }\n";
    let flux = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: apps }\nspec:\n  path: ./a\n  images:\n    - { name: ghcr.io/acme/shop, newTag: 1.8.0 }\n    - { name: envoy, newTag: '1.31' }\n";
    let other = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: { name: other }\nspec:\n  source: { path: b, helm: { parameters: [{ name: image.tag, value: '1' }] } }\n";
    let text = overlay("{}\n")
        + &format!("--- argocd/shop.yaml\n{application}--- clusters/apps.yaml\n{flux}--- z.yaml\n{other}");
    let tree = tree(&text);
    let image = ImageName::new("ghcr.io/acme/shop").unwrap();
    let found = object_overrides(&tree).unwrap().into_iter();
    let found = found.filter(|found| found.concerns(&tree, &super::fixture::path("a").into(), &image));
    let found: Vec<String> =
        found.map(|found| format!("{}:{}: {}", found.file, found.line, found.why)).collect();
    assert_snapshot!(found.join("\n"), @"
    argocd/shop.yaml:7: the Application `shop` deploys `a` and sets the image `ghcr.io/acme/shop` after the files of that folder
    clusters/apps.yaml:7: the Kustomization `apps` deploys `a` and sets the image `ghcr.io/acme/shop` after the files of that folder
    ");
}

#[test]
fn a_repository_with_too_many_files_is_not_searched() {
    let files = |count: usize| (0..count).map(|at| format!("--- {at}.yaml\n")).collect::<String>();
    assert_eq!(object_overrides(&tree(&files(10_000))), Ok(Vec::new()));
    assert_eq!(object_overrides(&tree(&files(10_001))), Err(SearchError::TooManyFiles { max: 10_000 }));
}
