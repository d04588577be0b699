//! A change shows what is right from its opening on: while nothing happens, nothing of it is written again.

use towpath::model::{Selection, Together, WriteMode, Writing};

use crate::support::bot::Bot;
use crate::support::rules::{Rules, minutes, name};
use crate::support::story::story_with;

/// How often the bot looks after the opening.
const LOOKS: usize = 3;

/// The bot writes nothing at the forge while nobody does anything, however often it looks.
async fn expect_no_writes(bot: &mut Bot) {
    let before = bot.effects();
    for _look in 0..LOOKS {
        bot.pass(minutes(7)).settle().await;
        let effects = bot.effects();
        assert_eq!(effects, before, "written again: {:#?}", bot.world.state().effects[before..].to_vec());
    }
}

/// An open change into production, gates and all, is written once.
fn check(rules: Rules) {
    story_with(rules, async |bot| {
        bot.make_member("acme/sre", "tess").owns("olga");
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(40)).settle().await;
        bot.pass(minutes(70)).settle().await.expect_open("production", "1.10.0");
        expect_no_writes(bot).await;
    });
}

#[test]
fn of_a_change_that_waits_for_approvals() {
    check(Rules::default().approvals("production", 2));
    check(Rules::default().approved_by_team("production", "acme/sre", 1));
    check(Rules::default().approved_by_owners("production", 1));
}

#[test]
fn of_a_change_that_waits_for_a_person_to_merge() {
    check(Rules::default().merged_by_people("production"));
}

#[test]
fn of_a_change_whose_soak_holds_the_environment_before() {
    check(Rules::default().soak_running("production").soak_running("staging"));
}

#[test]
fn of_a_change_whose_artifact_has_platforms() {
    story_with(Rules::default().runs_on("linux/amd64"), async |bot| {
        bot.push_index("1.10.0", &["linux/amd64", "linux/arm64"]).settle().await;
        bot.pass(minutes(40)).settle().await;
        bot.pass(minutes(70)).settle().await.expect_open("production", "1.10.0");
        expect_no_writes(bot).await;
    });
}

#[test]
fn of_a_change_that_writes_tags_alone() {
    check(Rules::default().writing(Writing { mode: WriteMode::Tag, ..Writing::default() }));
}

#[test]
fn of_a_change_with_several_images() {
    story_with(Rules::default().and_image("web", Together::SameTag), async |bot| {
        bot.push("1.10.0").push_of("web", "1.10.0").settle().await;
        bot.pass(minutes(40)).settle().await;
        bot.pass(minutes(70)).settle().await.expect_open("production", "1.10.0");
        expect_no_writes(bot).await;
    });
}

#[test]
fn of_a_change_that_follows_a_tag() {
    story_with(Rules::default().select(Selection::digest(name("latest"))), async |bot| {
        bot.push_anew("shop", "latest", "first").settle().await;
        bot.pass(minutes(40)).settle().await;
        bot.pass(minutes(70)).settle().await.expect_open("production", "latest");
        expect_no_writes(bot).await;
    });
}

#[test]
fn of_a_change_beside_which_newer_releases_wait_or_are_gone() {
    story_with(Rules::default(), async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(40)).settle().await;
        bot.push("1.11.0").settle().await.pass(minutes(70)).settle().await;
        bot.delete_tag("1.11.0").settle().await;
        expect_no_writes(bot).await;
    });
}

#[test]
fn of_a_change_that_is_held() {
    story_with(Rules::default(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.comment(change, "alice", "/promote hold reason=\"wait for it\"");
        bot.settle().await;
        expect_no_writes(bot).await;
    });
}
