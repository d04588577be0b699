//! What the client makes of a no, and of no answer.

use futures::future::join_all;
use insta::assert_snapshot;
use towpath::forge::{Forge as _, Remark};
use towpath::model::Comment;

use super::*;

#[tokio::test]
async fn a_token_that_is_not_valid() {
    let ground = Ground::new().await;
    let forge = client(&ground.world, ground.address, Credentials::token(&secret("w0rn out")));
    let error = forge.head(&place()).await.unwrap_err();
    assert_snapshot!(error, @"GitHub rejected the token: it is wrong, expired or revoked; create a new one, and store it where `token` of the forge in the configuration says");
    assert!(!format!("{error:?} {forge:?}").contains("w0rn"));
}

#[tokio::test]
async fn a_permission_that_is_not_granted() {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.refuse_with(Refusal {
        request: "POST /graphql",
        status: 403,
        message: "Resource not accessible by integration",
        header: Some(("x-accepted-github-permissions", "contents=write")),
    });
    assert_snapshot!(ground.propose(&proposal).await.unwrap_err(), @"the bot may not write commits in `acme/deploy`; grant it `contents=write`");
}

#[tokio::test]
async fn a_right_that_github_does_not_name_is_that_of_our_own_table() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.comment(change, "alice", "hello");
    let mut said = String::new();
    let requests = [
        "GET /repos/acme/deploy/git",
        "GET /repos/acme/deploy/pulls",
        "PUT /repos/acme/deploy/pulls/1/merge",
        "POST /graphql",
    ];
    for request in requests {
        ground.refuse(request, 403, "Resource not accessible by personal access token");
        let forge = ground.anew();
        let error = match request {
            "GET /repos/acme/deploy/pulls" => forge.changes(&place()).await.err(),
            "GET /repos/acme/deploy/git" => forge.head(&place()).await.err(),
            "PUT /repos/acme/deploy/pulls/1/merge" => forge.merge(&ground.merge_of(change)).await.err(),
            _ => {
                let proposal = ground.proposal("staging", "1.10.0").await;
                ground.propose(&proposal).await.err()
            }
        };
        said += &format!("{}\n", error.expect("it is refused"));
    }
    assert_snapshot!(said, @"
    the bot may not read the branches in `acme/deploy`; grant it `contents=write`: GitHub answered 403, Resource not accessible by personal access token
    the bot may not read pull requests in `acme/deploy`; grant it `pull_requests=write`: GitHub answered 403, Resource not accessible by personal access token
    the bot may not merge pull requests in `acme/deploy`; grant it `contents=write`: GitHub answered 403, Resource not accessible by personal access token
    the bot may not write commits in `acme/deploy`; grant it `contents=write`: GitHub answered 403, Resource not accessible by personal access token
    ");
}

#[tokio::test]
async fn a_token_that_may_not_ask_whose_it_is() {
    let ground = Ground::new().await;
    ground.refuse("GET /user", 403, "Resource not accessible by integration");
    assert_snapshot!(ground.anew().changes(&place()).await.unwrap_err(), @"GitHub does not tell the account of the token: GitHub answered 403, Resource not accessible by integration; set `bot` of the forge in the configuration to the name under which it acts, such as `github-actions[bot]`");
}

/// A forge whose address is this one.
fn at(ground: &Ground, url: String) -> GitHubForge {
    let world = ground.world.clone();
    let access = GitHubAccess { url, ..access(ground.address, Credentials::token(&secret(TOKEN))) };
    GitHubForge::new(access, Arc::new(move || world.now()))
}

#[tokio::test]
async fn a_github_without_graphql_is_named_with_the_way_out() {
    let ground = Ground::new().await;
    let forge = at(&ground, format!("http://someone:s3cret@{}", ground.address));
    forge.changes(&place()).await.unwrap();
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.refuse("POST /graphql", 404, "Not Found");
    let error = forge.propose(std::slice::from_ref(&proposal)).await.pop().unwrap().unwrap_err();
    let error = error.to_string().replace(&ground.address.to_string(), "github.test");
    assert_snapshot!(error, @"GraphQL at `http://github.test/graphql` does not exist; look at `url` of the forge: for an Enterprise Server it ends with /api/v3");
}

