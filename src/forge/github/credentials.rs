//! What the bot identifies itself with: a token, or an App that gets itself tokens of an hour, each for one
//! repository and with no more than is needed there.

mod replaceable;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::connection::{Call, Connection, lock};
use super::failed;
use super::permissions::{PERMISSIONS, access_word};
use super::refusal::words;
use super::wire::{Installation, InstallationToken};
use crate::forge::ForgeError;
use crate::model::{RepositoryName, Secret, Time};
pub use replaceable::Reading;
use replaceable::Replaceable;

/// How long before its end a token is no longer used.
const MARGIN: TimeDelta = TimeDelta::minutes(5);
/// For how long an App's own proof holds; GitHub takes no more than ten minutes.
const PROOF_FOR: TimeDelta = TimeDelta::minutes(9);
/// How far our clock may be ahead of GitHub's.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// What a request is about, and so what its token has to be good for.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope<'a> {
    /// One repository.
    Repository(&'a RepositoryName),
    /// One repository with source code, only to read.
    Source(&'a RepositoryName),
    /// The deployments of one repository, which nothing else needs.
    Deployments(&'a RepositoryName),
    /// The teams of an organization.
    Organization(&'a str),
    /// The bot itself.
    Bot,
}

impl fmt::Display for Scope<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repository(repository) | Self::Source(repository) | Self::Deployments(repository) => {
                write!(formatter, "{repository}")
            }
            Self::Organization(organization) => formatter.write_str(organization),
            Self::Bot => formatter.write_str("GitHub"),
        }
    }
}

/// What the bot identifies itself with.
pub enum Credentials {
    /// A personal token, classic or fine-grained.
    Token(Token),
    /// A GitHub App.
    App(AppCredentials),
}

/// A personal token, which may be replaced.
#[derive(Debug)]
pub struct Token(Replaceable<SecretString>);

/// A GitHub App, with the tokens that it has at the moment.
pub struct AppCredentials {
    id: u64,
    key: Replaceable<EncodingKey>,
    /// The installation, where the configuration names it.
    installation: Option<u64>,
    tokens: Mutex<BTreeMap<String, (SecretString, Time)>>,
}

#[derive(Serialize)]
struct Claims {
    iat: i64,
    exp: i64,
    iss: String,
}

impl AppCredentials {
    /// An App by its number and its private key in PEM form; the installation is looked up where none is given.
    ///
    /// # Errors
    /// Where the key is none, in a sentence that does not repeat it.
    pub fn new(id: u64, private_key: &Secret, installation: Option<u64>) -> Result<Self, String> {
        let private_key = private_key.clone();
        Self::reading(id, Arc::new(move || Ok(private_key.clone())), installation)
    }

    /// The same with a private key that may be replaced where it lies.
    ///
    /// # Errors
    /// Where there is no key, in a sentence that does not repeat what is there.
    pub fn reading(id: u64, private_key: Reading<Secret>, installation: Option<u64>) -> Result<Self, String> {
        let key = Replaceable::new(Arc::new(move || {
            EncodingKey::from_rsa_pem(private_key()?.expose().as_bytes())
                .map_err(|_| "the private key is no RSA key in PEM form".to_owned())
        }))?;
        Ok(Self { id, key, installation, tokens: Mutex::default() })
    }

