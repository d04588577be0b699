//! What proves who we are to one registry, got in the way that is configured.

mod acr;
mod aws;
mod credential_helper;
mod docker_config;
mod ecr;
mod exchange;
mod gar;
mod secret_text;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use secrecy::SecretString;
use tokio::sync::Mutex;
use tokio::time::Instant;

use self::docker_config::Found;
use self::secret_text::{read, text_of};
use super::connection::Clients;
use crate::model::Time;
use crate::registry::Login;
use crate::sanitize::exposed;

/// How long what failed is not tried again: accounts are locked after many wrong passwords, and a cloud that fails
/// shall not be asked for each repository.
const FAILURE_LIFE: Duration = Duration::from_secs(60);

/// What proves who we are. No secret shows in its `Debug`.
#[derive(Clone, Debug)]
pub(super) enum RegistryLogin {
    /// There is nothing to prove it with.
    Nothing,
    /// A name and a password.
    Password { username: String, password: SecretString },
    /// A token that a token server exchanges for others.
    Identity(SecretString),
    /// A token that the registry itself takes.
    Bearer(SecretString),
}

impl RegistryLogin {
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Password { username, password }, Self::Password { username: name, password: word }) => {
                username == name && exposed(password) == exposed(word)
            }
            (Self::Identity(one), Self::Identity(other)) | (Self::Bearer(one), Self::Bearer(other)) => {
                exposed(one) == exposed(other)
            }
            (Self::Nothing | Self::Password { .. } | Self::Identity(_) | Self::Bearer(_), _) => false,
        }
    }
}

/// Why there is no proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ProofError {
    /// A person has to mend something.
    Refused(String),
    /// It may work later.
    Unavailable(String),
}

/// Which registry wants the proof, and what there is to get it with.
#[derive(Copy, Clone, Debug)]
pub(super) struct AuthRequest<'a> {
    pub(super) host: &'a str,
    pub(super) repository: &'a str,
    pub(super) registry: &'a Url,
    pub(super) clients: &'a Clients,
    pub(super) now: Time,
}

/// What came of getting a proof, and until when that stands.
type CachedLogin = (Result<RegistryLogin, ProofError>, Instant);

/// What proves who we are to one registry; what costs to get is kept as long as it is good.
#[derive(Debug)]
pub(super) struct Proofs {
    login: Login,
    kept: Mutex<BTreeMap<String, CachedLogin>>,
    /// What a token server refused, and until when it is not shown again.
    refused: Mutex<Option<(RegistryLogin, Instant)>>,
}

impl Proofs {
    pub(super) fn new(login: Login) -> Self {
        Self { login, kept: Mutex::default(), refused: Mutex::default() }
    }

    /// Whether there is anything to prove who we are with.
    pub(super) const fn is_anonymous(&self) -> bool {
        matches!(self.login, Login::Anonymous)
    }

    /// The proof for this visit, unless it was refused a moment ago.
    pub(super) async fn proof(&self, visit: &AuthRequest<'_>) -> Result<RegistryLogin, ProofError> {
        let proof = self.fresh(visit).await?;
        let refused = self.refused.lock().await;
        if refused.as_ref().is_some_and(|(refused, end)| Instant::now() < *end && refused.is(&proof)) {
            let wait_s = FAILURE_LIFE.as_secs();
            let why = format!("they were refused, and are tried again once they change, or after {wait_s} s");
            return Err(ProofError::Refused(why));
        }
        Ok(proof)
    }

    async fn fresh(&self, visit: &AuthRequest<'_>) -> Result<RegistryLogin, ProofError> {
        match &self.login {
            Login::Anonymous => Ok(RegistryLogin::Nothing),
            Login::Password { username, password } => {
                Ok(RegistryLogin::Password { username: username.clone(), password: read(password).await? })
            }
            Login::Token(token) => Ok(RegistryLogin::Bearer(read(token).await?)),
            Login::DockerConfig(file) => match docker_config::find(&text_of(file).await?, visit)? {
                Found::Proof(proof) => Ok(proof),
                Found::Helper { name, server, otherwise } => {
                    let key = format!("{name} {server}");
                    let given = self.kept_or(&key, credential_helper::ask(&name, &server)).await?;
                    Ok(if matches!(given, RegistryLogin::Nothing) { otherwise } else { given })
                }
            },
            Login::Ecr(login) => self.kept_or("", ecr::proof(login, visit)).await,
            Login::Gar(login) => self.kept_or("", gar::proof(login, visit)).await,
            Login::Acr(login) => self.kept_or("", acr::proof(login, visit)).await,
        }
    }

    /// Forgets what was kept: it was refused.
    pub(super) async fn forget(&self) {
        self.kept.lock().await.clear();
    }

    /// Notes that a token server refused a proof, whatever it was for.
    pub(super) async fn refuse(&self, proof: RegistryLogin) {
        *self.refused.lock().await = Some((proof, Instant::now() + FAILURE_LIFE));
    }

    /// What is kept under a key, or is got now; others wait meanwhile, so that it is got once.
    async fn kept_or(
        &self,
        key: &str,
        fresh: impl Future<Output = Result<(RegistryLogin, Duration), ProofError>>,
    ) -> Result<RegistryLogin, ProofError> {
        let mut kept = self.kept.lock().await;
        if let Some((proof, _)) = kept.get(key).filter(|(_, end)| Instant::now() < *end) {
            return proof.clone();
        }
        let (proof, life) = match fresh.await {
            Ok((proof, life)) => (Ok(proof), life),
            Err(error) => (Err(error), FAILURE_LIFE),
        };
        kept.insert(key.to_owned(), (proof.clone(), Instant::now() + life));
        proof
    }
}

#[cfg(test)]
mod tests;
