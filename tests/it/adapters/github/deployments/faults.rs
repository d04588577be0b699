//! What GitHub does to deployments on a bad day. The page is right again with the next look, and no day of peace is broken.

use super::super::app::app;
use super::super::*;
use super::{images, target};
use towpath::model::{Deployment, ServiceEnvironment};

const STATUSES_OF_THE_FIRST: &str = "POST /repos/acme/deploy/deployments/1/statuses";

impl Ground {
    /// What a look does: it asks what is shown, and shows what is not.
    async fn look_at(&self, forge: &GitHubForge, landed: &Deployment) -> Result<(), ForgeError> {
        let shown = forge.deployed(&place(), std::slice::from_ref(&landed.target)).await?;
        if shown.get(&landed.target) == Some(&landed.images) {
            return Ok(());
        }
        forge.announce(&place(), landed).await
    }

    fn states(&self) -> Vec<(String, Option<&'static str>)> {
        let state = self.world.state();
        state.github.deployments.iter().map(|own| (own.description.clone(), own.state)).collect()
    }

    fn sent(&self, start: &str) -> usize {
        self.counted().0.iter().filter(|line| line.starts_with(start)).count()
    }
}

fn shown(all: &[(&str, Option<&'static str>)]) -> Vec<(String, Option<&'static str>)> {
    all.iter().map(|(description, state)| ((*description).to_owned(), *state)).collect()
}

#[tokio::test]
async fn where_people_work_one_that_could_not_be_made_inactive_is_so_after_the_next_look() {
    let ground = Ground::new().await;
    ground.announce("production", "1.9.0").await.unwrap();
    let landed = ground.deployment("production", "1.10.0");
    ground.refuse(STATUSES_OF_THE_FIRST, 422, "Validation Failed");
    ground.look_at(&ground.forge, &landed).await.unwrap_err();
    for _look in 0..2 {
        ground.look_at(&ground.forge, &landed).await.unwrap();
    }
    ground.look_at(&ground.anew(), &landed).await.unwrap();
    assert_eq!(ground.states(), shown(&[("shop 1.9.0", Some("inactive")), ("shop 1.10.0", Some("success"))]));
}

#[tokio::test]
async fn an_environment_that_something_comes_after_from_now_on_shows_one_as_running() {
    let ground = Ground::new().await;
    ground.announce("production", "1.9.0").await.unwrap();
    let landed = Deployment { is_last: false, ..ground.deployment("production", "1.10.0") };
    ground.look_at(&ground.forge, &landed).await.unwrap();
    assert_eq!(ground.states(), shown(&[("shop 1.9.0", Some("inactive")), ("shop 1.10.0", Some("success"))]));
}

#[tokio::test]
async fn one_that_was_left_without_a_status_and_then_overtaken_does_not_stay_open() {
    let ground = Ground::new().await;
    ground.refuse(STATUSES_OF_THE_FIRST, 422, "Validation Failed");
    ground.announce("dev", "1.10.0").await.unwrap_err();
    ground.look_at(&ground.forge, &ground.deployment("dev", "1.11.0")).await.unwrap();
    assert_eq!(
        ground.states(),
        shown(&[("shop 1.10.0", Some("inactive")), ("shop 1.11.0", Some("success"))])
    );
}

/// GitHub says so to a classic token without the scope.
#[tokio::test]
async fn a_token_to_which_github_says_not_found_has_an_hour_of_peace() {
    a_no_is_asked_once_an_hour(404, "Not Found").await;
}

#[tokio::test]
async fn a_no_about_the_matter_itself_is_not_asked_for_with_each_look() {
    a_no_is_asked_once_an_hour(422, "Validation Failed").await;
}

async fn a_no_is_asked_once_an_hour(status: u16, words: &'static str) {
    let ground = Ground::new().await;
    let landed = ground.deployment("dev", "1.10.0");
    for _each in 0..10 {
        ground.refuse("POST /repos/acme/deploy/deployments", status, words);
    }
    ground.start_counting();
    for _minute in 0..10 {
        ground.look_at(&ground.forge, &landed).await.expect_err("GitHub says no");
        ground.world.state().now += chrono::TimeDelta::minutes(1);
    }
    assert_eq!(ground.sent("POST /repos"), 1, "{:#?}", ground.counted().0);
}

/// Merges wait for the look to end.
#[tokio::test]
async fn a_look_does_not_wait_for_deployments_that_github_cannot_give() {
    let ground = Ground::new().await;
    for _each in 0..4 {
        ground.refuse("POST /graphql", 502, "Server Error");
    }
    ground.start_counting();
    ground.forge.deployed(&place(), &[target("dev")]).await.unwrap_err();
    assert_eq!(ground.counted().0, ["POST /graphql"]);
}

#[tokio::test]
async fn too_many_questions_are_no_missing_permission() {
    let ground = Ground::new().await;
    let limited = r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for installation ID 1."}]}"#;
    ground.refuse("POST /graphql", 200, limited);
    let error = ground.forge.deployed(&place(), &[target("dev")]).await.unwrap_err();
    assert!(matches!(error, ForgeError::RateLimited { .. }), "{error}");
    ground.world.state().now += chrono::TimeDelta::minutes(2);
    ground.forge.deployed(&place(), &[target("dev")]).await.unwrap();
}

#[tokio::test]
async fn a_hiccup_of_graphql_is_no_missing_permission() {
    let ground = Ground::new().await;
    let hiccup = r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout, or it could be a GitHub bug."}]}"#;
    ground.refuse("POST /graphql", 200, hiccup);
    let error = ground.forge.deployed(&place(), &[target("dev")]).await.unwrap_err();
    assert!(matches!(error, ForgeError::Unavailable { .. }), "{error}");
    ground.world.state().now += chrono::TimeDelta::minutes(2);
    ground.forge.deployed(&place(), &[target("dev")]).await.unwrap();
}

/// An entry of a connection may be nothing.
#[tokio::test]
async fn a_deployment_that_the_bot_may_not_see_hides_no_other() {
    let ground = Ground::new().await;
    ground.announce("dev", "1.10.0").await.unwrap();
    let payload = r#""{\"towpath\":{\"images\":[{\"image\":\"registry.test/acme/shop\",\"tag\":\"1.10.0\"}],\"change\":7}}""#;
    let answer = format!(
        r#"{{"data":{{"repository":{{"e0":{{"nodes":[null,{{"databaseId":1,"payload":{payload},"latestStatus":{{"state":"SUCCESS"}}}}]}}}}}}}}"#
    );
    ground.refuse("POST /graphql", 200, answer.leak());
    let shown = ground.anew().deployed(&place(), &[target("dev")]).await.unwrap();
    assert_eq!(shown, [(target("dev"), images("1.10.0"))].into());
}

#[tokio::test]
async fn a_payload_that_comes_back_as_json_in_json_is_known_again() {
    let ground = Ground::new().await;
    let payload = r#"{"towpath":{"images":[{"image":"registry.test/acme/shop","tag":"1.10.0"}],"change":7}}"#;
    let payload = serde_json::to_string(&serde_json::to_string(payload).unwrap()).unwrap();
    let answer = format!(
        r#"{{"data":{{"repository":{{"e0":{{"nodes":[{{"databaseId":1,"payload":{payload},"latestStatus":{{"state":"SUCCESS"}}}}]}}}}}}}}"#
    );
    ground.refuse("POST /graphql", 200, answer.leak());
    let shown = ground.forge.deployed(&place(), &[target("dev")]).await.unwrap();
    assert_eq!(shown, [(target("dev"), images("1.10.0"))].into());
}

#[tokio::test]
async fn a_token_of_the_app_that_is_not_taken_costs_a_minute() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.deployed(&place(), &[target("dev")]).await.unwrap();
    for _try in 0..4 {
        ground.refuse("POST /graphql", 401, "Bad credentials");
    }
    forge.deployed(&place(), &[target("staging")]).await.unwrap_err();
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    forge.deployed(&place(), &[target("staging")]).await.expect("the next look asks for another token");
}

#[tokio::test]
async fn landings_at_once_leave_promotions_what_is_theirs_and_go_on_in_a_minute() {
    let ground = Ground::new().await;
    let told = ground.show_until_limited("dev", false).await;
    assert_eq!(told, 8);
    ground.open().await;
    ground.world.state().now += chrono::TimeDelta::seconds(66);
    ground.look_at(&ground.forge, &ground.deployment("dev20", "1.10.0")).await.unwrap();
    let left_open = ground.states().into_iter().filter(|(_, state)| state.is_none()).count();
    assert_eq!(left_open, 0);
}

impl Ground {
    /// Shows landings until GitHub takes no more, each at an environment of its own; gives how many.
    async fn show_until_limited(&self, environment: &str, is_last: bool) -> usize {
        for told in 0..100 {
            let landed = self.deployment(&format!("{environment}{told}"), "1.10.0");
            let landed = Deployment { is_last, ..landed };
            if let Err(error) = self.look_at(&self.forge, &landed).await {
                assert!(matches!(error, ForgeError::RateLimited { .. }), "{error}");
                return told;
            }
        }
        panic!("the budget has no end");
    }
}

/// A hundred landings at once are no hundred questions in each pass: merges and commands wait for the end of it.
#[tokio::test]
async fn what_has_to_wait_for_the_budget_asks_nothing_meanwhile() {
    let ground = Ground::new().await;
    ground.show_until_limited("dev", false).await;
    let waiting: Vec<ServiceEnvironment> = (50..60).map(|number| target(&format!("dev{number}"))).collect();
    ground.forge.deployed(&place(), &waiting).await.unwrap();
    ground.start_counting();
    for _pass in 0..2 {
        for own in &waiting {
            let landed = Deployment { target: own.clone(), ..ground.deployment("dev", "1.10.0") };
            ground.look_at(&ground.forge, &landed).await.unwrap_err();
        }
    }
    assert_eq!(ground.counted().0.len(), 0, "requests that could bring nothing");
}

#[tokio::test]
async fn no_deployment_is_begun_that_the_budget_cannot_end() {
    let ground = Ground::new().await;
    ground.announce("production", "1.9.0").await.unwrap();
    ground.announce("production", "1.10.0").await.unwrap();
    ground.show_until_limited("production", true).await;
    for (description, state) in ground.states() {
        assert!(state.is_some(), "{description} is left without a status");
    }
}

#[tokio::test]
async fn where_the_configuration_says_so_nothing_is_shown() {
    let ground = Ground::new().await;
    let credentials = Credentials::token(&secret(TOKEN));
    let access = GitHubAccess { deployments: false, ..access(ground.address, credentials) };
    let world = ground.world.clone();
    let forge = GitHubForge::new(access, Arc::new(move || world.now()));
    assert!(!forge.capabilities().shows_deployments);
    assert!(ground.forge.capabilities().shows_deployments);
}
