//! Everything that somebody could put in the way: nothing is edited, and each is said with file, line and a way out.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::fixture::{BASE, DIGEST, files, image, path, shown, to, tree_of};
use crate::overlay::{OverlayError, Overlays, set_image};

/// What is said about `own/kustomization.yaml` with these bytes when the shop is to be set there.
fn said(own: &[u8]) -> String {
    with(&[("own/kustomization.yaml", own)])
}

fn with(own: &[(&str, &[u8])]) -> String {
    let mut repository: BTreeMap<String, Vec<u8>> =
        files(BASE).into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
    repository.extend(own.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())));
    let tree = tree_of(&repository);
    match set_image(
        &tree,
        &Overlays::default(),
        &path("own").into(),
        &image("ghcr.io/acme/shop"),
        &to("1.10.0", DIGEST),
    ) {
        Ok(files) => panic!("it was edited: {}", String::from_utf8_lossy(&files[0].1)),
        Err(OverlayError::Missing(missing)) => panic!("everything is there: {missing:?}"),
        Err(error) => error.to_string(),
    }
}

/// The same with a base and these lines.
fn on_base(lines: &str) -> String {
    said(format!("resources: [../base]\n{lines}").as_bytes())
}

#[test]
fn what_is_written_twice_or_elsewhere() {
    let two: &[u8] = b"resources: [../base]\n";
    let cases = [
        with(&[("own/kustomization.yaml", two), ("own/kustomization.yml", two)]),
        on_base("images: []\nimages: []\n"),
        on_base("nameSuffix: &t 1.9.0\nimages:\n- name: ghcr.io/acme/shop\n  newTag: *t\n"),
        on_base("images:\n- name: ghcr.io/acme/shop\n  newTag: &t 1.9.0\n"),
        on_base("images:\n- &e { name: ghcr.io/acme/shop, newTag: 1.9.0 }\n"),
        on_base("commonAnnotations: &e { newTag: 1.9.0 }\nimages:\n- name: ghcr.io/acme/shop\n  <<: *e\n"),
        on_base("images:\n- name: .*\n  newTag: 1.9.0\n"),
    ];
    assert_snapshot!(cases.join("\n"), @"
    own/kustomization.yaml: `kustomization.yml` stands beside it, and kustomize takes only one; delete one of the two
    own/kustomization.yaml:3: the key `images` occurs twice; delete one of the two
    own/kustomization.yaml:5: `newTag` is not a plain string; write the value itself here, on one line
    own/kustomization.yaml:4: the value has an anchor (`&…`), so other places would change with it; write the value without it
    own/kustomization.yaml:3: an anchor (`&…`), so other places would change with this one; write it without the anchor
    own/kustomization.yaml:5: this entry of `images` has a merge key (`<<`); write it out
    own/kustomization.yaml:3: the pattern `.*` also matches `envoy`; give each image an entry of its own
    ");
}

#[test]
fn what_a_later_step_sets_again() {
    let replacement = "configMapGenerator: []\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\nreplacements:\n- source: { kind: ConfigMap, name: versions, fieldPath: data.shop }\n  targets:\n  - select: { kind: Deployment }\n    fieldPaths: [ 'spec.template.spec.containers.[name=shop].image' ]\n    options: { delimiter: ':', index: 1 }\n";
    let versions: &[u8] = b"kind: ConfigMap\nmetadata: { name: versions }\ndata: { shop: 1.2.3 }\n";
    let own = format!("resources: [../base, versions.yaml]\n{replacement}");
    assert_snapshot!(with(&[("own/kustomization.yaml", own.as_bytes()), ("own/versions.yaml", versions)]), @"own/kustomization.yaml:7: this replacement sets `ghcr.io/acme/shop` after the `images` of own/kustomization.yaml; set it where the trail of `towpath images --trail` ends; where the replacement sets the tag alone, write tags without digests with `write: tag` on the service");
}

#[test]
fn paths_that_lead_out_or_through_links() {
    let cases = [
        said(b"resources: [../../base]\n"),
        with(&[("own/kustomization.yaml", b"resources: [link]\n"), ("own/link -> link", b"../base\n")]),
        with(&[("own/kustomization.yaml", b"resources: [sub]\n"), ("own/sub -> submodule", b"")]),
        with(&[("own/kustomization.yaml -> link", b"../base/kustomization.yaml\n")]),
    ];
    assert_snapshot!(cases.join("\n"), @"
    own/kustomization.yaml:1: `../../base` leads out of the repository; keep what it needs inside of the repository
    own/kustomization.yaml:1: `link` leads to a symbolic link, which is never followed; put a real file or folder there
    own/kustomization.yaml:1: `sub` leads to a submodule, which is never entered; put a real file or folder there
    own/kustomization.yaml: this is, or lies behind, a symbolic link, which is never followed; put a real file or folder there
    ");
}

#[test]
fn bytes_that_are_no_sensible_yaml() {
    let deep = format!("resources: [../base]\nx: {}{}\n", "[".repeat(10_000), "]".repeat(10_000));
    let block = format!(
        "resources: [../base]
x:
  {}y
",
        "- ".repeat(10_000)
    );
    let large = format!("resources: [../base]\n# {}\n", "x".repeat(2 << 20));
    let bomb: String = (0..9)
        .map(|level| {
            format!("    a{}: &a{} [{}]\n", level + 1, level + 1, vec![format!("*a{level}"); 9].join(", "))
        })
        .collect();
    let bomb = format!("resources: [../base]\nhelmCharts:\n- valuesInline:\n    a0: &a0 [x]\n{bomb}");
    let many = format!("resources: [../base]\na: &a x\nb: [{}]\n", vec!["*a"; 20_000].join(", "));
    let cases = [
        said(b"resources: [../base]\n# \xff\n"),
        said(b"resources: [../base]\n# \0\n"),
        said(large.as_bytes()),
        said(deep.as_bytes()),
        said(block.as_bytes()),
        said(many.as_bytes()),
        said(format!("{bomb}images: *a9\n").as_bytes()),
    ];
    assert_snapshot!(cases.join("\n"), @"
    own/kustomization.yaml:2: this is not YAML: a byte that is not UTF-8; save the file as UTF-8
    own/kustomization.yaml:2: this is not YAML: a NUL byte; this is not a YAML text
    own/kustomization.yaml:1: this is not YAML: the file has 2097176 bytes; at most 1048576 are read
    own/kustomization.yaml:2: this is not YAML: recursion limit exceeded; correct the file
    own/kustomization.yaml:3: this is not YAML: collections are nested more than 128 deep; correct the file
    own/kustomization.yaml:3: this is not YAML: more than 10000 aliases; correct the file
    own/kustomization.yaml:14: `images` is an alias (`*…`); write it out
    ");
}

/// A kustomization with one manifest.
fn of_manifest(manifest: &str) -> String {
    shown(&format!("--- kustomization.yaml\nresources: [m.yaml]\n--- m.yaml\n{manifest}"), "")
}

#[test]
fn manifests_above_a_mebibyte_are_read_where_their_lines_are_short() {
    let pod = "kind: Pod\nspec: { containers: [ { image: x/app:1 } ] }\n";
    let padded =
        |line: usize, count: usize| of_manifest(&(format!("# {}\n", "x".repeat(line)).repeat(count) + pod));
    assert_eq!(padded(1000, 2000), "x/app:1 by m.yaml:2002 (manifest)");
    assert_eq!(
        padded(70_000, 20),
        "? m.yaml:1: the manifest cannot be read (a line of more than 65536 bytes in a file of more than 1048576)"
    );
    assert!(padded(1000, 17_000).contains("at most 16777216 are read"));
}
