//! A response of GitHub.

use std::sync::Arc;

use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderValue, LINK};
use serde::de::DeserializeOwned;

use super::errors::not_an_api;
use crate::forge::ForgeError;

/// A response that is not a failure of the transport. Its status may still be 404 or 422.
#[derive(Clone, Debug)]
pub(in super::super) struct Response {
    pub(in super::super) status: StatusCode,
    pub(in super::super) body: Arc<[u8]>,
    /// The `ETag`, for a conditional request.
    pub(in super::super) etag: Option<HeaderValue>,
    has_next: bool,
}

impl Response {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let etag = headers.get(ETAG).cloned();
        Self { status, body: body.into(), etag, has_next: has_next(headers) }
    }

    /// Deserializes the body.
    ///
    /// # Errors
    /// If the status is not a success, or the body is not what the type expects.
    pub(in super::super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, ForgeError> {
        self.ensure_success(what)?;
        serde_json::from_slice(&self.body).map_err(|error| match self.is_page() {
            true => not_an_api(what),
            false => ForgeError::unavailable(
                format!("reading {what}"),
                format!("GitHub's response is not as documented: {error}"),
            ),
        })
    }

    /// Returns an error unless the status is a success.
    ///
    /// # Errors
    /// [`ForgeError::NotFound`] for 301, 404 and 410, else [`ForgeError::Unavailable`] with GitHub's message.
    pub(in super::super) fn ensure_success(&self, what: &str) -> Result<(), ForgeError> {
        match self.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND if self.is_page() => Err(not_an_api(what)),
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::MOVED_PERMANENTLY => {
                Err(ForgeError::NotFound { what: what.to_owned() })
            }
            _ => Err(ForgeError::unavailable(what, self.message())),
        }
    }

    /// Whether the body is a web page: the interfaces respond with JSON, or with an empty body.
    fn is_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// The message of an error response, cut to one line.
    pub(in super::super) fn message(&self) -> String {
        super::super::message::error_message(self.status, &self.body)
    }

    /// Whether the whole message of an error response contains a text, which is given in lower case.
    pub(in super::super) fn mentions(&self, part: &str) -> bool {
        self.full_message().contains(part)
    }

    /// The whole message of an error response, in lower case, to find out what kind of error it is.
    pub(in super::super) fn full_message(&self) -> String {
        super::super::message::full_message(&self.body)
    }

    /// Whether the `Link` header names another page.
    pub(in super::super) const fn has_next(&self) -> bool {
        self.has_next
    }
}

fn has_next(headers: &HeaderMap) -> bool {
    let link = headers.get(LINK).and_then(|link| link.to_str().ok());
    link.is_some_and(|link| link.contains("rel=\"next\""))
}
