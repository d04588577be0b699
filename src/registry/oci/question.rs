//! One question about one image: its addresses, its tokens, its requests, and what a bad answer means.

use reqwest::header::{HeaderMap, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};

use super::connection::{Way, read_body, said_by};
use super::refusal::{Refusal, code_and_words, wait_asked_for};
use super::token::{self, Challenge, Held, Scope, Token, way_to};
use super::{OciRegistry, RegistryError};
use crate::model::ImageName;

/// Most hosts that a blob is looked for at, after the registry itself.
const HOPS_MAX: usize = 3;

/// One question about one image.
pub(super) struct Question<'a> {
    pub(super) registry: &'a OciRegistry,
    pub(super) image: &'a ImageName,
    plain_http: bool,
}

impl<'a> Question<'a> {
    pub(super) const fn new(registry: &'a OciRegistry, image: &'a ImageName, plain_http: bool) -> Self {
        Self { registry, image, plain_http }
    }

    /// Lets an answer take no longer than is allowed.
    pub(super) async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let total = self.registry.limits.total;
        match tokio::time::timeout(total, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.unavailable(format!("it took longer than {} s", total.as_secs_f32()))),
        }
    }

    /// Asks, with the token at hand; where the registry wants one that we lack, fetches it and asks again, once.
    pub(super) async fn ask(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<Response, RegistryError> {
        let held = self.token_at_hand().await;
        let request = || self.request(method.clone(), url, headers.clone());
        let response = self.send(request()?, held.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let Some(challenge) = Challenge::among(response.headers().get_all(WWW_AUTHENTICATE)) else {
            return Ok(response);
        };
        let token = self.fetch_token(challenge).await?;
        self.send(request()?, Some(&token)).await
    }

    /// The token that we hold; one that has ended is replaced without asking the registry where to.
    async fn token_at_hand(&self) -> Option<Token> {
        match self.registry.tokens.get(&self.scope()).await? {
            Held::Good(token) => Some(token),
            Held::Ended(challenge) => self.fetch_token(challenge).await.ok(),
        }
    }

    fn request(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<RequestBuilder, RegistryError> {
        let way = if self.plain_http { Way::Plain } else { Way::Tls };
        let client = self.registry.clients.get(way).map_err(|why| self.unavailable(why))?;
        Ok(client.request(method, url.clone()).headers(headers))
    }

    async fn send(&self, request: RequestBuilder, token: Option<&Token>) -> Result<Response, RegistryError> {
        let request = match token {
            Some(token) => request.bearer_auth(token.text()),
            None => request,
        };
        request.send().await.map_err(|error| self.unavailable(said_by(&error)))
    }

    async fn fetch_token(&self, challenge: Challenge) -> Result<Token, RegistryError> {
        let registry = self.url("")?;
        let errand = challenge
            .errand(&registry, &self.scope_asked_for())
            .map_err(|why| self.unavailable(format!("it wants a token, but {why}")))?;
        let client = self.registry.clients.get(errand.way).map_err(|why| self.unavailable(why))?;
        let response = client.get(errand.url).send().await.map_err(|error| {
            self.unavailable(format!("the token that it wants cannot be had: {}", said_by(&error)))
        })?;
        let response = self.expect_success(response).await?;
        let answer = self.body(response, token::ANSWER_BYTES_MAX).await?;
        let token = Token::parse(&answer).map_err(|why| self.unavailable(why))?;
        self.registry.tokens.keep(self.scope(), challenge, token.clone()).await;
        Ok(token)
    }

    /// Goes where a registry sends us for a blob: its storage is often elsewhere. No token goes there, and what
    /// comes back is for the caller to prove.
    pub(super) async fn follow_to_storage(&self, mut response: Response) -> Result<Response, RegistryError> {
        let registry = self.url("")?;
        for _ in 0..HOPS_MAX {
            let Some(target) = target_of(&response) else { return Ok(response) };
            let way = way_to(&target, &registry)
                .map_err(|why| self.unavailable(format!("it sends us to its storage, but {why}")))?;
            let client = self.registry.clients.get(way).map_err(|why| self.unavailable(why))?;
            let answer = client.get(target).send().await;
            response = answer.map_err(|error| {
                self.unavailable(format!("its storage does not answer: {}", said_by(&error)))
            })?;
        }
        Ok(response)
    }

    pub(super) async fn body(&self, response: Response, bytes_max: usize) -> Result<Vec<u8>, RegistryError> {
        read_body(response, bytes_max).await.map_err(|why| self.unavailable(why))
    }

    /// Lets a good answer through and turns any other into the error that says what to do next.
    pub(super) async fn expect_success(&self, response: Response) -> Result<Response, RegistryError> {
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let (status, headers) = (response.status(), response.headers().clone());
        let refused = code_and_words(response).await;
        Err(match Refusal::of(status, &refused) {
            Refusal::NotFound => RegistryError::NotFound { image: self.image.clone() },
            Refusal::Forbidden => {
                RegistryError::Forbidden { host: self.host(), image: self.image.clone(), why: refused.words }
            }
            Refusal::RateLimited => {
                let wait = wait_asked_for(&headers).min(self.registry.limits.wait_max);
                RegistryError::RateLimited { host: self.host(), wait }
            }
            Refusal::Unavailable => self.unavailable(refused.words),
        })
    }

    pub(super) fn url(&self, below: &str) -> Result<Url, RegistryError> {
        let scheme = if self.plain_http { "http" } else { "https" };
        let host = match self.image.host() {
            // The name that people use is a web site; the registry stands elsewhere.
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let text = format!("{scheme}://{host}/v2/{}/{below}", self.image.repository());
        Url::parse(&text).map_err(|error| self.unavailable(format!("`{text}` is no address: {error}")))
    }

    fn scope(&self) -> Scope {
        (self.host(), self.image.repository())
    }

    fn scope_asked_for(&self) -> String {
        format!("repository:{}:pull", self.image.repository())
    }

    fn host(&self) -> String {
        self.image.host().to_owned()
    }

    pub(super) fn unavailable(&self, why: impl Into<String>) -> RegistryError {
        RegistryError::Unavailable { host: self.host(), image: self.image.clone(), why: why.into() }
    }
}

/// Where an answer sends us.
fn target_of(response: &Response) -> Option<Url> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    response.url().join(location.to_str().ok()?).ok()
}
