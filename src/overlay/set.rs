//! Makes an overlay run an image at a tag and digest, in its own kustomization, and proves that it then does.

use super::edit::{ImageEdit, Setting};
use super::entry::Entry;
use super::limit::Limit;
use super::parsed::Parsed;
use super::resolved::{ImageUse, Looked, look};
use super::{OverlayError, Refused};
use crate::model::{Digest, ImageName, ImageReference, RepositoryPath, Tag, Tree};

/// What an image shall run as. With neither tag nor digest nothing is asked for and nothing changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetTo {
    /// The tag; with a digest and no tag the overlay names the digest alone.
    pub tag: Option<Tag>,
    /// The digest; with a tag and no digest the overlay's digest goes away, since it would win over the tag.
    pub digest: Option<Digest>,
}

/// The new content of the files that make a folder run an image so; none where it already does.
///
/// Only the folder's own kustomization is changed, so that no other environment moves with it.
///
/// # Errors
/// Where content is missing, the image is not there, the edit is not safe, or it would not have exactly the
/// wanted effect.
pub(super) fn set_image(
    tree: &Tree,
    folder: &RepositoryPath,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let mut parsed = Parsed::default();
    let before = look(tree, folder, &mut parsed)?;
    let wanted = ImageReference { image: image.clone(), tag: to.tag.clone(), digest: to.digest.clone() };
    let uses: Vec<&ImageUse> = before.resolved.uses_of(image).collect();
    if uses.is_empty() {
        before.reject_doubts(image)?;
        return Err(before.not_found(image));
    }
    let asks_for_nothing = to.tag.is_none() && to.digest.is_none();
    if asks_for_nothing || uses.iter().all(|found| found.reference == wanted) {
        return Ok(Vec::new());
    }
    let entry = entry_of(&before, &uses);
    let request = request(image, entry, to);
    let bytes = before.own.with_image(entry, &request).map_err(|refused| refused.of(&before.file))?;
    let files = vec![(before.file.clone(), bytes)];
    let after = look(&tree.with_files(&files), folder, &mut parsed)?;
    prove(&before, &after, &wanted)?;
    Ok(files)
}

/// The own entry to change: the last that matches, if it matches every use. A new one at the end reaches them all.
fn entry_of<'a>(overlay: &'a Looked, uses: &[&ImageUse]) -> Option<&'a Entry> {
    let last = uses.iter().map(|found| found.entry_of(&overlay.file)).max().flatten()?;
    let reaches_all = uses.iter().all(|found| found.entry_of(&overlay.file) == Some(last));
    overlay.own.entries.get(last).filter(|_| reaches_all)
}

fn request(image: &ImageName, entry: Option<&Entry>, to: &SetTo) -> ImageEdit {
    let name = entry.map_or_else(|| image.to_string(), |entry| entry.name.clone());
    let tag = to.tag.clone().map_or(Setting::Clear, Setting::Set);
    let digest = to.digest.clone().map_or(Setting::Clear, Setting::Set);
    ImageEdit { name, new_name: None, tag, digest }
}

/// The wanted image shows in every use, and nothing else has moved.
fn prove(before: &Looked, after: &Looked, wanted: &ImageReference) -> Result<(), OverlayError> {
    after.reject_doubts(&wanted.image)?;
    let refuse =
        |found: &ImageUse, why: String| Err(Refused::at_line(Limit::Shared, found.line, why).of(&found.file));
    for (old, new) in before.resolved.uses.iter().zip(&after.resolved.uses) {
        let expected = if old.reference.image == wanted.image { wanted } else { &old.reference };
        if new.reference != *expected {
            let why = format!("the edit would leave `{}` here instead of `{expected}`", new.reference);
            return refuse(new, why);
        }
    }
    if notes(before) != notes(after) || before.resolved.uses.len() != after.resolved.uses.len() {
        return Err(
            Refused::whole(Limit::Shared, "the edit would change more than this image").of(&after.file)
        );
    }
    Ok(())
}

/// What is not certain, without lines, which an edit may shift.
fn notes(overlay: &Looked) -> Vec<(&RepositoryPath, &str)> {
    overlay.resolved.uncertain.iter().map(|note| (&note.file, note.why.as_str())).collect()
}
