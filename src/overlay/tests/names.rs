//! One image under several names, names that bring a tag, and images that stand where nothing looks.

use insta::assert_snapshot;

use super::fixture::{image, path, set_shop, shop, shown, to, tree, unified};
use crate::overlay::{ImageEdit, Overlays, edit_kustomization, running, set_image};

const POSTGRES: &str = "docker.io/library/postgres";

fn runs(repository: &str, name: &str) -> String {
    match running(&tree(repository), &path("a").into(), &image(name)) {
        Ok(running) => running.images[0].reference.to_string(),
        Err(error) => error.to_string(),
    }
}

fn diff_of(repository: &str, name: &str) -> String {
    let tree = tree(repository);
    match set_image(&tree, &Overlays::default(), &path("a").into(), &image(name), &to("17.1", "")) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&tree, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

/// A pod with containers of these images, and `images` with these entries.
fn overlay(images: &[&str], entries: &str) -> String {
    let containers: String = images.iter().map(|image| format!("    - image: {image}\n")).collect();
    format!(
        "--- a/kustomization.yaml\nresources: [pod.yaml]\nimages:\n{entries}--- a/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{ name: x }}\nspec:\n  containers:\n{containers}"
    )
}

#[test]
fn an_image_of_docker_hub_is_found_under_each_of_its_names() {
    for written in ["postgres", "library/postgres", "docker.io/postgres", POSTGRES] {
        let entry = format!("- name: {written}\n  newTag: \"16.0\"\n");
        let repository = overlay(&[&format!("{written}:15")], &entry);
        for configured in ["postgres", POSTGRES] {
            assert_eq!(runs(&repository, configured), format!("{configured}:16.0"), "{written}");
            let edited = "a/kustomization.yaml\n-  newTag: \"16.0\"\n+  newTag: \"17.1\"\n";
            assert_eq!(diff_of(&repository, configured), edited, "{written}");
        }
    }
    let manifest = overlay(&["postgres:16.0"], "- { name: other, newTag: x }\n");
    assert_snapshot!(diff_of(&manifest, POSTGRES), @r#"
    a/kustomization.yaml
    +- name: postgres
    +  newTag: "17.1"
    "#);
}

#[test]
fn each_name_that_is_in_use_gets_an_entry_since_kustomize_compares_the_text() {
    let both = overlay(
        &["postgres:16.0", "docker.io/library/postgres:16.0"],
        "- { name: postgres, newTag: '16.0' }\n",
    );
    assert_snapshot!(runs(&both, "postgres"), @"postgres:16.0");
    assert_snapshot!(diff_of(&both, POSTGRES), @"
    a/kustomization.yaml
    -- { name: postgres, newTag: '16.0' }
    +- { name: postgres, newTag: '17.1' }
    +- name: docker.io/library/postgres
    +  newTag: '17.1'
    ");
    let differ = overlay(&["postgres:16.0", "docker.io/library/postgres:15"], "- { name: x, newTag: '1' }\n");
    assert_snapshot!(runs(&differ, "postgres"), @"a/pod.yaml:7: `docker.io/library/postgres:15` runs here, but `postgres:16.0` runs by a/pod.yaml:6; set both with one entry of the overlay's own `images`");
}

#[test]
fn a_new_name_with_a_tag_gives_way_to_the_tag_that_is_set() {
    let entry = "- name: web\n  newName: ghcr.io/acme/shop:1.9.0\n";
    let untagged = overlay(&["web"], entry);
    assert_snapshot!(shown(&untagged, "a"), @"ghcr.io/acme/shop:1.9.0 by a/pod.yaml:6 (manifest)");
    assert_snapshot!(set_shop(&untagged, "a"), @"
    a/kustomization.yaml
    -  newName: ghcr.io/acme/shop:1.9.0
    +  newName: ghcr.io/acme/shop
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    assert_snapshot!(shown(&overlay(&["web:0.9"], entry), "a"), @"? a/kustomization.yaml:4: `ghcr.io/acme/shop:1.9.0:0.9` has two tags; write a tag without `:`, and a name such as `newName` without a tag");
    assert_snapshot!(set_shop(&overlay(&["web:0.9"], entry), "a"), @"a/kustomization.yaml:4: `ghcr.io/acme/shop:1.9.0:0.9` has two tags; write a tag without `:`, and a name such as `newName` without a tag; write the whole image, or give it a name and tag in `images`");
}

/// The kustomization after `towpath edit set-image` with a request, or why not.
fn edited(text: &str, request: &str) -> String {
    let request: Result<ImageEdit, _> = request.parse();
    match request {
        Ok(request) => String::from_utf8(edit_kustomization(text.as_bytes(), &[request]).unwrap()).unwrap(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_edit_never_puts_a_tag_behind_another_one() {
    let text = "images:\n- name: web\n  newName: reg/web:1.0.0 # ours\n";
    for (request, expected) in [
        ("web=*:1.1.0", "images:\n- name: web\n  newName: reg/web # ours\n  newTag: 1.1.0\n"),
        ("web:1.1.0", "images:\n- name: web\n  newName: reg/web # ours\n  newTag: 1.1.0\n"),
        ("web=reg/other:1.1.0", "images:\n- name: web\n  newName: reg/other # ours\n  newTag: 1.1.0\n"),
        ("web=*:*", text),
    ] {
        assert_eq!(edited(text, request), expected, "{request}");
    }
}

#[test]
fn a_new_name_that_looks_like_a_tag_is_refused() {
    for request in ["app=1.2.0", "app=v1.2", "app=7", "app=2024-01-01", "app=latest", "app=1.2.0-rc.1"] {
        let refused = edited("images: []\n", request);
        assert!(refused.contains("looks like a tag; did you mean `app:"), "{request}: {refused}");
    }
    for request in [
        "app=nginx",
        "app=v2ray",
        "app=1password",
        "app=docker.io/library/1.2.0",
        "app=reg/1.2",
        "app=*:1.2.0",
    ] {
        let taken = edited("images: []\n", request);
        assert!(taken.starts_with("images:"), "{request}: {taken}");
    }
    assert_snapshot!(edited("", "app=1.2.0"), @"`app=1.2.0`: `1.2.0` would be the new name of the image, and looks like a tag; did you mean `app:1.2.0`? (an image of that name is `docker.io/library/1.2.0`); write `name:tag`, `name@digest`, `name=newname`, or `name=newname:tag@digest`");
}

#[test]
fn the_images_of_fluxs_kustomization_are_read_and_set() {
    let flux = |entry: &str| {
        format!(
            "--- a/apps.yaml\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {{ name: apps }}\nspec:\n  path: ./apps\n  images:\n{entry}"
        )
    };
    let tag = flux("    - name: ghcr.io/acme/shop\n      newTag: \"1.9.0\" # by Towpath\n");
    assert_snapshot!(shown(&tag, "a"), @"ghcr.io/acme/shop:1.9.0 by a/apps.yaml:8 (flux-kustomization)");
    assert_snapshot!(set_shop(&tag, "a"), @r#"
    a/apps.yaml
    -      newTag: "1.9.0" # by Towpath
    +      newTag: "1.10.0" # by Towpath
    +      digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
    let renamed = flux(
        "    - name: shop\n      newName: ghcr.io/acme/shop\n      newTag: 1.9.0\n      digest: sha256:2222222222222222222222222222222222222222222222222222222222222222\n",
    );
    assert_snapshot!(set_shop(&renamed, "a"), @"
    a/apps.yaml
    -      newTag: 1.9.0
    -      digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    +      newTag: 1.10.0
    +      digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    assert_snapshot!(set_shop(&flux("    - name: shop\n      newName: ghcr.io/acme/shop\n"), "a"), @"
    a/apps.yaml
    +      newTag: 1.10.0
    +      digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    ");
    let other = "--- a/x.yaml\napiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages: [{ name: ghcr.io/acme/shop, newTag: '1' }]\n";
    assert_snapshot!(shop(other, "a"), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay; a/x.yaml:3 names it, but in no form that is known; declare it with `set` in the configuration");
}

#[test]
fn an_image_that_nothing_shows_is_looked_for_in_the_files_themselves() {
    let custom = "--- a/kustomization.yaml\nresources: [app.yaml]\n--- a/app.yaml\napiVersion: acme.dev/v1\nkind: App\nmetadata: { name: shop }\nspec:\n  image: ghcr.io/acme/shop:1.9.0\n";
    assert_snapshot!(shop(custom, "a"), @"a/kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/app.yaml:5: `spec.image` of this App may be an image (`ghcr.io/acme/shop:1.9.0`)); a/app.yaml:5 names it, but kustomize's `images` does not reach that place; add it with `configurations`, or declare it with `set` in the configuration");
    let marked = custom.replace("shop:1.9.0", "shop:1.9.0 # {\"$imagepolicy\": \"flux-system:shop\"}");
    assert_snapshot!(shop(&marked, "a"), @"a/kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/app.yaml:5: `spec.image` of this App may be an image (`ghcr.io/acme/shop:1.9.0`)); a/app.yaml:5 names it with a marker, so write `marker: NAMESPACE:NAME` in the configuration");
    let similar = custom.replace("acme/shop:", "acme/shop-worker:");
    assert_snapshot!(shop(&similar, "a"), @"a/kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay, as far as it can be evaluated (a/app.yaml:5: `spec.image` of this App may be an image (`ghcr.io/acme/shop-worker:1.9.0`)); name it in a manifest or in `images`, or declare where it stands with `set` in the configuration");
    let values = "--- a/values.yaml\nrunner:\n  uses: ghcr.io/acme/shop:1.9.0\n";
    assert_snapshot!(shop(values, "a"), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay; a/values.yaml:2 names it, but in no form that is known; declare it with `set` in the configuration");
    assert_snapshot!(shop("--- a/values.yaml\na: 1\n", "a"), @"a: the image `ghcr.io/acme/shop` is nowhere in this overlay; name it there, or declare where it stands with `set` or a `marker` in the configuration");
}
