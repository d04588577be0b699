//! Who the bot is, and who belongs to a team.

use chrono::TimeDelta;
use http::StatusCode;

use super::connection::{Call, in_path, lock};
use super::credentials::{Credentials, Scope};
use super::wire::{Account, App, Membership};
use super::{GitHubForge, failed};
use crate::forge::ForgeError;
use crate::model::{TeamName, UserName};

/// How long an answer about a membership holds.
const MEMBERSHIP_FOR: TimeDelta = TimeDelta::seconds(60);
/// How many such answers are remembered; then all are forgotten.
const MEMBERSHIPS_MAX: usize = 10_000;

impl GitHubForge {
    /// The bot's own name, asked for once where the configuration does not say it.
    pub(super) async fn identity(&self) -> Result<&UserName, ForgeError> {
        self.inner.bot.get_or_try_init(|| self.ask_identity()).await
    }

    async fn ask_identity(&self) -> Result<UserName, ForgeError> {
        let (connection, verb) = (&self.inner.connection, "say who it is");
        let login = match connection.credentials() {
            Credentials::Token(_) => {
                connection.get::<Account>(Scope::Bot, verb, "/user".to_owned()).await?.login
            }
            Credentials::App(_) => {
                let app: App = connection.get(Scope::Bot, verb, "/app".to_owned()).await?;
                format!("{}[bot]", app.slug)
            }
        };
        UserName::new(login).map_err(|error| failed("learning the bot's name", error))
    }

    /// Whether somebody belongs to a team; whoever was only invited does not yet.
    pub(super) async fn belongs(&self, team: &TeamName, user: &UserName) -> Result<bool, ForgeError> {
        let key = (team.clone(), user.clone());
        let now = self.now();
        let known = lock(&self.inner.members).get(&key).copied();
        if let Some((is_member, _)) = known.filter(|(_, at)| now - *at < MEMBERSHIP_FOR) {
            return Ok(is_member);
        }
        let is_member = self.ask_membership(team, user).await?;
        let mut members = lock(&self.inner.members);
        if members.len() >= MEMBERSHIPS_MAX {
            members.clear();
        }
        members.insert(key, (is_member, now));
        Ok(is_member)
    }

    async fn ask_membership(&self, team: &TeamName, user: &UserName) -> Result<bool, ForgeError> {
        let (organization, slug) = team.as_str().split_once('/').expect("a team has an owner");
        let scope = Scope::Organization(organization);
        let team_path = format!("/orgs/{}/teams/{}", in_path(organization), in_path(slug));
        let path = format!("{team_path}/memberships/{}", in_path(user.as_str()));
        let answer = self.inner.connection.call(Call::get(scope, "read teams", path)).await?;
        if answer.status != StatusCode::NOT_FOUND {
            let membership: Membership = answer.json(&format!("the team `{team}`"))?;
            return Ok(membership.state == "active");
        }
        // Nobody there, no such team, or none that we may see: only the first is a no.
        let answer = self.inner.connection.call(Call::get(scope, "read teams", team_path)).await?;
        answer.expect(&format!("the team `{team}`")).map(|()| false)
    }
}
