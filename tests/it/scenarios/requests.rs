//! What people ask for, and what they do with a branch: once, and no longer than they mean it.

use towpath::model::Reaction;

use crate::support::rules::minutes;
use crate::support::story::story;

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
