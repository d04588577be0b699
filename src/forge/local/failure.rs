//! Errors of Git and of the file system as errors of the forge.

use std::fmt::Display;

use crate::forge::ForgeError;

/// What a failure of Git means to the caller: try later, or mend the repository.
pub(super) fn failed<E: Display>(what: impl Into<String>) -> impl FnOnce(E) -> ForgeError {
    let what = what.into();
    move |error| ForgeError::Unavailable { what, why: error.to_string() }
}
