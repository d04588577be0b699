//! What was rejected stays rejected.

use crate::support::rules::{minutes, seconds};
use crate::support::story::{Story, story};

#[test]
fn what_was_rejected_does_not_come_again_under_another_tag() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.comment(change, "alice", "/promote reject");
        bot.settle().await.expect_closed(change);
        bot.push_anew("shop", "1.10.1", "1.10.0").settle().await;
        bot.expect_image("dev", "shop", "1.10.1", "1.10.0");
        bot.pass(minutes(60)).settle().await.expect_image("staging", "shop", "1.10.1", "1.10.0");
        bot.pass(minutes(60)).settle().await;
        bot.expect_no_open("production");
        bot.comment(change, "carol", "/promote production version=1.10.1");
        bot.settle().await.expect_open("production", "1.10.1");
    });
}

#[test]
fn what_was_just_rejected_cannot_be_approved() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.comment(change, "alice", "/promote reject");
        let late = bot.pass(seconds(1)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_closed(change);
        insta::assert_snapshot!(bot.read_reply(&late), @"alice: I did not run `/promote approve`: alice rejected this content; comment `/promote` here to ask for it again.");
    });
}
