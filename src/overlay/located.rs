//! The questions about a location, whatever its files are.

use std::collections::BTreeSet;

use super::format::values::MergedFiles;
use super::quotes::Quotes;
use super::{OverlayError, Overlays, Resolved, SetTo, format, requote, resolved};
use crate::model::{ImageDiscovery, ImageName, Location, RepositoryPath, Running, RunningImage, Tree};

/// Everything that a location runs.
///
/// # Errors
/// Where content is missing, or a file that everything rests on cannot be judged.
pub fn resolve(tree: &Tree, location: &Location) -> Result<Resolved, OverlayError> {
    if let ImageDiscovery::Values(files) = &location.finding {
        return MergedFiles::read(tree, location, files).map(|merged| merged.resolved());
    }
    if format::is_plain(tree, location) {
        return format::look(tree, location, None).map(|looked| looked.resolved());
    }
    resolved::resolve(tree, &location.path)
}

/// What a location runs of one image: one reference, however often it is used.
///
/// # Errors
/// As [`resolve`]; also where the image is not there, where two uses disagree, and where something that is not
/// evaluated could change the answer.
pub fn running(tree: &Tree, location: &Location, image: &ImageName) -> Result<Running, OverlayError> {
    running_with(tree, location, image, Quotes::Needed)
}

/// As [`running`], for tags that are taken so.
pub(super) fn running_with(
    tree: &Tree,
    location: &Location,
    image: &ImageName,
    quotes: Quotes,
) -> Result<Running, OverlayError> {
    if !format::is_plain(tree, location) {
        return resolved::running(tree, &location.path, image, quotes);
    }
    let found = match &location.finding {
        ImageDiscovery::Values(files) => MergedFiles::read(tree, location, files)?.running(image, quotes)?,
        ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
            format::look(tree, location, Some(image))?.running(image, quotes)?
        }
    };
    Ok(Running {
        images: vec![RunningImage { reference: found.reference, file: found.file, line: found.line }],
    })
}

/// The new content of the files that make a location run an image so; none where it already does. The other overlays
/// of the repository tell which files it shares; none of what they run may move.
///
/// # Errors
/// As [`running`], and where an edit is not safe or would not have exactly the wanted effect.
pub fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    location: &Location,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    if let ImageDiscovery::Values(files) = &location.finding {
        return format::values::set_image(tree, location, files, image, to);
    }
    if format::is_plain(tree, location) {
        return format::set_image(tree, location, image, to);
    }
    if image.host() != DOCKER_HUB {
        return requote::set_image(tree, overlays, &location.path, image, to);
    }
    set_by_names(tree, overlays, &location.path, image, to)
}

/// The registry whose images have several names.
const DOCKER_HUB: &str = "docker.io";

/// As [`set_image`], for an image that may be written as `postgres` or `docker.io/library/postgres`: kustomize compares
/// the text, so each name that is in use gets its own edit.
fn set_by_names(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let mut names = match resolved::names_of(tree, folder, image) {
        // What is refused here may still be edited, or is refused there.
        Err(OverlayError::Refused { .. } | OverlayError::NotFound { .. }) => BTreeSet::new(),
        names => names?,
    };
    if names.is_empty() {
        names.insert(image.clone());
    }
    let mut files: Vec<(RepositoryPath, Vec<u8>)> = Vec::new();
    for name in &names {
        let edited = tree.with_files(&files);
        for (path, content) in requote::set_image(&edited, overlays, folder, name, to)? {
            files.retain(|(other, _)| *other != path);
            files.push((path, content));
        }
    }
    Ok(files)
}
