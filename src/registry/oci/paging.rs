//! Page after page of a listing, as `Link` says, and never anywhere else.

use std::collections::BTreeSet;

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use super::refusal::one_line;

/// Walks through the pages of one listing.
pub(super) struct Pager {
    listing: Url,
    next: Option<Url>,
    seen: BTreeSet<String>,
    pages_max: usize,
}

impl Pager {
    /// Starts at the first page of `listing`.
    pub(super) fn new(listing: Url, tags_per_page: usize, pages_max: usize) -> Self {
        let mut first = listing.clone();
        first.set_query(Some(&format!("n={tags_per_page}")));
        Self { listing, next: Some(first), seen: BTreeSet::new(), pages_max }
    }

    /// The page to read now; nothing after the last one. Fails beyond the bound, and where a page comes again.
    pub(super) fn take(&mut self) -> Result<Option<Url>, String> {
        let Some(url) = self.next.take() else { return Ok(None) };
        if self.seen.len() >= self.pages_max {
            return Err(format!("its listing has more than {} pages", self.pages_max));
        }
        if !self.seen.insert(url.query().unwrap_or_default().to_owned()) {
            return Err("its listing leads back to a page that was read already".to_owned());
        }
        Ok(Some(url))
    }

    /// Takes the way to the next page from a page's headers. Only its query is used: the rest must be ours.
    pub(super) fn follow(&mut self, headers: &HeaderMap) -> Result<(), String> {
        let Some(target) = headers.get_all(LINK).iter().find_map(|value| next_in(value.to_str().ok()?))
        else {
            return Ok(());
        };
        let link =
            self.listing.join(&target).map_err(|error| format!("its next page is no address: {error}"))?;
        // A registry behind a proxy may not know that it is reached over TLS, so the scheme may differ.
        let is_same = (link.host_str(), link.port(), link.path())
            == (self.listing.host_str(), self.listing.port(), self.listing.path());
        if !is_same {
            let place = format!("{}{}", link.origin().ascii_serialization(), link.path());
            return Err(format!("its next page lies elsewhere, at `{}`", one_line(&place)));
        }
        let mut next = self.listing.clone();
        next.set_query(link.query());
        self.next = Some(next);
        Ok(())
    }
}

/// The target whose relation is `next`, as in `</v2/a/tags/list?last=b>; rel="next"`.
fn next_in(header: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        if parameters.split([';', ',']).any(is_next) {
            return Some(target.to_owned());
        }
        rest = after;
    }
    None
}

fn is_next(parameter: &str) -> bool {
    parameter.split_once('=').is_some_and(|(name, value)| {
        name.trim().eq_ignore_ascii_case("rel") && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
    })
}
