//! The main job: a tag appears, and the release reaches production.

use crate::support::rules::minutes;
use crate::support::story::story;

#[test]
fn a_release_goes_all_the_way_to_production() {
    story(async |bot| {
        bot.settle().await.expect_changes(0);
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0").expect_no_open("staging");
        bot.pass(minutes(29))
            .settle()
            .await
            .expect_running("staging", "1.9.0")
            .expect_next_look_within(minutes(1));
        bot.pass(minutes(1)).settle().await.expect_running("staging", "1.10.0").expect_no_open("production");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0").expect_changes(3);
    });
}
