//! The base branch is rewritten: the bot notices, says so, and goes on from the content of its changes.

use crate::support::rules::minutes;
use crate::support::story::story;

#[test]
fn a_change_made_on_a_commit_that_was_dropped_is_made_anew_and_stays_approved() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let before = bot.main();
        bot.push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        bot.pass(minutes(29)).settle().await;
        let change = bot.pass(minutes(31)).settle().await.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.force_push(&before).settle().await;
        assert!(bot.has_logged("rewritten"), "the log says what happened");
        bot.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote resume");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        bot.expect_running("dev", "1.11.0");
        bot.restart().pass(minutes(5)).settle().await;
    });
}

#[test]
fn what_was_set_back_by_a_rewrite_comes_again() {
    story(async |bot| {
        bot.settle().await;
        let before = bot.main();
        let change = bot.bring_to_production("1.10.0").await;
        bot.force_push(&before).settle().await;
        bot.expect_closed(change).expect_running("dev", "1.10.0").expect_running("staging", "1.9.0");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let again = bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(again, "alice", "/promote approve");
        bot.settle().await.expect_merged(again).expect_running("production", "1.10.0");
    });
}

#[test]
fn merges_that_a_rebase_made_anew_are_no_news() {
    story(async |bot| {
        bot.settle().await;
        let before = bot.main();
        let change = bot.bring_to_production("1.10.0").await;
        bot.rebase_main(&before, "dora").settle().await;
        bot.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn a_person_s_setting_is_not_taken_for_a_rewrite() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.set_by_hand("dora", "dev", "1.9.0").settle().await.expect_running("dev", "1.9.0");
        let notes = bot.notes("dev").await;
        assert!(notes.iter().all(|note| !note.contains("rewritten")), "{notes:?}");
        bot.pass(minutes(60)).settle().await.expect_running("dev", "1.9.0");
    });
}
