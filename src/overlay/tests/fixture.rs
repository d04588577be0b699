//! A whole repository in one text: each file behind a line `--- path`.

use std::collections::BTreeMap;
use std::sync::Arc;

use similar::TextDiff;

use crate::model::{
    Artifact, BlobId, CommitId, EntryKind, ImageDiscovery, ImageName, ImageReference, Location, Release,
    RepositoryPath, Tree, TreeEntry,
};
use crate::overlay::{OverlayError, Overlays, Resolver, SetTo, resolve, running, set_image};

pub(super) const DIGEST: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
pub(super) const OLD_DIGEST: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

pub(super) const DEPLOYMENT: &str = "\
--- base/deployment.yaml
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop }
spec:
  template:
    spec:
      containers:
        - name: shop
          image: ghcr.io/acme/shop:0.1.0
";

pub(super) const BASE: &str = "\
--- base/kustomization.yaml
resources:
  - deployment.yaml
--- base/deployment.yaml
kind: Deployment
spec:
  template:
    spec:
      containers:
        - name: shop
          image: ghcr.io/acme/shop:0.1.0
        - name: proxy
          image: envoy:1.30
";

pub(super) fn path(text: &str) -> RepositoryPath {
    RepositoryPath::new(text).unwrap()
}

pub(super) fn image(text: &str) -> ImageName {
    ImageName::new(text).unwrap()
}

/// A reference with a tag.
pub(super) fn reference(text: &str) -> ImageReference {
    let (name, tag) = text.rsplit_once(':').unwrap();
    ImageReference { image: image(name), tag: Some(tag.parse().unwrap()), digest: None }
}

pub(super) fn files(text: &str) -> BTreeMap<String, String> {
    let sections = text.split("--- ").filter(|section| !section.is_empty());
    sections
        .map(|section| {
            let (path, content) = section.split_once('\n').unwrap();
            (path.to_owned(), content.to_owned())
        })
        .collect()
}

/// A tree of a repository; `path -> link` and `path -> submodule` stand for what is no file.
pub(super) fn tree(text: &str) -> Tree {
    tree_of(&files(text).into_iter().map(|(path, content)| (path, content.into_bytes())).collect())
}

pub(super) fn tree_of(files: &BTreeMap<String, Vec<u8>>) -> Tree {
    let mut entries = BTreeMap::new();
    let mut blobs = Vec::new();
    for (name, content) in files {
        let (name, kind) = match name.split_once(" -> ") {
            Some((name, "link")) => (name, EntryKind::SymbolicLink),
            Some((name, _)) => (name, EntryKind::Submodule),
            None => (name.as_str(), EntryKind::File),
        };
        let blob = blob_of(content);
        entries.insert(path(name), TreeEntry { kind, blob });
        blobs.push((blob, content.as_slice().into()));
    }
    let mut tree = Tree::new(CommitId::new("0".repeat(40)).unwrap(), Arc::new(entries));
    for (blob, content) in blobs {
        tree.add_blob(blob, content);
    }
    tree
}

/// An id that is the same for the same content, as Git's is.
fn blob_of(content: &[u8]) -> BlobId {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    BlobId::new(format!("{:040x}", hasher.finish())).unwrap()
}

pub(super) fn to(tag: &str, digest: &str) -> SetTo {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    SetTo {
        tag: some(tag).map(|tag| tag.parse().unwrap()),
        digest: some(digest).map(|digest| digest.parse().unwrap()),
    }
}

/// What a folder runs, one line per use, then what is not certain.
pub(super) fn shown(repository: &str, folder: &str) -> String {
    match resolve(&tree(repository), &path(folder).into()) {
        Ok(found) => {
            let uses = found.uses.iter().map(|found| {
                format!("{} by {}:{} ({})", found.reference, found.file, found.line, found.set_by)
            });
            let notes = found.uncertain.iter().map(|note| format!("? {note}"));
            uses.chain(notes).collect::<Vec<_>>().join("\n")
        }
        Err(error) => error.to_string(),
    }
}

