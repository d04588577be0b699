use super::scene::*;
use crate::decide::{BotComment, HandledComment};
use crate::model::{ChangeNumber, CommandOutcome, CommentId, RefusalReason, Right};
use crate::render::{RemarkInput, remark};

fn asked(id: &str, by: &str, body: &str, outcomes: Vec<CommandOutcome>) -> HandledComment {
    HandledComment { comment: CommentId(id.to_owned()), body: body.to_owned(), by: user(by), outcomes }
}

/// What the bot answers to a comment of mallory's with these outcomes.
fn answer(body: &str, outcomes: Vec<CommandOutcome>) -> String {
    let said = BotComment::Answer { asked: asked("12", "mallory", body, outcomes), outdates: Vec::new() };
    let judgement = judgement(vec![landed(), soaking(), approvals_missing()], vec![]);
    let (target, policy) = (target("production"), policy());
    let text = remark(
        &said,
        &RemarkInput {
            target: &target,
            judgement: Some(&judgement),
            policy: &policy,
            now: at("2026-11-22T10:00:00Z"),
        },
    );
    assert!(crate::command::is_quiet(&text), "{text}");
    let (text, mark) = text.rsplit_once("\n\n").unwrap();
    assert_eq!(mark, "<!-- towpath:about comment 12 -->\n");
    text.to_owned()
}

fn refused(body: &str, because: RefusalReason) -> String {
    answer(body, vec![CommandOutcome::Refused(because)])
}

