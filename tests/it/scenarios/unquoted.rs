//! Kustomizations that kustomize refuses, since the version in them lacks quotes and is a number.

use crate::support::bot::Bot;
use crate::support::rules::minutes;
use crate::support::story::story;

const PRODUCTION: &str = "apps/shop/overlays/production/kustomization.yaml";
const DEV: &str = "apps/shop/overlays/dev/kustomization.yaml";

/// The line of a kustomization that names the version.
fn version(bot: &Bot, path: &str) -> String {
    let text = bot.text(path);
    text.lines().find(|line| line.contains("newTag")).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_newer_release_is_written_in_quotes_over_a_number() {
    story(async |bot| {
        bot.settle().await.replace("carol", DEV, "newTag: 1.9.0", "newTag: 1.10");
        let trouble = bot.settle_in_trouble().await;
        insta::assert_snapshot!(trouble, @r#"shop in dev: apps/shop/overlays/dev/kustomization.yaml:6: kustomize reads `newTag: 1.10` as a number, but it needs text; put it in quotes: `newTag: "1.10"`"#);
        bot.push("1.11.0").settle().await.expect_running("dev", "1.11.0");
        assert_eq!(version(bot, DEV), "newTag: \"1.11.0\" # moved by Towpath");
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
    });
}

#[test]
fn the_change_says_what_was_written_before() {
    story(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await.expect_running("staging", "1.10.0");
        bot.replace("carol", PRODUCTION, "newTag: 1.9.0", "newTag: 1.10");
        bot.settle_in_trouble().await;
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        let body = bot.body(change);
        assert!(body.contains("| `registry.test/acme/shop` | not known | `1.10.0`"), "{body}");
        assert!(body.contains("- what runs is not known until this change writes the quotes: apps/shop/overlays/production/kustomization.yaml:6: kustomize reads `newTag: 1.10` as a number"), "{body}");
        assert!(body.contains("-  newTag: 1.10 # moved by Towpath"), "{body}");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        assert_eq!(version(bot, PRODUCTION), "newTag: \"1.10.0\" # moved by Towpath");
    });
}
