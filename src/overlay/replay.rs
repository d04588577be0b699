//! One overlay out of bytes that anybody may have made: for fuzzing, and for the replay of what it found.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Overlays, Resolved, SetTo, resolve, set_image};
use crate::model::{BlobId, CommitId, EntryKind, RepositoryPath, Tree, TreeEntry};

/// How many files are made of one input.
const FILES_MAX: usize = 32;

/// Takes bytes as a repository, in which a line `--- path` begins each file, resolves its folder `own`, and sets
/// the first image there. Nothing where the folder cannot be judged.
///
/// # Panics
/// Where an edit that was proven does not show what was asked for: that would be a fault.
#[must_use]
pub fn resolve_bytes(bytes: &[u8]) -> Option<Resolved> {
    let tree = tree_of(bytes);
    let folder = RepositoryPath::new("own").expect("a plain name is a path");
    let resolved = resolve(&tree, &folder).ok()?;
    if let Some(first) = resolved.uses.first() {
        let image = &first.reference.image;
        let to = SetTo { tag: Some("1.10".parse().expect("a tag")), digest: None };
        if let Ok(files) = set_image(&tree, &Overlays::default(), &folder, (image, &to)) {
            let after = resolve(&tree.with_files(&files), &folder).expect("a proven edit can be judged");
            let mut shown = after.uses.iter().filter(|found| found.reference.image == *image);
            assert!(shown.all(|found| found.reference.tag == to.tag), "the edit does not show");
        }
    }
    Some(resolved)
}

fn tree_of(bytes: &[u8]) -> Tree {
    let mut entries = BTreeMap::new();
    let mut blobs = Vec::new();
    for (index, (path, content)) in sections(bytes).into_iter().take(FILES_MAX).enumerate() {
        let blob = BlobId::new(format!("{index:040}")).expect("forty digits");
        entries.insert(path, TreeEntry { kind: EntryKind::File, blob: blob.clone() });
        blobs.push((blob, content));
    }
    let mut tree = Tree::new(CommitId::new("0".repeat(40)).expect("forty digits"), Arc::new(entries));
    for (blob, content) in blobs {
        tree.add_blob(blob, content.into());
    }
    tree
}

/// Paths with what stands below them; bytes before the first path are the folder's own kustomization.
fn sections(bytes: &[u8]) -> Vec<(RepositoryPath, Vec<u8>)> {
    let own = RepositoryPath::new("own/kustomization.yaml").expect("a plain path");
    let mut sections = vec![(own, Vec::new())];
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let path = line.strip_prefix(b"--- ").and_then(|rest| std::str::from_utf8(rest).ok());
        match path.and_then(|path| RepositoryPath::new(path.trim()).ok()) {
            Some(path) => sections.push((path, Vec::new())),
            None => sections.last_mut().expect("starts with one section").1.extend_from_slice(line),
        }
    }
    sections.retain(|(_, content)| !content.is_empty());
    sections
}
