//! Which kustomizations of a tree lead to a path, whether Towpath manages their folders or not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::kustomization::FILE_NAMES;
use super::text::Text;
use crate::model::{BlobId, EntryKind, Missing, RepositoryPath, Tree, TreeEntry};

/// How many kustomizations of one repository are read to learn who leads to a file. Above that the question has no
/// answer, and a file counts as shared.
pub(super) const KUSTOMIZATIONS_MAX: usize = 20_000;

/// How long a text may be that is taken for a path, in bytes.
const PATH_BYTES_MAX: usize = 4 << 10;

/// The kustomizations of one tree by the paths that they name, built on the first question about that tree.
///
/// Clones share what was built. Of a later tree only kustomizations with new content are parsed.
#[derive(Clone, Debug, Default)]
pub(super) struct Readers(Arc<Mutex<Index>>);

#[derive(Debug, Default)]
struct Index {
    /// The files of the tree that this was built from.
    entries: Option<Arc<BTreeMap<RepositoryPath, TreeEntry>>>,
    /// The folders whose kustomizations name a path.
    folders: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
    /// Kustomizations that are no YAML, such as templates.
    unparsed: Vec<RepositoryPath>,
    /// Whether who leads where cannot be told at all: too many kustomizations, or symbolic links.
    is_open: bool,
    /// The texts of each kustomization that may be paths; `None` for one that is no YAML.
    texts: HashMap<BlobId, Option<Arc<[String]>>>,
}

impl Readers {
    /// Whether the kustomization of `folder` is the only one of the tree that leads to a file, directly or through
    /// other folders, and the one that names the file stands in or above the file's folder.
    ///
    /// kustomize refuses a file outside of the folder of the kustomization that names it, unless it is started with
    /// `--load-restrictor LoadRestrictionsNone`, as Flux does
    /// (<https://kubectl.docs.kubernetes.io/references/kustomize/cmd/build/>). So kustomizations anywhere count.
    ///
    /// # Errors
    /// The kustomizations of the tree whose content is missing, all at once.
    pub(super) fn is_only(
        &self,
        tree: &Tree,
        folder: &RepositoryPath,
        file: &RepositoryPath,
    ) -> Result<bool, Missing> {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        index.turn_to(tree)?;
        // Others name the folder of a kustomization, not the file.
        let is_kustomization = FILE_NAMES.contains(&file.file_name());
        let named = file.parent().filter(|_| is_kustomization).unwrap_or_else(|| file.clone());
        if index.is_open || index.may_be_named_unparsed(tree, &named) {
            return Ok(false);
        }
        let is_above = |reader: &RepositoryPath| {
            std::iter::successors(file.parent(), RepositoryPath::parent).any(|above| above == *reader)
        };
        let is_near = is_kustomization || index.of(file).all(is_above);
        Ok(is_near && index.is_only_through(tree, folder, &named, &mut HashSet::new()))
    }
}

