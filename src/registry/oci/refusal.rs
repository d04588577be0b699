//! What a registry means when it does not answer with what was asked for.

use std::time::Duration;

use chrono::DateTime;
use oci_distribution::errors::{OciEnvelope, OciErrorCode};
use reqwest::header::{DATE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::connection::read_body;
use crate::sanitize;

/// Most bytes that are read of an error; what is longer is no message from a registry.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// Most characters that are repeated of what a registry says.
const WORDS_MAX: usize = 200;
/// How long to wait where a registry asks for patience without saying how long.
const WAIT_DEFAULT: Duration = Duration::from_secs(60);

/// Kinds of refusal, by what the caller does next.
pub(super) enum RefusalKind {
    NotFound,
    Forbidden,
    RateLimited,
    Unavailable,
}

/// What a registry said when it refused.
pub(super) struct RegistryRefusal {
    code: Option<OciErrorCode>,
    /// In a sentence for people, bounded, on one line.
    pub(super) words: String,
}

impl RefusalKind {
    pub(super) fn of(status: StatusCode, refused: &RegistryRefusal) -> Self {
        let is_unknown = matches!(refused.code, Some(OciErrorCode::NameUnknown | OciErrorCode::NotFound));
        match status {
            StatusCode::NOT_FOUND if is_unknown => Self::NotFound,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            _ => Self::Unavailable,
        }
    }
}

/// Reads the error in an answer; an unreadable one is told by its status alone.
pub(super) async fn code_and_words(response: Response) -> RegistryRefusal {
    let status = response.status();
    if status.is_redirection() && response.headers().contains_key(LOCATION) {
        return RegistryRefusal { code: None, words: elsewhere(&response) };
    }
    let body = read_body(response, ERROR_BYTES_MAX).await.unwrap_or_default();
    let envelope = serde_json::from_slice::<OciEnvelope>(&body).ok();
    let Some(error) = envelope.and_then(|envelope| envelope.errors.into_iter().next()) else {
        return RegistryRefusal { code: None, words: format!("it answered {status}") };
    };
    let words = match one_line(&error.message) {
        message if message.is_empty() => format!("it answered {status}"),
        message => format!("it answered {status}, {message}"),
    };
    RegistryRefusal { code: Some(error.code), words }
}

/// Only the origin is named: what follows it may be signed, and so a secret.
fn elsewhere(response: &Response) -> String {
    let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    let target = location.and_then(|location| response.url().join(location).ok());
    let origin = target.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
    format!("it sends us elsewhere, to `{origin}`, which we do not follow")
}

/// What a registry says, fit for one line, and no more of it than people read.
pub(super) fn one_line(text: &str) -> String {
    sanitize::line(text).chars().take(WORDS_MAX).collect()
}

/// How long a registry asks us to wait, in seconds or until a date. A date is held against the registry's own
/// `Date`, so our clock plays no part.
pub(super) fn wait_asked_for(headers: &HeaderMap) -> Duration {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let Some(after) = text(RETRY_AFTER) else { return WAIT_DEFAULT };
    if let Ok(seconds) = after.parse() {
        return Duration::from_secs(seconds);
    }
    let instant = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    match (instant(after), text(DATE).and_then(instant)) {
        (Some(until), Some(now)) => (until - now).to_std().unwrap_or_default(),
        _ => WAIT_DEFAULT,
    }
}
