//! Blobs of one commit that are read together and once, such as the files of the log: nothing of them is kept here.
//!
//! | what is read | how |
//! |---|---|
//! | one blob | by itself |
//! | a few | texts in one GraphQL document |
//! | more | the archive of the commit |
//! | what archive and texts do not give byte for byte | by itself |

use std::collections::{BTreeMap, BTreeSet};

use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::super::{GitHubForge, READS_AT_ONCE};
use super::archive::Contents;
use crate::forge::ForgeError;
use crate::model::{BlobId, CommitId, RepositoryName};

/// How many blobs one document asks for here; they are larger than what people write, some 2 MiB together.
const DOCUMENT_BLOBS_MAX: usize = 8;
/// GitHub cuts off longer texts in documents.
const TEXT_BYTES_MAX: u64 = 512_000;

impl GitHubForge {
    /// The content of blobs of a commit, each with how large it is; all of them.
    ///
    /// # Errors
    /// Where one of them cannot be read, or GitHub wants to be left alone.
    pub(in super::super) async fn read_once(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        blobs: &BTreeMap<BlobId, u64>,
    ) -> Result<Contents, ForgeError> {
        let mut found = Contents::new();
        if blobs.len() > DOCUMENT_BLOBS_MAX {
            let room = self.inner.archives.acquire().await.expect("it is never closed");
            let wanted: BTreeSet<BlobId> = blobs.keys().copied().collect();
            found.extend(given(repository, self.unpack(repository, commit, wanted).await)?);
            drop(room);
        }
        let short: BTreeMap<BlobId, u64> = blobs
            .iter()
            .filter(|(_, bytes)| **bytes <= TEXT_BYTES_MAX)
            .map(|(id, bytes)| (*id, *bytes))
            .collect();
        let left = missing(&short, &found);
        for some in left.chunks(DOCUMENT_BLOBS_MAX).filter(|some| some.len() > 1) {
            found.extend(given(repository, self.texts(repository, some).await)?);
        }
        let left = missing(blobs, &found);
        let reads: Vec<_> = left.iter().map(|blob| self.large_blob(repository, *blob)).collect();
        let contents: Vec<_> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
        found.extend(left.into_iter().zip(contents));
        Ok(found)
    }
}

/// What was read at once; what did not come is read another way, unless GitHub wants to be left alone.
fn given(repository: &RepositoryName, read: Result<Contents, ForgeError>) -> Result<Contents, ForgeError> {
    match read {
        Err(error @ ForgeError::RateLimited { .. }) => Err(error),
        Err(error) => {
            tracing::debug!("the log of `{repository}` is read in smaller parts: {error}");
            Ok(Contents::new())
        }
        read => read,
    }
}

fn missing(blobs: &BTreeMap<BlobId, u64>, found: &Contents) -> Vec<BlobId> {
    blobs.keys().filter(|blob| !found.contains_key(blob)).copied().collect()
}
