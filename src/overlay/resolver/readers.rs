//! Which kustomizations of a tree lead to a path, whether Towpath manages their folders or not.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{BlobId, EntryKind, Missing, RepositoryPath, Tree, TreeEntry};
use crate::overlay::document::text::Text;
use crate::overlay::kustomize::kustomization::FILE_NAMES;

/// How many kustomizations of one repository are read to learn who leads to a file. Above that the question has no
/// answer, and a file counts as shared.
pub(in crate::overlay) const KUSTOMIZATIONS_MAX: usize = 20_000;

/// How long a text may be that is taken for a path, in bytes.
const PATH_BYTES_MAX: usize = 4 << 10;

/// The kustomizations of one tree by the paths that they name, built on the first question about that tree.
///
/// Clones share what was built. Of a later tree only kustomizations with new content are parsed.
#[derive(Clone, Debug, Default)]
pub(in crate::overlay) struct Readers(Arc<Mutex<Index>>);

#[derive(Debug, Default)]
struct Index {
    /// The files of the tree that this was built from.
    entries: Option<Arc<BTreeMap<RepositoryPath, TreeEntry>>>,
    /// The folders whose kustomizations name a path.
    folders: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
    /// The same, without texts that may be names instead of paths.
    linked: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
    /// The folders whose kustomizations are components, which nothing can deploy by themselves.
    components: HashSet<RepositoryPath>,
    /// Kustomizations that are no YAML, such as templates.
    unparsed: Vec<RepositoryPath>,
    /// Whether who leads where cannot be told for certain: too many kustomizations, or symbolic links.
    is_open: bool,
    /// Whether there are more than [`KUSTOMIZATIONS_MAX`], so that none was read.
    has_too_many: bool,
    /// What was read in each kustomization; `None` for one that is no YAML.
    read: HashMap<BlobId, Option<Arc<Names>>>,
}

/// What one kustomization names.
#[derive(Debug)]
struct Names {
    /// The texts that may be paths.
    texts: Vec<String>,
    /// Those of them that are items of a list, or have a dot or slash, as names such as that of a namespace do not.
    links: Vec<String>,
    is_component: bool,
}

impl Readers {
    /// Whether the kustomization of `folder` is the only one of the tree that leads to a file, directly or through
    /// other folders, and the one that names the file stands in or above the file's folder.
    ///
    /// kustomize refuses a file outside of the folder of the kustomization that names it, unless it is started with
    /// `--load-restrictor LoadRestrictionsNone`, as Flux does
    /// (<https://kubectl.docs.kubernetes.io/references/kustomize/cmd/build/>). So kustomizations anywhere count.
    ///
    /// A base outside of `folder` may be deployed by itself, by an object of Argo CD or Flux or by hand, which no
    /// kustomization says. So what is reached through one counts as shared; components cannot be deployed by themselves.
    ///
    /// # Errors
    /// The kustomizations of the tree whose content is missing, all at once.
    pub(in crate::overlay) fn is_only(
        &self,
        tree: &Tree,
        folder: &RepositoryPath,
        file: &RepositoryPath,
    ) -> Result<bool, Missing> {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        index.turn_to(tree)?;
        let view = View { tree, index: &index, edited: Edited::of(tree) };
        // Others name the folder of a kustomization, not the file.
        let is_kustomization = FILE_NAMES.contains(&file.file_name());
        let folder_of_file = if is_kustomization { file.parent() } else { None };
        let named = folder_of_file.unwrap_or_else(|| file.clone());
        if index.is_open || view.may_be_named_unparsed(&named) {
            return Ok(false);
        }
        let is_above = |reader: &RepositoryPath| {
            std::iter::successors(file.parent(), RepositoryPath::parent).any(|above| above == *reader)
        };
        let is_near = is_kustomization || view.readers(file).all(is_above);
        Ok(is_near && view.is_only_through(folder, &named, &mut HashSet::new()))
    }

    /// A kustomization outside of an environment that leads to a file, where that means that something else is deployed
    /// from the file, too. `own` is the folder or file of the environment, which is not read by kustomize itself.
    ///
    /// Kustomizations in `own`, below and above it are the environment's. Others count where one of those leads to the
    /// file as well. Of a file elsewhere they also count where there are several, or where `own` has a kustomization.
    /// Any other counts where another target is. One that leads to `own` itself counts only there, because one that gathers
    /// the services of a cluster is common.
    ///
    /// # Errors
    /// The kustomizations of the tree whose content is missing, all at once.
    pub(in crate::overlay) fn foreign(
        &self,
        tree: &Tree,
        own: &RepositoryPath,
        file: &RepositoryPath,
        is_target: impl Fn(&RepositoryPath) -> bool,
    ) -> Result<ForeignReader, Missing> {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        index.turn_to(tree)?;
        if index.has_too_many {
            return Ok(ForeignReader::Unknown);
        }
        let roots = index.roots(own, file);
        let has_kustomization =
            FILE_NAMES.iter().filter_map(|name| own.join(name)).any(|path| tree.entry(&path).is_some());
        let is_shared = if file.is_at_or_below(own) {
            roots.is_own
        } else {
            roots.is_own || has_kustomization || roots.foreign.len() > 1
        };
        let mut foreign = roots.foreign.into_iter();
        let first = if is_shared { foreign.next() } else { foreign.find(&is_target) };
        let found = first.or_else(|| roots.of_own.into_iter().find(is_target));
        Ok(found.map_or(ForeignReader::None, ForeignReader::Kustomization))
    }
}

