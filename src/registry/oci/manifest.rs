//! What a tag points to, and what lies at a digest.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};

use super::question::Question;
use crate::model::{Digest, Tag};
use crate::registry::RegistryError;
use crate::registry::content::{MANIFEST_TYPES, Manifest, hash_of};
use crate::registry::description::{Contents, FoundContent};

/// The header in which a registry says what a tag points to.
pub(super) const DIGEST_HEADER: &str = "docker-content-digest";

impl Question<'_> {
    /// What a tag points to: one request without a body, where the registry says the digest.
    pub(super) async fn digest(&self, tag: &Tag) -> Result<Option<Digest>, RegistryError> {
        let url = self.url(&format!("manifests/{tag}"))?;
        let response = self.ask(Method::HEAD, &url, kinds()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.expect_success(response).await?;
        match self.digest_in(response.headers())? {
            Some(digest) => Ok(Some(digest)),
            None => self.digest_of_content(&url).await,
        }
    }

    /// Whether there is a manifest at a digest, in one request without a body.
    pub(super) async fn has_manifest(&self, digest: &Digest) -> Result<bool, RegistryError> {
        let url = self.url(&format!("manifests/{digest}"))?;
        let response = self.ask(Method::HEAD, &url, kinds()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(false);
        }
        self.expect_success(response).await.map(|_found| true)
    }

    /// Hashes the manifest itself, for registries that do not say its digest.
    async fn digest_of_content(&self, url: &Url) -> Result<Option<Digest>, RegistryError> {
        let response = self.ask(Method::GET, url, kinds()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.expect_success(response).await?;
        let said = self.digest_in(response.headers())?;
        let content = self.body(response, self.registry.limits.manifest_bytes_max).await?;
        let hashed = hash_of(&content, said.as_ref());
        match said {
            Some(said) if said != hashed => {
                Err(self.unavailable(format!("it says `{said}` of a manifest that is `{hashed}`")))
            }
            Some(_) | None => Ok(Some(hashed)),
        }
    }

    /// The content of a response, if it is what the digest names. `None` if it is declared to be too large.
    async fn proven(&self, response: Response, digest: &Digest) -> Result<Option<Vec<u8>>, RegistryError> {
        let bytes_max = self.registry.limits.manifest_bytes_max;
        if response.content_length().is_some_and(|length| length > bytes_max as u64) {
            return Ok(None);
        }
        let content = self.body(response, bytes_max).await?;
        let hashed = hash_of(&content, Some(digest));
        if hashed == *digest {
            return Ok(Some(content));
        }
        Err(self.unavailable(format!("asked for `{digest}`, it sends what is `{hashed}`")))
    }

    fn digest_in(&self, headers: &HeaderMap) -> Result<Option<Digest>, RegistryError> {
        let Some(value) = headers.get(DIGEST_HEADER).filter(|value| !value.is_empty()) else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(value.as_bytes());
        Digest::new(text).map(Some).map_err(|error| self.unavailable(error.to_string()))
    }
}

impl Contents for Question<'_> {
    async fn manifest(&self, digest: &Digest) -> Result<FoundContent<Manifest>, RegistryError> {
        let url = self.url(&format!("manifests/{digest}"))?;
        let response = self.ask(Method::GET, &url, kinds()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(FoundContent::Nothing);
        }
        let response = self.expect_success(response).await?;
        let Some(content) = self.proven(response, digest).await? else { return Ok(self.too_large()) };
        Ok(match Manifest::parse(&content, self.registry.limits.children_max) {
            Ok(manifest) => FoundContent::Usable(manifest),
            Err(why) => FoundContent::Unusable(why),
        })
    }

    /// From wherever the registry keeps it: what comes is held against the digest.
    async fn blob(&self, digest: &Digest) -> Result<FoundContent<Vec<u8>>, RegistryError> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let response = self.ask(Method::GET, &url, HeaderMap::new()).await?;
        let response = self.follow_to_storage(response).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(FoundContent::Nothing);
        }
        let response = self.expect_success(response).await?;
        Ok(self.proven(response, digest).await?.map_or_else(|| self.too_large(), FoundContent::Usable))
    }
}

impl Question<'_> {
    fn too_large<T>(&self) -> FoundContent<T> {
        FoundContent::Unusable(format!("has more than {} bytes", self.registry.limits.manifest_bytes_max))
    }
}

/// The kinds of manifest that we understand; without them a registry may convert, or deny, what it has.
fn kinds() -> HeaderMap {
    let kinds = HeaderValue::from_str(&MANIFEST_TYPES.join(", ")).expect("media types are visible ASCII");
    HeaderMap::from_iter([(ACCEPT, kinds)])
}
