//! What artifacts say of themselves: those that belong together, their dates, tags that move.

use towpath::model::{Defect, Description, Selection, Together, WriteMode, Writing};

use crate::support::bot::Bot;
use crate::support::rules::{Rules, minutes, name};
use crate::support::story::{Story, story_with};

/// Built from this commit.
fn of(revision: &str) -> impl FnOnce(&mut Description) {
    let revision = revision.to_owned();
    move |description| description.revision = Some(revision)
}

/// Built at this hour of the first day.
fn at_hour(hour: u32) -> impl FnOnce(&mut Description) {
    move |description| description.created = Some(name(&format!("2026-03-01T{hour:02}:00:00Z")))
}

/// Runs on this platform.
fn on(platform: &'static str) -> impl FnOnce(&mut Description) {
    move |description| description.platforms.extend([name(platform)])
}

fn with_worker(together: Together) -> Rules {
    Rules::default().and_image("worker", together)
}

#[test]
fn images_with_one_tag_travel_together() {
    Story::under(with_worker(Together::SameTag)).with_faults().play(async |bot| {
        let change = bot.push_of("worker", "1.10.0").bring_to_production("1.10.0").await;
        bot.expect_image("staging", "worker", "1.10.0", "1.10.0");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0").expect_changes(3);
        bot.expect_image("production", "worker", "1.10.0", "1.10.0");
    });
}

/// Eighteen images more, for a release of twenty with the first one and the worker.
const MORE: [&str; 18] =
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];

#[test]
fn a_release_of_twenty_images_is_merged_in_every_environment() {
    let together = Together::SameRevision;
    let rules = MORE.iter().fold(with_worker(together), |rules, image| rules.and_image(image, together));
    story_with(rules, async |bot| {
        let rest = || MORE.into_iter().chain(["worker"]);
        for image in rest() {
            bot.push_saying(image, "1.10.0", of("c0ffee"));
        }
        bot.push_saying("shop", "1.10.0", of("c0ffee")).settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0").expect_changes(3);
        for image in rest() {
            bot.expect_image("production", image, "1.10.0", "1.10.0");
        }
    });
}

#[test]
fn a_newer_tag_of_the_digest_that_runs_is_one_change_in_every_environment() {
    let selection = Selection::semver(">=1.10.0-rc.1").expect("a range");
    Story::under(Rules::default().select(selection)).with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0-rc.1").await;
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.10.0-rc.1").expect_changes(3);
        // Six landings within one minute are more deployments than the budget of that minute has.
        bot.pass(minutes(2)).push_anew("shop", "1.10.0", "1.10.0-rc.1").settle().await.expect_changes(6);
        // The artifact soaked under its first tag.
        bot.expect_image("dev", "shop", "1.10.0", "1.10.0-rc.1");
        bot.expect_image("staging", "shop", "1.10.0", "1.10.0-rc.1");
        let change = bot.expect_open("production", "1.10.0");
        let body = bot.body(change);
        assert!(body.contains("Only tags change: each digest is the one that runs already."), "{body}");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_image("production", "shop", "1.10.0", "1.10.0-rc.1").expect_changes(6);
    });
}

#[test]
fn newer_tags_of_several_images_with_the_digests_that_run_are_one_change() {
    story_with(with_worker(Together::SameTag), async |bot| {
        bot.push_of("worker", "1.10.0").push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.push_anew("worker", "1.11.0", "1.10.0").push_anew("shop", "1.11.0", "1.10.0");
        bot.settle().await.expect_image("dev", "shop", "1.11.0", "1.10.0").expect_changes(2);
        bot.expect_image("dev", "worker", "1.11.0", "1.10.0");
        bot.pass(minutes(30)).settle().await.expect_image("staging", "worker", "1.11.0", "1.10.0");
        bot.expect_changes(3);
    });
}

