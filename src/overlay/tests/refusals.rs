use super::fixture::{BASE, DEPLOYMENT, path, set_shop, shop, shown, tree_of};
use crate::overlay::{BYTES_READ_MAX, FILES_MAX, FOLDER_DEPTH_MAX, resolve};

/// Why the shop cannot be set in a kustomization on top of the base.
fn refused(kustomization: &str) -> String {
    set_shop(&format!("{BASE}--- own/kustomization.yaml\n{kustomization}"), "own")
}

#[test]
fn two_kustomizations_in_one_folder() {
    let both = format!("{BASE}--- own/kustomization.yml\na: 1\n--- own/Kustomization\na: 1\n");
    insta::assert_snapshot!(shop(&both, "own"), @"own/kustomization.yml: `Kustomization` stands beside it, and kustomize takes only one; delete one of the two");
}

#[test]
fn no_kustomization_at_all() {
    insta::assert_snapshot!(shop(BASE, "own"), @"own/kustomization.yaml: there is no kustomization in this folder; add one, or correct the path that leads here");
    insta::assert_snapshot!(refused(""), @"own/kustomization.yaml: the kustomization is empty; write `resources:` and what belongs to it");
    insta::assert_snapshot!(refused("- base\n"), @"own/kustomization.yaml:1: a kustomization is a mapping; write `resources:` and what belongs to it");
}

#[test]
fn keys_that_stand_twice() {
    insta::assert_snapshot!(refused("resources: [../base]\nimages: []\nimages: []\n"), @"own/kustomization.yaml:3: the key `images` occurs twice; delete one of the two");
    insta::assert_snapshot!(refused("resources: [../base]\nimages: []\nImages: []\n"), @"own/kustomization.yaml:3: the key `Images` occurs twice; delete one of the two");
    insta::assert_snapshot!(refused("images:\n- name: ghcr.io/acme/shop\n  newTag: '1'\n  newtag: '2'\n"), @"own/kustomization.yaml:4: the key `newtag` occurs twice; delete one of the two");
}

#[test]
fn a_second_document() {
    insta::assert_snapshot!(refused("resources: [../base]\n---\nimages: []\n"), @"own/kustomization.yaml:3: a second document, which kustomize ignores; keep one document in a file");
}

#[test]
fn entries_that_share_with_others() {
    insta::assert_snapshot!(refused("commonLabels: &e { name: a }\nimages:\n- *e\n"), @"own/kustomization.yaml:3: this entry of `images` is an alias (`*…`); write it out");
    insta::assert_snapshot!(refused("commonLabels: &e { name: a }\nimages:\n- <<: *e\n  newTag: '1'\n"), @"own/kustomization.yaml:3: this entry of `images` has a merge key (`<<`); write it out");
    insta::assert_snapshot!(refused("nameSuffix: &t '1'\nimages:\n- name: a\n  newTag: *t\n"), @"own/kustomization.yaml:4: `newTag` is not a plain string; write the value itself here, on one line");
    insta::assert_snapshot!(refused("crds: &i []\nimages: *i\n"), @"own/kustomization.yaml:2: `images` is an alias (`*…`); write it out");
    insta::assert_snapshot!(
        refused("resources: [../base]\nimages:\n- &e\n  name: ghcr.io/acme/shop\n  newTag: '1'\n"), @"own/kustomization.yaml:4: an anchor (`&…`), so other places would change with this one; write it without the anchor");
    insta::assert_snapshot!(
        refused("resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: &t '1'\n"), @"own/kustomization.yaml:4: the value has an anchor (`&…`), so other places would change with it; write the value without it");
    insta::assert_snapshot!(refused("<<: { resources: [../base] }\n"), @"own/kustomization.yaml:1: the kustomization has a merge key (`<<`); write it out");
}

