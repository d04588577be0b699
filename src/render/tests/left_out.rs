use crate::model::{CommitId, LeftOut};
use crate::render::left_out;

fn commit(digit: char) -> CommitId {
    CommitId::new(digit.to_string().repeat(40)).unwrap()
}

#[test]
fn what_is_left_out_is_named_with_the_way_out() {
    let change = LeftOut::Change {
        reference: "refs/towpath/changes/7".to_owned(),
        why: "it has no `change.json`".to_owned(),
    };
    insta::assert_snapshot!(left_out(&change), @"`refs/towpath/changes/7` is left out: it has no `change.json`; delete that ref, or restore what it pointed to");
    let unproven = LeftOut::LogCommits { tip: commit('a'), proven: Some(commit('b')) };
    insta::assert_snapshot!(left_out(&unproven), @"commits on `towpath/log` up to aaaaaaaaaa are not proven to be the bot's and do not count; the log counts up to bbbbbbbbbb; find out who pushed them, and see `towpath doctor` for how to protect the branch");
    let none_proven = LeftOut::LogCommits { tip: commit('a'), proven: None };
    insta::assert_snapshot!(left_out(&none_proven), @"commits on `towpath/log` up to aaaaaaaaaa are not proven to be the bot's and do not count; nothing of the log counts; find out who pushed them, and see `towpath doctor` for how to protect the branch");
    insta::assert_snapshot!(left_out(&LeftOut::LogReplaced { read: commit('c') }), @"`towpath/log` was replaced or deleted: it no longer contains cccccccccc, which was read before; where nobody meant to, restore it from a clone");
}
