//! The symbolic links of a tree. Towpath follows none of them, but Git and the tools that deploy do, so a file may be read
//! under further paths.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{EntryKind, Missing, RepositoryPath, Tree, TreeEntry, TreeError};

/// How many links may lead to each other; Linux follows at most 40.
const CHAIN_MAX: usize = 40;
/// How many further paths of one file are followed.
const ALIASES_MAX: usize = 1_000;
/// How many links a repository may have so that all of them are read; of more, those near a target.
const LINKS_MAX: usize = 2_000;

/// The links of one tree, collected on the first question about it. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Symlinks(Arc<Mutex<Index>>);

#[derive(Debug, Default)]
struct Index {
    /// The files of the tree that the links are of.
    entries: Option<Arc<BTreeMap<RepositoryPath, TreeEntry>>>,
    links: Arc<[RepositoryPath]>,
}

/// A link and where it leads.
struct Symlink {
    path: RepositoryPath,
    target: RepositoryPath,
}

impl Symlinks {
    /// The further paths of a file; `None` if there are more than [`ALIASES_MAX`]. A link that leads out of the repository
    /// gives none.
    ///
    /// # Errors
    /// The links whose content is missing, all at once.
    pub(super) fn aliases(
        &self,
        tree: &Tree,
        file: &RepositoryPath,
        is_near_target: impl Fn(&RepositoryPath) -> bool,
    ) -> Result<Option<BTreeSet<RepositoryPath>>, Missing> {
        let links = self.links(tree, is_near_target)?;
        let mut aliases = BTreeSet::new();
        let mut new = vec![file.clone()];
        for _link in 0..CHAIN_MAX {
            if new.is_empty() || aliases.len() > ALIASES_MAX {
                break;
            }
            let next = new.iter().flat_map(|path| links.iter().filter_map(|link| link.alias(path)));
            new = next.filter(|alias| aliases.insert(alias.clone())).collect();
        }
        Ok((aliases.len() <= ALIASES_MAX).then_some(aliases))
    }

    fn links(
        &self,
        tree: &Tree,
        is_near_target: impl Fn(&RepositoryPath) -> bool,
    ) -> Result<Vec<Symlink>, Missing> {
        let (mut links, mut missing) = (Vec::new(), Missing::default());
        let paths = self.paths(tree);
        let are_few = paths.len() <= LINKS_MAX;
        for path in paths.iter().filter(|path| are_few || is_near_target(path)) {
            match tree.link_target(path) {
                Ok(target) => links.extend(Symlink::new(path, target)),
                Err(TreeError::Missing) => drop(missing.0.insert(path.clone())),
                Err(TreeError::NotFound | TreeError::NotAFile(_)) => {}
            }
        }
        if missing.0.is_empty() { Ok(links) } else { Err(missing) }
    }

    fn paths(&self, tree: &Tree) -> Arc<[RepositoryPath]> {
        let mut index = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !index.entries.as_ref().is_some_and(|entries| Arc::ptr_eq(entries, tree.entries())) {
            let links = tree.entries().iter().filter(|(_, entry)| entry.kind == EntryKind::SymbolicLink);
            index.links = links.map(|(path, _)| path.clone()).collect();
            index.entries = Some(Arc::clone(tree.entries()));
        }
        Arc::clone(&index.links)
    }
}

impl Symlink {
    /// `None` where the link leads out of the repository.
    fn new(path: &RepositoryPath, target: &[u8]) -> Option<Self> {
        let target = std::str::from_utf8(target).ok().filter(|target| !target.starts_with('/'))?;
        let target = path.parent()?.join(target.trim_end_matches('/'))?;
        Some(Self { path: path.clone(), target })
    }

    /// The path that the link gives to a file; `None` where it does not lead there.
    fn alias(&self, file: &RepositoryPath) -> Option<RepositoryPath> {
        if self.target == *file {
            return Some(self.path.clone());
        }
        let rest = file.as_str().strip_prefix(self.target.as_str())?;
        let rest = if self.target.as_str().is_empty() { rest } else { rest.strip_prefix('/')? };
        self.path.join(rest)
    }
}
