//! Proves of a promotion that no other environment or service of the policy runs anything else through it, and that no
//! kustomization outside of its environment reads what it edits.
//!
//! An edit of a kustomization is proven against the other kustomizations where it is planned; this module adds the
//! locations that are read without kustomize, which `set`, `marker`, `values` and plain files name, and symbolic links.

use crate::model::{ImageDiscovery, ImageName, ImageReference, Location, RepositoryPath, Running, Tree};
use crate::overlay::format::is_plain;
use crate::overlay::resolver::readers::{ForeignReader, KUSTOMIZATIONS_MAX};
use crate::overlay::resolver::targets::Target;
use crate::overlay::{EditObstacle, Limit, OverlayError, Overlays, running};

/// The files of a promotion before they are written.
pub(super) struct PlannedEdit<'a> {
    /// The tree without the edit.
    pub(super) tree: &'a Tree,
    /// What the other environments run, and what they are read from.
    pub(super) overlays: &'a Overlays,
    /// The location that is promoted.
    pub(super) location: &'a Location,
    /// The images that are promoted there.
    pub(super) images: &'a [&'a ImageName],
    /// The files with their new content.
    pub(super) files: &'a [(RepositoryPath, Vec<u8>)],
}

/// Refuses an edit of a file that something else is read from.
///
/// # Errors
/// At the first line that the edit changes in such a file, and where content is missing.
pub(in crate::overlay) fn check(edit: &PlannedEdit<'_>) -> Result<(), OverlayError> {
    let edited = edit.tree.with_files(edit.files);
    for (file, content) in edit.files {
        let at = Site { file, line: first_changed_line(edit.tree.read(file).unwrap_or_default(), content) };
        edit.check_targets(&edited, &at)?;
        edit.check_aliases(&at)?;
        edit.check_kustomizations(&at)?;
    }
    Ok(())
}

/// Where a refusal points.
struct Site<'a> {
    file: &'a RepositoryPath,
    line: usize,
}

impl Site<'_> {
    fn refused(&self, why: String) -> EditObstacle {
        EditObstacle::at_line(Limit::Shared, self.line, why)
    }
}

impl PlannedEdit<'_> {
    /// Compares what every other target runs that is read from a file.
    fn check_targets(&self, edited: &Tree, at: &Site<'_>) -> Result<(), OverlayError> {
        for target in self.overlays.targets_of(at.file).filter(|target| self.is_unproven(target)) {
            let Target { location, image } = target;
            let before = shown(running(self.tree, location, image))?;
            if before != shown(running(edited, location, image))? {
                let why = format!("the edit would also change what `{}` runs of `{image}`", location.path);
                let way_out = "give each environment and service a scalar of its own; one service can list several images \
                               that share a version";
                return Err(at.refused(why).or_else(way_out).of(at.file));
            }
        }
        Ok(())
    }

    /// Whether a target could move unseen. The promoted images are meant to move. What one kustomization or format reads
    /// was proven where the edit was planned, but a part of an image that is declared belongs to whichever is asked for.
    fn is_unproven(&self, target: &Target) -> bool {
        let is_same = target.location == *self.location;
        let is_declared = match &self.location.finding {
            ImageDiscovery::Declared(_) | ImageDiscovery::Marker(_) => true,
            ImageDiscovery::ByFormat | ImageDiscovery::Values(_) => false,
        };
        let is_other_image = !self.images.contains(&&target.image);
        if is_same {
            is_declared && is_other_image
        } else {
            self.is_plain() || is_plain(self.tree, &target.location)
        }
    }

    /// Refuses a file that another target is read from through a symbolic link.
    fn check_aliases(&self, at: &Site<'_>) -> Result<(), OverlayError> {
        let Some(aliases) = self.overlays.aliases(self.tree, at.file).map_err(OverlayError::Missing)? else {
            let why =
                "so many paths lead to this file through symbolic links that not all of them are followed";
            return Err(at.refused(why.to_owned()).or_else("delete links that are not needed").of(at.file));
        };
        for alias in &aliases {
            let mut others =
                self.overlays.targets_of(alias).filter(|target| target.location != *self.location);
            if let Some(other) = others.next() {
                let why = format!(
                    "a symbolic link gives this file the path `{alias}` too, so the edit would also change `{}`",
                    other.location.path
                );
                return Err(at
                    .refused(why)
                    .or_else("put a file of its own in the place of the link")
                    .of(at.file));
            }
        }
        Ok(())
    }

    /// Refuses a file that a kustomization of something else reads.
    fn check_kustomizations(&self, at: &Site<'_>) -> Result<(), OverlayError> {
        if !self.is_plain() {
            return Ok(());
        }
        let foreign = self.overlays.foreign_reader(self.tree, &self.location.path, at.file);
        match foreign.map_err(OverlayError::Missing)? {
            ForeignReader::Kustomization(folder) => {
                let why = format!(
                    "the kustomization in `{folder}` reads this file, too, so the edit would also change what it renders"
                );
                let way_out = "set the image in a file that only this environment reads";
                Err(at.refused(why).or_else(way_out).of(at.file))
            }
            ForeignReader::Unknown => {
                let why = format!(
                    "the repository has more than {KUSTOMIZATIONS_MAX} kustomizations, so it is not known which of them read \
                     this file"
                );
                let way_out = "give this environment a kustomization of its own";
                Err(at.refused(why).or_else(way_out).of(at.file))
            }
            ForeignReader::None => Ok(()),
        }
    }

    fn is_plain(&self) -> bool {
        is_plain(self.tree, self.location)
    }
}

/// What a target runs, or why that is not known, without the lines, which an edit may shift.
fn shown(
    running: Result<Running, OverlayError>,
) -> Result<Result<Vec<ImageReference>, String>, OverlayError> {
    match running {
        Ok(running) => Ok(Ok(running.references())),
        Err(OverlayError::Missing(missing)) => Err(OverlayError::Missing(missing)),
        Err(OverlayError::Refused { refused, .. }) => Ok(Err(refused.why)),
        Err(error @ OverlayError::NotFound { .. }) => Ok(Err(error.fact())),
    }
}

/// The line, from 1, at which two texts begin to differ.
fn first_changed_line(old: &[u8], new: &[u8]) -> usize {
    let same = old.iter().zip(new).take_while(|(old, new)| old == new);
    1 + same.filter(|(byte, _)| **byte == b'\n').count()
}
