//! `decide` reads facts through its view, which notes each of them.

use std::fs;

/// The view, and what stands beside judgement: what is said about the configuration reads what `observe` found for it.
const MAY_READ: [&str; 2] = ["src/decide/facts.rs", "src/decide/health"];

fn reads_past_the_view(path: &str, text: &str) -> Vec<String> {
    let is_judgement = path.starts_with("src/decide") && !path.contains("/tests");
    if !is_judgement || MAY_READ.iter().any(|allowed| path.starts_with(allowed)) {
        return Vec::new();
    }
    let lines = text.lines().zip(1..).filter(|(line, _)| line.contains("world.facts"));
    lines.map(|(_, number)| format!("{path}:{number}: reads a fact without noting it; use `Facts`")).collect()
}

#[test]
fn judgement_notes_every_fact_that_it_reads() {
    let paths = crate::source::paths(crate::root(), "src/decide");
    let text = |path: &str| fs::read_to_string(crate::root().join(path)).expect("a source file is UTF-8");
    let found: Vec<String> = paths.iter().flat_map(|path| reads_past_the_view(path, &text(path))).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_fact_that_is_read_past_the_view_is_found() {
    let text = "fn f() {\n    case.world.facts.digests.len();\n}\n";
    assert_eq!(
        reads_past_the_view("src/decide/gates/tag.rs", text),
        ["src/decide/gates/tag.rs:2: reads a fact without noting it; use `Facts`"]
    );
    assert!(reads_past_the_view("src/decide/facts.rs", text).is_empty());
    assert!(reads_past_the_view("src/observe/needs.rs", text).is_empty());
}
