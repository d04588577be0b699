//! What GitHub means when it says no.

use std::time::Duration;

use chrono::DateTime;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::budget::{BLUR, Interface};
use super::wire::{ErrorBody, ErrorDetail, GraphError};
use crate::sanitize;

/// Most characters that are repeated of what GitHub says.
const WORDS_MAX: usize = 200;
/// Most bytes of what GitHub says in which something is looked for.
const SAID_BYTES_MAX: usize = 4 << 10;
/// How long to wait where GitHub asks for patience without saying how long.
const WAIT_DEFAULT: Duration = Duration::from_secs(60);
/// The longest that a wish to wait is heeded.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// How GitHub calls it in GraphQL when too much was asked for: both are seen.
const LIMITED: [&str; 2] = ["RATE_LIMITED", "RATE_LIMIT"];
/// What GitHub says when it wants to be left alone, in lower case.
const LIMIT_WORDS: [&str; 4] =
    ["secondary rate limit", "api rate limit", "was submitted too quickly", "abuse detection mechanism"];
/// The code of an error that says the same.
const ABUSE: &str = "abuse";
/// Whoever has to sign in at the organization is told so by this header.
const SINGLE_SIGN_ON: &str = "x-github-sso";

/// A no that is not about the matter itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GitHubRefusal {
    /// The token is not valid, or no more.
    Token,
    /// The bot may not do it there.
    AccessDenied(AccessDenied),
    /// Not now.
    RateLimited(RateLimit),
    /// Something is broken, in a sentence.
    Broken(String),
}

/// Why the bot may not do something; a person has to see to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AccessDenied {
    /// It lacks a right: GitHub's words, and what would be enough.
    Right(String, Option<String>),
    /// Something else is in the way: GitHub's words, and what would be enough if it were about a right.
    Other(String, Option<String>),
    /// The organization wants its people to sign in, and with this token nobody did.
    SingleSignOn(String),
    /// The organization lets only some addresses in, and this machine has another one.
    Address(String),
    /// The App is suspended there, or the account of the bot.
    Suspended,
    /// The repository is archived.
    ReadOnly,
}

/// A limit of GitHub that was met.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct RateLimit {
    /// How long to wait.
    pub(super) wait: Duration,
    /// Whether it is what may be asked of one interface in an hour; else it is for all that the account asks.
    pub(super) is_hourly: bool,
}

/// The errors of a GraphQL document, whatever else its answer holds.
#[derive(Default, Deserialize)]
struct GraphErrors {
    #[serde(default)]
    errors: Vec<GraphError>,
}

/// The refusal in an answer; nothing where the answer is a yes, or a no about the matter itself.
pub(super) fn refused(
    interface: Interface,
    (status, headers, body): (StatusCode, &HeaderMap, &[u8]),
) -> Option<GitHubRefusal> {
    match status {
        StatusCode::UNAUTHORIZED => Some(GitHubRefusal::Token),
        StatusCode::TOO_MANY_REQUESTS => Some(GitHubRefusal::RateLimited(limit(headers))),
        StatusCode::FORBIDDEN if is_limit(headers, body) => Some(GitHubRefusal::RateLimited(limit(headers))),
        StatusCode::FORBIDDEN => Some(GitHubRefusal::AccessDenied(barred(headers, body))),
        StatusCode::UNPROCESSABLE_ENTITY if is_too_quick(body) => {
            Some(GitHubRefusal::RateLimited(limit(headers)))
        }
        StatusCode::OK if interface == Interface::Graph && is_limit_of_graph(body) => {
            Some(GitHubRefusal::RateLimited(limit(headers)))
        }
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Some(GitHubRefusal::Broken(words(status, body)))
        }
        _ => None,
    }
}

/// What GitHub said, in a sentence for people, bounded, on one line.
pub(super) fn words(status: StatusCode, body: &[u8]) -> String {
    match one_line(said(body).trim_matches(['.', ' ', ';'])) {
        said if said.is_empty() => format!("GitHub answered {status}"),
        said => format!("GitHub answered {}, {said}", status.as_u16()),
    }
}

/// What somebody else says, fit for one line, and no more of it than people read.
pub(super) fn one_line(text: &str) -> String {
    sanitize::line(text).chars().take(WORDS_MAX).collect()
}

