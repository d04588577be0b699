//! GitHub's page of deployments shows what landed where. The laws check after each story that it shows nothing else.

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

#[test]
fn each_landing_is_shown_once() {
    Story::default().with_faults().play(async |bot| {
        bot.settle().await.expect_deployed("dev", &[]);
        let change = bot.bring_to_production("1.10.0").await;
        bot.expect_deployed("dev", &["1.10.0"]).expect_deployed("staging", &["1.10.0"]);
        bot.expect_deployed("production", &[]);
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_deployed("production", &["1.10.0"]);
        bot.push("1.11.0").settle().await.expect_deployed("dev", &["1.10.0", "1.11.0"]);
        bot.restart().pass(minutes(5)).settle().await.expect_deployed("dev", &["1.10.0", "1.11.0"]);
    });
}

#[test]
fn what_a_person_set_is_shown_too() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(5))
            .set_by_hand("dora", "dev", "1.9.0")
            .settle()
            .await
            .expect_running("dev", "1.9.0");
        bot.expect_deployed("dev", &["1.10.0", "1.9.0"]);
    });
}

#[test]
fn each_service_has_environments_of_its_own() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.push("1.10.0").push_of("pay", "3.0.0").settle().await;
        bot.expect_deployed("dev", &["1.10.0"]).expect_deployed("pay/dev", &["3.0.0"]);
    });
}

#[test]
fn nobody_is_told_a_day_late() {
    story(async |bot| {
        bot.refuse_deployments(true).push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(24 * 60 + 61)).refuse_deployments(false).settle().await.expect_deployed("dev", &[]);
        bot.push("1.11.0").settle().await.expect_deployed("dev", &["1.11.0"]);
    });
}

#[test]
fn without_the_permission_all_goes_on() {
    Story::default().with_faults().play(async |bot| {
        bot.refuse_deployments(true);
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0").expect_deployed("production", &[]);
    });
}

/// Where people work GitHub makes nothing inactive by itself.
#[test]
fn whatever_goes_wrong_each_landing_in_production_is_shown_once_and_one_as_running() {
    Story::default().with_every_fault_at_github().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
        bot.pass(minutes(5)).set_by_hand("dora", "production", "1.9.0").settle().await;
        bot.pass(minutes(5)).settle().await.expect_running("production", "1.9.0");
        bot.pass(minutes(5)).settle().await.expect_deployed("production", &["1.10.0", "1.9.0"]);
    });
}

#[test]
fn what_is_set_back_by_hand_and_forth_again_is_shown_each_time() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        for (version, times) in [("1.9.0", 2), ("1.10.0", 3), ("1.9.0", 4)] {
            bot.pass(minutes(5)).set_by_hand("dora", "dev", version).settle().await;
            bot.restart().pass(minutes(5)).settle().await.expect_running("dev", version);
            bot.expect_deployed("dev", &["1.10.0", "1.9.0", "1.10.0", "1.9.0"][..times]);
        }
    });
}

#[test]
fn what_landed_while_the_bot_might_not_is_shown_when_it_may() {
    story(async |bot| {
        bot.refuse_deployments(true).push("1.10.0").settle().await.expect_deployed("dev", &[]);
        bot.refuse_deployments(false).pass(minutes(59)).settle().await;
        // A process that was started since then does not know that it was refused.
        if !bot.met_fault() {
            bot.expect_deployed("dev", &[]);
        }
        bot.pass(minutes(3)).settle().await.expect_deployed("dev", &["1.10.0"]);
    });
}
