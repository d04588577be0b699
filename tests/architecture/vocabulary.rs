//! Names that have a standard word of the field, and phrases that are not plain English.

use std::fs;
use std::path::Path;

/// Names of types, variants and functions that were replaced, each with the name to use.
const RETIRED_NAMES: &[(&str, &str)] = &[
    ("Barred", "AccessDenied"),
    ("Bells", "Wakeups"),
    ("Carriage", "CommitMetadata"),
    ("Door", "WebhookGate"),
    ("Errand", "TokenRequest"),
    ("Flight", "SingleFlight"),
    ("Foresight", "Preview"),
    ("Patience", "RetryPolicy"),
    ("Reception", "EventInbox"),
    ("Setback", "AttemptError"),
    ("Settled", "Convergence"),
    ("Shelf", "BlobCache"),
    ("Shut", "Misconfigured"),
    ("Standing", "LandingStatus or QueueMembership"),
    ("Testimony", "Fact"),
    ("Trial", "Mergeability"),
    ("Tries", "RetryState"),
    ("Visit", "AuthRequest"),
    ("Wish", "AuthScheme"),
    ("barred", "access_denied"),
    ("ignores_case", "logins_are_case_insensitive"),
    ("names_move", "logins_can_be_reassigned"),
    ("setback", "error"),
];

/// Phrases of no other project, each with what to write.
const PHRASES: &[(&str, &str)] = &[
    ("are of no use", "are rejected"),
    ("in a word of few", "the label"),
    ("in peace", "is not contacted"),
    ("is no collaborator", "is not a collaborator"),
    ("is of no use", "is unusable"),
    ("no rest after", "did not converge after"),
    ("stands twice", "occurs twice"),
    ("the way out", "what to do"),
];

/// Every retired name and phrase in a text, with its line and what to write.
fn violations(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    let found = lines.flat_map(|(index, line)| {
        let names = RETIRED_NAMES.iter().filter(|(name, _)| words(line).any(|word| word == *name));
        let phrases = PHRASES.iter().filter(|(phrase, _)| line.contains(phrase));
        let named = names.chain(phrases);
        named.map(move |(found, instead)| format!("{path}:{}: `{found}`; write `{instead}`", index + 1))
    });
    found.collect()
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|char: char| !char.is_alphanumeric() && char != '_')
}

fn check_folder(root: &Path, folder: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
        let entry = entry.expect("the folder can be listed");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            check_folder(root, &path, found);
        } else if path.ends_with(".rs") || path.ends_with(".md") {
            let text = fs::read_to_string(entry.path()).expect("a source file is UTF-8");
            found.extend(violations(&path, &text));
        }
    }
}

#[test]
fn names_and_sentences_use_the_words_of_the_field() {
    let mut found = Vec::new();
    check_folder(crate::root(), "src", &mut found);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_retired_name_or_phrase_is_named_with_its_line() {
    let found = violations("src/a.rs", "struct Unshelf;\nstruct Shelf;\n/// The key stands twice.\n");
    assert_eq!(
        found,
        ["src/a.rs:2: `Shelf`; write `BlobCache`", "src/a.rs:3: `stands twice`; write `occurs twice`"]
    );
}
