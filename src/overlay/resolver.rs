//! Many overlays of one repository, looked at again and again: what did not change is not read again.

pub(super) mod readers;
mod symlinks;
pub(super) mod targets;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::kustomize::parsed::Parsed;
use super::kustomize::resolved::{Resolved, ResolvedOverlay, look};
use super::{OverlayError, format};
use crate::model::{ImageDiscovery, ImageName, Location, Missing, RepositoryPath, Running, Tree, TreeEntry};
use readers::Readers;
use symlinks::Symlinks;
use targets::{Target, Targets};

/// Remembers what overlays run, and which paths say so.
///
/// Give it the trees of one repository as they come. It keeps one answer for each folder that is asked about; one
/// that was not asked about since the tree before the last is forgotten. An answer that is an error is not kept.
#[derive(Debug, Default)]
pub struct Resolver {
    parsed: Parsed,
    /// The files of the tree that was last asked about.
    entries: Arc<BTreeMap<RepositoryPath, TreeEntry>>,
    overlays: Overlays,
    round: u64,
}

/// What the overlays of one repository run, and who of them reads which file.
#[derive(Clone, Debug, Default)]
pub struct Overlays {
    index: Arc<Index>,
    /// All kustomizations of the tree, also those that were not asked about.
    all: Readers,
    /// The folders and files of environments that are read without kustomize.
    plain: Arc<BTreeSet<RepositoryPath>>,
    /// The images that were asked about, and where.
    targets: Targets,
    symlinks: Symlinks,
}

#[derive(Clone, Debug, Default)]
struct Index {
    answers: HashMap<RepositoryPath, Answer>,
    /// The folders whose answers rest on a path.
    readers: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
}

#[derive(Clone, Debug)]
struct Answer {
    looked: Arc<ResolvedOverlay>,
    /// The round in which somebody last asked for it.
    round: u64,
}

impl Resolver {
    /// Everything that a location runs, as [`resolve`](super::resolve) says it.
    ///
    /// # Errors
    /// As [`resolve`](super::resolve).
    pub fn resolve(&mut self, tree: &Tree, location: &Location) -> Result<Resolved, OverlayError> {
        if format::is_plain(tree, location) {
            self.overlays.note_plain(location);
            return super::resolve(tree, location);
        }
        self.look(tree, &location.path).map(|looked| looked.resolved.clone())
    }

    /// What a location runs of one image, as [`running`](super::running) says it.
    ///
    /// # Errors
    /// As [`running`](super::running).
    pub fn running(
        &mut self,
        tree: &Tree,
        location: &Location,
        image: &ImageName,
    ) -> Result<Running, OverlayError> {
        self.overlays.targets.note(location, image);
        if format::is_plain(tree, location) {
            self.overlays.note_plain(location);
            return super::running(tree, location, image);
        }
        self.look(tree, &location.path)?.running(tree, image)
    }

    /// Everything that was asked about so far and could be answered.
    #[must_use]
    pub fn overlays(&self) -> Overlays {
        self.overlays.clone()
    }

    fn look(&mut self, tree: &Tree, folder: &RepositoryPath) -> Result<Arc<ResolvedOverlay>, OverlayError> {
        if tree.is_edited() {
            return look(tree, folder, &mut self.parsed).map(Arc::new);
        }
        if !Arc::ptr_eq(&self.entries, tree.entries()) {
            self.turn_to(tree);
        }
        if let Some(looked) = self.overlays.remembered(folder, self.round) {
            return Ok(looked);
        }
        let looked = Arc::new(look(tree, folder, &mut self.parsed)?);
        self.overlays.keep(folder, Answer { looked: Arc::clone(&looked), round: self.round });
        Ok(looked)
    }

    /// Forgets what rests on a path that another tree has otherwise.
    fn turn_to(&mut self, tree: &Tree) {
        let changed = changed(&self.entries, tree.entries());
        self.entries = Arc::clone(tree.entries());
        self.parsed.next_round();
        self.round += 1;
        self.overlays.forget(&changed, self.round);
    }
}

