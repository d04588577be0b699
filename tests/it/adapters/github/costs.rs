//! How many requests things take.

use insta::assert_snapshot;
use towpath::forge::{Forge as _, Remark};
use towpath::model::{Comment, CommentId};

use super::*;
use crate::support::bot::Bot;
use crate::support::rules::Rules;
use crate::support::story::{Mode, Over};

/// The requests with the same word for every id.
pub(super) fn readable(lines: &[String]) -> String {
    let text = lines.join("\n").replace("/repos/acme/deploy", "");
    crate::support::bot::without_commits(&text)
}

#[tokio::test]
async fn a_cold_look_takes_a_request_for_each_question() {
    let ground = Ground::new().await;
    ground.look().await;
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    GET /user
    GET /pulls?state=all&base=main&sort=updated&direction=desc&per_page=100&page=1
    GET /git/matching-refs/heads
    GET /git/trees/COMMIT?recursive=1
    ");
}

#[tokio::test]
async fn whatever_the_number_of_services_a_repository_is_read_in_three_requests() {
    const SERVICES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let rules = SERVICES.iter().fold(Rules::default(), |rules, service| rules.and_service(service));
    let mut bot = Bot::new(&rules, Mode::Plain, Over::GitHub).await;
    bot.settle().await;
    let state = bot.world.state();
    let lines: Vec<String> = state.github.requests.iter().map(|(line, _)| line.clone()).collect();
    assert_snapshot!(readable(&lines), @"
    GET /user
    GET /pulls?state=all&base=main&sort=updated&direction=desc&per_page=100&page=1
    GET /git/matching-refs/heads
    GET /git/trees/COMMIT?recursive=1
    GET /tarball/COMMIT
    POST /git/trees
    POST /git/commits
    POST /git/refs
    GET /git/matching-refs/heads
    GET /git/matching-refs/heads
    ");
    assert_eq!(state.github.archives.fetched, 1);
}

#[tokio::test]
async fn an_enterprise_server_has_its_interfaces_side_by_side() {
    let mut ground = Ground::new().await;
    let credentials = Credentials::token(&secret(TOKEN));
    let url = format!("http://{}/api/v3", ground.address);
    let (access, world) = (access(ground.address, credentials), ground.world.clone());
    ground.forge = GitHubForge::new(GitHubAccess { url, ..access }, Arc::new(move || world.now()));
    let change = ground.open().await;
    ground.forge.merge(&ground.merge_of(change)).await.expect("the fake GitHub answers");
    let (paid, _) = ground.counted();
    assert!(paid.contains(&"POST /graphql".to_owned()), "{paid:#?}");
    assert!(!ground.shown(change).await.is_open());
}

#[tokio::test]
async fn where_nothing_happened_a_look_costs_nothing() {
    let ground = Ground::new().await;
    ground.open().await;
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    ground.look().await;
    ground.start_counting();
    ground.look().await;
    let (paid, free) = ground.counted();
    assert_eq!(paid, [""; 0]);
    assert_snapshot!(readable(&free), @"
    GET /pulls?state=all&base=main&sort=updated&direction=desc&per_page=100&page=1
    GET /git/matching-refs/heads
    ");
}

#[tokio::test]
async fn where_nothing_is_open_a_sweep_is_one_conditional_request() {
    let ground = Ground::new().await;
    ground.look().await;
    ground.start_counting();
    for _sweep in 0..4 {
        ground.world.state().now += chrono::TimeDelta::minutes(1);
        ground.look().await;
    }
    let (paid, free) = ground.counted();
    assert_eq!(paid, [""; 0]);
    assert_eq!(readable(&free), ["GET /git/matching-refs/heads"; 4].join("\n"));
}

#[tokio::test]
async fn after_a_hint_and_every_five_minutes_the_pull_requests_are_listed_too() {
    let ground = Ground::new().await;
    ground.look().await;
    for (minutes, is_told, requests) in
        [(1, true, 2), (1, false, 1), (3, false, 1), (1, false, 2), (1, false, 1)]
    {
        ground.world.state().now += chrono::TimeDelta::minutes(minutes);
        if is_told {
            ground.forge.hint(&place().repository);
        }
        ground.start_counting();
        ground.look().await;
        let (paid, free) = ground.counted();
        assert_eq!((paid.len(), free.len()), (0, requests));
    }
}

#[tokio::test]
async fn a_repository_with_very_many_branches_is_asked_for_those_that_matter() {
    let ground = Ground::new().await;
    let base = ground.world.state().base_tip().clone();
    let more = (0..1_001).map(|n| (name(&format!("feature/{n}")), base.clone()));
    ground.world.state().git.branches.extend(more);
    ground.look().await;
    ground.start_counting();
    ground.look().await;
    ground.look().await;
    let (paid, free) = ground.counted();
    assert_snapshot!(readable(&[paid, free].concat()), @"
    GET /git/matching-refs/heads/towpath/
    GET /git/ref/heads/main
    GET /git/matching-refs/heads/towpath/
    GET /git/ref/heads/main
    ");
}

#[tokio::test]
async fn a_promotion_takes_four_requests_from_decision_to_open_change() {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.start_counting();
    ground.propose(&proposal).await.unwrap();
    let (paid, _) = ground.counted();
    // The first one is asked once for each repository.
    assert_snapshot!(readable(&paid), @"
    GET 
    POST /graphql
    POST /pulls
    POST /issues/1/labels
    POST /statuses/COMMIT
    ");
}

#[tokio::test]
async fn a_branch_that_was_left_without_its_commit_is_taken_up() {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    let branch = proposal.branch.clone();
    ground.world.state().git.branches.insert(branch, proposal.base.clone());
    ground.start_counting();
    ground.propose(&proposal).await.unwrap();
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    GET 
    POST /graphql
    POST /pulls
    POST /issues/1/labels
    POST /statuses/COMMIT
    ");
}

#[tokio::test]
async fn new_content_for_an_open_change_takes_no_more() {
    let ground = Ground::new().await;
    ground.open().await;
    let proposal = ground.proposal("dev", "1.11.0").await;
    ground.start_counting();
    ground.propose(&proposal).await.unwrap();
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    POST /git/trees
    POST /git/commits
    POST /graphql
    PATCH /pulls/1
    POST /statuses/COMMIT
    ");
}

#[tokio::test]
async fn the_same_proposal_again_writes_nothing_but_a_tree() {
    let ground = Ground::new().await;
    ground.open().await;
    let effects = ground.world.state().effects.len();
    let proposal = ground.proposal("dev", "1.10.0").await;
    ground.start_counting();
    ground.propose(&proposal).await.unwrap();
    assert_eq!(ground.world.state().effects.len(), effects);
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"POST /git/trees");
}

#[tokio::test]
async fn a_status_that_says_the_same_is_not_published_again() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.start_counting();
    ground.forge.present(&place(), change, &presentation("dev", "1.10.0")).await.unwrap();
    let (paid, _) = ground.counted();
    assert_eq!(paid.iter().filter(|line| !line.starts_with("GET ")).count(), 0, "{paid:#?}");
}

#[tokio::test]
async fn a_comment_takes_a_look_and_a_write_and_comes_once() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let remark = Remark {
        over: None,
        outdates: Vec::new(),
        about: "x".to_owned(),
        body: format!("Hello {}", Comment::mark("x")),
    };
    ground.start_counting();
    ground.forge.comment(&place(), change, &remark).await.unwrap();
    ground.forge.comment(&place(), change, &remark).await.unwrap();
    let (paid, _) = ground.counted();
    assert_snapshot!(readable(&paid), @"
    GET /issues/1/comments?since=2026-03-02T09:00:00Z&per_page=100&page=1
    POST /issues/1/comments
    GET /issues/1/comments?since=2026-03-02T09:00:00Z&per_page=100&page=1
    ");
}

#[tokio::test]
async fn answers_are_written_over_by_one_request_and_not_twice() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let remark = |about: &str, over: Option<CommentId>| {
        let body = format!("Hello {}", Comment::mark(about));
        Remark { over, outdates: Vec::new(), about: about.to_owned(), body }
    };
    ground.forge.comment(&place(), change, &remark("x", None)).await.unwrap();
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    let seen = async || ground.forge.changes(&place()).await.unwrap().remove(0).comments;
    let over = seen().await[0].id.clone();
    ground.start_counting();
    ground.forge.comment(&place(), change, &remark("y", Some(over.clone()))).await.unwrap();
    assert_snapshot!(readable(&ground.counted().0), @"PATCH /issues/comments/1");
    let comments = seen().await;
    let [only] = comments.as_slice() else { panic!("one comment: {comments:#?}") };
    assert_eq!((only.about(), &only.id), (Some("y"), &over));
    ground.start_counting();
    ground.forge.comment(&place(), change, &remark("y", Some(over.clone()))).await.unwrap();
    assert_eq!(ground.counted().0, Vec::<String>::new(), "that look showed it");
    ground.world.delete_comments(change, |_| true);
    let gone = ground.forge.comment(&place(), change, &remark("z", Some(over))).await;
    assert!(matches!(gone, Err(ForgeError::Conflict { .. })), "{gone:?}");
}

#[tokio::test]
async fn what_the_last_look_saw_is_not_read_again_before_an_answer() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    for _comment in 0..250 {
        ground.world.comment(change, "alice", "What is this?");
    }
    ground.world.state().now += chrono::TimeDelta::minutes(1);
    ground.world.comment(change, "alice", "/promote status");
    ground.look().await;
    let remark = |about: &str| Remark {
        over: None,
        outdates: vec!["a".to_owned()],
        about: about.to_owned(),
        body: format!("Hello {}", Comment::mark(about)),
    };
    ground.start_counting();
    ground.forge.comment(&place(), change, &remark("a")).await.unwrap();
    let (paid, _) = ground.counted();
    assert_eq!(paid.iter().filter(|line| line.starts_with("GET ")).count(), 1, "{paid:#?}");
    ground.look().await;
    ground.start_counting();
    ground.forge.comment(&place(), change, &remark("a")).await.unwrap();
    assert_eq!(ground.counted().0, Vec::<String>::new(), "that look showed it");
    ground.refuse("POST /graphql", 403, "Resource not accessible by integration");
    ground.forge.comment(&place(), change, &remark("b")).await.unwrap();
    ground.forge.comment(&place(), change, &remark("b")).await.unwrap();
    let (paid, _) = ground.counted();
    assert_eq!(
        paid.iter().filter(|line| line.contains("graphql")).count(),
        1,
        "hiding is tried once: {paid:#?}"
    );
    let newcomer = ground.anew();
    ground.start_counting();
    newcomer.comment(&place(), change, &remark("b")).await.unwrap();
    assert_eq!(ground.counted().0.len(), 4, "who knows nothing reads three pages, and who it is");
}

#[tokio::test]
async fn a_membership_is_asked_for_once_in_half_a_minute() {
    let ground = Ground::new().await;
    let (team, user) = (name("acme/sre"), name("alice"));
    ground.world.state().teams.entry(team).or_default().insert(user);
    let (team, user) = (name("acme/sre"), name("alice"));
    let change = ground.open().await;
    ground.world.comment(change, "alice", "/promote approve");
    ground.world.state().now += chrono::TimeDelta::seconds(1);
    ground.look().await;
    ground.start_counting();
    for _look in 0..3 {
        assert!(ground.forge.is_member(&team, &user).await.unwrap().is_so);
    }
    // Who is in a team, and which account that is.
    assert_eq!(ground.counted().0.len(), 2);
    ground.world.state().now += chrono::TimeDelta::seconds(31);
    ground.world.state().teams.clear();
    assert!(matches!(ground.forge.is_member(&team, &user).await, Err(ForgeError::NotFound { .. })));
}
