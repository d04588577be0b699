//! Values that kustomize does not read as text, and keys that it does not know.

use super::fixture::{BASE, diff, image, path, release, shown, to, tree, unified};
use crate::model::{WriteMode, Writing};
use crate::overlay::{Overlays, Promotion, edit_kustomization, promote, running_if_quoted};

fn on_base(lines: &str) -> String {
    shown(&format!("{BASE}--- own/kustomization.yaml\nresources: [../base]\n{lines}"), "own")
}

fn entry(fields: &str) -> String {
    on_base(&format!("images:\n- name: ghcr.io/acme/shop\n  {fields}\n"))
}

#[test]
fn a_number_or_a_boolean_in_an_entry_is_refused_with_the_way_out() {
    insta::assert_snapshot!(entry("newTag: 1.10"), @r#"own/kustomization.yaml:4: kustomize reads `newTag: 1.10` as a number, but it needs text; put it in quotes: `newTag: "1.10"`"#);
    insta::assert_snapshot!(entry("newName: y"), @r#"own/kustomization.yaml:4: kustomize reads `newName: y` as a boolean, but it needs text; put it in quotes: `newName: "y"`"#);
    insta::assert_snapshot!(on_base("namespace: 2024"), @r#"own/kustomization.yaml:2: kustomize reads `namespace: 2024` as a number, but it needs text; put it in quotes: `namespace: "2024"`"#);
    insta::assert_snapshot!(on_base("crds: [a.yaml, 0x1f]"), @r#"own/kustomization.yaml:2: kustomize reads `0x1f` in `crds` as a number, but it needs text; put it in quotes: `"0x1f"`"#);
    insta::assert_snapshot!(on_base("labels:\n- pairs: { a: on }\n"), @r#"own/kustomization.yaml:3: kustomize reads `a: on` as a boolean, but it needs text; put it in quotes: `a: "on"`"#);
    insta::assert_snapshot!(on_base("labels:\n- pairs: { a: b }\n  includeSelectors: 'yes'\n"), @"own/kustomization.yaml:4: kustomize reads `includeSelectors: 'yes'` as text, but it needs `true` or `false`; write it as kustomize documents it");
    insta::assert_snapshot!(on_base("replicas: [{ name: a, count: 1.5 }]\n"), @"own/kustomization.yaml:2: kustomize reads `count: 1.5` as a number, but it needs a whole number; write it as kustomize documents it");
}

#[test]
fn an_unknown_key_or_another_kind_of_value_is_refused() {
    insta::assert_snapshot!(on_base("imagez: []"), @"own/kustomization.yaml:2: kustomize has no key `imagez` here; did you mean `images`?");
    insta::assert_snapshot!(entry("tag: '2'"), @"own/kustomization.yaml:4: kustomize has no key `tag` here; correct the key, or remove it");
    insta::assert_snapshot!(on_base("images: {}"), @"own/kustomization.yaml:2: `images` is a mapping, but kustomize needs a list; write it as kustomize documents it");
    insta::assert_snapshot!(on_base("patches: [a.yaml]"), @"own/kustomization.yaml:2: an item of `patches` is a single value, but kustomize needs a mapping; write it as kustomize documents it");
    insta::assert_snapshot!(on_base("kind: Kustomisation"), @"own/kustomization.yaml:2: `kind` is `Kustomisation`, but kustomize needs `Kustomization` or `Component` here; write it as kustomize documents it");
    insta::assert_snapshot!(on_base("apiVersion: v1"), @"own/kustomization.yaml:2: `apiVersion` is `v1`, but kustomize needs `kustomize.config.k8s.io/v1beta1` here; write it as kustomize documents it");
    insta::assert_snapshot!(entry("newTag: !!int '5'"), @"own/kustomization.yaml:4: `newTag: '5'` has a tag (`!…`) that is not evaluated; write the value without the tag");
}

#[test]
fn nothing_at_all_keeps_the_tag_of_the_base() {
    for nothing in ["", "~", "null", "Null", "NULL", "''", "!!str"] {
        let runs = entry(&format!("newTag: {nothing}"));
        assert!(runs.starts_with("ghcr.io/acme/shop:0.1.0 by base/deployment.yaml:7"), "{nothing}: {runs}");
    }
    let runs = entry("newTag: !!str null");
    assert!(runs.starts_with("ghcr.io/acme/shop:null by own/kustomization.yaml:4"), "{runs}");
}

fn edited(text: &str, requests: &[&str]) -> String {
    let requests: Vec<_> = requests.iter().map(|request| request.parse().unwrap()).collect();
    match edit_kustomization(text.as_bytes(), &requests) {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn an_edit_that_asks_for_the_same_text_puts_it_in_quotes() {
    for (before, request, after) in [
        ("newTag: 1.10", "app:1.10", "newTag: \"1.10\""),
        ("newTag: 1_000 # ours", "app:1_000", "newTag: \"1_000\" # ours"),
        ("newTag: 0123", "app:0123", "newTag: \"0123\""),
        ("newTag: 1e3", "app:1e3", "newTag: \"1e3\""),
        ("newTag: yes", "app:yes", "newTag: \"yes\""),
        ("newTag: ~", "app:null", "newTag: \"null\""),
        ("newTag: 1.10", "app:1.11", "newTag: \"1.11\""),
        ("newTag: 1.10", "app:v2", "newTag: v2"),
        ("newName: y", "app=y:*", "newName: \"y\""),
        ("newTag: '1.10'", "app:1.10", "newTag: '1.10'"),
        ("newTag: 1.10.0", "app:1.10.0", "newTag: 1.10.0"),
    ] {
        let text = |fields: &str| format!("images:\n- name: app\n  {fields}\n");
        assert_eq!(edited(&text(before), &[request]), text(after), "{before} with {request}");
    }
}

#[test]
fn an_edit_does_not_leave_a_file_that_kustomize_cannot_read() {
    let text = "images:\n- { name: app, newTag: 1.10 }\n- { name: web, newTag: 2.0 }\n";
    insta::assert_snapshot!(edited(text, &["app:1.10"]), @r#"3: kustomize reads `newTag: 2.0` as a number, but it needs text; put it in quotes: `newTag: "2.0"`"#);
    insta::assert_snapshot!(edited(text, &["app:1.10", "web:2.0"]), @r#"
    images:
    - { name: app, newTag: "1.10" }
    - { name: web, newTag: "2.0" }
    "#);
}

#[test]
fn a_promotion_sets_an_entry_that_lacks_quotes() {
    let own = |fields: &str| {
        format!(
            "{BASE}--- own/kustomization.yaml\nresources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  {fields}\n"
        )
    };
    insta::assert_snapshot!(diff(&own("newTag: 1.10"), "own", &to("1.11", "")), @r#"
    own/kustomization.yaml
    -  newTag: 1.10
    +  newTag: "1.11"
    "#);
    insta::assert_snapshot!(diff(&own("newTag: 1.10"), "own", &to("1.10", "")), @r#"
    own/kustomization.yaml
    -  newTag: 1.10
    +  newTag: "1.10"
    "#);
    let other = own("newTag: '1'\n- name: envoy\n  newTag: 1.30");
    insta::assert_snapshot!(diff(&other, "own", &to("1.11", "")), @r#"own/kustomization.yaml:6: kustomize reads `newTag: 1.30` as a number, but it needs text; put it in quotes: `newTag: "1.30"`"#);
}

#[test]
fn what_would_run_with_quotes_is_known_only_where_entries_of_the_images_lack_them() {
    let would_run = |lines: &str| {
        let tree = tree(&format!("{BASE}--- own/kustomization.yaml\nresources: [../base]\n{lines}"));
        let found = running_if_quoted(&tree, &path("own").into(), &[&image("ghcr.io/acme/shop")]).unwrap();
        found.map(|images| images.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    };
    let entry = "images:\n- name: ghcr.io/acme/shop\n  newTag: 1.10\n";
    assert_eq!(would_run(entry).as_deref(), Some("ghcr.io/acme/shop:1.10"));
    for other in [
        "images:\n- name: ghcr.io/acme/shop\n  newTag: '1.10'\n".to_owned(),
        format!("namespace: 2024\n{entry}"),
        format!("{entry}- name: envoy\n  newTag: 1.30\n"),
        "images:\n- name: ghcr.io/acme/shop\n  newName: y\n".to_owned(),
        "images:\n- name: envoy\n  newTag: 1.30\n".to_owned(),
    ] {
        assert_eq!(would_run(&other), None, "{other}");
    }
}

#[test]
fn a_promotion_of_several_images_quotes_all_of_them() {
    let text = format!(
        "{BASE}--- own/kustomization.yaml\nresources: [../base, web.yaml]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.10\n- name: ghcr.io/acme/web\n  newTag: 1.20\n--- own/web.yaml\napiVersion: v1\nkind: Pod\nmetadata: {{ name: web }}\nspec: {{ containers: [ {{ name: web, image: ghcr.io/acme/web }} ] }}\n"
    );
    let tree = tree(&text);
    let release = release(&[("ghcr.io/acme/shop", "1.30"), ("ghcr.io/acme/web", "1.30")]);
    let writing = Writing { mode: WriteMode::Tag, follow_ref: false };
    let location = path("own").into();
    let promotion = Promotion { location: &location, release: &release, writing, running: [].into() };
    let files = promote(&tree, &Overlays::default(), &promotion).unwrap();
    let diff: String =
        files.iter().map(|file| unified(&tree, &file.path, file.new.as_deref().unwrap())).collect();
    insta::assert_snapshot!(diff, @r#"
    own/kustomization.yaml
    -  newTag: 1.10
    +  newTag: "1.30"
    -  newTag: 1.20
    +  newTag: "1.30"
    "#);
}
