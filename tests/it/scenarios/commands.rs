//! What people ask of the bot in comments, and what it answers, once.

use towpath::model::Reaction;

use crate::support::bot::Bot;
use crate::support::rules::minutes;
use crate::support::story::{Story, story};

#[test]
fn a_held_change_waits_although_it_is_approved() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let hold = bot.pass(minutes(5)).comment(change, "carol", "/promote hold reason=\"the big sale\"");
        bot.settle().await.expect_reaction(&hold, Reaction::Rocket);
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: held by carol: the big sale");
        bot.pass(minutes(600)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote resume");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn a_held_change_keeps_its_content() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote resume");
        assert_eq!(bot.settle().await.expect_open("production", "1.11.0"), change);
    });
}

#[test]
fn a_hold_may_end_by_itself() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold until=2026-03-02T12:00:00Z");
        bot.settle().await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.expect_next_look_within(minutes(90)).expect_running("production", "1.9.0");
        bot.pass(minutes(90)).settle().await.expect_merged(change);
    });
}

#[test]
fn a_rejected_change_closes_and_does_not_come_again() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let reject = bot.pass(minutes(5)).comment(change, "alice", "/promote reject reason=\"it leaks\"");
        bot.settle().await.expect_closed(change).expect_reaction(&reject, Reaction::Rocket);
        bot.pass(minutes(600)).settle().await.expect_no_open("production");
        bot.bring_to_production("1.11.0").await;
    });
}

#[test]
fn nobody_makes_the_bot_write_without_end() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5));
        let ask = |bot: &mut Bot, who: &str, count: usize| -> Vec<_> {
            (0..count).map(|_| bot.comment(change, who, "/promote nonsense=")).collect()
        };
        // Nothing was ever done for mallory; for carol something was.
        let strange = ask(bot, "mallory", 52);
        bot.settle().await;
        bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.settle().await;
        let known = ask(bot, "carol", 22);
        bot.settle().await;
        strange.iter().take(3).chain(known.iter().take(20)).for_each(|comment| drop(bot.read_reply(comment)));
        for comment in strange.iter().take(50).chain(&known) {
            bot.expect_reaction(comment, Reaction::Confused);
        }
        strange.iter().skip(50).for_each(|comment| bot.expect_no_reaction(comment));
    });
}

#[test]
fn questions_are_answered_once() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let status = bot.pass(minutes(5)).comment(change, "mallory", "/promote status");
        bot.settle().await.expect_reaction(&status, Reaction::ThumbsUp);
        insta::assert_snapshot!(bot.read_answers(&status), @"
        mallory: shop in production runs 1.9.0 since Mon 2026-03-02 09:00:01 UTC; 1.10.0 is next, on #3. It waits:

        - 0 of 1 approval; ask alice or bob

        <sub>As of NOW. I answer questions here, and edit this comment for each answer.</sub>
        ");
        let why = bot.comment(change, "mallory", "/promote why");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_answers(&why), @"
        mallory: shop in production runs 1.9.0 since Mon 2026-03-02 09:00:01 UTC; 1.10.0 is next, on #3. It waits:

        - 0 of 1 approval; ask alice or bob

        ---

        mallory: shop in production runs 1.9.0 since Mon 2026-03-02 09:00:01 UTC; 1.10.0 is next, on #3.

        | gate | state | why |
        | --- | --- | --- |
        | previous-environment | ok | landed in staging |
        | soak | ok | soaked 1h since landing on Mon 2026-03-02 09:30:02 UTC |
        | decline | ok | not declined |
        | approvals | **wait** | 0 of 1 approval; ask alice or bob |

        <sub>As of NOW. I answer questions here, and edit this comment for each answer.</sub>
        ");
        let help = bot.comment(change, "mallory", "/promote help");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_answers(&help), @r#"
        mallory: shop in production runs 1.9.0 since Mon 2026-03-02 09:00:01 UTC; 1.10.0 is next, on #3. It waits:

        - 0 of 1 approval; ask alice or bob

        ---

        mallory: shop in production runs 1.9.0 since Mon 2026-03-02 09:00:01 UTC; 1.10.0 is next, on #3.

        | gate | state | why |
        | --- | --- | --- |
        | previous-environment | ok | landed in staging |
        | soak | ok | soaked 1h since landing on Mon 2026-03-02 09:30:02 UTC |
        | decline | ok | not declined |
        | approvals | **wait** | 0 of 1 approval; ask alice or bob |

        ---

        mallory: these are the commands, each on a line of its own.

        | command | what it does | right |
        | --- | --- | --- |
        | `/promote [ENV[,ENV]] [version=V]` | ask for this release, or exactly this version, in its next environment or the named ones | promote |
        | `/promote approve [sha=HEAD]` | approve exactly the content that this change shows | approve |
        | `/promote reject [reason="…"]` | close this change and do not propose its content again | approve |
        | `/promote hold [until=TIME] [reason="…"]` | stop this change, until then or until it is resumed | promote or approve |
        | `/promote resume` | lift a hold, and let automation take up an environment that was set by hand | promote or approve |
        | `/promote status` | say where this promotion stands | everyone |
        | `/promote why` | say what each gate says, and why | everyone |
        | `/promote help` | list these commands | everyone |

        <sub>As of NOW. I answer questions here, and edit this comment for each answer.</sub>
        "#);
        assert_eq!(bot.comments_of_bot(change), 1, "one comment holds the answers, whoever asks");
        bot.restart().pass(minutes(5)).settle().await;
    });
}

