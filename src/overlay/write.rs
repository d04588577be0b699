//! Where to write: the environment's own kustomization; and the proof that only the wanted image moved.

use super::error::OverlayError;
use super::images::{self, DigestEdit, Entry, Field, ImageEdit};
use super::kustomization::Kustomization;
use super::resolve::{ImageUse, Resolved, resolve};
use crate::model::{
    Digest, FileChange, ImageName, ImageReference, Release, RepositoryPath, Running, RunningImage, Tag, Tree,
};

/// What a folder runs of one image, and which line says so.
///
/// # Errors
/// As [`resolve`]; and where the image is not there, runs in two versions, or is decided by something that is
/// not evaluated.
pub fn running(tree: &Tree, folder: &RepositoryPath, image: &ImageName) -> Result<Running, OverlayError> {
    let resolved = resolve(tree, folder)?;
    if let Some(uncertain) = resolved.uncertain.iter().find(|uncertain| uncertain.decides) {
        return Err(OverlayError::Refused { place: uncertain.place.clone(), why: uncertain.why.clone() });
    }
    let mut found = resolved.uses.iter().filter(|found| found.reference.image == *image);
    let first = match found.next() {
        Some(first) => running_image(first),
        None => named_only(tree, folder, image)?,
    };
    if let Some(other) = found.find(|other| other.reference != first.reference) {
        let why = format!(
            "`{image}` runs in two versions: {} here and {} in {}:{}; set both by one entry under `images`",
            first.reference, other.reference, other.file, other.line
        );
        return Err(OverlayError::Refused { place: place_of(&first), why });
    }
    Ok(Running { images: vec![first] })
}

fn running_image(found: &ImageUse) -> RunningImage {
    RunningImage { reference: found.reference.clone(), file: found.file.clone(), line: found.line }
}

fn place_of(image: &RunningImage) -> super::Place {
    let position = crate::yaml::Position { line: image.line, column: 1 };
    super::Place { file: image.file.clone(), position }
}

/// An image of which only an entry under `images` is seen: its manifests lie elsewhere.
fn named_only(tree: &Tree, folder: &RepositoryPath, image: &ImageName) -> Result<RunningImage, OverlayError> {
    let kustomization = Kustomization::load(tree, folder)?;
    let entries = images::entries(&kustomization)?;
    let entry = entries.iter().rfind(|entry| entry.name_after(&kustomization) == image.as_str());
    let absent = || OverlayError::NoSuchImage { folder: folder.clone(), image: image.clone() };
    let entry = entry.ok_or_else(absent)?;
    let refused = |error: crate::model::ImageError| kustomization.refuse(entry.node, error.to_string());
    let tag = entry.text(&kustomization, Field::Tag).map(Tag::new).transpose().map_err(refused)?;
    let digest = entry.text(&kustomization, Field::Digest).map(Digest::new).transpose().map_err(refused)?;
    let place = kustomization.place(entry.deciding());
    let reference = ImageReference { image: image.clone(), tag, digest };
    Ok(RunningImage { reference, file: place.file, line: place.position.line })
}

/// The files that a release changes in a folder; none where it runs already.
///
/// # Errors
/// As [`set_image`].
pub fn promote(
    tree: &Tree,
    folder: &RepositoryPath,
    release: &Release,
) -> Result<Vec<FileChange>, OverlayError> {
    let mut present = tree.clone();
    let mut changed: Vec<RepositoryPath> = Vec::new();
    for artifact in release.artifacts() {
        let files = set_image(&present, folder, &artifact.image, &artifact.tag, Some(&artifact.digest))?;
        changed.extend(files.iter().map(|(path, _)| path.clone()));
        present = present.with_files(&files);
    }
    changed.sort();
    changed.dedup();
    let content = |tree: &Tree, path: &RepositoryPath| tree.read(path).ok().map(<[u8]>::to_vec);
    Ok(changed
        .into_iter()
        .map(|path| FileChange { old: content(tree, &path), new: content(&present, &path), path })
        .collect())
}

