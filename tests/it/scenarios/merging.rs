//! Repositories that ask for more than the bot's own gates before they merge.

use towpath::model::{MergeMethod, Reaction};

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

const CHECK: &str = "Required status check \"ci\" is expected.";

#[test]
fn a_merge_that_a_rule_blocks_waits_and_is_not_tried_again_and_again() {
    Story::default().with_faults().play(async |bot| {
        bot.block_merges(CHECK).push("1.10.0").settle().await;
        let change = bot.expect_open("dev", "1.10.0");
        let notes = bot.notes("dev").await.join("\n");
        assert!(notes.contains("merging #1 is blocked") && notes.contains("ci"), "{notes}");
        let effects = bot.effects();
        bot.settle().await;
        assert_eq!(bot.effects(), effects, "nothing was written");
        bot.allow_merges().settle().await.expect_merged(change).expect_running("dev", "1.10.0");
    });
}

#[test]
fn a_rule_that_the_forge_does_not_show_is_tried_again_after_some_minutes() {
    story(async |bot| {
        bot.block_merges(CHECK).push("1.10.0").settle().await.expect_open("dev", "1.10.0");
        bot.expect_next_look_within(minutes(5));
        bot.pass(minutes(6)).settle().await;
        bot.allow_merges().pass(minutes(6)).settle().await.expect_running("dev", "1.10.0");
    });
}

#[test]
fn a_branch_that_lacks_the_newest_base_is_made_anew_on_it() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.only_newest_branches().push("1.10.0").push_of("pay", "1.10.0").settle().await;
        bot.expect_running("dev", "1.10.0").expect_running("pay/dev", "1.10.0").expect_changes(2);
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0").expect_changes(4);
        bot.expect_running("pay/staging", "1.10.0");
    });
}

#[test]
fn an_approval_outlives_that_the_branch_is_made_anew() {
    story(async |bot| {
        bot.only_newest_branches();
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).replace("dora", "README.md", "What", "All that");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn a_change_goes_through_the_merge_queue_once() {
    Story::default().with_faults().play(async |bot| {
        bot.queue_merges().push("1.10.0").settle().await;
        let change = bot.expect_open("dev", "1.10.0");
        assert_eq!(bot.notes("dev").await, ["#1 waits in the forge's merge queue"]);
        let effects = bot.effects();
        bot.pass(minutes(10)).settle().await;
        assert_eq!(bot.effects(), effects, "it is not queued again");
        bot.merge_from_queue(change).settle().await.expect_merged(change).expect_running("dev", "1.10.0");
        bot.expect_log("landed");
    });
}

#[test]
fn what_may_not_be_merged_any_more_comes_out_of_the_queue() {
    Story::default().with_faults().play(async |bot| {
        bot.queue_merges().push("1.10.0").settle().await;
        let change = bot.expect_open("dev", "1.10.0");
        assert!(bot.is_queued(change));
        let hold = bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.settle().await;
        assert!(!bot.is_queued(change), "a person's act wins");
        bot.expect_reaction(&hold, Reaction::Rocket);
        bot.pass(minutes(5)).comment(change, "carol", "/promote resume");
        bot.settle().await;
        assert!(bot.is_queued(change), "now it may be merged again");
        bot.merge_from_queue(change).settle().await.expect_merged(change).expect_running("dev", "1.10.0");
    });
}

#[test]
fn a_queued_change_is_taken_out_before_it_is_rewritten_or_closed() {
    Story::default().with_faults().play(async |bot| {
        bot.queue_merges().push("1.10.0").settle().await;
        let change = bot.expect_open("dev", "1.10.0");
        bot.pass(minutes(5)).push("1.11.0").settle().await;
        assert_eq!(bot.expect_open("dev", "1.11.0"), change);
        assert!(bot.is_queued(change), "with its new content");
        bot.pass(minutes(5)).set_by_hand("dora", "dev", "1.11.0").settle().await.expect_closed(change);
        assert!(!bot.is_queued(change));
    });
}

#[test]
fn what_the_queue_would_merge_shows_what_the_change_shows() {
    Story::default().with_faults().play(async |bot| {
        bot.queue_merges().push("1.10.0").settle().await;
        let change = bot.expect_open("dev", "1.10.0");
        bot.pass(minutes(5)).make_group(change).settle().await;
        insta::assert_snapshot!(bot.status_in_queue(change), @"towpath/dev success: all gates pass; #1 waits in the forge's merge queue");
        let effects = bot.effects();
        bot.pass(minutes(5)).settle().await;
        assert_eq!(bot.effects(), effects, "it is shown once");
        bot.merge_from_queue(change).settle().await.expect_merged(change);
    });
}

#[test]
fn what_a_person_put_into_the_queue_stays_there_and_is_told_whether_it_may_be_merged() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.queue_merges().pass(minutes(5)).put_into_queue(change, "dora").make_group(change).settle().await;
        assert!(bot.is_queued(change), "they may want it merged all the same");
        insta::assert_snapshot!(bot.status_in_queue(change), @"towpath/production failure: waiting: 0 of 1 approval");
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await;
        insta::assert_snapshot!(bot.status_in_queue(change), @"towpath/production success: all gates pass; #3 waits in the forge's merge queue");
        bot.merge_from_queue(change).settle().await.expect_running("production", "1.10.0");
    });
}

#[test]
fn repositories_that_squash_or_rebase_lose_nothing() {
    for method in [MergeMethod::Squash, MergeMethod::Rebase] {
        story(async |bot| {
            bot.merge_only_by(method);
            let change = bot.bring_to_production("1.10.0").await;
            bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
            bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
            bot.restart().settle().await.expect_changes(3);
            bot.push("1.11.0").settle().await.expect_running("dev", "1.11.0");
            bot.expect_no_branches();
        });
    }
}

#[test]
fn what_was_merged_shows_why() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
        // What a change shows is written once before the merge, and no merge waits for it to succeed.
        if !bot.met_fault() {
            insta::assert_snapshot!(bot.status(change), @"towpath/production success: all gates pass");
            assert!(bot.body(change).contains("| approvals | ok | 1 of 1 approval"), "{}", bot.body(change));
        }
    });
}

#[test]
fn a_merge_that_brings_something_else_is_not_what_was_promoted() {
    story(async |bot| {
        bot.push("1.10.0").alter_merges(Some(("newTag: 1.10.0", "newTag: 1.12.0"))).settle().await;
        bot.alter_merges(None).expect_altered_landing(1).expect_changes(1);
        bot.pass(minutes(60)).settle().await.expect_running("staging", "1.9.0");
        bot.push("1.13.0").settle().await.expect_running("dev", "1.13.0");
    });
}