#[test]
fn a_release_that_is_not_whole_waits_and_is_shown() {
    story_with(with_worker(Together::SameTag), async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.9.0").expect_changes(0);
        assert_eq!(
            bot.notes("dev").await,
            [
                "1.10.0 is not complete yet: `registry.test/acme/worker` lacks it; it is selected once all its images exist"
            ]
        );
        bot.push_of("worker", "1.10.0").settle().await.expect_running("dev", "1.10.0");
    });
}

#[test]
fn images_of_one_commit_travel_together_whatever_their_tags() {
    story_with(with_worker(Together::SameRevision), async |bot| {
        bot.push_saying("shop", "1.10.0", of("c0ffee")).push_saying("worker", "2.0.0", of("beef"));
        bot.settle().await.expect_running("dev", "1.9.0").expect_changes(0);
        bot.push_saying("worker", "2.1.0", of("c0ffee")).settle().await.expect_running("dev", "1.10.0");
        bot.expect_image("dev", "worker", "2.1.0", "2.1.0");
        bot.pass(minutes(30)).settle().await.expect_image("staging", "worker", "2.1.0", "2.1.0");
    });
}

#[test]
fn what_is_newer_in_one_image_and_older_in_another_needs_a_person() {
    story_with(with_worker(Together::SameTag), async |bot| {
        bot.settle().await;
        let path = "apps/shop/overlays/dev/kustomization.yaml";
        let (shop, newer) = ("acme/shop\n  newTag: 1.9.0", "acme/shop\n  newTag: 1.12.0");
        bot.replace("dora", path, shop, newer).settle().await;
        bot.push_of("shop", "1.11.0")
            .push_of("worker", "1.11.0")
            .settle()
            .await
            .expect_running("dev", "1.12.0");
        assert_eq!(
            bot.notes("dev").await,
            [
                "1.11.0 is newer in one image and older in another than what runs; a person has to set it in the config repository, since no change takes commands yet",
                "what runs, `registry.test/acme/shop:1.12.0`, is not in its registry, which has no such tag; new pods cannot pull it; push it, or promote another version"
            ]
        );
    });
}

#[test]
fn the_newest_by_date_comes_whatever_its_name() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        bot.push_saying("shop", "1.9.0", at_hour(1)).push_saying("shop", "zebra", at_hour(2));
        bot.push_saying("shop", "apple", at_hour(3)).settle().await.expect_running("dev", "apple");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "apple");
        bot.push_saying("shop", "zulu", at_hour(2)).settle().await.expect_running("dev", "apple");
    });
}

/// Made on this day.
fn on_day(day: &str) -> impl FnOnce(&mut Description) {
    let made = name(&format!("{day}T00:00:00Z"));
    move |description| description.created = Some(made)
}

/// Of no use, for this reason.
fn with(defect: Defect) -> impl FnOnce(&mut Description) {
    move |description| description.defect = Some(defect)
}

#[test]
fn tags_that_cannot_be_compared_by_date_stop_no_other_and_are_named() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        bot.push_saying("shop", "1.9.0", at_hour(1)).push_saying("shop", "buildcache", with(Defect::NoImage));
        bot.push_saying("shop", "epoch", on_day("1970-01-01"))
            .push("undated")
            .push("lost")
            .delete_manifest("lost");
        let lost =
            Defect::Missing("its index leads to `sha256:0`, which the registry does not have".to_owned());
        bot.push_saying("shop", "childless", with(lost)).push_saying("shop", "ahead", on_day("2099-01-01"));
        bot.push_saying("shop", "apple", at_hour(3)).settle().await.expect_running("dev", "apple");
        insta::assert_snapshot!(bot.notes("dev").await.join("\n"), @"
        runs what it should
        not compared by date, of `registry.test/acme/shop`: `undated` (it does not say when it was made), `lost` (the registry has no manifest for it), `epoch` (it says 1970-01-01, which is not a build date) and 3 more; `towpath tags registry.test/acme/shop` names all of them
        ");
        assert_eq!(bot.waiting("dev").await, [""; 0]);
        bot.push_saying("shop", "banana", at_hour(4)).settle().await.expect_running("dev", "banana");
    });
}

