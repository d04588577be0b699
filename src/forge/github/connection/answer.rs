//! What GitHub answers.

use std::sync::Arc;

use http::StatusCode;
use http::header::{ETAG, HeaderMap, HeaderValue, LINK};
use serde::de::DeserializeOwned;

use super::super::failed;
use super::meaning::no_interface;
use crate::forge::ForgeError;

/// An answer that is no failure, though it may say no.
#[derive(Clone, Debug)]
pub(in super::super) struct Answer {
    pub(in super::super) status: StatusCode,
    pub(in super::super) body: Arc<[u8]>,
    /// The mark by which GitHub knows it again.
    pub(in super::super) tag: Option<HeaderValue>,
    has_next: bool,
}

impl Answer {
    pub(super) fn new(status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Self {
        let tag = headers.get(ETAG).cloned();
        Self { status, body: body.into(), tag, has_next: has_next(headers) }
    }

    /// What was asked for.
    ///
    /// # Errors
    /// Where the answer is a no, or something else than expected.
    pub(in super::super) fn json<T: DeserializeOwned>(&self, what: &str) -> Result<T, ForgeError> {
        self.expect(what)?;
        serde_json::from_slice(&self.body).map_err(|error| match self.is_page() {
            true => no_interface(what),
            false => failed(format!("reading {what}"), format!("GitHub's answer is odd: {error}")),
        })
    }

    /// Nothing, where GitHub said yes.
    ///
    /// # Errors
    /// Where it said no.
    pub(in super::super) fn expect(&self, what: &str) -> Result<(), ForgeError> {
        match self.status {
            status if status.is_success() => Ok(()),
            StatusCode::NOT_FOUND if self.is_page() => Err(no_interface(what)),
            StatusCode::NOT_FOUND | StatusCode::GONE | StatusCode::MOVED_PERMANENTLY => {
                Err(ForgeError::NotFound { what: what.to_owned() })
            }
            _ => Err(failed(what, self.words())),
        }
    }

    /// Whether it is a page for people: the interfaces answer with JSON, and with nothing.
    fn is_page(&self) -> bool {
        self.body.trim_ascii_start().starts_with(b"<")
    }

    /// What GitHub said with a no.
    pub(in super::super) fn words(&self) -> String {
        super::super::refusal::words(self.status, &self.body)
    }

    /// Whether GitHub said this with a no; in lower case.
    pub(in super::super) fn says(&self, part: &str) -> bool {
        self.said().contains(part)
    }

    /// All that GitHub said with a no, in lower case: what people are told is cut to what they read.
    pub(in super::super) fn said(&self) -> String {
        super::super::refusal::said_in_full(&self.body)
    }

    /// Whether there is another page.
    pub(in super::super) const fn has_next(&self) -> bool {
        self.has_next
    }
}

fn has_next(headers: &HeaderMap) -> bool {
    let link = headers.get(LINK).and_then(|link| link.to_str().ok());
    link.is_some_and(|link| link.contains("rel=\"next\""))
}
