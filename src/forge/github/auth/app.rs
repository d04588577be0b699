//! A GitHub App: it proves itself by its key, looks up where it is installed, and gets itself tokens.
//!
//! One task fetches a token for all that wait for it, on the budget of the App. For ten seconds a new token that is
//! rejected is tried again, since not all of GitHub may know it. Team reviews are requested with a token of their own
//! (`members: read`); where that is refused, only users are requested.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use futures::future::BoxFuture;
use http::{Method, StatusCode};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::SecretString;
use serde::Serialize;
use serde_json::json;

use super::reloadable_secret::ReloadableSecret;
use super::single_flight::SingleFlight;
use super::tokens::{IssuedToken, TokenCache};
use super::{AppRequests, SecretReader};
use crate::forge::ForgeError;
use crate::forge::github::lock::lock;
use crate::forge::github::permissions::{ASKING_TEAMS, PERMISSIONS, access_word};
use crate::forge::github::scope::Scope;
use crate::forge::github::transport::{Call, Response, not_installed, token_refused};
use crate::forge::github::wire::{Installation, InstallationToken};
use crate::model::{RepositoryName, Secret, Time};

/// For how long an App's own proof holds; GitHub takes no more than ten minutes.
const PROOF_FOR: TimeDelta = TimeDelta::minutes(9);
/// How far our clock may be ahead of GitHub's, as long as GitHub's is not known.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);
/// Of how many owners the installation is remembered; then all are forgotten, and looked up again.
const OWNERS_MAX: usize = 1_000;
/// Where a key comes from that is of use.
const NEW_KEY: &str = "generate a private key on the App's page under Settings > Developer settings: it is a file \
                       `*.private-key.pem` that begins with -----BEGIN RSA PRIVATE KEY-----";
/// What the App asks for itself.
const VERB: &str = "act as the App";

/// A GitHub App, with the tokens that it has at the moment.
pub struct AppCredentials {
    pub(super) id: u64,
    key: ReloadableSecret<EncodingKey>,
    /// The installation, where the configuration names it.
    pub(super) installation: Option<u64>,
    /// The installations that were looked up, by whose repositories they are for.
    found: Mutex<BTreeMap<String, Arc<SingleFlight<u64>>>>,
    pub(super) tokens: TokenCache,
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
    pub fn reading(
        id: u64,
        private_key: SecretReader<Secret>,
        installation: Option<u64>,
    ) -> Result<Self, String> {
        let key = ReloadableSecret::new(Arc::new(move || usable(&private_key()?)))?;
        Ok(Self { id, key, installation, found: Mutex::default(), tokens: TokenCache::default() })
    }

    /// The proof that we are the App, good for asking for tokens. Its times are held against GitHub's clock.
    pub(super) async fn proof(&self, now: Time, github_now: Time) -> Result<SecretString, ForgeError> {
        let claims = Claims {
            iat: (github_now - CLOCK_SKEW).timestamp(),
            exp: (github_now - CLOCK_SKEW + PROOF_FOR).timestamp(),
            iss: self.id.to_string(),
        };
        signed(&claims, &self.key.get(now).await).map(SecretString::from).map_err(|_| {
            ForgeError::Misconfigured {
                why: "the private key of the App signs nothing".to_owned(),
                way_out: NEW_KEY.to_owned(),
            }
        })
    }

    /// A token for something: the one there is, or a new one, which one fetches for all who need it.
    pub(super) async fn token(
        &self,
        requests: &impl AppRequests,
        scope: Scope<'_>,
    ) -> Result<SecretString, ForgeError> {
        let place = self.tokens.of(scope, requests.github_now());
        let is_good = |granted: &IssuedToken| granted.is_good(requests.github_now());
        let granted = place.get(is_good, |_| true, self.fetch(requests, scope)).await?;
        Ok(granted.token)
    }

