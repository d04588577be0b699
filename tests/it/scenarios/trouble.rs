//! What goes wrong around the bot, and what it finds when it comes new to a place.

use crate::support::rules::{Rules, minutes};
use crate::support::story::{Story, story, story_with};

const PRODUCTION: &str = "apps/shop/overlays/production/kustomization.yaml";

#[test]
fn a_change_that_conflicts_is_made_anew_on_the_new_base() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).replace("dora", PRODUCTION, "moved by Towpath", "pinned by dora").settle().await;
        assert_eq!(bot.expect_open("production", "1.10.0"), change);
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        let overlay = bot.text(PRODUCTION);
        assert!(
            overlay.contains("newTag: 1.10.0 # pinned by dora"),
            "dora's comment is still there: {overlay}"
        );
    });
}

#[test]
fn an_edit_elsewhere_touches_no_change() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let head = bot.head_of(change);
        let effects = bot.effects();
        bot.pass(minutes(5)).replace("dora", "README.md", "What", "All that").settle().await;
        assert_eq!((bot.head_of(change), bot.effects()), (head, effects), "nothing was written");
    });
}

#[test]
fn a_registry_that_is_down_delays_no_other_service() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.settle().await;
        bot.registry_down("pay").push("1.10.0").push_of("pay", "1.10.0");
        let trouble = bot.settle_in_trouble().await;
        insta::assert_snapshot!(trouble, @"the tags of `registry.test/acme/pay` are those of 2026-03-02 09:00 UTC: the registry `registry.test` gave no usable answer about `registry.test/acme/pay`: no answer");
        bot.expect_running("dev", "1.10.0").expect_running("pay/dev", "1.9.0");
        bot.pass(minutes(30)).settle_in_trouble().await;
        bot.expect_running("staging", "1.10.0");
        bot.registries_up().settle().await.expect_running("pay/dev", "1.10.0");
    });
}

#[test]
fn an_edit_that_is_refused_is_said_although_a_person_set_the_environment_back() {
    story(async |bot| {
        let overlay = "apps/shop/overlays/dev/kustomization.yaml";
        let (plain, anchored) = ("newTag: 1.9.0", "newTag: &version 1.9.0");
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(5)).set_by_hand("dora", "dev", "1.9.0").settle().await;
        bot.replace("dora", overlay, plain, anchored).push("1.11.0");
        insta::assert_snapshot!(bot.settle_in_trouble().await, @"shop in dev: apps/shop/overlays/dev/kustomization.yaml:6: the value has an anchor (`&…`), so other places would change with it; write the value without it");
        bot.replace("dora", overlay, anchored, plain).settle().await.expect_running("dev", "1.11.0");
    });
}

#[test]
fn an_overlay_that_cannot_be_read_delays_no_other_service() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        bot.settle().await;
        let overlay = "apps/pay/overlays/dev/kustomization.yaml";
        bot.replace("dora", overlay, "images:", "images: [").push("1.10.0").push_of("pay", "1.10.0");
        let trouble = bot.settle_in_trouble().await;
        insta::assert_snapshot!(trouble, @"pay in dev: apps/pay/overlays/dev/kustomization.yaml:5: this is not YAML: invalid indentation; correct the file");
        bot.expect_running("dev", "1.10.0");
        bot.replace("dora", overlay, "images: [", "images:").settle().await;
        bot.expect_running("pay/dev", "1.10.0");
    });
}

#[test]
fn a_change_that_nobody_can_read_to_its_end_delays_no_other() {
    story_with(Rules::default().and_service("pay"), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).flood(change).comment(change, "alice", "/promote approve");
        bot.push_of("pay", "1.10.0").settle().await;
        bot.expect_running("pay/dev", "1.10.0").expect_running("production", "1.9.0");
        let notes = bot.notes("production").await.join("\n");
        assert!(notes.contains("merging #3 is blocked") && notes.contains("merge it by hand"), "{notes}");
        bot.drain().pass(minutes(15)).comment(change, "bob", "I deleted what was there.");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn losing_the_ledger_loses_nothing() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.lose_ledgers().settle().await.expect_changes(1);
        bot.pass(minutes(30)).lose_ledgers().settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(60)).lose_ledgers().settle().await;
        let change = bot.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.lose_ledgers().settle().await.expect_merged(change).expect_changes(3);
        bot.lose_ledgers();
    });
}

#[test]
fn a_restart_at_every_step_loses_nothing() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.restart().settle().await.expect_changes(1);
        bot.pass(minutes(30)).restart().settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(60)).restart().settle().await;
        let change = bot.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).restart().comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_changes(3);
        bot.restart();
    });
}

#[test]
fn a_long_sleep_misses_nothing() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(60 * 24 * 7)).push("1.11.0").settle().await;
        bot.expect_running("dev", "1.11.0").expect_running("staging", "1.10.0");
        bot.pass(minutes(60 * 24 * 7)).settle().await.expect_running("staging", "1.11.0");
        bot.expect_open("production", "1.10.0");
    });
}

#[test]
fn nothing_to_do_means_no_effect_and_few_requests() {
    story(async |bot| {
        bot.settle().await;
        let effects = bot.effects();
        for _hour in 0..3 {
            bot.pass(minutes(60)).count_requests().settle().await;
            bot.expect_requests_each_at_most("hint head changes branches read_log tags", 2);
        }
        assert_eq!(bot.effects(), effects, "nothing was written");
    });
}

#[test]
fn a_waiting_change_costs_no_writes_and_no_content() {
    story(async |bot| {
        bot.bring_to_production("1.10.0").await;
        let effects = bot.effects();
        bot.pass(minutes(60)).count_requests().settle().await;
        // Whether its digest is still there is asked once an hour.
        bot.expect_requests_each_at_most("hint head changes branches read_log tags has_manifest", 2);
        assert_eq!(bot.effects(), effects, "nothing was written");
    });
}

#[test]
fn what_runs_at_first_sight_is_adopted_and_nothing_older_is_proposed() {
    story(async |bot| {
        bot.push("1.8.0").push("1.10.0").set_by_hand("dora", "dev", "1.10.0");
        bot.set_by_hand("dora", "production", "1.10.0").settle().await.expect_changes(0);
        bot.pass(minutes(29)).settle().await.expect_running("staging", "1.9.0").expect_changes(0);
        bot.pass(minutes(1)).settle().await.expect_running("staging", "1.10.0");
        bot.pass(minutes(600)).settle().await.expect_changes(1);
    });
}

#[test]
fn what_landed_stays_when_the_environment_before_is_set_back() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(600)).settle().await.expect_running("staging", "1.10.0");
        bot.set_by_hand("dora", "dev", "1.9.0").settle().await;
        bot.pass(minutes(600)).settle().await.expect_running("staging", "1.10.0").expect_no_open("staging");
    });
}

#[test]
fn a_merge_in_the_middle_of_a_look_is_no_setting_by_hand() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).merge_meanwhile(change, "dora").settle().await.expect_merged(change);
        bot.expect_running("production", "1.10.0");
        bot.bring_to_production("1.11.0").await;
    });
}