#[test]
fn a_tag_without_a_usable_response_stops_no_other_and_is_named() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        bot.push_saying("shop", "1.9.0", at_hour(1)).push_saying("shop", "odd", at_hour(2));
        bot.world.state().unreadable_tags.insert(name("odd"));
        bot.push_saying("shop", "apple", at_hour(3)).settle().await.expect_running("dev", "apple");
        insta::assert_snapshot!(bot.notes("dev").await.join("\n"), @"
        runs what it should
        not compared by date, of `registry.test/acme/shop`: `odd` (it could not be read: the registry `registry.test` gave no usable answer about `registry.test/acme/shop`: no answer); `towpath tags registry.test/acme/shop` names all of them
        ");
        bot.pass(minutes(60)).settle().await;
        bot.push_saying("shop", "banana", at_hour(4)).settle().await.expect_running("dev", "banana");
        bot.world.state().unreadable_tags.clear();
        bot.push_saying("shop", "odd", at_hour(5))
            .pass(minutes(60))
            .settle()
            .await
            .expect_running("dev", "odd");
    });
}

#[test]
fn a_registry_without_any_usable_response_makes_all_wait() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        for tag in ["1.9.0", "apple"] {
            bot.push_saying("shop", tag, at_hour(1)).world.state().unreadable_tags.insert(name(tag));
        }
        bot.push_saying("shop", "apple", at_hour(2));
        let said = bot.settle_in_trouble().await;
        assert!(said.contains("the digest of apple is not known"), "{said}");
        bot.expect_running("dev", "1.9.0").expect_changes(0);
        bot.world.state().unreadable_tags.clear();
        bot.pass(minutes(60)).settle().await.expect_running("dev", "apple");
    });
}

#[test]
fn where_nothing_has_a_date_that_is_said_and_what_runs_is_adopted() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        bot.push_saying("shop", "epoch", on_day("1970-01-01"));
        insta::assert_snapshot!(bot.settle_in_trouble().await, @"shop in dev: none of the 2 selected tags of `registry.test/acme/shop` has a usable date: `epoch` (it says 1970-01-01, which is not a build date) and `1.9.0` (it does not say when it was made); label them with `org.opencontainers.image.created`, or select by another rule than `newest`");
        bot.expect_log("landed").expect_running("dev", "1.9.0");
        bot.push_saying("shop", "apple", at_hour(3)).settle().await.expect_running("dev", "apple");
    });
}

#[test]
fn what_runs_is_adopted_while_a_registry_gives_no_date() {
    story_with(Rules::default().select(Selection::newest()), async |bot| {
        bot.registry_down("shop").settle_in_trouble().await;
        bot.expect_log("landed");
        bot.registries_up().push_saying("shop", "apple", at_hour(3));
        bot.settle().await.expect_running("dev", "apple");
    });
}

#[test]
fn a_tag_that_is_followed_brings_whatever_it_points_to() {
    let rules = Rules::default().select(Selection::digest(name("latest")));
    story_with(rules, async |bot| {
        bot.push_anew("shop", "latest", "first")
            .settle()
            .await
            .expect_image("dev", "shop", "latest", "first");
        bot.pass(minutes(20)).push_anew("shop", "latest", "second").settle().await;
        bot.expect_image("dev", "shop", "latest", "second");
        bot.pass(minutes(10)).settle().await.expect_image("staging", "shop", "latest", "first");
        bot.pass(minutes(20)).settle().await.expect_image("staging", "shop", "latest", "second");
        bot.push_anew("shop", "latest", "first")
            .settle()
            .await
            .expect_image("dev", "shop", "latest", "first");
    });
}

