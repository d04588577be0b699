//! Redirects: GitHub sends whoever reads to renamed repositories, and to hosts that keep archives.
//!
//! Only reads follow them, never from a secure address to an open one; and once the way left GitHub's own origin, the
//! token goes along no more, wherever else the way leads.

#[cfg(test)]
mod tests;

use http::header::{HeaderMap, LOCATION};
use http::{Method, StatusCode};
use url::Url;

/// How many redirects one request follows.
const HOPS_MAX: usize = 5;

/// An address on the way of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RedirectHop {
    url: Url,
    /// Whether the way never left GitHub's own origin, so that the token may be seen there.
    pub(super) is_home: bool,
    behind: usize,
}

impl RedirectHop {
    /// Where a way begins.
    ///
    /// # Errors
    /// Where the text is no address.
    pub(super) fn first(address: &str) -> Result<Self, impl std::error::Error + use<>> {
        Url::parse(address).map(|url| Self { url, is_home: true, behind: 0 })
    }

    pub(super) fn address(&self) -> &str {
        self.url.as_str()
    }

    /// Where that is, without anything that may be secret in an address.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The host that is asked there.
    pub(super) fn host(&self) -> String {
        self.url.host_str().unwrap_or_default().to_owned()
    }

    /// Where a response leads; nothing where it is the last one, or leads where no way should.
    pub(super) fn next(&self, method: &Method, status: StatusCode, headers: &HeaderMap) -> Option<Self> {
        if !status.is_redirection() || *method != Method::GET || self.behind == HOPS_MAX {
            return None;
        }
        let url = self.url.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
        let is_safe = url.scheme() == "https" || url.scheme() == self.url.scheme();
        let is_home = self.is_home && url.origin() == self.url.origin();
        is_safe.then_some(Self { url, is_home, behind: self.behind + 1 })
    }
}
