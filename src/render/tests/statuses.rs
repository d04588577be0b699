use super::scene::*;
use crate::decide::{GateName, GateReport, Reason, Verdict};
use crate::model::Obstacle;
use crate::render::status;

fn line(gates: Vec<GateReport>, notes: Vec<Reason>) -> String {
    let (state, line) = status(&judgement(gates, notes));
    assert!(line.chars().count() <= 140, "{line}");
    format!("{state}: {line}")
}

#[test]
fn a_status_names_what_is_missing() {
    insta::assert_snapshot!(line(vec![landed(), soaking(), approvals_missing()], vec![]), @"");
}

#[test]
fn a_status_says_that_all_gates_pass_and_who_is_next() {
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![]), @"");
    let ready = Reason::ManualMerge { change: CHANGE };
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![ready.clone()]), @"");
    let newer = Reason::FinishFirst { change: CHANGE, release: tag("1.4.2"), newer: tag("1.4.3") };
    insta::assert_snapshot!(line(vec![landed(), approved()], vec![newer, ready]), @"");
}

#[test]
fn a_refusal_comes_first_and_makes_a_failure() {
    let declined = Reason::Declined { by: user("alice"), change: CHANGE };
    let gates = vec![landed(), soaking(), gate(GateName::Decline, Verdict::Fail, declined)];
    insta::assert_snapshot!(line(gates, vec![]), @"");
}

#[test]
fn what_is_wrong_outside_the_gates_is_never_success() {
    insta::assert_snapshot!(line(vec![], vec![Reason::ForeignHead { change: CHANGE }]), @"");
    insta::assert_snapshot!(line(vec![], vec![Reason::NotObserved]), @"");
    let obstacle = Reason::Obstacle(Obstacle("apps/shop.yaml:3:7: `newTag` is an alias".to_owned()));
    insta::assert_snapshot!(line(vec![landed()], vec![obstacle]), @"");
    insta::assert_snapshot!(line(vec![], vec![Reason::UpToDate]), @"");
}

#[test]
fn a_long_line_drops_whole_reasons_and_counts_them() {
    let held = Reason::Held { by: user("alice"), until: None, reason: Some("we wait for ".repeat(5)) };
    let gates = vec![gate(GateName::Hold, Verdict::Wait, held), soaking(), approvals_missing()];
    insta::assert_snapshot!(line(gates, vec![]), @"");
    let endless = Reason::Held { by: user("alice"), until: None, reason: Some("we wait for ".repeat(40)) };
    insta::assert_snapshot!(line(vec![gate(GateName::Hold, Verdict::Wait, endless)], vec![]), @"");
}
