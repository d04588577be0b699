//! Page after page of a listing, as `Link` says, and never anywhere else.

use std::collections::BTreeSet;

use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use super::refusal::one_line;

/// Most pages in a row that may bring no new tag; then the listing does not advance.
const IDLE_PAGES_MAX: usize = 3;
/// What the path of every listing ends with.
const LISTING: &str = "/tags/list";

/// Walks through the pages of one listing.
pub(super) struct Pager {
    listing: Url,
    next: Option<Url>,
    seen: BTreeSet<String>,
    pages_max: usize,
    idle_pages: usize,
}

impl Pager {
    /// Starts at the first page of `listing`.
    pub(super) fn new(listing: Url, tags_per_page: usize, pages_max: usize) -> Self {
        let mut first = listing.clone();
        first.set_query(Some(&format!("n={tags_per_page}")));
        Self { listing, next: Some(first), seen: BTreeSet::new(), pages_max, idle_pages: 0 }
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

    /// How many pages were taken.
    pub(super) fn pages(&self) -> usize {
        self.seen.len()
    }

    /// Notes whether a page brought a new tag. Fails where page after page brings none.
    pub(super) fn advance(&mut self, is_new: bool) -> Result<(), String> {
        self.idle_pages = if is_new { 0 } else { self.idle_pages + 1 };
        if self.idle_pages >= IDLE_PAGES_MAX && self.next.is_some() {
            return Err(format!("{IDLE_PAGES_MAX} pages of its listing in a row bring no new tag"));
        }
        Ok(())
    }

    /// Takes the way to the next page from a page's headers. Only its query is used: registries behind a prefix
    /// name a path without it, and the rest must be ours.
    pub(super) fn follow(&mut self, headers: &HeaderMap) -> Result<(), String> {
        let Some(target) = headers.get_all(LINK).iter().find_map(|value| next_in(value.to_str().ok()?))
        else {
            return Ok(());
        };
        let link = self
            .listing
            .join(&target)
            .map_err(|error| format!("the address of its next page is not valid: {error}"))?;
        // A registry behind a proxy may not know that it is reached over TLS, so the scheme may differ.
        let is_same_host = (link.host_str(), link.port()) == (self.listing.host_str(), self.listing.port());
        // Only the origin is named: what follows it may repeat our credentials, spelt in another way.
        if !is_same_host {
            let origin = link.origin().ascii_serialization();
            return Err(format!("its next page lies elsewhere, at `{}`", one_line(&origin)));
        }
        if !self.is_of_this_image(&link) {
            return Err("its next page is not one of this image's tags".to_owned());
        }
        let mut next = self.listing.clone();
        next.set_query(link.query());
        self.next = Some(next);
        Ok(())
    }
}

impl Pager {
    /// Whether an address is that of our listing, perhaps without the prefix under which we reach the registry.
    fn is_of_this_image(&self, link: &Url) -> bool {
        let image = |url: &Url| Some(url.path().split_once("/v2/")?.1.strip_suffix(LISTING)?.to_owned());
        match (image(&self.listing), image(link)) {
            (Some(ours), Some(theirs)) => ours == theirs || ours.ends_with(&format!("/{theirs}")),
            _ => false,
        }
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