    /// The proof that we are the App, good for asking for tokens.
    fn proof(&self, now: Time) -> Result<SecretString, ForgeError> {
        let claims = Claims {
            iat: (now - CLOCK_SKEW).timestamp(),
            exp: (now - CLOCK_SKEW + PROOF_FOR).timestamp(),
            iss: self.id.to_string(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key.get(now))
            .map(SecretString::from)
            .map_err(|error| failed("signing as the App", error))
    }

    fn known(&self, scope: Scope<'_>, now: Time) -> Option<SecretString> {
        let tokens = lock(&self.tokens);
        let (token, expires_at) = tokens.get(&format!("{scope:?}"))?;
        (*expires_at - MARGIN > now).then(|| token.clone())
    }

    async fn fetch(&self, connection: &Connection, scope: Scope<'_>) -> Result<SecretString, ForgeError> {
        let proof = self.proof(connection.now())?;
        let installation = match self.installation {
            Some(installation) => installation,
            None => self.find(connection, scope, &proof).await?,
        };
        let call = Call::write(
            scope,
            "act as the App",
            Method::POST,
            format!("/app/installations/{installation}/access_tokens"),
            wish(scope),
        );
        let body = asked(connection, &call, &proof).await?;
        let token: InstallationToken = read(&body, "the token of the App")?;
        let mut tokens = lock(&self.tokens);
        tokens.insert(format!("{scope:?}"), (token.token.clone(), token.expires_at));
        Ok(token.token)
    }

    /// The installation of the App where the scope is.
    async fn find(
        &self,
        connection: &Connection,
        scope: Scope<'_>,
        proof: &SecretString,
    ) -> Result<u64, ForgeError> {
        let path = match scope {
            Scope::Repository(repository) | Scope::Source(repository) | Scope::Deployments(repository) => {
                format!("/repos/{repository}/installation")
            }
            Scope::Organization(organization) => format!("/orgs/{organization}/installation"),
            Scope::Bot => return Err(failed("acting as the App", "the App itself has no installation")),
        };
        let body = asked(connection, &Call::get(scope, "act as the App", path), proof).await?;
        let installation: Installation = read(&body, "the installation of the App")?;
        Ok(installation.id)
    }
}

/// What a token is to be good for: one repository, and no more than is done there.
fn wish(scope: Scope<'_>) -> serde_json::Value {
    let in_repository = |repository: &RepositoryName, permissions: serde_json::Value| {
        let (_, name) = repository.as_str().split_once('/').expect("a repository has an owner");
        json!({ "repositories": [name], "permissions": permissions })
    };
    match scope {
        Scope::Repository(repository) => {
            // What can be asked for is what was granted: one permission too many, and there is no token at all.
            let vital = PERMISSIONS.iter().filter(|own| own.is_vital);
            let vital: BTreeMap<&str, &str> = vital.map(|own| (own.name, access_word(own.access))).collect();
            in_repository(repository, json!(vital))
        }
        Scope::Source(repository) => {
            in_repository(repository, json!({ "contents": "read", "checks": "read", "statuses": "read" }))
        }
        Scope::Deployments(repository) => in_repository(repository, json!({ "deployments": "write" })),
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

    /// A personal token that may be replaced where it lies.
    ///
    /// # Errors
    /// Where there is none, in a sentence that does not repeat what is there.
    pub fn token_reading(token: Reading<Secret>) -> Result<Self, String> {
        let read = Arc::new(move || token().map(|token| SecretString::from(token.expose())));
        Replaceable::new(read).map(|token| Self::Token(Token(token)))
    }

    /// The number of the App; nothing where the bot is an account.
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
        connection: &Connection,
        scope: Scope<'_>,
    ) -> Result<SecretString, ForgeError> {
        match (self, scope) {
            (Self::Token(Token(token)), _) => Ok(token.get(connection.now())),
            (Self::App(app), Scope::Bot) => app.proof(connection.now()),
            (
                Self::App(app),
                Scope::Repository(_) | Scope::Source(_) | Scope::Deployments(_) | Scope::Organization(_),
            ) => {
                match app.known(scope, connection.now()) {
                    Some(token) => Ok(token),
                    // A future that contains itself has to be on the heap.
                    None => Box::pin(app.fetch(connection, scope)).await,
                }
            }
        }
    }

    /// The account whose limits a request counts against: the user of the token, or the installation of the App.
    ///
    /// An App has one installation in each account that owns repositories.
    pub(super) fn account<'a>(&self, scope: Scope<'a>) -> &'a str {
        match (self, scope) {
            (Self::Token(_), _) => "token",
            (Self::App(_), Scope::Bot) => "app",
            (Self::App(AppCredentials { installation: Some(_), .. }), _) => "installation",
            (Self::App(_), Scope::Organization(organization)) => organization,
            (
                Self::App(_),
                Scope::Repository(repository) | Scope::Source(repository) | Scope::Deployments(repository),
            ) => repository.as_str().split_once('/').expect("a repository has an owner").0,
        }
    }

    /// Lets go of a token that GitHub does not take.
    pub(super) fn forget(&self, scope: Scope<'_>) {
        match self {
            Self::Token(Token(token)) => token.doubt(),
            Self::App(app) => drop(lock(&app.tokens).remove(&format!("{scope:?}"))),
        }
    }
}

/// Asks as the App itself.
async fn asked(
    connection: &Connection,
    call: &Call<'_>,
    proof: &SecretString,
) -> Result<Vec<u8>, ForgeError> {
    let (status, _, body) = connection.exchange(call, proof, None).await?;
    if status.is_success() {
        return Ok(body);
    }
    if status.is_server_error() {
        return Err(failed(call.verb, words(status, &body)));
    }
    Err(shut_out(call.scope, status, &words(status, &body)))
}

/// Why GitHub gives the App no token.
fn shut_out(scope: Scope<'_>, status: StatusCode, said: &str) -> ForgeError {
    let (why, way_out) = match status {
        StatusCode::UNAUTHORIZED => (
            format!("GitHub does not take the private key of the App: {said}"),
            "look at `app.id` and `app.private_key` in the configuration, and at the clock of this machine"
                .to_owned(),
        ),
        StatusCode::FORBIDDEN if said.to_ascii_lowercase().contains("suspended") => (
            format!("the installation of the App for `{scope}` is suspended"),
            "unsuspend it in the settings of its organization, or take its services out of the configuration"
                .to_owned(),
        ),
        StatusCode::NOT_FOUND | StatusCode::MOVED_PERMANENTLY => (
            format!("the App is not installed for `{scope}`"),
            "install it, let it use the repository, and look whether that still has this name".to_owned(),
        ),
        _ => (
            format!("GitHub gives the App no token for `{scope}`: {said}"),
            "look at what its installation may use and do; `towpath doctor` says what it needs".to_owned(),
        ),
    };
    ForgeError::Shut { why, way_out }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8], what: &str) -> Result<T, ForgeError> {
    // What is wrong is not repeated: it may hold a token.
    serde_json::from_slice(body).map_err(|_| failed(format!("reading {what}"), "GitHub's answer is none"))
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(_) => formatter.write_str("Token"),
            Self::App(app) => write!(formatter, "App({})", app.id),
        }
    }
}
