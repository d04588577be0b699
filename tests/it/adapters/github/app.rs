//! A GitHub App: it proves itself, gets a token for each repository, and a new one before that ends.

use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::forge::github::AppCredentials;

use super::*;

const KEY: &str = include_str!("app.pem");

#[tokio::test]
async fn a_token_for_one_repository_and_no_more_than_is_needed() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.changes(&place()).await.unwrap();
    assert_eq!(forge.bot().as_str(), "towpath[bot]");
    let wishes = ground.world.state().github.wishes.clone();
    let wishes: Vec<String> = wishes.iter().map(ToString::to_string).collect();
    assert_snapshot!(wishes.join("\n"), @r#"{"repositories":["deploy"],"permissions":{"checks":"write","contents":"write","metadata":"read","pull_requests":"write"}}"#);
}

#[tokio::test]
async fn a_new_token_before_the_old_one_ends() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    for minutes in [0, 50, 6] {
        ground.world.state().now += chrono::TimeDelta::minutes(minutes);
        forge.head(&place()).await.unwrap();
    }
    assert_eq!(ground.world.state().github.wishes.len(), 2);
}

#[tokio::test]
async fn a_token_that_was_taken_back_is_replaced_at_once() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.head(&place()).await.unwrap();
    ground.world.state().github.tokens.clear();
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    forge.head(&place()).await.unwrap();
    assert_eq!(ground.world.state().github.wishes.len(), 2);
}

#[tokio::test]
async fn an_app_that_is_not_installed() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    ground.refuse("GET /repos/acme/deploy/installation", 404, "Not Found");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the App is not installed for `acme/deploy`; install it, let it use the repository, and look whether that still has this name");
    ground.refuse("POST /app/installations", 403, "This installation has been suspended");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the installation of the App for `acme/deploy` is suspended; unsuspend it in the settings of its organization, or take its services out of the configuration");
    ground.refuse("POST /app/installations", 422, "There is at least one repository that does not exist");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"GitHub gives the App no token for `acme/deploy`: GitHub answered 422, There is at least one repository that does not exist; look at what its installation may use and do; `towpath doctor` says what it needs");
    ground.refuse("POST /app/installations", 401, "A JSON web token could not be decoded");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"GitHub does not take the private key of the App: GitHub answered 401, A JSON web token could not be decoded; look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine");
    forge.head(&place()).await.unwrap();
}

#[test]
fn a_key_that_is_none_is_not_repeated() {
    assert_snapshot!(AppCredentials::new(1, &secret("s3cret"), None).err().unwrap(), @"the private key is no RSA key in PEM form");
}

pub(super) fn app() -> Credentials {
    Credentials::App(AppCredentials::new(12, &secret(KEY), None).expect("it is a key"))
}
