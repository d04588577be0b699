//! Makes a location run a release.

use super::{Limit, OverlayError, Refused, SetTo, resolve, set_image};
use crate::model::{FileChange, Location, Release, RepositoryPath, Tree};

/// The file changes that make a location run every artifact of a release, tag and digest; none where it already does.
///
/// # Errors
/// As [`set_image`], for any of the artifacts; also where one of the `others` would run something else afterwards.
pub fn promote<'a>(
    tree: &Tree,
    location: &Location,
    release: &Release,
    others: impl IntoIterator<Item = &'a Location>,
) -> Result<Vec<FileChange>, OverlayError> {
    let mut files: Vec<(RepositoryPath, Vec<u8>)> = Vec::new();
    for artifact in release.artifacts() {
        let to = SetTo { tag: Some(artifact.tag.clone()), digest: Some(artifact.digest.clone()) };
        for (path, content) in set_image(&tree.with_files(&files), location, &artifact.image, &to)? {
            files.retain(|(other, _)| *other != path);
            files.push((path, content));
        }
    }
    reject_side_effects(tree, &files, others.into_iter().filter(|other| *other != location))?;
    let change = |(path, new): (RepositoryPath, Vec<u8>)| {
        let old = tree.read(&path).ok().map(<[u8]>::to_vec);
        FileChange { path, old, new: Some(new) }
    };
    Ok(files.into_iter().map(change).collect())
}

/// What runs in other environments must not move with this one. One that cannot be judged before is left out.
fn reject_side_effects<'a>(
    tree: &Tree,
    files: &[(RepositoryPath, Vec<u8>)],
    others: impl Iterator<Item = &'a Location>,
) -> Result<(), OverlayError> {
    let Some((edited, _)) = files.first() else { return Ok(()) };
    let changed = tree.with_files(files);
    for other in others {
        let before = match resolve(tree, other) {
            Ok(before) => before,
            Err(missing @ OverlayError::Missing(_)) => return Err(missing),
            Err(OverlayError::Refused { .. } | OverlayError::NotFound { .. }) => continue,
        };
        let after = resolve(&changed, other)?;
        if !before.runs_the_same(&after) {
            let why = format!("`{}` builds on this file and would move with it", other.path);
            let way_out = "give each environment a kustomization of its own that nothing else includes";
            return Err(Refused::whole(Limit::Shared, why).or_else(way_out).of(edited));
        }
    }
    Ok(())
}
