//! The listing of pull requests: those that were touched last come first, so that one page mostly tells all that is new.

use super::super::GitHubForge;
use super::super::connection::{Answer, Call, PAGE_SIZE, in_query};
use super::super::credentials::Scope;
use super::super::wire::{Pull, Side};
use super::{ENDED_AGE_MAX, Pulls};
use crate::forge::{BRANCH_PREFIX, ForgeError};
use crate::model::{Place, Time};
use chrono::TimeDelta;

/// How many pages of pull requests, those touched last first, are read before only the open ones are listed.
const PAGES_MAX: usize = 50;
/// How long pull requests are not listed while none of ours is open, no branch moved and nobody tells of anything: that
/// long a comment on one that ended may wait where no webhook tells of it.
const LISTING_AGE_MAX: TimeDelta = TimeDelta::minutes(5);
impl GitHubForge {
    /// Takes in every pull request that was touched since the last look. At the first one, all that are open and those that
    /// were touched of late: what ended before is in the log.
    pub(super) async fn refresh(&self, place: &Place, pulls: &mut Pulls) -> Result<(), ForgeError> {
        let base = in_query(place.branch.as_str());
        let list = format!("state=all&base={base}&sort=updated&direction=desc&per_page={PAGE_SIZE}");
        let known_since = pulls.newest;
        let since = known_since.unwrap_or_else(|| self.now() - ENDED_AGE_MAX);
        let mut first = None;
        for page in 1..=PAGES_MAX {
            let answer = self.page_of_pulls(place, &format!("{list}&page={page}"), page == 1).await?;
            if page == 1 && known_since.is_some() && answer.tag.is_some() && answer.tag == pulls.taken {
                return Ok(());
            }
            first.get_or_insert_with(|| answer.tag.clone());
            let oldest = self.take_in(place, pulls, &answer)?;
            let is_all = !answer.has_next();
            let is_known = known_since.is_some() && oldest.is_none_or(|oldest| oldest < since);
            if is_all || is_known {
                pulls.taken = first.flatten();
                return Ok(());
            }
            if oldest.is_none_or(|oldest| oldest < since) {
                break;
            }
        }
        self.take_in_open(place, pulls).await?;
        pulls.taken = first.flatten();
        Ok(())
    }

    /// Takes in whatever is open.
    async fn take_in_open(&self, place: &Place, pulls: &mut Pulls) -> Result<(), ForgeError> {
        let base = in_query(place.branch.as_str());
        let path = format!("/repos/{}/pulls?state=open&base={base}", place.repository);
        let scope = Scope::Repository(&place.repository);
        let open: Vec<Pull> = self.inner.connection.pages(scope, "read pull requests", &path).await?;
        pulls.take(place, open);
        Ok(())
    }

    /// One page of pull requests. The first is asked for again and again, and then mostly as it was.
    async fn page_of_pulls(&self, place: &Place, query: &str, is_first: bool) -> Result<Answer, ForgeError> {
        let path = format!("/repos/{}/pulls?{query}", place.repository);
        let call = Call::get(Scope::Repository(&place.repository), "read pull requests", path);
        if is_first {
            self.inner.connection.get_if_changed(call).await
        } else {
            self.inner.connection.call(call).await
        }
    }

    /// Takes in a page; gives the earliest touch on it.
    fn take_in(&self, place: &Place, pulls: &mut Pulls, answer: &Answer) -> Result<Option<Time>, ForgeError> {
        let listed: Vec<Pull> = answer.json(&format!("the pull requests of `{}`", place.repository))?;
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
        known_hints != hints || now - at >= LISTING_AGE_MAX || self.ours.values().any(Pull::is_open)
    }

    /// Takes in what a page lists: pull requests from branches of ours in this repository, into this branch.
    fn take(&mut self, place: &Place, listed: Vec<Pull>) {
        for pull in listed {
            self.newest = self.newest.max(Some(pull.updated_at));
            let is_here = |side: &Side| {
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
