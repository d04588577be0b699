//! How much of the test suite runs: a sample that takes minutes, or everything.

use std::env;

/// Set by `tests/run --long`.
const LONG: &str = "TOWPATH_TEST_LONG";

/// Whether everything runs: each story with faults over each face, and many more generated cases.
pub(crate) fn is_long() -> bool {
    env::var_os(LONG).is_some()
}
