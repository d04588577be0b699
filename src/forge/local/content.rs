//! Files of commits, and what a head changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use gix::object::tree::EntryKind as GitKind;

use super::failure::failed;
use super::store::{Store, object_id};
use crate::forge::ForgeError;
use crate::model::{BlobId, BranchName, CommitId, EntryKind, FileChange, RepositoryPath, TreeEntry};

/// Largest blob that is read, in bytes; what people edit is far smaller.
const BLOB_BYTES_MAX: u64 = 16 << 20;
/// How many commits back a head is looked for in its base branch.
const FIRST_PARENTS_MAX: usize = 100_000;

/// Every file of a commit. Paths that this program would not write are left out.
pub(super) fn entries(
    store: &Store,
    commit: &CommitId,
) -> Result<BTreeMap<RepositoryPath, TreeEntry>, ForgeError> {
    let files = files(store, object_id(commit))?;
    let entry = |(path, (kind, id)): (BString, (GitKind, ObjectId))| {
        let path = RepositoryPath::new(path.to_str().ok()?).ok()?;
        let blob = BlobId::new(id.to_string()).expect("an object id has forty digits");
        Some((path, TreeEntry { kind: entry_kind(kind), blob }))
    };
    Ok(files.into_iter().filter_map(entry).collect())
}

/// The content of blobs, in order.
pub(super) fn blobs(store: &Store, blobs: &[BlobId]) -> Result<Vec<Arc<[u8]>>, ForgeError> {
    blobs.iter().map(|blob| content(store, ObjectId::Sha1(*blob.as_bytes())).map(Arc::from)).collect()
}

fn content(store: &Store, id: ObjectId) -> Result<Vec<u8>, ForgeError> {
    let what = || format!("reading the blob {id} in `{}`", store.name());
    let header = store.git.find_header(id).map_err(failed(what()))?;
    if header.size() > BLOB_BYTES_MAX {
        return Err(failed(what())(format!("it is larger than {BLOB_BYTES_MAX} bytes")));
    }
    Ok(store.git.find_blob(id).map_err(failed(what()))?.take_data())
}

pub(super) type Files = BTreeMap<BString, (GitKind, ObjectId)>;

