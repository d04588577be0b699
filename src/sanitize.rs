//! Text from outside, made fit to be shown: what people, registries, forges and other programs wrote.
//!
//! A title, a label or the words of an error may hold characters that move the cursor of a terminal, start a new line
//! of a log, or change the direction of writing; and a peer may repeat the credentials that it was shown. Every such
//! text passes [`line()`] or [`lines`] before it reaches a terminal, a log, a comment, the body of a change or a field
//! of JSON. Standard output, standard error and the log pass [`printed`] once more, for what was missed.

mod characters;
mod secrets;

pub use characters::is_invisible;
pub use secrets::{exposed, opened, remember};

/// Returns a text as one line: known secrets are redacted, blanks of all kinds and control characters become spaces,
/// and invisible characters become U+FFFD.
#[must_use]
pub fn line(text: &str) -> String {
    visible_line(&secrets::redact(text))
}

/// The same as [`line()`] for Towpath's own identifiers, in which nothing is redacted: a trailer that lost a part of a
/// service's name would no longer be recognised.
#[must_use]
pub fn visible_line(text: &str) -> String {
    text.chars().map(characters::in_a_line).collect()
}

/// Returns a text of several lines: the same as [`line()`], but line ends and tabs are kept.
#[must_use]
pub fn lines(text: &str) -> String {
    secrets::redact(text).chars().map(characters::in_lines).collect()
}

/// Returns what is about to be printed: the same as [`lines`], but the colours of a terminal are kept.
#[must_use]
pub fn printed(text: &str) -> String {
    characters::printed(&secrets::redact(text))
}

/// A field of JSON that holds the contents of files, exact to the byte.
const EXACT: &str = "diff";

/// Sanitizes every text in a JSON value with [`lines`], apart from fields called `diff`; the keys are Towpath's own.
pub fn json(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => *text = lines(text),
        serde_json::Value::Array(items) => items.iter_mut().for_each(json),
        serde_json::Value::Object(fields) => {
            fields.iter_mut().filter(|(key, _)| *key != EXACT).for_each(|(_, value)| json(value));
        }
        serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
