//! The configuration: [`read`] takes the text that people wrote and gives proven [`Settings`], or every problem
//! in it.
//!
//! `raw` holds what was written, with the place of every value; `checked` proves it. The schema for editors and
//! the reader come from the same tables in `raw`, so they cannot say different things. Reading stops at nothing:
//! what is wrong is reported and left out, and whoever depends on it keeps quiet about the gap.

mod checked;
mod document;
mod examined;
mod import;
mod located;
mod mask;
mod problem;
mod raw;
mod reader;
mod secret;
mod secret_check;
mod suggest;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::Schema;
use schemars::transform::{RecursiveTransform, Transform as _};

pub use examined::{ConfigReport, ServicePart, examine_on_disk};
pub use import::{next_steps, write_imported};
pub use problem::{Problem, Problems};
pub use secret::{SecretError, SecretSource};
pub use secret_check::{SecretFault, SecretFinding, SecretOwner};

use crate::model::{ForgeName, MergeMethod, Policy, PushKind, TeamName, UserName};
use examined::{Disk, examine, text_of};

/// Largest configuration that is read, in bytes.
pub const FILE_BYTES_MAX: usize = crate::yaml::BYTES_MAX;

/// Everything that the configuration says, proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The file it comes from.
    pub file: PathBuf,
    /// Where the HTTP server listens.
    pub listen: SocketAddr,
    /// The host names under which `/metrics` may be read, besides IP addresses and names of the local network.
    pub hosts: Vec<String>,
    /// Where the ledger is.
    pub ledger: LedgerSettings,
    /// The forges, in the order of the file.
    pub forges: Vec<ForgeSettings>,
    /// The registries that have settings of their own.
    pub registries: Vec<RegistrySettings>,
    /// What judgement rests on.
    pub policy: Policy,
}

/// Where the ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerSettings {
    /// An SQLite file.
    Sqlite(PathBuf),
}

/// A forge of any kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ForgeSettings {
    /// Bare Git repositories on disk.
    Local(LocalForgeSettings),
    /// GitHub or GitHub Enterprise Server.
    GitHub(GitHubForgeSettings),
}

impl ForgeSettings {
    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &ForgeName {
        match self {
            Self::Local(own) => &own.name,
            Self::GitHub(own) => &own.name,
        }
    }
}

/// A forge of bare Git repositories on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalForgeSettings {
    /// Its name.
    pub name: ForgeName,
    /// The folder of the repositories, which lie at `<root>/<owner>/<name>.git`.
    pub root: PathBuf,
    /// Its teams and who is in them.
    pub teams: BTreeMap<TeamName, Vec<UserName>>,
    /// The bot's own name there.
    pub bot: UserName,
}

/// A GitHub, and who Towpath is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitHubForgeSettings {
    /// Its name.
    pub name: ForgeName,
    /// The address of its REST interface; nothing means GitHub's own.
    pub url: Option<String>,
    /// What the bot identifies itself with.
    pub credentials: GitHubCredentials,
    /// The bot's own name there, where GitHub is not to be asked for it.
    pub bot: Option<UserName>,
    /// Where the secrets are, of which any proves that an event comes from there; without one there are no events.
    pub webhook_secrets: Vec<SecretSource>,
    /// How pull requests are merged; nothing means the first way that a repository allows.
    pub merge_method: Option<MergeMethod>,
    /// Whether landings are shown as deployments.
    pub deployments: bool,
}

impl GitHubForgeSettings {
    /// The installation of the App, where the configuration names it.
    #[must_use]
    pub const fn installation(&self) -> Option<u64> {
        match &self.credentials {
            GitHubCredentials::App { installation, .. } => *installation,
            GitHubCredentials::Token(_) => None,
        }
    }

    /// The host of its registry for images.
    #[must_use]
    pub fn containers(&self) -> String {
        let own = self.url.as_deref().and_then(|url| url.split_once("://")?.1.split(['/', ':']).next());
        match own {
            None | Some("api.github.com") => "ghcr.io".to_owned(),
            Some(host) => format!("containers.{host}"),
        }
    }
}