#[tokio::test]
async fn nobody_who_answers_is_named_and_nothing_secret_of_the_address() {
    let ground = Ground::new().await;
    let forge = at(&ground, "http://someone:s3cret@127.0.0.1:1/api/v3?key=s3cret".to_owned());
    assert_snapshot!(forge.head(&place()).await.unwrap_err(), @"`GET http://127.0.0.1:1` to read the branches failed: Connection refused (os error 111): nothing listens there; check that the server runs, and `url` of the forge");
}

#[tokio::test]
async fn a_page_for_people_is_no_answer_of_the_interface() {
    let ground = Ground::new().await;
    let mut said = String::new();
    for status in [200, 404] {
        ground.refuse("GET /user", status, "<!DOCTYPE html><html><body>GitHub Enterprise</body></html>");
        said += &format!("{}\n", ground.anew().changes(&place()).await.unwrap_err());
    }
    assert_snapshot!(said, @"
    reading `/user` failed: the response is a web page, not one of GitHub's REST API; look at `url` of the forge: for an Enterprise Server it ends with /api/v3
    reading `/user` failed: the response is a web page, not one of GitHub's REST API; look at `url` of the forge: for an Enterprise Server it ends with /api/v3
    ");
}

#[tokio::test]
async fn a_repository_that_is_not_there() {
    let ground = Ground::new().await;
    let mut elsewhere = place();
    elsewhere.repository = name("acme/gone");
    assert_snapshot!(ground.forge.head(&elsewhere).await.unwrap_err(), @"the branch `main` of `acme/gone` does not exist");
}

#[tokio::test]
async fn nothing_is_sent_while_github_asks_for_patience() {
    let ground = Ground::new().await;
    ground.refuse_with(Refusal {
        request: "GET ",
        status: 403,
        message: "You have exceeded a secondary rate limit",
        header: Some(("retry-after", "30")),
    });
    let limited = |error: ForgeError| matches!(error, ForgeError::RateLimited { .. });
    assert!(limited(ground.forge.head(&place()).await.unwrap_err()));
    ground.start_counting();
    assert!(limited(ground.forge.head(&place()).await.unwrap_err()));
    assert!(ground.counted().0.is_empty());
    ground.world.state().now += chrono::TimeDelta::seconds(31);
    ground.forge.head(&place()).await.unwrap();
}

/// What comes of a proposal when GitHub answers one of its requests so, and then of the account's next question.
async fn limited_by(request: &'static str, status: u16, message: &'static str) -> [Option<ForgeError>; 2] {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.refuse(request, status, message);
    let first = ground.propose(&proposal).await.err();
    ground.start_counting();
    let second = ground.forge.head(&place()).await.err();
    assert!(ground.counted().0.is_empty(), "nothing is sent meanwhile");
    [first, second]
}

#[tokio::test]
async fn every_way_in_which_github_asks_for_patience_is_understood_and_holds_for_all() {
    const GRAPH: &str = "POST /graphql";
    const NO: &str = r#"{"message":"Validation Failed","documentation_url":"https://docs.github.com/rest","errors":[{"resource":"PullRequest","code":"custom","message":"was submitted too quickly"}]}"#;
    const ABUSE: &str = r#"{"message":"Validation Failed","documentation_url":"https://docs.github.com/rest","errors":[{"resource":"PullRequest","code":"abuse","field":"base"}]}"#;
    let minute = Some(ForgeError::RateLimited { wait: Duration::from_secs(60) });
    let ways = [
        (
            GRAPH,
            200,
            r#"{"errors":[{"type":"RATE_LIMIT","message":"API rate limit already exceeded for user ID 1."}]}"#,
        ),
        (GRAPH, 200, r#"{"data":null,"errors":[{"type":"RATE_LIMITED","message":"x"}]}"#),
        (
            GRAPH,
            200,
            r#"{"data":{"branch0":null,"commit0":null},"errors":[{"type":"UNPROCESSABLE","path":["branch0"],"message":"was submitted too quickly"}]}"#,
        ),
        (GRAPH, 200, r#"{"errors":[{"message":"You have exceeded a secondary rate limit."}]}"#),
        (GRAPH, 429, "Too Many Requests"),
        ("POST /repos/acme/deploy/pulls", 422, NO),
        ("POST /repos/acme/deploy/pulls", 422, ABUSE),
        ("POST /repos/acme/deploy/pulls", 403, "You have triggered an abuse detection mechanism."),
    ];
    for (request, status, message) in ways {
        let limited = limited_by(request, status, message).await;
        assert_eq!(limited, [minute.clone(), minute.clone()], "{status} {message}");
    }
}

/// Lets everything else go on until it waits for a time: client and server have one thread, and need a few turns each.
async fn until_idle() {
    for _turn in 0..10_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_else_asks_while_one_waits_on_the_spot() {
    let ground = Ground::new().await;
    let retry_policy = RetryPolicy { pause: Duration::from_millis(1), wait_max: Duration::from_secs(600) };
    let access = GitHubAccess { retry_policy, ..access(ground.address, Credentials::token(&secret(TOKEN))) };
    let world = ground.world.clone();
    let forge = GitHubForge::new(access, Arc::new(move || world.now()));
    ground.refuse_with(Refusal {
        request: "GET ",
        status: 429,
        message: "Too Many Requests",
        header: Some(("retry-after", "500")),
    });
    let ask = || {
        let (forge, here) = (forge.clone(), place());
        tokio::spawn(async move { forge.head(&here).await })
    };
    let waiting = ask();
    until_idle().await;
    let other = ask();
    until_idle().await;
    assert!(!waiting.is_finished() && !other.is_finished(), "both wait on the spot");
    assert_eq!(ground.counted().0.len(), 1);
    waiting.abort();
    other.abort();
    ground.world.state().now += chrono::TimeDelta::seconds(501);
    forge.head(&place()).await.unwrap();
}

#[tokio::test]
async fn whoever_stands_in_line_when_github_asks_for_patience_is_not_sent() {
    let ground = Ground::new().await;
    ground.forge.head(&place()).await.unwrap();
    ground.refuse_with(Refusal {
        request: "GET ",
        status: 429,
        message: "Too Many Requests",
        header: Some(("retry-after", "30")),
    });
    ground.start_counting();
    let here = place();
    join_all((0..60).map(|_| ground.forge.head(&here))).await;
    let (paid, free) = ground.counted();
    assert!(paid.len() + free.len() < 60, "{} and {}", paid.len(), free.len());
}

#[tokio::test]
async fn what_bars_the_bot_is_said_with_its_own_way_out() {
    let ground = Ground::new().await;
    ground.look().await;
    let header = Some(("x-accepted-oauth-scopes", "repo"));
    let saml = "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.";
    let address = "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and 192.0.2.1 is not permitted to access this resource.";
    let ways = [
        (saml, header),
        (
            "Forbidden",
            Some(("x-github-sso", "required; url=https://github.com/orgs/acme/sso?authorization_request=A")),
        ),
        (address, header),
        ("Sorry. Your account was suspended.", header),
        ("Upgrade to GitHub Pro or make this repository public to enable this feature.", header),
        ("Git Repository is empty in some new way", None),
        ("Must have admin rights to Repository.", header),
        ("Resource not accessible by personal access token", None),
    ];
    let mut said = String::new();
    for (message, header) in ways {
        ground.refuse_with(Refusal { request: "GET ", status: 403, message, header });
        said += &format!("{}\n", ground.forge.head(&place()).await.unwrap_err());
    }
    assert_snapshot!(said, @r#"
    GitHub does not allow the bot to read the branches in `acme/deploy`: GitHub answered 403, Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization; authorize the token for the organization: "Configure SSO" beside it, in the bot's account under Settings > Developer settings > Personal access tokens
    GitHub does not allow the bot to read the branches in `acme/deploy`: GitHub answered 403, Forbidden; authorize the token for the organization: "Configure SSO" beside it, in the bot's account under Settings > Developer settings > Personal access tokens
    GitHub does not allow the bot to read the branches in `acme/deploy`: GitHub answered 403, Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow list enabled, and 192.0.2.1 is not permitted to access this resource; add the address of this machine to the organization's IP allow list, in its settings under Authentication security
    the bot's account is suspended; have it unsuspended, or configure the token of another account
    GitHub does not allow the bot to read the branches in `acme/deploy`: GitHub answered 403, Upgrade to GitHub Pro or make this repository public to enable this feature; resolve that, or grant `repo` if the permission is missing
    GitHub does not allow the bot to read the branches in `acme/deploy`: GitHub answered 403, Git Repository is empty in some new way; check the repositories and permissions of the token or the App
    the bot may not read the branches in `acme/deploy`; grant it `repo`
    the bot may not read the branches in `acme/deploy`; grant it `contents=write`: GitHub answered 403, Resource not accessible by personal access token
    "#);
}

#[tokio::test]
async fn what_github_says_late_in_a_long_sentence_is_found_there() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let long = format!("{}: merge method squash is required here", "a rule that many wrote ".repeat(20));
    ground.refuse("PUT /repos/acme/deploy/pulls/1/merge", 405, long.leak());
    ground.forge.merge(&ground.merge_of(change)).await.expect("the next method is tried");
}

#[tokio::test]
async fn the_hourly_limit_is_over_at_the_hour_that_github_names() {
    let ground = Ground::new().await;
    ground.refuse_with(Refusal {
        request: "GET ",
        status: 429,
        message: "API rate limit exceeded",
        header: None,
    });
    let error = ground.forge.head(&place()).await.unwrap_err();
    assert_eq!(error, ForgeError::RateLimited { wait: Duration::from_secs(60) });
}

#[tokio::test]
async fn a_hiccup_is_tried_again() {
    let ground = Ground::new().await;
    ground.refuse("GET ", 502, "Bad Gateway");
    ground.refuse("GET ", 503, "Unavailable");
    ground.forge.head(&place()).await.unwrap();
    assert_eq!(ground.counted().0.len(), 3);
}

#[tokio::test]
async fn a_comment_whose_answer_is_lost_is_not_sent_again() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let remark = Remark {
        over: None,
        outdates: Vec::new(),
        about: "x".to_owned(),
        body: format!("Hello {}", Comment::mark("x")),
    };
    let fault = crate::support::world::Fault::AnswerLost;
    let effects = ground.world.state().effects.len();
    ground.world.state().faults.planned = Some((effects, fault));
    assert!(ground.forge.comment(&place(), change, &remark).await.is_err());
    ground.forge.comment(&place(), change, &remark).await.unwrap();
    assert_eq!(ground.world.state().change(change).unwrap().comments.len(), 1);
}

#[tokio::test]
async fn a_pull_request_whose_answer_is_lost_is_found_again() {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    let effects = ground.world.state().effects.len();
    ground.world.state().faults.planned = Some((effects + 1, crate::support::world::Fault::AnswerLost));
    ground.propose(&proposal).await.unwrap();
    assert_eq!(ground.world.state().changes.len(), 1);
}

#[tokio::test]
async fn a_branch_that_somebody_moved_is_left_alone() {
    let ground = Ground::new().await;
    ground.open().await;
    let proposal = ground.proposal("dev", "1.11.0").await;
    let file = FILE.replace("dev", "staging");
    ground.world.edit(&proposal.branch, "bob", &file, |text| text.replace("1.9.0", "2.0.0"));
    let tip = ground.world.state().git.tip(&proposal.branch).cloned();
    assert_snapshot!(ground.propose(&proposal).await.unwrap_err(), @"the branch `towpath/dev/shop` changed in the meantime; nothing was written");
    let place = place();
    let delete = ground.forge.delete_branch(&place, &proposal.branch, proposal.expected.as_ref().unwrap());
    assert_snapshot!(delete.await.unwrap_err(), @"the branch `towpath/dev/shop` changed in the meantime; nothing was written");
    assert_eq!(ground.world.state().git.tip(&proposal.branch).cloned(), tip);
}

#[tokio::test]
async fn a_merge_that_took_place_is_the_same_merge() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let merge = ground.merge_of(change);
    let first = ground.forge.merge(&merge).await.unwrap();
    assert_eq!(ground.forge.merge(&merge).await.unwrap(), first);
    let other = Merge { head: merge.head.as_str().replace(['0', '1'], "2").parse().unwrap(), ..merge };
    assert!(matches!(ground.forge.merge(&other).await, Err(ForgeError::Conflict { .. })));
}

#[tokio::test]
async fn a_log_that_grew_meanwhile_is_not_written() {
    let ground = Ground::new().await;
    let first = ground.forge.append_log(&place(), &["{\"a\":1}".to_owned()], None).await.unwrap();
    let second = ground.forge.append_log(&place(), &["{\"a\":2}".to_owned()], Some(&first)).await.unwrap();
    for expected in [None, Some(&first)] {
        let late = ground.forge.append_log(&place(), &["{\"a\":3}".to_owned()], expected).await;
        assert!(matches!(late, Err(ForgeError::Conflict { .. })), "{late:?}");
    }
    let part = ground.forge.read_log(&place(), Some(&first)).await.unwrap();
    assert_eq!((part.tip, part.from_start, part.lines), (Some(second), false, vec!["{\"a\":2}".to_owned()]));
}

#[tokio::test]
async fn a_repository_that_is_not_what_it_was() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let mut said = String::new();
    let state = |set: &dyn Fn(&mut crate::support::world::Setup)| set(&mut ground.world.state().github.setup);
    state(&|setup| setup.archived = true);
    said += &format!("archived: {}\n", ground.forge.close(&place(), change).await.unwrap_err());
    state(&|setup| setup.archived = false);
    state(&|setup| setup.renamed_to = Some("acme/gitops"));
    ground.world.comment(change, "alice", "hello");
    said += &format!("renamed: {}\n", ground.anew().changes(&place()).await.unwrap_err());
    state(&|setup| (setup.renamed_to, setup.is_gone) = (None, true));
    said += &format!("gone: {}\n", ground.anew().changes(&place()).await.unwrap_err());
    state(&|setup| setup.is_gone = false);
    assert_snapshot!(said, @"
    archived: `acme/deploy` is archived, so it is read-only; unarchive it, or remove its services from the configuration
    renamed: the repository `acme/deploy` is called `acme/gitops` now; write that name in the configuration
    gone: GitHub knows no repository `acme/deploy`, or hides it from the bot; look at its name in the configuration, and at what the token or the App may use
    ");
    ground.look().await;
}

#[tokio::test]
async fn a_pull_request_from_a_fork_is_none_of_ours() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().github.from_forks.insert(change);
    ground.world.comment(change, "alice", "/promote approve");
    assert!(ground.anew().changes(&place()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_change_that_somebody_gave_another_base_is_not_merged() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let merge = ground.merge_of(change);
    ground.world.state().github.retargeted.insert(change);
    ground.world.comment(change, "alice", "/promote approve");
    assert_snapshot!(ground.forge.merge(&merge).await.unwrap_err(), @"change #1 changed in the meantime; nothing was written");
    assert!(!ground.shown(change).await.is_open(), "it is none of this place any more");
    ground.world.state().github.retargeted.clear();
    ground.forge.merge(&merge).await.unwrap();
}

#[tokio::test]
async fn a_timeline_without_an_end_is_a_matter_of_its_change_alone() {
    let ground = Ground::new().await;
    let flooded = ground.open().await;
    let proposal = ground.proposal("staging", "1.10.0").await;
    let other = ground.propose(&proposal).await.unwrap();
    ground.world.state().github.endless = Some(format!("/issues/{}/timeline", flooded.0));
    ground.world.comment(flooded, "mallory", "look at me");
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    assert_eq!(ground.shown(other).await.barrier, None);
    let barrier = ground.shown(flooded).await.barrier.expect("not all of it was read");
    assert_eq!(barrier.kind, towpath::model::BarrierKind::Unread);
    assert_snapshot!(barrier.why, @"GitHub lists more than 10,000 events on it, and what was said behind them is not read; merge it by hand, or close it and ask for the release again");
    ground.start_counting();
    ground.shown(flooded).await;
    assert_eq!(ground.counted().0, Vec::<String>::new(), "it is not read again as long as nothing happens");
}
