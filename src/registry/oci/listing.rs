//! The listing of an image's tags.

use std::collections::BTreeSet;

use oci_distribution::client::TagResponse;
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::paging::Pager;
use super::question::Question;
use super::{Listing, RegistryError};
use crate::model::{Tag, Validator};

/// How many tags a page should have: what the large registries allow at most.
const TAGS_PER_PAGE: usize = 1000;

impl Question<'_> {
    /// Every page of the listing, until the last.
    pub(super) async fn tags(&self, _known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let limits = &self.registry.limits;
        let mut pager = Pager::new(self.url("tags/list")?, TAGS_PER_PAGE, limits.pages_max);
        let mut tags = BTreeSet::new();
        let mut listed = 0;
        while let Some(url) = pager.take().map_err(|why| self.unavailable(why))? {
            let response = self.ask(Method::GET, &url, HeaderMap::new()).await?;
            let response = self.expect_success(response).await?;
            pager.follow(response.headers()).map_err(|why| self.unavailable(why))?;
            let page = self.body(response, limits.page_bytes_max).await?;
            let page: TagResponse = serde_json::from_slice(&page)
                .map_err(|error| self.unavailable(format!("its answer is not a listing of tags: {error}")))?;
            listed += page.tags.len();
            if listed > limits.tags_max {
                return Err(self.unavailable(format!("it lists more than {} tags", limits.tags_max)));
            }
            tags.extend(page.tags.into_iter().filter_map(|text| self.checked(text)));
        }
        Ok(Listing::Tags { tags: tags.into_iter().collect(), validator: None })
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
