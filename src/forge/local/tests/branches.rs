//! Branches: what is listed, what is deleted, what Git packs away.

use super::*;

#[tokio::test]
async fn towpaths_branches_are_listed_without_the_log() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.push("feature", "other.yaml", "x").await;
    ground.push("towpathology/x", "other.yaml", "x").await;
    ground.forge.append_log(&place(), &["{}".to_owned()], None).await.unwrap();
    let branches = ground.forge.branches(&place()).await.unwrap();
    assert_eq!(branches, BTreeMap::from([(branch(BRANCH), change.head)]));
}

#[tokio::test]
async fn a_branch_is_deleted_where_it_is_as_expected() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let pushed = ground.push(BRANCH, "other.yaml", "name: mine\n").await;
    let stale = ground.forge.delete_branch(&place(), &change.branch, &change.head.commit).await;
    assert!(is_conflict(&stale));
    for _time in 0..2 {
        ground.forge.delete_branch(&place(), &change.branch, &pushed).await.unwrap();
        assert_eq!(ground.forge.branches(&place()).await, Ok(BTreeMap::new()));
    }
}

#[tokio::test]
async fn a_change_whose_branch_is_gone_was_closed_by_nobody_knows_whom() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.git(&["branch", "-D", BRANCH]);
    let gone = ground.show(change.number).await;
    let at = chrono::Utc.timestamp_opt(START, 0).unwrap();
    assert_eq!(gone.state, ChangeState::Closed { at, by: user("unknown") });
    assert_eq!(gone.head, change.head);
    ground.pass(60);
    ground.forge.close(&place(), change.number).await.unwrap();
    assert_eq!(ground.show(change.number).await.state, gone.state, "noted as it was seen");
}

#[tokio::test]
async fn only_changes_of_towpath_into_the_branch_of_the_place_are_seen() {
    let ground = Ground::new().await;
    ground.git(&["branch", "release", "main"]);
    let one = ground.open("1.1.0").await;
    let mut other = ground.proposal("1.2.0").await;
    other.place.branch = branch("release");
    other.branch = branch("towpath/production/shop");
    other.expected = None;
    ground.propose(&other).await.unwrap();
    assert_eq!(ground.changes().await, [one]);
    assert_eq!(ground.forge.list(&repository()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn packed_refs_are_like_any_others() {
    let ground = Ground::new().await;
    let first = ground.open("1.1.0").await;
    ground.git(&["pack-refs", "--all"]);
    ground.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(ground.changes().await, [first]);
    let second = ground.open("1.2.0").await;
    ground.git(&["pack-refs", "--all"]);
    let commit = ground.merge(&second).await.unwrap();
    assert_eq!(ground.tip("main"), commit);
    ground.forge.delete_branch(&place(), &second.branch, &second.head.commit).await.unwrap();
    assert!(!ground.refs().contains(BRANCH));
    ground.expect_sound();
}

#[tokio::test]
async fn a_lock_beside_a_ref_hides_nothing() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    for lock in ["refs/towpath/changes/1.lock", "refs/towpath/changes/2.lock"] {
        ground.put(lock, b"");
    }
    ground.put(&format!("refs/heads/{BRANCH}.lock"), b"");
    assert_eq!(ground.changes().await, [change]);
    assert_eq!(ground.forge.branches(&place()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_files_of_a_commit_are_listed_with_what_they_are() {
    let ground = Ground::new().await;
    let clone = ground.clone();
    std::os::unix::fs::symlink("app.yaml", clone.join("link")).unwrap();
    std::fs::create_dir_all(clone.join("a/b")).unwrap();
    std::fs::write(clone.join("a/b/c"), "deep").unwrap();
    // A name that this program would not write is not its business.
    std::fs::write(clone.join("back\\slash"), "x").unwrap();
    git_in(&clone, &["add", "."]).unwrap();
    let submodule = format!("160000,{},sub", ground.tip("main"));
    git_in(&clone, &["update-index", "--add", "--cacheinfo", &submodule]).unwrap();
    git_in(&clone, &["commit", "-qm", "odd things"]).unwrap();
    git_in(&clone, &["push", "-q", "origin", "main"]).unwrap();
    let entries = ground.forge.entries(&place(), &ground.tip("main")).await.unwrap();
    let listed: Vec<_> = entries.iter().map(|(path, entry)| format!("{path}: {:?}", entry.kind)).collect();
    insta::assert_snapshot!(listed.join("\n"), @"
    a/b/c: File
    app.yaml: File
    link: SymbolicLink
    other.yaml: File
    sub: Submodule
    ");
}
