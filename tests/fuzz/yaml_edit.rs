//! The libFuzzer target `yaml_edit`; how to run it stands in tests/it/fuzz.rs.
#![no_main]

#[path = "target/meaning.rs"]
mod meaning;
#[path = "target/yaml_edit.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
