//! Whether the secrets that a configuration names are there, and safe where they are.

use std::path::{Path, PathBuf};

use super::secret::{variable, weaknesses_of};
use super::{CredentialSettings, ForgeSettings, GitHubCredentials, SecretError, SecretSource, Settings};
use crate::model::{ForgeName, SecretPurpose, SecretWeakness};
use crate::secret_file;

/// The variables of Amazon's tools that name files with credentials.
const AWS_FILES: [&str; 3] =
    ["AWS_SHARED_CREDENTIALS_FILE", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"];

/// What is wrong with one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretFinding {
    /// Whose secret it is.
    pub owner: SecretOwner,
    /// The key of the configuration, or the variable, that names it.
    pub key: &'static str,
    /// What it is for.
    pub purpose: SecretPurpose,
    /// Where it is.
    pub source: SecretSource,
    /// What is wrong: it cannot be read, or it is easy to learn, replace or guess.
    pub fault: SecretFault,
}

/// Where in a configuration a secret is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretOwner {
    /// A forge.
    Forge(ForgeName),
    /// A registry, by its host.
    Registry(String),
}

/// What is wrong with a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretFault {
    /// It is not there.
    Unread(SecretError),
    /// It is there, and not safe.
    Weak(SecretWeakness),
}

/// A secret of a configuration.
struct Named {
    owner: SecretOwner,
    key: &'static str,
    purpose: SecretPurpose,
    source: SecretSource,
}

impl Settings {
    /// Reads each secret and says what is wrong with it, in the order of the configuration. Blocks the thread, for at most
    /// two seconds for each secret whose file system does not respond.
    #[must_use]
    pub fn examine_secrets(&self) -> Vec<SecretFinding> {
        self.examine_secrets_with(&|name| variable(name).ok())
    }

    /// The same with other environment variables.
    fn examine_secrets_with(&self, variables: &dyn Fn(&str) -> Option<String>) -> Vec<SecretFinding> {
        let secrets =
            self.forges.iter().flat_map(of_forge).chain(self.registries.iter().flat_map(|registry| {
                let owner = || SecretOwner::Registry(registry.host.clone());
                let hooks = registry.hook.iter().flat_map(|hook| &hook.secrets);
                let hooks = hooks.map(move |source| event_secret(owner(), "hooks.secrets", source));
                of_credentials(&registry.credentials)
                    .map(|(key, source)| named(owner(), key, source))
                    .into_iter()
                    .chain(hooks)
                    .collect::<Vec<_>>()
            }));
        let of_secrets = secrets.flat_map(|secret| secret.findings());
        let of_files = self.registries.iter().flat_map(|registry| {
            let owner = SecretOwner::Registry(registry.host.clone());
            let files = files_of(&registry.credentials, variables);
            files.into_iter().flat_map(move |(key, path)| of_file(&owner, key, &path)).collect::<Vec<_>>()
        });
        of_secrets.chain(of_files).collect()
    }
}

impl Named {
    fn findings(&self) -> Vec<SecretFinding> {
        let faults = match self.source.examine() {
            Ok((_, weaknesses)) => weaknesses.into_iter().map(SecretFault::Weak).collect(),
            Err(error) => vec![SecretFault::Unread(error)],
        };
        let finding = |fault| SecretFinding {
            owner: self.owner.clone(),
            key: self.key,
            purpose: self.purpose,
            source: self.source.clone(),
            fault,
        };
        faults.into_iter().map(finding).collect()
    }
}

/// A secret with which Towpath logs in.
fn named(owner: SecretOwner, key: &'static str, source: &SecretSource) -> Named {
    Named { owner, key, purpose: SecretPurpose::LogIn, source: source.clone() }
}

/// A secret that proves events.
fn event_secret(owner: SecretOwner, key: &'static str, source: &SecretSource) -> Named {
    Named { purpose: SecretPurpose::ProveEvents, ..named(owner, key, source) }
}

fn of_forge(forge: &ForgeSettings) -> Vec<Named> {
    let ForgeSettings::GitHub(forge) = forge else { return Vec::new() };
    let owner = || SecretOwner::Forge(forge.name.clone());
    let own = match &forge.credentials {
        GitHubCredentials::Token(token) => named(owner(), "token", token),
        GitHubCredentials::App { private_key, .. } => named(owner(), "app.private_key", private_key),
    };
    let hooks = forge.webhook_secrets.iter().map(|source| event_secret(owner(), "webhook_secrets", source));
    [own].into_iter().chain(hooks).collect()
}

/// The secret of a way to log in, with the key that names it.
fn of_credentials(credentials: &CredentialSettings) -> Option<(&'static str, &SecretSource)> {
    match credentials {
        CredentialSettings::Password { password, .. } => Some(("credentials.password", password)),
        CredentialSettings::Token(token) => Some(("credentials.token", token)),
        CredentialSettings::Gar { key } => Some(("credentials.gar.key", key.as_ref()?)),
        CredentialSettings::Acr { client_secret, .. } => {
            Some(("credentials.acr.client_secret", client_secret.as_ref()?))
        }
        CredentialSettings::Anonymous
        | CredentialSettings::DockerConfig(_)
        | CredentialSettings::Ecr { .. } => None,
    }
}

/// Files with credentials that a way to log in reads besides: the configuration of Docker, and those that a cloud's own
/// variables name. Each comes with the key or variable that names it.
fn files_of(
    credentials: &CredentialSettings,
    variables: &dyn Fn(&str) -> Option<String>,
) -> Vec<(&'static str, PathBuf)> {
    let names: &[&'static str] = match credentials {
        CredentialSettings::DockerConfig(file) => return vec![("credentials.docker_config", file.clone())],
        CredentialSettings::Ecr { .. } => &AWS_FILES,
        CredentialSettings::Gar { key: None } => &["GOOGLE_APPLICATION_CREDENTIALS"],
        CredentialSettings::Acr { client_secret: None, .. } => &["AZURE_FEDERATED_TOKEN_FILE"],
        CredentialSettings::Gar { key: Some(_) }
        | CredentialSettings::Acr { client_secret: Some(_), .. }
        | CredentialSettings::Anonymous
        | CredentialSettings::Password { .. }
        | CredentialSettings::Token(_) => &[],
    };
    let named = names.iter().filter_map(|name| Some((*name, variables(name)?.into())));
    named.collect()
}

/// What others may do with a file that holds credentials among other things. That it cannot be read is found when it is used.
fn of_file(owner: &SecretOwner, key: &'static str, path: &Path) -> Vec<SecretFinding> {
    let weaknesses = secret_file::read(path).map(|file| weaknesses_of(&file)).unwrap_or_default();
    let finding = |weakness| SecretFinding {
        owner: owner.clone(),
        key,
        purpose: SecretPurpose::LogIn,
        source: SecretSource::File(path.to_owned()),
        fault: SecretFault::Weak(weakness),
    };
    weaknesses.into_iter().map(finding).collect()
}

#[cfg(test)]
mod tests;
