//! GitHub takes so much in a minute and in an hour; the fake fails a test in which more is written.

use std::time::Duration;

use chrono::TimeDelta;
use towpath::forge::{Forge as _, Remark};
use towpath::model::Comment;
use towpath::observe::Clock as _;

use super::*;
use crate::support::bot::Bot;
use crate::support::rules::Rules;
use crate::support::story::{Mode, Over};

/// A repository with so many services, and a promotion of each.
async fn many(count: usize) -> (Ground, Vec<Proposal>) {
    let services: Vec<String> = (0..count).map(|n| format!("shop-{n}")).collect();
    let mut files = fixture::service("shop", &["shop"], &["dev"], "1.9.0");
    files
        .extend(services.iter().flat_map(|service| fixture::service(service, &[service], &["dev"], "1.9.0")));
    let ground = Ground::of(files).await;
    let base = ground.look().await;
    let proposal = |service: &String| {
        let file = FILE.replace("shop", service);
        let text = ground.world.state().text(&file).replace("1.9.0", "1.10.0");
        Proposal {
            place: place(),
            expected: None,
            branch: name(&format!("towpath/dev/{service}")),
            base: base.clone(),
            files: vec![(name(&file), text.into_bytes())],
            message: format!("promote(dev): {service} 1.10.0\n\nTowpath-Key: abc\n"),
            labels: vec!["towpath".to_owned()],
            presentation: presentation("dev", "1.10.0"),
            reviewers: Vec::new(),
        }
    };
    let proposals = services.iter().map(proposal).collect();
    (ground, proposals)
}

impl Ground {
    /// Proposes all; gives what has to wait, and for how long.
    async fn propose_many(&self, proposals: Vec<Proposal>) -> (Vec<Proposal>, Option<Duration>) {
        let results = self.forge.propose(&proposals).await;
        let (mut rest, mut longest) = (Vec::new(), None);
        for (proposal, result) in proposals.into_iter().zip(results) {
            match result {
                Ok(_) => {}
                Err(ForgeError::RateLimited { wait }) => {
                    rest.push(proposal);
                    longest = longest.max(Some(wait));
                }
                Err(error) => panic!("{error}"),
            }
        }
        (rest, longest)
    }
}

#[tokio::test]
async fn a_hundred_promotions_take_hardly_more_than_a_request_each_and_go_out_as_github_takes_them() {
    let (ground, mut rest) = many(100).await;
    ground.start_counting();
    let start = ground.world.now();
    let mut left = Vec::new();
    while !rest.is_empty() {
        let wait;
        (rest, wait) = ground.propose_many(rest).await;
        left.push(rest.len());
        ground.world.state().now += wait.unwrap_or_default();
    }
    assert_eq!(left, [88, 76, 64, 52, 40, 28, 21, 9, 0]);
    let took = ground.world.now() - start;
    assert!(took > TimeDelta::hours(1) && took < TimeDelta::minutes(70), "{took}");
    let (paid, _) = ground.counted();
    let state = ground.world.state();
    assert_eq!(state.changes.len(), 100);
    assert!(state.changes.iter().all(|change| change.labels == ["towpath"] && change.statuses.len() == 1));
    let of = |start: &str| paid.iter().filter(|line| line.starts_with(start)).count();
    assert_eq!((of("GET "), of("POST /graphql"), of("POST /repos"), paid.len()), (2, 27, 101, 130));
}

#[tokio::test]
async fn a_merge_and_an_answer_go_through_while_promotions_wait() {
    let (ground, proposals) = many(30).await;
    let change = ground.open().await;
    let (rest, wait) = ground.propose_many(proposals).await;
    assert!(!rest.is_empty() && wait.is_some());
    let remark = Remark {
        over: None,
        outdates: Vec::new(),
        about: "x".to_owned(),
        body: format!("Hello {}", Comment::mark("x")),
    };
    ground.forge.comment(&place(), change, &remark).await.unwrap();
    let again = ground.propose_many(rest.clone()).await;
    assert_eq!(again.0.len(), rest.len());
    ground.forge.merge(&ground.merge_of(change)).await.unwrap();
}

