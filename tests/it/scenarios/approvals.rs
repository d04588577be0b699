//! Who may let a release go on, and what exactly was approved.

use towpath::model::{Reaction, ReviewVerdict};

use crate::support::rules::{Rules, minutes, seconds};
use crate::support::story::{Story, story, story_with};

/// Alice and bob both have to approve.
fn two_approvals() -> Rules {
    Rules::default().approvals("production", 2)
}

#[test]
fn a_stranger_cannot_approve() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let attempt = bot.pass(minutes(5)).comment(change, "mallory", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&attempt), @"mallory: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask alice or bob.");
        bot.expect_reaction(&attempt, Reaction::ThumbsDown);
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn who_may_only_promote_cannot_approve() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let attempt = bot.pass(minutes(5)).comment(change, "carol", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&attempt), @"carol: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask alice or bob.");
    });
}

#[test]
fn a_stranger_s_review_approves_nothing() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "mallory", ReviewVerdict::Approve);
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_only_reply(change), @"mallory: your review does not count: it takes the right `approve` in production, which you do not have; ask alice or bob.");
    });
}

#[test]
fn one_comment_cannot_ask_for_a_promotion_and_approve_it() {
    story_with(Rules::default().promoted_by("alice"), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let both = bot.pass(minutes(5)).comment(change, "alice", "/promote production\n/promote approve");
        bot.settle().await.expect_reaction(&both, Reaction::ThumbsDown).expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&both), @"alice: I did not run `/promote approve`: you asked for this promotion, so another user must approve it; ask bob.");
        assert!(bot.body(change).contains("Requested by alice."), "{}", bot.body(change));
    });
}

#[test]
fn an_approval_that_no_longer_counts_is_named() {
    story_with(Rules::default().promoted_by("alice"), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote hold");
        bot.settle().await.comment(change, "alice", "/promote approve");
        bot.settle().await.comment(change, "alice", "/promote production");
        bot.settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 1 approval, and that of alice does not count, because who asks for a promotion cannot approve it, held by alice");
        assert!(bot.waiting("production").await.iter().any(|why| why.ends_with("; ask bob")));
    });
}

#[test]
fn who_asked_for_a_promotion_cannot_approve_it() {
    Story::under(Rules::default().promoted_by("alice")).with_faults().play(async |bot| {
        bot.push("1.10.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        let staging = bot.last_change("staging");
        let request = bot.pass(minutes(1)).comment(staging, "alice", "/promote production version=1.10.0");
        bot.settle().await.expect_reaction(&request, Reaction::Rocket).expect_no_open("production");
        bot.pass(minutes(60)).settle().await;
        let change = bot.expect_open("production", "1.10.0");
        let attempt = bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_reply(&attempt), @"alice: I did not run `/promote approve`: you asked for this promotion, so another user must approve it; ask bob.");
        bot.comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn one_person_is_one_approval() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.comment(change, "alice", "/promote approve");
        bot.review(change, "alice", ReviewVerdict::Approve);
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (alice)");
        bot.comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn a_review_counts_although_its_text_is_not_understood() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).approve_saying(change, "alice", "/promote hold untl=tomorrow");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        insta::assert_snapshot!(bot.read_only_reply(change), @"
        alice: I executed nothing in the text of your review, because some of it is not a command that I know.

        ```text
        /promote hold untl=tomorrow
                      ^ this command takes no `untl`; did you mean `until`?
        ```

        Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
        ");
    });
}

#[test]
fn who_lacks_the_right_is_told_once_and_gets_a_sign_each_time() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        let first = bot.pass(minutes(5)).comment(change, "mallory", "/promote approve");
        let second = bot.comment(change, "mallory", "/promote approve");
        let third = bot.comment(change, "mike", "/promote reject");
        bot.settle().await.expect_open("production", "1.10.0");
        bot.read_reply(&first);
        insta::assert_snapshot!(bot.read_reply(&third), @"mike: I did not run `/promote reject`: it takes the right `approve` in production, which you do not have; ask alice or bob.");
        bot.expect_reaction(&second, Reaction::ThumbsDown).expect_reaction(&third, Reaction::ThumbsDown);
    });
}

#[test]
fn reviews_count_as_approvals() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::Approve);
        bot.review(change, "bob", ReviewVerdict::Approve);
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
    });
}

#[test]
fn an_approval_is_void_after_the_content_changed() {
    Story::under(two_approvals()).with_faults().play(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        bot.pass(minutes(60)).settle().await.expect_open("production", "1.10.0");
        bot.comment(change, "carol", "/promote production version=1.11.0");
        assert_eq!(bot.settle().await.expect_open("production", "1.11.0"), change);
        bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_open("production", "1.11.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (bob)");
        bot.comment(change, "alice", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.11.0");
    });
}

