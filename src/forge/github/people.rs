//! Who the bot is, who belongs to a team, and who may write.
//!
//! Logins are compared in lower case, and the account that wrote under a login is remembered: a login that was renamed
//! or taken over gives no right. A user who is listed by login must also be a collaborator of the config repository.
//! This costs one more request for each membership. See
//! <https://docs.github.com/en/account-and-profile/concepts/username-changes>.
//!
//! A response is remembered for 30 s with the time at which GitHub gave it. `decide` accepts none that is older than 60
//! s, and the proof of a merge ends 60 s after the oldest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use chrono::TimeDelta;
use http::StatusCode;

use super::GitHubForge;
use super::auth::Credentials;
use super::lock::lock;
use super::scope::Scope;
use super::transport::{Call, OWN_ACCOUNT, encode_path};
use super::wire::{Account, App, Membership, Permission, is_ghost, login};
use crate::forge::{Confirmation, ForgeError};
use crate::model::{RepositoryName, TeamName, Time, UserName, is_younger_than};

/// How long a response about somebody is remembered: half as long as rights may be old, so that there is as much time
/// again to carry out what rests on it.
const TOLD_FOR: TimeDelta = TimeDelta::seconds(30);
/// How many responses, and how many names, are remembered; then all are forgotten.
const NAMES_MAX: usize = 10_000;
/// The type of an account that is a program's.
const MACHINE: &str = "Bot";

/// A name, and the account that wrote something under it.
pub(super) type Author = (UserName, u64);

/// What is known of people.
#[derive(Default)]
pub(super) struct People {
    told: Mutex<BTreeMap<PeopleQuery, (PeopleAnswer, Time)>>,
    /// The accounts that wrote something under a name. Several mean that the name went from one to another; then it
    /// gives nothing as long as this process lives.
    authors: Mutex<BTreeMap<UserName, BTreeSet<u64>>>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum PeopleQuery {
    Member(TeamName, UserName),
    Writer(RepositoryName, UserName),
    Collaborator(RepositoryName, UserName),
}

/// What GitHub said, and about which account.
#[derive(Clone, Copy)]
struct PeopleAnswer {
    is_so: bool,
    account: Option<u64>,
}

impl PeopleAnswer {
    const NO: Self = Self { is_so: false, account: None };

    /// Whether it is so, and of the account that wrote here.
    fn is_of(self, author: Option<u64>) -> bool {
        self.is_so && author.is_some() && self.account == author
    }
}

impl GitHubForge {
    /// The bot's own name, asked for once where the configuration does not say it.
    pub(super) async fn identity(&self) -> Result<&UserName, ForgeError> {
        self.inner.bot.get_or_try_init(|| self.ask_identity()).await
    }

    async fn ask_identity(&self) -> Result<UserName, ForgeError> {
        let (transport, verb) = (&self.inner.transport, "say who it is");
        let name = match transport.credentials() {
            Credentials::Token(_) => {
                transport.get::<Account>(Scope::Bot, verb, OWN_ACCOUNT.to_owned()).await?.login
            }
            Credentials::App(_) => {
                let app: App = transport.get(Scope::Bot, verb, "/app".to_owned()).await?;
                format!("{}[bot]", app.slug)
            }
        };
        login(&name).map_err(|error| ForgeError::unavailable("learning the bot's name", error))
    }

    /// Remembers which account stood behind each name that wrote something. Each look says it anew of all that it shows,
    /// so that forgetting costs nothing.
    pub(super) fn remember_authors<'a>(&self, accounts: impl Iterator<Item = &'a Author>) {
        let mut authors = lock(&self.inner.people.authors);
        if authors.len() >= NAMES_MAX {
            authors.clear();
        }
        for (name, id) in accounts {
            authors.entry(name.clone()).or_default().insert(*id);
        }
    }

    /// Whether somebody belongs to a team; whoever was only invited does not yet.
    pub(super) async fn belongs(&self, team: &TeamName, user: &UserName) -> Result<Confirmation, ForgeError> {
        let question = PeopleQuery::Member(team.clone(), user.clone());
        self.ask(user, question, async || self.ask_membership(team, user).await).await
    }

    /// Whether somebody may write to a repository. Programs get no right by that, whatever they may do.
    pub(super) async fn writes(
        &self,
        repository: &RepositoryName,
        user: &UserName,
    ) -> Result<Confirmation, ForgeError> {
        let question = PeopleQuery::Writer(repository.clone(), user.clone());
        self.ask(user, question, async || self.ask_permission(repository, user).await).await
    }

    /// Whether somebody is a collaborator of a repository: itself, by a team, or as a member of the organization.
    ///
    /// On a public repository everybody may read, so that the permission does not tell.
    pub(super) async fn collaborates(
        &self,
        repository: &RepositoryName,
        user: &UserName,
    ) -> Result<Confirmation, ForgeError> {
        let question = PeopleQuery::Collaborator(repository.clone(), user.clone());
        self.ask(user, question, async || self.ask_collaboration(repository, user).await).await
    }

