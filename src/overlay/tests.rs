use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::model::{
    Artifact, BlobId, CommitId, Digest, EntryKind, FileChange, ImageName, Release, RepositoryPath, Tag, Tree,
    TreeEntry,
};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const BASE: &str = "
--- base/kustomization.yaml
resources:
- deployment.yaml
--- base/deployment.yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
      - name: shop
        image: ghcr.io/acme/shop:1.9.0
      - name: proxy
        image: envoy:1.30 # side car
";

/// A repository written as one text: `--- path` and then the file.
fn repository(text: &str) -> Tree {
    let mut files: BTreeMap<RepositoryPath, String> = BTreeMap::new();
    let mut current = None;
    for line in text.split_inclusive('\n') {
        match line.strip_prefix("--- ") {
            Some(path) => {
                let path = RepositoryPath::new(path.trim()).unwrap();
                files.insert(path.clone(), String::new());
                current = Some(path);
            }
            None => {
                if let Some(path) = &current {
                    files.get_mut(path).unwrap().push_str(line);
                }
            }
        }
    }
    tree(files.into_iter().map(|(path, text)| (path, text.into_bytes())).collect())
}

fn tree(files: Vec<(RepositoryPath, Vec<u8>)>) -> Tree {
    let blob = |index: usize| BlobId::new(format!("b{index:039}")).unwrap();
    let entries = files
        .iter()
        .enumerate()
        .map(|(index, (path, _))| (path.clone(), TreeEntry { kind: EntryKind::File, blob: blob(index) }));
    let mut tree = Tree::new(CommitId::new("c".repeat(40)).unwrap(), Arc::new(entries.collect()));
    for (index, (_, content)) in files.iter().enumerate() {
        tree.add_blob(blob(index), content.as_slice().into());
    }
    tree
}

fn path(text: &str) -> RepositoryPath {
    RepositoryPath::new(text).unwrap()
}

fn shop() -> ImageName {
    ImageName::new("ghcr.io/acme/shop").unwrap()
}

fn release(tag: &str) -> Release {
    let artifact =
        Artifact { image: shop(), tag: Tag::new(tag).unwrap(), digest: Digest::new(DIGEST).unwrap() };
    Release::of(artifact)
}

/// The folder `env` after the promotion of shop 1.10.0.
fn promoted(kustomization: &str) -> Result<String, String> {
    let tree = repository(&format!("{BASE}--- env/kustomization.yaml\n{kustomization}"));
    let files = promote(&tree, &path("env"), &release("1.10.0")).map_err(|error| error.to_string())?;
    let [file] = files.as_slice() else { panic!("{files:?}") };
    assert_eq!(file.path.as_str(), "env/kustomization.yaml");
    Ok(String::from_utf8(file.new.clone().unwrap()).unwrap().replace(DIGEST, "DIGEST"))
}

fn refused(kustomization: &str) -> String {
    promoted(kustomization).unwrap_err()
}

