//! Folders on disk as a tree. Around one folder only what is asked for is looked at, so that neither the size of the
//! repository nor that of the disk matters; for an import everything below one is listed.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use sha2::{Digest as _, Sha256};

use crate::model::{
    BlobId, CommitId, EntryKind, Missing, PathState, RepositoryPath, Tree, TreeEntry, Unknown,
};
use crate::overlay::{self, BYTES_READ_MAX, KUSTOMIZATION_NAMES, OverlayError, Resolved};

/// How many files are listed.
const FILES_MAX: usize = 200_000;
/// How often something may turn out to be unknown: two or three times for each folder on the way.
const ROUNDS_MAX: usize = 256;
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

    /// The files around a folder or file; a kustomization stands for its folder. Nothing is looked at yet.
    pub(in crate::cli) fn around(path: &Path) -> anyhow::Result<Self> {
        let path = folder_of_kustomization(path).canonicalize()?;
        let root = root_of(&path);
        let relative = path.strip_prefix(&root)?.to_string_lossy().into_owned();
        let tree = Tree::partial(CommitId::new("0".repeat(40))?);
        Ok(Self { folder: RepositoryPath::new(relative)?, tree, root })
    }

    /// What the folder runs; files are looked at where they are asked for.
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

    /// Asks until everything that the answer rests on is known.
    fn fill<T>(&self, ask: impl Fn(&Tree) -> Result<T, anyhow::Result<Missing>>) -> anyhow::Result<T> {
        let mut tree = self.tree.clone();
        for _round in 0..ROUNDS_MAX {
            let answer = ask(&tree);
            let unknown = tree.take_unknown();
            match answer {
                Ok(_) | Err(Err(_)) if !unknown.is_empty() => {}
                Ok(answer) => return Ok(answer),
                Err(missing) => self.add(&mut tree, missing?)?,
            }
            self.learn(&mut tree, unknown)?;
        }
        anyhow::bail!("the overlays lead from file to file too deeply")
    }

    fn add(&self, tree: &mut Tree, missing: Missing) -> anyhow::Result<()> {
        for path in missing.0 {
            let blob = tree.entry(&path).map(|entry| entry.blob).context("a file that was listed")?;
            tree.add_blob(blob, self.content(&path)?.into());
        }
        Ok(())
    }

    /// The content of a file, up to a little more than an overlay may have, so that too much is refused as such.
    fn content(&self, path: &RepositoryPath) -> anyhow::Result<Vec<u8>> {
        let file = self.root.join(path.as_str());
        let mut content = Vec::new();
        let read = std::fs::File::open(&file)
            .and_then(|opened| opened.take(BYTES_READ_MAX as u64 + 1).read_to_end(&mut content));
        read.with_context(|| format!("reading {}", file.display()))?;
        Ok(content)
    }

    /// Looks at what was asked for and is not known. With the paths known, a folder may not be asked for any more.
    fn learn(&self, tree: &mut Tree, unknown: Unknown) -> anyhow::Result<()> {
        if !unknown.paths.is_empty() {
            for path in unknown.paths {
                let state = self.state(&path)?;
                tree.learn(&path, state);
            }
            return Ok(());
        }
        for folder in unknown.folders {
            self.learn_listing(tree, &folder)?;
        }
        Ok(())
    }

    fn learn_listing(&self, tree: &mut Tree, folder: &RepositoryPath) -> anyhow::Result<()> {
        let listed = self.root.join(folder.as_str());
        for entry in std::fs::read_dir(&listed).with_context(|| format!("reading {}", listed.display()))? {
            let name = entry?.file_name();
            let Some(path) = name.to_str().and_then(|name| folder.join(name)) else { continue };
            ensure!(tree.entries().len() < FILES_MAX, "more than {FILES_MAX} files in {}", listed.display());
            if !SKIPPED.contains(&path.file_name()) {
                let state = self.state(&path)?;
                tree.learn(&path, state);
            }
        }
        tree.learn_listing(folder);
        Ok(())
    }

    /// What stands at a path. Sockets, pipes and devices are nothing that could be read.
    fn state(&self, path: &RepositoryPath) -> anyhow::Result<PathState> {
        let file = self.root.join(path.as_str());
        let found = match std::fs::symlink_metadata(&file) {
            Ok(found) => found.file_type(),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(PathState::Absent);
            }
            Err(error) => return Err(error).with_context(|| format!("reading {}", file.display())),
        };
        let entry = |kind| Ok(PathState::Entry(TreeEntry { kind, blob: unread(path)? }));
        if found.is_dir() {
            Ok(PathState::Folder)
        } else if found.is_symlink() {
            entry(EntryKind::SymbolicLink)
        } else if found.is_file() {
            entry(EntryKind::File)
        } else {
            Ok(PathState::Absent)
        }
    }

    /// A path as people find it: from the folder where it lies in it, else from the top of the disk.
    pub(in crate::cli) fn shown(&self, path: &RepositoryPath, folder: &Path) -> String {
        let inside =
            path.as_str().strip_prefix(self.folder.as_str()).map(|rest| rest.trim_start_matches('/'));
        let shown = match inside {
            Some("") => folder.to_path_buf(),
            Some(rest) if folder.is_dir() => folder.join(rest),
            Some(_) | None => self.root.join(path.as_str()),
        };
        shown.display().to_string()
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

/// The folder of a kustomization that is named itself; any other path as it is.
fn folder_of_kustomization(path: &Path) -> PathBuf {
    let is_kustomization = KUSTOMIZATION_NAMES.iter().any(|name| path.ends_with(name)) && path.is_file();
    let folder = if is_kustomization { path.parent() } else { None };
    match folder {
        Some(folder) if folder.as_os_str().is_empty() => PathBuf::from("."),
        Some(folder) => folder.to_path_buf(),
        None => path.to_path_buf(),
    }
}

/// The top of the Git work tree, else that of the disk: how far up bases lie is up to the kustomizations.
fn root_of(folder: &Path) -> PathBuf {
    let top = folder.ancestors().find(|ancestor| ancestor.join(".git").exists());
    top.or_else(|| folder.ancestors().last()).unwrap_or(folder).to_path_buf()
}

/// An id for content that was not read yet: one of its own for each path.
fn unread(path: &RepositoryPath) -> anyhow::Result<BlobId> {
    let digest = Sha256::digest(path.as_str());
    Ok(BlobId::new(digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect::<String>())?)
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
        if let Ok(path) = RepositoryPath::new(path.strip_prefix(root)?.to_string_lossy()) {
            let blob = unread(&path)?;
            entries.insert(path, TreeEntry { kind, blob });
        }
    }
    Ok(())
}