#[test]
fn entries_that_cannot_be_understood() {
    insta::assert_snapshot!(refused("images:\n- name: .*shop\n  newTag: '1'\n"), @"own/kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay; name it in a manifest or in `images`, or declare where it stands with `set` in the configuration");
    insta::assert_snapshot!(refused("images:\n- newTag: '1'\n"), @"own/kustomization.yaml: the image `ghcr.io/acme/shop` is nowhere in this overlay; name it in a manifest or in `images`, or declare where it stands with `set` in the configuration");
    insta::assert_snapshot!(refused("images:\n- shop\n"), @"own/kustomization.yaml:2: an item of `images` is a single value, but kustomize needs a mapping; write it as kustomize documents it");
    insta::assert_snapshot!(refused("images: shop\n"), @"own/kustomization.yaml:1: `images` is a single value, but kustomize needs a list; write it as kustomize documents it");
    insta::assert_snapshot!(refused("images:\n- name: [a]\n"), @"own/kustomization.yaml:2: `name` is a list, but kustomize needs text; write it as kustomize documents it");
}

#[test]
fn a_tag_suffix() {
    let own = "resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: '1'\n  tagSuffix: -x\n";
    insta::assert_snapshot!(refused(own), @"own/kustomization.yaml:5: a `tagSuffix`, which kustomize may append to the tag twice; put the suffix into `newTag` and delete it here");
    let alone = "resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  tagSuffix: -x\n";
    insta::assert_snapshot!(refused(alone), @"own/kustomization.yaml:4: a `tagSuffix`, which kustomize may append to the tag twice; put the suffix into `newTag` and delete it here");
}

#[test]
fn templates() {
    insta::assert_snapshot!(refused("resources: [../base]\nnamePrefix: {{ .Values.prefix }}\n"), @"own/kustomization.yaml:2: the file is a template; keep what the template makes in the repository");
    insta::assert_snapshot!(refused("{{ if .x }}\nresources: [../base]\n{{ end }}\n"), @"own/kustomization.yaml:2: the file is a template, not YAML (did not find expected <document start>); keep what the template makes in the repository");
    insta::assert_snapshot!(refused("{% if x %}\nresources: [../base]\n"), @"own/kustomization.yaml:1: the file is a template, not YAML (unexpected character: `%'); keep what the template makes in the repository");
    insta::assert_snapshot!(refused("images:\n- name: shop\n  newTag: '{{ tag }}'\n"), @"own/kustomization.yaml:3: `newTag` is a template; write the value itself here, on one line");
    insta::assert_snapshot!(refused("resources:\n- '{{ base }}'\n"), @"own/kustomization.yaml:2: this item of `resources` is not a plain path; write it as kustomize documents it");
}

#[test]
fn links_that_lead_nowhere_or_out() {
    insta::assert_snapshot!(refused("resources: [../../other]\n"), @"own/kustomization.yaml:1: `../../other` leads out of the repository; keep what it needs inside of the repository");
    insta::assert_snapshot!(refused("resources: [/etc]\n"), @"own/kustomization.yaml:1: `/etc` leads out of the repository; keep what it needs inside of the repository");
    insta::assert_snapshot!(refused("resources: [gone.yaml]\n"), @"own/kustomization.yaml:1: `gone.yaml` does not exist; correct the path, or add the file");
    insta::assert_snapshot!(refused("resources: [{ a: b }]\n"), @"own/kustomization.yaml:1: an item of `resources` is a mapping, but kustomize needs text; write it as kustomize documents it");
    insta::assert_snapshot!(refused("components: [../base/deployment.yaml]\n"), @"own/kustomization.yaml:1: the component `../base/deployment.yaml` is a file; write the path of its folder");
}

