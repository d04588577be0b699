//! What people ask for, and what they do with a branch: once, and no longer than they mean it.

use towpath::model::Reaction;

use crate::support::rules::{Rules, minutes};
use crate::support::story::{story, story_with};

#[test]
fn what_was_asked_for_once_does_not_stop_what_comes_later() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote production version=1.10.0");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn a_request_is_over_once_it_landed() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        let dev = bot.last_change("dev");
        bot.pass(minutes(40)).comment(dev, "carol", "/promote staging version=1.10.0");
        bot.settle().await.expect_running("staging", "1.10.0");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
    });
}

#[test]
fn a_merged_change_may_be_promoted_further_without_naming_a_version() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let staging = bot.last_change("staging");
        let request = bot.pass(minutes(5)).comment(staging, "carol", "/promote");
        bot.settle().await.expect_reaction(&request, Reaction::Rocket);
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn a_merge_of_the_base_is_not_a_person_s_commit() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).replace("dora", "README.md", "What", "All that").settle().await;
        bot.update_branch(change, "dora").settle().await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
    });
}

#[test]
fn a_body_names_no_requester_where_nobody_asked() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let body = bot.body(change);
        assert!(!body.contains("Requested by"), "nobody asked for it: {body}");
    });
}

#[test]
fn whoever_asked_cannot_approve_whatever_was_asked_for_since() {
    story_with(Rules::default().promoted_by("alice"), async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let staging = bot.last_change("staging");
        bot.pass(minutes(5)).comment(staging, "alice", "/promote production");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        let staging = bot.last_change("staging");
        bot.comment(staging, "carol", "/promote production version=1.11.0");
        let attempt = bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&attempt), @"alice: I did not run `/promote approve`: you asked for this promotion, so another user must approve it; ask bob.");
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.11.0");
    });
}

#[test]
fn what_is_not_newer_cannot_be_asked_for() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        let dev = bot.last_change("dev");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let again = bot.pass(minutes(5)).comment(dev, "carol", "/promote");
        let older = bot.comment(dev, "carol", "/promote dev version=1.9.0");
        bot.settle().await.expect_reaction(&again, Reaction::ThumbsDown);
        insta::assert_snapshot!(bot.read_reply(&again), @"carol: I did not run `/promote`: 1.10.0 runs in staging already.");
        insta::assert_snapshot!(bot.read_reply(&older), @"carol: I did not run `/promote dev version=1.9.0`: 1.9.0 is not newer than what runs in dev, which is 1.10.0.");
        bot.push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
    });
}

#[test]
fn a_request_that_was_declined_stops_nothing() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let staging = bot.last_change("staging");
        bot.pass(minutes(5)).comment(staging, "carol", "/promote production version=1.10.0");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        bot.comment(change, "alice", "/promote reject");
        bot.settle().await.expect_closed(change);
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn a_request_whose_release_was_taken_back_stops_nothing() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let staging = bot.last_change("staging");
        bot.pass(minutes(5)).comment(staging, "carol", "/promote production version=1.10.0");
        bot.settle().await;
        bot.pass(minutes(5)).set_by_hand("dora", "staging", "1.9.0").settle().await;
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn resume_ends_a_request() {
    story(async |bot| {
        bot.push("1.10.0").push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        let staging = bot.last_change("staging");
        bot.pass(minutes(5)).comment(staging, "carol", "/promote production version=1.11.0");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.11.0");
        bot.comment(change, "carol", "/promote resume");
        bot.settle().await;
        bot.bring_to_production("1.12.0").await;
    });
}

#[test]
fn an_updated_branch_of_a_closed_change_is_tidied_up() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).replace("dora", "README.md", "What", "All that").settle().await;
        bot.update_branch(change, "dora").settle().await;
        bot.close(change, "dora").settle().await;
        assert_eq!(bot.tip_of("towpath/production/shop"), None);
        bot.bring_to_production("1.11.0").await;
    });
}