#[test]
fn status_is_answered() {
    insta::assert_snapshot!(answer("/promote status", vec![CommandOutcome::Answered]), @r#"
    mallory: shop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7. It waits:

    - soaks until Mon 2026-11-23 09:00 UTC (1d from landing)
    - 1 of 2 approvals (bob); ask `@acme/sre` or carol
    "#);
}

#[test]
fn why_is_answered() {
    insta::assert_snapshot!(answer("/promote why", vec![CommandOutcome::Answered]), @r#"
    mallory: shop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7.

    | gate | state | why |
    | --- | --- | --- |
    | previous-environment | ok | landed in staging |
    | soak | **wait** | soaks until Mon 2026-11-23 09:00 UTC (1d from landing) |
    | approvals | **wait** | 1 of 2 approvals (bob); ask `@acme/sre` or carol |
    "#);
}

#[test]
fn help_is_answered() {
    insta::assert_snapshot!(answer("/promote help", vec![CommandOutcome::Answered]), @r#"
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
    "#);
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
    ), @r#"
    mallory: I executed nothing in that comment, because some of it is not a command that I know.

    ```text
    /promote approve sha=abc
                     ^ `abc` is no `sha`, which takes the first 7 to 40 digits of a commit

    /promote hold raeson="x"
                  ^ this command takes no `raeson`; did you mean `reason`?
    ```

    Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
    "#);
}

#[test]
fn the_fault_is_pointed_out_behind_wide_characters() {
    let body = "/promote hold reason=\"修复登录\" `evil`";
    insta::assert_snapshot!(answer(body, vec![CommandOutcome::Unparsable]), @r#"
    mallory: I executed nothing in that comment, because some of it is not a command that I know.

    ```text
    /promote hold reason="修复登录" `evil`
                                    ^ `'evil'` does not belong here; write `/promote hold [until=TIME] [reason="…"]`
    ```

    Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
    "#);
}

#[test]
fn a_long_line_is_shown_around_the_fault() {
    let body = format!("/promote hold reason=\"{}\" `evil`", "very long ".repeat(20));
    insta::assert_snapshot!(answer(&body, vec![CommandOutcome::Unparsable]), @r#"
    mallory: I executed nothing in that comment, because some of it is not a command that I know.

    ```text
    …ry long very long very long very long very long very long " `evil`
                                                                 ^ `'evil'` does not belong here; write `/promote hold [until=TIME] [reason="…"]`
    ```

    Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
    "#);
}

#[test]
fn a_comment_that_is_too_long_is_told_so() {
    let body = format!("/promote approve\n{}", "x".repeat(70_000));
    insta::assert_snapshot!(answer(&body, vec![CommandOutcome::Unparsable]), @"
    mallory: I executed nothing in that comment, because some of it is not a command that I know.

    ```text
    /promote approve
    ^ the comment is longer than 64 KiB; write the command in a short one
    ```

    Write it again in a new comment; an edit does not count. `/promote help` lists the commands.
    ");
}

#[test]
fn a_comment_that_was_mended_meanwhile_gets_a_short_word() {
    insta::assert_snapshot!(answer("/promote approve", vec![CommandOutcome::Unparsable]), @"mallory: I did not understand that; `/promote help` lists the commands.");
}

#[test]
fn a_refusal_names_who_can() {
    let environment = environment("production");
    let not_entitled =
        |right| RefusalReason::NotEntitled { right, or: None, environment: environment.clone() };
    insta::assert_snapshot!(refused("/promote approve", not_entitled(Right::Approve)), @"mallory: I did not run `/promote approve`: it takes the right `approve` in production, which you do not have; ask `@acme/sre` or carol.");
    insta::assert_snapshot!(refused("/promote hold", not_entitled(Right::Promote)), @"mallory: I did not run `/promote hold`: it takes the right `promote` in production, which you do not have; ask `@acme/dev`.");
    insta::assert_snapshot!(refused("/promote hold", not_entitled(Right::Operate)), @"mallory: I did not run `/promote hold`: it takes the right `operate` in production, which you do not have; the configuration lists no user for it; ask a user with write access to `acme/deploy`.");
    insta::assert_snapshot!(refused("/promote approve", RefusalReason::Requester), @"mallory: I did not run `/promote approve`: you asked for this promotion, so another user must approve it; ask `@acme/sre` or carol.");
}

#[test]
fn every_other_refusal_shows_the_way_out() {
    let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let refusals = [
        ("/promote approve", RefusalReason::OtherHead { head }),
        ("/promote approve", RefusalReason::ForeignHead),
        ("/promote approve", RefusalReason::NotOpen),
        ("/promote producton", RefusalReason::UnknownEnvironment("producton".to_owned())),
        ("/promote aprove", RefusalReason::UnknownEnvironment("aprove".to_owned())),
        ("/promote moon", RefusalReason::UnknownEnvironment("moon".to_owned())),
        ("/promote", RefusalReason::NothingFollows),
        ("/promote dev version=9.9.9", RefusalReason::UnknownVersion("9.9.9".to_owned())),
        ("/promote hold until=2020-01-01T00:00Z", RefusalReason::PastInstant),
        ("/promote approve\n/promote status", RefusalReason::Edited),
        ("/promote aprove reson=x", RefusalReason::EndedChange { newest: ChangeNumber(9) }),
    ];
    let texts: Vec<String> = refusals.into_iter().map(|(body, because)| refused(body, because)).collect();
    insta::assert_snapshot!(texts.join("\n"), @"
    mallory: I did not run `/promote approve`: the change is not at the commit that you named, or changed in the minute before; look at it again and comment `/promote approve sha=0123456789` here.
    mallory: I did not run `/promote approve`: the branch has a commit by somebody else, so its content is not what I proposed; merge or close the change by hand.
    mallory: I did not run `/promote approve`: this change is no longer open.
    mallory: I did not run `/promote producton`: `producton` is neither an environment of shop nor a command; the environments are dev, staging, production; did you mean `production`?
    mallory: I did not run `/promote aprove`: `aprove` is neither an environment of shop nor a command; the environments are dev, staging, production; did you mean `approve`?
    mallory: I did not run `/promote moon`: `moon` is neither an environment of shop nor a command; the environments are dev, staging, production.
    mallory: I did not run `/promote`: no environment comes after production; name one.
    mallory: I did not run `/promote dev version=9.9.9`: version 9.9.9 is not known there; it has to be in the registry for a first environment, and landed in the environments before for any other.
    mallory: I did not run `/promote hold until=2020-01-01T00:00:00Z`: `until` is over already; name an instant that comes, such as `until=2026-12-24T18:00:00Z`.
    mallory: a text that was edited gives no commands; write a new comment with what you want.
    mallory: this change no longer accepts commands, because #9 came after it; comment on #9.
    ");
}

#[test]
fn what_stood_behind_a_refusal_is_named() {
    let outcomes = vec![
        CommandOutcome::Answered,
        CommandOutcome::Refused(RefusalReason::NotOpen),
        CommandOutcome::NotRun,
    ];
    let text = answer("/promote help\n/promote approve\n/promote resume", outcomes);
    let last = text.rsplit("\n\n").next().unwrap();
    insta::assert_snapshot!(last, @"I did not run `/promote approve`: this change is no longer open. So I did not run `/promote resume` either.");
}

#[test]
fn a_review_that_is_refused_is_called_a_review() {
    let outcomes = vec![CommandOutcome::Refused(RefusalReason::Requester), CommandOutcome::NotRun];
    insta::assert_snapshot!(answer("/promote resume", outcomes), @"mallory: your review does not count: you asked for this promotion, so another user must approve it; ask `@acme/sre` or carol. So I did not run `/promote resume` either.");
}

#[test]
fn somebody_elses_commit_is_told_once_and_clearly() {
    let head = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
    let (target, policy) = (target("production"), policy());
    let now = at("2026-11-22T10:00:00Z");
    let input = RemarkInput { target: &target, judgement: None, policy: &policy, now };
    insta::assert_snapshot!(remark(&BotComment::ForeignHead { head }, &input).trim_end(), @r#"
    Somebody else's commit `0123456789` is on this branch, so I stop writing here: I replace nothing and merge nothing, and earlier approvals no longer count. Merge or close this change by hand; after that I go on with what is newer.

    <!-- towpath:about head 0123456789abcdef0123456789abcdef01234567 -->
    "#);
}

#[test]
fn a_service_that_is_gone_is_said_to_be() {
    let asked = asked("12", "[bot]", "/promote why", vec![CommandOutcome::Answered]);
    let said = BotComment::Answers { asked: vec![asked], over: None, outdates: Vec::new() };
    let (target, policy) = (target("production"), crate::model::Policy::default());
    let now = at("2026-11-22T10:00:00Z");
    let input = RemarkInput { target: &target, judgement: None, policy: &policy, now };
    insta::assert_snapshot!(remark(&said, &input).trim_end(), @"
    `[bot]`: shop in production is no longer in the configuration.

    <sub>As of Sun 2026-11-22 10:00 UTC. I answer questions here, and edit this comment for each answer.</sub>

    <!-- towpath:about answers until 12 -->
    ");
}

#[test]
fn questions_are_answered_together_and_people_who_ask_the_same_get_one_answer() {
    let question = |id: &str, by: &str, body: &str| asked(id, by, body, vec![CommandOutcome::Answered]);
    let asked = vec![
        question("12", "mallory", "/promote status"),
        question("13", "bob", "/promote why"),
        question("14", "alice", "/promote status"),
        question("15", "alice", "/promote status"),
    ];
    let said = BotComment::Answers { asked, over: None, outdates: Vec::new() };
    let judgement = judgement(vec![landed(), soaking()], vec![]);
    let (target, policy) = (target("production"), policy());
    let now = at("2026-11-22T10:00:00Z");
    let input = RemarkInput { target: &target, judgement: Some(&judgement), policy: &policy, now };
    insta::assert_snapshot!(remark(&said, &input).trim_end(), @"
    mallory, alice: shop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7. It waits:

    - soaks until Mon 2026-11-23 09:00 UTC (1d from landing)

    ---

    bob: shop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7.

    | gate | state | why |
    | --- | --- | --- |
    | previous-environment | ok | landed in staging |
    | soak | **wait** | soaks until Mon 2026-11-23 09:00 UTC (1d from landing) |

    <sub>As of Sun 2026-11-22 10:00 UTC. I answer questions here, and edit this comment for each answer.</sub>

    <!-- towpath:about answers until 15 -->
    ");
}

#[test]
fn nobody_makes_an_answer_longer_than_a_forge_takes() {
    let many = |first: &str| {
        format!("/promote {first}\n{}", "/promote help\n/promote why\n/promote status\n".repeat(6))
    };
    let outcomes = || vec![CommandOutcome::Answered; 19];
    let asked =
        ["status", "why", "help"].map(|first| asked(first, "mallory", &many(first), outcomes())).to_vec();
    let said = BotComment::Answers { asked, over: None, outdates: Vec::new() };
    let gates = (0..400).map(|_| soaking()).collect();
    let judgement = judgement(gates, vec![]);
    let (target, policy) = (target("production"), policy());
    let now = at("2026-11-22T10:00:00Z");
    let text =
        remark(&said, &RemarkInput { target: &target, judgement: Some(&judgement), policy: &policy, now });
    assert!(text.chars().count() < 65_536 && text.ends_with(" -->\n"), "{}", text.len());
    assert_eq!(text.matches("these are the commands").count(), 1, "each comment gets each answer once");
}
