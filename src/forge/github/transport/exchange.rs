//! One request over the wire and its response, with redirects.

use std::io;
use std::time::Duration;

use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH};
use http_body_util::{BodyExt as _, Limited};
use octocrab::Octocrab;
use octocrab::service::middleware::retry::RetryConfig;
use secrecy::SecretString;

use super::redirect::RedirectHop;
use super::{Call, Transport};
use crate::forge::ForgeError;
use crate::forge::github::message::{error_message, one_line};
use crate::sanitize::exposed;

/// The largest response body in bytes; the largest responses are trees of 100,000 files.
const BODY_BYTES_MAX: usize = 64 << 20;
/// How long GitHub may take to accept a connection, and between two parts of a response.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// The version of the REST API that the wire types follow: <https://docs.github.com/en/rest/about-the-rest-api/api-versions>.
const API_VERSION: &str = "2022-11-28";
const API_VERSION_HEADER: HeaderName = HeaderName::from_static("x-github-api-version");

/// A response as it came over the wire.
pub(in super::super) struct RawResponse {
    pub(in super::super) status: StatusCode,
    pub(in super::super) headers: HeaderMap,
    pub(in super::super) body: Vec<u8>,
    /// The host that responded, if a redirect led away from GitHub's interface.
    pub(super) other_host: Option<String>,
}

impl RawResponse {
    /// The status and message of an error response, as one line.
    pub(super) fn message(&self) -> String {
        error_message(self.status, &self.body)
    }
}

impl Transport {
    /// Sends a request once, and follows its redirects.
    pub(super) async fn exchange(
        &self,
        call: &Call<'_>,
        token: &SecretString,
        etag: Option<HeaderValue>,
    ) -> Result<RawResponse, ForgeError> {
        let own = auth_headers(call, token, etag)?;
        let client = self.client()?;
        let mut hop = RedirectHop::first(&call.address(&self.url))
            .map_err(|error| ForgeError::unavailable(call.verb, error))?;
        let (head, body) = loop {
            let mut builder = http::Request::builder()
                .method(call.method.clone())
                .uri(hop.address())
                .header(ACCEPT, "application/vnd.github+json");
            if hop.is_home
                && let Some(headers) = builder.headers_mut()
            {
                headers.extend(own.clone());
            }
            let request = client.build_request(builder, call.body.as_ref());
            let request = request.map_err(|error| no_response(call, &hop, &error))?;
            let response = client.send(request).await;
            let (head, body) = response.map_err(|error| no_response(call, &hop, &error))?.into_parts();
            if hop.is_home {
                self.clock.record(&head.headers, self.now());
            }
            match hop.next(&call.method, head.status, &head.headers) {
                Some(next) => hop = next,
                None => break (head, body),
            }
        };
        let body = Limited::new(body, BODY_BYTES_MAX).collect().await;
        let body = body.map_err(|error| no_response(call, &hop, error.as_ref()))?;
        let other_host = (!hop.is_home).then(|| hop.host());
        Ok(RawResponse {
            status: head.status,
            headers: head.headers,
            body: body.to_bytes().to_vec(),
            other_host,
        })
    }

    /// The client. It is created with the first request, because it reads the certificates of the machine and needs a runtime.
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
        let made =
            made.map_err(|error| ForgeError::unavailable("making connections secure", root_cause(&error)))?;
        Ok(self.client.get_or_init(|| made))
    }
}

/// The headers that only GitHub gets, not the host of a redirect.
fn auth_headers(
    call: &Call<'_>,
    token: &SecretString,
    etag: Option<HeaderValue>,
) -> Result<HeaderMap, ForgeError> {
    let mut bearer = HeaderValue::from_str(&format!("Bearer {}", exposed(token))).map_err(|_| {
        ForgeError::unavailable(call.verb, "the token contains characters that are not allowed in a header")
    })?;
    bearer.set_sensitive(true);
    let version = HeaderValue::from_static(API_VERSION);
    let mut headers = HeaderMap::from_iter([(AUTHORIZATION, bearer), (API_VERSION_HEADER, version)]);
    headers.extend(etag.map(|etag| (IF_NONE_MATCH, etag)));
    Ok(headers)
}

/// The error for a request without a response.
fn no_response(call: &Call<'_>, hop: &RedirectHop, error: &(dyn std::error::Error + 'static)) -> ForgeError {
    ForgeError::unavailable(format!("`{} {}` to {}", call.method, hop.origin(), call.verb), root_cause(error))
}

/// The innermost error, because the outer ones only say that a request failed.
fn root_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let is_refused = cause
        .downcast_ref()
        .is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused);
    let advice = if is_refused {
        ": nothing listens there; check that the server runs, and `url` of the forge"
    } else {
        ""
    };
    one_line(&format!("{cause}{advice}"))
}
