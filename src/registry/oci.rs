//! Real registries, over the OCI distribution protocol.
//!
//! From `oci-distribution` come the wire types: media types, error codes, tag listings, tokens. Its client is not
//! used, because three of its habits are unsafe against a registry that is broken or means harm: `list_tags`
//! ignores `Link` (a first page would pass for the whole listing), bodies are read without a bound, and realms and
//! redirects are followed to any host. It also asks `/v2/` before each manifest of a registry without tokens, and a
//! poll has a budget of one request. So requests, paging, realms and bounds are ours, over `reqwest`.

mod connection;
mod paging;
mod refusal;
mod token;

use std::collections::BTreeSet;
use std::time::Duration;

use oci_distribution::client::TagResponse;
use oci_distribution::manifest;
use reqwest::header::{ACCEPT, HeaderMap, WWW_AUTHENTICATE};
use reqwest::{Method, Response, StatusCode, Url};
use sha2::Digest as _;

use self::connection::{Clients, Way, read_body, said_by};
use self::paging::Pager;
use self::refusal::{Refusal, code_and_words, wait_asked_for};
use self::token::{Challenge, Held, Scope, Token, Tokens};
use super::{Registry, RegistryError, RegistrySettings};
use crate::model::{Digest, ImageName, Tag};

/// How many tags a page should have: what the large registries allow at most.
const TAGS_PER_PAGE: usize = 1000;
/// What a manifest may be, whichever a tag points to.
const MANIFEST_TYPES: [&str; 4] = [
    manifest::OCI_IMAGE_INDEX_MEDIA_TYPE,
    manifest::OCI_IMAGE_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_MEDIA_TYPE,
];
/// The header in which a registry says what a tag points to.
const DIGEST_HEADER: &str = "docker-content-digest";

/// How much a registry may cost us before we give up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest silence while an answer is read.
    pub silence: Duration,
    /// Longest time for one question, all pages and tokens included.
    pub total: Duration,
    /// Longest wait that a registry can impose on us.
    pub wait_max: Duration,
    /// Most pages of one listing.
    pub pages_max: usize,
    /// Most tags of one listing.
    pub tags_max: usize,
    /// Most bytes of one page.
    pub page_bytes_max: usize,
    /// Most bytes of one manifest.
    pub manifest_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(15),
            total: Duration::from_secs(60),
            wait_max: Duration::from_secs(3600),
            pages_max: 1000,
            tags_max: 200_000,
            // Two hundred thousand tags of the longest kind: some registries have no pages.
            page_bytes_max: 32 << 20,
            manifest_bytes_max: 4 << 20,
        }
    }
}

/// Every registry that speaks the OCI distribution protocol; those without settings are asked over HTTPS.
///
/// Nobody logs in yet: where a registry wants a token, an anonymous one is fetched and kept until it expires.
#[derive(Debug)]
pub struct OciRegistry {
    registries: Vec<RegistrySettings>,
    limits: Limits,
    clients: Clients,
    tokens: Tokens,
}

impl OciRegistry {
    /// Registries with the usual limits.
    #[must_use]
    pub fn new(registries: Vec<RegistrySettings>) -> Self {
        Self::with_limits(registries, Limits::default())
    }

    /// Registries with limits of one's own.
    #[must_use]
    pub fn with_limits(registries: Vec<RegistrySettings>, limits: Limits) -> Self {
        let clients = Clients::new(limits.connect, limits.silence);
        Self { registries, limits, clients, tokens: Tokens::default() }
    }

    fn question<'a>(&'a self, image: &'a ImageName) -> Question<'a> {
        let host = image.host();
        let settings = self.registries.iter().find(|known| known.host.eq_ignore_ascii_case(host));
        Question { registry: self, image, plain_http: settings.is_some_and(|known| known.plain_http) }
    }
}

impl Registry for OciRegistry {
    async fn tags(&self, image: &ImageName) -> Result<Vec<Tag>, RegistryError> {
        let question = self.question(image);
        question.in_time(question.tags()).await
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        let question = self.question(image);
        question.in_time(question.digest(tag)).await
    }
}

/// One question about one image.
struct Question<'a> {
    registry: &'a OciRegistry,
    image: &'a ImageName,
    plain_http: bool,
}

