//! What a change brings in source code, from what its artifacts say of themselves.

use towpath::model::{CommitId, Description};

use crate::support::bot::Bot;
use crate::support::rules::{Rules, minutes};
use crate::support::story::{Mode, Over, story, story_with};

/// Where an artifact says that it comes from.
fn made_of(source: &str, revision: &str) -> impl FnOnce(&mut Description) {
    let (source, revision) = (source.to_owned(), revision.to_owned());
    move |description| {
        description.source = Some(source);
        description.revision = Some(revision);
    }
}

fn base(bot: &Bot) -> String {
    bot.world.state().base_tip().to_string()
}

/// Brings two versions to dev, the second with one commit more, and gives the body of its change into production.
async fn body_of(bot: &mut Bot, source: &str) -> String {
    brought(bot, source).await;
    let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
    bot.world.state().change(change).expect("it is open").body.clone()
}

/// The same, until staging runs the second one; gives the commit that it is made of.
async fn brought(bot: &mut Bot, source: &str) -> CommitId {
    let first = base(bot);
    bot.push_saying("shop", "1.9.0", made_of(source, &first));
    bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
    let second = base(bot);
    bot.push_saying("shop", "1.11.0", made_of(source, &second)).settle().await;
    bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
    CommitId::new(second).expect("it is one")
}

#[test]
fn a_change_says_which_commits_it_brings_where_the_forge_shows_them() {
    story(async |bot| {
        let pages = bot.pages();
        let source = pages.as_deref().unwrap_or("https://forge.test").to_owned() + "/acme/deploy";
        let body = body_of(bot, &source).await;
        match pages {
            Some(_) => {
                assert!(body.contains("2 commits by 1 person ([compare]("), "{body}");
                assert!(body.contains("unverified"), "{body}");
            }
            // The port of the made-up forge compares nothing.
            None => assert!(!body.contains("Source of"), "{body}"),
        }
    });
}

#[test]
fn an_address_elsewhere_is_shown_as_text_and_nobody_asks_for_it() {
    story(async |bot| {
        let body = body_of(bot, "http://169.254.169.254/acme/deploy").await;
        assert_eq!(body.contains("`http://169.254.169.254/acme/deploy`"), bot.pages().is_some(), "{body}");
        assert!(!body.contains("](http://169"), "{body}");
        let asked = bot.world.state().github.requests.iter().any(|(line, _)| line.contains("/check-runs"));
        assert!(!asked, "the source code was looked at");
    });
}

/// The repository of the story as its images name it.
fn own_source(bot: &Bot) -> String {
    bot.pages().as_deref().unwrap_or("https://forge.test").to_owned() + "/acme/deploy"
}

/// How often somebody asked what builds came to.
fn asked_for_builds(bot: &Bot) -> usize {
    bot.world.state().github.requests.iter().filter(|(line, _)| line.contains("/check-runs")).count()
}

fn forget_requests(bot: &Bot) {
    bot.world.state().github.requests.clear();
}

#[test]
fn a_repository_that_may_not_be_used_is_not_asked_about_whatever_an_image_says() {
    story_with(Rules::default().using_only(&["acme/shop", "other/*"]), async |bot| {
        let source = own_source(bot);
        let body = body_of(bot, &source).await;
        if bot.pages().is_some() {
            let why = "Source of `registry.test/acme/shop`: `acme/deploy` is not among the repositories that Towpath may read";
            assert!(body.contains(why), "{body}");
        }
        assert_eq!(asked_for_builds(bot), 0);
    });
    story_with(Rules::default().using_only(&["ACME/*"]), async |bot| {
        let source = own_source(bot);
        let body = body_of(bot, &source).await;
        assert_eq!(body.contains("2 commits by 1 person"), bot.pages().is_some(), "{body}");
    });
}

#[tokio::test]
async fn builds_that_are_run_again_are_seen_by_a_look_that_is_made_anyway() {
    let bot = &mut Bot::new(&Rules::default(), Mode::Plain, Over::GitHub).await;
    let source = own_source(bot);
    let built = brought(bot, &source).await;
    bot.world.state().build(&built, "unit", Some("failure"));
    let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
    assert!(bot.body(change).contains("**its builds failed**"), "{}", bot.body(change));
    bot.world.state().build(&built, "unit", Some("success"));
    forget_requests(bot);
    bot.pass(minutes(4)).settle().await;
    assert_eq!(asked_for_builds(bot), 0, "not before five minutes passed");
    bot.pass(minutes(1)).settle().await;
    assert!(bot.body(change).contains("its builds passed"), "{}", bot.body(change));
    forget_requests(bot);
    for _look in 0..4 {
        bot.pass(minutes(61)).settle().await;
    }
    assert_eq!(asked_for_builds(bot), 0, "what passed is not asked for again");
}

#[tokio::test]
async fn builds_that_stay_as_they_are_are_asked_for_less_and_less() {
    let bot = &mut Bot::new(&Rules::default(), Mode::Plain, Over::GitHub).await;
    let source = own_source(bot);
    let built = brought(bot, &source).await;
    bot.world.state().build(&built, "unit", Some("failure"));
    let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
    forget_requests(bot);
    for _look in 0..155 {
        bot.pass(minutes(1)).settle().await;
    }
    assert_eq!(asked_for_builds(bot), 5, "after 5, 15, 35, 75 and 135 minutes");
    bot.close(change, "alice").settle().await;
    forget_requests(bot);
    for _look in 0..4 {
        bot.pass(minutes(61)).settle().await;
    }
    assert_eq!(asked_for_builds(bot), 0, "nobody asks for a change that is closed");
}
