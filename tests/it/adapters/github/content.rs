//! Files of commits: trees that are too large for one answer, changes of very many files.

use towpath::forge::Forge as _;

use super::*;

#[tokio::test]
async fn a_tree_that_is_cut_off_is_read_folder_by_folder() {
    let ground = Ground::new().await;
    let head = ground.forge.head(&place()).await.unwrap();
    let whole = ground.forge.entries(&place(), &head).await.unwrap();
    let other = client(&ground.world, ground.address, Credentials::token(&secret(TOKEN)));
    ground.world.state().github.tree_entries_max = Some(1);
    assert_eq!(other.entries(&place(), &head).await.unwrap(), whole);
    assert!(whole.len() > 3);
}

#[tokio::test]
async fn a_head_with_more_files_than_a_comparison_lists_hides_none() {
    let ground = Ground::new().await;
    let mut proposal = ground.proposal("dev", "1.10.0").await;
    proposal.files.extend((0..310).map(|n| (name(&format!("more/{n}.yaml")), b"a: 1\n".to_vec())));
    ground.propose(&proposal).await.unwrap();
    let tip = ground.world.state().git.tip(&proposal.branch).cloned();
    let head = tip.expect("it was just written");
    let files = ground.forge.changed_files(&place(), &head).await.unwrap();
    assert_eq!(files.len(), 311);
}

#[tokio::test]
async fn a_head_says_the_same_before_and_after_its_merge() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let head = ground.merge_of(change).head;
    let before = ground.forge.changed_files(&place(), &head).await.unwrap();
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
    ground.look().await;
    assert_eq!(ground.forge.changed_files(&place(), &head).await.unwrap(), before);
    assert_eq!(before.len(), 1);
}
