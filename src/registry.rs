//! What Towpath asks of a container registry: which tags an image has, and what a tag points to.

pub mod any;
mod content;
mod description;
pub mod layout;
mod login;
pub mod oci;
pub mod push;

pub use login::{AcrIdentity, AcrLogin, AwsKeys, EcrLogin, GarLogin, Login, Secret};

use std::future::Future;
use std::time::Duration;

use crate::model::{Composition, Description, Digest, ImageName, Tag, Validator};
use crate::sanitize::line;

/// Why a registry did not answer, sorted by what the caller does next. Its words are shown as one sanitized line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// The image does not exist there: a person has to mend the configuration or push the image.
    #[error("`{image}` does not exist in its registry")]
    NotFound {
        /// The image.
        image: ImageName,
    },
    /// The registry refuses us: a person has to mend the credentials.
    #[error("the registry `{host}` refuses access to `{image}`: {}", line(.why))]
    Forbidden {
        /// The registry.
        host: String,
        /// The image.
        image: ImageName,
        /// What it said, and what to do.
        why: String,
    },
    /// The registry asks for patience: wait and try again.
    #[error("the registry `{host}` asks to wait {} s", wait.as_secs())]
    RateLimited {
        /// The registry.
        host: String,
        /// How long.
        wait: Duration,
    },
    /// The registry did not answer, or not sensibly: try again later.
    #[error("the registry `{host}` gave no usable answer about `{image}`: {}", line(.why))]
    Unavailable {
        /// The registry.
        host: String,
        /// The image.
        image: ImageName,
        /// What went wrong.
        why: String,
    },
}

/// How one registry is reached.
#[derive(Clone, Debug)]
pub struct RegistrySettings {
    /// The registry as image names spell it, with the port: `ghcr.io`, `docker.io`, `127.0.0.1:5000`.
    pub host: String,
    /// Whether it speaks HTTP without TLS. Says too that it is in-house, so that it may name private addresses.
    pub plain_http: bool,
    /// Another host, with its port where it has one, to which credentials may go for a token.
    pub realm: Option<String>,
    /// Who we say that we are.
    pub login: Login,
}

/// What a registry says of an image's tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// The same as when it gave the validator that we showed.
    Unchanged,
    /// All of them.
    Tags {
        /// Every tag that follows the OCI grammar, in no order.
        tags: Vec<Tag>,
        /// What to show next time, to be spared an unchanged listing.
        validator: Option<Validator>,
    },
}

/// A registry, or all of them: the image's name says which is meant.
pub trait Registry: Send + Sync {
    /// The tags of an image, unless they are unchanged since it gave the validator `known`. A partial listing is an
    /// error.
    fn tags(
        &self,
        image: &ImageName,
        known: Option<&Validator>,
    ) -> impl Future<Output = Result<Listing, RegistryError>> + Send;

    /// What a tag points to now; nothing where there is no such tag.
    fn digest(
        &self,
        image: &ImageName,
        tag: &Tag,
    ) -> impl Future<Output = Result<Option<Digest>, RegistryError>> + Send;

    /// What the artifact at a digest says about itself; nothing where there is no such artifact. What was read is
    /// held against its digest, so that the response never changes, except where it names a defect that a push repairs.
    fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Description>, RegistryError>> + Send;

    /// What the manifest at a digest consists of, in one request; `None` if the registry has nothing at the digest.
    fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> impl Future<Output = Result<Option<Composition>, RegistryError>> + Send;

    /// Whether the registry has a manifest at a digest now, in one request without a body.
    fn has_manifest(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> impl Future<Output = Result<bool, RegistryError>> + Send;
}

impl<R: Registry> Registry for std::sync::Arc<R> {
    async fn tags(&self, image: &ImageName, known: Option<&Validator>) -> Result<Listing, RegistryError> {
        self.as_ref().tags(image, known).await
    }

    async fn digest(&self, image: &ImageName, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        self.as_ref().digest(image, tag).await
    }

    async fn description(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Description>, RegistryError> {
        self.as_ref().description(image, digest).await
    }

    async fn composition(
        &self,
        image: &ImageName,
        digest: &Digest,
    ) -> Result<Option<Composition>, RegistryError> {
        self.as_ref().composition(image, digest).await
    }

    async fn has_manifest(&self, image: &ImageName, digest: &Digest) -> Result<bool, RegistryError> {
        self.as_ref().has_manifest(image, digest).await
    }
}