#[test]
fn questions_that_come_together_are_answered_together() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "mallory", "/promote help");
        bot.settle().await;
        for (who, question) in [
            ("dora", "/promote why"),
            ("alice", "/promote help"),
            ("bob", "/promote status"),
            ("dora", "/promote status"),
        ] {
            bot.comment(change, who, question);
        }
        let last = bot.comment(change, "carol", "/promote status");
        bot.settle().await;
        let answers = bot.read_answers(&last);
        assert!(answers.starts_with("bob, dora, carol: shop in production"), "the last three: {answers}");
        assert_eq!(bot.comments_of_bot(change), 1);
    });
}

#[test]
fn answers_that_somebody_deleted_are_given_anew_with_the_next_question() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let first = bot.pass(minutes(5)).comment(change, "mallory", "/promote status");
        bot.settle().await;
        bot.read_answers(&first);
        let gone = bot.comment(change, "erin", "/promote help");
        bot.delete_comments_of_bot(change).delete_comment(change, &gone);
        let last = bot.pass(minutes(1)).comment(change, "dora", "/promote why");
        bot.settle().await;
        let answers = bot.read_answers(&last);
        assert!(answers.starts_with("mallory: shop in production"), "{answers}");
        assert!(answers.contains("\ndora: shop in production") && !answers.contains("erin"), "{answers}");
        assert_eq!(bot.comments_of_bot(change), 1);
    });
}

#[test]
fn whoever_edits_what_the_bot_said_does_not_make_it_write_without_end() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let first = bot.pass(minutes(5)).comment(change, "mallory", "/promote status");
        bot.settle().await;
        bot.read_answers(&first);
        let refused = bot.comment(change, "dora", "/promote approve");
        let second = bot.comment(change, "mallory", "/promote help");
        bot.settle().await;
        bot.read_answers(&second);
        bot.read_reply(&refused);
        let own = bot.last_comment_of_bot(change);
        bot.edit_comment(change, &own, &format!("<!-- towpath:about answers until {} -->", first.0));
        bot.pass(minutes(1)).comment(change, "bob", "Hm.");
        bot.settle().await;
        // The refusal is gone, so dora is told again; the answers stand where they stood.
        bot.read_reply(&refused);
        assert_eq!(bot.comments_of_bot(change), 3);
        bot.delete_comment(change, &own).settle().await;
    });
}

#[test]
fn whoever_asked_much_is_still_heard_with_a_hold() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5));
        let asked: Vec<_> = (0..52).map(|_| bot.comment(change, "alice", "/promote status")).collect();
        bot.settle().await;
        let answered = asked.get(19).expect("there are more");
        bot.read_answers(answered);
        bot.expect_reaction(&asked[49], Reaction::ThumbsUp).expect_no_reaction(&asked[50]);
        let hold = bot.pass(minutes(5)).comment(change, "alice", "/promote hold");
        bot.settle().await.expect_reaction(&hold, Reaction::Rocket);
    });
}

#[test]
fn no_merge_waits_for_the_answers_to_strangers() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5));
        let asked: Vec<_> = (0..60).map(|_| bot.comment(change, "mallory", "/promote approve")).collect();
        let approval = bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_merge_before_reactions(change);
        bot.expect_reaction(&approval, Reaction::Rocket);
        let handled =
            asked.iter().filter(|comment| bot.has_logged(&format!("\"comment\":\"{}\"", comment.0)));
        assert_eq!(handled.count(), 50, "of one stranger");
        bot.read_reply(&asked[0]);
    });
}

#[test]
fn a_rejection_waits_while_what_its_change_contains_cannot_be_read() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let rejection = bot.pass(minutes(5)).comment(change, "alice", "/promote reject reason=\"broken\"");
        bot.restart().fail_comparisons(true).settle_saying().await;
        let comments = bot.comments_of_bot(change);
        bot.expect_no_reaction(&rejection);
        bot.expect_open("production", "1.10.0");
        assert_eq!(comments, 0, "nobody is told that somebody else wrote the head");
        bot.fail_comparisons(false).settle().await.expect_reaction(&rejection, Reaction::Rocket);
        bot.pass(minutes(60)).settle().await.expect_running("production", "1.9.0").expect_changes(3);
    });
}

#[test]
fn a_closed_change_that_cannot_be_read_stops_nothing() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).close(change, "bob").settle().await;
        bot.restart().fail_comparisons(true).settle().await;
        let late = bot.pass(minutes(5)).comment(change, "carol", "/promote production version=1.10.0");
        bot.settle().await.expect_no_reaction(&late);
        bot.fail_comparisons(false).settle().await.expect_reaction(&late, Reaction::Rocket);
    });
}