/// What the bot identifies itself with at GitHub.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GitHubCredentials {
    /// A personal access token.
    Token(SecretSource),
    /// A GitHub App.
    App {
        /// Its number.
        id: u64,
        /// Its private key in PEM form.
        private_key: SecretSource,
        /// Its installation, where it is not looked up.
        installation: Option<u64>,
    },
}

/// How to talk to one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Its host, with the port where it has one.
    pub host: String,
    /// Whether it speaks http instead of https.
    pub plain_http: bool,
    /// How often to look for new tags.
    pub poll: Duration,
    /// How to log in.
    pub credentials: CredentialSettings,
    /// Another host, with its port where it has one, to which the credentials may go.
    pub realm: Option<String>,
    /// What it is called in the address of its hook.
    pub name: String,
    /// How it tells of pushes, where it does.
    pub hook: Option<HookSettings>,
    /// The folder in the OCI image layout that stands in for it.
    pub layout: Option<PathBuf>,
}

/// How to log in to a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialSettings {
    /// Not at all.
    Anonymous,
    /// As a configuration of Docker says.
    DockerConfig(PathBuf),
    /// With a name and a password.
    Password {
        /// The name.
        username: String,
        /// Where the password is.
        password: SecretSource,
    },
    /// With a bearer token that the registry itself takes.
    Token(SecretSource),
    /// The way of Amazon's ECR.
    Ecr {
        /// The region, where the registry's host does not say it.
        region: Option<String>,
        /// The profile of the file that Amazon's tools share.
        profile: Option<String>,
    },
    /// The way of Google's Artifact Registry.
    Gar {
        /// The key of a service account.
        key: Option<SecretSource>,
    },
    /// The way of Azure's registry.
    Acr {
        /// The tenant.
        tenant: Option<String>,
        /// The application.
        client_id: Option<String>,
        /// The secret of the application.
        client_secret: Option<SecretSource>,
    },
}

/// A variable of the environment, where it is set and is text.
#[must_use]
pub fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    std::env::var(name).ok()
}

/// The events of one registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookSettings {
    /// What sends them.
    pub kind: PushKind,
    /// Where the secrets are, of which any proves where an event comes from; at least one.
    pub secrets: Vec<SecretSource>,
    /// The header that holds the secret, where it is not the product's own.
    pub header: Option<String>,
}

/// Reads a configuration from its text; relative paths start at the folder of `file`, which is not looked at.
///
/// # Errors
/// All problems of the text at once.
pub fn read(text: &str, file: &Path) -> Result<Settings, Problems> {
    examine(text, file, Disk::NotLookedAt)?.finish()
}

/// Reads a configuration file.
///
/// # Errors
/// Where the file cannot be read, and all problems of its text at once.
pub fn load(file: &Path) -> Result<Settings, Problems> {
    examine(&text_of(file)?, file, Disk::NotLookedAt)?.finish()
}

/// Reads a configuration file, and looks whether what it names on disk is there.
///
/// # Errors
/// As [`load`], and where the folder of a local forge does not exist.
pub fn check_on_disk(file: &Path) -> Result<Settings, Problems> {
    examine(&text_of(file)?, file, Disk::LookedAt)?.finish()
}

/// Reads a configuration file as [`check_on_disk`], and looks whether every secret is there.
///
/// # Errors
/// As [`check_on_disk`], and where a secret is not set, cannot be read or is empty.
pub fn check_to_serve(file: &Path) -> Result<Settings, Problems> {
    examine(&text_of(file)?, file, Disk::LookedAtWithSecrets)?.finish()
}

/// The JSON Schema of the configuration, with a description of every key.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(raw::File);
    schema.insert("title".to_owned(), "Towpath configuration".into());
    RecursiveTransform(join_lines).transform(&mut schema);
    schema.to_value()
}

/// Descriptions are sentences; where their lines break in our source is nobody's business.
fn join_lines(schema: &mut Schema) {
    let joined = schema.get("description").and_then(|text| text.as_str()).map(|text| text.replace('\n', " "));
    if let Some(joined) = joined {
        schema.insert("description".to_owned(), joined.into());
    }
}

#[cfg(test)]
mod tests;
