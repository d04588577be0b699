//! The products that tell of a push, each in a form of its own.

use super::words;

words! {
    /// What sends the events of a registry, and so what they look like and how they prove where they come from.
    PushKind {
        /// The notifications of a plain distribution registry, such as `docker-registry`.
        Distribution = "distribution",
        /// GitHub's webhook for packages.
        Ghcr = "ghcr",
        /// Docker Hub's webhook.
        DockerHub = "docker-hub",
        /// Harbor's webhook, in either of its two formats.
        Harbor = "harbor",
        /// Quay's notification of a push.
        Quay = "quay",
        /// The webhook of an Azure container registry.
        Acr = "acr",
        /// Amazon ECR through an EventBridge API destination.
        Ecr = "ecr",
        /// Google Artifact Registry through a Pub/Sub push subscription.
        Gar = "gar",
        /// Artifactory's webhook for Docker.
        Artifactory = "artifactory",
        /// A request of a build's own: `{"repository": "acme/shop", "tag": "1.10.0"}`.
        Generic = "generic",
    }
}

/// How an event proves that it comes from who knows the secret.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum PushProof {
    /// The secret stands in a header, alone or behind `Bearer`; the configuration may name another one.
    Header(&'static str),
    /// A header holds `sha256=` and the HMAC-SHA256 of the body, in hexadecimal digits.
    Signature(&'static str),
    /// A header holds the secret, or the HMAC-SHA256 of the body in hexadecimal digits.
    HeaderOrSignature(&'static str),
    /// The product can neither sign nor send headers: the secret stands in the address, as `?token=`.
    Address,
}

impl PushKind {
    /// What the product can do to prove itself.
    ///
    /// Pub/Sub can also send a token that Google signs; checking that is not built, so `gar` uses the address.
    #[must_use]
    pub const fn proof(self) -> PushProof {
        match self {
            Self::Distribution | Self::Harbor | Self::Acr | Self::Ecr | Self::Generic => {
                PushProof::Header("Authorization")
            }
            Self::Ghcr => PushProof::Signature("X-Hub-Signature-256"),
            Self::Artifactory => PushProof::HeaderOrSignature("X-JFrog-Event-Auth"),
            Self::DockerHub | Self::Quay | Self::Gar => PushProof::Address,
        }
    }
}
