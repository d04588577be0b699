//! Whether an event comes from who knows a secret. All comparisons take the same time wherever texts differ.

use std::time::Duration;

use axum::http::HeaderMap;
use futures::future::join_all;
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq as _};
use tokio::sync::Mutex;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::Instant;

use crate::config::{SecretError, SecretSource};
use crate::model::{PushProof, Secret};

/// How long secrets are taken for what they were when they were read.
const SECRETS_AGE_MAX: Duration = Duration::from_secs(1);
/// What stands before a signature.
const SIGNATURE_PREFIX: &str = "sha256=";
/// The scheme that may come before a secret in a header, in upper or lower case (RFC 9110, section 11.1).
const BEARER: &str = "Bearer";
/// The parameter of the address that holds the secret.
const TOKEN: &str = "token";

/// Secrets, each with its number in the configuration, from 1.
type Keys = Vec<(usize, Secret)>;

/// What a hook asks of an event.
#[derive(Debug)]
pub(super) struct Proof {
    kind: PushProof,
    /// The header, where one holds the proof.
    header: Option<String>,
    sources: Vec<SecretSource>,
    read: Mutex<Option<(Instant, Keys)>>,
}

/// The value of a header without the scheme that may come before the secret.
fn without_scheme(shown: &str) -> &str {
    match shown.split_once(' ') {
        Some((scheme, secret)) if scheme.eq_ignore_ascii_case(BEARER) => secret,
        Some(_) | None => shown,
    }
}

/// What an event shows before its body was read.
#[derive(Debug)]
pub(super) enum Claim {
    /// The secret itself, which was right; which of them.
    Proven(usize),
    /// A signature, of a form that can be right.
    Signed([u8; 32]),
}

impl Proof {
    /// A proof of this kind, by any of these secrets; `header` stands in for the kind's own.
    pub(super) fn new(kind: PushProof, header: Option<String>, sources: Vec<SecretSource>) -> Self {
        let own = match kind {
            PushProof::Header(header)
            | PushProof::Signature(header)
            | PushProof::HeaderOrSignature(header) => Some(header.to_owned()),
            PushProof::Address => None,
        };
        Self { kind, header: header.or(own), sources, read: Mutex::default() }
    }

    /// What can be said before the body is read; `None` if it is surely wrong.
    pub(super) async fn check_head(&self, headers: &HeaderMap, query: Option<&str>) -> Option<Claim> {
        let shown = match &self.header {
            Some(header) => headers.get(header)?.to_str().ok()?.to_owned(),
            None => token(query?)?,
        };
        let bare = without_scheme(&shown);
        let signed = shown.strip_prefix(SIGNATURE_PREFIX).and_then(signature);
        match self.kind {
            PushProof::Header(_) | PushProof::Address => self.secret(bare, &shown).await.map(Claim::Proven),
            PushProof::Signature(_) => signed.map(Claim::Signed),
            PushProof::HeaderOrSignature(_) => match self.secret(bare, &shown).await {
                Some(key) => Some(Claim::Proven(key)),
                None => signed.or_else(|| signature(&shown)).map(Claim::Signed),
            },
        }
    }

    /// Which of the secrets bears out the claim, from 1; `None` if none does.
    pub(super) async fn check_body(&self, claim: &Claim, body: &[u8]) -> Option<usize> {
        let signature = match claim {
            Claim::Proven(key) => return Some(*key),
            Claim::Signed(signature) => signature,
        };
        let matches = self.secrets().await.into_iter().map(|(key, secret)| {
            let mut mac: Hmac<Sha256> =
                Hmac::new_from_slice(secret.expose().as_bytes()).expect("a key of any length will do");
            mac.update(body);
            (key, mac.finalize().into_bytes().ct_eq(signature))
        });
        first(matches)
    }

    /// Which of the secrets either text is. Hashes are compared, so that not even the length shows.
    async fn secret(&self, bare: &str, whole: &str) -> Option<usize> {
        let (bare, whole) = (Sha256::digest(bare), Sha256::digest(whole));
        let secrets = self.secrets().await.into_iter();
        let secrets = secrets.map(|(key, secret)| (key, Sha256::digest(secret.expose())));
        first(secrets.map(|(key, secret)| (key, secret.ct_eq(&bare) | secret.ct_eq(&whole))))
    }

    /// The secrets as they are now. One that is gone or empty lets nobody in. Files are read on threads of their own, since
    /// a file system that does not respond must stop no other request.
    async fn secrets(&self) -> Keys {
        let mut kept = self.read.lock().await;
        if let Some((at, secrets)) = &*kept
            && at.elapsed() < SECRETS_AGE_MAX
        {
            return secrets.clone();
        }
        let reads = self.sources.iter().cloned().map(|source| spawn_blocking(move || source.read()));
        let reads = join_all(reads).await.into_iter().zip(1..);
        let secrets: Keys = reads.filter_map(|(read, key)| Some((key, known(read)?))).collect();
        *kept = Some((Instant::now(), secrets.clone()));
        secrets
    }
}

/// A secret, if it could be read; the log says why not.
fn known(read: Result<Result<Secret, SecretError>, JoinError>) -> Option<Secret> {
    match read {
        Ok(Ok(secret)) => return Some(secret),
        Ok(Err(error)) => tracing::error!("a hook's secret: {error}"),
        Err(error) => tracing::error!("a hook's secret could not be read: {error}"),
    }
    None
}

/// The first that is right. All of them are compared, whichever it is.
fn first(matches: impl Iterator<Item = (usize, Choice)>) -> Option<usize> {
    let all: Vec<(usize, Choice)> = matches.collect();
    all.into_iter().find(|(_, is_right)| bool::from(*is_right)).map(|(key, _)| key)
}

fn token(query: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == TOKEN).map(|(_, value)| value.into_owned())
}

/// 32 bytes in hexadecimal digits.
fn signature(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 2 * bytes.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
