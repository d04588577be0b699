//! What a look sees, remembers and lets go of.

use chrono::TimeDelta;
use towpath::model::{ChangeState, NewReaction, Reaction, ReviewVerdict};

use super::*;
use crate::support::world::FakeChange;

/// Changes of other branches that ended so long ago.
fn others(ground: &Ground, count: usize, ago: TimeDelta) {
    let mut state = ground.world.state();
    let ended = state.now - ago;
    let head = state.base_tip().clone();
    for _change in 0..count {
        let number = ChangeNumber(1_000 + state.changes.len() as u64);
        state.changes.push(FakeChange {
            number,
            branch: name(&format!("somebody/{}", number.0)),
            title: "Something else".to_owned(),
            body: String::new(),
            labels: Vec::new(),
            author: name("dora"),
            state: ChangeState::Closed { at: ended, by: name("dora") },
            opened_at: ended,
            heads: vec![(ended, head.clone())],
            comments: Vec::new(),
            reviews: Vec::new(),
            statuses: Vec::new(),
        });
    }
}

fn of(lines: &[String], part: &str) -> usize {
    lines.iter().filter(|line| line.contains(part)).count()
}

#[tokio::test]
async fn a_look_that_fails_anywhere_takes_in_the_next_time_what_it_saw() {
    for request in ["GET /repos/acme/deploy/issues", "POST /graphql", "GET /repos/acme/deploy/pulls/"] {
        let ground = Ground::new().await;
        let change = ground.open().await;
        ground.world.state().now += TimeDelta::minutes(1);
        ground.world.comment(change, "alice", "/promote hold");
        ground.forge.hint(&place().repository);
        ground.refuse(request, 403, "Resource not accessible by integration");
        let failed = ground.forge.changes(&place()).await;
        assert!(failed.is_err(), "{request}: {failed:?}");
        ground.world.state().now += TimeDelta::minutes(1);
        ground.look().await;
        let comments = ground.shown(change).await.comments;
        assert_eq!(comments.len(), 1, "after {request} was refused");
    }
}

#[tokio::test]
async fn pull_requests_that_ended_long_ago_are_not_read() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += TimeDelta::days(40);
    others(&ground, 1_000, TimeDelta::days(35));
    others(&ground, 150, TimeDelta::days(1));
    let newcomer = ground.anew();
    ground.start_counting();
    let seen = newcomer.changes(&place()).await.unwrap();
    assert_eq!(seen.iter().map(|seen| seen.number).collect::<Vec<_>>(), [change], "an open one has no age");
    let (paid, _) = ground.counted();
    assert_eq!((of(&paid, "state=all"), of(&paid, "state=open")), (2, 1), "{paid:#?}");
}

#[tokio::test]
async fn what_ended_leaves_the_memory_after_a_month() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.close(change, "alice");
    let seen = async || ground.forge.changes(&place()).await.unwrap().len();
    ground.forge.hint(&place().repository);
    assert_eq!(seen().await, 1);
    ground.world.state().now += TimeDelta::days(31);
    assert_eq!(seen().await, 0);
}

#[tokio::test]
async fn a_pull_request_that_no_listing_shows_yet_is_not_opened_again() {
    let ground = Ground::new().await;
    ground.look().await;
    let proposal = ground.proposal("dev", "1.10.0").await;
    let number = ground.propose(&proposal).await.unwrap();
    ground.world.state().github.unlisted_changes.insert(number);
    ground.look().await;
    assert_eq!(ground.shown(number).await.title, "shop 1.10.0");
    ground.start_counting();
    assert_eq!(ground.propose(&proposal).await, Ok(number));
    let (paid, _) = ground.counted();
    assert_eq!(of(&paid, "POST /repos/acme/deploy/pulls"), 0, "{paid:#?}");
}

#[tokio::test]
async fn what_was_published_and_is_not_listed_yet_is_not_published_again() {
    for credentials in ["account", "app"] {
        let ground = if credentials == "app" { Ground::of_an_app().await } else { Ground::new().await };
        let forge = ground.forge.clone();
        forge.changes(&place()).await.unwrap();
        let proposal = ground.proposal("dev", "1.10.0").await;
        let number = forge.propose(std::slice::from_ref(&proposal)).await.remove(0).unwrap();
        let look = async || forge.changes(&place()).await.unwrap().remove(0);
        look().await;
        let mut other = presentation("dev", "1.10.0");
        other.status.text = "waiting: something else".to_owned();
        forge.present(&place(), number, &other).await.unwrap();
        ground.world.state().github.checks.clear();
        ground.world.state().changes[0].statuses.clear();
        ground.world.comment(number, "alice", "Hm.");
        ground.world.state().now += TimeDelta::seconds(5);
        assert_eq!(
            look().await.statuses.last().expect("it is laid over").text,
            other.status.text,
            "{credentials}"
        );
        ground.start_counting();
        forge.present(&place(), number, &other).await.unwrap();
        let (paid, _) = ground.counted();
        assert_eq!(of(&paid, "POST ") + of(&paid, "PATCH "), 0, "{credentials}: {paid:#?}");
        ground.world.state().now += TimeDelta::minutes(2);
        ground.world.comment(number, "alice", "Hm again.");
        assert!(look().await.statuses.is_empty(), "{credentials}: what never shows is not believed for ever");
    }
}