/// Whether a kustomization outside of an environment reads a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum ForeignReader {
    /// None does.
    None,
    /// The one in this folder does.
    Kustomization(RepositoryPath),
    /// There are more than [`KUSTOMIZATIONS_MAX`] kustomizations, so that they are not read.
    Unknown,
}

/// The kustomizations that lead to a file, and to which no other one leads.
#[derive(Debug, Default)]
struct Roots {
    /// Whether some are the environment's own.
    is_own: bool,
    /// The folders of the others.
    foreign: BTreeSet<RepositoryPath>,
    /// The folders whose kustomizations lead to the environment itself.
    of_own: BTreeSet<RepositoryPath>,
}

/// The index of a commit, and what edits of its kustomizations change in it.
struct View<'a> {
    tree: &'a Tree,
    index: &'a Index,
    edited: Edited,
}

/// The kustomizations that are edited, which the index of the commit does not know.
struct Edited {
    /// Their folders.
    folders: BTreeSet<RepositoryPath>,
    /// The folders by the paths that they name.
    named: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
    /// Those of the folders whose kustomizations are components.
    components: HashSet<RepositoryPath>,
}

impl Edited {
    fn of(tree: &Tree) -> Self {
        let (folders, named, components) = (BTreeSet::new(), HashMap::new(), HashSet::new());
        let mut edited = Self { folders, named, components };
        for path in tree.edited_paths().filter(|path| FILE_NAMES.contains(&path.file_name())) {
            let Some(folder) = path.parent() else { continue };
            // An edit of one that is YAML keeps it so.
            let Some(names) = tree.read(path).ok().and_then(Names::read) else { continue };
            for named in named_paths(tree, &folder, &names.texts) {
                edited.named.entry(named).or_default().insert(folder.clone());
            }
            if names.is_component {
                edited.components.insert(folder.clone());
            }
            edited.folders.insert(folder);
        }
        edited
    }
}

impl View<'_> {
    /// The folders whose kustomizations name a path.
    fn readers<'a>(&'a self, path: &RepositoryPath) -> impl Iterator<Item = &'a RepositoryPath> {
        let committed = self.index.folders.get(path).into_iter().flatten();
        let committed = committed.filter(|folder| !self.edited.folders.contains(*folder));
        committed.chain(self.edited.named.get(path).into_iter().flatten())
    }

    /// Each folder is looked at once.
    fn is_only_through(
        &self,
        own: &RepositoryPath,
        path: &RepositoryPath,
        seen: &mut HashSet<RepositoryPath>,
    ) -> bool {
        let mut readers = self.readers(path).peekable();
        readers.peek().is_some()
            && readers.all(|folder| {
                folder == own
                    || !seen.insert(folder.clone())
                    || (self.is_part_of(own, folder)
                        && !self.may_be_named_unparsed(folder)
                        && self.is_only_through(own, folder, seen))
            })
    }

    /// Whether a kustomization is deployed as a part of another one alone: a component, or one in a folder below.
    fn is_part_of(&self, own: &RepositoryPath, folder: &RepositoryPath) -> bool {
        let is_component = if self.edited.folders.contains(folder) {
            self.edited.components.contains(folder)
        } else {
            self.index.components.contains(folder)
        };
        is_component
            || std::iter::successors(folder.parent(), RepositoryPath::parent).any(|above| above == *own)
    }

    /// Whether the last part of a path stands in a kustomization that cannot be parsed.
    fn may_be_named_unparsed(&self, path: &RepositoryPath) -> bool {
        let name = path.file_name().as_bytes();
        self.index.unparsed.iter().any(|file| match self.tree.read(file) {
            Ok(bytes) => memchr::memmem::find(bytes, name).is_some(),
            Err(_) => true,
        })
    }
}

impl Index {
    /// The roots of a file. Each folder is visited once, without recursion, because the repository decides how long a chain is.
    fn roots(&self, own: &RepositoryPath, file: &RepositoryPath) -> Roots {
        let mut roots = Roots::default();
        let (mut seen, mut pending) = (HashSet::new(), vec![(file, false)]);
        while let Some((path, is_through_own)) = pending.pop() {
            for folder in self.linked.get(path).into_iter().flatten() {
                if own.is_at_or_below(folder) {
                    roots.is_own = true;
                    if seen.insert(folder) {
                        pending.push((folder, true));
                    }
                } else if seen.insert(folder) {
                    if is_through_own {
                        roots.of_own.insert(folder.clone());
                        pending.push((folder, true));
                    } else if self.linked.contains_key(folder) {
                        pending.push((folder, false));
                    } else if folder.is_at_or_below(own) {
                        roots.is_own = true;
                    } else if !self.components.contains(folder) {
                        roots.foreign.insert(folder.clone());
                    }
                }
            }
        }
        roots
    }

