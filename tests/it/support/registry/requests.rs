//! What was asked for, and the right answer to it.

use std::net::SocketAddr;

use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, ETAG, IF_NONE_MATCH, LINK, WWW_AUTHENTICATE};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use super::State;
use super::content::digest_of;

pub(super) const DIGEST: HeaderName = HeaderName::from_static("docker-content-digest");

/// A kind of request.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A page of tags.
    Listing,
    /// What a tag points to.
    Head,
    /// A manifest.
    Manifest,
    /// A configuration or layer.
    Blob,
    /// A token.
    Token,
    /// What refers to a manifest.
    Referrers,
    /// Whether the registry is there at all.
    Ping,
    /// Anything else.
    Other,
}

impl Kind {
    pub(super) fn of(request: &Request) -> Self {
        let path = request.uri().path();
        match path {
            "/token" => Self::Token,
            "/v2/" => Self::Ping,
            _ if path.ends_with("/tags/list") => Self::Listing,
            _ if path.contains("/referrers/") => Self::Referrers,
            _ if path.contains("/manifests/") && request.method() == Method::HEAD => Self::Head,
            _ if path.contains("/manifests/") => Self::Manifest,
            _ if path.contains("/blobs/") => Self::Blob,
            _ => Self::Other,
        }
    }
}

/// An answer of JSON.
pub(super) fn json_of(value: &Value) -> Response {
    value.to_string().into_response()
}

/// A refusal as the protocol has it.
pub(super) fn refusal(status: StatusCode, code: &str) -> Response {
    (status, json!({ "errors": [{ "code": code, "message": "no" }] }).to_string()).into_response()
}

/// An answer with one more header.
pub(super) fn with(mut answer: Response, name: HeaderName, value: &str) -> Response {
    answer.headers_mut().insert(name, HeaderValue::from_str(value).expect("visible ASCII"));
    answer
}

/// The repository and what follows the word behind it, as in `/v2/acme/shop/manifests/1.0.0`.
fn parts(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/v2/")?;
    let word =
        ["/tags/", "/manifests/", "/blobs/", "/referrers/"].into_iter().find(|word| rest.contains(word))?;
    rest.split_once(word)
}

/// The value of a parameter of a query.
fn parameter<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let query = request.uri().query().unwrap_or_default();
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

impl State {
    /// The right answer.
    pub(super) fn answer(&mut self, kind: Kind, here: SocketAddr, request: &Request) -> Response {
        if kind == Kind::Token {
            self.tokens_given += 1;
            let token = format!("token-{}", self.tokens_given);
            return json_of(&json!({ "token": token, "expires_in": self.token_life_s }));
        }
        if self.token_life_s.is_some() && !self.takes(request) {
            let challenge = format!("Bearer realm=\"http://{here}/token\",service=\"fake\"");
            return with(refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED"), WWW_AUTHENTICATE, &challenge);
        }
        let Some((repository, rest)) = parts(request.uri().path()) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        match kind {
            Kind::Listing => self.listing(repository, request),
            Kind::Head | Kind::Manifest => self.manifest(repository, rest),
            Kind::Blob => self.blob(rest),
            Kind::Referrers => json_of(&json!({ "schemaVersion": 2, "manifests": [] })),
            Kind::Ping | Kind::Token | Kind::Other => StatusCode::OK.into_response(),
        }
    }

    /// Whether a request shows a token that was given and not revoked; tokens are good for any repository.
    fn takes(&self, request: &Request) -> bool {
        let shown = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let number = shown.and_then(|shown| shown.strip_prefix("Bearer token-")?.parse::<usize>().ok());
        number.is_some_and(|number| number > self.revoked && number <= self.tokens_given)
    }

    fn listing(&self, repository: &str, request: &Request) -> Response {
        let Some(tags) = self.repositories.get(repository) else {
            return refusal(StatusCode::NOT_FOUND, "NAME_UNKNOWN");
        };
        let last = parameter(request, "last").unwrap_or_default();
        let rest: Vec<&String> = tags.keys().filter(|tag| tag.as_str() > last).collect();
        let size = self.page.unwrap_or(usize::MAX).min(rest.len());
        let (page, after) = rest.split_at(size);
        let body = json!({ "name": repository, "tags": page });
        let etag = format!("\"{}\"", digest_of(body.to_string().as_bytes()));
        if self.gives_etags && request.headers().get(IF_NONE_MATCH).is_some_and(|known| *known == etag) {
            return StatusCode::NOT_MODIFIED.into_response();
        }
        let mut answer = json_of(&body);
        if self.gives_etags {
            answer = with(answer, ETAG, &etag);
        }
        match page.last() {
            Some(last) if !after.is_empty() => {
                let link = format!("</v2/{repository}/tags/list?n={size}&last={last}>; rel=\"next\"");
                with(answer, LINK, &link)
            }
            Some(_) | None => answer,
        }
    }

    fn manifest(&self, repository: &str, reference: &str) -> Response {
        let tagged = self.repositories.get(repository).and_then(|tags| tags.get(reference));
        let digest = tagged.map_or(reference, String::as_str);
        match self.content.get(digest) {
            Some(content) => with(content.clone().into_response(), DIGEST, digest),
            None => refusal(StatusCode::NOT_FOUND, "MANIFEST_UNKNOWN"),
        }
    }

    fn blob(&self, digest: &str) -> Response {
        match self.content.get(digest) {
            Some(content) => content.clone().into_response(),
            None => refusal(StatusCode::NOT_FOUND, "BLOB_UNKNOWN"),
        }
    }
}
