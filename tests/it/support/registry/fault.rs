//! What a registry can do wrong.

use std::convert::Infallible;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, LINK, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{StreamExt as _, stream};
use serde_json::json;

use super::State;
use super::requests::{DIGEST, Kind, json_of, refusal, with};

/// A megabyte of nothing, many of which make a manifest that is too large.
static MEGABYTE: [u8; 1 << 20] = [b' '; 1 << 20];

/// Something that a registry does wrong, to all requests that it concerns.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Every request: asks for patience, for as long as this says.
    Patience(&'static str),
    /// Every request: is refused with this status.
    Refusal(u16),
    /// Listings and manifests: begin and never end.
    Silence,
    /// Listings and manifests: end in the middle.
    Truncation,
    /// Listings: name a next page for ever, each with a new tag.
    EndlessLink,
    /// Listings: name a next page for ever, all with the same tags.
    IdleLink,
    /// Listings: name a next page at this address.
    LinkTo(String),
    /// Listings: hold these tags, and nothing that a registry could have checked.
    Tags(&'static [&'static str]),
    /// Everything: wants a token of this realm.
    Realm(String),
    /// Every request: wants a password, and repeats what it was shown in an error of this status.
    Echo(u16),
    /// These requests: are sent elsewhere.
    Redirect(Kind, String),
    /// Manifests: have a hundred megabytes.
    HugeManifest,
    /// Manifests: are called by this digest in the header, whatever they are.
    DigestHeader(&'static str),
    /// Manifests: are these bytes, whatever was asked for.
    Manifest(&'static str),
}

impl Fault {
    /// The wrong answer; nothing where this fault does not concern the request.
    pub(super) fn answer(&self, state: &State, kind: Kind, request: &Request) -> Option<Response> {
        let number = state.requests.len();
        let next = format!("?n=1000&last={number}");
        let has_body = matches!(kind, Kind::Listing | Kind::Manifest);
        Some(match self {
            Self::Patience(wait) => {
                with(refusal(StatusCode::TOO_MANY_REQUESTS, "TOOMANYREQUESTS"), RETRY_AFTER, wait)
            }
            Self::Refusal(status) => refusal(StatusCode::from_u16(*status).expect("a status"), "DENIED"),
            Self::Silence if has_body => {
                let first = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"{"))]);
                Body::from_stream(first.chain(stream::pending())).into_response()
            }
            Self::Truncation if has_body => {
                let parts = [Ok(Bytes::from_static(b"{\"name\":\"x\",\"tags\":[\"a\"")), Err("cut")];
                Body::from_stream(stream::iter(parts)).into_response()
            }
            Self::EndlessLink if kind == Kind::Listing => linked(&format!("tag-{number}"), &next),
            Self::IdleLink if kind == Kind::Listing => linked("same", &next),
            Self::LinkTo(target) if kind == Kind::Listing => linked("a", target),
            Self::Tags(tags) if kind == Kind::Listing => json_of(&json!({ "name": "x", "tags": tags })),
            Self::Realm(realm) => {
                let challenge = format!("Bearer realm=\"{realm}\",service=\"fake\"");
                with(refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED"), WWW_AUTHENTICATE, &challenge)
            }
            Self::Echo(status) => {
                let Some(shown) = request.headers().get(AUTHORIZATION) else {
                    let refused = refusal(StatusCode::UNAUTHORIZED, "UNAUTHORIZED");
                    return Some(with(refused, WWW_AUTHENTICATE, "Basic realm=\"r\""));
                };
                let shown = shown.to_str().expect("visible ASCII");
                let plain = shown.strip_prefix("Basic ").and_then(|text| STANDARD.decode(text).ok());
                let plain =
                    plain.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
                let said = format!("not you: {shown} {plain}\u{1b}[2J\u{202e}\nforged: all is well");
                let body = json!({ "errors": [{ "code": "DENIED", "message": said }] }).to_string();
                (StatusCode::from_u16(*status).expect("a status"), body).into_response()
            }
            Self::Redirect(concerned, target) if *concerned == kind => {
                with(StatusCode::TEMPORARY_REDIRECT.into_response(), LOCATION, target)
            }
            Self::HugeManifest if kind == Kind::Manifest => {
                let parts =
                    stream::iter((0..100).map(|_| Ok::<_, Infallible>(Bytes::from_static(&MEGABYTE))));
                Body::from_stream(parts).into_response()
            }
            Self::DigestHeader(digest) if matches!(kind, Kind::Head | Kind::Manifest) => {
                let reference = request.uri().path().rsplit('/').next().unwrap_or_default();
                let tagged = state.repositories.values().find_map(|tags| tags.get(reference));
                let content = state.content.get(tagged.map_or(reference, String::as_str)).cloned();
                with(content.unwrap_or_default().into_response(), DIGEST, digest)
            }
            Self::Manifest(content) if kind == Kind::Manifest => content.into_response(),
            Self::Silence
            | Self::Truncation
            | Self::EndlessLink
            | Self::IdleLink
            | Self::LinkTo(_)
            | Self::Tags(_)
            | Self::Redirect(..)
            | Self::HugeManifest
            | Self::DigestHeader(_)
            | Self::Manifest(_) => return None,
        })
    }
}

/// A page of one tag, with the address of the next page.
fn linked(tag: &str, next: &str) -> Response {
    with(json_of(&json!({ "name": "x", "tags": [tag] })), LINK, &format!("<{next}>; rel=\"next\""))
}
