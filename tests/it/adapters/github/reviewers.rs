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

impl Ground {
    /// The same with an App.
    async fn with_an_app() -> Self {
        let ground = Self::new().await;
        let forge = client(&ground.world, ground.address, super::app::app());
        Self { forge, ..ground }
    }
}

#[tokio::test]
async fn an_app_asks_teams_with_a_token_that_sees_them_and_users_with_that_of_the_repository() {
    let ground = Ground::with_an_app().await;
    let change = open_with(&ground, vec![user("alice"), team("acme/sre")]).await;
    assert_eq!(asked(&ground, change), ["alice", "sre"]);
    assert_eq!(count(&ground, "requested_reviewers"), 1);
    let wish = ground.world.state().github.wishes.last().cloned().expect("it got itself a token");
    insta::assert_snapshot!(wish, @r#"{"repositories":["deploy"],"permissions":{"members":"read","pull_requests":"write"}}"#);

    let ground = Ground::with_an_app().await;
    let change = open_with(&ground, vec![user("alice")]).await;
    assert_eq!(asked(&ground, change), ["alice"]);
    assert_eq!(ground.world.state().github.wishes.len(), 1, "users need no other token");
}

#[tokio::test]
async fn an_app_that_may_see_no_teams_asks_the_users_alone() {
    let ground = Ground::with_an_app().await;
    ground.world.state().github.setup.permissions.as_object_mut().expect("an object").remove("members");
    let change = open_with(&ground, vec![user("alice"), team("acme/sre"), user("bob")]).await;
    assert_eq!(asked(&ground, change), ["alice", "bob"]);
    assert_eq!(count(&ground, "requested_reviewers"), 1);
}

#[tokio::test]
async fn where_github_takes_no_team_the_users_are_asked_alone() {
    for status in [403, 422] {
        let ground = Ground::with_an_app().await;
        for _try in 0..if status == 403 { 4 } else { 1 } {
            let said = "Could not resolve to a node, or must have rights";
            ground.refuse("POST /repos/acme/deploy/pulls/1/requested_reviewers", status, said);
        }
        let change = open_with(&ground, vec![user("alice"), team("acme/sre")]).await;
        assert_eq!(asked(&ground, change), ["alice"]);
    }
}
