//! Images of Flux and Argo CD objects that a shared base sets: the environment gets patches of its own.

use insta::assert_snapshot;

use super::fixture::{DIGEST, image, overlays, path, release, to, tree, unified};
use super::objects::{MERGE, repository};
use crate::model::{Tree, WriteMode, Writing};
use crate::overlay::{Promotion, promote, set_image};

/// A release that two images share, in a base that another environment reads.
const TWO_IMAGES: &str = "\
--- base/kustomization.yaml
resources: [release.yaml]
--- base/release.yaml
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: { name: shop }
spec:
  values:
    image: { repository: ghcr.io/acme/shop, tag: 1.8.0 }
    worker:
      image: { repository: ghcr.io/acme/worker, tag: 1.8.0 }
--- production/kustomization.yaml
resources: [../base]
--- staging/kustomization.yaml
resources: [../base]
";

/// The diff of a promotion of some images to 1.10.0 in production, or why it is refused.
fn promoted(repository: &str, names: &[&str]) -> String {
    let before = tree(repository);
    let overlays = overlays(repository, &["production", "staging"]);
    let images: Vec<(&str, &str)> = names.iter().map(|name| (*name, "1.10.0")).collect();
    let release = release(&images);
    let location = path("production").into();
    let writing = Writing { mode: WriteMode::Digest, follow_ref: false };
    let promotion = Promotion { location: &location, release: &release, writing, running: [].into() };
    match promote(&before, &overlays, &promotion) {
        Ok(files) => {
            files.iter().map(|file| unified(&before, &file.path, file.new.as_ref().unwrap())).collect()
        }
        Err(error) => error.to_string(),
    }
}

/// A repository after a diff of whole new files and one of the kustomization.
fn with_own_patch(patch: &str) -> String {
    let own = "--- production/kustomization.yaml\nresources: [../base]\n";
    let listed = format!("{own}patches:\n- path: patch-helmrelease-shop.yaml\n");
    format!("{}--- production/patch-helmrelease-shop.yaml\n{patch}", TWO_IMAGES.replace(own, &listed))
}

const OWN_PATCH: &str = "\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata:
  name: shop
spec:
  values:
    image:
      tag: 1.10.0 # ours
";

#[test]
fn two_images_of_one_release_go_into_one_patch() {
    assert_snapshot!(promoted(TWO_IMAGES, &["ghcr.io/acme/shop", "ghcr.io/acme/worker"]), @"
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
    +    worker:
    +      image:
    +        tag: 1.10.0
    ");
    assert_snapshot!(promoted(&with_own_patch(OWN_PATCH), &["ghcr.io/acme/worker"]), @"
    production/patch-helmrelease-shop.yaml
    +    worker:
    +      image:
    +        tag: 1.10.0
    ");
}

#[test]
fn a_patch_file_of_another_object_or_of_others_is_left_alone() {
    let other = OWN_PATCH.replace("name: shop", "name: other").replace("tag: 1.10.0 # ours", "note: x");
    let unlisted = TWO_IMAGES.to_owned() + "--- production/patch-helmrelease-shop.yaml\n" + &other;
    assert_snapshot!(promoted(&unlisted, &["ghcr.io/acme/worker"]), @"
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-shop-2.yaml
    production/patch-helmrelease-shop-2.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +spec:
    +  values:
    +    worker:
    +      image:
    +        tag: 1.10.0
    ");
    let shared = with_own_patch(OWN_PATCH)
        + "--- qa/kustomization.yaml\nresources: [../base]\npatches: [ { path: ../production/patch-helmrelease-shop.yaml } ]\n";
    let diff = promoted(&shared, &["ghcr.io/acme/worker"]);
    assert!(diff.contains("\nproduction/patch-helmrelease-shop-2.yaml\n"), "{diff}");
}

#[test]
fn objects_of_one_name_in_two_namespaces_get_a_patch_each() {
    let release = |namespace: &str, values: &str| {
        format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{ name: shop, namespace: {namespace} }}\nspec: {{ values: {{ {values} }} }}\n"
        )
    };
    let image = "image: { repository: ghcr.io/acme/shop, tag: 1.8.0 }";
    let (one, two) = (release("one", image), release("two", &format!("web: {{ {image} }}")));
    let repository = format!(
        "--- base/kustomization.yaml\nresources: [one.yaml, two.yaml]\n--- base/one.yaml\n{one}--- base/two.yaml\n{two}--- production/kustomization.yaml\nresources: [../base]\n--- staging/kustomization.yaml\nresources: [../base]\n"
    );
    assert_snapshot!(promoted(&repository, &["ghcr.io/acme/shop"]), @"
    production/patch-helmrelease-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +  namespace: one
    +spec:
    +  values:
    +    image:
    +      tag: 1.10.0
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-shop.yaml
    +- path: patch-helmrelease-shop-two.yaml
    production/patch-helmrelease-shop-two.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: shop
    +  namespace: two
    +spec:
    +  values:
    +    web:
    +      image:
    +        tag: 1.10.0
    ");
}

#[test]
fn two_copies_of_a_base_get_a_patch_each_by_the_names_that_tell_them_apart() {
    let copy =
        |name: &str| format!("--- {name}/kustomization.yaml\nresources: [../base]\nnamePrefix: {name}-\n");
    let own = "--- production/kustomization.yaml\nresources: [../base]\n";
    let both = own.replace("[../base]", "[../blue, ../green]");
    let repository = TWO_IMAGES.replace(own, &both) + &copy("blue") + &copy("green");
    assert_snapshot!(promoted(&repository, &["ghcr.io/acme/shop"]), @"
    production/patch-helmrelease-blue-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: blue-shop
    +spec:
    +  values:
    +    image:
    +      tag: 1.10.0
    production/kustomization.yaml
    +patches:
    +- path: patch-helmrelease-blue-shop.yaml
    +- path: patch-helmrelease-green-shop.yaml
    production/patch-helmrelease-green-shop.yaml
    +apiVersion: helm.toolkit.fluxcd.io/v2
    +kind: HelmRelease
    +metadata:
    +  name: green-shop
    +spec:
    +  values:
    +    image:
    +      tag: 1.10.0
    ");
}

#[test]
fn the_own_kustomization_is_edited_without_a_look_at_the_others() {
    let repository = repository("", MERGE, "");
    let whole = tree(&repository);
    let mut partial = Tree::new(whole.commit().clone(), whole.entries().clone());
    for (path, entry) in whole.entries().iter().filter(|(path, _)| !path.as_str().starts_with("staging/")) {
        partial.add_blob(entry.blob, whole.read(path).unwrap().into());
    }
    let known = overlays(&repository, &["production"]);
    let shop = image("ghcr.io/acme/shop");
    let edited =
        set_image(&partial, &known, &path("production").into(), &shop, &to("1.10.0", DIGEST)).unwrap();
    assert_eq!(edited.len(), 1, "{edited:?}");
}