    /// A response that is remembered, or a new one; no for an account that is not the one that wrote here.
    ///
    /// # Errors
    /// Where nothing that somebody wrote under this name is shown: then nobody knows whose name it was.
    async fn ask(
        &self,
        user: &UserName,
        question: PeopleQuery,
        ask: impl AsyncFnOnce() -> Result<PeopleAnswer, ForgeError>,
    ) -> Result<Confirmation, ForgeError> {
        let now = self.now();
        if is_ghost(user) {
            return Ok(Confirmation { is_so: false, at: Some(now) });
        }
        let author = self.author(user)?;
        let people = &self.inner.people;
        let known = lock(&people.told).get(&question).copied();
        if let Some((told, at)) = known.filter(|(_, at)| is_younger_than(TOLD_FOR, *at, now)) {
            return Ok(Confirmation { is_so: told.is_of(author), at: Some(at) });
        }
        let new = ask().await?;
        let mut all = lock(&people.told);
        if all.len() >= NAMES_MAX {
            all.clear();
        }
        all.insert(question, (new, now));
        Ok(Confirmation { is_so: new.is_of(author), at: Some(now) })
    }

    /// The only account that wrote here under a name; nothing where there are several: names are renamed and taken over.
    fn author(&self, user: &UserName) -> Result<Option<u64>, ForgeError> {
        let authors = lock(&self.inner.people.authors);
        let ids = authors.get(user).ok_or_else(|| {
            ForgeError::unavailable(
                format!("learning whose name `{user}` is"),
                "nothing that was written under it is shown",
            )
        })?;
        Ok(if ids.len() == 1 { ids.first().copied() } else { None })
    }

    async fn ask_membership(&self, team: &TeamName, user: &UserName) -> Result<PeopleAnswer, ForgeError> {
        let (scope, team_path) = place_of(team);
        let path = format!("{team_path}/memberships/{}", encode_path(user.as_str()));
        let response = self.inner.transport.call(Call::get(scope, "read teams", path)).await?;
        if response.status != StatusCode::NOT_FOUND {
            let membership: Membership = response.json(&format!("the team `{team}`"))?;
            if membership.state != "active" {
                return Ok(PeopleAnswer::NO);
            }
            return self.told_of(scope, user).await;
        }
        // Nobody there, no such team, or none that we may see: only the first is a no.
        self.expect_team(team).await.map(|()| PeopleAnswer::NO)
    }

    /// Looks whether a team is there, and shown to the bot.
    pub(super) async fn expect_team(&self, team: &TeamName) -> Result<(), ForgeError> {
        let (scope, path) = place_of(team);
        let response = self.inner.transport.call(Call::get(scope, "read teams", path)).await?;
        response.ensure_success(&format!("the team `{team}`"))
    }

    async fn ask_collaboration(
        &self,
        repository: &RepositoryName,
        user: &UserName,
    ) -> Result<PeopleAnswer, ForgeError> {
        let path = format!("/repos/{repository}/collaborators/{}", encode_path(user.as_str()));
        let scope = Scope::Repository(repository);
        let response = self.inner.transport.call(Call::get(scope, "read permissions", path)).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(PeopleAnswer::NO);
        }
        response.ensure_success(&format!("whether {user} is a collaborator of `{repository}`"))?;
        self.told_of(scope, user).await
    }

    /// A yes, with the account that has the name now: neither a membership nor a collaboration says whose it is.
    async fn told_of(&self, scope: Scope<'_>, user: &UserName) -> Result<PeopleAnswer, ForgeError> {
        let path = format!("/users/{}", encode_path(user.as_str()));
        let account: Account = self.inner.transport.get(scope, "read accounts", path).await?;
        Ok(PeopleAnswer { is_so: true, account: account.id })
    }

    async fn ask_permission(
        &self,
        repository: &RepositoryName,
        user: &UserName,
    ) -> Result<PeopleAnswer, ForgeError> {
        let path = format!("/repos/{repository}/collaborators/{}/permission", encode_path(user.as_str()));
        let call = Call::get(Scope::Repository(repository), "read permissions", path);
        let response = self.inner.transport.call(call).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Ok(PeopleAnswer::NO);
        }
        let told: Permission = response.json(&format!("what {user} may do in `{repository}`"))?;
        let is_machine = told.user.as_ref().and_then(|user| user.kind.as_deref()) == Some(MACHINE);
        let is_enough = matches!(told.permission.as_str(), "admin" | "write");
        Ok(PeopleAnswer { is_so: is_enough && !is_machine, account: told.user.and_then(|user| user.id) })
    }
}

/// Where a team is, and who is asked about it.
fn place_of(team: &TeamName) -> (Scope<'_>, String) {
    let (organization, slug) = team.as_str().split_once('/').expect("a team has an owner");
    let path = format!("/orgs/{}/teams/{}", encode_path(organization), encode_path(slug));
    (Scope::Organization(organization), path)
}
