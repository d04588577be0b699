//! What a registry wants to see, and the tokens that it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use reqwest::Url;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use serde::Deserialize;

use super::connection::TransportSecurity;
use super::realm::Origin;
use crate::sanitize::exposed;

/// Most bytes of a token server's answer.
pub(super) const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Longest time that a token is kept, whatever its server says; and where it says nothing, for to try a token that
/// has ended costs no more than to have none.
const LIFE_MAX_S: u64 = 3600;
/// How long before its end a token is no longer used, so that it does not end on the way.
const MARGIN_S: u64 = 5;
/// What we may ask for besides `pull`, where a registry says that it is needed to list tags.
const MORE_ACTIONS: [&str; 2] = ["content_read", "metadata_read"];

/// What a registry wants to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum AuthScheme {
    /// A name and a password, each time.
    Basic,
    /// A token.
    Bearer(Challenge),
}

/// A registry's wish for a token: `Bearer realm="…",service="…"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Challenge {
    realm: String,
    pub(super) service: Option<String>,
    actions: BTreeSet<String>,
}

/// Where to fetch a token, and how far the request may go.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TokenRequest {
    pub(super) url: Url,
    pub(super) way: TransportSecurity,
}

impl AuthScheme {
    /// What these headers ask for: a token, if that is among it.
    pub(super) fn among<'a>(headers: impl Iterator<Item = &'a HeaderValue>) -> Option<Self> {
        let texts: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
        let is_basic = |text: &&str| {
            text.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
        };
        let bearer = texts.iter().find_map(|text| Challenge::parse(text)).map(Self::Bearer);
        bearer.or_else(|| texts.iter().any(is_basic).then_some(Self::Basic))
    }

    /// This wish, and what was wished before at the same realm.
    pub(super) fn and(mut self, earlier: &Self) -> Self {
        if let (Self::Bearer(now), Self::Bearer(before)) = (&mut self, earlier)
            && now.realm == before.realm
        {
            now.actions.extend(before.actions.iter().cloned());
        }
        self
    }
}

impl Challenge {
    fn parse(header: &str) -> Option<Self> {
        let (scheme, parameters) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let mut parameters = parameters_of(parameters);
        let scope = parameters.remove("scope").unwrap_or_default();
        let actions = scope.rsplit(':').next().unwrap_or_default().split(',');
        let actions = actions.filter(|action| MORE_ACTIONS.contains(action)).map(str::to_owned).collect();
        Some(Self { realm: parameters.remove("realm")?, service: parameters.remove("service"), actions })
    }

    /// What we ask for: to read one repository.
    pub(super) fn scope(&self, repository: &str) -> String {
        let more: String = self.actions.iter().flat_map(|action| [",", action]).collect();
        format!("repository:{repository}:pull{more}")
    }

    /// Judges the realm. `has_credentials` says whether ours would go there.
    pub(super) fn errand(&self, origin: Origin<'_>, has_credentials: bool) -> Result<TokenRequest, String> {
        let mut url =
            Url::parse(&self.realm).map_err(|error| format!("its realm is not a valid address: {error}"))?;
        let way = if has_credentials { origin.trusted_way_to(&url) } else { origin.way_to(&url) };
        let way = way.map_err(|why| format!("its realm {why}"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err("its realm holds a user or a password".to_owned());
        }
        url.set_fragment(None);
        Ok(TokenRequest { url, way })
    }

    /// The parameters that say what the token shall be for.
    pub(super) fn parameters(&self, repository: &str) -> Vec<(&'static str, String)> {
        let service = self.service.clone().map(|service| ("service", service));
        service.into_iter().chain([("scope", self.scope(repository))]).collect()
    }
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

/// A token and how long it is used. Its text never reaches a log.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: SecretString,
    pub(super) life: Duration,
}

#[derive(Deserialize)]
struct TokenResponse {
    token: Option<SecretString>,
    access_token: Option<SecretString>,
    expires_in: Option<u64>,
}

impl Token {
    /// Reads a token server's answer.
    pub(super) fn parse(answer: &[u8]) -> Result<Self, String> {
        // The parser's own message could repeat parts of the token.
        let answer: TokenResponse = serde_json::from_slice(answer)
            .map_err(|_| "its token server's answer is not a token".to_owned())?;
        let given = [answer.token, answer.access_token].into_iter().flatten();
        let text = given.into_iter().find(|text| !exposed(text).is_empty());
        let Some(text) = text else { return Err("its token server's answer is an empty token".to_owned()) };
        Ok(Self { text, life: life_of(answer.expires_in) })
    }
}

/// How long something is used that lasts so many seconds, where that is said.
pub(super) fn life_of(seconds: Option<u64>) -> Duration {
    Duration::from_secs(seconds.unwrap_or(LIFE_MAX_S).min(LIFE_MAX_S).saturating_sub(MARGIN_S))
}

#[cfg(test)]
mod tests;
