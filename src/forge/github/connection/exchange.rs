//! One request over the wire and its answer, wherever redirects lead.

use std::io;
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use secrecy::SecretString;

use super::redirect::RedirectHop;
use super::{Call, Connection};
use crate::forge::ForgeError;
use crate::forge::github::failed;
use crate::forge::github::refusal::one_line;
use crate::sanitize::exposed;

/// Most bytes that are read of an answer; the largest are trees of 100,000 files.
const BODY_BYTES_MAX: usize = 64 << 20;
/// How long GitHub may take to accept a connection, and to go on with an answer.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// The version of the REST interface that the wire types are of.
const API_VERSION: &str = "2022-11-28";
const API_VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");

/// What came back.
pub(super) struct RawResponse {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
    /// The host that answered, where that is none of GitHub's interface: it knows nothing of tokens and limits there.
    pub(super) elsewhere: Option<String>,
}

impl Connection {
    /// Sends a request once, and follows where its answer leads.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        condition: Option<HeaderValue>,
    ) -> Result<RawResponse, ForgeError> {
        let own = own_headers(call, token, condition)?;
        let client = self.client()?;
        let mut hop =
            RedirectHop::first(&call.address(&self.url)).map_err(|error| failed(call.verb, error))?;
        let (head, body) = loop {
            let mut builder = http::Request::builder()
                .method(call.method.clone())
                .uri(hop.address())
                .header(ACCEPT, "application/vnd.github+json");
            if let Some(headers) = builder.headers_mut().filter(|_| hop.is_home) {
                headers.extend(own.clone());
            }
            let request = client.build_request(builder, call.body.as_ref());
            let request = request.map_err(|error| lost(call, &hop, &error))?;
            let answer = client.send(request).await;
            let (head, body) = answer.map_err(|error| lost(call, &hop, &error))?.into_parts();
            if hop.is_home {
                self.clock.learn(&head.headers, self.now());
            }
            match hop.next(&call.method, head.status, &head.headers) {
                Some(next) => hop = next,
                None => break (head, body),
            }
        };
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
        let body = body.map_err(|error| lost(call, &hop, error.as_ref()))?;
        let elsewhere = (!hop.is_home).then(|| hop.host());
        Ok(RawResponse {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes().to_vec(),
            elsewhere,
        })
    }

    /// The client, made with the first request: it needs certificates of the machine, and a runtime around it.
    fn client(&self) -> Result<&Octocrab, ForgeError> {
        if let Some(client) = self.client.get() {
            return Ok(client);
        }
        let made = Octocrab::builder()
            .add_retry_config(RetryConfig::None)
            .set_connect_timeout(Some(SILENCE_MAX))
            .set_read_timeout(Some(SILENCE_MAX))
            .set_write_timeout(Some(SILENCE_MAX))
            .build();
        let made = made.map_err(|error| failed("making connections secure", innermost(&error)))?;
        Ok(self.client.get_or_init(|| made))
    }
}

/// What GitHub alone is told with a request.
fn own_headers(
    call: &Call<'_>,
    token: &SecretString,
    condition: Option<HeaderValue>,
) -> Result<HeaderMap, ForgeError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", exposed(token)))
        .map_err(|_| failed(call.verb, "the token has characters that no token has"))?;
    bearer.set_sensitive(true);
    let version = HeaderValue::from_static(API_VERSION);
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (API_VERSION_HEADER, version)]);
    headers.extend(condition.map(|condition| (IF_NONE_MATCH, condition)));
    Ok(headers)
}

/// A request that has no answer, and where it should have come from.
fn lost(call: &Call<'_>, hop: &RedirectHop, error: &(dyn std::error::Error + 'static)) -> ForgeError {
    failed(format!("`{} {}` to {}", call.method, hop.origin(), call.verb), innermost(error))
}

/// What went wrong on the way, in words: the innermost cause, for the outer ones only say that a request failed.
fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let is_refused = cause
        .downcast_ref()
        .is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused);
    let advice =
        if is_refused { ": nothing listens there; see that it runs, and that `url` is right" } else { "" };
    one_line(&format!("{cause}{advice}"))
}