#[test]
fn a_head_that_somebody_else_wrote_is_theirs_although_it_cannot_be_read() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let overlay = "apps/shop/overlays/production/kustomization.yaml";
        bot.pass(minutes(5)).commit_on(change, "dora", overlay, "# one more thing");
        let troubles = bot.restart().fail_comparisons(true).settle_saying().await;
        assert!(!troubles.iter().any(|trouble| trouble.contains("what #3 changes")), "{troubles:?}");
        bot.fail_comparisons(false).settle().await;
        bot.read_word_about_head(change);
    });
}

#[test]
fn a_misspelled_command_stops_the_whole_comment() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let typo = bot.pass(minutes(5)).comment(change, "alice", "/promote approve\n/promote hodl");
        bot.settle().await.expect_reaction(&typo, Reaction::ThumbsDown).expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&typo), @"alice: I did not run `/promote hodl`: `hodl` is neither an environment of shop nor a command; the environments are dev, staging, production; did you mean `hold`? So I did not run `/promote approve` either.");
    });
}

#[test]
fn a_line_that_does_not_parse_stops_the_whole_comment() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let typo =
            bot.pass(minutes(5)).comment(change, "alice", "/promote approve\n\n/promote hold reson=\"late\"");
        bot.settle().await.expect_reaction(&typo, Reaction::Confused).expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&typo), @r#"
        alice: I executed nothing in that comment, because some of it is not a command that I know.

        ```text
        /promote hold reson="late"
                      ^ this command takes no `reson`; did you mean `reason`?
        ```

        Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
        "#);
    });
}

#[test]
fn a_misspelt_verb_is_taken_for_an_environment_and_refused() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let typo = bot.pass(minutes(5)).comment(change, "alice", "/promote aprove");
        bot.settle().await.expect_reaction(&typo, Reaction::ThumbsDown).expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&typo), @"alice: I did not run `/promote aprove`: `aprove` is neither an environment of shop nor a command; the environments are dev, staging, production; did you mean `approve`?");
    });
}

#[test]
fn a_command_that_is_only_quoted_is_none() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "Shall I write this?\n\n```\n/promote approve\n```\n");
        bot.comment(change, "bob", "> /promote approve");
        bot.comment(change, "bob", "Not yet, please do not /promote approve it");
        bot.settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn an_edited_comment_gives_no_command() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let edited = bot.pass(minutes(5)).comment(change, "alice", "Good morning");
        bot.edit_comment(change, &edited, "/promote approve").settle().await;
        bot.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&edited), @"alice: a text that was edited gives no commands; write a new comment with what you want.");
    });
}

#[test]
fn what_was_carried_out_stays_so_when_the_comment_is_edited() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let hold = bot.pass(minutes(5)).comment(change, "carol", "/promote hold");
        bot.settle().await;
        bot.edit_comment(change, &hold, "Never mind").settle().await;
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
    });
}

#[test]
fn a_version_that_is_nowhere_is_refused() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let request = bot.pass(minutes(5)).comment(change, "carol", "/promote production version=7.0.0");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&request), @"carol: I did not run `/promote production version=7.0.0`: version 7.0.0 has not landed where production takes versions from: staging.");
        let typo = bot.comment(change, "carol", "/promote prod version=1.10.0");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&typo), @"carol: I did not run `/promote prod version=1.10.0`: `prod` is neither an environment of shop nor a command; the environments are dev, staging, production.");
    });
}

#[test]
fn after_a_refusal_the_rest_of_the_comment_is_not_run() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let both = bot.pass(minutes(5)).comment(change, "carol", "/promote approve\n\n/promote hold");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&both), @"carol: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask alice or bob. So I did not run `/promote hold` either.");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn a_merged_change_cannot_be_approved() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
        let late = bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await;
        insta::assert_snapshot!(bot.read_reply(&late), @"bob: I did not run `/promote approve`: this change is no longer open.");
    });
}

#[test]
fn a_review_that_says_neither_yes_nor_no_may_hold_a_command() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).say_in_review(change, "alice", "This looks odd.").settle().await;
        bot.say_in_review(change, "bob", "/promote hold").settle().await;
        bot.comment(change, "alice", "/promote approve");
        assert_eq!(bot.settle().await.expect_open("production", "1.10.0"), change, "bob holds it");
        bot.say_in_review(change, "bob", "/promote resume").settle().await.expect_merged(change);
    });
}

#[test]
fn a_refusal_folds_away_when_whoever_was_refused_is_answered_anew() {
    Story::default().with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let refused = bot.pass(minutes(1)).comment(change, "dora", "/promote approve");
        bot.settle().await;
        bot.read_reply(&refused);
        for (who, is_hidden) in [("alice", false), ("dora", true), ("dora", true)] {
            let asked = bot.pass(minutes(1)).comment(change, who, "/promote status");
            bot.settle().await;
            bot.read_answers(&asked);
            assert_eq!(bot.is_answer_hidden(&refused).unwrap_or(is_hidden), is_hidden, "{who} asked");
        }
    });
}
