//! Secrets: the configuration says where they are and never holds them.

use std::path::PathBuf;

use secrecy::SecretString;

/// Largest file with a secret that is read, in bytes.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// In an environment variable.
    Env(String),
    /// In a file.
    File(PathBuf),
}

impl SecretSource {
    /// The secret, without line ends at its end.
    ///
    /// # Errors
    /// Where it is not there or empty, in a sentence that does not repeat it.
    pub fn read(&self) -> Result<SecretString, String> {
        let text = match self {
            Self::Env(name) => of_variable(name)?,
            Self::File(path) => of_file(path)?,
        };
        let secret = text.trim_end_matches(['\n', '\r']);
        if secret.trim().is_empty() {
            return Err(format!("the secret in {self} is empty"));
        }
        Ok(SecretString::from(secret))
    }
}

impl std::fmt::Display for SecretSource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(formatter, "the environment variable `{name}`"),
            Self::File(path) => write!(formatter, "`{}`", path.display()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads secrets from the environment")]
fn of_variable(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|_| format!("the environment variable `{name}` is not set"))
}

fn of_file(path: &PathBuf) -> Result<String, String> {
    let refused = |why: String| format!("the secret in `{}` cannot be read: {why}", path.display());
    let size = std::fs::metadata(path).map_err(|error| refused(error.to_string()))?.len();
    if size > FILE_BYTES_MAX {
        return Err(refused(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))
}