/// The new content of the files that have to change for a folder to run an image at a tag.
///
/// Always the folder's own kustomization: the last of its entries that decides the image, else a new one. A tag
/// without a digest takes the digest of the entry out, which would win otherwise. What was written is resolved
/// again: the image must show as wanted everywhere, and nothing else may have moved.
///
/// # Errors
/// As [`running`], and where the edit is refused or would have another effect.
pub fn set_image(
    tree: &Tree,
    folder: &RepositoryPath,
    image: &ImageName,
    tag: &Tag,
    digest: Option<&Digest>,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    running(tree, folder, image)?;
    let before = resolve(tree, folder)?;
    let kustomization = Kustomization::load(tree, folder)?;
    let entries = images::entries(&kustomization)?;
    let name = name_seen(&before, &kustomization, image)?;
    let entry = entries.iter().rfind(|entry| decides(entry, &kustomization, &name, image));
    let wanted = ImageEdit {
        name: entry
            .map_or_else(|| Ok(name), |entry| ImageName::new(entry.name.as_str()))
            .map_err(|error| OverlayError::of_file(&kustomization.file, error.to_string()))?,
        new_name: None,
        tag: Some(tag.clone()),
        digest: digest.map_or(DigestEdit::Clear, |digest| DigestEdit::Set(digest.clone())),
    };
    let edits = images::edits(&kustomization, entry, &wanted)?;
    if edits.is_empty() {
        return Ok(Vec::new());
    }
    let files = vec![(kustomization.file.clone(), images::edited(&kustomization, &edits)?)];
    let reference = ImageReference { image: image.clone(), tag: Some(tag.clone()), digest: digest.cloned() };
    prove(&tree.with_files(&files), folder, &before, &kustomization, &reference)?;
    Ok(files)
}

/// The one name under which the folder's own `images` see the image.
fn name_seen(
    before: &Resolved,
    kustomization: &Kustomization,
    image: &ImageName,
) -> Result<ImageName, OverlayError> {
    let mut names: Vec<&ImageName> = before
        .uses
        .iter()
        .filter(|found| found.reference.image == *image)
        .map(|found| &found.name_before)
        .collect();
    names.sort();
    names.dedup();
    match names.as_slice() {
        [] => Ok(image.clone()),
        [name] => Ok((*name).clone()),
        [first, second, ..] => {
            let why =
                format!("`{image}` comes from both `{first}` and `{second}`; give each its own `newName`");
            Err(kustomization.refuse(kustomization.root, why))
        }
    }
}

fn decides(entry: &Entry, kustomization: &Kustomization, name: &ImageName, image: &ImageName) -> bool {
    let after = entry.name_after(kustomization);
    after == image.as_str() && (entry.name == name.as_str() || entry.name == image.as_str())
        || (entry.name == name.as_str() && after == entry.name)
}

/// Resolves again and compares: the image everywhere as wanted, everything else as before.
fn prove(
    after: &Tree,
    folder: &RepositoryPath,
    before: &Resolved,
    kustomization: &Kustomization,
    wanted: &ImageReference,
) -> Result<(), OverlayError> {
    let refused = |why: String| Err(kustomization.refuse(kustomization.root, why));
    let now = resolve(after, folder)?;
    let shown = running(after, folder, &wanted.image)?;
    if shown.references() != [wanted.clone()] {
        return refused(format!(
            "the edit would not have the effect that `{wanted}` runs; edit this overlay by hand"
        ));
    }
    let others = |resolved: &Resolved| -> Vec<ImageReference> {
        let references = resolved.uses.iter().map(|found| found.reference.clone());
        references.filter(|reference| reference.image != wanted.image).collect()
    };
    if others(before) != others(&now) {
        return refused("the edit would move another image too; edit this overlay by hand".to_owned());
    }
    Ok(())
}
