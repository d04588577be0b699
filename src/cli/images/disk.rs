//! Folders on disk as a tree: from the top of the Git work tree, else from a few folders above.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};

use crate::model::{BlobId, CommitId, EntryKind, Missing, RepositoryPath, Tree, TreeEntry};
use crate::overlay::{self, OverlayError, Resolved};

/// How many files are looked at.
const FILES_MAX: usize = 200_000;
/// How far above a folder its bases may lie where there is no Git work tree.
const PARENTS_MAX: usize = 3;
/// How often content may turn out to be missing.
const READS_MAX: usize = 64;
/// Folders that hold no overlays and many files.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];

/// The files around a folder.
pub(in crate::cli) struct Disk {
    root: PathBuf,
    folder: RepositoryPath,
    tree: Tree,
}

impl Disk {
    /// Lists the files below a folder, which becomes the top; reads none.
    pub(in crate::cli) fn below(folder: &Path) -> anyhow::Result<Self> {
        let root = folder.canonicalize()?;
        let mut entries = BTreeMap::new();
        list(&root, &root, &mut entries)?;
        let commit = CommitId::new("0".repeat(40))?;
        Ok(Self { folder: RepositoryPath::new("")?, tree: Tree::new(commit, Arc::new(entries)), root })
    }

    /// Lists the files around a folder; reads none.
    pub(in crate::cli) fn around(folder: &Path) -> anyhow::Result<Self> {
        let folder = folder.canonicalize()?;
        let root = root_of(&folder);
        let mut entries = BTreeMap::new();
        list(&root, &root, &mut entries)?;
        let relative = folder.strip_prefix(&root)?.to_string_lossy().into_owned();
        let commit = CommitId::new("0".repeat(40))?;
        Ok(Self { folder: RepositoryPath::new(relative)?, tree: Tree::new(commit, Arc::new(entries)), root })
    }

    pub(in crate::cli) fn root(&self) -> &Path {
        &self.root
    }

    /// What the folder runs; content is read where it is needed.
    pub(in crate::cli) fn resolve(&self) -> anyhow::Result<Resolved> {
        let location = self.folder.clone().into();
        let missing = |error| match error {
            OverlayError::Missing(missing) => Ok(missing),
            error @ (OverlayError::Refused { .. } | OverlayError::NotFound { .. }) => Err(error.into()),
        };
        self.fill(|tree| overlay::resolve(tree, &location).map_err(missing))
    }

    /// Answers a question about the files; content is read where it is needed.
    pub(in crate::cli) fn read<T>(&self, ask: impl Fn(&Tree) -> Result<T, Missing>) -> anyhow::Result<T> {
        self.fill(|tree| ask(tree).map_err(Ok))
    }

    fn fill<T>(&self, ask: impl Fn(&Tree) -> Result<T, anyhow::Result<Missing>>) -> anyhow::Result<T> {
        let mut tree = self.tree.clone();
        for _read in 0..READS_MAX {
            match ask(&tree) {
                Ok(answer) => return Ok(answer),
                Err(missing) => self.add(&mut tree, missing?)?,
            }
        }
        anyhow::bail!("the overlays lead from file to file too deeply")
    }

    fn add(&self, tree: &mut Tree, missing: Missing) -> anyhow::Result<()> {
        for path in missing.0 {
            let file = self.root.join(path.as_str());
            let content = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            let blob = tree.entry(&path).map(|entry| entry.blob).context("a file that was listed")?;
            tree.add_blob(blob, content.into());
        }
        Ok(())
    }

    /// A path as seen from the folder.
    pub(in crate::cli) fn relative(&self, path: &RepositoryPath) -> String {
        if *path == self.folder {
            return path.file_name().to_owned();
        }
        let own: Vec<&str> = self.folder.as_str().split('/').filter(|part| !part.is_empty()).collect();
        let other: Vec<&str> = path.as_str().split('/').collect();
        let shared = own.iter().zip(&other).take_while(|(left, right)| left == right).count();
        let up = std::iter::repeat_n("..", own.len() - shared);
        up.chain(other.into_iter().skip(shared)).collect::<Vec<_>>().join("/")
    }
}

/// The top of the Git work tree, else a folder a little above.
fn root_of(folder: &Path) -> PathBuf {
    let top = folder.ancestors().find(|ancestor| ancestor.join(".git").exists());
    let above = folder.ancestors().take(PARENTS_MAX + 1).filter(|above| above.parent().is_some()).last();
    top.or(above).unwrap_or(folder).to_path_buf()
}

fn list(root: &Path, folder: &Path, entries: &mut BTreeMap<RepositoryPath, TreeEntry>) -> anyhow::Result<()> {
    let Ok(found) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in found {
        let entry = entry?;
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            if !SKIPPED.iter().any(|name| entry.file_name() == *name) {
                list(root, &path, entries)?;
            }
            continue;
        }
        ensure!(
            entries.len() < FILES_MAX,
            "more than {FILES_MAX} files below {}; run this inside a Git work tree",
            root.display()
        );
        let kind = if kind.is_symlink() { EntryKind::SymbolicLink } else { EntryKind::File };
        let blob = BlobId::new(format!("{:040}", entries.len()))?;
        if let Ok(path) = RepositoryPath::new(path.strip_prefix(root)?.to_string_lossy()) {
            entries.insert(path, TreeEntry { kind, blob });
        }
    }
    Ok(())
}
