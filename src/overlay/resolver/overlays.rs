//! What the overlays of one repository run, by the folders that were asked about and the files that they rest on.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::readers::{ForeignReader, Readers};
use super::symlinks::Symlinks;
use super::targets::{Target, Targets};
use crate::model::{ImageDiscovery, Location, Missing, RepositoryPath, Tree};
use crate::overlay::kustomize::resolved::ResolvedOverlay;

/// What the overlays of one repository run, and who of them reads which file.
#[derive(Clone, Debug, Default)]
pub struct Overlays {
    index: Arc<Index>,
    /// All kustomizations of the tree, also those that were not asked about.
    all: Readers,
    /// The folders and files of environments that are read without kustomize.
    plain: Arc<BTreeSet<RepositoryPath>>,
    /// The images that were asked about, and where.
    pub(super) targets: Targets,
    symlinks: Symlinks,
}

#[derive(Clone, Debug, Default)]
struct Index {
    answers: HashMap<RepositoryPath, Answer>,
    /// The folders whose answers rest on a path.
    readers: HashMap<RepositoryPath, BTreeSet<RepositoryPath>>,
}

#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) looked: Arc<ResolvedOverlay>,
    /// The round in which somebody last asked for it.
    pub(super) round: u64,
}

impl Overlays {
    /// The folders that read a file, beside one of them.
    pub(in crate::overlay) fn readers<'a>(
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
    pub(in crate::overlay) fn is_only_reader(
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
    pub(in crate::overlay) fn foreign_reader(
        &self,
        tree: &Tree,
        own: &RepositoryPath,
        file: &RepositoryPath,
    ) -> Result<ForeignReader, Missing> {
        self.all.foreign(tree, own, file, |folder| self.targets.is_near(folder))
    }

    /// The targets that are read from a file: without kustomize, or by the kustomization of their folder.
    pub(in crate::overlay) fn targets_of<'a>(
        &'a self,
        file: &RepositoryPath,
    ) -> impl Iterator<Item = &'a Target> {
        let folders = self.index.readers.get(file).into_iter().flatten();
        self.targets.covering(file).chain(folders.flat_map(|folder| self.targets.at(folder)))
    }

    /// The further paths of a file, through symbolic links; `None` if there are too many of them.
    ///
    /// # Errors
    /// The links whose content is missing.
    pub(in crate::overlay) fn aliases(
        &self,
        tree: &Tree,
        file: &RepositoryPath,
    ) -> Result<Option<BTreeSet<RepositoryPath>>, Missing> {
        self.symlinks.aliases(tree, file, |link| self.targets.is_near(link))
    }

    /// Remembers an environment that is read without kustomize. It is never forgotten: at worst, a file that nothing
    /// else reads any more is not edited in place.
    pub(super) fn note_plain(&mut self, location: &Location) {
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

    pub(super) fn remembered(&mut self, folder: &RepositoryPath, round: u64) -> Option<Arc<ResolvedOverlay>> {
        let answer = self.index.answers.get(folder)?;
        let looked = Arc::clone(&answer.looked);
        if answer.round != round {
            let answer = Arc::make_mut(&mut self.index).answers.get_mut(folder);
            answer.into_iter().for_each(|answer| answer.round = round);
        }
        Some(looked)
    }

    pub(super) fn keep(&mut self, folder: &RepositoryPath, answer: Answer) {
        let index = Arc::make_mut(&mut self.index);
        for path in answer.looked.asked.iter() {
            index.readers.entry(path.clone()).or_default().insert(folder.clone());
        }
        index.answers.insert(folder.clone(), answer);
    }

    pub(super) fn forget(&mut self, changed: &BTreeSet<RepositoryPath>, round: u64) {
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
