//! All files of a commit in one archive, as `git archive` makes it: a request, however many files there are.
//!
//! An archive may leave files out or change them (`export-ignore`, `export-subst`), so nothing in it is believed but what
//! has the name that Git gives to its bytes.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _};
use std::sync::Arc;

use flate2::read::GzDecoder;

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::transport::Call;
use super::tree::object_id;
use crate::forge::ForgeError;
use crate::model::{BlobId, CommitId, RepositoryName};

/// Most bytes that an archive may unpack to. Files of an eighth are asked for; each takes a header and padding.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Largest file in it that is taken, in bytes; what people edit is far smaller, and what is larger is read by itself.
const FILE_BYTES_MAX: u64 = 1 << 20;

pub(super) type Contents = BTreeMap<BlobId, Arc<[u8]>>;

impl GitHubForge {
    /// The content of those blobs of a commit that its archive has.
    ///
    /// # Errors
    /// Where GitHub gives no archive.
    pub(super) async fn unpack(
        &self,
        repository: &RepositoryName,
        commit: &CommitId,
        wanted: BTreeSet<BlobId>,
    ) -> Result<Contents, ForgeError> {
        let path = format!("/repos/{repository}/tarball/{commit}");
        // It is elsewhere, where the token does not go along.
        let call = Call::get(Scope::Repository(repository), "read files", path).once();
        let response = self.inner.transport.call(call).await?;
        response.ensure_success(&format!("the archive of `{repository}`"))?;
        let archive = Arc::clone(&response.body);
        let unpacked = tokio::task::spawn_blocking(move || contents(&archive, &wanted)).await;
        Ok(unpacked.unwrap_or_default())
    }
}

/// The wanted blobs in an archive, as far as it can be read.
pub(super) fn contents(archive: &[u8], wanted: &BTreeSet<BlobId>) -> Contents {
    let mut found = Contents::new();
    if let Err(error) = collect(archive, wanted, &mut found) {
        tracing::debug!("an archive ends after {} files: {error}", found.len());
    }
    found
}

fn collect(archive: &[u8], wanted: &BTreeSet<BlobId>, found: &mut Contents) -> io::Result<()> {
    let unpacked = GzDecoder::new(archive).take(UNPACKED_BYTES_MAX);
    for entry in tar::Archive::new(unpacked).entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() || entry.size() > FILE_BYTES_MAX {
            continue;
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if let Some(blob) = blob_id(&content).filter(|blob| wanted.contains(blob)) {
            found.insert(blob, content.into());
        }
    }
    Ok(())
}

/// The name of a blob with this content.
pub(super) fn blob_id(content: &[u8]) -> Option<BlobId> {
    let id = object_id(gix::objs::Kind::Blob, content)?;
    BlobId::new(id.to_string()).ok()
}
