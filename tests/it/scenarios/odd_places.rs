//! Commands where nobody expects them: every one gets an outcome that people see.

use towpath::model::{ChangeNumber, Reaction, ReviewVerdict};

use crate::support::bot::Bot;
use crate::support::rules::{minutes, seconds};
use crate::support::story::{Story, story};

/// Two releases on their way: the first one's change into production was merged, the second one's is open.
async fn two_in_production(bot: &mut Bot) -> (ChangeNumber, ChangeNumber) {
    let first = bot.bring_to_production("1.10.0").await;
    bot.pass(minutes(5)).comment(first, "alice", "/promote approve");
    bot.settle().await.expect_merged(first);
    (first, bot.bring_to_production("1.11.0").await)
}

#[test]
fn a_command_on_an_older_change_is_answered_with_the_change_that_takes_commands() {
    Story::default().with_faults().play(async |bot| {
        let (first, second) = two_in_production(bot).await;
        let late = bot.pass(minutes(5)).comment(first, "carol", "/promote production version=1.11.0");
        bot.settle().await.expect_reaction(&late, Reaction::ThumbsDown);
        insta::assert_snapshot!(bot.read_reply(&late), @"carol: this change no longer accepts commands, because #6 came after it; comment on #6.");
        assert_eq!(bot.expect_open("production", "1.11.0"), second, "nothing of it was done");
        bot.restart().pass(minutes(5)).settle().await;
    });
}

#[test]
fn whatever_is_written_on_an_older_change_gets_a_sign() {
    story(async |bot| {
        let (first, _) = two_in_production(bot).await;
        bot.pass(minutes(5));
        let odd =
            ["   /promote approve", "/promote nonsense=", "/promote help", "/promote hold\n/promote resume"];
        let odd = odd.map(|text| bot.comment(first, "alice", text));
        let prose = bot.comment(first, "alice", "Thanks! I shall not /promote this again");
        bot.settle().await;
        for comment in &odd {
            bot.expect_reaction(comment, Reaction::ThumbsDown);
            bot.read_reply(comment);
        }
        bot.expect_no_reaction(&prose);
    });
}

#[test]
fn a_change_closed_before_the_last_one_takes_no_commands_either() {
    story(async |bot| {
        let first = bot.bring_to_production("1.10.0").await;
        bot.close(first, "bob").settle().await.expect_closed(first);
        let second = bot.bring_to_production("1.11.0").await;
        bot.close(second, "bob").settle().await.expect_closed(second);
        let on_first = bot.pass(seconds(5)).comment(first, "carol", "/promote");
        let on_last = bot.comment(second, "carol", "/promote");
        bot.settle().await.expect_reaction(&on_last, Reaction::Rocket);
        bot.read_reply(&on_first);
        bot.expect_open("production", "1.11.0");
    });
}

#[test]
fn a_command_may_have_up_to_three_spaces_before_it() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let code = bot.pass(minutes(5)).comment(change, "alice", "    /promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.expect_no_reaction(&code);
        bot.comment(change, "alice", "Fine by me:\n   /promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn a_late_review_of_an_older_change_is_answered() {
    story(async |bot| {
        let (first, _) = two_in_production(bot).await;
        bot.pass(minutes(5)).review(first, "bob", ReviewVerdict::Approve);
        bot.settle().await;
        assert_eq!(bot.comments_of_bot(first), 1);
        let reply = bot.last_comment_of_bot(first);
        insta::assert_snapshot!(bot.read_comment(&reply), @"bob: this change no longer accepts commands, because #6 came after it; comment on #6.");
    });
}
