//! The main job: a tag appears, and the release reaches production.

use towpath::model::Reaction;

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

#[test]
fn a_release_goes_all_the_way_to_production() {
    Story::default().with_every_fault().play(async |bot| {
        bot.settle().await.expect_changes(0);
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0").expect_no_open("staging");
        bot.pass(minutes(29)).settle().await.expect_running("staging", "1.9.0");
        bot.expect_next_look_within(minutes(1));
        bot.pass(minutes(1)).settle().await.expect_running("staging", "1.10.0").expect_no_open("production");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        let approval = bot.pass(minutes(5)).comment(change, "alice", "Looks fine.\n\n/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0").expect_changes(3);
        bot.expect_reaction(&approval, Reaction::Rocket);
        bot.pass(minutes(600)).settle().await.expect_changes(3);
    });
}

#[test]
fn an_open_change_says_what_it_waits_for() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval");
    });
}

#[test]
fn a_person_merges_where_the_rules_say_so() {
    story_with(Rules::default().merged_by_people("production"), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production success: all gates pass; ready to merge");
        bot.merge(change, "dora").settle().await.expect_running("production", "1.10.0").expect_changes(3);
    });
}

#[test]
fn two_services_travel_apart() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0").expect_running("pay/dev", "1.9.0");
        bot.pass(minutes(10)).push_of("pay", "3.0.0").settle().await.expect_running("pay/dev", "3.0.0");
        bot.pass(minutes(20)).settle().await.expect_running("staging", "1.10.0");
        bot.expect_running("pay/staging", "1.9.0");
        bot.pass(minutes(10)).settle().await.expect_running("pay/staging", "3.0.0");
    });
}
