use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::overlay::{Limit, LimitKind};

const TOPIC: &str = include_str!("../../help/overlays.md");
const START: &str = "<!-- limits: made from src/overlay/limit.rs -->\n";
const END: &str = "<!-- end of limits -->";

/// The list of everything that is not supported, as the help topic has it.
fn section() -> String {
    let kinds = [
        (LimitKind::Unread, "Refused: the overlay is not judged, and says where and why"),
        (LimitKind::Uncertain, "Named as not certain: the overlay is judged without it"),
        (LimitKind::Unedited, "Never edited, though what runs is known"),
    ];
    let mut text = String::new();
    for (kind, heading) in kinds {
        write!(text, "\n**{heading}**\n\n| | what | what to do |\n|---|---|---|\n").unwrap();
        for limit in Limit::ALL.iter().filter(|limit| limit.kind() == kind) {
            writeln!(text, "| `{}` | {} | {} |", limit.id(), limit.what(), limit.way_out()).unwrap();
        }
    }
    format!("{text}\n")
}

#[test]
fn the_manual_lists_exactly_what_is_not_supported() {
    let (_, rest) = TOPIC.split_once(START).expect("the topic has a section of limits");
    let (present, _) = rest.split_once(END).expect("the section of limits has an end");
    assert!(present == section(), "put this between the marks in src/help/overlays.md:\n{}", section());
}

#[test]
fn every_limit_has_a_name_of_its_own_and_a_way_out() {
    let ids: BTreeSet<&str> = Limit::ALL.iter().map(|limit| limit.id()).collect();
    assert_eq!(ids.len(), Limit::ALL.len());
    for limit in Limit::ALL {
        assert!(!limit.way_out().is_empty() && !limit.way_out().ends_with('.'), "{limit:?}");
        assert!(limit.id().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{limit:?}");
    }
}
