//! Registries that lose what was chosen, or what runs.

use towpath::model::{Defect, Selection};

use crate::support::bot::Bot;
use crate::support::rules::{Rules, minutes, name};
use crate::support::story::{Story, story, story_with};

const GONE: &str = "1.13.0 is no longer in the registry";

/// Everything that is said about what comes next in an environment: its gates that wait, then its notes.
async fn said(bot: &Bot, environment: &str) -> String {
    bot.waiting(environment).await.join("\n")
}

#[test]
fn a_release_whose_tag_is_gone_is_not_opened() {
    story(async |bot| {
        bot.push("1.10.0")
            .settle()
            .await
            .pass(minutes(30))
            .settle()
            .await
            .expect_running("staging", "1.10.0");
        bot.delete_tag("1.10.0").pass(minutes(60)).settle().await.expect_no_open("production");
        insta::assert_snapshot!(said(bot, "production").await, @"
        1.10.0 is no longer in the registry: `registry.test/acme/shop` has no such tag; push it again, or promote another version
        0 of 1 approval
        ");
        bot.push("1.10.0").settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn a_release_whose_manifest_is_gone_is_not_opened_although_its_tag_is_listed() {
    story(async |bot| {
        bot.push("1.10.0")
            .settle()
            .await
            .pass(minutes(30))
            .settle()
            .await
            .expect_running("staging", "1.10.0");
        bot.delete_manifest("1.10.0").pass(minutes(60)).settle().await.expect_no_open("production");
        bot.push_again("1.10.0").settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn a_release_that_is_gone_while_its_change_waits_is_not_merged() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.delete_tag("1.10.0").settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval, 1.10.0 is no longer in the registry: registry.test/acme/shop has no such tag");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.9.0");
        bot.pass(minutes(10)).settle().await.expect_running("production", "1.9.0");
        bot.push("1.10.0").settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn a_digest_that_is_gone_behind_a_tag_that_moved_is_not_merged() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.push_anew("shop", "1.10.0", "another").delete_manifest("1.10.0");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_running("production", "1.9.0");
        insta::assert_snapshot!(said(bot, "production").await, @"1.10.0 is no longer in the registry: `registry.test/acme/shop` has nothing at `sha256:7e867289f95b`; push it again, or comment `/promote reject` on #3 so that another version can come");
    });
}

#[test]
fn a_digest_that_is_gone_behind_a_tag_that_moved_is_named_while_its_change_waits() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.push_anew("shop", "1.10.0", "another").delete_manifest("1.10.0");
        bot.pass(minutes(61)).settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval, 1.10.0 is no longer in the registry: registry.test/acme/shop has nothing at sha256:7e867289f95b");
    });
}

#[test]
fn a_tag_that_moved_before_is_noted_on_a_change_from_its_opening_on() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.push_anew("shop", "1.10.0", "another");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        assert!(bot.body(change).contains("and points to"), "{}", bot.body(change));
    });
}

#[test]
fn an_older_release_comes_where_a_newer_one_is_gone() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.pass(minutes(5)).push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        bot.delete_tag("1.11.0").pass(minutes(60)).settle().await.expect_running("staging", "1.10.0");
        insta::assert_snapshot!(said(bot, "staging").await, @"1.11.0 is no longer in the registry: `registry.test/acme/shop` has no such tag; push it again, or promote another version");
    });
}

#[test]
fn a_newer_release_that_is_gone_is_named_on_the_open_change_from_its_opening_on() {
    story(async |bot| {
        bot.push("1.10.0").push("1.11.0").push("1.12.0").delete_manifest("1.12.0");
        bot.settle().await.expect_running("dev", "1.11.0");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
        bot.push("1.13.0").settle().await.expect_running("dev", "1.13.0");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.13.0");
        bot.delete_manifest("1.13.0").pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.11.0");
        assert!(bot.body(change).contains(GONE), "{}", bot.body(change));
        insta::assert_snapshot!(said(bot, "production").await, @"
        0 of 1 approval; ask alice or bob
        1.13.0 is no longer in the registry: `registry.test/acme/shop` has no manifest for that tag; push it again, or promote another version
        ");
        bot.push_again("1.13.0").pass(minutes(5)).settle().await;
        assert_eq!(bot.expect_open("production", "1.13.0"), change);
        assert!(!bot.body(change).contains(GONE), "{}", bot.body(change));
    });
}

#[test]
fn an_open_change_takes_up_the_newest_release_that_its_registry_still_has() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        for version in ["1.11.0", "1.12.0"] {
            bot.push(version).settle().await.expect_running("dev", version);
            bot.pass(minutes(30)).settle().await.expect_running("staging", version);
        }
        bot.delete_manifest("1.12.0").pass(minutes(60)).settle().await;
        assert_eq!(bot.expect_open("production", "1.11.0"), change);
        assert!(bot.body(change).contains("1.12.0 is no longer in the registry"), "{}", bot.body(change));
    });
}

