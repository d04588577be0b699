//! Any bytes as a repository, in which a line `--- path` begins each file: whatever its folder `own` holds is resolved
//! without a panic, in every format, and an edit that was proven shows what was asked for.

use std::collections::BTreeMap;
use std::sync::Arc;

use towpath::model::{
    BlobId, CommitId, EntryKind, ImageDiscovery, Location, RepositoryPath, Tree, TreeEntry,
};
use towpath::overlay::{Overlays, SetTo, import, resolve, set_image};

/// How many files are made of one input.
const FILES_MAX: usize = 32;

/// What is fuzzed.
pub(crate) fn run(data: &[u8]) {
    let tree = tree_of(data);
    drop(import(&tree));
    let path = RepositoryPath::new("own").expect("a plain name is a path");
    let marker = ImageDiscovery::Marker("flux-system:shop".parse().expect("a marker"));
    for finding in [ImageDiscovery::ByFormat, marker] {
        check(&tree, &Location { path: path.clone(), finding });
    }
}

fn check(tree: &Tree, location: &Location) {
    let Ok(resolved) = resolve(tree, location) else { return };
    let Some(image) = resolved.uses.first().map(|first| first.reference.image.clone()) else { return };
    let to = SetTo { tag: Some("1.10".parse().expect("a tag")), digest: None };
    if let Ok(files) = set_image(tree, &Overlays::default(), location, &image, &to) {
        let after = resolve(&tree.with_files(&files), location).expect("a proven edit can be judged");
        let mut shown = after.uses.iter().filter(|found| found.reference.image == image);
        assert!(shown.all(|found| found.reference.tag == to.tag), "the edit does not show");
    }
}

fn tree_of(bytes: &[u8]) -> Tree {
    let mut entries = BTreeMap::new();
    let mut blobs = Vec::new();
    for (index, (path, content)) in sections(bytes).into_iter().take(FILES_MAX).enumerate() {
        let blob = BlobId::new(format!("{index:040}")).expect("forty digits");
        entries.insert(path, TreeEntry { kind: EntryKind::File, blob });
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