#[test]
fn an_artifact_that_does_not_run_where_it_must_is_passed_over() {
    story_with(Rules::default().runs_on("linux/arm64"), async |bot| {
        bot.push_saying("shop", "1.10.0", on("linux/arm64")).push_saying("shop", "1.11.0", on("linux/amd64"));
        bot.settle().await.expect_running("dev", "1.10.0");
    });
}

#[test]
fn a_release_is_taken_once_all_is_quiet() {
    story_with(Rules::default().quiet(minutes(10)), async |bot| {
        let now = bot.world.state().now;
        let made_now = |description: &mut Description| description.created = Some(now);
        bot.push_saying("shop", "1.10.0", made_now).settle().await.expect_running("dev", "1.9.0");
        bot.expect_next_look_within(minutes(10));
        bot.pass(minutes(10)).settle().await.expect_running("dev", "1.10.0");
    });
}

/// Approves in production, where two have to.
async fn half_approved(bot: &mut Bot) -> towpath::model::ChangeNumber {
    let change = bot.bring_to_production("1.10.0").await;
    bot.comment(change, "alice", "/promote approve");
    bot.settle().await;
    change
}

#[test]
fn a_tag_that_moved_after_it_was_chosen_voids_approvals() {
    let rules = Rules::default().approvals("production", 2);
    Story::under(rules).with_faults().play(async |bot| {
        let change = half_approved(bot).await;
        bot.push_anew("shop", "1.10.0", "another").comment(change, "bob", "/promote approve");
        bot.settle().await.expect_running("production", "1.9.0").expect_open("production", "1.10.0");
        bot.expect_log("tag-moved");
        assert!(
            bot.body(change).contains("| tag | ok | the tag `1.10.0` pointed to `sha256:"),
            "{}",
            bot.body(change)
        );
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.9.0");
        bot.comment(change, "bob", "/promote approve");
        bot.settle().await.expect_image("production", "shop", "1.10.0", "1.10.0");
    });
}

fn tags_alone() -> Rules {
    Rules::default().writing(Writing { mode: WriteMode::Tag, follow_ref: false })
}

/// The line of an overlay that names the version, and that it has no digest.
#[track_caller]
fn expect_tag_alone(bot: &Bot, environment: &str, tag: &str) {
    let text = bot.text(&format!("apps/shop/overlays/{environment}/kustomization.yaml"));
    assert!(text.contains(&format!("  newTag: {tag} # moved by Towpath\ncommonLabels")), "{text}");
}

#[test]
fn a_tag_written_alone_lands_and_is_followed() {
    Story::under(tags_alone()).with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        for environment in ["dev", "staging"] {
            expect_tag_alone(bot, environment, "1.10.0");
        }
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_changes(3);
        expect_tag_alone(bot, "production", "1.10.0");
        bot.push("1.11.0").settle().await;
        expect_tag_alone(bot, "dev", "1.11.0");
    });
}

#[test]
fn a_tag_written_alone_is_not_merged_once_it_moved() {
    Story::under(tags_alone()).with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.push_anew("shop", "1.10.0", "another").comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        expect_tag_alone(bot, "production", "1.9.0");
        bot.expect_log("tag-moved");
        assert!(bot.body(change).contains("now, and only the tag is written"), "{}", bot.body(change));
        bot.push_anew("shop", "1.10.0", "1.10.0").comment(change, "alice", "/promote approve");
        bot.pass(minutes(6)).settle().await.expect_merged(change);
        expect_tag_alone(bot, "production", "1.10.0");
    });
}

#[test]
fn a_tag_that_moves_after_it_landed_alone_is_noted() {
    story_with(tags_alone(), async |bot| {
        bot.push("1.10.0").settle().await;
        expect_tag_alone(bot, "dev", "1.10.0");
        bot.push_anew("shop", "1.10.0", "another").pass(minutes(6)).settle().await;
        bot.expect_log("tag-moved");
        let notes = bot.notes("dev").await.join("\n");
        assert!(
            notes.contains("when it landed and points to") && notes.contains("only the tag is written here"),
            "{notes}"
        );
    });
}
