//! The table of limits, and what the README says of it.

use std::collections::BTreeSet;

use crate::overlay::{Limit, LimitKind};

const README: &str = include_str!("../../../README.md");
const START: &str =
    "<!-- limits: written by the test overlay::tests::limits from the table in src/overlay/limit.rs -->\n";
const END: &str = "<!-- end of limits -->";

/// The part of the README between the two marks, as it has to be.
fn table() -> String {
    let kinds = [
        (LimitKind::Unread, "The environment is left alone, and this is said with file and line:"),
        (LimitKind::Uncertain, "It is named as not certain; an image that it could change is left alone:"),
        (LimitKind::Unedited, "What runs is shown, and this place is never edited:"),
    ];
    let part = |(kind, sentence): (LimitKind, &str)| {
        let rows = Limit::ALL.iter().filter(|limit| limit.kind() == kind);
        let rows: String =
            rows.map(|limit| format!("| {} | {} |\n", limit.what(), limit.way_out())).collect();
        format!("\n{sentence}\n\n| what | way out |\n| --- | --- |\n{rows}")
    };
    kinds.into_iter().map(part).collect()
}

#[test]
fn the_readme_lists_every_limit() {
    let (_, rest) = README.split_once(START).expect("the README has the mark");
    let (written, _) = rest.split_once(END).expect("the README has the closing mark");
    assert_eq!(written, table() + "\n", "put the left side into the README between the two marks");
}

#[test]
fn each_limit_has_a_name_of_its_own_and_a_way_out() {
    let names: BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.id()).collect();
    assert_eq!(names.len(), Limit::ALL.len());
    for limit in Limit::ALL {
        assert!(
            !limit.what().is_empty() && !limit.way_out().is_empty() && !limit.what().contains('|'),
            "{limit:?}"
        );
        assert!(limit.id().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{limit:?}");
    }
}
