//! Events of registries: what each product sends when something was pushed, and which repositories it names.
//!
//! Pure: bytes in, repositories out. An event only says *look at this repository*; what is there is then read from
//! the registry itself, so nothing else in an event is believed.

mod acr;
mod artifactory;
mod body;
mod distribution;
mod docker_hub;
mod ecr;
mod gar;
mod generic;
mod ghcr;
mod harbor;
mod quay;

use serde_json::Value;

use crate::model::{ImageName, PushKind};
use crate::sanitize::line;

/// Most repositories that one event may name; what is beyond is found by the next poll.
const REPOSITORIES_MAX: usize = 100;

/// Why an event cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// It is no text.
    #[error("the body is not UTF-8 text, or holds a NUL")]
    NotText,
    /// It is not JSON, or nested too deeply.
    #[error("the body is not JSON: {}", line(.0))]
    NotJson(String),
    /// It is JSON, but not what the product sends.
    #[error("the body is not an event of `{kind}`: {}", line(.why))]
    Foreign {
        /// The product that was expected.
        kind: PushKind,
        /// What is missing or wrong.
        why: String,
    },
}

/// What an event says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pushed {
    /// The event's own name, where the product gives one: the same event sent again has the same.
    pub id: Option<String>,
    /// The repositories to which something was pushed; none where the event is about something else.
    pub repositories: Vec<PushedRepository>,
}

/// A repository as an event names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PushedRepository {
    /// The host, where the event names it.
    pub host: Option<String>,
    /// The path within the registry, such as `acme/shop`.
    pub path: String,
}

impl PushedRepository {
    fn of_path(path: impl Into<String>) -> Self {
        Self { host: None, path: path.into() }
    }

    /// A repository by its full name, such as `quay.io/acme/shop` or `quay.io/acme/shop:1.0`.
    fn of_name(name: &str) -> Option<Self> {
        let reference: crate::model::ImageReference = name.parse().ok()?;
        let (host, path) = (reference.image.host().to_owned(), reference.image.repository());
        Some(Self { host: Some(host), path })
    }

    /// Whether an image in the registry `host`, whose event this is, lies in this repository.
    #[must_use]
    pub fn holds(&self, image: &ImageName, host: &str) -> bool {
        let is_there = self.host.as_deref().is_none_or(|own| own.eq_ignore_ascii_case(host));
        is_there && image.host().eq_ignore_ascii_case(host) && image.repository() == self.path
    }
}

/// Reads an event of a product.
///
/// # Errors
/// Where the body is not text, not JSON, or not what the product sends. An event about something else than a push is
/// no error: it names no repository.
pub fn read(kind: PushKind, body: &[u8]) -> Result<Pushed, PushError> {
    let text = std::str::from_utf8(body).map_err(|_| PushError::NotText)?;
    if text.contains('\0') {
        return Err(PushError::NotText);
    }
    // Read once, whole, and strictly: what is skipped would not be checked, and a key that occurs twice would count
    // differently for different readers.
    let value: Value = serde_json::from_str(text).map_err(|error| PushError::NotJson(error.to_string()))?;
    let read = match kind {
        PushKind::Distribution => distribution::read(value),
        PushKind::Ghcr => ghcr::read(value),
        PushKind::DockerHub => docker_hub::read(value),
        PushKind::Harbor => harbor::read(value),
        PushKind::Quay => quay::read(value),
        PushKind::Acr => acr::read(value),
        PushKind::Ecr => ecr::read(value),
        PushKind::Gar => gar::read(value),
        PushKind::Artifactory => artifactory::read(value),
        PushKind::Generic => generic::read(value),
    };
    let mut pushed = read.map_err(|why| PushError::Foreign { kind, why })?;
    pushed.repositories.sort();
    pushed.repositories.dedup();
    pushed.repositories.truncate(REPOSITORIES_MAX);
    Ok(pushed)
}

#[cfg(test)]
mod tests;
