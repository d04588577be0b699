//! What GitHub means when it says no.

use std::time::Duration;

use chrono::DateTime;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::wire::{Refusal, RefusalDetail};

/// Most characters that are repeated of what GitHub says.
const WORDS_MAX: usize = 200;
/// How long to wait where GitHub asks for patience without saying how long.
pub(super) const WAIT_DEFAULT: Duration = Duration::from_secs(60);
/// The longest that a wish to wait is heeded.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// A no that is not about the matter itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The token is not valid, or no more.
    Token,
    /// The bot lacks this.
    Permission(String),
    /// The repository is archived.
    ReadOnly,
    /// Not now.
    Patience(Duration),
    /// Something is broken, in a sentence.
    Broken(String),
}

/// The refusal in an answer; nothing where the answer is a yes, or a no about the matter itself.
pub(super) fn refused(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Option<Refused> {
    match status {
        StatusCode::UNAUTHORIZED => Some(Refused::Token),
        StatusCode::TOO_MANY_REQUESTS => Some(Refused::Patience(patience(headers))),
        StatusCode::FORBIDDEN if is_limit(headers, body) => Some(Refused::Patience(patience(headers))),
        StatusCode::FORBIDDEN if is_archived(body) => Some(Refused::ReadOnly),
        StatusCode::FORBIDDEN => Some(Refused::Permission(permission(headers, body))),
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Some(Refused::Broken(words(status, body)))
        }
        _ => None,
    }
}

/// What GitHub said, in a sentence for people, bounded, on one line.
pub(super) fn words(status: StatusCode, body: &[u8]) -> String {
    let refusal = serde_json::from_slice::<Refusal>(body).unwrap_or_default();
    let details = refusal.errors.into_iter().filter_map(|detail| match detail {
        RefusalDetail::Text(text) => Some(text),
        RefusalDetail::Object { message } => message,
    });
    let said: Vec<String> = std::iter::once(refusal.message).chain(details).collect();
    match one_line(said.join("; ").trim_matches(['.', ' ', ';'])) {
        said if said.is_empty() => format!("GitHub answered {status}"),
        said => format!("GitHub answered {}, {said}", status.as_u16()),
    }
}

/// What somebody else says, fit for one line: no control characters, no more than people read.
pub(super) fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX).collect()
}

/// Whether a 403 is about how much, not about what: both limits of GitHub are told so.
fn is_limit(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.contains_key(RETRY_AFTER)
        || text(headers, "x-ratelimit-remaining") == Some("0")
        || words(StatusCode::FORBIDDEN, body).to_ascii_lowercase().contains("secondary rate limit")
}

fn is_archived(body: &[u8]) -> bool {
    words(StatusCode::FORBIDDEN, body).to_ascii_lowercase().contains("was archived")
}

/// How long to wait. An instant is held against GitHub's own `Date`, so our clock plays no part.
fn patience(headers: &HeaderMap) -> Duration {
    let seconds = |name| text(headers, name)?.parse::<u64>().ok();
    if let Some(wait) = seconds(RETRY_AFTER.as_str()) {
        return Duration::from_secs(wait).min(WAIT_MAX);
    }
    let now = text(headers, DATE.as_str()).and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let now = now.and_then(|now| u64::try_from(now.timestamp()).ok());
    match (seconds("x-ratelimit-reset"), now) {
        (Some(reset), Some(now)) if text(headers, "x-ratelimit-remaining") == Some("0") => {
            Duration::from_secs(reset.saturating_sub(now) + 1).min(WAIT_MAX)
        }
        _ => WAIT_DEFAULT,
    }
}

/// What the bot lacks, as GitHub names it: permissions of an App, or scopes of a token.
fn permission(headers: &HeaderMap, body: &[u8]) -> String {
    let named = ["x-accepted-github-permissions", "x-accepted-oauth-scopes"];
    let named = named.into_iter().filter_map(|name| text(headers, name)).find(|text| !text.is_empty());
    named.map_or_else(|| words(StatusCode::FORBIDDEN, body), one_line)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
