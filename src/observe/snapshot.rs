//! The files of each config repository at the head that was seen last; a new head costs only changed blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::forge::{Forge, ForgeError};
use crate::model::{
    BlobId, ChangeNumber, CodeOwners, CommitId, ConfigBranch, ContentKey, Missing, RepositoryPath, Tree,
    TreeEntry,
};
use crate::overlay::Resolver;

type Entries = Arc<BTreeMap<RepositoryPath, TreeEntry>>;

/// What the head of a change contains.
#[derive(Clone, Debug)]
pub(super) struct HeadContent {
    /// Its content key.
    pub(super) key: ContentKey,
    /// The files that it changes.
    pub(super) files: Vec<RepositoryPath>,
    /// Whether the base branch was rewritten without the commit on which the bot made it.
    pub(super) is_base_lost: bool,
}

/// What was read of each config repository.
#[derive(Debug, Default)]
pub struct Snapshots(Mutex<BTreeMap<ConfigBranch, Snapshot>>);

#[derive(Debug, Default)]
struct Snapshot {
    head: Option<(CommitId, Entries)>,
    blobs: BTreeMap<BlobId, Arc<[u8]>>,
    keys: BTreeMap<(ChangeNumber, CommitId), HeadContent>,
    /// The head of the branch for which those were worked out last.
    keys_on: Option<CommitId>,
    code_owners: Option<(BlobId, Arc<CodeOwners>)>,
    resolver: Resolver,
}

impl Snapshots {
    /// The tree of a head, with the content that earlier heads already needed.
    pub(super) async fn tree<F: Forge>(
        &self,
        forge: &F,
        place: &ConfigBranch,
        head: &CommitId,
    ) -> Result<Tree, ForgeError> {
        let known = self.known_tree(place, head).await;
        if let Some(tree) = known {
            return Ok(tree);
        }
        let entries = forge.entries(place, head).await?;
        let mut snapshots = self.0.lock().await;
        let snapshot = snapshots.entry(place.clone()).or_default();
        // Blobs that the new head no longer has are let go, so that memory follows the repository's size.
        let present: BTreeSet<&BlobId> = entries.values().map(|entry| &entry.blob).collect();
        snapshot.blobs.retain(|blob, _| present.contains(blob));
        snapshot.head = Some((head.clone(), Arc::clone(&entries)));
        Ok(with_blobs(head, entries.clone(), &snapshot.blobs))
    }

    async fn known_tree(&self, place: &ConfigBranch, head: &CommitId) -> Option<Tree> {
        let snapshots = self.0.lock().await;
        let snapshot = snapshots.get(place)?;
        let (_, entries) = snapshot.head.as_ref().filter(|(commit, _)| commit == head)?;
        Some(with_blobs(head, Arc::clone(entries), &snapshot.blobs))
    }

    /// Fetches the content of files that a tree lacks, once.
    pub(super) async fn fill<F: Forge>(
        &self,
        forge: &F,
        place: &ConfigBranch,
        tree: &mut Tree,
        missing: &Missing,
    ) -> Result<(), ForgeError> {
        let entries = missing.0.iter().filter_map(|path| tree.entry(path));
        let blobs: Vec<BlobId> =
            entries.map(|entry| entry.blob).collect::<BTreeSet<_>>().into_iter().collect();
        let contents = forge.blobs(place, &blobs).await?;
        let mut snapshots = self.0.lock().await;
        let snapshot = snapshots.entry(place.clone()).or_default();
        for (blob, content) in blobs.into_iter().zip(contents) {
            snapshot.blobs.insert(blob, Arc::clone(&content));
            tree.add_blob(blob, content);
        }
        Ok(())
    }

    /// What is remembered of the overlays; whoever takes it gives it back.
    pub(super) async fn take_resolver(&self, place: &ConfigBranch) -> Resolver {
        let mut snapshots = self.0.lock().await;
        snapshots.get_mut(place).map(|snapshot| std::mem::take(&mut snapshot.resolver)).unwrap_or_default()
    }

    /// Gives back what [`Snapshots::take_resolver`] took, with what was learnt.
    pub(super) async fn keep_resolver(&self, place: &ConfigBranch, resolver: Resolver) {
        self.0.lock().await.entry(place.clone()).or_default().resolver = resolver;
    }

    /// The content key of a change's head, where it was worked out before.
    pub(super) async fn key(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
    ) -> Option<HeadContent> {
        let snapshots = self.0.lock().await;
        snapshots.get(place)?.keys.get(&(change, head.clone())).cloned()
    }

    /// Lets go of all keys where the branch was rewritten since they were worked out: what a head changes is seen against
    /// the history of the branch. Costs one question for each new head of the branch while there are keys.
    pub(super) async fn follow_branch<F: Forge>(&self, forge: &F, place: &ConfigBranch, head: &CommitId) {
        let earlier = self.0.lock().await.get(place).and_then(|snapshot| {
            snapshot.keys_on.clone().filter(|earlier| earlier != head && !snapshot.keys.is_empty())
        });
        let goes_on = match earlier {
            Some(earlier) => forge.contains(place, &earlier).await.unwrap_or(false),
            None => true,
        };
        let mut snapshots = self.0.lock().await;
        let snapshot = snapshots.entry(place.clone()).or_default();
        if !goes_on {
            snapshot.keys.clear();
        }
        snapshot.keys_on = Some(head.clone());
    }

    /// Lets go of the keys of heads that no change has any more.
    pub(super) async fn forget_keys(&self, place: &ConfigBranch, heads: &BTreeSet<CommitId>) {
        if let Some(snapshot) = self.0.lock().await.get_mut(place) {
            snapshot.keys.retain(|(_, head), _| heads.contains(head));
        }
    }

    /// Keeps the content key of a change's head.
    pub(super) async fn keep_key(
        &self,
        place: &ConfigBranch,
        change: ChangeNumber,
        head: &CommitId,
        content: HeadContent,
    ) {
        let mut snapshots = self.0.lock().await;
        snapshots.entry(place.clone()).or_default().keys.insert((change, head.clone()), content);
    }

    /// Who owns the files, where that was read of this very blob before.
    pub(super) async fn code_owners(&self, place: &ConfigBranch, blob: BlobId) -> Option<Arc<CodeOwners>> {
        let snapshots = self.0.lock().await;
        let (known, code_owners) = snapshots.get(place)?.code_owners.as_ref()?;
        (*known == blob).then(|| Arc::clone(code_owners))
    }

    /// Keeps what was read of a blob about who owns the files.
    pub(super) async fn keep_code_owners(
        &self,
        place: &ConfigBranch,
        blob: BlobId,
        code_owners: Arc<CodeOwners>,
    ) {
        self.0.lock().await.entry(place.clone()).or_default().code_owners = Some((blob, code_owners));
    }
}

fn with_blobs(head: &CommitId, entries: Entries, blobs: &BTreeMap<BlobId, Arc<[u8]>>) -> Tree {
    let mut tree = Tree::new(head.clone(), entries);
    for (blob, content) in blobs {
        tree.add_blob(*blob, Arc::clone(content));
    }
    tree
}
