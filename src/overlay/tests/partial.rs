//! A tree that is looked at piece by piece gives the answers of the whole one, and only what is named is looked at.

use std::collections::BTreeSet;

use insta::assert_snapshot;

use super::fixture::{BASE, files, path, tree};
use crate::model::{CommitId, PathState, RepositoryPath, Tree, TreeError, Unknown};
use crate::overlay::{OverlayError, Resolved, resolve};

/// What a folder runs, and every path that was looked at for it.
struct Looked {
    answer: Result<Resolved, OverlayError>,
    paths: BTreeSet<String>,
}

/// Asks a tree of which nothing is known, and tells it what it asks for, until it asks for nothing more.
fn look(whole: &Tree, folder: &str) -> Looked {
    let mut partial = Tree::partial(CommitId::new("0".repeat(40)).unwrap());
    let mut paths = BTreeSet::new();
    loop {
        let answer = resolve(&partial, &path(folder).into());
        let unknown = partial.take_unknown();
        if let Err(OverlayError::Missing(missing)) = &answer {
            missing.0.iter().for_each(|path| add_content(whole, &mut partial, path));
        } else if unknown.is_empty() {
            return Looked { answer, paths };
        }
        paths.extend(unknown.paths.iter().chain(&unknown.folders).map(ToString::to_string));
        learn(whole, &mut partial, unknown);
    }
}

fn add_content(whole: &Tree, partial: &mut Tree, path: &RepositoryPath) {
    let content = whole.read(path).unwrap();
    partial.add_blob(whole.entry(path).unwrap().blob, content.into());
}

fn learn(whole: &Tree, partial: &mut Tree, unknown: Unknown) {
    let state = |path: &RepositoryPath| match whole.entry(path) {
        Some(entry) => PathState::Entry(entry.clone()),
        None if whole.is_folder(path) => PathState::Folder,
        None => PathState::Absent,
    };
    unknown.paths.iter().for_each(|path| partial.learn(path, state(path)));
    if !unknown.paths.is_empty() {
        return;
    }
    for folder in &unknown.folders {
        whole.directly_in(folder).for_each(|(path, _)| partial.learn(path, state(path)));
        partial.learn_listing(folder);
    }
}

/// Files that no overlay names.
const NEIGHBOURS: &str = "--- other/kustomization.yaml\nresources: [x.yaml]\n--- other/x.yaml\na: 1\n--- apps/dev/unnamed/y.yaml\na: 1\n";

fn check(repository: &str, folder: &str) -> BTreeSet<String> {
    let whole = tree(&(repository.to_owned() + NEIGHBOURS));
    let looked = look(&whole, folder);
    assert_eq!(looked.answer, resolve(&whole, &path(folder).into()), "{repository}");
    let neighbours = files(NEIGHBOURS).into_keys();
    let mut seen = neighbours.filter(|file| looked.paths.contains(file));
    assert_eq!(seen.next(), None, "{repository}");
    looked.paths
}

#[test]
fn a_tree_looked_at_piece_by_piece_gives_the_answers_of_the_whole() {
    let overlay = |text: &str| format!("{BASE}--- apps/dev/kustomization.yaml\n{text}");
    for text in [
        "resources: [../../base]\nimages: [{name: envoy, newTag: '2'}]\n",
        "resources: [../../base, more.yaml]\n",
        "resources: [https://example.com/base?ref=v1]\n",
        "resources: [../../base]\ncomponents: [../../base]\n",
        "resources: [../../base]\npatches: [{path: patch.yaml}]\n--- apps/dev/patch.yaml\nkind: Deployment\n",
        "resources: [../../base/deployment.yaml]\n--- apps/dev/kustomization.yml\nresources: []\n",
        "resources: [../../base/link]\n--- base/link -> link\n",
        "resources: [../../../outside]\n",
    ] {
        check(&overlay(text), "apps/dev");
    }
    check("--- apps/dev/values.yaml\nimage: ghcr.io/acme/shop:1\n--- apps/dev/pod.yml\n", "apps/dev");
    check("--- apps/dev/values.yaml\nimage: ghcr.io/acme/shop:1\n", "apps/dev/values.yaml");
    check("", "apps/nowhere");
}

#[test]
fn only_what_a_kustomization_names_is_looked_at() {
    let paths = check(
        &format!("{BASE}--- apps/dev/kustomization.yaml\nresources: [../../base, ../../missing]\n"),
        "apps/dev",
    );
    assert_snapshot!(paths.into_iter().collect::<Vec<_>>().join("\n"), @"
    apps
    apps/dev
    apps/dev/Kustomization
    apps/dev/kustomization.yaml
    apps/dev/kustomization.yml
    base
    base/Kustomization
    base/kustomization.yaml
    base/kustomization.yml
    missing
    ");
}

#[test]
fn content_that_was_not_read_is_missing_in_a_partial_tree_too() {
    let whole = tree("--- a/b.yaml\na: 1\n");
    let mut partial = Tree::partial(CommitId::new("0".repeat(40)).unwrap());
    assert_eq!(partial.read(&path("a/b.yaml")), Err(TreeError::NotFound));
    let unknown = partial.take_unknown();
    learn(&whole, &mut partial, unknown);
    assert_eq!(partial.read(&path("a/b.yaml")), Err(TreeError::Missing));
    assert!(partial.take_unknown().is_empty());
}
