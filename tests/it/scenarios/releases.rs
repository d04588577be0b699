//! Several releases at once: which one goes first, and what becomes of the other.

use towpath::model::OnNewer;

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

#[test]
fn a_newer_release_takes_over_the_open_change() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let same = bot.bring_to_production("1.11.0").await;
        assert_eq!(change, same, "the newer release takes the same change");
        bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.11.0").expect_changes(5);
    });
}

#[test]
fn an_approved_release_is_finished_before_a_newer_one() {
    story_with(Rules::default().approvals("production", 2), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        bot.pass(minutes(60)).settle().await.expect_running("staging", "1.11.0");
        bot.expect_open("production", "1.10.0");
        bot.comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        let next = bot.expect_open("production", "1.11.0");
        assert_ne!(change, next, "a merged change is over");
    });
}

#[test]
fn a_newer_release_waits_where_the_rules_say_finish() {
    story_with(Rules::default().on_newer("production", OnNewer::Finish), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        bot.pass(minutes(60)).settle().await.expect_running("staging", "1.11.0");
        bot.expect_open("production", "1.10.0");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0");
        bot.expect_open("production", "1.11.0");
    });
}

#[test]
fn a_busy_environment_does_not_starve_the_next() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(20)).push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        bot.pass(minutes(10)).settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(10)).push("1.12.0").settle().await.expect_running("dev", "1.12.0");
        bot.pass(minutes(10)).settle().await.expect_running("staging", "1.11.0");
    });
}

#[test]
fn very_many_releases_that_soak_hide_none_that_has_soaked() {
    story(async |bot| {
        for minor in 10..38 {
            bot.push(&format!("1.{minor}.0")).settle().await;
            bot.pass(minutes(1));
        }
        bot.expect_running("staging", "1.9.0").expect_running("dev", "1.37.0");
        bot.pass(minutes(5)).settle().await.expect_running("staging", "1.13.0");
        bot.pass(minutes(60)).settle().await.expect_running("staging", "1.37.0");
    });
}

#[test]
fn the_next_look_is_when_a_newer_release_takes_the_place() {
    story(async |bot| {
        bot.bring_to_production("1.10.0").await;
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        bot.expect_open("production", "1.10.0");
        bot.expect_next_look_within(minutes(60));
    });
}

#[test]
fn what_was_declined_is_not_shown_as_next() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.close(change, "dora").settle().await;
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        bot.expect_next_look_within(minutes(60));
    });
}

#[test]
fn an_environment_stands_still_while_what_it_runs_has_to_soak_running() {
    story_with(Rules::default().soak_running("staging"), async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(20)).push("1.11.0").settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(10))
            .settle()
            .await
            .expect_running("staging", "1.10.0")
            .expect_running("dev", "1.11.0");
    });
}

#[test]
fn a_soak_lapses_when_the_release_is_set_back() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(30)).set_by_hand("dora", "staging", "1.9.0").settle().await;
        bot.pass(minutes(60)).settle().await.expect_running("staging", "1.9.0").expect_no_open("production");
        bot.pass(minutes(600)).settle().await.expect_no_open("production").expect_no_open("staging");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
    });
}

#[test]
fn an_open_change_closes_when_its_release_is_set_back_before_it() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).set_by_hand("dora", "staging", "1.9.0").settle().await.expect_closed(change);
        bot.pass(minutes(600)).settle().await.expect_no_open("production");
    });
}

#[test]
fn what_a_person_runs_again_soaks_again() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(30)).set_by_hand("dora", "staging", "1.9.0").settle().await;
        bot.pass(minutes(30)).set_by_hand("dora", "staging", "1.10.0").settle().await;
        bot.pass(minutes(59)).settle().await.expect_no_open("production");
        bot.pass(minutes(1)).settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn older_versions_and_tags_that_are_no_releases_move_nothing() {
    story(async |bot| {
        for tag in ["1.8.7", "latest", "sha-0a1b2c3", "2.0.0-rc.1", "v"] {
            bot.push(tag);
        }
        bot.settle().await.expect_changes(0).expect_running("dev", "1.9.0");
        bot.push("1.9.1").settle().await.expect_running("dev", "1.9.1");
    });
}

#[test]
fn only_the_newest_of_several_new_tags_is_taken() {
    story(async |bot| {
        bot.push("1.10.0").push("1.9.1").push("1.11.0").settle().await;
        bot.expect_running("dev", "1.11.0").expect_changes(1);
    });
}
