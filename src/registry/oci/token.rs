//! Anonymous tokens: where to fetch one, and for how long it is good.

use std::collections::BTreeMap;
use std::time::Duration;

use oci_distribution::token_cache::RegistryToken;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::connection::{Way, is_public};

/// Most bytes of a token server's answer.
pub(super) const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Longest time that a token is kept, whatever its server says; and where it says nothing, for to try a token that
/// has ended costs no more than to have none.
const LIFE_MAX_S: u64 = 3600;
/// How long before its end a token is no longer used, so that it does not end on the way.
const MARGIN_S: u64 = 5;

/// A registry's wish for a token: `Bearer realm="…",service="…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    service: Option<String>,
}

/// Where to fetch a token, and how far the request may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Errand {
    pub(super) url: Url,
    pub(super) way: Way,
}

impl Challenge {
    /// The first wish for a bearer token among these headers.
    pub(super) fn among<'a>(headers: impl IntoIterator<Item = &'a HeaderValue>) -> Option<Self> {
        headers.into_iter().find_map(|value| Self::parse(value.to_str().ok()?))
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, parameters) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters_of(parameters);
        Some(Self { realm: parameters.remove("realm")?, service: parameters.remove("service") })
    }

    /// Judges the realm and adds what is asked for. `registry` is any address of the registry that named it.
    pub(super) fn errand(&self, registry: &Url, scope: &str) -> Result<Errand, String> {
        let mut url = Url::parse(&self.realm).map_err(|error| format!("its realm is no address: {error}"))?;
        let way = way_to(&url, registry).map_err(|why| format!("its realm {why}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its realm holds a user or a password".to_owned());
        }
        url.set_fragment(None);
        if let Some(service) = &self.service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", scope);
        Ok(Errand { url, way })
    }
}

/// How an address that a registry names may be reached. A registry can name any address, so that a public one must not make us knock at
/// doors inside our network.
pub(super) fn way_to(target: &Url, registry: &Url) -> Result<Way, String> {
    let at = target.origin().ascii_serialization();
    let is_same_host = target.host() == registry.host();
    let is_in_house = registry.scheme() == "http";
    match target.scheme() {
        "http" if is_same_host && is_in_house => Ok(Way::Plain),
        "https" if is_same_host || is_in_house => Ok(Way::Tls),
        // An address in figures is never resolved, so the resolver of `TlsToPublic` would not see it.
        "https" if address_of(target).is_none_or(is_public) => Ok(Way::TlsToPublic),
        "https" => Err(format!("`{at}` is a private address")),
        _ => Err(format!("`{at}` is not https")),
    }
}

fn address_of(url: &Url) -> Option<std::net::IpAddr> {
    let host = url.host_str()?;
    host.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Reads `name="value", name=value`; a quoted value may hold commas and escaped quotes.
fn parameters_of(text: &str) -> BTreeMap<String, String> {
    let mut parameters = BTreeMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                after.split_once(',').map_or((after.to_owned(), ""), |(value, rest)| (value.to_owned(), rest))
            }
        };
        let name = name.trim_matches([',', ' ', '\t']).to_ascii_lowercase();
        parameters.entry(name).or_insert_with(|| value.trim().to_owned());
        rest = after;
    }
    parameters
}

/// The text up to the closing quote, and what follows it.
fn unquote(quoted: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => value.push(plain),
        }
    }
    (value, "")
}

/// A token and until when it is used. Its text never reaches a log: `RegistryToken` hides it.
#[derive(Clone, Debug)]
pub(super) struct Token {
    token: RegistryToken,
    life: Duration,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(flatten)]
    token: RegistryToken,
    expires_in: Option<u64>,
}

impl Token {
    /// Reads a token server's answer.
    pub(super) fn parse(answer: &[u8]) -> Result<Self, String> {
        // The parser's own message could repeat parts of the token.
        let answer: Answer = serde_json::from_slice(answer)
            .map_err(|_| "its token server's answer is not a token".to_owned())?;
        if answer.token.token().is_empty() {
            return Err("its token server's answer is an empty token".to_owned());
        }
        let life_s = answer.expires_in.unwrap_or(LIFE_MAX_S).min(LIFE_MAX_S).saturating_sub(MARGIN_S);
        Ok(Self { token: answer.token, life: Duration::from_secs(life_s) })
    }

    pub(super) fn text(&self) -> &str {
        self.token.token()
    }
}

/// What a token is for: a registry's host and a repository there.
pub(super) type Scope = (String, String);

/// What is known of the token for one repository.
pub(super) enum Held {
    /// It can be used.
    Good(Token),
    /// It has ended; this is how it was asked for.
    Ended(Challenge),
}

/// The tokens, by registry and repository: as many as there are repositories that want one.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    held: Mutex<BTreeMap<Scope, (Challenge, Token, Instant)>>,
}

impl Tokens {
    pub(super) async fn get(&self, scope: &Scope) -> Option<Held> {
        let held = self.held.lock().await;
        let (challenge, token, end) = held.get(scope)?;
        let is_good = Instant::now() < *end;
        Some(if is_good { Held::Good(token.clone()) } else { Held::Ended(challenge.clone()) })
    }

    pub(super) async fn keep(&self, scope: Scope, challenge: Challenge, token: Token) {
        let end = Instant::now() + token.life;
        self.held.lock().await.insert(scope, (challenge, token, end));
    }
}

#[cfg(test)]
mod tests;
