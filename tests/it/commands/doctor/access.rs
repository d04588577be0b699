//! What the bot may do, where that is told and where it is not.

use super::*;

/// A configuration in which a team approves.
fn with_a_team(practice: &Practice) {
    practice.world.state().teams.entry(name("acme/sre")).or_default().insert(name("tess"));
    practice.configure("merge: manual", "gates: [ { approvals: { count: 1, from: [ \"@acme/sre\" ] } } ]");
}

#[tokio::test]
async fn a_fine_grained_token_without_statuses_and_members() {
    let practice = Practice::new(A_TOKEN, |setup| setup.scopes = None).await;
    with_a_team(&practice);
    let refused = "Resource not accessible by personal access token";
    practice.refuse("GET /repos/acme/deploy/commits/HEAD/statuses", 403, refused);
    practice.refuse("GET /orgs/acme/teams?", 404, "Not Found");
    let said = practice.findings(&["permission", "may read"]).await;
    assert_snapshot!(said, @"
    wrong     the permission `statuses` is not granted, and has to be write: it shows the gates as a commit status, without which nothing is promoted
              grant `statuses` in Settings > Developer settings > Personal access tokens of the bot's account
    wrong     the permission `members` is not granted, and has to be read: it asks who belongs to a team, without which what they write has to wait
              grant `members` in Settings > Developer settings > Personal access tokens of the bot's account
    unknown   the bot may read by `contents`, `deployments` and `pull_requests`; whether it may write cannot be determined: by `contents` it reads configuration, writes branches and merges; by `deployments` it tells what runs where; by `pull_requests` it opens pull requests and comments on them
              see that the token has Read and write for each of them, or use a GitHub App, which can be asked
    unknown   where events are sent could not be asked for: those of the repository only an owner may read; those of the organization only its owners may read
              look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows
    ");
}

#[tokio::test]
async fn a_token_of_github_actions_is_known_by_the_configuration() {
    let practice = Practice::new(A_TOKEN, |setup| setup.scopes = None).await;
    let refuse = || practice.refuse("GET /user", 403, "Resource not accessible by integration");
    refuse();
    assert_snapshot!(practice.findings(&["the bot is", "who the bot"]).await, @"
    wrong     the forge does not say who the bot is: GitHub does not tell the account of the token: GitHub answered 403, Resource not accessible by integration; set `bot` of the forge in the configuration to the name under which it acts, such as `github-actions[bot]`
              look at `url`, and at `token` or `app`, of the forge in the configuration
    ");
    practice.configure("    webhook_secrets", "    bot: \"github-actions[bot]\"\n    webhook_secrets");
    refuse();
    assert_snapshot!(practice.findings(&["the bot is", "who the bot", "the repository"]).await, @"
    ok        the bot is `github-actions[bot]`, as the configuration says
    ok        the repository exists
    unknown   where events are sent could not be asked for: those of the repository only an owner may read; those of the organization only its owners may read
              look at Settings > Webhooks of the repository and of its organization: the address ends with /hooks/github/FORGE; where events come, `towpath_deliveries_total` in /metrics of `towpath serve` grows
    ");
    practice.refuse("GET /rate_limit", 404, "Rate limiting is not enabled.");
    assert_snapshot!(practice.findings(&["the bot is"]).await, @"  ok        the bot is `github-actions[bot]`, as the configuration says");
    practice.refuse("GET /rate_limit", 404, "<html></html>");
    assert_snapshot!(practice.findings(&["who the bot"]).await, @"
    wrong     the forge does not say who the bot is: reading the limits failed: the response is a web page, not one of GitHub's REST API; look at `url` of the forge: for an Enterprise Server it ends with /api/v3
              look at `url`, and at `token` or `app`, of the forge in the configuration
    ");
}

#[tokio::test]
async fn members_matter_only_where_teams_do_and_can_be_told() {
    let practice = Practice::new(A_TOKEN, |setup| setup.scopes = None).await;
    practice.doctor(&[]).await;
    let is_asked = |practice: &Practice| {
        let requests = &practice.world.state().github.requests;
        requests.iter().any(|(line, _)| line.starts_with("GET /orgs/acme/teams?"))
    };
    assert!(!is_asked(&practice));
    with_a_team(&practice);
    let said = practice.findings(&["members"]).await;
    assert!(is_asked(&practice));
    assert_eq!(said, "");
}

#[tokio::test]
async fn an_app_that_shows_no_deployments_needs_no_right_to_them() {
    let practice = Practice::new(APP, |setup| {
        setup.permissions.as_object_mut().expect("an object").remove("deployments");
        let events = setup.events.as_array_mut().expect("a list");
        events.retain(|event| event != "deployment_status");
        super::keep_others_from_log(setup);
    })
    .await;
    let asked = practice.findings(&["deployment"]).await;
    assert_snapshot!(asked, @"
    warning   the webhook does not send `deployment_status`
              subscribe to them: settings of the App > Permissions & events, or of the webhook > individual events
    warning   the permission `deployments` is not granted, and has to be write: it tells what runs where
              grant `deployments` in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
    ");
    practice.configure("    webhook_secrets", "    deployments: false\n    webhook_secrets");
    let said = practice.doctor(&[]).await.out;
    assert!(said.ends_with("\nall is well\n"), "{said}");
    let practice = Practice::new(A_TOKEN, |setup| setup.scopes = None).await;
    practice.configure("    webhook_secrets", "    deployments: false\n    webhook_secrets");
    assert!(!practice.doctor(&[]).await.out.contains("deployments"));
}

#[tokio::test]
async fn permissions_that_events_need_are_too_much_only_where_nobody_subscribed() {
    let more = |subscribed: &'static [&'static str]| {
        Practice::new(APP, move |setup| {
            setup.permissions["packages"] = json!("read");
            setup.permissions["actions"] = json!("write");
            setup.events.as_array_mut().expect("a list").extend(subscribed.iter().map(|word| json!(word)));
        })
    };
    let practice = more(&[]).await;
    assert_snapshot!(practice.findings(&["permission"]).await, @"
    warning   the permission `actions` is write, and is not needed
              set `actions` to No access in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
    warning   the permission `packages` is read, and is not needed
              set `packages` to No access in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
    ");
    let practice = more(&["registry_package", "workflow_run"]).await;
    assert_snapshot!(practice.findings(&["permission"]).await, @"
    warning   the permission `actions` is write, and read would do
              set `actions` to the lower level in the App's settings > Permissions & events, then accept it at https://forge.test/organizations/acme/settings/installations/7
    ");
}
