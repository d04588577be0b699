//! Files of commits, and what a head changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::ObjectId;
use gix::object::tree::EntryKind as GitKind;

use super::store::{Store, failed, object_id};
use crate::forge::ForgeError;
use crate::model::{BlobId, BranchName, CommitId, EntryKind, FileChange, RepositoryPath, TreeEntry};

/// Largest blob that is read, in bytes; what people edit is far smaller.
const BLOB_BYTES_MAX: u64 = 16 << 20;
/// How many merges back a head is looked for in its base branch.
const FIRST_PARENTS_MAX: usize = 100_000;

/// Every file of a commit. Paths that this program would not write are left out.
pub(super) fn entries(
    store: &Store,
    commit: &CommitId,
) -> Result<BTreeMap<RepositoryPath, TreeEntry>, ForgeError> {
    let files = files(store, object_id(commit))?;
    Ok(files
        .into_iter()
        .map(|(path, (kind, id))| {
            let blob = BlobId::new(id.to_string()).expect("an object id has forty digits");
            (path, TreeEntry { kind: entry_kind(kind), blob })
        })
        .collect())
}

/// The content of blobs, in order.
pub(super) fn blobs(store: &Store, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
    blobs
        .iter()
        .map(|blob| {
            let id =
                ObjectId::from_hex(blob.as_str().as_bytes()).map_err(failed(format!("the blob {blob}")))?;
            content(store, id).map(Arc::from)
        })
        .collect()
}

fn content(store: &Store, id: ObjectId) -> Result<Vec<u8>, ForgeError> {
    let what = || format!("reading the blob {id} in `{}`", store.name());
    let header = store.git.find_header(id).map_err(failed(what()))?;
    if header.size() > BLOB_BYTES_MAX {
        return Err(failed(what())(format!("it is larger than {BLOB_BYTES_MAX} bytes")));
    }
    Ok(store.git.find_blob(id).map_err(failed(what()))?.take_data())
}

type Files = BTreeMap<RepositoryPath, (GitKind, ObjectId)>;

fn files(store: &Store, commit: ObjectId) -> Result<Files, ForgeError> {
    let what = || format!("reading the files of {commit} in `{}`", store.name());
    let tree = store.git.find_tree(store.tree_of(commit)?).map_err(failed(what()))?;
    let records = tree.traverse().breadthfirst.files().map_err(failed(what()))?;
    let file = |record: gix::traverse::tree::recorder::Entry| {
        let path = RepositoryPath::new(record.filepath.to_string()).ok()?;
        let kind = record.mode.kind();
        (kind != GitKind::Tree).then_some((path, (kind, record.oid)))
    };
    Ok(records.into_iter().filter_map(file).collect())
}

const fn entry_kind(kind: GitKind) -> EntryKind {
    match kind {
        GitKind::Blob | GitKind::BlobExecutable | GitKind::Tree => EntryKind::File,
        GitKind::Link => EntryKind::SymbolicLink,
        GitKind::Commit => EntryKind::Submodule,
    }
}

/// What a head changes, compared with where it left its base branch; also after it was merged.
pub(super) fn changed(
    store: &Store,
    base: &BranchName,
    head: &CommitId,
) -> Result<Vec<FileChange>, ForgeError> {
    let head = object_id(head);
    let tip = object_id(&store.tip(base)?);
    match origin(store, tip, head)? {
        Some(origin) => difference(store, origin, head),
        None => Ok(Vec::new()),
    }
}

/// The commit at which a head left its base branch.
fn origin(store: &Store, tip: ObjectId, head: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
    let base = store.merge_base(tip, head)?;
    if base != Some(head) {
        return Ok(base);
    }
    let Some(merge) = merge_of(store, tip, head)?.filter(|merge| *merge != head) else {
        return store.first_parent(head);
    };
    match store.first_parent(merge)? {
        Some(before) => store.merge_base(before, head),
        None => Ok(None),
    }
}

/// The commit on the base branch that brought a head, where one did.
pub(super) fn merge_of(store: &Store, tip: ObjectId, head: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
    if !store.is_ancestor(head, tip)? {
        return Ok(None);
    }
    let mut commit = tip;
    for _step in 0..FIRST_PARENTS_MAX {
        match store.first_parent(commit)? {
            Some(before) if commit != head && store.is_ancestor(head, before)? => commit = before,
            Some(_) | None => return Ok(Some(commit)),
        }
    }
    Ok(None)
}

fn difference(store: &Store, from: ObjectId, to: ObjectId) -> Result<Vec<FileChange>, ForgeError> {
    let (old, new) = (files(store, from)?, files(store, to)?);
    let mut paths: Vec<&RepositoryPath> = old.keys().chain(new.keys()).collect();
    paths.sort();
    paths.dedup();
    let side = |side: Option<&(GitKind, ObjectId)>| -> Result<Option<Vec<u8>>, ForgeError> {
        side.map(|(kind, id)| match entry_kind(*kind) {
            EntryKind::Submodule => Ok(id.to_string().into_bytes()),
            EntryKind::File | EntryKind::SymbolicLink => content(store, *id),
        })
        .transpose()
    };
    let differing = paths.into_iter().filter(|path| old.get(*path) != new.get(*path));
    differing
        .map(|path| {
            Ok(FileChange { path: path.clone(), old: side(old.get(path))?, new: side(new.get(path))? })
        })
        .collect()
}

/// The tree of a commit with some files replaced; modes are kept, links and submodules are not written through.
pub(super) fn tree_with(
    store: &Store,
    base: Option<ObjectId>,
    changed: &[(RepositoryPath, Vec<u8>)],
) -> Result<ObjectId, ForgeError> {
    let what = || format!("writing files in `{}`", store.name());
    let present = base.map(|base| files(store, base)).transpose()?.unwrap_or_default();
    let tree = match base {
        Some(base) => store.tree_of(base)?,
        None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
    };
    let mut editor = store.git.edit_tree(tree).map_err(failed(what()))?;
    for (path, bytes) in changed {
        let kind = match present.get(path) {
            None => GitKind::Blob,
            Some((kind @ (GitKind::Blob | GitKind::BlobExecutable), _)) => *kind,
            Some((GitKind::Link | GitKind::Commit | GitKind::Tree, _)) => {
                return Err(failed(what())(format!("`{path}` is a symbolic link or a submodule")));
            }
        };
        let blob = store.git.write_blob(bytes).map_err(failed(what()))?;
        editor.upsert(path.as_str(), kind, blob).map_err(failed(what()))?;
    }
    Ok(editor.write().map_err(failed(what()))?.detach())
}
