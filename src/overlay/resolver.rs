//! Many overlays of one repository, looked at again and again: what did not change is not read again.

mod overlays;
pub(super) mod readers;
mod symlinks;
pub(super) mod targets;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::kustomize::parsed::Parsed;
use super::kustomize::resolved::{Resolved, ResolvedOverlay, look};
use super::{OverlayError, format};
use crate::model::{ImageName, Location, RepositoryPath, Running, Tree, TreeEntry};
use overlays::Answer;
pub use overlays::Overlays;

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
