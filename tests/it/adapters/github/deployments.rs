//! Landings as GitHub's deployments: each shown once, completed where somebody was cut off, and nothing waits for them.

mod faults;

use std::collections::BTreeMap;

use insta::assert_snapshot;
use serde_json::json;
use towpath::forge::Forge as _;
use towpath::model::{Deployment, ImageReference, ServiceEnvironment};

use super::app::app;
use super::costs::readable;
use super::*;
use crate::support::world::{EffectKind, Fault};

fn target(environment: &str) -> ServiceEnvironment {
    ServiceEnvironment { service: name("shop"), environment: name(environment) }
}

fn images(version: &str) -> Vec<ImageReference> {
    vec![ImageReference { image: name("registry.test/acme/shop"), tag: Some(name(version)), digest: None }]
}

impl Ground {
    fn deployment(&self, environment: &str, version: &str) -> Deployment {
        Deployment {
            target: target(environment),
            images: images(version),
            commit: self.world.state().base_tip().clone(),
            change: Some(ChangeNumber(7)),
            is_last: environment == "production",
            description: format!("shop {version}"),
        }
    }

    async fn announce(&self, environment: &str, version: &str) -> Result<(), ForgeError> {
        self.forge.announce(&place(), &self.deployment(environment, version)).await
    }

    async fn deployed(&self, environments: &[&str]) -> BTreeMap<ServiceEnvironment, Vec<ImageReference>> {
        let targets: Vec<ServiceEnvironment> =
            environments.iter().map(|environment| target(environment)).collect();
        self.forge.deployed(&place(), &targets).await.expect("the fake GitHub answers")
    }