#[test]
fn a_tag_without_a_manifest_is_passed_over_and_named() {
    story(async |bot| {
        bot.push("1.10.0").delete_manifest("1.10.0").settle().await.expect_running("dev", "1.9.0");
        insta::assert_snapshot!(said(bot, "dev").await, @"1.10.0 is passed over, since the registry has no manifest for that tag of `registry.test/acme/shop`; push it again, or delete the tag");
    });
}

#[test]
fn an_index_that_lost_a_manifest_is_not_promoted() {
    story(async |bot| {
        bot.push_index("1.10.0", &["linux/amd64", "linux/arm64"]).lose_platform("1.10.0", "linux/arm64");
        bot.settle().await.expect_running("dev", "1.9.0").expect_changes(0);
        insta::assert_snapshot!(said(bot, "dev").await, @"1.10.0 is no longer complete in the registry: `registry.test/acme/shop` lacks the manifest of `linux/arm64` that its index names; push it again, or promote another version");
    });
}

#[test]
fn an_index_that_lost_what_nobody_asks_for_is_promoted() {
    story_with(Rules::default().runs_on("linux/amd64"), async |bot| {
        bot.push_index("1.10.0", &["linux/amd64", "linux/arm64"]).lose_platform("1.10.0", "linux/arm64");
        bot.settle().await.expect_running("dev", "1.10.0");
    });
}

#[test]
fn what_a_followed_tag_pointed_to_is_not_promoted_once_it_is_gone() {
    let rules = Rules::default().select(Selection::digest(name("latest")));
    story_with(rules, async |bot| {
        bot.push_anew("shop", "latest", "first").settle().await;
        bot.pass(minutes(20)).push_anew("shop", "latest", "second").settle().await;
        bot.expect_image("dev", "shop", "latest", "second");
        bot.delete_manifest("first").pass(minutes(10)).settle().await.expect_no_open("staging");
        bot.pass(minutes(20)).settle().await.expect_image("staging", "shop", "latest", "second");
    });
}

#[test]
fn what_runs_and_is_gone_is_named() {
    story(async |bot| {
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        bot.delete_tag("1.10.0").settle().await;
        assert_eq!(bot.notes("dev").await, ["runs what it should"], "its digest is still there");
        bot.delete_manifest("1.10.0").pass(minutes(61)).settle().await;
        insta::assert_snapshot!(bot.notes("dev").await.join("\n"), @"
        runs what it should
        what runs, `registry.test/acme/shop:1.10.0` at `sha256:7e867289f95b`, is not in its registry, which has nothing at that digest; new pods cannot pull it; push it, or promote another version
        ");
    });
}

#[test]
fn a_change_that_waits_costs_its_registry_no_request_but_the_listing() {
    story(async |bot| {
        bot.bring_to_production("1.10.0").await;
        bot.settle().await.count_requests().pass(minutes(1)).settle().await;
        let asked = ["digest", "composition", "has_manifest", "description"];
        let requests = bot.world.state().requests.clone();
        assert!(asked.iter().all(|what| !requests.contains_key(what)), "{requests:?}");
    });
}

#[test]
fn an_artifact_that_no_container_can_run_is_not_promoted_whatever_selects_it() {
    story(async |bot| {
        for (version, defect) in [("1.12.0", Defect::NoImage), ("1.11.0", Defect::BuildCache)] {
            bot.push_saying("shop", version, |description| description.defect = Some(defect));
        }
        bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
        insta::assert_snapshot!(said(bot, "dev").await, @"
        1.12.0 cannot run: its index names no image, as that of a build cache; push an image under a tag of its own, or promote another version
        1.11.0 cannot run: it is a build cache; push an image under a tag of its own, or promote another version
        ");
    });
}

#[test]
fn reading_the_manifest_of_what_comes_next_is_all_that_it_costs() {
    story(async |bot| {
        bot.push("1.10.0").push("1.11.0").push("1.12.0").settle().await.expect_running("dev", "1.12.0");
        let requests = bot.world.state().requests.clone();
        let processes = bot.processes();
        assert!(requests["composition"] <= processes, "{requests:?}");
        // On GitHub, what runs and what comes next are described once each, to compare their sources.
        let described = requests.get("description").copied().unwrap_or_default();
        assert!(described <= 2 * processes, "{requests:?}");
    });
}

#[test]
fn a_release_whose_image_is_gone_as_a_whole_is_not_merged() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.delete_repository();
        bot.comment(change, "alice", "/promote approve");
        bot.settle_in_trouble().await;
        bot.expect_running("production", "1.9.0");
        insta::assert_snapshot!(said(bot, "production").await, @"1.10.0 is no longer in the registry, which has no image `registry.test/acme/shop`; push it again, or comment `/promote reject` on #3 so that another version can come");
        bot.push_again("1.10.0").push_again("1.9.0").settle().await.expect_merged(change);
    });
}

#[test]
fn nobody_is_asked_to_approve_what_is_gone() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.delete_tag("1.10.0").settle().await;
        assert!(!bot.body(change).contains("ask alice"), "{}", bot.body(change));
        bot.push("1.10.0").settle().await;
        assert!(bot.body(change).contains("ask alice or bob"), "{}", bot.body(change));
    });
}
