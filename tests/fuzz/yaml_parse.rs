//! The libFuzzer target `yaml_parse`; how to run it stands in tests/it/fuzz.rs.
#![no_main]

#[path = "target/yaml_parse.rs"]
mod target;

libfuzzer_sys::fuzz_target!(|data: &[u8]| target::run(data));
