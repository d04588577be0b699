//! Real registries, over the OCI distribution protocol.
//!
//! From `oci-distribution` come the wire types: media types, error codes, tag listings, tokens. Its client is not
//! used, because three of its habits are unsafe against a registry that is broken or means harm: `list_tags`
//! ignores `Link` (a first page would pass for the whole listing), bodies are read without a bound, and realms and
//! redirects are followed to any host. It also asks `/v2/` before each manifest of a registry without tokens, and a
//! poll has a budget of one request. So requests, paging, realms and bounds are ours, over `reqwest`.

mod connection;
mod grant;
mod listing;
mod manifest;
mod paging;
mod proof;
mod question;
mod realm;
mod refusal;
mod token;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use self::connection::Clients;
use self::grant::Sessions;
use self::proof::Proofs;
use self::question::Question;
use super::description::{composition, describe};
use super::{Listing, Registry, RegistryError, RegistrySettings};
use crate::model::{Composition, Description, Digest, ImageName, Tag, Time, Validator};

/// How much a registry may cost us before we give up.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest silence while an answer is read.
    pub silence: Duration,
    /// Longest time for one question, all pages and tokens included.
    pub total: Duration,
    /// Longest wait that a registry can impose on us.
    pub wait_max: Duration,
    /// Most pages of one listing.
    pub pages_max: usize,
    /// Most tags of one listing.
    pub tags_max: usize,
    /// Most bytes of one page.
    pub page_bytes_max: usize,
    /// Most bytes of one manifest, and of one image configuration.
    pub manifest_bytes_max: usize,
    /// Most manifests that one index may name.
    pub children_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            silence: Duration::from_secs(15),
            total: Duration::from_secs(60),
            wait_max: Duration::from_secs(3600),
            pages_max: 1000,
            tags_max: 200_000,
            // Two hundred thousand tags of the longest kind: some registries have no pages.
            page_bytes_max: 32 << 20,
            manifest_bytes_max: 4 << 20,
            children_max: 256,
        }
    }
}

/// Says what time it is, for requests that are signed.
pub type Now = Arc<dyn Fn() -> Time + Send + Sync>;

/// A registry that has settings.
#[derive(Debug)]
struct KnownRegistry {
    settings: RegistrySettings,
    proofs: Proofs,
}

/// Every registry that speaks the OCI distribution protocol; those without settings are asked over HTTPS.
///
/// Where a registry wants a token, one is fetched, with our credentials if there are any, and kept until it expires.
pub struct OciRegistry {
    registries: Vec<KnownRegistry>,
    limits: Limits,
    clients: Clients,
    sessions: Sessions,
    now: Now,
}

impl fmt::Debug for OciRegistry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("OciRegistry")
            .field("registries", &self.registries)
            .field("limits", &self.limits)
            .field("sessions", &self.sessions)
            .finish_non_exhaustive()
    }
}

impl OciRegistry {
    /// Registries with the usual limits.
    #[must_use]
    pub fn new(registries: Vec<RegistrySettings>, now: Now) -> Self {
        Self::with_limits(registries, now, Limits::default())
    }

    /// Registries with limits of one's own.
    #[must_use]
    pub fn with_limits(registries: Vec<RegistrySettings>, now: Now, limits: Limits) -> Self {
        let known = |settings: RegistrySettings| {
            let proofs = Proofs::new(settings.login.clone());
            KnownRegistry { settings, proofs }
        };
        let clients = Clients::new(limits.connect, limits.silence);
        let registries = registries.into_iter().map(known).collect();
        Self { registries, limits, clients, sessions: Sessions::default(), now }
    }

    fn question<'a>(&'a self, image: &'a ImageName) -> Question<'a> {
        let host = image.host();
        let known = self.registries.iter().find(|known| known.settings.host.eq_ignore_ascii_case(host));
        Question::new(self, image, known)
    }
}

impl Registry for OciRegistry {
    async fn tags(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        let question = self.question(image);
        question.in_time(question.tags(known)).await
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        let question = self.question(image);
        question.in_time(question.digest(tag)).await
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, RegistryError> {
        let question = self.question(image);
        question.in_time(describe(&question, digest)).await
    }

    async fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Composition>, RegistryError> {
        let question = self.question(image);
        question.in_time(composition(&question, digest)).await
    }

    async fn has_manifest(&self, image: &ImageName, digest: &Digest) -> Result<bool, RegistryError> {
        let question = self.question(image);
        question.in_time(question.has_manifest(digest)).await
    }
}

#[cfg(test)]
mod tests;
