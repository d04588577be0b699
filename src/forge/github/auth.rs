//! Authentication: a token, or an App that requests installation tokens of an hour, each for one repository and with the
//! permissions that are needed there.

mod app;
mod reloadable_secret;
mod single_flight;
mod tokens;

use std::fmt;
use std::sync::Arc;

use secrecy::SecretString;

use super::scope::Scope;
use super::transport::{Call, Response};
use crate::forge::ForgeError;
use crate::model::{Secret, Time};
pub use app::AppCredentials;
use reloadable_secret::ReloadableSecret;
pub use reloadable_secret::SecretReader;

/// What an App needs in order to request its tokens. The transport has it, which needs the tokens for all other requests.
pub(super) trait AppRequests: Sync {
    /// The current time by this machine's clock.
    fn now(&self) -> Time;

    /// The current time by GitHub's clock, in whole seconds.
    fn github_now(&self) -> Time;

    /// Sends a request and returns the response, whose status may be an error.
    fn call(&self, call: Call<'_>) -> impl Future<Output = Result<Response, ForgeError>> + Send;
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
        requests: &impl AppRequests,
        scope: Scope<'_>,
    ) -> Result<SecretString, ForgeError> {
        match (self, scope) {
            (Self::Token(PersonalToken(token)), _) => Ok(token.get(requests.now()).await),
            (Self::App(app), Scope::Bot) => app.proof(requests.now(), requests.github_now()).await,
            (
                Self::App(app),
                Scope::Repository(_)
                | Scope::Source(_)
                | Scope::Deployments(_)
                | Scope::Reviews(_)
                | Scope::Organization(_),
            ) => app.token(requests, scope).await,
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
