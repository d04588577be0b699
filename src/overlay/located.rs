//! The questions about a location, whatever its files are.

use std::collections::BTreeSet;

use super::document::quotes::Quotes;
use super::edit::requote;
use super::format::values::MergedFiles;
use super::kustomize::resolved;
use super::{EditObstacle, Limit, OverlayError, Overlays, Resolved, SetTo, format, source_override};
use crate::model::{
    ImageDiscovery, ImageName, ImageReference, Location, Missing, RepositoryPath, Running, RunningImage, Tree,
};

/// Everything that a location runs.
///
/// # Errors
/// Where content is missing, or a file that everything rests on cannot be judged.
pub fn resolve(tree: &Tree, location: &Location) -> Result<Resolved, OverlayError> {
    let mut resolved = match &location.finding {
        ImageDiscovery::Values(files) => MergedFiles::read(tree, location, files)?.resolved(),
        ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
            if !format::is_plain(tree, location) {
                return resolved::resolve(tree, &location.path);
            }
            format::look(tree, location, None)?.resolved()
        }
    };
    note_overrides(tree, location, &mut resolved)?;
    Ok(resolved)
}

/// Puts the images in doubt that a file of Argo CD beside the location sets.
fn note_overrides(tree: &Tree, location: &Location, resolved: &mut Resolved) -> Result<(), OverlayError> {
    let Resolved { uses, uncertain, .. } = resolved;
    for found in uses.iter_mut().filter(|found| found.doubt.is_none()) {
        let running =
            RunningImage { reference: found.reference.clone(), file: found.file.clone(), line: found.line };
        if let Some(reason) = source_override::over_values(tree, location, &running)? {
            found.doubt = Some(uncertain.len());
            uncertain.push(reason);
        }
    }
    Ok(())
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
    let found = RunningImage { reference: found.reference, file: found.file, line: found.line };
    match source_override::over_values(tree, location, &found)? {
        Some(reason) => Err(reason.refuse()),
        None => Ok(Running { images: vec![found] }),
    }
}

/// Fails where a file of Argo CD beside a location without a kustomization sets the image.
fn reject_overrides(tree: &Tree, location: &Location, image: &ImageName) -> Result<(), OverlayError> {
    match running_with(tree, location, image, Quotes::Given) {
        Err(error) if error.is_limit(Limit::SourceOverride) => Err(error),
        // The edit itself says what else is wrong.
        Ok(_) | Err(_) => Ok(()),
    }
}

/// The new content of the files that make a location run an image so; none where it already does. The other overlays
/// of the repository tell which files it shares; none of what they run may move.
///
/// # Errors
/// What a location would run of some images if their tags were in quotes; `None` if it can be read as it is, or quotes
/// alone would not make it readable.
///
/// # Errors
/// The files whose content is missing.
pub fn running_if_quoted(
    tree: &Tree,
    location: &Location,
    images: &[&ImageName],
) -> Result<Option<Vec<ImageReference>>, Missing> {
    let quoted = requote::quoted_location(tree, location, images);
    let mut lacks_quotes = quoted.is_some();
    let tree = tree.with_files(quoted.as_slice());
    let (mut references, mut missing, mut is_refused) = (Vec::new(), Missing::default(), false);
    for image in images {
        let found = match running(&tree, location, image) {
            Err(OverlayError::Refused {
                refused: EditObstacle { limit: Limit::UnquotedTag, .. }, ..
            }) => {
                lacks_quotes = true;
                running_with(&tree, location, image, Quotes::Given)
            }
            other => other,
        };
        match found {
            Ok(running) => references.extend(Running::references(&running)),
            Err(OverlayError::Missing(more)) => missing.0.extend(more.0),
            Err(OverlayError::Refused { .. } | OverlayError::NotFound { .. }) => is_refused = true,
        }
    }
    match (is_refused || !lacks_quotes, missing.0.is_empty()) {
        (true, _) => Ok(None),
        (false, false) => Err(missing),
        (false, true) => Ok(Some(references)),
    }
}

/// As [`running`], and where an edit is not safe or would not have exactly the wanted effect.
pub fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    location: &Location,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    if format::is_plain(tree, location) {
        reject_overrides(tree, location, image)?;
        return match &location.finding {
            ImageDiscovery::Values(files) => format::values::set_image(tree, location, files, image, to),
            ImageDiscovery::ByFormat | ImageDiscovery::Marker(_) | ImageDiscovery::Declared(_) => {
                format::set_image(tree, location, image, to)
            }
        };
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