#[test]
fn nobody_approves_what_nobody_can_have_read() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.bring_to_production("1.11.0").await;
        let hasty = bot.pass(seconds(20)).comment(change, "alice", "/promote approve");
        bot.settle().await.expect_open("production", "1.11.0");
        insta::assert_snapshot!(bot.read_reply(&hasty), @"alice: I did not run `/promote approve`: the change is not at the commit that you named, or changed in the minute before; look at it again and comment `/promote approve sha=COMMIT` here.");
        let exact = format!("/promote approve sha={}", bot.head_of(change).short());
        bot.comment(change, "alice", &exact);
        bot.settle().await.expect_merged(change).expect_running("production", "1.11.0");
    });
}

#[test]
fn an_approval_of_an_earlier_head_counts_for_nothing() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.push("1.11.0").settle().await;
        bot.pass(minutes(30)).settle().await;
        // Asking for changes holds the change, so the newer release does not take it over yet.
        bot.pass(minutes(60)).review(change, "alice", ReviewVerdict::RequestChanges);
        bot.settle().await.expect_open("production", "1.10.0");
        let old = bot.head_of(change);
        bot.comment(change, "alice", "/promote resume");
        bot.settle().await.expect_open("production", "1.11.0");
        let late = bot.pass(minutes(5)).comment(change, "alice", &format!("/promote approve sha={old}"));
        bot.settle().await.expect_open("production", "1.11.0");
        insta::assert_snapshot!(bot.read_reply(&late), @"alice: I did not run `/promote approve sha=COMMIT`: the change is not at the commit that you named, or changed in the minute before; look at it again and comment `/promote approve sha=COMMIT` here.");
    });
}

#[test]
fn an_approval_carries_over_to_a_new_base() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).comment(change, "alice", "/promote approve");
        bot.settle().await;
        bot.replace(
            "dora",
            "apps/shop/overlays/production/kustomization.yaml",
            "commonLabels:",
            "commonAnnotations:",
        );
        bot.settle().await.expect_open("production", "1.10.0");
        bot.pass(minutes(5)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change).expect_running("production", "1.10.0");
        let overlay = bot.text("apps/shop/overlays/production/kustomization.yaml");
        assert!(overlay.contains("\ncommonAnnotations:\n"), "dora's edit is still there: {overlay}");
    });
}

#[test]
fn words_that_somebody_wrote_into_another_s_review_are_no_command() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).say_in_review(change, "alice", "Looks odd to me.").settle().await;
        bot.pass(minutes(1))
            .edit_last_review(change, "Fine.\n\n/promote approve")
            .comment(change, "bob", "Hm.");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.read_only_reply(change), @"alice: a text that was edited gives no commands; write a new comment with what you want.");
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::Approve);
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn a_review_approves_although_somebody_edited_its_text() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).approve_saying(change, "alice", "Fine.");
        bot.edit_last_review(change, "Fine.\n\n/promote hold").settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (alice)");
        insta::assert_snapshot!(bot.read_only_reply(change), @"alice: a text that was edited gives no commands; write a new comment with what you want.");
    });
}

#[test]
fn an_approval_that_was_dismissed_counts_no_more() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::Approve).settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (alice)");
        bot.dismiss_last_review(change, "dora").pass(minutes(1)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (bob)");
        bot.pass(minutes(1)).review(change, "alice", ReviewVerdict::Approve);
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn whoever_asked_for_changes_lifts_that_by_approving_or_by_taking_it_back() {
    story_with(two_approvals(), async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::RequestChanges);
        bot.settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 0 of 2 approvals, held by alice: changes requested");
        bot.pass(minutes(1)).review(change, "bob", ReviewVerdict::Approve).settle().await;
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: 1 of 2 approvals (bob), held by alice: changes requested");
        bot.pass(minutes(1)).review(change, "alice", ReviewVerdict::Approve);
        bot.settle().await.expect_merged(change);
    });
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::RequestChanges).settle().await;
        bot.dismiss_last_review(change, "alice").pass(minutes(1)).comment(change, "bob", "/promote approve");
        bot.settle().await.expect_merged(change);
    });
}

#[test]
fn nobody_lifts_what_somebody_else_asked_for_by_taking_their_review_back() {
    story(async |bot| {
        let change = bot.bring_to_production("1.10.0").await;
        bot.pass(minutes(5)).review(change, "alice", ReviewVerdict::RequestChanges).settle().await;
        bot.dismiss_last_review(change, "mallory").pass(minutes(1)).comment(
            change,
            "bob",
            "/promote approve",
        );
        bot.settle().await.expect_open("production", "1.10.0");
        insta::assert_snapshot!(bot.status(change), @"towpath/production pending: waiting: held by alice: changes requested");
        bot.comment(change, "bob", "/promote resume");
        bot.settle().await.expect_merged(change);
    });
}
