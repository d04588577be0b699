//! A person's act wins over automation.

use towpath::model::Reaction;

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

const PRODUCTION: &str = "apps/shop/overlays/production/kustomization.yaml";

#[test]
fn a_closed_change_stays_closed_until_something_newer_comes() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).close(change, "dora").settle().await.expect_closed(change);
        bot.pass(minutes(600)).settle().await.expect_no_open("production");
        let next = bot.bring_to_production("1.11.0").await;
        assert_ne!(change, next, "a closed change is over");
    });
}

#[test]
fn asking_for_it_lifts_a_decline() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).close(change, "dora").settle().await.expect_closed(change);
        let request = bot.pass(minutes(5)).comment(change, "carol", "/promote production version=1.10.0");
        let next = bot.settle().await.expect_open("production", "1.10.0");
        bot.expect_reaction(&request, Reaction::Rocket);
        bot.pass(minutes(5)).comment(next, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
    });
}

#[test]
fn the_bot_stops_writing_to_a_branch_with_a_person_s_commit() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).commit_on(change, "dora", PRODUCTION, "# one more thing").settle().await;
        insta::assert_snapshot!(bot.read_word_about_head(change), @"Somebody else's commit `COMMIT` is on this branch, so I stop writing here: I replace nothing and merge nothing, and earlier approvals no longer count. Merge or close this change by hand; after that I go on with what is newer.");
        let theirs = bot.head_of(change);
        let attempt = bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.push("1.11.0").settle().await;
        insta::assert_snapshot!(bot.read_reply(&attempt), @"alice: I did not run `/promote approve`: the branch has a commit by somebody else, so its content is not what I proposed; merge or close the change by hand.");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        bot.pass(minutes(60)).settle().await;
        assert_eq!(bot.head_of(change), theirs, "nobody writes over a person's commit");
        bot.merge(change, "dora").settle().await.expect_running("production", "1.10.0");
        bot.pass(minutes(5)).settle().await.expect_open("production", "1.11.0");
    });
}

#[test]
fn a_branch_with_a_person_s_commit_is_kept_after_it_was_closed() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).commit_on(change, "dora", PRODUCTION, "# one more thing").settle().await;
        bot.read_word_about_head(change);
        let theirs = bot.head_of(change);
        bot.pass(minutes(5)).close(change, "dora").settle().await.expect_no_open("production");
        assert_eq!(bot.tip_of("towpath/production/shop"), Some(theirs), "their work is nowhere else");
    });
}

#[test]
fn an_environment_that_was_set_back_is_left_until_something_newer_comes() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
        bot.pass(minutes(5)).set_by_hand("dora", "production", "1.9.0").settle().await;
        bot.pass(minutes(600)).settle().await.expect_running("production", "1.9.0");
        bot.expect_no_open("production");
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn resume_lets_automation_take_up_an_environment_again() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
        bot.pass(minutes(5)).set_by_hand("dora", "production", "1.9.0").settle().await;
        bot.pass(minutes(5)).settle().await.expect_no_open("production");
        let resume = bot.comment(change, "carol", "/promote resume");
        bot.settle().await.expect_reaction(&resume, Reaction::Rocket).expect_open("production", "1.10.0");
    });
}

#[test]
fn a_comment_on_an_ended_change_that_no_event_tells_of_is_found_within_five_minutes() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle_untold().await.expect_running("production", "1.10.0");
        bot.settle_untold().await;
        let why = bot.pass(minutes(5)).comment(change, "carol", "/promote why");
        bot.settle_untold()
            .await
            .pass(minutes(5))
            .settle_untold()
            .await
            .expect_reaction(&why, Reaction::ThumbsUp);
        bot.read_answers(&why);
    });
}

#[test]
fn an_environment_may_be_set_forward_by_hand() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).set_by_hand("dora", "production", "1.10.0").settle().await.expect_closed(change);
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn a_person_may_merge_before_the_gates_pass() {
    story_with(Rules::default().approvals("production", 2), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(1)).merge(change, "dora").settle().await.expect_running("production", "1.10.0");
        bot.pass(minutes(600)).settle().await.expect_changes(3).expect_no_open("production");
        bot.bring_to_production("1.11.0").await;
    });
}
