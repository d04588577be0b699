//! The content of files, with as few requests as it takes.
//!
//! | what is missing | how it is read |
//! |---|---|
//! | one blob | by itself |
//! | several, and nothing was read of the repository yet | the archive of the commit: what the first files lead to is in it, too |
//! | several | texts of a hundred blobs in one GraphQL document |
//! | more than a hundred | the archive again |
//! | what archive and texts do not give byte for byte | by itself |

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::TimeDelta;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::super::lock::lock;
use super::super::scope::Scope;
use super::super::state::RepositoryState;
use super::super::{GitHubForge, READS_AT_ONCE};
use super::archive::Contents;
use super::texts::BLOBS_AT_ONCE;
use crate::forge::ForgeError;
use crate::model::{BlobId, CommitId, RepositoryName};

/// Largest blob that is read, in bytes; what people edit is far smaller.
const BLOB_BYTES_MAX: u64 = 16 << 20;
/// Largest blob that GitHub gives in a response that is read to its end: it takes a third more there.
pub(in super::super) const LARGE_BLOB_BYTES_MAX: u64 = 44 << 20;
/// Largest repository that is read as an archive, in bytes of its files.
const ARCHIVE_BYTES_MAX: u64 = 16 << 20;
/// How long a repository is read without an archive where GitHub did not give one.
const ARCHIVE_PAUSE: TimeDelta = TimeDelta::hours(1);

/// A blob as GitHub sends it.
#[derive(Deserialize)]
struct Blob {
    content: String,
    size: Option<u64>,
}

impl GitHubForge {
    /// The content of blobs, in their order.
    pub(in super::super) async fn read_blobs(
        &self,
        repository: &RepositoryName,
        blobs: &[BlobId],
    ) -> Result<Vec<Arc<[u8]>>, ForgeError> {
        let memory = self.memory(repository);
        let mut found = lock(&memory.shelf).taken(blobs);
        self.read_archive(repository, &memory, blobs, &mut found).await;
        self.read_texts(repository, blobs, &mut found).await?;
        let rest = missing(blobs, &found);
        let reads: Vec<_> = rest.iter().map(|blob| self.blob(repository, *blob)).collect();
        let contents: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        found.extend(rest.into_iter().zip(contents));
        Ok(blobs.iter().map(|blob| Arc::clone(found.get(blob).expect("all are read"))).collect())
    }

    /// Reads what is left in documents, where that takes fewer requests.
    ///
    /// # Errors
    /// Where GitHub wants to be left alone and so much is left that to read it one by one would be too much.
    async fn read_texts(
        &self,
        repository: &RepositoryName,
        blobs: &[BlobId],
        found: &mut Contents,
    ) -> Result<(), ForgeError> {
        let missing = missing(blobs, found);
        if missing.len() < 2 {
            return Ok(());
        }
        for some in missing.chunks(BLOBS_AT_ONCE) {
            match self.texts(repository, some).await {
                Ok(texts) => found.extend(texts),
                Err(error @ ForgeError::RateLimited { .. }) if missing.len() > BLOBS_AT_ONCE => {
                    return Err(error);
                }
                Err(error) => {
                    tracing::debug!("files of `{repository}` are read one by one: {error}");
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads the archive of the commit that the blobs are of, where that takes fewer requests.
    async fn read_archive(
        &self,
        repository: &RepositoryName,
        memory: &RepositoryState,
        blobs: &[BlobId],
        found: &mut Contents,
    ) {
        if !lock(&memory.shelf).is_worth_it(missing(blobs, found).len(), self.now()) {
            return;
        }
        // Whoever waits here for somebody else's archive finds it on the shelf.
        let _turn = memory.unpacking.lock().await;
        found.extend(lock(&memory.shelf).taken(blobs));
        let missing = missing(blobs, found);
        if !lock(&memory.shelf).is_worth_it(missing.len(), self.now()) {
            return;
        }
        let Some((commit, wanted)) = memory.commit_with(&missing, ARCHIVE_BYTES_MAX) else { return };
        let room = self.inner.archives.acquire().await.expect("it is never closed");
        let unpacked = self.unpack(repository, &commit, wanted).await;
        drop(room);
        let mut shelf = lock(&memory.shelf);
        shelf.is_warm = true;
        match unpacked {
            Ok(contents) => {
                shelf.contents = contents;
                found.extend(shelf.taken(&missing));
            }
            Err(error) => {
                shelf.paused_until = Some(self.now() + ARCHIVE_PAUSE);
                tracing::info!("`{repository}` is read without an archive for an hour: {error}");
            }
        }
    }

    pub(super) async fn blob(
        &self,
        repository: &RepositoryName,
        blob: BlobId,
    ) -> Result<Arc<[u8]>, ForgeError> {
        self.blob_up_to(repository, blob, BLOB_BYTES_MAX).await
    }

    /// A blob that may be larger than what people edit.
    pub(super) async fn large_blob(
        &self,
        repository: &RepositoryName,
        blob: BlobId,
    ) -> Result<Arc<[u8]>, ForgeError> {
        self.blob_up_to(repository, blob, LARGE_BLOB_BYTES_MAX).await
    }

    async fn blob_up_to(
        &self,
        repository: &RepositoryName,
        blob: BlobId,
        bytes_max: u64,
    ) -> Result<Arc<[u8]>, ForgeError> {
        let path = format!("/repos/{repository}/git/blobs/{blob}");
        let found: Blob = self.inner.transport.get(Scope::Repository(repository), "read files", path).await?;
        let what = || format!("reading the blob {blob} in `{repository}`");
        if found.size.is_some_and(|size| size > bytes_max) {
            return Err(ForgeError::unavailable(what(), format!("it is larger than {bytes_max} bytes")));
        }
        let text: String = found.content.split_ascii_whitespace().collect();
        STANDARD.decode(text).map(Arc::from).map_err(|error| ForgeError::unavailable(what(), error))
    }
}

fn missing(blobs: &[BlobId], found: &Contents) -> Vec<BlobId> {
    let missing: BTreeSet<BlobId> = blobs.iter().filter(|blob| !found.contains_key(blob)).copied().collect();
    missing.into_iter().collect()
}

impl RepositoryState {
    /// A commit that was listed, is not too large and has one of these blobs, and the blobs of all its files.
    fn commit_with(&self, blobs: &[BlobId], bytes_max: u64) -> Option<(CommitId, BTreeSet<BlobId>)> {
        self.known_files().into_iter().filter(|(_, files)| files.bytes <= bytes_max).find_map(
            |(commit, files)| {
                let all: BTreeSet<BlobId> = files.entries.values().map(|entry| entry.blob).collect();
                blobs.iter().any(|blob| all.contains(blob)).then_some((commit, all))
            },
        )
    }
}