#[test]
fn links_and_submodules() {
    let own = "--- own/kustomization.yaml\nresources: [../base]\n";
    insta::assert_snapshot!(shop(&format!("{own}--- base -> link\n/etc\n"), "own"), @"own/kustomization.yaml:1: `../base` leads to a symbolic link, which is never followed; put a real file or folder there");
    insta::assert_snapshot!(shop(&format!("{own}--- base -> submodule\n\n"), "own"), @"own/kustomization.yaml:1: `../base` leads to a submodule, which is never entered; put a real file or folder there");
    insta::assert_snapshot!(shop("--- own/kustomization.yaml -> link\n../x\n", "own"), @"own/kustomization.yaml: this is, or lies behind, a symbolic link, which is never followed; put a real file or folder there");
    insta::assert_snapshot!(shop("--- own -> link\n../x\n", "own"), @"own/kustomization.yaml: this is, or lies behind, a symbolic link, which is never followed; put a real file or folder there");
    let below = "--- own/kustomization.yaml\nresources: [../base/deployment.yaml]\n--- base -> link\nx\n";
    insta::assert_snapshot!(shop(below, "own"), @"own/kustomization.yaml:1: `../base/deployment.yaml` leads to a symbolic link, which is never followed; put a real file or folder there");
}

#[test]
fn circles() {
    insta::assert_snapshot!(shop("--- a/kustomization.yaml\nresources: [../a]\n", "a"), @"a/kustomization.yaml:1: `../a` leads back here in a circle; remove one of the links");
    let two = "--- a/kustomization.yaml\nresources: [../b]\n--- b/kustomization.yaml\ncomponents: [../a]\n";
    insta::assert_snapshot!(shop(two, "a"), @"b/kustomization.yaml:1: `../a` leads back here in a circle; remove one of the links");
}

