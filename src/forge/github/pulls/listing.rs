//! The listing of pull requests: those that were touched last come first, so that one page mostly tells all that is new.

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::transport::{Call, PAGE_SIZE, Response, encode_query};
use super::super::wire::{Pull, PullSide};
use super::{ENDED_AGE_MAX, Pulls};
use crate::forge::{BRANCH_PREFIX, ForgeError};
use crate::model::{ConfigBranch, Time, is_younger_than};
use chrono::TimeDelta;

/// How many pages of pull requests, those touched last first, are read before only the open ones are listed.
const PAGES_MAX: usize = 50;
/// How long pull requests are not listed while none of ours is open, no branch moved and nobody tells of anything: that
/// long a comment on one that ended may wait where no webhook tells of it.
const LISTING_AGE_MAX: TimeDelta = TimeDelta::minutes(5);

impl GitHubForge {
    /// Takes in every pull request that was touched since the last look. At the first one, all that are open and those that
    /// were touched of late: what ended before is in the log.
    ///
    /// The first page is asked for by the tag of the one that was taken in, and not of the one that was read: a look that
    /// fails after it has to see it again.
    pub(super) async fn refresh(&self, place: &ConfigBranch, pulls: &mut Pulls) -> Result<(), ForgeError> {
        let first = Self::page_of_pulls(place, 1);
        let Some(mut response) = self.inner.transport.get_unless(first, pulls.taken.clone()).await? else {
            return Ok(());
        };
        let (taken, known_since) = (response.etag.clone(), pulls.newest);
        let since = known_since.unwrap_or_else(|| self.inner.transport.github_now() - ENDED_AGE_MAX);
        for page in 2.. {
            let oldest = self.take_in(place, pulls, &response)?;
            let is_old = oldest.is_none_or(|oldest| oldest < since);
            if !response.has_next() || (is_old && known_since.is_some()) {
                break;
            }
            if is_old || page > PAGES_MAX {
                self.take_in_open(place, pulls).await?;
                break;
            }
            response = self.inner.transport.call(Self::page_of_pulls(place, page)).await?;
        }
        pulls.taken = taken;
        Ok(())
    }

    /// Takes in whatever is open.
    async fn take_in_open(&self, place: &ConfigBranch, pulls: &mut Pulls) -> Result<(), ForgeError> {
        let base = encode_query(place.branch.as_str());
        let path = format!("/repos/{}/pulls?state=open&base={base}", place.repository);
        let scope = Scope::Repository(&place.repository);
        let open: Vec<Pull> = self.inner.transport.pages(scope, "read pull requests", &path).await?;
        pulls.take(place, open);
        Ok(())
    }

    /// The question for a page of pull requests of any state.
    fn page_of_pulls(place: &ConfigBranch, page: usize) -> Call<'_> {
        let (repository, base) = (&place.repository, encode_query(place.branch.as_str()));
        let path = format!(
            "/repos/{repository}/pulls?state=all&base={base}&sort=updated&direction=desc&per_page={PAGE_SIZE}&page={page}"
        );
        Call::get(Scope::Repository(repository), "read pull requests", path)
    }

    /// Takes in a page; gives the earliest touch on it.
    fn take_in(
        &self,
        place: &ConfigBranch,
        pulls: &mut Pulls,
        response: &Response,
    ) -> Result<Option<Time>, ForgeError> {
        let listed: Vec<Pull> = response.json(&format!("the pull requests of `{}`", place.repository))?;
        let oldest = listed.last().map(|pull| pull.updated_at);
        if let Some(base) = listed.first().and_then(|pull| pull.base.repo.as_ref()) {
            Self::expect_name(&place.repository, &base.full_name)?;
        }
        pulls.take(place, listed);
        Ok(oldest)
    }
}

impl Pulls {
    /// Whether they have to be listed whatever the branches say.
    pub(super) fn are_due(&self, hints: u64, now: Time) -> bool {
        let Some((known_hints, at)) = self.listed else { return true };
        known_hints != hints
            || !is_younger_than(LISTING_AGE_MAX, at, now)
            || self.ours.values().any(Pull::is_open)
    }

    /// Takes in what a page lists: pull requests from branches of ours in this repository, into this branch.
    fn take(&mut self, place: &ConfigBranch, listed: Vec<Pull>) {
        for pull in listed {
            self.newest = self.newest.max(Some(pull.updated_at));
            let is_here = |side: &PullSide| {
                let repository = side.repo.as_ref().map(|repository| repository.full_name.as_str());
                repository.is_some_and(|name| name.eq_ignore_ascii_case(place.repository.as_str()))
            };
            let is_ours = pull.head.branch.starts_with(BRANCH_PREFIX) && is_here(&pull.head);
            if is_ours && pull.base.branch == place.branch.as_str() {
                self.ours.insert(pull.number, pull);
            } else {
                // Somebody gave it another base.
                self.ours.remove(&pull.number);
            }
        }
    }
}
