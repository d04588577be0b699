//! A validator is what a peer gave with an answer, to ask later whether the answer is still the same.
//!
//! Only listings of one page are validated: a tag may appear on a later page while the first page stays the same.

use super::checked_text;

/// Longest validator that is kept, in bytes; peers with longer ones are asked in full.
const BYTES_MAX: usize = 1024;

/// Why a text is not a validator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a validator; it has at most 1024 visible characters of ASCII, and spaces between them", crate::sanitize::line(.0))]
pub struct ValidatorError(String);

checked_text!(
    /// What a peer gave with an answer; only the adapter that made it knows what it means.
    Validator, is_validator, ValidatorError, ValidatorError
);

fn is_validator(text: &str) -> bool {
    let is_visible = |c: char| c.is_ascii_graphic() || c == ' ';
    !text.is_empty() && text.len() <= BYTES_MAX && text.trim() == text && text.chars().all(is_visible)
}

#[cfg(test)]
mod tests;