/// What GitHub said in lower case, and more of it than people read: for whoever looks for something in it.
pub(super) fn said_in_full(body: &[u8]) -> String {
    said(body).to_ascii_lowercase()
}

fn said(body: &[u8]) -> String {
    let refusal = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default();
    let details = refusal.errors.into_iter().filter_map(|detail| match detail {
        ErrorDetail::Text(text) => Some(text),
        ErrorDetail::Object { message, .. } => message,
    });
    let mut said = std::iter::once(refusal.message).chain(details).collect::<Vec<_>>().join("; ");
    said.truncate(said.floor_char_boundary(SAID_BYTES_MAX));
    said
}

/// What a 403 is about that is no limit.
fn barred(headers: &HeaderMap, body: &[u8]) -> AccessDenied {
    let (words, said) = (words(StatusCode::FORBIDDEN, body), said_in_full(body));
    let says = |part: &str| said.contains(part);
    let is_about_a_right = says("not accessible by") || says("must have ") || said.is_empty();
    if says("was archived") {
        AccessDenied::ReadOnly
    } else if says("suspended") {
        AccessDenied::Suspended
    } else if headers.contains_key(SINGLE_SIGN_ON) || says("saml") {
        AccessDenied::SingleSignOn(words)
    } else if says("ip allow list") {
        AccessDenied::Address(words)
    } else if is_about_a_right {
        AccessDenied::Right(words, enough(headers))
    } else {
        AccessDenied::Other(words, enough(headers))
    }
}

/// Whether a 403 is about how much, not about what: both limits of GitHub are told so.
fn is_limit(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.contains_key(RETRY_AFTER)
        || text(headers, "x-ratelimit-remaining") == Some("0")
        || is_about_a_limit(&said_in_full(body))
}

/// Whether a 422 says that too much was written, where others say what was wrong with it.
fn is_too_quick(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default();
    let has_code = refusal.errors.iter().any(|detail| match detail {
        ErrorDetail::Text(_) => false,
        ErrorDetail::Object { code, .. } => code.as_deref() == Some(ABUSE),
    });
    has_code || is_about_a_limit(&said_in_full(body))
}

/// Whether GraphQL, which answers everything with a yes, carried out less than all because of a limit.
fn is_limit_of_graph(body: &[u8]) -> bool {
    let found = serde_json::from_slice::<GraphErrors>(body).unwrap_or_default();
    found.errors.iter().any(|error| {
        error.kind.as_deref().is_some_and(|kind| LIMITED.contains(&kind))
            || is_about_a_limit(&error.message.to_ascii_lowercase())
    })
}

fn is_about_a_limit(said: &str) -> bool {
    LIMIT_WORDS.iter().any(|words| said.contains(words))
}

/// How long to wait, and who. An instant is held against GitHub's own `Date`, so our clock plays no part.
fn limit(headers: &HeaderMap) -> RateLimit {
    let seconds = |name| text(headers, name)?.parse::<u64>().ok();
    if let Some(wait) = seconds(RETRY_AFTER.as_str()) {
        return RateLimit { wait: Duration::from_secs(wait).min(WAIT_MAX), is_hourly: false };
    }
    let now = text(headers, DATE.as_str()).and_then(|date| DateTime::parse_from_rfc2822(date).ok());
    let now = now.and_then(|now| u64::try_from(now.timestamp()).ok());
    match (seconds("x-ratelimit-reset"), now) {
        (Some(reset), Some(now)) if text(headers, "x-ratelimit-remaining") == Some("0") => {
            let wait = Duration::from_secs(reset.saturating_sub(now)) + BLUR.to_std().unwrap_or_default();
            RateLimit { wait: wait.min(WAIT_MAX), is_hourly: true }
        }
        _ => RateLimit { wait: WAIT_DEFAULT, is_hourly: false },
    }
}

/// What would be enough, as GitHub names it: permissions of an App, or scopes of a token.
fn enough(headers: &HeaderMap) -> Option<String> {
    let named = ["x-accepted-github-permissions", "x-accepted-oauth-scopes"];
    named.into_iter().filter_map(|name| text(headers, name)).find(|text| !text.is_empty()).map(one_line)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
