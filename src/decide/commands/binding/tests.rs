use chrono::TimeZone as _;

use super::*;
use crate::model::{ChangeNumber, ChangeState, Head, Status, StatusState};

const NOW: i64 = 1_000_000;

fn at(seconds: i64) -> Time {
    chrono::Utc.timestamp_opt(NOW + seconds, 0).unwrap()
}

fn commit(digit: &str) -> CommitId {
    CommitId::new(digit.repeat(40)).unwrap()
}

/// A change at the head `b`, whose statuses were published on these heads, so many seconds from now.
fn change(statuses: &[(&str, i64)]) -> Change {
    let status = |(head, seconds): &(&str, i64)| Status {
        head: commit(head),
        at: at(*seconds),
        state: StatusState::Pending,
        text: "waiting".to_owned(),
    };
    Change {
        number: ChangeNumber(1),
        url: String::new(),
        title: String::new(),
        body: String::new(),
        author: "towpath".parse().unwrap(),
        branch: "towpath/dev/shop".parse().unwrap(),
        base: "main".parse().unwrap(),
        state: ChangeState::Open,
        opened_at: at(-3_600),
        head: Head { commit: commit("b"), by_bot: true, message: String::new(), beneath: None },
        conflicted: false,
        barrier: None,
        queue: None,
        comments: Vec::new(),
        reviews: Vec::new(),
        statuses: statuses.iter().map(status).collect(),
    }
}

/// Whether a bare approval that is dated so many seconds from now means the head.
fn binds(statuses: &[(&str, i64)], seconds: i64) -> bool {
    binds_present_head(&change(statuses), None, at(seconds), at(0))
}

#[test]
fn a_bare_approval_means_the_head_that_stood_for_a_minute() {
    assert!(binds(&[("b", -600)], -1));
    assert!(binds(&[("a", -600), ("b", -61)], -1));
    assert!(!binds(&[("a", -600), ("b", -59)], -1), "nobody can have read that");
    assert!(!binds(&[("a", -600), ("b", -10)], -20), "it was written before the head");
}

#[test]
fn one_that_is_dated_in_the_future_means_a_head_only_where_there_was_no_other() {
    let two_hours = 7_200;
    assert!(!binds(&[("a", -600), ("b", -300)], two_hours), "it may have been written before the head");
    assert!(binds(&[("b", -600)], two_hours));
    assert!(!binds(&[], two_hours));
    assert!(binds(&[("a", -600), ("b", -300)], 5), "clocks differ a little");
    assert!(
        binds_present_head(&change(&[("a", -600)]), Some("bbbbbbb"), at(two_hours), at(0)),
        "it names the head"
    );
}