    fn turn_to(&mut self, tree: &Tree) -> Result<(), Missing> {
        if self.entries.as_ref().is_some_and(|entries| Arc::ptr_eq(entries, tree.entries())) {
            return Ok(());
        }
        let files = kustomizations(tree);
        let links = tree.entries().iter().any(|(path, entry)| is_link_to_yaml(path, entry.kind));
        let are_too_many = files.len() > KUSTOMIZATIONS_MAX;
        let mut next = Self { is_open: links || are_too_many, has_too_many: are_too_many, ..Self::default() };
        if !are_too_many {
            next.fill(tree, &files, &self.read)?;
        }
        next.entries = Some(Arc::clone(tree.entries()));
        *self = next;
        Ok(())
    }

    fn fill(
        &mut self,
        tree: &Tree,
        files: &[(&RepositoryPath, BlobId)],
        known: &HashMap<BlobId, Option<Arc<Names>>>,
    ) -> Result<(), Missing> {
        let unread = |(path, blob): &&(&RepositoryPath, BlobId)| {
            !known.contains_key(blob) && tree.read_committed(path).is_err()
        };
        let missing: BTreeSet<_> = files.iter().filter(unread).map(|(path, _)| (*path).clone()).collect();
        if !missing.is_empty() {
            return Err(Missing(missing));
        }
        for (path, blob) in files {
            // What stands before the commit's file has another id.
            let read = || tree.read_committed(path).ok().and_then(Names::read).map(Arc::new);
            let names = known.get(blob).cloned().unwrap_or_else(read);
            match (&names, path.parent()) {
                (Some(names), Some(folder)) => self.add(tree, &folder, names),
                (Some(_), None) => {}
                (None, _) => self.unparsed.push((*path).clone()),
            }
            self.read.insert(*blob, names);
        }
        Ok(())
    }

    /// Adds the paths that stand in one kustomization.
    fn add(&mut self, tree: &Tree, folder: &RepositoryPath, names: &Names) {
        for path in named_paths(tree, folder, &names.texts) {
            self.folders.entry(path).or_default().insert(folder.clone());
        }
        for path in named_paths(tree, folder, &names.links) {
            self.linked.entry(path).or_default().insert(folder.clone());
        }
        if names.is_component {
            self.components.insert(folder.clone());
        }
    }
}

/// The paths among the texts of a kustomization, as far as there is something in the tree.
fn named_paths(tree: &Tree, folder: &RepositoryPath, texts: &[String]) -> Vec<RepositoryPath> {
    let top = RepositoryPath::new("").expect("the top of the repository is a path");
    let named = texts.iter().flat_map(|text| {
        let inside = folder.join(text);
        let behind_key = text.split_once('=').and_then(|(_, path)| folder.join(path));
        let in_remote = remote_folder(text).and_then(|path| top.join(path));
        [inside, behind_key, in_remote].into_iter().flatten()
    });
    let is_there = |path: &RepositoryPath| tree.entry(path).is_some() || tree.is_folder(path);
    named.filter(|path| path != folder && is_there(path)).collect()
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

impl Names {
    /// What a kustomization names; `None` where it is no YAML.
    fn read(bytes: &[u8]) -> Option<Self> {
        let text = Text::new(bytes).ok()?;
        let is_path = |text: &&str| !text.is_empty() && text.len() <= PATH_BYTES_MAX && !text.contains('\n');
        let (mut texts, mut links) = (BTreeSet::new(), BTreeSet::new());
        for (node, _) in text.tree.nodes() {
            let Some(scalar) = text.tree.scalar(node).filter(is_path) else { continue };
            texts.insert(scalar.to_owned());
            let is_item = text.tree.parent(node).is_some_and(|above| !text.tree.items(above).is_empty());
            if is_item || scalar.contains(['.', '/']) {
                links.insert(scalar.to_owned());
            }
        }
        let kind = text.tree.root().and_then(|root| text.scalar_of(root, "kind"));
        let (texts, links) = (texts.into_iter().collect(), links.into_iter().collect());
        Some(Self { texts, links, is_component: kind == Some("Component") })
    }
}

/// The folder in an address such as `https://host/owner/repository//folder?ref=main`, which may be one of this tree.
fn remote_folder(text: &str) -> Option<&str> {
    let (_, behind_scheme) = text.split_once("://").unwrap_or(("", text));
    let (_, path) = behind_scheme.split_once("//")?;
    Some(path.split_once('?').map_or(path, |(path, _)| path).trim_end_matches('/'))
}