impl Question<'_> {
    async fn in_time<T>(
        &self,
        answer: impl Future<Output = Result<T, RegistryError>>,
    ) -> Result<T, RegistryError> {
        let total = self.registry.limits.total;
        match tokio::time::timeout(total, answer).await {
            Ok(answer) => answer,
            Err(_) => Err(self.unavailable(format!("it took longer than {} s", total.as_secs_f32()))),
        }
    }

    async fn tags(&self) -> Result<Vec<Tag>, RegistryError> {
        let limits = &self.registry.limits;
        let mut pager = Pager::new(self.url("tags/list")?, TAGS_PER_PAGE, limits.pages_max);
        let mut tags = BTreeSet::new();
        let mut listed = 0;
        while let Some(url) = pager.take().map_err(|why| self.unavailable(why))? {
            let response = self.ask(Method::GET, &url).await?;
            let response = self.expect_success(response).await?;
            pager.follow(response.headers()).map_err(|why| self.unavailable(why))?;
            let page = self.body(response, limits.page_bytes_max).await?;
            let page: TagResponse = serde_json::from_slice(&page)
                .map_err(|error| self.unavailable(format!("its answer is not a listing of tags: {error}")))?;
            listed += page.tags.len();
            if listed > limits.tags_max {
                return Err(self.unavailable(format!("it lists more than {} tags", limits.tags_max)));
            }
            tags.extend(page.tags.into_iter().filter_map(|text| self.checked(text)));
        }
        Ok(tags.into_iter().collect())
    }

    /// The tag, unless it breaks the grammar: such a tag could never be pulled, so nothing is lost without it.
    fn checked(&self, text: String) -> Option<Tag> {
        let checked = Tag::new(text);
        if let Err(error) = &checked {
            tracing::debug!(image = %self.image, ?error, "ignored a tag that breaks the grammar");
        }
        checked.ok()
    }

    async fn digest(&self, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        let url = self.url(&format!("manifests/{tag}"))?;
        let response = self.ask(Method::HEAD, &url).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.expect_success(response).await?;
        match self.digest_in(response.headers())? {
            Some(digest) => Ok(Some(digest)),
            None => self.digest_of_content(&url).await,
        }
    }

    /// Hashes the manifest itself, for registries that do not say its digest.
    async fn digest_of_content(&self, url: &Url) -> Result<Option<Digest>, RegistryError> {
        let response = self.ask(Method::GET, url).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.expect_success(response).await?;
        let said = self.digest_in(response.headers())?;
        let content = self.body(response, self.registry.limits.manifest_bytes_max).await?;
        let hashed = hash_of(&content, said.as_ref());
        match said {
            Some(said) if said != hashed => {
                Err(self.unavailable(format!("it says `{said}` of a manifest that is `{hashed}`")))
            }
            Some(_) | None => Ok(Some(hashed)),
        }
    }

    fn digest_in(&self, headers: &HeaderMap) -> Result<Option<Digest>, RegistryError> {
        let Some(value) = headers.get(DIGEST_HEADER).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(value.as_bytes());
        Digest::new(text).map(Some).map_err(|error| self.unavailable(error.to_string()))
    }

    /// Asks, with the token at hand; where the registry wants one that we lack, fetches it and asks again, once.
    async fn ask(&self, method: Method, url: &Url) -> Result<Response, RegistryError> {
        let held = self.token_at_hand().await;
        let response = self.send(method.clone(), url, held.as_ref()).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let Some(challenge) = Challenge::among(response.headers().get_all(WWW_AUTHENTICATE)) else {
            return Ok(response);
        };
        let token = self.fetch_token(challenge).await?;
        self.send(method, url, Some(&token)).await
    }

    /// The token that we hold; one that has ended is replaced without asking the registry where to.
    async fn token_at_hand(&self) -> Option<Token> {
        match self.registry.tokens.get(&self.scope()).await? {
            Held::Good(token) => Some(token),
            Held::Ended(challenge) => self.fetch_token(challenge).await.ok(),
        }
    }

    async fn send(
        &self,
        method: Method,
        url: &Url,
        token: Option<&Token>,
    ) -> Result<Response, RegistryError> {
        let way = if self.plain_http { Way::Plain } else { Way::Tls };
        let client = self.registry.clients.get(way).map_err(|why| self.unavailable(why))?;
        let mut request = client.request(method, url.clone());
        // Only manifests come in several kinds; a listing is JSON anyway.
        if !url.path().ends_with("/tags/list") {
            request = request.header(ACCEPT, MANIFEST_TYPES.join(", "));
        }
        if let Some(token) = token {
            request = request.bearer_auth(token.text());
        }
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

    async fn body(&self, response: Response, bytes_max: usize) -> Result<Vec<u8>, RegistryError> {
        read_body(response, bytes_max).await.map_err(|why| self.unavailable(why))
    }

    /// Lets a good answer through and turns any other into the error that says what to do next.
    async fn expect_success(&self, response: Response) -> Result<Response, RegistryError> {
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

    fn url(&self, below: &str) -> Result<Url, RegistryError> {
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

    fn unavailable(&self, why: impl Into<String>) -> RegistryError {
        RegistryError::Unavailable { host: self.host(), image: self.image.clone(), why: why.into() }
    }
}

/// Hashes as the digest to compare with does, or as everybody does.
fn hash_of(content: &[u8], like: Option<&Digest>) -> Digest {
    let text = match like {
        Some(like) if like.as_str().starts_with("sha512:") => {
            format!("sha512:{:x}", sha2::Sha512::digest(content))
        }
        Some(_) | None => format!("sha256:{:x}", sha2::Sha256::digest(content)),
    };
    Digest::new(text).expect("a hash in hexadecimal digits")
}

#[cfg(test)]
mod tests;
