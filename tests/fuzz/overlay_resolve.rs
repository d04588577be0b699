//! The libFuzzer target `overlay_resolve`; how to run it stands in tests/it/fuzz.rs.
#![no_main]

#[path = "target/overlay_resolve.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
