//! Authentication: a token, or an App that requests installation tokens of an hour, each for one repository and with the
//! permissions that are needed there.

mod app;
mod reloadable_secret;
mod single_flight;
mod tokens;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;
use serde_json::json;

use super::permissions::{ASKING_TEAMS, PERMISSIONS, access_word};
use super::transport::Transport;
use crate::forge::ForgeError;
use crate::model::{RepositoryName, Secret, Time};
pub use app::AppCredentials;
use reloadable_secret::ReloadableSecret;
pub use reloadable_secret::SecretReader;

/// What a request is about, which decides the token that it is sent with.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope<'a> {
    /// One repository.
    Repository(&'a RepositoryName),
    /// One repository with source code, only to read.
    Source(&'a RepositoryName),
    /// The deployments of one repository, which nothing else needs.
    Deployments(&'a RepositoryName),
    /// The reviewers of one repository's pull requests, teams among them.
    Reviews(&'a RepositoryName),
    /// The teams of an organization.
    Organization(&'a str),
    /// The bot itself.
    Bot,
}

impl<'a> Scope<'a> {
    /// The account that owns it: an App has one installation in each account.
    fn owner(self) -> &'a str {
        match self {
            Self::Repository(repository)
            | Self::Source(repository)
            | Self::Deployments(repository)
            | Self::Reviews(repository) => {
                repository.as_str().split_once('/').expect("a repository has an owner").0
            }
            Self::Organization(organization) => organization,
            Self::Bot => "app",
        }
    }
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository)
            | Self::Source(repository)
            | Self::Deployments(repository)
            | Self::Reviews(repository) => {
                write!(formatter, "{repository}")
            }
            Self::Organization(organization) => formatter.write_str(organization),
            Self::Bot => formatter.write_str("GitHub"),
        }
    }
}

/// The credentials of the bot.
pub enum Credentials {
    /// A personal token, classic or fine-grained.
    Token(PersonalToken),
    /// A GitHub App.
    App(AppCredentials),
}

/// A personal token, whose file may be replaced.
#[derive(Debug)]
pub struct PersonalToken(ReloadableSecret<SecretString>);

/// The request for an installation token: one repository, and the permissions that are used there.
fn token_request(scope: Scope<'_>) -> serde_json::Value {
    let in_repository = |repository: &RepositoryName, permissions: serde_json::Value| {
        let (_, name) = repository.as_str().split_once('/').expect("a repository has an owner");
        json!({ "repositories": [name], "permissions": permissions })
    };
    match scope {
        Scope::Repository(repository) => {
            // GitHub issues no token at all if the installation lacks one of the requested permissions.
            let vital = PERMISSIONS.iter().filter(|own| own.is_vital);
            let vital: BTreeMap<&str, &str> = vital.map(|own| (own.name, access_word(own.access))).collect();
            in_repository(repository, json!(vital))
        }
        Scope::Source(repository) => {
            in_repository(repository, json!({ "contents": "read", "checks": "read", "statuses": "read" }))
        }
        Scope::Deployments(repository) => in_repository(repository, json!({ "deployments": "write" })),
        Scope::Reviews(repository) => {
            let both = ASKING_TEAMS.iter().map(|(name, access)| (*name, access_word(*access)));
            in_repository(repository, json!(both.collect::<BTreeMap<_, _>>()))
        }
        Scope::Organization(_) | Scope::Bot => json!({ "permissions": { "members": "read" } }),
    }
}

impl Credentials {
    /// A personal token.
    #[must_use]
    pub fn token(token: &Secret) -> Self {
        let token = token.clone();
        Self::token_reading(Arc::new(move || Ok(token.clone()))).expect("it is there already")
    }

    /// A personal token that is read again when its file changes.
    ///
    /// # Errors
    /// If the token cannot be read, in a sentence that does not repeat the file.
    pub fn token_reading(token: SecretReader<Secret>) -> Result<Self, String> {
        let read = Arc::new(move || token().map(|token| SecretString::from(token.expose())));
        ReloadableSecret::new(read).map(|token| Self::Token(PersonalToken(token)))
    }

    /// The id of the App; `None` if the bot is an account.
    #[must_use]
    pub const fn app(&self) -> Option<u64> {
        match self {
            Self::Token(_) => None,
            Self::App(app) => Some(app.id),
        }
    }

    /// The token for a request.
    pub(super) async fn token_for(
        &self,
        transport: &Transport,
        scope: Scope<'_>,
    ) -> Result<SecretString, ForgeError> {
        match (self, scope) {
            (Self::Token(PersonalToken(token)), _) => Ok(token.get(transport.now()).await),
            (Self::App(app), Scope::Bot) => app.proof(transport.now(), transport.github_now()).await,
            (
                Self::App(app),
                Scope::Repository(_)
                | Scope::Source(_)
                | Scope::Deployments(_)
                | Scope::Reviews(_)
                | Scope::Organization(_),
            ) => app.token(transport, scope).await,
        }
    }

    /// The account whose rate limit a request counts against: the user of the token, the installation of the App, or the App.
    pub(super) fn account<'a>(&self, scope: Scope<'a>) -> &'a str {
        match (self, scope) {
            (Self::Token(_), _) => "token",
            (Self::App(AppCredentials { installation: Some(_), .. }), scope) if scope != Scope::Bot => {
                "installation"
            }
            (Self::App(_), scope) => scope.owner(),
        }
    }

    /// Records that GitHub rejected a token. Returns whether another attempt may succeed: with the same token if it is so new
    /// that not all of GitHub's servers may know it, or with the next one.
    pub(super) fn token_rejected(&self, scope: Scope<'_>, token: &SecretString, now: Time) -> bool {
        match self {
            Self::Token(PersonalToken(kept)) => {
                kept.doubt();
                false
            }
            Self::App(app) => {
                app.tokens.rejected(scope, token, now);
                scope != Scope::Bot
            }
        }
    }

    /// Whether the token is so new that not all of GitHub's servers may know its permissions.
    pub(super) fn is_fresh(&self, scope: Scope<'_>, now: Time) -> bool {
        match self {
            Self::Token(_) => false,
            Self::App(app) => app.tokens.is_fresh(scope, now),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => formatter.write_str("Token"),
            Self::App(app) => write!(formatter, "App({})", app.id),
        }
    }
}
