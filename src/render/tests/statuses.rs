use super::scene::*;
use crate::decide::{GateName, GateReason, GateReport, Verdict};
use crate::model::{Obstacle, Tag};
use crate::render::status;

fn line(gates: Vec<GateReport>, notes: Vec<GateReason>) -> String {
    let (state, line) = status(&judgement(gates, notes));
    assert!(line.chars().count() <= 140, "{line}");
    format!("{state}: {line}")
}

#[test]
fn a_status_names_what_is_missing() {
    insta::assert_snapshot!(line(vec![landed(), soaking(), approvals_missing()], vec![]), @"pending: waiting: soaks until Mon 2026-11-23 09:00 UTC (1d from landing), 1 of 2 approvals (bob)");
}

#[test]
fn a_status_says_that_all_gates_pass_and_who_is_next() {
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![]), @"success: all gates pass");
    let ready = GateReason::ManualMerge;
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![ready.clone()]), @"success: all gates pass; ready to merge");
    let newer = GateReason::FinishFirst { change: CHANGE, release: tag("1.4.2"), newer: tag("1.4.3") };
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![newer, ready]), @"success: all gates pass; 1.4.3 waits until #7 with 1.4.2 is finished; ready to merge");
}

#[test]
fn a_refusal_comes_first_and_makes_a_failure() {
    let declined = GateReason::Declined {
        by: user("alice"),
        change: CHANGE,
        environment: environment("production"),
        version: Tag::new("1.4.2").unwrap(),
        write_on: Some(CHANGE),
    };
    let gates = vec![landed(), soaking(), gate(GateName::Decline, Verdict::Fail, declined)];
    insta::assert_snapshot!(line(gates, vec![]), @"failure: stopped: declined by alice on #7, soaks until Mon 2026-11-23 09:00 UTC (1d from landing)");
}

#[test]
fn what_is_wrong_outside_the_gates_is_never_success() {
    insta::assert_snapshot!(line(vec![], vec![GateReason::ForeignHead { change: CHANGE }]), @"failure: stopped: the branch of #7 has a commit by somebody else");
    insta::assert_snapshot!(line(vec![], vec![GateReason::NotObserved]), @"pending: waiting: not looked at yet");
    let obstacle = GateReason::Obstacle(Obstacle::of_forge("apps/shop.yaml:3:7: `newTag` is an alias"));
    insta::assert_snapshot!(line(vec![landed()], vec![obstacle]), @"failure: stopped: apps/shop.yaml:3:7: newTag is an alias");
    insta::assert_snapshot!(line(vec![], vec![GateReason::UpToDate]), @"success: runs what it should");
}

#[test]
fn a_long_line_drops_whole_reasons_and_counts_them() {
    let held = GateReason::Held {
        change: CHANGE,
        by: user("alice"),
        until: None,
        reason: Some("we wait for ".repeat(5)),
    };
    let gates = vec![gate(GateName::Hold, Verdict::Wait, held), soaking(), approvals_missing()];
    insta::assert_snapshot!(line(gates, vec![]), @"pending: waiting: held by alice: we wait for we wait for we wait for we wait for we wait for, 2 more");
    let endless = GateReason::Held {
        change: CHANGE,
        by: user("alice"),
        until: None,
        reason: Some("we wait for ".repeat(40)),
    };
    insta::assert_snapshot!(line(vec![gate(GateName::Hold, Verdict::Wait, endless)], vec![]), @"pending: waiting: held by alice: we wait for we wait for we wait for we wait for we wait for we wait for we wait for we wait for we wait for we wait…");
}
