//! The listing of an image's tags, page by page; an unchanged one costs no body.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta};
use oci_distribution::client::TagResponse;
use reqwest::header::{
    DATE, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
};
use reqwest::{Method, Response, StatusCode};

use super::paging::Pager;
use super::question::Question;
use super::{Listing, RegistryError};
use crate::model::{Tag, Validator};

/// How many tags a page should have: what the large registries allow at most.
const TAGS_PER_PAGE: usize = 1000;
/// Registries cap their pages at round numbers, such as 25 or 1000. A listing of so many tags may be a full page, to which a second one
/// could come while the first stays the same; so it is always read.
const ROUND_NUMBER: usize = 5;
/// How much older than its answer a last change must be, since its time is cut to seconds.
const CHANGE_AGE_MIN: TimeDelta = TimeDelta::seconds(2);
/// What a validator starts with, for what follows it to be sent back in the right header.
const BY_ETAG: &str = "etag ";
const BY_DATE: &str = "modified ";

impl Question<'_> {
    /// Every page of the listing, until the last; or that it is unchanged, where the validator says so.
    pub(super) async fn tags(&self, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let limits = &self.registry.limits;
        let mut pager = Pager::new(self.url("tags/list")?, TAGS_PER_PAGE, limits.pages_max);
        let mut condition = condition(known);
        let mut tags = BTreeSet::new();
        let mut listed = 0;
        let mut validator = None;
        while let Some(url) = pager.take().map_err(|why| self.unavailable(why))? {
            let is_conditional = !condition.is_empty();
            let response = self.ask(Method::GET, &url, std::mem::take(&mut condition)).await?;
            if is_conditional && response.status() == StatusCode::NOT_MODIFIED {
                return Ok(Listing::Unchanged);
            }
            let response = self.expect_success(response).await?;
            validator = validator_of(response.headers());
            pager.follow(response.headers()).map_err(|why| self.unavailable(why))?;
            let page = self.page(response).await?;
            listed += page.len();
            if listed > limits.tags_max {
                return Err(self.unavailable(format!("it lists more than {} tags", limits.tags_max)));
            }
            let before = tags.len();
            tags.extend(page.into_iter().filter_map(|text| self.checked(text)));
            pager.advance(tags.len() > before).map_err(|why| self.unavailable(why))?;
        }
        let is_whole = pager.pages() == 1 && (listed == 0 || !listed.is_multiple_of(ROUND_NUMBER));
        let validator = if is_whole { validator } else { None };
        Ok(Listing::Tags { tags: tags.into_iter().collect(), validator })
    }

    async fn page(&self, response: Response) -> Result<Vec<String>, RegistryError> {
        let page = self.body(response, self.registry.limits.page_bytes_max).await?;
        let page: TagResponse = serde_json::from_slice(&page)
            .map_err(|error| self.unavailable(format!("its answer is not a listing of tags: {error}")))?;
        Ok(page.tags)
    }

    /// The tag, unless it breaks the grammar: such a tag could never be pulled, so nothing is lost without it.
    fn checked(&self, text: String) -> Option<Tag> {
        let checked = Tag::new(text);
        if let Err(error) = &checked {
            tracing::debug!(image = %self.image, ?error, "ignored a tag that breaks the grammar");
        }
        checked.ok()
    }
}

/// The header that asks for a listing only if it changed; none where nothing is known.
fn condition(known: Option<&Validator>) -> HeaderMap {
    let header = |name: HeaderName, value: &str| Some((name, HeaderValue::from_str(value).ok()?));
    let condition = known.map(Validator::as_str).and_then(|known| {
        let by_tag = known.strip_prefix(BY_ETAG).map(|tag| header(IF_NONE_MATCH, tag));
        by_tag.or_else(|| known.strip_prefix(BY_DATE).map(|date| header(IF_MODIFIED_SINCE, date)))?
    });
    condition.into_iter().collect()
}

/// What an answer gives to ask later whether it is still the same.
fn validator_of(headers: &HeaderMap) -> Option<Validator> {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(tag) = text(ETAG) {
        return Validator::new(format!("{BY_ETAG}{tag}")).ok();
    }
    let instant = |text: &str| DateTime::parse_from_rfc2822(text).ok();
    let (changed, answered) = (text(LAST_MODIFIED)?, instant(text(DATE)?)?);
    let is_settled = answered - instant(changed)? >= CHANGE_AGE_MIN;
    if is_settled { Validator::new(format!("{BY_DATE}{changed}")).ok() } else { None }
}
