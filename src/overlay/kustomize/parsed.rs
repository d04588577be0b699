//! Files that were read before, by their content: the same bytes are parsed once.

use std::collections::HashMap;
use std::sync::Arc;

use super::kustomization::Kustomization;
use super::patch::Content;
use crate::model::BlobId;
use crate::overlay::EditObstacle;
use crate::overlay::document::manifest::Manifest;
use crate::overlay::document::value::Lines;

/// Parsed files by the id of their content.
#[derive(Debug, Default)]
pub(in crate::overlay) struct Parsed {
    kustomizations: CachedFile<Result<Arc<Kustomization>, EditObstacle>>,
    manifests: CachedFile<Arc<Manifest>>,
    patches: CachedFile<Arc<Content>>,
    round: u64,
}

/// What was parsed, and the round in which it was last asked for.
type CachedFile<T> = HashMap<BlobId, (T, u64)>;

impl Parsed {
    pub(in crate::overlay) fn kustomization(
        &mut self,
        blob: &BlobId,
        bytes: &[u8],
    ) -> Result<Arc<Kustomization>, EditObstacle> {
        let read = || Kustomization::read(bytes).map(Arc::new);
        kept(&mut self.kustomizations, self.round, blob, read)
    }

    pub(in crate::overlay) fn manifest(&mut self, blob: &BlobId, bytes: &[u8]) -> Arc<Manifest> {
        kept(&mut self.manifests, self.round, blob, || Arc::new(Manifest::read(bytes)))
    }

    pub(in crate::overlay) fn patch(&mut self, blob: &BlobId, bytes: &[u8]) -> Arc<Content> {
        let read = || Arc::new(Content::read(&String::from_utf8_lossy(bytes), Lines::After(0)));
        kept(&mut self.patches, self.round, blob, read)
    }

    /// Begins another round, and forgets what the last two did not ask for.
    pub(in crate::overlay) fn next_round(&mut self) {
        let oldest = self.round;
        self.round += 1;
        self.kustomizations.retain(|_, (_, used)| *used >= oldest);
        self.manifests.retain(|_, (_, used)| *used >= oldest);
        self.patches.retain(|_, (_, used)| *used >= oldest);
    }
}

fn kept<T: Clone>(map: &mut CachedFile<T>, round: u64, blob: &BlobId, read: impl FnOnce() -> T) -> T {
    if let Some((found, used)) = map.get_mut(blob) {
        *used = round;
        return found.clone();
    }
    let value = read();
    map.insert(*blob, (value.clone(), round));
    value
}
