//! What GitHub holds against a merge, and what the client makes of it.

use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::model::{BarrierKind, MergeMethod};

use super::*;

#[tokio::test]
async fn what_stops_a_merge_is_told_apart() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let merge = ground.merge_of(change);
    let mut said = String::new();
    for (status, message) in [
        (405, "Required status check \"ci\" is expected."),
        (405, "At least 1 approving review is required by reviewers with write access."),
        (405, "You're not authorized to push to this branch."),
        (405, "All comments must be resolved. A conversation must be resolved before merging."),
        (405, "Pull Request is still a draft"),
        (405, "Pull Request is not mergeable"),
        (405, "Waiting on code owner review from acme/sre."),
        (405, "Merge already in progress"),
        (405, "Base branch was modified. Review and try the merge again."),
        (409, "Head branch was modified. Review and try the merge again."),
        (409, "Head branch is out of date. Review and try the merge again."),
        (409, "Something about the head that nobody has heard of"),
        (405, "Something that nobody has heard of"),
    ] {
        ground.refuse("PUT ", status, message);
        said += &format!("{}\n", ground.forge.merge(&merge).await.unwrap_err());
    }
    assert_snapshot!(said, @r#"
    merging change #1 has to wait: GitHub answered 405, Required status check "ci" is expected; it goes on by itself when they succeed
    merging change #1 has to wait: GitHub answered 405, At least 1 approving review is required by reviewers with write access; a user with write access must approve it in a review
    merging change #1 has to wait: GitHub answered 405, You're not authorized to push to this branch; let the bot merge into `main`, in its protection or its ruleset
    merging change #1 has to wait: GitHub answered 405, All comments must be resolved. A conversation must be resolved before merging; resolve its conversations
    merging change #1 has to wait: GitHub answered 405, Pull Request is still a draft; mark it as ready for review
    merging change #1 has to wait: GitHub answered 405, Pull Request is not mergeable; GitHub may still be trying whether it goes together with its base
    merging change #1 has to wait: GitHub answered 405, Waiting on code owner review from acme/sre; a user with write access must approve it in a review
    merging change #1 has to wait: GitHub answered 405, Merge already in progress; its page at GitHub says more
    change #1 changed in the meantime; nothing was written
    change #1 changed in the meantime; nothing was written
    change #1 changed in the meantime; nothing was written
    change #1 changed in the meantime; nothing was written
    merging change #1 has to wait: GitHub answered 405, Something that nobody has heard of; its page at GitHub says more
    "#);
}

#[tokio::test]
async fn a_refusal_holds_until_the_state_changes_or_minutes_passed() {
    let ground = Ground::new().await;
    ground.world.state().protection.unmet = Some("2 of 3 required status checks are pending.");
    let change = ground.open().await;
    assert_eq!(ground.shown(change).await.barrier.expect("it is blocked").until, None);
    ground.forge.merge(&ground.merge_of(change)).await.unwrap_err();
    let barrier = ground.shown(change).await.barrier.expect("it is blocked");
    assert_eq!(barrier.until, Some(ground.world.now() + chrono::TimeDelta::minutes(5)));
    assert_snapshot!(barrier.why, @"GitHub answered 405, 2 of 3 required status checks are pending; it goes on by itself when they succeed");
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    ground.shown(change).await;
    ground.start_counting();
    ground.shown(change).await;
    assert_eq!(ground.counted().0, Vec::<String>::new(), "what did not change costs nothing");
    ground.world.state().protection.unmet = None;
    assert_eq!(ground.shown(change).await.barrier, None);
}

#[tokio::test]
async fn the_repository_is_asked_once_what_it_allows() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let merge = ground.merge_of(change);
    ground.world.state().protection.forbidden = vec![MergeMethod::Merge, MergeMethod::Squash];
    let newcomer = ground.anew();
    ground.start_counting();
    newcomer.merge(&merge).await.unwrap();
    let once =
        ["GET /repos/acme/deploy/pulls/1", "GET /repos/acme/deploy", "PUT /repos/acme/deploy/pulls/1/merge"];
    assert_eq!(ground.counted().0, once);
    let head = ground.forge.head(&place()).await.unwrap();
    assert_eq!(ground.world.state().git.get(&head).parents.len(), 1, "it was rebased");
}

#[tokio::test]
async fn settings_that_changed_since_are_read_again() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground
        .forge
        .delete_branch(&place(), &name("towpath/none/there"), &ground.merge_of(change).head)
        .await
        .unwrap();
    ground.world.state().protection.forbidden = vec![MergeMethod::Merge];
    ground.start_counting();
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
    assert_eq!(ground.counted().0.len(), 2, "the next way was tried");
}

#[tokio::test]
async fn a_configured_way_that_is_not_allowed() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().protection.forbidden = vec![MergeMethod::Squash];
    let forge = merging_by(&ground, MergeMethod::Squash);
    assert_snapshot!(forge.merge(&ground.merge_of(change)).await.unwrap_err(), @"merging change #1 has to wait: the forge `here` is configured with `merge_method: squash`, and `acme/deploy` does not allow that; allow it in the settings of the repository, or change `merge_method`");
    ground.world.state().protection.forbidden.clear();
    forge.merge(&ground.merge_of(change)).await.unwrap();
}

#[tokio::test]
async fn a_merge_queue_that_keeps_it_out() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.refuse("PUT ", 405, "Changes must be made through the merge queue");
    assert_snapshot!(ground.forge.merge(&ground.merge_of(change)).await.unwrap_err(), @"merging change #1 has to wait: GitHub does not add it to the merge queue: The branch has no merge queue");
}

#[tokio::test]
async fn a_base_that_moved_on_the_way_keeps_no_merge_waiting() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.refuse("PUT ", 405, "Base branch was modified. Review and try the merge again.");
    let error = ground.forge.merge(&ground.merge_of(change)).await.unwrap_err();
    assert!(matches!(error, ForgeError::Conflict { .. }), "{error}");
    assert_eq!(ground.shown(change).await.barrier, None, "it is tried again at once");
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
}

#[tokio::test]
async fn a_branch_that_lies_on_the_newest_base_is_not_behind() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.refuse("PUT ", 405, "Head branch is not up to date with the base branch.");
    ground.forge.merge(&ground.merge_of(change)).await.unwrap_err();
    let barrier = ground.shown(change).await.barrier.expect("it was refused");
    assert_eq!(barrier.kind, BarrierKind::Blocked, "nothing would come of an update");
}

#[tokio::test]
async fn what_github_thinks_of_an_older_head_is_not_believed() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let proposal = ground.proposal("dev", "1.11.0").await;
    ground.propose(&proposal).await.unwrap();
    ground.world.state().github.lagging.insert(change);
    assert!(!ground.shown(change).await.conflicted, "the new head was not tried yet");
    ground.world.state().github.lagging.clear();
    assert!(!ground.shown(change).await.conflicted);
}

/// A client that is configured with a way of merging.
fn merging_by(ground: &Ground, method: MergeMethod) -> GitHubForge {
    let world = ground.world.clone();
    let access = GitHubAccess {
        merge_method: Some(method),
        ..access(ground.address, Credentials::token(&secret(TOKEN)))
    };
    GitHubForge::new(access, Arc::new(move || world.now()))
}
