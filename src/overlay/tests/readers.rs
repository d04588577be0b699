//! Who leads to a file, in a commit and in edits of it.

use super::fixture::{path, tree};
use crate::overlay::resolver::readers::Readers;

const REPOSITORY: &str = "\
--- production/kustomization.yaml
patches: [ { path: patch.yaml } ]
--- production/patch.yaml
a: 1
--- production/other.yaml
a: 1
--- qa/kustomization.yaml
patches: [ { path: ../production/patch.yaml } ]
";

#[test]
fn an_edit_is_not_taken_for_the_commit() {
    let (readers, committed, production) = (Readers::default(), tree(REPOSITORY), path("production"));
    let is_only =
        |tree: &crate::model::Tree, file: &str| readers.is_only(tree, &production, &path(file)).unwrap();
    let edited = committed.with_files(&[
        (path("qa/kustomization.yaml"), b"patches: [ { path: ../production/other.yaml } ]\n".to_vec()),
        (
            path("production/kustomization.yaml"),
            b"patches: [ { path: patch.yaml }, { path: other.yaml } ]\n".to_vec(),
        ),
    ]);
    // The edited tree comes first, so that what is remembered of it would show in the commit.
    for _ in 0..2 {
        assert!(is_only(&edited, "production/patch.yaml"));
        assert!(!is_only(&edited, "production/other.yaml"));
        assert!(!is_only(&committed, "production/patch.yaml"));
        assert!(!is_only(&committed, "production/other.yaml"));
    }
}

#[test]
fn a_file_that_an_edit_adds_has_the_readers_that_the_edit_names() {
    let (readers, committed, production) = (Readers::default(), tree(REPOSITORY), path("production"));
    let new = path("production/new.yaml");
    let edited = committed.with_files(&[
        (path("production/kustomization.yaml"), b"patches: [ { path: new.yaml } ]\n".to_vec()),
        (new.clone(), b"a: 1\n".to_vec()),
    ]);
    assert_eq!(readers.is_only(&edited, &production, &new), Ok(true));
    assert_eq!(readers.is_only(&committed, &production, &new), Ok(false));
}
