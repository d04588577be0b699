//! A mirror is a full backup, and nothing that a change speaks of is ever collected as garbage.

use super::*;

impl Ground {
    /// A change that was merged, one that a person closed after replacing its content, and one that is open.
    async fn with_a_history() -> Self {
        let ground = Self::new().await;
        let (forge, repository) = (&ground.forge, repository());
        let merged = ground.open("1.1.0").await;
        forge.comment_as(&repository, merged.number, &user("bob"), "/promote approve").await.unwrap();
        ground.merge(&merged).await.unwrap();
        forge.delete_branch(&place(), &merged.branch, &merged.head.commit).await.unwrap();

        ground.open("1.2.0").await;
        let closed = ground.open("1.3.0").await;
        ground.push(BRANCH, "other.yaml", "name: mine\n").await;
        forge.approve_as(&repository, closed.number, &user("alice")).await.unwrap();
        forge.close_as(&repository, closed.number, &user("alice")).await.unwrap();
        forge.delete_branch(&place(), &closed.branch, &ground.tip(BRANCH)).await.unwrap();

        ground.open("1.4.0").await;
        forge.append_log(&place(), &["{}".to_owned()], None).await.unwrap();
        ground
    }
}

#[tokio::test]
async fn a_mirror_has_everything() {
    let ground = Ground::with_a_history().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let bare = elsewhere.path().join("acme/deploy.git");
    // Over the protocol, not by copying the folder: only what the refs reach is in it.
    let url = format!("file://{}", ground.bare().display());
    git_in(elsewhere.path(), &["clone", "-q", "--mirror", &url, bare.to_str().unwrap()]).unwrap();
    let mirror = forge_at(elsewhere.path().to_owned(), &ground.seconds);
    let mut expected = ground.forge.list(&repository()).await.unwrap();
    for change in &mut expected {
        change.url = format!("{}#{}", bare.display(), change.number.0);
    }
    assert_eq!(mirror.list(&repository()).await.unwrap(), expected);
    assert_eq!(expected.len(), 3);
    for change in &expected {
        assert_eq!(
            mirror.files(&repository(), change.number).await.unwrap(),
            ground.forge.files(&repository(), change.number).await.unwrap()
        );
    }
    // No clone has the key of the log, and the backup of the key is a copy of its file.
    assert!(mirror.read_log(&place(), None).await.is_err());
    std::fs::copy(ground.bare().join("towpath.key"), bare.join("towpath.key")).unwrap();
    assert_eq!(mirror.read_log(&place(), None).await, ground.forge.read_log(&place(), None).await);
}

#[tokio::test]
async fn garbage_collection_takes_nothing_that_a_change_speaks_of() {
    let ground = Ground::with_a_history().await;
    let before = ground.changes().await;
    ground.git(&["reflog", "expire", "--expire=now", "--all"]);
    ground.git(&["gc", "-q", "--prune=now"]);
    assert_eq!(ground.changes().await, before);
    for status in before.iter().flat_map(|change| &change.statuses) {
        ground.git(&["cat-file", "-e", status.head.as_str()]);
    }
    ground.expect_sound();
}
