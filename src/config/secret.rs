//! Where a secret is; what it is never stands in the configuration.
//!
//! Secret files are read again when they change: those of webhooks after a second, those of the forge after five, or
//! when GitHub rejects the token. A webhook whose secret is missing accepts nothing; the client keeps the token that it
//! had, since a file may be replaced in two steps.

use std::fmt;
use std::path::PathBuf;

use crate::model::{Secret, SecretWeakness};
use crate::secret_file::{self, SecretFile};

/// The number of characters below which a secret is called short: such a password or webhook secret can be guessed.
const SECRET_CHARS_MIN: usize = 8;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Env(String),
    /// In a file, which may change at any time.
    File(PathBuf),
}

/// Why there is no secret where one should be; never says what is there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_name} {why}")]
pub struct SecretError {
    source_name: String,
    why: String,
}

impl SecretSource {
    /// The secret as it is now. Blocks the thread for at most two seconds, if the file system does not respond; call it off
    /// the threads of async tasks.
    ///
    /// # Errors
    /// If it is not there, cannot be read, or is empty: an empty secret would let everybody in.
    pub fn read(&self) -> Result<Secret, SecretError> {
        self.examine().map(|(secret, _)| secret)
    }

    /// The secret as it is now, and what makes it easy to learn, replace or guess. Blocks as [`Self::read`] does.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn examine(&self) -> Result<(Secret, Vec<SecretWeakness>), SecretError> {
        let (secret, mut weaknesses) = match self {
            Self::Env(name) => (self.secret(&variable(name).map_err(|why| self.error(why))?)?, Vec::new()),
            Self::File(path) => {
                let file = secret_file::read(path).map_err(|error| self.error(error.to_string()))?;
                (self.secret(&file.text)?, weaknesses_of(&file))
            }
        };
        if secret.expose().chars().nth(SECRET_CHARS_MIN - 1).is_none() {
            weaknesses.push(SecretWeakness::Short);
        }
        Ok((secret, weaknesses))
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretError> {
        Secret::new(text).ok_or_else(|| self.error("is empty"))
    }

    fn error(&self, why: impl Into<String>) -> SecretError {
        SecretError { source_name: self.to_string(), why: why.into() }
    }
}

impl fmt::Display for SecretSource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "the environment variable `{name}`"),
            Self::File(path) => write!(formatter, "the file `{}`", path.display()),
        }
    }
}

/// What the permissions of a file let others do.
pub(super) fn weaknesses_of(file: &SecretFile) -> Vec<SecretWeakness> {
    let readable = file.is_readable_by_all().then_some(SecretWeakness::ReadableByAll { mode: file.mode });
    let writable = file.is_writable_by_all().then_some(SecretWeakness::WritableByAll { mode: file.mode });
    readable.into_iter().chain(writable).collect()
}

#[expect(clippy::disallowed_methods, reason = "the configuration says which variable holds a secret")]
pub(super) fn variable(name: &str) -> Result<String, &'static str> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => "is not set",
        std::env::VarError::NotUnicode(_) => "is not text",
    })
}
