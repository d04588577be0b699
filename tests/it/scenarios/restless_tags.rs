//! Tags that point to something else at each request: nothing is built on them, and they hold up nothing else.

use towpath::model::{WriteMode, Writing};

use crate::support::bot::Bot;
use crate::support::rules::{Rules, minutes, name};
use crate::support::story::Story;

/// How many records one service may add in one run without a person's doing: its landings, and two moves of a tag.
const RECORDS_OF_A_RUN_MAX: usize = 5;

/// The records that the log has.
fn records(bot: &Bot) -> usize {
    bot.world.state().log().len()
}

#[test]
fn a_tag_that_moves_at_each_request_waits_until_it_rests_and_holds_up_no_other_service() {
    Story::under(Rules::default().and_service("pay")).play_once_over_each_face(async |bot| {
        bot.settle().await;
        let before = records(bot);
        bot.world.state().restless_tags.insert(name("1.10.0"));
        bot.push("1.10.0").push_of("pay", "3.0.0").settle().await;
        bot.expect_running("dev", "1.9.0").expect_running("pay/dev", "3.0.0");
        let added = records(bot) - before;
        assert!(added <= RECORDS_OF_A_RUN_MAX, "one run added {added} records");
        let change = bot.expect_open("dev", "1.10.0");
        let body = bot.body(change);
        assert!(
            body.contains("the tag `1.10.0` moved twice within 10 minutes, and is looked at again at"),
            "{body}"
        );
        bot.expect_next_look_within(minutes(10));
        let before = records(bot);
        bot.pass_to_next_look().settle().await.expect_running("dev", "1.9.0");
        assert!(records(bot) - before <= 2, "{} records more", records(bot) - before);

        bot.world.state().restless_tags.clear();
        bot.pass(minutes(11)).settle().await.expect_merged(change);
    });
}

#[test]
fn a_tag_written_alone_that_moves_at_each_request_is_noted_twice_and_no_more() {
    let tags_alone = Rules::default().writing(Writing { mode: WriteMode::Tag, follow_ref: false });
    Story::under(tags_alone).play_once_over_each_face(async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.world.state().restless_tags.insert(name("1.10.0"));
        let before = records(bot);
        for _minute in 0..8 {
            bot.pass(minutes(1)).settle().await;
        }
        assert!(records(bot) - before <= 2, "{} records more", records(bot) - before);
    });
}
