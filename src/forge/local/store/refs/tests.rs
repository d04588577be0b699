//! Reading refs while Git packs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::*;
use crate::forge::local::Inner;
use crate::model::{ForgeName, RepositoryName, UserName};

fn store(root: &std::path::Path) -> Store {
    let name = RepositoryName::new("acme/deploy").unwrap();
    let bare = root.join("acme/deploy.git");
    std::fs::create_dir_all(&bare).unwrap();
    gix::init_bare(bare).unwrap();
    let inner = Inner {
        name: ForgeName::new("here").unwrap(),
        root: root.to_owned(),
        teams: BTreeMap::new(),
        bot: UserName::new("towpath").unwrap(),
        now: Arc::new(chrono::DateTime::default),
        memory: Mutex::default(),
    };
    Store::open(Arc::new(inner), &name).unwrap()
}

#[test]
fn refs_that_are_packed_meanwhile_are_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let packed = folder.path().join("acme/deploy.git/packed-refs");
    let mut reads = 0;
    let found = store.steadily(|| {
        reads += 1;
        if reads < 3 {
            std::fs::write(&packed, "#".repeat(reads)).unwrap();
        }
        Ok(reads)
    });
    assert_eq!(found, Ok(3));
}

#[test]
fn reading_ends_where_packing_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let packed = folder.path().join("acme/deploy.git/packed-refs");
    let mut reads = 0;
    let found = store.steadily(|| {
        reads += 1;
        std::fs::write(&packed, "#".repeat(reads)).unwrap();
        Ok(reads)
    });
    insta::assert_snapshot!(found.unwrap_err(), @"reading the refs of `acme/deploy` failed: Git keeps packing them; try again later");
}

#[test]
fn a_file_that_packing_took_away_is_read_again_and_a_broken_one_fails() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let broken = |reads: usize| failed("reading a ref")(format!("try {reads}"));
    let mut reads = 0;
    let found = store.steadily(|| {
        reads += 1;
        if reads < 2 { Err(broken(reads)) } else { Ok(reads) }
    });
    assert_eq!(found, Ok(2));
    assert_eq!(store.steadily::<()>(|| Err(broken(9))), Err(broken(9)));
}
