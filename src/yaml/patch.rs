//! The replacement of bytes.

use std::ops::Range;

/// Bytes to replace, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}
