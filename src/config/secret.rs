//! Where a secret is; what it is never stands in the configuration.

use std::io::Read as _;
use std::path::PathBuf;

use crate::model::Secret;

/// Largest file that can hold a secret, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;

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
    /// The secret as it is now.
    ///
    /// # Errors
    /// Where it is not there, cannot be read, or is empty: an empty secret would let everybody in.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Env(name) => self.secret(&variable(name).map_err(|why| self.error(why))?),
            Self::File(path) => {
                let mut text = String::new();
                let opened = std::fs::File::open(path);
                let read = opened.and_then(|file| file.take(SECRET_BYTES_MAX).read_to_string(&mut text));
                read.map_err(|error| self.error(format!("cannot be read: {error}")))?;
                self.secret(&text)
            }
        }
    }

    fn secret(&self, text: &str) -> Result<Secret, SecretError> {
        Secret::new(text).ok_or_else(|| self.error("is empty"))
    }

    fn error(&self, why: impl Into<String>) -> SecretError {
        let source_name = match self {
            Self::Env(name) => format!("the environment variable `{name}`"),
            Self::File(path) => format!("the file `{}`", path.display()),
        };
        SecretError { source_name, why: why.into() }
    }
}

#[expect(clippy::disallowed_methods, reason = "the configuration says which variable holds a secret")]
fn variable(name: &str) -> Result<String, &'static str> {
    std::env::var(name).map_err(|error| match error {
        std::env::VarError::NotPresent => "is not set",
        std::env::VarError::NotUnicode(_) => "is not text",
    })
}
