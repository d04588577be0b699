//! A GitHub App: it proves itself, gets a token for each repository, and a new one before that ends.

use chrono::TimeDelta;
use futures::future::join_all;
use insta::assert_snapshot;
use towpath::forge::Forge as _;
use towpath::forge::github::AppCredentials;
use towpath::model::ConfigBranch;

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
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the App is not installed for `acme/deploy`; install it, give it access to the repository, and check that the repository still has this name");
    ground.refuse("POST /app/installations", 403, "This installation has been suspended");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the installation of the App for `acme/deploy` is suspended; unsuspend it in the settings of its organization, or remove its services from the configuration");
    ground.refuse("POST /app/installations", 422, "There is at least one repository that does not exist");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"GitHub issued no token for `acme/deploy` to the App: GitHub answered 422, There is at least one repository that does not exist; check the repositories and permissions of its installation; `towpath doctor` lists what it needs");
    ground.refuse("POST /app/installations", 401, "A JSON web token could not be decoded");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"GitHub rejected the private key of the App: GitHub answered 401, A JSON web token could not be decoded; look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine");
    forge.head(&place()).await.unwrap();
}

/// How many requests end so.
fn count(ground: &Ground, end: &str) -> usize {
    ground.counted().0.iter().filter(|line| line.ends_with(end)).count()
}

#[tokio::test]
async fn however_many_need_a_token_at_once_one_asks_for_it() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    let place = place();
    let all = join_all((0..30).map(|_| forge.head(&place))).await;
    assert!(all.iter().all(Result::is_ok), "{all:#?}");
    assert_eq!((count(&ground, "/installation"), count(&ground, "/access_tokens")), (1, 1));
}

#[tokio::test]
async fn the_installation_is_looked_up_once_for_all_repositories_of_an_owner() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    let places: Vec<_> = (0..50)
        .map(|number| ConfigBranch { repository: name(&format!("acme/deploy-{number}")), ..place() })
        .collect();
    join_all(places.iter().map(|place| forge.head(place))).await;
    assert_eq!((count(&ground, "/installation"), count(&ground, "/access_tokens")), (1, 50));
    let elsewhere = ConfigBranch { repository: name("umbrella/deploy"), ..place() };
    forge.head(&elsewhere).await.unwrap_err();
    assert_eq!(count(&ground, "/installation"), 2);
}

#[tokio::test]
async fn an_app_that_was_installed_anew_is_found_by_its_new_number() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.head(&place()).await.unwrap();
    ground.world.state().now += TimeDelta::hours(1);
    ground.refuse("POST /app/installations/7/access_tokens", 404, "Not Found");
    forge.head(&place()).await.unwrap();
    assert_eq!((count(&ground, "/installation"), count(&ground, "/access_tokens")), (2, 3));
}

#[tokio::test]
async fn limits_hold_for_tokens_too() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    ground.refuse_with(Refusal {
        request: "POST /app/installations",
        status: 403,
        message: "You have exceeded a secondary rate limit",
        header: Some(("retry-after", "30")),
    });
    let limited = Err(ForgeError::RateLimited { wait: Duration::from_secs(30) });
    let here = place();
    let all = join_all((0..10).map(|_| forge.head(&here))).await;
    assert!(all.iter().all(|one| *one == limited), "{all:#?}");
    let elsewhere = ConfigBranch { repository: name("acme/other"), ..place() };
    ground.start_counting();
    assert!(matches!(forge.head(&elsewhere).await, Err(ForgeError::RateLimited { .. })));
    assert!(ground.counted().0.is_empty());
    ground.world.state().now += TimeDelta::seconds(31);
    forge.head(&place()).await.unwrap();
}

#[tokio::test]
async fn a_hiccup_on_the_way_to_a_token_is_tried_again() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    ground.refuse("GET /repos/acme/deploy/installation", 502, "Bad Gateway");
    ground.refuse("POST /app/installations", 503, "Unavailable");
    forge.head(&place()).await.unwrap();
    ground.world.state().faults.is_down = true;
    ground.world.state().now += TimeDelta::hours(1);
    ground.start_counting();
    assert!(matches!(forge.head(&place()).await, Err(ForgeError::Unavailable { .. })));
    assert_eq!(ground.counted().0.len(), 4, "and nothing is tried for each try of something else");
}

