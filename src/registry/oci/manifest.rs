//! What a tag points to, and what lies at a digest.

use oci_distribution::manifest;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Method, Response, StatusCode, Url};
use sha2::Digest as _;

use super::RegistryError;
use super::content::Manifest;
use super::question::Question;
use crate::model::{Digest, Tag};

/// What a manifest may be, whichever a tag points to.
pub(super) const MANIFEST_TYPES: [&str; 4] = [
    manifest::OCI_IMAGE_INDEX_MEDIA_TYPE,
    manifest::OCI_IMAGE_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    manifest::IMAGE_MANIFEST_MEDIA_TYPE,
];
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

    /// The manifest at a digest, proven to be it; nothing where there is none.
    pub(super) async fn manifest(&self, digest: &Digest) -> Result<Option<Manifest>, RegistryError> {
        let url = self.url(&format!("manifests/{digest}"))?;
        let response = self.ask(Method::GET, &url, kinds()).await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        let response = self.expect_success(response).await?;
        let content = self.proven(response, digest).await?;
        let manifest = Manifest::parse(&content, self.registry.limits.children_max);
        manifest.map(Some).map_err(|why| self.unavailable(format!("its manifest `{}` {why}", digest.short())))
    }

    /// The content of an answer, if it is what the digest names.
    pub(super) async fn proven(&self, response: Response, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        let content = self.body(response, self.registry.limits.manifest_bytes_max).await?;
        let hashed = hash_of(&content, Some(digest));
        if hashed == *digest {
            return Ok(content);
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

/// The kinds of manifest that we understand; without them a registry may convert, or deny, what it has.
fn kinds() -> HeaderMap {
    let kinds = HeaderValue::from_str(&MANIFEST_TYPES.join(", ")).expect("media types are visible ASCII");
    HeaderMap::from_iter([(ACCEPT, kinds)])
}

/// Hashes as the digest to compare with does, or as everybody does.
pub(super) fn hash_of(content: &[u8], like: Option<&Digest>) -> Digest {
    let text = match like {
        Some(like) if like.as_str().starts_with("sha512:") => {
            format!("sha512:{:x}", sha2::Sha512::digest(content))
        }
        Some(_) | None => format!("sha256:{:x}", sha2::Sha256::digest(content)),
    };
    Digest::new(text).expect("a hash in hexadecimal digits")
}