#[test]
fn a_commented_overlay_with_a_quoted_tag_changes_two_lines() {
    insta::assert_snapshot!(promoted("# dev\nresources:\n  - ../base\nimages:\n  # ours\n  - name: ghcr.io/acme/shop\n    newTag: \"1.9.0\" # bumped by CI\n").unwrap(), @r#"
    # dev
    resources:
      - ../base
    images:
      # ours
      - name: ghcr.io/acme/shop
        newTag: "1.10.0" # bumped by CI
        digest: DIGEST
    "#);
}

#[test]
fn a_flow_style_overlay_keeps_its_carriage_returns() {
    let text =
        promoted("resources: [../base]\r\nimages: [{name: ghcr.io/acme/shop, newTag: 1.9.0}]\r\n").unwrap();
    assert_eq!(
        text,
        "resources: [../base]\r\nimages: [{name: ghcr.io/acme/shop, newTag: 1.10.0, digest: \"DIGEST\"}]\r\n"
    );
}

#[test]
fn an_overlay_without_images_gets_them() {
    insta::assert_snapshot!(promoted("resources:\n- ../base\n").unwrap(), @r"
    resources:
    - ../base
    images:
    - name: ghcr.io/acme/shop
      newTag: 1.10.0
      digest: DIGEST
    ");
}

#[test]
fn a_new_entry_uses_the_name_as_the_overlay_sees_it() {
    let renamed = "resources: [../mid]\n--- mid/kustomization.yaml\nresources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newName: mirror.test/shop\n  newTag: 1.0.0\n";
    let tree = repository(&format!("{BASE}--- env/kustomization.yaml\n{renamed}"));
    let image = ImageName::new("mirror.test/shop").unwrap();
    let files = set_image(&tree, &path("env"), &image, &Tag::new("2.0.0").unwrap(), None).unwrap();
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert_eq!(text, "resources: [../mid]\nimages:\n- name: mirror.test/shop\n  newTag: 2.0.0\n");
}

#[test]
fn an_entry_with_a_new_name_is_found_by_what_runs() {
    let tree = repository(
        "--- base/kustomization.yaml\nresources: [d.yaml]\n--- base/d.yaml\nspec: {containers: [{image: shop}]}\n--- env/kustomization.yaml\nresources: [../base]\nimages:\n- name: shop\n  newName: ghcr.io/acme/shop\n  newTag: 1.9.0\n",
    );
    let running = running(&tree, &path("env"), &shop()).unwrap();
    assert_eq!(running.images[0].reference.to_string(), "ghcr.io/acme/shop:1.9.0");
    assert_eq!((running.images[0].file.as_str(), running.images[0].line), ("env/kustomization.yaml", 5));
    let files = promote(&tree, &path("env"), &release("1.10.0")).unwrap();
    let text = String::from_utf8(files[0].new.clone().unwrap()).unwrap();
    assert!(text.contains("newTag: 1.10.0\n  digest: sha256:aaa"), "{text}");
}

#[test]
fn own_images_beat_components_which_beat_the_base() {
    let tree = repository(&format!(
        "{BASE}--- part/kustomization.yaml\nkind: Component\nimages:\n- name: envoy\n  newTag: part\n- name: ghcr.io/acme/shop\n  newTag: part\n--- env/kustomization.yaml\nresources: [../base]\ncomponents: [../part]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: own\n"
    ));
    let resolved = resolve(&tree, &path("env")).unwrap();
    let shown: Vec<String> =
        resolved.uses.iter().map(|found| format!("{} {}", found.reference, found.file)).collect();
    assert_eq!(shown, ["ghcr.io/acme/shop:own env/kustomization.yaml", "envoy:part part/kustomization.yaml"]);
}

#[test]
fn entries_chain_and_the_last_one_wins() {
    let text = promoted("resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: a\n- name: ghcr.io/acme/shop\n  newTag: b\n").unwrap();
    assert!(
        text.ends_with("  newTag: a\n- name: ghcr.io/acme/shop\n  newTag: 1.10.0\n  digest: DIGEST\n"),
        "{text}"
    );
}

#[test]
fn a_remote_base_is_no_obstacle_where_an_entry_names_the_image() {
    let text = promoted("resources:\n- https://example.test/base?ref=v1\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\n").unwrap();
    assert!(text.contains("newTag: 1.10.0"), "{text}");
    insta::assert_snapshot!(refused("resources:\n- https://example.test/base?ref=v1\n"), @"`env` does not run `ghcr.io/acme/shop`; the name must be written as in the manifests or in `newName`, with its registry");
}

#[test]
fn nothing_changes_where_it_runs_already() {
    let kustomization = format!(
        "resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.10.0\n  digest: {DIGEST}\n"
    );
    let tree = repository(&format!("{BASE}--- env/kustomization.yaml\n{kustomization}"));
    assert_eq!(promote(&tree, &path("env"), &release("1.10.0")), Ok(Vec::new()));
}

#[test]
fn a_tag_alone_takes_the_digest_out() {
    let kustomization = format!(
        "resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 1.9.0\n  digest: {DIGEST}\n"
    );
    let tree = repository(&format!("{BASE}--- env/kustomization.yaml\n{kustomization}"));
    let files = set_image(&tree, &path("env"), &shop(), &Tag::new("2.0.0").unwrap(), None).unwrap();
    let text = String::from_utf8(files[0].1.clone()).unwrap();
    assert_eq!(text, "resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: 2.0.0\n");
}

#[test]
fn what_cannot_be_edited_safely_is_refused_with_its_line() {
    insta::assert_snapshot!(refused("resources: [../base]\nimages:\n- name: 'ghcr.io/.*'\n  newTag: a\n"), @"env/kustomization.yaml:3:3: `ghcr.io/.*` is a pattern to kustomize and may match several images; write one name per entry");
    insta::assert_snapshot!(refused("resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: a\n  newTag: b\n"), @"env/kustomization.yaml:5:3: the key `newTag` stands twice; delete one of the two");
    insta::assert_snapshot!(refused("resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: &t a\n"), @"env/kustomization.yaml:4:14: the value has an anchor (`&…`), so other places would change with it; write the value without it");
    insta::assert_snapshot!(refused("resources: [../base]\n---\na: b\n"), @"env/kustomization.yaml:3:1: a second document (`---`) that kustomize ignores; move it to a file of its own");
    insta::assert_snapshot!(refused("resources: [../../base]\n"), @"env/kustomization.yaml:1:13: `../../base` leads out of the repository");
    insta::assert_snapshot!(refused("resources: [../nowhere]\n"), @"env/kustomization.yaml:1:13: `nowhere` does not exist; mend the path or create it");
    insta::assert_snapshot!(refused("resources: [../env]\n"), @"env/kustomization.yaml:1:13: `env` leads back here, or too deep; cut the circle");
    insta::assert_snapshot!(refused("resources: [../base]\nimages:\n- name: ghcr.io/acme/shop\n  newTag: a\n  tagSuffix: -x\n"), @"env/kustomization.yaml:5:14: `tagSuffix` is not evaluated; write the whole tag as `newTag`");
    insta::assert_snapshot!(refused("resources: [../base]\npatches:\n- patch: |\n    image: x\n"), @"env/kustomization.yaml:3:3: a patch that mentions `image` is not evaluated; set the image under `images` instead");
    insta::assert_snapshot!(refused("resources: [../base]\nx: [\n"), @"env/kustomization.yaml:3:1: not read as YAML: while parsing a node, did not find expected node content; mend the file");
    insta::assert_snapshot!(refused("resources: [../base]\n--- env/kustomization.yml\na: b\n"), @"env/kustomization.yaml:1:1: `env/kustomization.yml` stands beside it, and kustomize refuses two; delete one of them");
}

#[test]
fn missing_content_is_named_all_at_once() {
    let entries = ["env/kustomization.yaml", "base/kustomization.yaml"].map(|name| {
        (path(name), TreeEntry { kind: EntryKind::File, blob: BlobId::new("a".repeat(40)).unwrap() })
    });
    let tree = Tree::new(CommitId::new("c".repeat(40)).unwrap(), Arc::new(entries.into()));
    let Err(OverlayError::Missing(missing)) = resolve(&tree, &path("env")) else { panic!() };
    assert_eq!(missing.0.into_iter().collect::<Vec<_>>(), [path("env/kustomization.yaml")]);
}

#[test]
fn the_editor_alone_keeps_what_is_not_named() {
    let text = b"images:\n- name: a\n  newName: b\n  newTag: '1'\n";
    let edit = ImageEdit {
        name: ImageName::new("a").unwrap(),
        new_name: None,
        tag: Some(Tag::new("2").unwrap()),
        digest: DigestEdit::Keep,
    };
    let edited = edit_kustomization(text, &path("kustomization.yaml"), &[edit]).unwrap();
    assert_eq!(String::from_utf8(edited).unwrap(), "images:\n- name: a\n  newName: b\n  newTag: '2'\n");
}

fn key(old: &str, new: &str) -> crate::model::ContentKey {
    let change = FileChange { path: path("f.yaml"), old: Some(old.into()), new: Some(new.into()) };
    content_key(&"dev".parse().unwrap(), &[change])
}

#[test]
fn the_content_key_does_not_depend_on_the_base() {
    let first = key("a: 1\nb: 2\n", "a: 1\nb: 3\n");
    assert_eq!(first, key("a: 9\nx: y\nb: 2\n", "a: 9\nx: y\nb: 3\n"));
    assert_ne!(first, key("a: 1\nb: 2\n", "a: 1\nb: 3 # note\n"));
    assert_ne!(first, key("a: 1\nb: 2\n", "a: 2\nb: 3\n"));
    assert_ne!(first, key("a: 1\nc: {b: 2}\n", "a: 1\nc: {b: 3}\n"));
    assert_ne!(first, key("a: 1\nb: 4\n", "a: 1\nb: 3\n"));
}
