//! Any bytes as a repository: resolving never panics, and an edit that was proven shows what was asked for.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    drop(towpath::overlay::resolve_bytes(bytes));
});
