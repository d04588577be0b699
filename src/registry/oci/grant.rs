//! What we show a registry: nothing until it asks, then a password or a token, which is kept until it ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connection::said_by;
use super::proof::{ProofError, RegistryLogin};
use super::question::Question;
use super::token::{self, AuthScheme, Challenge, Token};
use crate::registry::RegistryError;
use crate::sanitize::exposed;

/// What a token server knows us as.
const CLIENT: &str = "towpath";

/// What is shown with a request.
#[derive(Clone, Debug)]
enum Credential {
    Nothing,
    Password { username: String, password: SecretString },
    Token(SecretString),
}

impl Credential {
    fn show(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Nothing => request,
            Self::Password { username, password } => request.basic_auth(username, Some(exposed(password))),
            Self::Token(token) => request.bearer_auth(exposed(token)),
        }
    }

    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Token(one), Self::Token(other)) => exposed(one) == exposed(other),
            (Self::Password { username, password }, Self::Password { username: name, password: word }) => {
                username == name && exposed(password) == exposed(word)
            }
            (Self::Nothing | Self::Token(_) | Self::Password { .. }, _) => false,
        }
    }
}

/// The token for one repository, and when it ends; whoever fetches one holds the lock meanwhile.
type Slot = Arc<Mutex<Option<(Token, Instant)>>>;

/// What registries want to see, and the tokens that they take: one for each repository that wants one.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    wishes: Mutex<BTreeMap<String, AuthScheme>>,
    slots: Mutex<BTreeMap<(String, String), Slot>>,
}

impl Sessions {
    async fn wish(&self, host: &str) -> Option<AuthScheme> {
        self.wishes.lock().await.get(host).cloned()
    }

    /// Remembers a wish, with what was wished before.
    async fn remember(&self, host: &str, wish: AuthScheme) -> AuthScheme {
        let mut wishes = self.wishes.lock().await;
        let wish = match wishes.get(host) {
            Some(earlier) => wish.and(earlier),
            None => wish,
        };
        wishes.insert(host.to_owned(), wish.clone());
        wish
    }

    async fn slot(&self, host: &str, repository: String) -> Slot {
        Arc::clone(self.slots.lock().await.entry((host.to_owned(), repository)).or_default())
    }
}

