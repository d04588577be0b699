//! What people ask of the bot in comments, and what it answers, once.

use towpath::model::Reaction;

use crate::support::rules::minutes;
use crate::support::story::story;

#[test]
fn a_held_change_waits_although_it_is_approved() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let hold = bot.pass(minutes(5)).comment(change, "carol", "/promote hold reason=\"the big sale\"");
        bot.settle().await.expect_reaction(&hold, Reaction::Rocket);
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: held by carol: the big sale");
        bot.pass(minutes(600)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote resume");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn a_held_change_keeps_its_content() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote resume");
        assert_eq!(bot.settle().await.expect_open("production", "1.11.0"), change);
    });
}

#[test]
fn a_hold_may_end_by_itself() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold until=2026-03-02T12:00:00Z");
        bot.settle().await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.expect_next_look_within(minutes(90)).expect_running("production", "1.9.0");
        bot.pass(minutes(90)).settle().await.expect_merged(change);
    });
}

#[test]
fn a_rejected_change_closes_and_does_not_come_again() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let reject = bot.pass(minutes(5)).comment(change, "alice", "/promote reject reason=\"it leaks\"");
        bot.settle().await.expect_closed(change).expect_reaction(&reject, Reaction::Rocket);
        bot.pass(minutes(600)).settle().await.expect_no_open("production");
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn questions_are_answered_once() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let status = bot.pass(minutes(5)).comment(change, "mallory", "/promote status");
        bot.settle().await.expect_reaction(&status, Reaction::ThumbsUp);
        insta::assert_snapshot!(bot.read_reply(&status), @"mallory: shop in production runs `registry.test/acme/shop:1.9.0`; 0 of 1 approval; ask `alice or bob`.");
        let why = bot.comment(change, "mallory", "/promote why");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&why), @r#"
        mallory: next for shop in production is `1.10.0`.

        - previous-environment (ok): landed in staging
        - soak (ok): soaked 1h since Mon 2026-03-02 09:30:04 UTC
        - decline (ok): nobody declined it
        - approvals (waits): 0 of 1 approval; ask `alice or bob`
        "#);
        let help = bot.comment(change, "mallory", "/promote help");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&help), @r#"
        mallory: these are the commands.

        | command | what it does | right |
        | --- | --- | --- |
        | `/promote [ENV[,ENV]] [version=V]` | ask for this release, or exactly this version, in its next environment or the named ones | promote |
        | `/promote approve [sha=HEAD]` | approve exactly the content that this change shows | approve |
        | `/promote reject [reason="…"]` | close this change and do not propose its content again | approve |
        | `/promote hold [until=TIME] [reason="…"]` | stop this change | promote |
        | `/promote resume` | lift a hold, and let automation take up an environment that was set by hand | promote |
        | `/promote status` | say where this promotion stands | everyone |
        | `/promote why` | say what each gate says, and why | everyone |
        | `/promote help` | list these commands | everyone |
        "#);
        bot.restart().pass(minutes(5)).settle().await;
    });
}

#[test]
fn a_typo_is_named_and_does_nothing() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let typo = bot.pass(minutes(5)).comment(change, "alice", "/promote status\n/promote aprove");
        bot.settle().await.expect_reaction(&typo, Reaction::Confused).expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&typo), @"");
    });
}

#[test]
fn a_command_that_is_only_quoted_is_none() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "Shall I write this?\n\n```\n/promote approve\n```\n");
        bot.comment(change, "bob", "> /promote approve");
        bot.comment(change, "bob", "Not yet, please do not /promote approve it");
        bot.settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn an_edited_comment_gives_no_command() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let edited = bot.pass(minutes(5)).comment(change, "alice", "Good morning");
        bot.edit_comment(change, &edited, "/promote approve").settle().await;
        bot.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&edited), @"alice: `/promote approve` is refused: comments that were edited give no commands; write a new one.");
    });
}

#[test]
fn what_was_carried_out_stays_so_when_the_comment_is_edited() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let hold = bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.settle().await;
        bot.edit_comment(change, &hold, "Never mind").settle().await;
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn a_version_that_is_nowhere_is_refused() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let request = bot.pass(minutes(5)).comment(change, "carol", "/promote production version=7.0.0");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&request), @"carol: `/promote production version=7.0.0` is refused: no version `7.0.0` is known where it would come from.");
        let typo = bot.comment(change, "carol", "/promote prod version=1.10.0");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&typo), @"carol: `/promote prod version=1.10.0` is refused: `prod` is no environment of this pipeline and no command.");
    });
}

#[test]
fn after_a_refusal_the_rest_of_the_comment_is_not_run() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let both = bot.pass(minutes(5)).comment(change, "carol", "/promote approve\n\n/promote hold");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&both), @r#"
        carol: `/promote approve` is refused: it takes the right `approve` in production, which the configuration gives under `rights`.

        `/promote hold` was not run, because of that.
        "#);
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn a_merged_change_cannot_be_approved() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
        let late = bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&late), @"bob: `/promote approve` is refused: this change is no longer open.");
    });
}