impl Overlays {
    /// The folders that read a file, beside one of them.
    pub(super) fn readers<'a>(
        &'a self,
        file: &RepositoryPath,
        but: &'a RepositoryPath,
    ) -> impl Iterator<Item = (&'a RepositoryPath, &'a ResolvedOverlay)> {
        let folders = self.index.readers.get(file).into_iter().flatten().filter(move |folder| *folder != but);
        folders.filter_map(|folder| Some((folder, &*self.index.answers.get(folder)?.looked)))
    }

    /// Whether a folder is the only one of the tree whose kustomization leads to a file, managed or not.
    ///
    /// # Errors
    /// The kustomizations whose content is missing.
    pub(super) fn is_only_reader(
        &self,
        tree: &Tree,
        folder: &RepositoryPath,
        file: &RepositoryPath,
    ) -> Result<bool, Missing> {
        let is_read = self.readers(file, folder).next().is_some() || self.is_read_plainly(folder, file);
        if !self.knows(folder) || is_read {
            return Ok(false);
        }
        self.all.is_only(tree, folder, file)
    }

    /// A kustomization that leads to a file, outside of the environment whose folder or file is `own`, where that means that
    /// another environment is read from the file, too.
    ///
    /// # Errors
    /// The kustomizations whose content is missing.
    pub(super) fn foreign_reader(
        &self,
        tree: &Tree,
        own: &RepositoryPath,
        file: &RepositoryPath,
    ) -> Result<Option<RepositoryPath>, Missing> {
        self.all.foreign(tree, own, file, |folder| self.targets.is_near(folder))
    }

    /// The targets that are read from a file: without kustomize, or by the kustomization of their folder.
    pub(super) fn targets_of<'a>(&'a self, file: &RepositoryPath) -> impl Iterator<Item = &'a Target> {
        let folders = self.index.readers.get(file).into_iter().flatten();
        self.targets.covering(file).chain(folders.flat_map(|folder| self.targets.at(folder)))
    }

    /// The further paths of a file, through symbolic links.
    ///
    /// # Errors
    /// The links whose content is missing.
    pub(super) fn aliases(
        &self,
        tree: &Tree,
        file: &RepositoryPath,
    ) -> Result<BTreeSet<RepositoryPath>, Missing> {
        self.symlinks.aliases(tree, file, |link| self.targets.is_near(link))
    }

    /// Remembers an environment that is read without kustomize. It is never forgotten: at worst, a file that nothing
    /// else reads any more is not edited in place.
    fn note_plain(&mut self, location: &Location) {
        let files: Vec<&RepositoryPath> = match &location.finding {
            ImageDiscovery::Values(files) => files.iter().map(|file| &file.path).collect(),
            ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
                vec![&location.path]
            }
        };
        if files.iter().any(|path| !self.plain.contains(*path)) {
            Arc::make_mut(&mut self.plain).extend(files.into_iter().cloned());
        }
    }

    /// Whether an environment that is read without kustomize may read a file. One that reads the whole folder of an
    /// overlay reads its `images` too, so it is no reason to write there instead.
    fn is_read_plainly(&self, folder: &RepositoryPath, file: &RepositoryPath) -> bool {
        let covers_folder = |plain: &RepositoryPath| folder.is_at_or_below(plain);
        file.ancestors().any(|path| self.plain.contains(&path) && !covers_folder(&path))
    }

    /// Whether a folder is among them.
    fn knows(&self, folder: &RepositoryPath) -> bool {
        self.index.answers.contains_key(folder)
    }

    fn remembered(&mut self, folder: &RepositoryPath, round: u64) -> Option<Arc<ResolvedOverlay>> {
        let answer = self.index.answers.get(folder)?;
        let looked = Arc::clone(&answer.looked);
        if answer.round != round {
            let answer = Arc::make_mut(&mut self.index).answers.get_mut(folder);
            answer.into_iter().for_each(|answer| answer.round = round);
        }
        Some(looked)
    }

    fn keep(&mut self, folder: &RepositoryPath, answer: Answer) {
        let index = Arc::make_mut(&mut self.index);
        for path in answer.looked.asked.iter() {
            index.readers.entry(path.clone()).or_default().insert(folder.clone());
        }
        index.answers.insert(folder.clone(), answer);
    }

    fn forget(&mut self, changed: &BTreeSet<RepositoryPath>, round: u64) {
        let index = Arc::make_mut(&mut self.index);
        let touched = changed.iter().filter_map(|path| index.readers.get(path)).flatten();
        let mut folders: BTreeSet<RepositoryPath> = touched.cloned().collect();
        let is_unused = |answer: &Answer| answer.round + 1 < round;
        let unused = index.answers.iter().filter(|(_, answer)| is_unused(answer));
        folders.extend(unused.map(|(folder, _)| folder.clone()));
        for folder in folders {
            let Some(answer) = index.answers.remove(&folder) else { continue };
            for path in answer.looked.asked.iter() {
                let Some(readers) = index.readers.get_mut(path) else { continue };
                readers.remove(&folder);
                if readers.is_empty() {
                    index.readers.remove(path);
                }
            }
        }
    }
}

/// The paths that differ. For one that appears or goes away those above it differ too: a folder may begin or end.
fn changed(
    old: &BTreeMap<RepositoryPath, TreeEntry>,
    new: &BTreeMap<RepositoryPath, TreeEntry>,
) -> BTreeSet<RepositoryPath> {
    let mut changed = BTreeSet::new();
    let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return changed,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let (gone, come) = match order {
            std::cmp::Ordering::Less => (left.next(), None),
            std::cmp::Ordering::Greater => (None, right.next()),
            std::cmp::Ordering::Equal => (left.next(), right.next()),
        };
        match (gone, come) {
            (Some((path, old)), Some((_, new))) if old != new => drop(changed.insert(path.clone())),
            (Some((path, _)), None) | (None, Some((path, _))) => {
                changed.extend(RepositoryPath::ancestors(path))
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}