impl Question<'_> {
    /// Asks, and shows what is at hand; where the registry wants something else that we have, asks again, once.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, RegistryError> {
        let grant = self.grant_at_hand().await?;
        let request = || self.request(method.clone(), url, headers.clone());
        let response = self.send(request()?, &grant).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        match self.grant_after(&response, &grant).await? {
            Some(grant) => self.send(request()?, &grant).await,
            None => Ok(response),
        }
    }

    async fn send(&self, request: RequestBuilder, grant: &Credential) -> Result<Response, RegistryError> {
        let answer = grant.show(request).send().await;
        answer.map_err(|error| self.unavailable(said_by(&error)))
    }

    /// What the registry wanted to see when it was last asked; so a token that has ended is replaced, and that of
    /// another repository is fetched, without asking the registry where to.
    async fn grant_at_hand(&self) -> Result<Credential, RegistryError> {
        let Some(wish) = self.registry.sessions.wish(self.host()).await else {
            return Ok(Credential::Nothing);
        };
        match self.grant_for(&wish, None).await {
            Ok(grant) => Ok(grant.unwrap_or(Credential::Nothing)),
            Err(error @ (RegistryError::Forbidden { .. } | RegistryError::RateLimited { .. })) => Err(error),
            // Perhaps another realm is in charge by now; the registry will say.
            Err(RegistryError::Unavailable { .. } | RegistryError::NotFound { .. }) => {
                Ok(Credential::Nothing)
            }
        }
    }

    /// What to show after a refusal of what was shown; nothing where there is nothing better.
    async fn grant_after(
        &self,
        refused: &Response,
        shown: &Credential,
    ) -> Result<Option<Credential>, RegistryError> {
        let headers = refused.headers().get_all(WWW_AUTHENTICATE);
        let Some(wish) = AuthScheme::among(headers.iter()) else { return Ok(None) };
        if let (Credential::Password { .. } | Credential::Token(_), Some(proofs)) = (shown, self.proofs()) {
            // The refusal may mean that what proves who we are has changed.
            proofs.forget().await;
        }
        let wish = self.registry.sessions.remember(self.host(), wish).await;
        self.grant_for(&wish, Some(shown)).await
    }

    async fn grant_for(
        &self,
        wish: &AuthScheme,
        spent: Option<&Credential>,
    ) -> Result<Option<Credential>, RegistryError> {
        let grant = match wish {
            AuthScheme::Bearer(challenge) => Some(self.token(challenge, spent).await?),
            AuthScheme::Basic => match self.proof().await? {
                RegistryLogin::Password { username, password } => {
                    Some(Credential::Password { username, password })
                }
                RegistryLogin::Nothing | RegistryLogin::Identity(_) | RegistryLogin::Bearer(_) => None,
            },
        };
        Ok(grant.filter(|grant| spent.is_none_or(|spent| !grant.is(spent))))
    }

    /// The token for this repository, fetched where we hold none, or only the one that is spent.
    async fn token(
        &self,
        challenge: &Challenge,
        spent: Option<&Credential>,
    ) -> Result<Credential, RegistryError> {
        let slot = self.registry.sessions.slot(self.host(), self.repository().to_owned()).await;
        let mut slot = slot.lock().await;
        if let Some((token, end)) = slot.as_ref() {
            let grant = Credential::Token(token.text.clone());
            if Instant::now() < *end && spent.is_none_or(|spent| !grant.is(spent)) {
                return Ok(grant);
            }
        }
        let proof = self.proof().await?;
        if let RegistryLogin::Bearer(token) = proof {
            return Ok(Credential::Token(token));
        }
        let token = self.fetch_token(challenge, &proof).await?;
        let grant = Credential::Token(token.text.clone());
        let end = Instant::now() + token.life;
        *slot = Some((token, end));
        Ok(grant)
    }

    async fn fetch_token(
        &self,
        challenge: &Challenge,
        proof: &RegistryLogin,
    ) -> Result<Token, RegistryError> {
        let url = self.url("")?;
        let errand = challenge
            .errand(self.origin(&url), !matches!(proof, RegistryLogin::Nothing))
            .map_err(|why| self.unavailable(format!("it wants a token, but {why}")))?;
        let client = self.registry.clients.get(errand.way).map_err(|why| self.unavailable(why))?;
        let parameters = challenge.parameters(self.repository());
        let request = match proof {
            RegistryLogin::Identity(token) => {
                let shown = [("grant_type", "refresh_token"), ("client_id", CLIENT)];
                let shown = shown.into_iter().chain([("refresh_token", exposed(token))]);
                let asked = parameters.iter().map(|(name, value)| (*name, value.as_str()));
                client.post(errand.url).form(&shown.chain(asked).collect::<Vec<_>>())
            }
            RegistryLogin::Password { username, password } => {
                let request = client.get(errand.url).query(&parameters);
                request.basic_auth(username, Some(exposed(password)))
            }
            RegistryLogin::Nothing | RegistryLogin::Bearer(_) => client.get(errand.url).query(&parameters),
        };
        let response = request.send().await.map_err(|error| {
            self.unavailable(format!("the token that it wants cannot be had: {}", said_by(&error)))
        })?;
        if let (StatusCode::UNAUTHORIZED, Some(proofs)) = (response.status(), self.proofs()) {
            // Not merely for this repository: that would be 403, or a token that opens nothing.
            proofs.refuse(proof.clone()).await;
        }
        let response = self.expect_success(response).await?;
        let answer = self.body(response, token::ANSWER_BYTES_MAX).await?;
        Token::parse(&answer).map_err(|why| self.unavailable(why))
    }

    /// What proves who we are.
    async fn proof(&self) -> Result<RegistryLogin, RegistryError> {
        let Some(proofs) = self.proofs() else { return Ok(RegistryLogin::Nothing) };
        let url = self.url("")?;
        proofs.proof(&self.visit(&url)).await.map_err(|error| match error {
            ProofError::Refused(why) => self.forbidden(format!("the credentials could not be used: {why}")),
            ProofError::Unavailable(why) => self.unavailable(format!("our credentials cannot be had: {why}")),
        })
    }
}
