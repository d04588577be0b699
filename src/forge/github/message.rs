//! The messages in error responses.

use http::StatusCode;

use super::wire::{ErrorBody, ErrorDetail};
use crate::sanitize;

/// How many characters of a message of GitHub are repeated to people.
const MESSAGE_CHARS_MAX: usize = 200;
/// How many bytes of a message of GitHub are searched.
const MESSAGE_BYTES_MAX: usize = 4 << 10;

/// The status and message of an error response, as one bounded line for people.
pub(super) fn error_message(status: StatusCode, body: &[u8]) -> String {
    match one_line(message_in(body).trim_matches(['.', ' ', ';'])) {
        message if message.is_empty() => format!("GitHub answered {status}"),
        message => format!("GitHub answered {}, {message}", status.as_u16()),
    }
}

/// A text of GitHub as one sanitized line, of at most [`MESSAGE_CHARS_MAX`] characters.
pub(super) fn one_line(text: &str) -> String {
    sanitize::line(text).chars().take(MESSAGE_CHARS_MAX).collect()
}

/// The whole message of an error response in lower case, to find out what kind of error it is.
pub(super) fn full_message(body: &[u8]) -> String {
    message_in(body).to_ascii_lowercase()
}

fn message_in(body: &[u8]) -> String {
    let refusal = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default();
    let details = refusal.errors.into_iter().filter_map(|detail| match detail {
        ErrorDetail::Text(text) => Some(text),
        ErrorDetail::Object { message, .. } => message,
    });
    let mut message = std::iter::once(refusal.message).chain(details).collect::<Vec<_>>().join("; ");
    message.truncate(message.floor_char_boundary(MESSAGE_BYTES_MAX));
    message
}
