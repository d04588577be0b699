//! One request to a cloud's own service, which gives something in exchange for what proves who we are.

use reqwest::{RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{AuthRequest, ProofError};
use crate::registry::oci::connection::{read_body, said_by};
use crate::registry::oci::realm::way_to_service;

/// Most bytes of an answer.
const ANSWER_BYTES_MAX: usize = 256 << 10;
/// Longest code of an error that is repeated.
const CODE_BYTES_MAX: usize = 80;

/// How the clouds name an error; their messages are not repeated, since they may hold what we sent.
#[derive(Deserialize)]
struct CloudError {
    #[serde(alias = "__type", alias = "Code", alias = "code")]
    error: Option<String>,
}

impl AuthRequest<'_> {
    /// A request to a service whose address a person or a cloud gave.
    pub(super) fn request(
        &self,
        method: reqwest::Method,
        address: &str,
    ) -> Result<RequestBuilder, ProofError> {
        let url = Url::parse(address)
            .map_err(|error| ProofError::Refused(format!("`{address}` is not a valid address: {error}")))?;
        let way = way_to_service(&url).map_err(ProofError::Refused)?;
        let client = self.clients.get(way).map_err(ProofError::Unavailable)?;
        Ok(client.request(method, url))
    }
}

/// The answer to a request.
pub(super) async fn text(request: RequestBuilder) -> Result<String, ProofError> {
    let response = request.send().await.map_err(|error| {
        let at = error.url().map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        ProofError::Unavailable(format!("`{at}` does not answer: {}", said_by(&error)))
    })?;
    let at = response.url().origin().ascii_serialization();
    let status = response.status();
    let body = read_body(response, ANSWER_BYTES_MAX).await;
    let body = body.map_err(|why| ProofError::Unavailable(format!("`{at}`: {why}")))?;
    if status.is_success() {
        return String::from_utf8(body).map_err(|_| not_understood(&at));
    }
    let words = format!("`{at}` answered {status}{}", code(&body));
    let is_passing = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    Err(if is_passing { ProofError::Unavailable(words) } else { ProofError::Refused(words) })
}

/// The answer to a request, read as JSON.
pub(super) async fn json<T: DeserializeOwned>(request: RequestBuilder) -> Result<T, ProofError> {
    let text = text(request).await?;
    // The parser's own message could repeat parts of a secret.
    serde_json::from_str(&text).map_err(|_| not_understood("the cloud's service"))
}

fn not_understood(whom: &str) -> ProofError {
    ProofError::Unavailable(format!("{whom} gives an answer that is not understood"))
}

fn code(body: &[u8]) -> String {
    let code = serde_json::from_slice::<CloudError>(body).ok().and_then(|refused| refused.error);
    let is_fine = |c: char| c.is_ascii_alphanumeric() || "._#-".contains(c);
    match code {
        Some(code) if code.len() <= CODE_BYTES_MAX && code.chars().all(is_fine) => format!(", `{code}`"),
        Some(_) | None => String::new(),
    }
}
