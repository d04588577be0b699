use std::path::Path;

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
