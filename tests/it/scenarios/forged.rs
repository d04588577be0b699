//! What somebody pushes to the log in the bot's place.

use crate::support::bot::Bot;
use crate::support::rules::minutes;
use crate::support::story::story;

/// Every look names what does not count, and nothing is done because of it.
async fn expect_waiting(bot: &mut Bot) {
    bot.settle().await.expect_open("production", "1.10.0");
}

#[test]
fn an_approval_that_somebody_pushed_to_the_log_merges_nothing() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).forge_approval(change, "mallory", "alice");
        expect_waiting(bot).await;
        bot.pass(minutes(5)).forge_approval(change, "dora", "bob");
        expect_waiting(bot).await;
        // A true one counts, and what was forged is no longer among the files of the log.
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        assert!(!bot.has_logged("4711"), "the forged lines are gone");
    });
}

#[test]
fn a_ledger_that_is_lost_makes_no_forged_line_count() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).forge_approval(change, "mallory", "alice");
        bot.world.lose_ledgers();
        expect_waiting(bot).await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}
