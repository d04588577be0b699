use super::fixture::{
    BASE, DIGEST, OLD_DIGEST, diff, files, image, path, release, set, set_shop, shop, to, tree,
};
use crate::model::Writing;
use crate::overlay::{Overlays, Promotion, promote, running};

fn on_base(overlay: &str) -> String {
    format!("{BASE}--- production/kustomization.yaml\nresources: [../base]\n{overlay}")
}

#[test]
fn changes_a_quoted_tag_between_comments_and_nothing_else() {
    let repository = on_base(
        "# images are moved by towpath\nimages:\n  # the shop\n  - name: ghcr.io/acme/shop # ours\n    newTag: \"1.9.0\"   # keep the quotes\n  - name: envoy\n    newTag: \"1.31\"\n",
    );
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -    newTag: "1.9.0"   # keep the quotes
    +    newTag: "1.10.0"   # keep the quotes
    +    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn changes_a_flow_entry_between_carriage_returns() {
    let overlay = on_base("images: [{name: ghcr.io/acme/shop, newTag: '1.9.0'}]\n").replace('\n', "\r\n");
    let repository = overlay.replace("--- base/kustomization.yaml\r", "--- base/kustomization.yaml");
    let repository = repository.replace("--- base/deployment.yaml\r", "--- base/deployment.yaml");
    let repository =
        repository.replace("--- production/kustomization.yaml\r", "--- production/kustomization.yaml");
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -images: [{name: ghcr.io/acme/shop, newTag: '1.9.0'}]<CR>
    +images: [{name: ghcr.io/acme/shop, newTag: '1.10.0', digest: "sha256:1111111111111111111111111111111111111111111111111111111111111111"}]<CR>
    "#);
}

#[test]
fn adds_the_images_where_there_are_none() {
    insta::assert_snapshot!(set_shop(&on_base("namespace: shop\n"), "production"), @r#"
    production/kustomization.yaml
    +images:
    +- name: ghcr.io/acme/shop
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn adds_an_entry_beside_others_laid_out_like_them() {
    let repository = on_base("images:\n  - name: envoy\n    newTag: '1.31'\nnamespace: shop\n");
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    +  - name: ghcr.io/acme/shop
    +    newTag: '1.10.0'
    +    digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn gives_an_entry_with_a_digest_alone_its_tag() {
    let repository = on_base(&format!("images:\n- name: ghcr.io/acme/shop\n  digest: {OLD_DIGEST}\n"));
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -  digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn a_tag_alone_takes_the_digest_away() {
    let repository =
        on_base(&format!("images:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\n  digest: {OLD_DIGEST}\n"));
    insta::assert_snapshot!(diff(&repository, "production", &to("1.10.0", "")), @r#"
    production/kustomization.yaml
    -  newTag: 1.9.0
    -  digest: sha256:2222222222222222222222222222222222222222222222222222222222222222
    +  newTag: 1.10.0
    "#);
}

#[test]
fn a_digest_alone_takes_the_tag_away() {
    let repository = on_base("images:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\n");
    insta::assert_snapshot!(diff(&repository, "production", &to("", DIGEST)), @r#"
    production/kustomization.yaml
    -  newTag: 1.9.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn fills_a_tag_that_says_nothing() {
    let repository = on_base("images:\n- name: ghcr.io/acme/shop\n  newTag:\n");
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -  newTag:
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn finds_keys_in_any_case() {
    let repository = on_base("Images:\n- NAME: ghcr.io/acme/shop\n  newtag: 1.9.0\n");
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -  newtag: 1.9.0
    +  newtag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn changes_the_last_of_two_entries_that_match() {
    let repository = on_base(
        "images:\n- name: ghcr.io/acme/shop\n  newTag: '1'\n- name: ghcr.io/acme/shop\n  newTag: '2'\n",
    );
    insta::assert_snapshot!(set_shop(&repository, "production"), @r#"
    production/kustomization.yaml
    -  newTag: '2'
    +  newTag: '1.10.0'
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn changes_the_entry_that_gives_a_placeholder_its_name() {
    let repository = "\
--- base/kustomization.yaml
resources: [pod.yaml]
--- base/pod.yaml
spec: { containers: [ { image: SHOP_IMAGE } ] }
--- production/kustomization.yaml
resources: [../base]
images:
- name: SHOP_IMAGE
  newName: ghcr.io/acme/shop
  newTag: 1.9.0
";
    insta::assert_snapshot!(set_shop(repository, "production"), @r#"
    production/kustomization.yaml
    -  newTag: 1.9.0
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn writes_the_name_that_the_base_left() {
    let repository = "\
--- base/kustomization.yaml
resources: [pod.yaml]
images: [ { name: SHOP_IMAGE, newName: ghcr.io/acme/shop, newTag: 1.9.0 } ]
--- base/pod.yaml
spec: { containers: [ { image: SHOP_IMAGE } ] }
--- production/kustomization.yaml
resources: [../base]
";
    insta::assert_snapshot!(set_shop(repository, "production"), @r#"
    production/kustomization.yaml
    +images:
    +- name: ghcr.io/acme/shop
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn one_new_entry_reaches_uses_that_no_single_entry_reached() {
    let repository = "\
--- production/kustomization.yaml
resources: [pod.yaml]
images:
- name: SHOP_IMAGE
  newName: ghcr.io/acme/shop
  newTag: 1.9.0
--- production/pod.yaml
spec: { containers: [ { image: SHOP_IMAGE }, { image: 'ghcr.io/acme/shop:1.8.0' } ] }
";
    insta::assert_snapshot!(set_shop(repository, "production"), @r#"
    production/kustomization.yaml
    +- name: ghcr.io/acme/shop
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn names_what_lies_in_a_remote_base_by_its_own_entry() {
    let repository = "\
--- production/kustomization.yaml
resources: [ 'https://example.com/acme/shop//deploy?ref=v1' ]
images:
- name: ghcr.io/acme/shop
  newTag: 1.9.0
";
    insta::assert_snapshot!(shop(repository, "production"), @"ghcr.io/acme/shop:1.9.0 by production/kustomization.yaml:4");
    insta::assert_snapshot!(set_shop(repository, "production"), @r#"
    production/kustomization.yaml
    -  newTag: 1.9.0
    +  newTag: 1.10.0
    +  digest: sha256:1111111111111111111111111111111111111111111111111111111111111111
    "#);
}

#[test]
fn changes_nothing_where_the_image_runs_already() {
    let repository =
        on_base(&format!("images:\n- name: ghcr.io/acme/shop\n  newTag: 1.10.0\n  digest: {DIGEST}\n"));
    assert_eq!(set(&tree(&repository), "production", &to("1.10.0", DIGEST)), Ok(Vec::new()));
    assert_eq!(set(&tree(&on_base("")), "production", &to("", "")), Ok(Vec::new()));
}

#[test]
fn touches_only_the_environments_own_file() {
    let repository = on_base("");
    let edited = set(&tree(&repository), "production", &to("1.10.0", DIGEST)).unwrap();
    let paths: Vec<&str> = edited.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(paths, ["production/kustomization.yaml"]);
    assert_eq!(shop(&repository, "base"), "ghcr.io/acme/shop:0.1.0 by base/deployment.yaml:7");
}

#[test]
fn promotes_a_release_with_the_bytes_before_and_after() {
    let repository = on_base("");
    let before = tree(&repository);
    let (location, release) = (path("production").into(), release(&[("ghcr.io/acme/shop", "1.10.0")]));
    let promotion =
        Promotion { location: &location, release: &release, writing: Writing::default(), running: [].into() };
    let changes = promote(&before, &Overlays::default(), &promotion).unwrap();
    let [change] = changes.as_slice() else { panic!("one file: {changes:?}") };
    let old = files(&repository).remove("production/kustomization.yaml").unwrap();
    assert_eq!(change.old.as_deref(), Some(old.as_bytes()));
    let after = before.with_files(&[(change.path.clone(), change.new.clone().unwrap())]);
    let running = running(&after, &path("production").into(), &image("ghcr.io/acme/shop")).unwrap();
    assert_eq!(running.references()[0].to_string(), format!("ghcr.io/acme/shop:1.10.0@{DIGEST}"));
}
