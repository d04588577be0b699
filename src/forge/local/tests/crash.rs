//! What a process that was killed leaves behind, and how the next one mends it.

use super::*;

const CHANGE: &str = "refs/towpath/changes/1";

#[tokio::test]
async fn killed_between_the_branch_and_the_change() {
    let ground = Ground::new().await;
    let proposal = ground.proposal("1.1.0").await;
    ground.propose(&proposal).await.unwrap();
    let head = ground.tip(BRANCH);
    ground.git(&["update-ref", "-d", CHANGE]);
    assert_eq!(ground.changes().await, []);
    ground.pass(60);
    assert_eq!(ground.propose(&proposal).await, Ok(ChangeNumber(1)));
    assert_eq!(ground.tip(BRANCH), head, "no second commit");
    assert_eq!(ground.changes().await.len(), 1);
}

#[tokio::test]
async fn killed_between_the_new_head_and_the_words() {
    let ground = Ground::new().await;
    let first = ground.open("1.1.0").await;
    let before = ground.tip(CHANGE);
    let proposal = ground.proposal("1.2.0").await;
    ground.propose(&proposal).await.unwrap();
    let head = ground.tip(BRANCH);
    ground.git(&["update-ref", CHANGE, before.as_str()]);
    let torn = ground.show(first.number).await;
    assert_eq!((torn.title.as_str(), &torn.head.commit), ("shop 1.1.0", &head), "it follows its branch");
    assert_eq!(ground.propose(&proposal).await, Ok(first.number));
    let mended = ground.show(first.number).await;
    assert_eq!((mended.title.as_str(), &mended.head.commit), ("shop 1.2.0", &head));
    assert_eq!(mended.statuses.last().unwrap().head, head);
}

#[tokio::test]
async fn killed_between_the_base_and_the_event() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let before = ground.tip(CHANGE);
    let commit = ground.merge(&change).await.unwrap();
    let whole = ground.show(change.number).await;
    ground.git(&["update-ref", CHANGE, before.as_str()]);
    assert_eq!(ground.show(change.number).await, whole, "the merge is found in the base");
    ground.pass(60);
    assert_eq!(ground.merge(&change).await, Ok(commit.clone()));
    assert_eq!(ground.tip("main"), commit, "no second merge");
    assert!(ground.git(&["show", &format!("{CHANGE}:change.json")]).contains("merged"));
    assert_eq!(ground.show(change.number).await, whole);
}

#[tokio::test]
async fn a_stale_lock_is_removed_by_the_next_writer() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.put("refs/heads/main.lock", b"");
    ground.put("packed-refs.lock", b"");
    ground.put("towpath.lock", b"refs/heads/main\npacked-refs\n");
    ground.merge(&change).await.unwrap();
    assert!(!ground.bare().join("refs/heads/main.lock").exists());
    assert_eq!(std::fs::read(ground.bare().join("towpath.lock")).unwrap(), b"");
}

#[tokio::test]
async fn the_lock_of_a_push_is_respected() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    ground.put("refs/heads/main.lock", b"");
    let base = ground.tip("main");
    assert!(is_conflict(&ground.merge(&change).await));
    assert!(ground.bare().join("refs/heads/main.lock").exists());
    assert_eq!(ground.tip("main"), base);
    std::fs::remove_file(ground.bare().join("refs/heads/main.lock")).unwrap();
    ground.merge(&change).await.unwrap();
}

#[tokio::test]
async fn a_note_leads_nowhere_but_to_refs() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let outside = ground.folder.path().join("outside.lock");
    std::fs::write(&outside, "keep").unwrap();
    ground.put("config.lock", b"keep");
    let note = format!(
        "{}\nrefs/../config\nrefs/heads/../../config\nconfig\n../../outside\n",
        outside.with_extension("").display()
    );
    ground.put("towpath.lock", &[note.as_bytes(), &[0xff, 0, b'\n']].concat());
    ground.forge.close(&place(), change.number).await.unwrap();
    assert!(outside.exists());
    assert!(ground.bare().join("config.lock").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_waits_for_its_turn() {
    let ground = Ground::new().await;
    let change = ground.open("1.1.0").await;
    let held = std::fs::File::options().write(true).open(ground.bare().join("towpath.lock")).unwrap();
    held.lock().unwrap();
    let place = place();
    let mut closing = Box::pin(ground.forge.close(&place, change.number));
    assert!(futures::poll!(closing.as_mut()).is_pending());
    assert!(ground.show(change.number).await.is_open(), "reading needs no turn");
    held.unlock().unwrap();
    closing.await.unwrap();
    assert!(!ground.show(change.number).await.is_open());
}

#[tokio::test]
async fn what_cannot_be_moved_for_another_reason_says_why() {
    let ground = Ground::new().await;
    ground.push("towpath/dev/shop/below", "other.yaml", "x").await;
    let refs = ground.refs();
    let refused = said(&ground, ground.propose(&ground.proposal("1.1.0").await).await);
    assert!(
        refused.starts_with("moving `refs/heads/towpath/dev/shop` in `acme/deploy` failed: "),
        "{refused}"
    );
    assert_eq!(ground.refs(), refs);
}