    /// A new token. It is on the heap, since it is asked for as all else is, and so a part of itself.
    fn fetch<'a>(
        &'a self,
        requests: &'a impl AppRequests,
        scope: Scope<'a>,
    ) -> BoxFuture<'a, Result<IssuedToken, ForgeError>> {
        Box::pin(async move {
            let owner = scope.owner();
            let known = self.installation.or_else(|| self.place_of(owner).kept());
            let installation = self.installation(requests, scope).await?;
            let mut response = ask(requests, scope, installation).await?;
            if response.status == StatusCode::NOT_FOUND && self.installation.is_none() {
                // It is installed anew by another number, or no more.
                self.place_of(owner).drop_if(|kept| *kept == installation);
                if known.is_some() {
                    let installation = self.installation(requests, scope).await?;
                    response = ask(requests, scope, installation).await?;
                }
            }
            granted(scope, &response, requests.now())
        })
    }

    /// The installation of the App where something is; looked up once for all that have one owner.
    async fn installation(&self, requests: &impl AppRequests, scope: Scope<'_>) -> Result<u64, ForgeError> {
        if let Some(installation) = self.installation {
            return Ok(installation);
        }
        let place = self.place_of(scope.owner());
        place.get(|_| true, is_about_github, self.find(requests, scope)).await
    }

    /// Where the installation at an owner is kept.
    fn place_of(&self, owner: &str) -> Arc<SingleFlight<u64>> {
        let mut found = lock(&self.found);
        if found.len() >= OWNERS_MAX && !found.contains_key(owner) {
            found.clear();
        }
        Arc::clone(found.entry(owner.to_owned()).or_default())
    }

    async fn find(&self, requests: &impl AppRequests, scope: Scope<'_>) -> Result<u64, ForgeError> {
        let path = match scope {
            Scope::Repository(repository)
            | Scope::Source(repository)
            | Scope::Deployments(repository)
            | Scope::Reviews(repository) => format!("/repos/{repository}/installation"),
            Scope::Organization(organization) => format!("/orgs/{organization}/installation"),
            Scope::Bot => {
                return Err(ForgeError::unavailable(
                    "acting as the App",
                    "the App itself has no installation",
                ));
            }
        };
        let response = requests.call(Call::get(scope, VERB, path).for_token()).await?;
        match response.status {
            StatusCode::OK => {
                read::<Installation>(&response, "the installation of the App").map(|found| found.id)
            }
            _ => Err(shut_out(scope, &response)),
        }
    }
}

/// The key in a text, once it has signed something: a public one, and one that is too small, only show it then.
fn usable(text: &Secret) -> Result<EncodingKey, String> {
    let key = EncodingKey::from_rsa_pem(text.expose().as_bytes())
        .map_err(|_| format!("the private key is not an RSA key in PEM format; {NEW_KEY}"))?;
    let trial = Claims { iat: 0, exp: 0, iss: String::new() };
    signed(&trial, &key).map_err(|_| {
        format!("the private key signs nothing: it is a public one, too small or broken; {NEW_KEY}")
    })?;
    Ok(key)
}

fn signed(claims: &Claims, key: &EncodingKey) -> jsonwebtoken::errors::Result<String> {
    jsonwebtoken::encode(&Header::new(Algorithm::RS256), claims, key)
}

/// Asks for a token of an installation.
async fn ask(
    requests: &impl AppRequests,
    scope: Scope<'_>,
    installation: u64,
) -> Result<Response, ForgeError> {
    let path = format!("/app/installations/{installation}/access_tokens");
    requests.call(Call::write(scope, VERB, Method::POST, path, token_request(scope)).for_token()).await
}

fn granted(scope: Scope<'_>, response: &Response, now: Time) -> Result<IssuedToken, ForgeError> {
    if !response.status.is_success() {
        return Err(shut_out(scope, response));
    }
    let InstallationToken { token, expires_at } = read(response, "the token of the App")?;
    Ok(IssuedToken { token, made_at: now, expires_at })
}

/// Why GitHub gives the App no token.
fn shut_out(scope: Scope<'_>, response: &Response) -> ForgeError {
    match response.status {
        StatusCode::NOT_FOUND | StatusCode::MOVED_PERMANENTLY => not_installed(scope),
        _ => token_refused(scope, &response.message()),
    }
}

/// Whether a failure is none of one repository, so that it is the same for all others.
const fn is_about_github(error: &ForgeError) -> bool {
    matches!(error, ForgeError::RateLimited { .. } | ForgeError::Unavailable { .. })
}

fn read<T: serde::de::DeserializeOwned>(response: &Response, what: &str) -> Result<T, ForgeError> {
    // What is wrong is not repeated: it may hold a token.
    serde_json::from_slice(&response.body)
        .map_err(|_| ForgeError::unavailable(format!("reading {what}"), "GitHub's response has no token"))
}

/// The request for an installation token: one repository, and the permissions that are used there.
fn token_request(scope: Scope<'_>) -> serde_json::Value {
    let in_repository = |repository: &RepositoryName, permissions: serde_json::Value| json!({ "repositories": [repository.short_name()], "permissions": permissions });
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