impl Index {
    fn of<'a>(&'a self, path: &RepositoryPath) -> impl Iterator<Item = &'a RepositoryPath> {
        self.folders.get(path).into_iter().flatten()
    }

    /// Each folder is looked at once.
    fn is_only_through(
        &self,
        tree: &Tree,
        own: &RepositoryPath,
        path: &RepositoryPath,
        seen: &mut HashSet<RepositoryPath>,
    ) -> bool {
        let mut readers = self.of(path).peekable();
        readers.peek().is_some()
            && readers.all(|folder| {
                folder == own
                    || !seen.insert(folder.clone())
                    || (!self.may_be_named_unparsed(tree, folder)
                        && self.is_only_through(tree, own, folder, seen))
            })
    }

    /// Whether the last part of a path stands in a kustomization that cannot be parsed.
    fn may_be_named_unparsed(&self, tree: &Tree, path: &RepositoryPath) -> bool {
        let name = path.file_name().as_bytes();
        self.unparsed.iter().any(|file| match tree.read(file) {
            Ok(bytes) => memchr::memmem::find(bytes, name).is_some(),
            Err(_) => true,
        })
    }

    fn turn_to(&mut self, tree: &Tree) -> Result<(), Missing> {
        if self.entries.as_ref().is_some_and(|entries| Arc::ptr_eq(entries, tree.entries())) {
            return Ok(());
        }
        let files = kustomizations(tree);
        let links = tree.entries().iter().any(|(path, entry)| is_link_to_yaml(path, entry.kind));
        let mut next = Self { is_open: links || files.len() > KUSTOMIZATIONS_MAX, ..Self::default() };
        if !next.is_open {
            next.fill(tree, &files, &mut self.texts)?;
        }
        next.entries = Some(Arc::clone(tree.entries()));
        *self = next;
        Ok(())
    }

    fn fill(
        &mut self,
        tree: &Tree,
        files: &[(&RepositoryPath, BlobId)],
        known: &mut HashMap<BlobId, Option<Arc<[String]>>>,
    ) -> Result<(), Missing> {
        let unread =
            |(path, blob): &&(&RepositoryPath, BlobId)| !known.contains_key(blob) && tree.read(path).is_err();
        let missing: BTreeSet<_> = files.iter().filter(unread).map(|(path, _)| (*path).clone()).collect();
        if !missing.is_empty() {
            return Err(Missing(missing));
        }
        for (path, blob) in files {
            let read = || tree.read(path).ok().and_then(texts_of);
            let texts = known.get(blob).cloned().unwrap_or_else(read);
            match (&texts, path.parent()) {
                (Some(texts), Some(folder)) => self.add(tree, &folder, texts),
                (Some(_), None) => {}
                (None, _) => self.unparsed.push((*path).clone()),
            }
            self.texts.insert(*blob, texts);
        }
        Ok(())
    }

    /// Adds the paths that stand in one kustomization, as far as there is something in the tree.
    fn add(&mut self, tree: &Tree, folder: &RepositoryPath, texts: &[String]) {
        let top = RepositoryPath::new("").expect("the top of the repository is a path");
        for text in texts {
            let inside = folder.join(text);
            let behind_key = text.split_once('=').and_then(|(_, path)| folder.join(path));
            let in_remote = remote_folder(text).and_then(|path| top.join(path));
            let named = [inside, behind_key, in_remote].into_iter().flatten();
            for path in named.filter(|path| tree.entry(path).is_some() || tree.is_folder(path)) {
                if path != *folder {
                    self.folders.entry(path).or_default().insert(folder.clone());
                }
            }
        }
    }
}

/// Every kustomization of a tree.
fn kustomizations(tree: &Tree) -> Vec<(&RepositoryPath, BlobId)> {
    let is_kustomization = |path: &RepositoryPath| FILE_NAMES.contains(&path.file_name());
    let files =
        tree.entries().iter().filter(|(path, entry)| entry.kind == EntryKind::File && is_kustomization(path));
    files.map(|(path, entry)| (path, entry.blob)).collect()
}

/// A symbolic link may give a file or folder of YAML a second path. Where it leads is not known here.
fn is_link_to_yaml(path: &RepositoryPath, kind: EntryKind) -> bool {
    let name = path.file_name();
    let extension = name.rsplit_once('.').map(|(_, extension)| extension);
    let may_be = extension.is_none_or(|extension| matches!(extension, "yaml" | "yml" | "json" | "env"));
    kind == EntryKind::SymbolicLink && may_be
}

/// The texts of a kustomization that may be paths; `None` where it is no YAML.
fn texts_of(bytes: &[u8]) -> Option<Arc<[String]>> {
    let text = Text::new(bytes).ok()?;
    let is_path = |text: &&str| !text.is_empty() && text.len() <= PATH_BYTES_MAX && !text.contains('\n');
    let scalars = text.tree.nodes().filter_map(|(id, _)| text.tree.scalar(id));
    let unique: BTreeSet<&str> = scalars.filter(is_path).collect();
    Some(unique.into_iter().map(str::to_owned).collect())
}

/// The folder in an address such as `https://host/owner/repository//folder?ref=main`, which may be one of this tree.
fn remote_folder(text: &str) -> Option<&str> {
    let (_, behind_scheme) = text.split_once("://").unwrap_or(("", text));
    let (_, path) = behind_scheme.split_once("//")?;
    Some(path.split_once('?').map_or(path, |(path, _)| path).trim_end_matches('/'))
}