#[test]
fn bytes_that_are_no_text() {
    let with = |bytes: &[u8]| {
        let tree = tree_of(&[("kustomization.yaml".to_owned(), bytes.to_vec())].into());
        resolve(&tree, &path("").into()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(with(b"a: b\nc: \xff\n"), @"kustomization.yaml:2: this is not YAML: a byte that is not UTF-8; save the file as UTF-8");
    insta::assert_snapshot!(with(b"a: b\0\n"), @"kustomization.yaml:1: this is not YAML: a NUL byte; this is not a YAML text");
    insta::assert_snapshot!(with(&vec![b' '; (1 << 20) + 1]), @"kustomization.yaml:1: this is not YAML: the file has 1048577 bytes; at most 1048576 are read");
}

#[test]
fn chains_that_are_too_deep() {
    let folder = |n: usize| format!("--- f{n}/kustomization.yaml\nresources: [../f{}]\n", n + 1);
    let chain: String = (0..=FOLDER_DEPTH_MAX).map(folder).collect();
    insta::assert_snapshot!(shop(&chain, "f0"), @"f31/kustomization.yaml:1: more than 32 folders lead to each other; split the overlay");
}

#[test]
fn more_files_or_bytes_than_are_read() {
    let many = "- ../base/deployment.yaml\n".repeat(FILES_MAX);
    let text = format!("{DEPLOYMENT}--- own/kustomization.yaml\nresources:\n{many}");
    insta::assert_snapshot!(shop(&text, "own"), @"base/deployment.yaml: the overlay leads to more than 2000 files; split the overlay");
    let entries = "- { name: a, newTag: b }\n".repeat(3_000);
    insta::assert_snapshot!(shop(&format!("--- own/kustomization.yaml\nimages:\n{entries}"), "own"), @"own/kustomization.yaml: the overlay has too many images and entries of `images`; split the overlay");
    let large = 1 << 20;
    let times = "- large.yaml\n".repeat(BYTES_READ_MAX / large + 1);
    let files = [
        ("kustomization.yaml".to_owned(), format!("resources:\n{times}").into_bytes()),
        ("large.yaml".to_owned(), vec![b'#'; large]),
    ];
    let error = resolve(&tree_of(&files.into()), &path("").into()).unwrap_err();
    insta::assert_snapshot!(error, @"large.yaml: the overlay leads to files of more than 32 MiB; split the overlay");
}

#[test]
fn a_component_among_the_resources_and_the_other_way_round() {
    let component = "--- part/kustomization.yaml\nkind: Component\nnamePrefix: a-\n--- whole/kustomization.yaml\nnamespace: a\n";
    let with = |own: &str| shop(&format!("{component}--- own/kustomization.yaml\n{own}"), "own");
    insta::assert_snapshot!(with("resources: [../part]\n"), @"own/kustomization.yaml:1: `../part` is a component; list a `kind: Component` folder under `components`, all else under `resources`");
    insta::assert_snapshot!(with("components: [../whole]\n"), @"own/kustomization.yaml:1: `../whole` is no component; list a `kind: Component` folder under `components`, all else under `resources`");
}

#[test]
fn patterns_that_are_none() {
    insta::assert_snapshot!(refused("images:\n- name: (\n  newTag: '1'\n"), @"own/kustomization.yaml:2: the image name `(` is not a supported regular expression; write a plain name, or correct the expression");
    insta::assert_snapshot!(refused("patches:\n- target: { kind: '(' }\n  patch: 'a: b'\n"), @"own/kustomization.yaml:2: `kind` is not a valid pattern; write a plain name, or correct the expression");
    insta::assert_snapshot!(refused("images:\n- name: '(a{1000}){1000}'\n  newTag: '1'\n"), @"own/kustomization.yaml:2: the image name `(a{1000}){1000}` is not a supported regular expression; write a plain name, or correct the expression");
}

#[test]
fn ten_thousand_levels_and_aliases_without_end() {
    let deep = format!("images: {}\n", "[".repeat(10_000));
    insta::assert_snapshot!(refused(&deep), @"own/kustomization.yaml:1: this is not YAML: recursion limit exceeded; correct the file");
    let aliases = format!("a: &a b\nc: [{}]\n", "*a, ".repeat(10_001));
    insta::assert_snapshot!(refused(&aliases), @"own/kustomization.yaml:2: this is not YAML: more than 10000 aliases; correct the file");
}

/// Documents that grow by their aliases, each level of which holds the one before it several times.
fn bomb(wrap: &str, levels: usize) -> String {
    let level = |n: usize| format!("l{n}: &l{n} {}\n", wrap.replace("*_", &format!("*l{}", n - 1)));
    format!("image: x\nl0: &l0 x\n{}", (1..levels).map(level).collect::<String>())
}

#[test]
fn aliases_that_grow_a_manifest_are_named() {
    let with = |manifest: &str| {
        shown(&format!("--- kustomization.yaml\nresources: [m.yaml]\n--- m.yaml\n{manifest}"), "")
    };
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    insta::assert_snapshot!(first(with(&bomb("[*_, *_, *_, *_, *_, *_, *_, *_, *_]", 9))), @"? m.yaml:9: its aliases make the file too large or too deep");
    insta::assert_snapshot!(first(with(&bomb("[[[[[[[[[[*_]]]]]]]]]]", 100))), @"? m.yaml:15: its aliases make the file too large or too deep");
}

#[test]
fn patches_and_replacements_that_grow_without_end_are_named() {
    let own = "resources: [../base]\npatches:\n- target: { kind: Deployment }\n  path: grow.yaml\n";
    let copies: String =
        (0..40).map(|n| format!("- {{ op: copy, from: /spec, path: /spec/x{n} }}\n")).collect();
    let text = format!("{BASE}--- own/kustomization.yaml\n{own}--- own/grow.yaml\n{copies}# image\n");
    insta::assert_snapshot!(shop(&text, "own"), @"own/kustomization.yaml:3: this item of `patches` is not evaluated: it makes the resource too large or too deep; set the image in the `images` of the overlay instead");
    let item = "- source: { kind: Deployment, fieldPath: spec.template.spec.containers.0.image }\n  targets: [ { select: { kind: Deployment }, fieldPaths: [ spec.template.spec.containers.0.image ], options: { delimiter: ':', index: -1 } } ]\n";
    let own = format!("resources: [../base]\nreplacements:\n{}", item.repeat(40));
    let last = shown(&format!("{BASE}--- own/kustomization.yaml\n{own}"), "own");
    assert!(
        last.contains("this item of `replacements` is not evaluated: it makes a text too long"),
        "{last}"
    );
}
