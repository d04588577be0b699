//! Who is asked for a review.

use towpath::model::Principal;

use super::*;

fn user(login: &str) -> Principal {
    Principal::User(name(login))
}

fn team(team: &str) -> Principal {
    Principal::Team(name(team))
}

/// A change for which these are to be asked.
async fn open_with(ground: &Ground, reviewers: Vec<Principal>) -> ChangeNumber {
    ground.look().await;
    let proposal = Proposal { reviewers, ..ground.proposal("dev", "1.10.0").await };
    ground.start_counting();
    ground.propose(&proposal).await.expect("reviewers stop no change")
}

fn asked(ground: &Ground, change: ChangeNumber) -> Vec<String> {
    ground.world.state().github.reviewers.get(&change).cloned().unwrap_or_default()
}

fn count(ground: &Ground, part: &str) -> usize {
    ground.counted().0.iter().filter(|line| line.contains(part)).count()
}

#[tokio::test]
async fn all_are_asked_in_one_request() {
    let ground = Ground::new().await;
    let all = vec![user("alice"), team("acme/sre"), team("elsewhere/sre"), user("bob")];
    let change = open_with(&ground, all).await;
    assert_eq!(asked(&ground, change), ["alice", "bob", "sre"]);
    assert_eq!(count(&ground, "requested_reviewers"), 1);
}

#[tokio::test]
async fn new_content_asks_nobody_again() {
    let ground = Ground::new().await;
    let change = open_with(&ground, vec![user("alice")]).await;
    ground.look().await;
    let next = Proposal { reviewers: vec![user("alice")], ..ground.proposal("dev", "1.11.0").await };
    ground.propose(&next).await.unwrap();
    assert_eq!(asked(&ground, change), ["alice"]);
}

#[tokio::test]
async fn whom_github_does_not_know_keeps_nobody_else_from_being_asked() {
    let ground = Ground::new().await;
    ground.world.state().github.strangers.extend(["mallory", "ops"]);
    let all = vec![user("alice"), user("mallory"), team("acme/ops"), team("acme/sre")];
    let change = open_with(&ground, all).await;
    assert_eq!(asked(&ground, change), ["alice", "sre"]);
    assert_eq!(count(&ground, "requested_reviewers"), 2);
}

#[tokio::test]
async fn where_github_knows_nobody_the_change_is_open_all_the_same() {
    let ground = Ground::new().await;
    ground.world.state().github.strangers.insert("mallory");
    let change = open_with(&ground, vec![user("mallory")]).await;
    assert_eq!(asked(&ground, change), [""; 0]);
    assert_eq!(count(&ground, "requested_reviewers"), 1);
}

#[tokio::test]
async fn a_refusal_stops_no_change() {
    let ground = Ground::new().await;
    ground.refuse("POST /repos/acme/deploy/pulls/1/requested_reviewers", 403, "Resource not accessible");
    let change = open_with(&ground, vec![user("alice")]).await;
    assert_eq!(asked(&ground, change), [""; 0]);
}
