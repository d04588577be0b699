//! Asking people for a review, once, when a change was opened.
//!
//! Reviewers are requested only where a user has to act. What the bot merges by itself notifies nobody. A rejected
//! request does not stop the change.

use http::{Method, StatusCode};
use serde_json::json;

use super::GitHubForge;
use super::scope::Scope;
use super::transport::{Call, encode_path};
use crate::forge::ForgeError;
use crate::model::{ChangeNumber, ConfigBranch, Principal, Proposal, TeamName};

impl GitHubForge {
    /// Asks for reviews of a new change. Nothing rests on it, so what does not work is only said in the log.
    pub(super) async fn request_reviews(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reviewers: &[Principal],
    ) {
        let fit = reviewers.iter().filter(|reviewer| can_be_asked(place, reviewer));
        let fit: Vec<&Principal> = fit.take(Proposal::REVIEWERS_MAX).collect();
        if fit.is_empty() {
            return;
        }
        if let Err(error) = self.request_all(place, change, &fit).await {
            tracing::warn!("no reviewer was requested for {change} in `{}`: {error}", place.repository);
        }
    }

    /// GitHub takes all or nobody, and does not say who is in the way: then those are left out whom it does not know in
    /// the repository, and where that is not enough all teams, which the bot may not be allowed to see.
    async fn request_all(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reviewers: &[&Principal],
    ) -> Result<(), ForgeError> {
        let Err(refused) = self.request(place, change, reviewers).await? else { return Ok(()) };
        let known = self.known_of(place, reviewers).await;
        let users = known.iter().copied().filter(|reviewer| !is_team(reviewer)).collect();
        let (mut asked, mut refused) = (reviewers.to_vec(), refused);
        for fewer in [known, users] {
            if fewer.is_empty() || fewer.len() == asked.len() {
                continue;
            }
            let Err(error) = self.request(place, change, &fewer).await? else {
                let left_out = reviewers.len() - fewer.len();
                tracing::warn!(
                    "{left_out} were not asked for a review of {change} in `{}`: {refused}",
                    place.repository
                );
                return Ok(());
            };
            (asked, refused) = (fewer, error);
        }
        Err(refused)
    }

    /// Asks for reviews. The inner error is a no that fewer reviewers may turn into a yes.
    async fn request(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        reviewers: &[&Principal],
    ) -> Result<Result<(), ForgeError>, ForgeError> {
        let users = reviewers.iter().filter_map(|reviewer| match reviewer {
            Principal::User(user) => Some(user.as_str()),
            Principal::Team(_) | Principal::CodeOwners => None,
        });
        let teams = reviewers.iter().filter_map(|reviewer| match reviewer {
            Principal::Team(team) => Some(slug(team)),
            Principal::User(_) | Principal::CodeOwners => None,
        });
        let body = json!({
            "reviewers": users.collect::<Vec<_>>(),
            "team_reviewers": teams.collect::<Vec<_>>(),
        });
        let path = format!("/repos/{}/pulls/{}/requested_reviewers", place.repository, change.0);
        // What a token can do beyond its repository is asked for where it is needed: not every App was granted it.
        let has_teams = reviewers.iter().any(|reviewer| is_team(reviewer));
        let scope = if has_teams { Scope::Reviews } else { Scope::Repository }(&place.repository);
        let call = Call::write(scope, "ask for reviews", Method::POST, path, body);
        match self.inner.transport.call(call).await {
            Ok(response) if response.status == StatusCode::UNPROCESSABLE_ENTITY => {
                Ok(response.ensure_success(&format!("asking for reviews of {change}")))
            }
            Ok(response) => response.ensure_success(&format!("asking for reviews of {change}")).map(Ok),
            Err(error @ (ForgeError::Forbidden { .. } | ForgeError::Misconfigured { .. })) if has_teams => {
                Ok(Err(error))
            }
            Err(error) => Err(error),
        }
    }

    /// Those whom GitHub counts among those who have to do with the repository.
    async fn known_of<'a>(&self, place: &ConfigBranch, reviewers: &[&'a Principal]) -> Vec<&'a Principal> {
        let mut known = Vec::with_capacity(reviewers.len());
        for reviewer in reviewers {
            if self.is_known(place, reviewer).await {
                known.push(*reviewer);
            }
        }
        known
    }

    /// Whether GitHub counts somebody among those who have to do with the repository; not where it does not say.
    async fn is_known(&self, place: &ConfigBranch, reviewer: &Principal) -> bool {
        let repository = &place.repository;
        let (scope, path) = match reviewer {
            Principal::User(user) => {
                let path = format!("/repos/{repository}/collaborators/{}", encode_path(user.as_str()));
                (Scope::Repository(repository), path)
            }
            Principal::Team(team) => {
                let owner = owner(team);
                let path = format!(
                    "/orgs/{}/teams/{}/repos/{repository}",
                    encode_path(owner),
                    encode_path(slug(team))
                );
                (Scope::Organization(owner), path)
            }
            Principal::CodeOwners => return false,
        };
        let response = self.inner.transport.call(Call::get(scope, "read who may review", path)).await;
        response.is_ok_and(|response| response.status.is_success())
    }
}

/// Whether GitHub has a place for somebody in a request: teams only of the repository's own organization.
fn can_be_asked(place: &ConfigBranch, reviewer: &Principal) -> bool {
    match reviewer {
        Principal::User(_) => true,
        Principal::Team(team) => {
            let own = place.repository.as_str().split('/').next().unwrap_or_default();
            owner(team).eq_ignore_ascii_case(own) && !slug(team).contains('/')
        }
        Principal::CodeOwners => false,
    }
}

const fn is_team(reviewer: &Principal) -> bool {
    match reviewer {
        Principal::Team(_) => true,
        Principal::User(_) | Principal::CodeOwners => false,
    }
}

fn owner(team: &TeamName) -> &str {
    team.as_str().split_once('/').map_or("", |(owner, _)| owner)
}

fn slug(team: &TeamName) -> &str {
    team.as_str().split_once('/').map_or("", |(_, slug)| slug)
}