    /// What people see on GitHub's page.
    fn page(&self) -> String {
        let state = self.world.state();
        let lines = state.github.deployments.iter().map(|own| {
            let how = own.state.unwrap_or("nothing said");
            format!(
                "{}: {}, {how}, {:?}",
                own.environment,
                own.description,
                own.log_url.as_deref().map(ending)
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// An address without its host, which differs from run to run.
fn ending(address: &str) -> &str {
    address.split_once("/acme/").map_or(address, |(_, rest)| rest)
}

#[tokio::test]
async fn a_landing_takes_two_writes_and_what_is_known_takes_nothing() {
    let ground = Ground::new().await;
    ground.start_counting();
    assert_eq!(ground.deployed(&["dev", "staging"]).await, BTreeMap::new());
    ground.announce("dev", "1.10.0").await.unwrap();
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    POST /graphql
    POST /graphql
    POST /deployments
    POST /deployments/1/statuses
    ");
    ground.start_counting();
    assert_eq!(ground.deployed(&["dev", "staging"]).await, [(target("dev"), images("1.10.0"))].into());
    assert_eq!(ground.counted().0, Vec::<String>::new());
    assert_snapshot!(ground.page(), @r#"dev/shop: shop 1.10.0, success, Some("deploy/pull/7")"#);
}

#[tokio::test]
async fn what_ran_before_is_inactive_wherever_it_ran() {
    let ground = Ground::new().await;
    for version in ["1.9.0", "1.10.0", "1.9.0"] {
        ground.announce("dev", version).await.unwrap();
        ground.announce("production", version).await.unwrap();
    }
    assert_snapshot!(ground.page(), @r#"
    dev/shop: shop 1.9.0, inactive, Some("deploy/pull/7")
    production/shop: shop 1.9.0, inactive, Some("deploy/pull/7")
    dev/shop: shop 1.10.0, inactive, Some("deploy/pull/7")
    production/shop: shop 1.10.0, inactive, Some("deploy/pull/7")
    dev/shop: shop 1.9.0, success, Some("deploy/pull/7")
    production/shop: shop 1.9.0, success, Some("deploy/pull/7")
    "#);
}

#[tokio::test]
async fn many_targets_are_asked_about_in_one_document() {
    let ground = Ground::new().await;
    ground.announce("dev", "1.10.0").await.unwrap();
    let newcomer = ground.anew();
    let targets: Vec<ServiceEnvironment> =
        (0..30).map(|number| target(&format!("dev{number}"))).chain([target("dev")]).collect();
    ground.start_counting();
    let shown = newcomer.deployed(&place(), &targets).await.unwrap();
    assert_eq!(shown, [(target("dev"), images("1.10.0"))].into());
    assert_eq!(ground.counted().0, ["POST /graphql", "POST /graphql"]);
}

#[tokio::test]
async fn a_deployment_without_its_status_is_completed() {
    let ground = Ground::new().await;
    ground.refuse("POST /repos/acme/deploy/deployments/1/statuses", 422, "Validation Failed");
    assert_snapshot!(ground.announce("dev", "1.10.0").await.unwrap_err(), @"the deployment 1 of `acme/deploy` failed: GitHub answered 422, Validation Failed");
    ground.announce("dev", "1.10.0").await.unwrap();
    assert_eq!(made(&ground), 1);
    assert_snapshot!(ground.page(), @r#"dev/shop: shop 1.10.0, success, Some("deploy/pull/7")"#);
}

#[tokio::test]
async fn a_lost_answer_makes_no_second_deployment() {
    let ground = Ground::new().await;
    let effects = ground.world.state().effects.len();
    ground.world.state().faults.planned = Some((effects, Fault::AnswerLost));
    assert_snapshot!(ground.announce("dev", "1.10.0").await.unwrap_err(), @"write deployments failed: GitHub answered 502, Server Error");
    assert_eq!(ground.deployed(&["dev"]).await, BTreeMap::new(), "it is not complete");
    ground.announce("dev", "1.10.0").await.unwrap();
    assert_eq!(made(&ground), 1);
    assert_eq!(ground.deployed(&["dev"]).await, [(target("dev"), images("1.10.0"))].into());
}

fn made(ground: &Ground) -> usize {
    let state = ground.world.state();
    let is_made = |kind: &EffectKind| matches!(kind, EffectKind::DeploymentMade { .. });
    state.effects.iter().filter(|effect| is_made(&effect.kind)).count()
}

#[tokio::test]
async fn another_replica_was_faster() {
    let ground = Ground::new().await;
    assert_eq!(ground.deployed(&["dev"]).await, BTreeMap::new());
    ground.anew().announce(&place(), &ground.deployment("dev", "1.10.0")).await.unwrap();
    ground.announce("dev", "1.10.0").await.unwrap();
    assert_eq!(made(&ground), 1);
}

#[tokio::test]
async fn what_others_show_in_the_environment_is_left_as_it_is() {
    let ground = Ground::new().await;
    ground.announce("production", "1.10.0").await.unwrap();
    {
        let mut state = ground.world.state();
        let mut theirs = state.github.deployments[0].clone();
        theirs.take_over("their pipeline", json!({ "from": "somewhere" }));
        state.github.deployments.push(theirs);
    }
    let newcomer = ground.anew();
    let shown = newcomer.deployed(&place(), &[target("production")]).await.unwrap();
    assert_eq!(shown, [(target("production"), images("1.10.0"))].into());
    newcomer.announce(&place(), &ground.deployment("production", "1.11.0")).await.unwrap();
    assert_snapshot!(ground.page(), @r#"
    production/shop: shop 1.10.0, inactive, Some("deploy/pull/7")
    production/shop: their pipeline, success, Some("deploy/pull/7")
    production/shop: shop 1.11.0, success, Some("deploy/pull/7")
    "#);
}

#[tokio::test]
async fn a_token_of_its_own_and_without_the_permission_an_hour_of_peace() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.announce(&place(), &ground.deployment("dev", "1.10.0")).await.unwrap();
    let wishes = ground.world.state().github.wishes.clone();
    let wishes: Vec<String> = wishes.iter().map(ToString::to_string).collect();
    assert_snapshot!(wishes.join("\n"), @r#"{"repositories":["deploy"],"permissions":{"deployments":"write"}}"#);

    let forge = client(&ground.world, ground.address, app());
    let permissions = ground.world.state().github.setup.permissions.clone();
    ground.world.state().github.setup.permissions.as_object_mut().expect("an object").remove("deployments");
    assert_snapshot!(forge.deployed(&place(), &[target("dev")]).await.unwrap_err(), @"GitHub issued no token for `acme/deploy` to the App: GitHub answered 422, The permissions requested are not granted to this installation; check the repositories and permissions of its installation; `towpath doctor` lists what it needs");
    forge.head(&place()).await.expect("everything else goes on");
    ground.start_counting();
    ground.world.state().now += chrono::TimeDelta::minutes(59);
    forge.deployed(&place(), &[target("dev")]).await.unwrap_err();
    assert_eq!(ground.counted().0, Vec::<String>::new());
    ground.world.state().github.setup.permissions = permissions;
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    assert_eq!(forge.deployed(&place(), &[target("dev")]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_token_that_may_read_and_not_write() {
    let ground = Ground::new().await;
    ground.refuse(
        "POST /repos/acme/deploy/deployments",
        403,
        "Resource not accessible by personal access token",
    );
    assert_snapshot!(ground.announce("dev", "1.10.0").await.unwrap_err(), @"the bot may not write deployments in `acme/deploy`; grant it `deployments=write`: GitHub answered 403, Resource not accessible by personal access token");
    ground.forge.deployed(&place(), &[target("dev")]).await.expect_err("nobody asks for an hour");
}
