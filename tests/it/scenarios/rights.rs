//! Who may do what where the configuration names nobody, and who never may.

use towpath::model::{Reaction, ReviewVerdict};

use crate::support::rules::{Rules, minutes};
use crate::support::story::{story, story_with};

/// Production is merged by a person, so that its change stays open.
fn naming_nobody() -> Rules {
    Rules::default().naming_nobody().merged_by_people("production")
}

#[test]
fn who_may_write_to_the_repository_may_promote_where_nobody_is_named() {
    story_with(naming_nobody(), async |bot| {
        bot.permit("zoe", "write").permit("adam", "admin").permit("tim", "triage");
        let change = bot.bring_to_production("1.10.0").await;
        let held = bot.pass(minutes(5)).comment(change, "zoe", "/promote hold");
        let resumed = bot.pass(minutes(1)).comment(change, "adam", "/promote resume");
        let refused = bot.pass(minutes(1)).comment(change, "tim", "/promote hold");
        bot.settle()
            .await
            .expect_reaction(&held, Reaction::Rocket)
            .expect_reaction(&resumed, Reaction::Rocket);
        insta::assert_snapshot!(bot.read_reply(&refused), @"");
    });
}

#[test]
fn a_stranger_may_not() {
    story_with(naming_nobody(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "mallory", "/promote approve");
        bot.settle().await.expect_reaction(&refused, Reaction::ThumbsDown);
        insta::assert_snapshot!(bot.read_reply(&refused), @"");
    });
}

#[test]
fn write_permission_gives_nothing_where_somebody_is_named() {
    story(async |bot| {
        bot.permit("zoe", "admin");
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(5)).comment(change, "zoe", "/promote approve");
        bot.settle()
            .await
            .expect_reaction(&refused, Reaction::ThumbsDown)
            .expect_open("production", "1.10.0");
        bot.read_reply(&refused);
    });
}

#[test]
fn programs_give_no_commands() {
    story_with(naming_nobody(), async |bot| {
        bot.permit("helper[bot]", "admin");
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "helper[bot]", "/promote hold");
        bot.review(change, "helper[bot]", ReviewVerdict::RequestChanges);
        bot.settle().await;
        insta::assert_snapshot!(bot.status(change), @"");
    });
}
