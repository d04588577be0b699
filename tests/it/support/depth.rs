//! How much of the test suite runs: a sample that takes minutes, or everything.

use std::env;

/// Set by `tests/run --long`.
const LONG: &str = "TOWPATH_TEST_LONG";
/// How many times as many generated cases the long run tries.
const LONG_FACTOR: usize = 10;

/// Whether everything runs: each story with faults over each face, and more generated cases.
pub(crate) fn is_long() -> bool {
    env::var_os(LONG).is_some()
}

/// How many generated cases a test tries, of which the sample takes so many.
pub(crate) fn cases(sample: usize) -> usize {
    if is_long() { sample * LONG_FACTOR } else { sample }
}

/// As [`cases`], as proptest counts them.
pub(crate) fn proptest_cases(sample: u32) -> u32 {
    u32::try_from(cases(sample as usize)).expect("tests count in thousands")
}
