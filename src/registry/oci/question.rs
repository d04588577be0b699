//! One question about one image: its addresses, its requests, and what a bad answer means. `grant` asks it.

use std::fmt::Display;

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};

use super::connection::{TransportSecurity, read_body, said_by};
use super::proof::{AuthRequest, Proofs};
use super::realm::Origin;
use super::refusal::{RefusalKind, code_and_words, wait_asked_for};
use super::{KnownRegistry, OciRegistry, RegistryError};
use crate::model::ImageName;

/// Most hosts that a blob is looked for at, after the registry itself.
const HOPS_MAX: usize = 3;

/// One question about one image.
pub(super) struct Question<'a> {
    pub(super) registry: &'a OciRegistry,
    pub(super) image: &'a ImageName,
    repository: String,
    /// The registry as it is configured, where it is.
    known: Option<&'a KnownRegistry>,
}

impl<'a> Question<'a> {
    pub(super) fn new(
        registry: &'a OciRegistry,
        image: &'a ImageName,
        known: Option<&'a KnownRegistry>,
    ) -> Self {
        Self { registry, image, repository: image.repository(), known }
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

    pub(super) fn request(
        &self,
        method: Method,
        url: &Url,
        headers: HeaderMap,
    ) -> Result<RequestBuilder, RegistryError> {
        let way = if self.is_in_clear() { TransportSecurity::Plain } else { TransportSecurity::Tls };
        let client = self.registry.clients.get(way).map_err(|why| self.unavailable(why))?;
        Ok(client.request(method, url.clone()).headers(headers))
    }

    /// Goes where a registry sends us for a blob: its storage is often elsewhere. No token goes there, and what
    /// comes back is for the caller to prove.
    pub(super) async fn follow_to_storage(&self, mut response: Response) -> Result<Response, RegistryError> {
        let registry = self.url("")?;
        for _ in 0..HOPS_MAX {
            let Some(target) = target_of(&response) else { return Ok(response) };
            let way = self
                .origin(&registry)
                .way_to(&target)
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
        Err(match RefusalKind::of(status, &refused) {
            RefusalKind::NotFound => RegistryError::NotFound { image: self.image.clone() },
            RefusalKind::Forbidden => self.forbidden(refused.words),
            RefusalKind::RateLimited => {
                let wait = wait_asked_for(&headers).min(self.registry.limits.wait_max);
                RegistryError::RateLimited { host: self.host().to_owned(), wait }
            }
            RefusalKind::Unavailable => self.unavailable(refused.words),
        })
    }

    pub(super) fn url(&self, below: &str) -> Result<Url, RegistryError> {
        let scheme = if self.is_in_clear() { "http" } else { "https" };
        let host = match self.image.host() {
            // The name that people use is a web site; the registry stands elsewhere.
            "docker.io" | "index.docker.io" => "registry-1.docker.io",
            host => host,
        };
        let text = format!("{scheme}://{host}/v2/{}/{below}", self.repository);
        Url::parse(&text)
            .map_err(|error| self.unavailable(format!("`{text}` is not a valid address: {error}")))
    }

    fn is_in_clear(&self) -> bool {
        self.known.is_some_and(|known| known.settings.plain_http)
    }

    pub(super) fn host(&self) -> &str {
        self.image.host()
    }

    pub(super) fn repository(&self) -> &str {
        &self.repository
    }

    /// What there is to prove who we are with; nothing where no credentials are configured.
    pub(super) fn proofs(&self) -> Option<&Proofs> {
        self.known.map(|known| &known.proofs).filter(|proofs| !proofs.is_anonymous())
    }

    /// Who names the addresses that we are sent to; `registry` is any address of the registry.
    pub(super) fn origin<'u>(&'u self, registry: &'u Url) -> Origin<'u> {
        let realm = self.known.and_then(|known| known.settings.realm.as_deref());
        Origin { registry, host: self.host(), realm }
    }

    /// This question, for those who prove who we are; `registry` is any address of the registry.
    pub(super) fn visit<'u>(&'u self, registry: &'u Url) -> AuthRequest<'u> {
        AuthRequest {
            host: self.host(),
            repository: self.repository.as_str(),
            registry,
            clients: &self.registry.clients,
            now: (self.registry.now)(),
        }
    }

    pub(super) fn forbidden(&self, why: impl Display) -> RegistryError {
        let way_out = match self.proofs() {
            Some(_) => "check its `credentials` under `registries`, and what they may read",
            None => "if it is there, name `credentials` for its registry under `registries`",
        };
        let (host, image) = (self.host().to_owned(), self.image.clone());
        RegistryError::Forbidden { host, image, why: format!("{why}; {way_out}") }
    }

    pub(super) fn unavailable(&self, why: impl Into<String>) -> RegistryError {
        let (host, image) = (self.host().to_owned(), self.image.clone());
        RegistryError::Unavailable { host, image, why: why.into() }
    }
}

/// Where an answer sends us.
fn target_of(response: &Response) -> Option<Url> {
    if !response.status().is_redirection() {
        return None;
    }
    let location = response.headers().get(LOCATION)?;
    response.url().join(location.to_str().ok()?).ok()
}
