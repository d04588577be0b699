//! Where a secret is.

use std::path::Path;

use super::paths::resolve;
use crate::config::{SecretSource, raw};

/// Where a secret is; nothing where that is not said, which is reported.
pub(super) fn secret_of(source: &raw::SecretSource, folder: &Path) -> Option<SecretSource> {
    Some(match source {
        raw::SecretSource::Env(name) => SecretSource::Env(name.value.0.clone()),
        raw::SecretSource::File(file) => SecretSource::File(resolve(folder, &file.0)),
    })
}
