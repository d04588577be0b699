//! The body of a webhook: bounded in size, in time and in memory, before it is authenticated and parsed.

mod body_budget;

use axum::http::{HeaderMap, StatusCode, header};

pub(super) use body_budget::BodyBudget;

/// Largest body of a webhook, in bytes.
pub(super) const BODY_BYTES_MAX: usize = 5 * 1024 * 1024;
/// Why a webhook was not taken. None of them says anything of what was sent.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum WebhookRefusal {
    /// There is no such hook.
    Unknown,
    /// It does not prove where it comes from.
    Unproven,
    /// It is encoded in a way that is not taken.
    Encoded,
    /// It is a form, although it could be JSON.
    Form,
    /// It is too large.
    TooLarge,
    /// It took too long.
    TooSlow,
    /// The connection broke.
    Broken,
    /// It is no event of the product.
    Malformed,
    /// Too many come at once.
    Busy,
    /// It could not be kept.
    NotKept,
}

impl WebhookRefusal {
    pub(super) const fn status(self) -> StatusCode {
        match self {
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Unproven => StatusCode::UNAUTHORIZED,
            Self::Encoded | Self::Form => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken | Self::Malformed => StatusCode::BAD_REQUEST,
            Self::Busy | Self::NotKept => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The word in metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unproven => "unproven",
            Self::Encoded => "encoded",
            Self::Form => "form",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::Broken => "broken",
            Self::Malformed => "malformed",
            Self::Busy => "busy",
            Self::NotKept => "not_kept",
        }
    }

    /// What its sender reads.
    pub(super) const fn sentence(self) -> &'static str {
        match self {
            Self::Unknown => "there is no such hook\n",
            Self::Unproven => "the secret is missing or wrong\n",
            Self::Encoded => "send the body as it is, without a content encoding\n",
            Self::Form => "set the content type of the webhook to application/json\n",
            Self::TooLarge => "the body is too large\n",
            Self::TooSlow => "the body took too long\n",
            Self::Broken => "the body ended too soon\n",
            Self::Malformed => {
                "the event does not match the kind of this hook; check its headers and its body\n"
            }
            Self::Busy => "too many events at once; send it again\n",
            Self::NotKept => "the event could not be kept; send it again\n",
        }
    }
}

/// Refuses what the headers alone show to be unacceptable.
pub(super) fn check_head(headers: &HeaderMap) -> Result<(), WebhookRefusal> {
    let encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.into_iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(WebhookRefusal::Encoded);
    }
    let length =
        headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if length.is_some_and(|length| length > BODY_BYTES_MAX) {
        return Err(WebhookRefusal::TooLarge);
    }
    Ok(())
}
