//! The corpus of each fuzz target, replayed through the very function that is fuzzed.
//!
//! Fuzzing itself needs only stable Rust and a C++ compiler:
//!
//! ```sh
//! RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
//!   -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
//!   -Cllvm-args=-sanitizer-coverage-trace-compares" \
//! cargo run --release --features fuzz --target x86_64-unknown-linux-gnu --example fuzz_yaml_edit -- \
//!   -max_total_time=600 -max_len=600 FOLDER_FOR_NEW_INPUTS tests/fuzz/corpus/yaml_edit
//! ```
//!
//! An input that was found goes into the corpus with a name that says what it shows. A new target is a file in
//! `tests/fuzz/target`, three lines in `tests/fuzz`, an `[[example]]` in `Cargo.toml` (for a
//! `[[test]]` cargo links the whole program, which has no fuzzer) and a row in [`TARGETS`].

#[path = "../fuzz/target/meaning.rs"]
mod meaning;
#[path = "../fuzz/target/overlay_resolve.rs"]
mod overlay_resolve;
#[path = "../fuzz/target/yaml_edit.rs"]
pub(crate) mod yaml_edit;
#[path = "../fuzz/target/yaml_parse.rs"]
mod yaml_parse;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::depth;

/// What is fuzzed.
type Run = fn(&[u8]);

/// Each target's folder in the corpus and its function.
const TARGETS: &[(&str, Run)] = &[
    ("overlay_resolve", overlay_resolve::run),
    ("yaml_edit", yaml_edit::run),
    ("yaml_parse", yaml_parse::run),
];

#[test]
fn every_input_of_the_corpus_passes() {
    for (name, run) in TARGETS {
        let inputs = entries(&corpus().join(name));
        assert!(inputs.len() >= 10, "the corpus of `{name}` is no seed with {} inputs", inputs.len());
        for input in inputs {
            run(&fs::read(&input).unwrap());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: depth::proptest_cases(500), ..ProptestConfig::default() })]

    #[test]
    fn any_damage_to_an_input_passes(
        input in prop::sample::select(inputs()),
        damage in vec((any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(PIECES)), 1..6),
    ) {
        let (run, path) = input;
        let mut bytes = fs::read(path).unwrap();
        for (at, length, piece) in damage {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        run(&bytes);
    }
}

/// Each input of each corpus, with the function that takes it.
fn inputs() -> Vec<(Run, PathBuf)> {
    let of_one = |(name, run): &(&str, Run)| {
        let run = *run;
        entries(&corpus().join(name)).into_iter().map(move |path| (run, path))
    };
    TARGETS.iter().flat_map(of_one).collect()
}

#[test]
fn every_corpus_has_its_target() {
    let folders = entries(&corpus());
    let folders: BTreeSet<_> = folders.iter().filter_map(|folder| folder.file_name()?.to_str()).collect();
    assert_eq!(folders, TARGETS.iter().map(|(name, _)| *name).collect());
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus")
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the corpus is there");
    entries.map(|entry| entry.expect("it is readable").path()).collect()
}

/// What a file of this kind may hold at any place.
const PIECES: &[&str] = &[
    "",
    "\n",
    "\n  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "'",
    "\"",
    "&a ",
    "*a",
    "<<: *a",
    "|\n",
    "#",
    "null",
    "$patch: delete",
    "@",
    ":",
    "images:",
    "patches:",
    "image: x",
    "name: a",
    "[name=a]",
    "*",
    "0",
    "-1",
    "/-",
    "containers",
    "op: copy",
    "path: /spec",
    "kind: List",
    "items:",
    "../",
    "é",
    "\u{feff}",
    "\t",
    "\r\n",
    "---\n",
    "--- own/x.yaml\n",
    "(",
    "a|b",
    ".*",
    "newTag: 1.10",
    "digest: sha256:0",
    "options: {delimiter: ':', index: -1}",
];