#[tokio::test]
async fn what_has_to_wait_is_not_sent() {
    let (ground, proposals) = many(30).await;
    let (rest, _) = ground.propose_many(proposals).await;
    ground.start_counting();
    ground.propose_many(rest).await;
    assert_eq!(ground.counted(), (Vec::new(), Vec::new()));
}

#[tokio::test]
async fn the_engine_looks_again_when_github_takes_more_and_says_so_in_one_sentence() {
    const SERVICES: [&str; 20] = [
        "s0", "s1", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "s12", "s13", "s14", "s15",
        "s16", "s17", "s18", "s19",
    ];
    let rules = SERVICES.iter().fold(Rules::default(), |rules, service| rules.and_service(service));
    let mut bot = Bot::new(&rules, Mode::Plain, Over::GitHub).await;
    bot.settle().await;
    for service in SERVICES {
        bot.push_of(service, "1.10.0");
    }
    let mut waits = 0;
    loop {
        let before = bot.world.now();
        let said = bot.settle_saying().await;
        if said.is_empty() {
            break;
        }
        let sentence =
            "here:acme/deploy@main: the rest waits, since the forge takes no more requests for now";
        assert_eq!(said.into_iter().collect::<Vec<_>>(), [sentence]);
        bot.pass_to_next_look();
        let wait = bot.world.now() - before;
        assert!(wait > TimeDelta::seconds(30) && wait < TimeDelta::seconds(70), "{wait}");
        waits += 1;
        assert!(waits < 10, "it takes far too long");
    }
    assert!(waits > 0, "all went out at once");
    for service in SERVICES {
        bot.expect_running(&format!("{service}/dev"), "1.10.0");
    }
}

#[tokio::test]
async fn a_document_that_is_too_much_for_github_is_halved() {
    let (ground, proposals) = many(5).await;
    for _half in 0..3 {
        ground.refuse("POST /graphql", 413, "Payload Too Large");
    }
    ground.start_counting();
    let opened = ground.forge.propose(&proposals).await;
    assert!(opened.iter().all(Result::is_ok), "{opened:#?}");
    assert_eq!(ground.world.state().changes.len(), 5);
    let (paid, _) = ground.counted();
    let of = |start: &str| paid.iter().filter(|line| line.contains(start)).count();
    // Five, two and one are refused, so one goes by REST; then one, and three with their pull requests and labels.
    assert_eq!((of("POST /repos/acme/deploy/git/commits"), of("/graphql")), (1, 7), "{paid:#?}");
}

#[tokio::test]
async fn a_document_that_is_too_much_goes_out_once_and_what_comes_next_is_smaller_for_a_while() {
    let (ground, mut rest) = many(30).await;
    let mut documents = Vec::new();
    for (minutes, failures) in [(0, 2), (2, 0), (9, 0)] {
        let part: Vec<Proposal> = rest.drain(..10).collect();
        for _failure in 0..failures {
            ground.refuse("POST /graphql", 502, "Bad Gateway");
        }
        ground.world.state().now += TimeDelta::minutes(minutes);
        ground.start_counting();
        let results = ground.forge.propose(&part).await;
        documents.push(ground.counted().0.iter().filter(|line| line.contains("/graphql")).count());
        assert!(minutes == 0 || results.iter().all(Result::is_ok), "{results:#?}");
        ground.world.state().now += TimeDelta::minutes(1);
    }
    // Ten and five are too much; then two by two, each with its pull requests, as long as the budget lasts. Later two by
    // two from the start, and in the end ten together, with their pull requests and their labels.
    assert_eq!(documents, [9, 10, 3]);
}

#[tokio::test]
async fn a_github_that_is_down_is_not_asked_for_each_of_many() {
    let (ground, proposals) = many(12).await;
    ground.world.state().faults.is_down = true;
    ground.start_counting();
    let opened = ground.forge.propose(&proposals).await;
    assert!(opened.iter().all(|one| matches!(one, Err(ForgeError::Unavailable { .. }))), "{opened:#?}");
    let (paid, _) = ground.counted();
    assert!(paid.len() <= 40, "{}", paid.len());
    ground.world.state().faults.is_down = false;
    ground.world.state().now += TimeDelta::hours(1);
    assert!(ground.forge.propose(&proposals).await.iter().all(Result::is_ok));
}
