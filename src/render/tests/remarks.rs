use super::scene::*;
use crate::decide::Remark;
use crate::model::{CommandOutcome, CommentId, RefusedBecause, Right};
use crate::render::{RemarkInput, remark};

/// What the bot answers to a comment of mallory's with these outcomes.
fn answer(body: &str, outcomes: Vec<CommandOutcome>) -> String {
    let said = Remark::Answer {
        comment: CommentId("12".to_owned()),
        body: body.to_owned(),
        to: user("mallory"),
        outcomes,
    };
    let judgement = judgement(vec![landed(), soaking(), approvals_missing()], vec![]);
    let (target, policy) = (target("production"), policy());
    let text = remark(&said, &RemarkInput { target: &target, judgement: Some(&judgement), policy: &policy });
    assert!(crate::command::is_quiet(&text), "{text}");
    let (text, mark) = text.rsplit_once("\n\n").unwrap();
    assert_eq!(mark, "<!-- towpath:about comment 12 -->\n");
    text.to_owned()
}

fn refused(body: &str, because: RefusedBecause) -> String {
    answer(body, vec![CommandOutcome::Refused(because)])
}

#[test]
fn status_is_answered() {
    insta::assert_snapshot!(answer("/promote status", vec![CommandOutcome::Answered]), @"");
}

#[test]
fn why_is_answered() {
    insta::assert_snapshot!(answer("/promote why", vec![CommandOutcome::Answered]), @"");
}

#[test]
fn help_is_answered() {
    insta::assert_snapshot!(answer("/promote help", vec![CommandOutcome::Answered]), @"");
}

#[test]
fn a_question_behind_several_promotions_gets_its_own_answer() {
    let requested = || CommandOutcome::Requested { target: target("dev"), images: vec![] };
    let body = "/promote dev,staging\n/promote status";
    let text = answer(body, vec![requested(), requested(), CommandOutcome::Answered]);
    assert!(text.starts_with("mallory: shop in production runs 1.4.1"), "{text}");
}

#[test]
fn a_line_that_does_not_parse_is_pointed_out() {
    insta::assert_snapshot!(answer(
        "please\n\n/promote aprove\n/promote approve sha=abc\n/promote hold raeson=\"x\"",
        vec![CommandOutcome::Unparsable]
    ), @"");
}

#[test]
fn a_long_line_is_shown_around_the_fault() {
    let body = format!("/promote hold reason=\"{}\" `evil`", "very long ".repeat(20));
    insta::assert_snapshot!(answer(&body, vec![CommandOutcome::Unparsable]), @"");
}

#[test]
fn a_comment_that_is_too_long_is_told_so() {
    let body = format!("/promote approve\n{}", "x".repeat(70_000));
    insta::assert_snapshot!(answer(&body, vec![CommandOutcome::Unparsable]), @"");
}

#[test]
fn a_comment_that_was_mended_meanwhile_gets_a_short_word() {
    insta::assert_snapshot!(answer("/promote approve", vec![CommandOutcome::Unparsable]), @"");
}

#[test]
fn a_refusal_names_who_can() {
    let environment = environment("production");
    let not_entitled = |right| RefusedBecause::NotEntitled { right, environment: environment.clone() };
    insta::assert_snapshot!(refused("/promote approve", not_entitled(Right::Approve)), @"");
    insta::assert_snapshot!(refused("/promote hold", not_entitled(Right::Promote)), @"");
    insta::assert_snapshot!(refused("/promote hold", not_entitled(Right::Operate)), @"");
    insta::assert_snapshot!(refused("/promote approve", RefusedBecause::Requester), @"");
}

#[test]
fn every_other_refusal_shows_the_way_out() {
    let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let refusals = [
        ("/promote approve", RefusedBecause::OtherHead { head }),
        ("/promote approve", RefusedBecause::ForeignHead),
        ("/promote approve", RefusedBecause::NotOpen),
        ("/promote producton", RefusedBecause::UnknownEnvironment("producton".to_owned())),
        ("/promote aprove", RefusedBecause::UnknownEnvironment("aprove".to_owned())),
        ("/promote moon", RefusedBecause::UnknownEnvironment("moon".to_owned())),
        ("/promote", RefusedBecause::NothingFollows),
        ("/promote dev version=9.9.9", RefusedBecause::UnknownVersion("9.9.9".to_owned())),
        ("/promote approve\n/promote status", RefusedBecause::Edited),
    ];
    let texts: Vec<String> = refusals.into_iter().map(|(body, because)| refused(body, because)).collect();
    insta::assert_snapshot!(texts.join("\n"), @"");
}

#[test]
fn what_stood_behind_a_refusal_is_named() {
    let outcomes = vec![
        CommandOutcome::Answered,
        CommandOutcome::Refused(RefusedBecause::NotOpen),
        CommandOutcome::NotRun,
    ];
    let text = answer("/promote help\n/promote approve\n/promote resume", outcomes);
    let last = text.rsplit("\n\n").next().unwrap();
    insta::assert_snapshot!(last, @"");
}

#[test]
fn a_review_that_is_refused_is_called_a_review() {
    let outcomes = vec![CommandOutcome::Refused(RefusedBecause::Requester), CommandOutcome::NotRun];
    insta::assert_snapshot!(answer("/promote resume", outcomes), @"");
}

#[test]
fn somebody_elses_commit_is_told_once_and_clearly() {
    let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let (target, policy) = (target("production"), policy());
    let input = RemarkInput { target: &target, judgement: None, policy: &policy };
    insta::assert_snapshot!(remark(&Remark::ForeignHead { head }, &input).trim_end(), @"");
}

#[test]
fn a_service_that_is_gone_is_said_to_be() {
    let said = Remark::Answer {
        comment: CommentId("12".to_owned()),
        body: "/promote why".to_owned(),
        to: user("[bot]"),
        outcomes: vec![CommandOutcome::Answered],
    };
    let (target, policy) = (target("production"), crate::model::Policy::default());
    let input = RemarkInput { target: &target, judgement: None, policy: &policy };
    insta::assert_snapshot!(remark(&said, &input).trim_end(), @"");
}
