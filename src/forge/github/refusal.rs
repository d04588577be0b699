//! Refusals of GitHub that are not about the resource: authentication, access, rate limits, server errors.
//!
//! See <https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api>.

use std::time::Duration;

use chrono::DateTime;
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use super::budget::{BLUR, Interface};
use super::message::{error_message, full_message, one_line};
use super::transport::RawResponse;
use super::wire::{ErrorBody, ErrorDetail, GraphError};

/// The pause if GitHub asks for one without a length: <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
const WAIT_DEFAULT: Duration = Duration::from_secs(60);
/// The longest pause that is accepted.
const WAIT_MAX: Duration = Duration::from_secs(3600);

/// The types of rate limit errors in GraphQL; GitHub uses both.
const GRAPHQL_LIMIT_TYPES: [&str; 2] = ["RATE_LIMITED", "RATE_LIMIT"];
/// Parts of GitHub's messages about rate limits, in lower case.
const LIMIT_PHRASES: [&str; 4] =
    ["secondary rate limit", "api rate limit", "was submitted too quickly", "abuse detection mechanism"];
/// The code of an error about a secondary rate limit.
const ABUSE: &str = "abuse";
/// The header of a 403 for a token that is not authorized for single sign-on.
const SINGLE_SIGN_ON: &str = "x-github-sso";

/// A refusal that is not about the resource.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GitHubRefusal {
    /// The token is wrong, expired or revoked.
    Unauthorized,
    /// The bot may not do this there.
    AccessDenied(AccessDenied),
    /// A rate limit was reached.
    RateLimited(RateLimit),
    /// The server failed; with the message.
    ServerError(String),
}

/// Why access is denied. A person has to resolve it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AccessDenied {
    /// The bot lacks a permission: GitHub's message, and the permission that suffices, if a header names it.
    Right(String, Option<String>),
    /// Another reason: GitHub's message, and the permission that a header names.
    Other(String, Option<String>),
    /// The organization requires single sign-on, and the token is not authorized for it.
    SingleSignOn(String),
    /// The organization allows other IP addresses only.
    Address(String),
    /// The installation of the App, or the account of the bot, is suspended.
    Suspended,
    /// The repository is archived.
    ReadOnly,
}

/// A rate limit that was reached.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) struct RateLimit {
    /// How long to wait.
    pub(super) wait: Duration,
    /// Whether it is the primary limit, which counts the requests to one API in an hour; else it is a secondary limit, which
    /// counts all requests of the account.
    pub(super) is_hourly: bool,
}

/// The errors of a GraphQL document, whatever else its response holds.
#[derive(Default, Deserialize)]
struct GraphErrors {
    #[serde(default)]
    errors: Vec<GraphError>,
}

/// The refusal in a response; `None` if the request succeeded, or failed for a reason that its caller understands.
pub(super) fn refusal_in(interface: Interface, response: &RawResponse) -> Option<GitHubRefusal> {
    let RawResponse { status, headers, body, .. } = response;
    match *status {
        StatusCode::UNAUTHORIZED => Some(GitHubRefusal::Unauthorized),
        StatusCode::TOO_MANY_REQUESTS => Some(GitHubRefusal::RateLimited(limit(headers))),
        StatusCode::FORBIDDEN if is_limit(headers, body) => Some(GitHubRefusal::RateLimited(limit(headers))),
        StatusCode::FORBIDDEN => Some(GitHubRefusal::AccessDenied(access_denied(headers, body))),
        StatusCode::UNPROCESSABLE_ENTITY if is_secondary_limit(body) => {
            Some(GitHubRefusal::RateLimited(limit(headers)))
        }
        StatusCode::OK if interface == Interface::Graph && is_limit_of_graph(body) => {
            Some(GitHubRefusal::RateLimited(limit(headers)))
        }
        status if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT => {
            Some(GitHubRefusal::ServerError(error_message(status, body)))
        }
        _ => None,
    }
}

/// The reason of a 403 that is not a rate limit.
fn access_denied(headers: &HeaderMap, body: &[u8]) -> AccessDenied {
    let (message, searched) = (error_message(StatusCode::FORBIDDEN, body), full_message(body));
    let mentions = |part: &str| searched.contains(part);
    let is_about_permission = mentions("not accessible by") || mentions("must have ") || searched.is_empty();
    if mentions("was archived") {
        AccessDenied::ReadOnly
    } else if mentions("suspended") {
        AccessDenied::Suspended
    } else if headers.contains_key(SINGLE_SIGN_ON) || mentions("saml") {
        AccessDenied::SingleSignOn(message)
    } else if mentions("ip allow list") {
        AccessDenied::Address(message)
    } else if is_about_permission {
        AccessDenied::Right(message, enough(headers))
    } else {
        AccessDenied::Other(message, enough(headers))
    }
}

/// Whether a 403 is a rate limit. GitHub uses it for the primary and the secondary limits.
fn is_limit(headers: &HeaderMap, body: &[u8]) -> bool {
    headers.contains_key(RETRY_AFTER)
        || text(headers, "x-ratelimit-remaining") == Some("0")
        || is_about_a_limit(&full_message(body))
}

/// Whether a 422 is a secondary rate limit; others say that the request is invalid.
fn is_secondary_limit(body: &[u8]) -> bool {
    let refusal = serde_json::from_slice::<ErrorBody>(body).unwrap_or_default();
    let has_code = refusal.errors.iter().any(|detail| match detail {
        ErrorDetail::Text(_) => false,
        ErrorDetail::Object { code, .. } => code.as_deref() == Some(ABUSE),
    });
    has_code || is_about_a_limit(&full_message(body))
}

/// Whether a GraphQL response, whose status is always 200, reports a rate limit.
fn is_limit_of_graph(body: &[u8]) -> bool {
    let found = serde_json::from_slice::<GraphErrors>(body).unwrap_or_default();
    found.errors.iter().any(|error| {
        error.kind.as_deref().is_some_and(|kind| GRAPHQL_LIMIT_TYPES.contains(&kind))
            || is_about_a_limit(&error.message.to_ascii_lowercase())
    })
}

fn is_about_a_limit(said: &str) -> bool {
    LIMIT_PHRASES.iter().any(|words| said.contains(words))
}

/// The pause that the headers ask for. The reset time is compared with GitHub's own `Date`, so our clock does not matter.
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

/// The permission of an App, or scope of a token, that suffices, as GitHub names it in a header.
fn enough(headers: &HeaderMap) -> Option<String> {
    let named = ["x-accepted-github-permissions", "x-accepted-oauth-scopes"];
    named.into_iter().filter_map(|name| text(headers, name)).find(|text| !text.is_empty()).map(one_line)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim)
}
