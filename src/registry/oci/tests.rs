//! The registry client against a small registry of its own, which each test makes answer as it likes.

mod address;
mod cloud;
mod credentials;
mod description;
mod digest;
mod listing;
mod refusal;
mod token;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response as Answer};
use futures::StreamExt as _;
use futures::stream;
use reqwest::dns::Resolve as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use reqwest::Method;
use reqwest::StatusCode;

use super::connection::PublicOnly;
use super::manifest::{DIGEST_HEADER, hash_of};
use super::*;
use crate::registry::{Login, Secret};

/// What the registry was asked.
struct Asked {
    method: Method,
    path: String,
    query: String,
    headers: axum::http::HeaderMap,
    token: Option<String>,
    body: String,
    /// The registry's own address, such as `127.0.0.1:5000`.
    here: SocketAddr,
}

/// A registry on loopback that answers as the test says and remembers every request.
struct Face {
    here: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Face {
    async fn new(answer: impl Fn(&Asked) -> Answer + Clone + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let here = listener.local_addr().unwrap();
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let remembered = requests.clone();
        let handler = async move |request: Request| {
            let asked = asked(request, here).await;
            let query = if asked.query.is_empty() { String::new() } else { format!("?{}", asked.query) };
            remembered.lock().unwrap().push(format!("{} {}{query}", asked.method, asked.path));
            answer(&asked)
        };
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { here, requests }
    }

    fn image(&self) -> ImageName {
        ImageName::new(format!("{}/acme/shop", self.here)).unwrap()
    }

    fn registry(&self) -> OciRegistry {
        self.registry_within(Limits::default())
    }

    fn registry_within(&self, limits: Limits) -> OciRegistry {
        OciRegistry::with_limits(vec![in_clear(&self.here.to_string())], noon(), limits)
    }

    /// This registry, for somebody who logs in.
    fn registry_for(&self, login: Login) -> OciRegistry {
        let settings = RegistrySettings { login, ..in_clear(&self.here.to_string()) };
        OciRegistry::new(vec![settings], noon())
    }

    /// The tags for somebody who logs in.
    async fn tags_for(&self, login: Login) -> Result<Vec<String>, RegistryError> {
        let tags = all_of(self.registry_for(login).tags(&self.image(), None).await)?;
        Ok(tags.into_iter().map(String::from).collect())
    }

    async fn tags(&self) -> Result<Vec<String>, RegistryError> {
        self.tags_within(Limits::default()).await
    }

    async fn tags_within(&self, limits: Limits) -> Result<Vec<String>, RegistryError> {
        let listing = self.registry_within(limits).tags(&self.image(), None).await;
        Ok(all_of(listing)?.into_iter().map(String::from).collect())
    }

    async fn digest(&self) -> Result<Option<Digest>, RegistryError> {
        self.registry().digest(&self.image(), &"1.0.0".parse().unwrap()).await
    }

    /// The requests since the last look.
    fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    /// Why there were no tags, with the port of this run made equal in all runs.
    async fn why(&self) -> String {
        self.words(&self.tags().await.unwrap_err())
    }

    async fn why_not(&self, login: Login) -> String {
        self.words(&self.tags_for(login).await.unwrap_err())
    }

    fn words(&self, error: &RegistryError) -> String {
        error.to_string().replace(&self.here.to_string(), "registry:5000")
    }
}

/// A registry in clear without credentials.
fn in_clear(host: &str) -> RegistrySettings {
    RegistrySettings { host: host.to_owned(), plain_http: true, realm: None, login: Login::Anonymous }
}

/// A clock that stands still.
fn noon() -> Now {
    Arc::new(|| "2026-03-02T12:00:00Z".parse().unwrap())
}

/// The tags of a listing that nobody can have called unchanged.
fn all_of(listing: Result<Listing, RegistryError>) -> Result<Vec<Tag>, RegistryError> {
    match listing? {
        Listing::Tags { tags, .. } => Ok(tags),
        Listing::Unchanged => panic!("nothing was known that could be unchanged"),
    }
}

async fn asked(request: Request, here: SocketAddr) -> Asked {
    let token = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    Asked {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        query: request.uri().query().unwrap_or_default().to_owned(),
        headers: request.headers().clone(),
        token: token.and_then(|text| text.strip_prefix("Bearer ")).map(str::to_owned),
        here,
        body: String::from_utf8(axum::body::to_bytes(request.into_body(), 1 << 20).await.unwrap().into())
            .unwrap(),
    }
}

fn listing(tags: &[&str]) -> Answer {
    serde_json::json!({ "name": "acme/shop", "tags": tags }).to_string().into_response()
}

fn with(mut answer: Answer, name: &'static str, value: &str) -> Answer {
    answer.headers_mut().append(name, value.parse().unwrap());
    answer
}

fn linked(tags: &[&str], link: &str) -> Answer {
    with(listing(tags), "link", link)
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    let body = serde_json::json!({ "errors": [{ "code": code, "message": message }] });
    (StatusCode::from_u16(status).unwrap(), body.to_string()).into_response()
}

fn status(status: u16) -> Answer {
    StatusCode::from_u16(status).unwrap().into_response()
}

const MANIFEST: &str = r#"{"schemaVersion":2}"#;

fn manifest_digest() -> Digest {
    hash_of(MANIFEST.as_bytes(), None)
}
