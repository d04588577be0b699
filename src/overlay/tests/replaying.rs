use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::overlay::resolve_bytes;

/// Inputs that once were of interest to the fuzzer, or that show it the way.
fn corpus() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/overlay_resolve");
    let files = std::fs::read_dir(folder).unwrap();
    files.map(|file| std::fs::read(file.unwrap().path()).unwrap()).collect()
}

#[test]
fn what_was_fuzzed_before_still_resolves_or_is_refused() {
    let resolved = corpus()
        .iter()
        .filter(|bytes| resolve_bytes(bytes).is_some_and(|found| !found.uses.is_empty()))
        .count();
    assert!(resolved >= 5, "only {resolved} inputs lead to an image");
}

#[test]
fn any_cut_of_an_input_is_survived() {
    for bytes in corpus() {
        for end in 0..bytes.len() {
            drop(resolve_bytes(&bytes[..end]));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_to_an_input_is_survived(
        which in any::<prop::sample::Index>(),
        damage in vec((any::<prop::sample::Index>(), 0_usize..12, piece()), 1..6),
    ) {
        let corpus = corpus();
        let mut bytes = which.get(&corpus).clone();
        for (at, length, piece) in damage {
            let at = at.index(bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece.bytes());
        }
        drop(resolve_bytes(&bytes));
    }
}

/// What a file of this kind may hold at any place.
fn piece() -> impl Strategy<Value = String> {
    let words = [
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
    prop::sample::select(words.to_vec()).prop_map(str::to_owned)
}
