//! What a change brings in source code, from what its artifacts say of themselves.

use towpath::model::Description;

use crate::support::bot::Bot;
use crate::support::rules::minutes;
use crate::support::story::story;

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
    let first = base(bot);
    bot.push_saying("shop", "1.9.0", made_of(source, &first));
    bot.push("1.10.0").settle().await.expect_running("dev", "1.10.0");
    let second = base(bot);
    bot.push_saying("shop", "1.11.0", made_of(source, &second)).settle().await;
    bot.pass(minutes(30)).settle().await.expect_running("staging", "1.11.0");
    let change = bot.pass(minutes(60)).settle().await.expect_open("production", "1.11.0");
    let body = bot.world.state().change(change).expect("it is open").body.clone();
    body
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