#[tokio::test]
async fn texts_are_asked_about_once_and_signs_read_once() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    let say = async |who: &str| {
        ground.world.state().now += TimeDelta::minutes(1);
        ground.world.comment(change, who, "/promote status");
        ground.start_counting();
        let seen = ground.shown(change).await;
        (ground.counted().0, seen)
    };
    let (paid, seen) = say("alice").await;
    assert_eq!(of(&paid, "graphql"), 1, "{paid:#?}");
    let comment = seen.comments[0].id.clone();
    let reaction = NewReaction { comment, reaction: Reaction::ThumbsUp };
    ground.forge.react(&place(), change, &[reaction]).await.remove(0).unwrap();
    let (paid, seen) = say("bob").await;
    assert_eq!((of(&paid, "graphql"), of(&paid, "reactions")), (1, 1), "{paid:#?}");
    assert_eq!(seen.comments[0].reactions.len(), 1);
    let (paid, seen) = say("renovate[bot]").await;
    assert_eq!((of(&paid, "graphql"), of(&paid, "reactions")), (0, 0), "{paid:#?}");
    assert_eq!(seen.comments[0].reactions.len(), 1);
}

#[tokio::test]
async fn an_edit_is_told_by_github_and_not_guessed_from_times() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += TimeDelta::minutes(1);
    let first = ground.world.comment(change, "alice", "Looks good");
    ground.world.comment(change, "bob", "/promote hold");
    ground.world.review(change, "alice", ReviewVerdict::Comment, "Hm.");
    let edited = async || {
        let seen = ground.shown(change).await;
        let reviews = seen.reviews.iter().map(|review| review.edited);
        seen.comments.iter().map(|comment| comment.edited).chain(reviews).collect::<Vec<_>>()
    };
    assert_eq!(edited().await, [false, false, false]);
    // Within the second in which it was written, so that no time tells.
    ground.world.edit_comment(change, &first, "/promote approve");
    ground.world.edit_last_review(change, "/promote approve");
    ground.forge.hint(&place().repository);
    assert_eq!(edited().await, [true, false, true]);
}

#[tokio::test]
async fn a_text_that_the_two_interfaces_do_not_show_alike_is_left_for_later() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += TimeDelta::minutes(1);
    let own = ground.world.comment(change, "alice", "Looks good");
    ground.world.edit_comment(change, &own, "/promote approve");
    let new = ground.world.comment(change, "bob", "/promote hold");
    ground.world.state().github.graph_lags =
        [(own.clone(), Some("Looks good".to_owned())), (new, None)].into();
    assert_eq!(ground.shown(change).await.comments, [], "neither is certain yet");
    ground.world.state().github.graph_lags.clear();
    let edited: Vec<bool> = ground.shown(change).await.comments.iter().map(|own| own.edited).collect();
    assert_eq!(edited, [true, false]);
}

#[tokio::test]
async fn a_text_whose_edits_github_fails_to_tell_is_left_for_later() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += TimeDelta::minutes(1);
    let silent = ground.world.comment(change, "alice", "Looks good");
    let failing = ground.world.comment(change, "bob", "Looks good");
    let told = ground.world.comment(change, "carol", "Looks good");
    ground.world.edit_comment(change, &silent, "/promote approve");
    ground.world.edit_comment(change, &failing, "/promote approve");
    ground.world.state().github.unresolved_edits = [(silent, false), (failing, true)].into();
    let shown = ground.shown(change).await.comments;
    assert_eq!(shown.iter().map(|own| &own.id).collect::<Vec<_>>(), [&told]);
    ground.world.state().github.unresolved_edits.clear();
    let edited: Vec<bool> = ground.shown(change).await.comments.iter().map(|own| own.edited).collect();
    assert_eq!(edited, [true, true, false]);
}

#[tokio::test]
async fn a_review_that_a_commit_took_back_says_nothing_and_one_that_a_person_took_back_says_by_whom() {
    let ground = Ground::new().await;
    let change = ground.open().await;
    ground.world.state().now += TimeDelta::minutes(1);
    ground.world.review(change, "alice", ReviewVerdict::RequestChanges, "");
    ground.world.dismiss_last_review(change, "dora");
    let said = async || {
        let seen = ground.shown(change).await.reviews;
        seen.into_iter().map(|review| (review.verdict, review.taken_back_by)).collect::<Vec<_>>()
    };
    assert_eq!(said().await, [(ReviewVerdict::RequestChanges, Some(name("dora")))]);
    let id = ground.world.state().change(change).expect("it is there").reviews[0].id.clone();
    ground.world.state().github.dismissed_by_push.insert(id);
    ground.world.state().now += TimeDelta::minutes(1);
    ground.world.comment(change, "bob", "Hm.");
    assert_eq!(said().await, []);
}