/// What a folder runs of the shop.
pub(super) fn shop(repository: &str, folder: &str) -> String {
    match running(&tree(repository), &path(folder).into(), &image("ghcr.io/acme/shop")) {
        Ok(running) => {
            let [one] = running.images.as_slice() else { panic!("one image was asked for: {running:?}") };
            format!("{} by {}:{}", one.reference, one.file, one.line)
        }
        Err(error) => error.to_string(),
    }
}

/// The diff that sets the shop to 1.10.0 in a folder, without context; what stands in the way where it fails.
pub(super) fn set_shop(repository: &str, folder: &str) -> String {
    diff(repository, folder, &to("1.10.0", DIGEST))
}

pub(super) fn diff(repository: &str, folder: &str, to: &SetTo) -> String {
    let tree = tree(repository);
    match set(&tree, folder, to) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&tree, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

pub(super) fn set(
    tree: &Tree,
    folder: &str,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    set_image(tree, &Overlays::default(), &path(folder).into(), &image("ghcr.io/acme/shop"), to)
}

pub(super) fn unified(tree: &Tree, path: &RepositoryPath, new: &[u8]) -> String {
    let old = std::str::from_utf8(tree.read(path).unwrap_or_default()).unwrap();
    let new = std::str::from_utf8(new).unwrap();
    let changes = TextDiff::from_lines(old, new);
    let lines = changes.iter_all_changes().filter(|change| change.tag() != similar::ChangeTag::Equal);
    let lines = lines.map(|change| {
        let shown = change.value().replace('\r', "<CR>").trim_end_matches('\n').to_owned();
        format!("{}{shown}\n", change.tag())
    });
    format!("{path}\n{}", lines.collect::<String>())
}

/// The diff that sets the shop to 1.10.0 wherever a marker of its policy is below a folder.
pub(super) fn marked_diff(repository: &str, folder: &str) -> String {
    diff_at(repository, folder, ImageDiscovery::Marker("flux-system:shop".parse().unwrap()))
}

/// The diff that sets the shop to 1.10.0 wherever it is found so.
pub(super) fn diff_at(repository: &str, folder: &str, finding: ImageDiscovery) -> String {
    let location = Location { path: path(folder), finding };
    let tree = tree(repository);
    match set_image(
        &tree,
        &Overlays::default(),
        &location,
        &image("ghcr.io/acme/shop"),
        &to("1.10.0", DIGEST),
    ) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&tree, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

/// The diff that sets the shop in a folder that Towpath manages; or why it is refused.
pub(super) fn diff_managed(repository: &str, folder: &str, to: &SetTo) -> String {
    let before = tree(repository);
    let overlays = overlays(repository, &[folder]);
    match set_image(&before, &overlays, &path(folder).into(), &image("ghcr.io/acme/shop"), to) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&before, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}

/// A release of some images at their tags, all at [`DIGEST`].
pub(super) fn release(images: &[(&str, &str)]) -> Release {
    let artifact = |(name, tag): &(&str, &str)| Artifact {
        image: image(name),
        tag: tag.parse().unwrap(),
        digest: DIGEST.parse().unwrap(),
    };
    Release::of_all(images.iter().map(artifact).collect()).unwrap()
}

/// What is known of a repository once these folders were asked about.
pub(super) fn overlays(repository: &str, folders: &[&str]) -> Overlays {
    let mut resolver = Resolver::default();
    for folder in folders {
        resolver.resolve(&tree(repository), &path(folder).into()).unwrap();
    }
    resolver.overlays()
}

/// The diff that sets the shop in production, beside other overlays; or why it is refused.
pub(super) fn diff_beside(repository: &str, overlays: &Overlays, to: &SetTo) -> String {
    let before = tree(repository);
    let shop = image("ghcr.io/acme/shop");
    match set_image(&before, overlays, &path("production").into(), &shop, to) {
        Ok(edited) => edited.iter().map(|(path, new)| unified(&before, path, new)).collect(),
        Err(error) => error.to_string(),
    }
}
