//! The text of a secret, wherever the configuration says that it is.

use std::path::Path;

use secrecy::SecretString;

use super::ProofError;
use crate::registry::Secret;
use crate::sanitize::exposed;
use crate::secret_file::{self, SecretFileError};

/// A secret, from its file where it has one.
pub(super) async fn read(secret: &Secret) -> Result<SecretString, ProofError> {
    let text = match secret {
        Secret::Text(text) => return Ok(text.clone()),
        Secret::File(file) => text_of(file).await?,
    };
    let text = exposed(&text).trim();
    match secret {
        Secret::File(file) if text.is_empty() => {
            Err(ProofError::Refused(format!("the file `{}` is empty", file.display())))
        }
        Secret::File(_) | Secret::Text(_) => Ok(text.into()),
    }
}

/// The text of a file, read on a thread where waiting for the file system stops no other task.
pub(super) async fn text_of(file: &Path) -> Result<SecretString, ProofError> {
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || secret_file::read(&path)).await;
    let read = read.map_err(|error| ProofError::Unavailable(error.to_string()))?;
    match read {
        Ok(file) => Ok(file.text.into()),
        Err(error @ SecretFileError::TimedOut) => {
            Err(ProofError::Unavailable(format!("the file `{}` {error}", file.display())))
        }
        Err(error) => Err(ProofError::Refused(format!("the file `{}` {error}", file.display()))),
    }
}