#[tokio::test]
async fn a_token_that_not_all_of_github_knows_yet_is_tried_again() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    ground.refuse("GET /repos/acme/deploy/git", 401, "Bad credentials");
    ground.refuse("GET /repos/acme/deploy/git", 403, "Resource not accessible by integration");
    forge.head(&place()).await.unwrap();
    assert_eq!(ground.world.state().github.wishes.len(), 1, "the same token is good a moment later");
}

#[tokio::test]
async fn what_a_token_may_not_do_that_is_no_longer_new_is_said_at_once() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.head(&place()).await.unwrap();
    ground.world.state().now += TimeDelta::seconds(11);
    ground.refuse_with(Refusal {
        request: "GET /repos/acme/deploy/git",
        status: 403,
        message: "Resource not accessible by integration",
        header: Some(("x-accepted-github-permissions", "contents=read")),
    });
    ground.start_counting();
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the bot may not read the branches in `acme/deploy`; grant it `contents=read`");
    assert_eq!(ground.counted().0.len(), 1);
}

#[tokio::test]
async fn a_clock_that_is_wrong_keeps_no_app_out() {
    for minutes in [-30, -5, 5, 30] {
        let ground = Ground::new().await;
        let world = ground.world.clone();
        let clock = Arc::new(move || world.now() + TimeDelta::minutes(minutes));
        let forge = GitHubForge::new(access(ground.address, app()), clock);
        forge.head(&place()).await.unwrap_or_else(|error| panic!("{minutes}: {error}"));
        // What follows is right at once, the end of the token included.
        ground.start_counting();
        ground.world.state().now += TimeDelta::minutes(56);
        forge.head(&place()).await.unwrap();
        assert_eq!(count(&ground, "/access_tokens"), 1, "{minutes}");
    }
}

#[tokio::test]
async fn an_installation_that_was_suspended_meanwhile() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, app());
    forge.head(&place()).await.unwrap();
    ground.refuse("GET /repos", 403, "This installation has been suspended");
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"the installation of the App for `acme/deploy` is suspended; unsuspend it in the settings of its organization, or remove its services from the configuration");
}

#[test]
fn a_key_that_is_none_is_not_repeated() {
    assert_snapshot!(AppCredentials::new(1, &secret("s3cret"), None).err().unwrap(), @"the private key is not an RSA key in PEM format; generate a private key on the App's page under Settings > Developer settings: it is a file `*.private-key.pem` that begins with -----BEGIN RSA PRIVATE KEY-----");
}

#[test]
fn keys_that_are_of_no_use_are_told_at_once_with_what_to_do() {
    let keys = [include_str!("keys/ec.pem"), include_str!("keys/public.pem"), include_str!("keys/small.pem")];
    let mut said = String::new();
    for key in keys {
        let error = AppCredentials::new(1, &secret(key), None).err().unwrap();
        let mut lines = key.lines().filter(|line| !line.starts_with('-'));
        assert!(!lines.any(|line| error.contains(line)), "{error}");
        said += &format!("{error}\n");
    }
    assert_snapshot!(said, @"
    the private key is not an RSA key in PEM format; generate a private key on the App's page under Settings > Developer settings: it is a file `*.private-key.pem` that begins with -----BEGIN RSA PRIVATE KEY-----
    the private key signs nothing: it is a public one, too small or broken; generate a private key on the App's page under Settings > Developer settings: it is a file `*.private-key.pem` that begins with -----BEGIN RSA PRIVATE KEY-----
    the private key signs nothing: it is a public one, too small or broken; generate a private key on the App's page under Settings > Developer settings: it is a file `*.private-key.pem` that begins with -----BEGIN RSA PRIVATE KEY-----
    ");
}

pub(super) fn app() -> Credentials {
    Credentials::App(AppCredentials::new(12, &secret(KEY), None).expect("it is a key"))
}
