//! Docker's configuration: which entry speaks of a registry, and what it says.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::SecretString;
use serde::Deserialize;

use super::{AuthRequest, ProofError, RegistryLogin};
use crate::sanitize::{exposed, opened};

/// The key under which Docker's own registry stands.
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";
/// Other names of Docker's own registry.
const DOCKER_HUB_NAMES: [&str; 2] = ["index.docker.io", "registry-1.docker.io"];

/// What a configuration says of a registry.
#[derive(Debug)]
pub(super) enum Found {
    /// What proves who we are.
    Proof(RegistryLogin),
    /// A program knows it; where it does not, the rest of the configuration may.
    Helper { name: String, server: String, otherwise: RegistryLogin },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    auths: BTreeMap<String, Entry>,
    #[serde(default)]
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    auth: Option<SecretString>,
    username: Option<String>,
    password: Option<SecretString>,
    #[serde(rename = "identitytoken")]
    identity_token: Option<SecretString>,
    #[serde(rename = "registrytoken")]
    registry_token: Option<SecretString>,
}

/// What the configuration says of the registry and repository of this visit.
pub(super) fn find(text: &SecretString, visit: &AuthRequest<'_>) -> Result<Found, ProofError> {
    // The parser's own message could repeat parts of a secret.
    let refused = |error: serde_json::Error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        ProofError::Refused(format!("Docker's configuration is not understood at {place}"))
    };
    let written: Written = serde_json::from_str(opened(text)).map_err(refused)?;
    let otherwise = match best(&written.auths, visit) {
        Some(entry) => entry.proof(visit.host)?,
        None => RegistryLogin::Nothing,
    };
    let own = best(&written.cred_helpers, visit);
    Ok(match own.or(written.creds_store.as_ref()).filter(|name| !name.is_empty()) {
        Some(name) => Found::Helper { name: name.clone(), server: server_of(visit.host), otherwise },
        None => Found::Proof(otherwise),
    })
}

/// The name under which helpers know a registry.
fn server_of(host: &str) -> String {
    if canonical(host) == "docker.io" { DOCKER_HUB_KEY.to_owned() } else { host.to_owned() }
}

/// The entry whose key speaks of this registry, and of the longest part of the repository.
fn best<'a, T>(entries: &'a BTreeMap<String, T>, visit: &AuthRequest<'_>) -> Option<&'a T> {
    let fitting = entries.iter().filter_map(|(key, value)| Some((length_of_fit(key, visit)?, value)));
    fitting.max_by_key(|(length, _)| *length).map(|(_, value)| value)
}

fn length_of_fit(key: &str, visit: &AuthRequest<'_>) -> Option<usize> {
    let key = key.strip_prefix("https://").or_else(|| key.strip_prefix("http://")).unwrap_or(key);
    let (host, path) = key.split_once('/').unwrap_or((key, ""));
    let path = match path.trim_matches('/') {
        "v1" | "v2" => "",
        path => path,
    };
    let is_same = canonical(host).eq_ignore_ascii_case(canonical(visit.host));
    let rest = visit.repository.strip_prefix(path)?;
    (is_same && (path.is_empty() || rest.is_empty() || rest.starts_with('/'))).then_some(path.len())
}

fn canonical(host: &str) -> &str {
    if DOCKER_HUB_NAMES.contains(&host) { "docker.io" } else { host }
}

impl Entry {
    fn proof(&self, host: &str) -> Result<RegistryLogin, ProofError> {
        let given =
            |secret: &Option<SecretString>| secret.clone().filter(|secret| !exposed(secret).is_empty());
        if let Some(token) = given(&self.registry_token) {
            return Ok(RegistryLogin::Bearer(token));
        }
        if let Some(token) = given(&self.identity_token) {
            return Ok(RegistryLogin::Identity(token));
        }
        if let (Some(username), Some(password)) = (&self.username, given(&self.password)) {
            return Ok(RegistryLogin::Password { username: username.clone(), password });
        }
        match given(&self.auth) {
            Some(auth) => parse_auth(&auth).ok_or_else(|| {
                ProofError::Refused(format!(
                    "in Docker's configuration, `auth` of `{host}` is not understood"
                ))
            }),
            None => Ok(RegistryLogin::Nothing),
        }
    }
}

/// Reads a name and a password as Docker writes them: joined by a colon, in base 64.
pub(super) fn parse_auth(auth: &SecretString) -> Option<RegistryLogin> {
    let bytes = STANDARD.decode(exposed(auth).trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (username, password) = text.split_once(':')?;
    // Docker's own tools pad with zero bytes at times.
    let password = password.trim_end_matches('\0').into();
    Some(RegistryLogin::Password { username: username.to_owned(), password })
}

#[cfg(test)]
mod tests;
