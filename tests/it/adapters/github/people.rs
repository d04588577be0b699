//! Who somebody is, and what they may do.

use insta::assert_snapshot;
use towpath::forge::Confirmation;
use towpath::model::UserName;

use super::*;

/// A change on which somebody wrote.
async fn after_a_comment_of(author: &str) -> Ground {
    after_comments_of(&[author]).await
}

async fn after_comments_of(authors: &[&str]) -> Ground {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    for author in authors {
        ground.world.comment(change, author, "/promote approve");
    }
    ground.look().await;
    ground
}

async fn may_write(ground: &Ground, user: &str) -> bool {
    ground.forge.may_write(&place(), &name(user)).await.expect("the fake GitHub answers").is_so
}

fn permit(ground: &Ground, user: &str, permission: &'static str) {
    ground.world.state().permissions.insert(name(user), permission);
}

fn make_member(ground: &Ground, user: &str) {
    ground.world.state().teams.entry(name("acme/sre")).or_default().insert(name(user));
}

#[tokio::test]
async fn every_role_that_may_write_counts_and_no_other() {
    let ground = after_comments_of(&["ada", "mai", "wim", "tim", "rob", "nan"]).await;
    for (user, role, may) in [
        ("ada", "admin", true),
        ("mai", "maintain", true),
        ("wim", "write", true),
        ("tim", "triage", false),
        ("rob", "read", false),
        ("nan", "none", false),
    ] {
        permit(&ground, user, role);
        assert_eq!(may_write(&ground, user).await, may, "{role}");
    }
}

#[tokio::test]
async fn nobody_in_particular_and_no_program_may_write() {
    let ground = after_a_comment_of("renovate[bot]").await;
    for user in ["ghost", "renovate[bot]"] {
        permit(&ground, user, "admin");
        assert!(!may_write(&ground, user).await, "{user}");
    }
}

#[tokio::test]
async fn a_permission_is_asked_for_once_in_half_a_minute() {
    let ground = after_a_comment_of("ada").await;
    permit(&ground, "ada", "write");
    ground.start_counting();
    for _look in 0..3 {
        assert!(may_write(&ground, "ada").await);
    }
    assert_eq!(ground.counted().0, ["GET /repos/acme/deploy/collaborators/ada/permission"]);
    ground.world.state().now += chrono::TimeDelta::seconds(31);
    permit(&ground, "ada", "read");
    assert!(!may_write(&ground, "ada").await, "what was taken away is gone");
}

#[tokio::test]
async fn a_permission_that_github_does_not_tell_is_not_known() {
    let ground = after_a_comment_of("ada").await;
    ground.refuse(
        "GET /repos/acme/deploy/collaborators",
        403,
        "Must have push access to view collaborator permission.",
    );
    assert!(ground.forge.may_write(&place(), &name("ada")).await.is_err());
}

#[tokio::test]
async fn names_are_the_same_in_any_case() {
    let ground = after_a_comment_of("Ada").await;
    let changes = ground.forge.changes(&place()).await.unwrap();
    let authors: Vec<&UserName> = changes[0].comments.iter().map(|comment| &comment.author).collect();
    assert_eq!(authors, [&name::<UserName>("ada")]);
    permit(&ground, "Ada", "write");
    make_member(&ground, "Ada");
    assert!(may_write(&ground, "ada").await);
    assert!(ground.forge.is_member(&name("acme/sre"), &name("ada")).await.unwrap().is_so);
    assert!(ground.forge.capabilities().logins_are_case_insensitive);
}

#[tokio::test]
async fn a_name_that_went_to_another_account_gives_nothing() {
    let ground = after_a_comment_of("ada").await;
    permit(&ground, "ada", "admin");
    make_member(&ground, "ada");
    ground.world.state().github.taken_over.insert("ada");
    assert!(!may_write(&ground, "ada").await);
    assert!(!ground.forge.is_member(&name("acme/sre"), &name("ada")).await.unwrap().is_so);
}

#[tokio::test]
async fn a_name_under_which_nothing_is_shown_gives_nothing_until_something_is() {
    let ground = Ground::new().await;
    permit(&ground, "ada", "admin");
    ground.start_counting();
    let error = ground.forge.may_write(&place(), &name("ada")).await.unwrap_err();
    assert_snapshot!(error, @"learning whose name `ada` is failed: nothing that was written under it is shown");
    assert_eq!(ground.counted().0, Vec::<String>::new());
    let change = ground.open().await;
    ground.world.comment(change, "ada", "/promote approve");
    ground.world.state().now += chrono::TimeDelta::seconds(1);
    ground.look().await;
    assert!(may_write(&ground, "ada").await);
}

#[tokio::test]
async fn what_is_remembered_of_somebody_is_as_old_as_it_was_asked() {
    let ground = after_a_comment_of("ada").await;
    make_member(&ground, "ada");
    let asked_at = ground.world.now();
    let (team, ada) = (name("acme/sre"), name("ada"));
    ground.forge.is_member(&team, &ada).await.unwrap();
    ground.world.state().teams.values_mut().for_each(|members| members.clear());
    ground.world.state().now += chrono::TimeDelta::seconds(29);
    let told = ground.forge.is_member(&team, &ada).await.unwrap();
    assert_eq!(told, Confirmation { is_so: true, at: Some(asked_at) });
    ground.world.state().now += chrono::TimeDelta::seconds(1);
    let told = ground.forge.is_member(&team, &ada).await.unwrap();
    assert_eq!(told, Confirmation { is_so: false, at: Some(ground.world.now()) });
}

#[tokio::test]
async fn a_stranger_on_a_public_repository_is_no_collaborator() {
    let ground = after_comments_of(&["ada", "eve"]).await;
    ground.world.state().github.strangers.insert("eve");
    let is_collaborator = async |user| {
        ground.forge.is_collaborator(&place(), &name(user)).await.expect("the fake GitHub answers").is_so
    };
    assert!(is_collaborator("ada").await);
    assert!(!is_collaborator("eve").await);
    ground.start_counting();
    assert!(is_collaborator("ada").await);
    assert_eq!(ground.counted().0, Vec::<String>::new(), "it is remembered");
    ground.world.state().now += chrono::TimeDelta::seconds(31);
    ground.world.state().github.taken_over.insert("ada");
    assert!(!is_collaborator("ada").await, "another account has that name now");
}