/// What is where in a commit, folders apart.
pub(super) fn files(store: &Store, commit: ObjectId) -> Result<Files, ForgeError> {
    let what = || format!("reading the files of {commit} in `{}`", store.name());
    let tree = store.git.find_tree(store.tree_of(commit)?).map_err(failed(what()))?;
    let records = tree.traverse().breadthfirst.files().map_err(failed(what()))?;
    let file = |record: gix::traverse::tree::recorder::Entry| {
        let kind = record.mode.kind();
        (kind != GitKind::Tree).then_some((record.filepath, (kind, record.oid)))
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

/// What a commit changes, compared with its first parent.
pub(super) fn of_commit(store: &Store, commit: &CommitId) -> Result<Vec<FileChange>, ForgeError> {
    let commit = object_id(commit);
    match store.first_parent(commit)? {
        Some(parent) => difference(store, parent, commit),
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

/// The commit on the base branch that brought a head, where one did: the oldest of its first parents that has it.
///
/// Once a first parent lacks the head, all older ones do, so few of them have to be asked.
pub(super) fn merge_of(store: &Store, tip: ObjectId, head: ObjectId) -> Result<Option<ObjectId>, ForgeError> {
    if !store.is_ancestor(head, tip)? {
        return Ok(None);
    }
    let mut line = vec![tip];
    let (mut has, mut stride) = (0, 1);
    // Each round either goes twice as far back or finds the end of those that have the head.
    let lacks = loop {
        let far = has + stride;
        extend(store, &mut line, far)?;
        let asked = far.min(line.len() - 1);
        if asked == has {
            return Ok(Some(line[has]));
        }
        if !store.is_ancestor(head, line[asked])? {
            break asked;
        }
        (has, stride) = (asked, stride * 2);
    };
    let (mut has, mut lacks) = (has, lacks);
    while lacks - has > 1 {
        let middle = has.midpoint(lacks);
        if store.is_ancestor(head, line[middle])? { has = middle } else { lacks = middle }
    }
    Ok(Some(line[has]))
}

/// Follows first parents until the line has an index, or ends.
fn extend(store: &Store, line: &mut Vec<ObjectId>, index: usize) -> Result<(), ForgeError> {
    while let Some(last) = line.last()
        && line.len() <= index.min(FIRST_PARENTS_MAX)
    {
        match store.first_parent(*last)? {
            Some(before) => line.push(before),
            None => break,
        }
    }
    Ok(())
}

fn difference(store: &Store, from: ObjectId, to: ObjectId) -> Result<Vec<FileChange>, ForgeError> {
    let (old, new) = (files(store, from)?, files(store, to)?);
    let mut paths: Vec<&BString> = old.keys().chain(new.keys()).collect();
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
            Ok(FileChange { path: shown(path)?, old: side(old.get(path))?, new: side(new.get(path))? })
        })
        .collect()
}

/// A path as people see it. One that this program would not write is spelled differently, never hidden: what people
/// approve is all that a head changes.
fn shown(path: &BString) -> Result<RepositoryPath, ForgeError> {
    let is_odd = |c: char| c.is_control() || c == '\\';
    let text = path.to_str_lossy().replace(is_odd, "\u{fffd}");
    RepositoryPath::new(text).map_err(failed("comparing two commits"))
}

/// The tree of a commit with some files replaced; modes are kept, links and submodules are not written through.
pub(super) fn tree_with(
    store: &Store,
    base: Option<ObjectId>,
    changed: &[(RepositoryPath, Vec<u8>)],
) -> Result<ObjectId, ForgeError> {
    let what = || format!("writing files in `{}`", store.name());
    let tree = match base {
        Some(base) => store.tree_of(base)?,
        None => ObjectId::empty_tree(gix::hash::Kind::Sha1),
    };
    let present = store.git.find_tree(tree).map_err(failed(what()))?;
    let mut editor = store.git.edit_tree(tree).map_err(failed(what()))?;
    for (path, bytes) in changed {
        let kind = kind_for(&present, path).map_err(failed(what()))?;
        let blob = store.git.write_blob(bytes).map_err(failed(what()))?;
        editor.upsert(path.as_str(), kind, blob).map_err(failed(what()))?;
    }
    Ok(editor.write().map_err(failed(what()))?.detach())
}

/// As what a file is to be written; refused where something else stands at its path or above it.
fn kind_for(tree: &gix::Tree<'_>, path: &RepositoryPath) -> Result<GitKind, String> {
    if path.as_str().is_empty() {
        return Err("a file needs a path".to_owned());
    }
    let ends = path.as_str().match_indices('/').map(|(end, _)| end);
    for end in ends.chain([path.as_str().len()]) {
        let part = &path.as_str()[..end];
        let found = tree.lookup_entry_by_path(part).map_err(|error| error.to_string())?;
        let Some(found) = found else { return Ok(GitKind::Blob) };
        let is_whole = end == path.as_str().len();
        match found.mode().kind() {
            GitKind::Tree if !is_whole => {}
            kind @ (GitKind::Blob | GitKind::BlobExecutable) if is_whole => return Ok(kind),
            GitKind::Tree => return Err(format!("`{part}` is a folder")),
            GitKind::Blob | GitKind::BlobExecutable => {
                return Err(format!("`{part}` is a file, not a folder"));
            }
            GitKind::Link => return Err(format!("`{part}` is a symbolic link, which is never followed")),
            GitKind::Commit => return Err(format!("`{part}` is a submodule, which is never entered")),
        }
    }
    Ok(GitKind::Blob)
}
