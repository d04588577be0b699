//! Makes a location run a release.

use super::{OverlayError, Overlays, SetTo, set_image};
use crate::model::{FileChange, Location, Release, RepositoryPath, Tree};

/// The file changes that make a location run every artifact of a release, tag and digest; none where it already does.
///
/// # Errors
/// As [`set_image`], for any of the artifacts.
pub fn promote(
    tree: &Tree,
    overlays: &Overlays,
    location: &Location,
    release: &Release,
) -> Result<Vec<FileChange>, OverlayError> {
    let mut files: Vec<(RepositoryPath, Vec<u8>)> = Vec::new();
    for artifact in release.artifacts() {
        let to = SetTo { tag: Some(artifact.tag.clone()), digest: Some(artifact.digest.clone()) };
        let edited = tree.with_files(&files);
        for (path, content) in set_image(&edited, overlays, location, (&artifact.image, &to))? {
            files.retain(|(other, _)| *other != path);
            files.push((path, content));
        }
    }
    let change = |(path, new): (RepositoryPath, Vec<u8>)| {
        let old = tree.read(&path).ok().map(<[u8]>::to_vec);
        FileChange { path, old, new: Some(new) }
    };
    Ok(files.into_iter().map(change).collect())
}
