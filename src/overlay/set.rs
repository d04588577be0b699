//! Makes an overlay run an image at a tag and digest, and proves that it then does, and that nothing else moves.
//!
//! Written is the last step that set the tag, where only this environment reaches its file; else an entry in the
//! environment's own kustomization.

use super::edit::{ImageEdit, Setting};
use super::entry::Entry;
use super::kustomization::Kustomization;
use super::limit::Limit;
use super::parsed::Parsed;
use super::resolved::{ImageUse, Looked, look};
use super::resolver::Overlays;
use super::trail::{SetBy, Step};
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

/// A file and what shall stand in it.
type Edited = (RepositoryPath, Vec<u8>);

/// The new content of the files that make a folder run an image so; none where it already does.
///
/// The other overlays of the repository tell which files this folder shares; none of what they run may move. Where
/// the folder is not among them, only its own kustomization is ever changed.
///
/// # Errors
/// Where content is missing, the image is not there, the edit is not safe, or it would not have exactly the
/// wanted effect.
pub(super) fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    (image, to): (&ImageName, &SetTo),
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
    let edited = match shared_step(&uses) {
        Some(step) if owns(&before, overlays, folder, step) => at_step(tree, step, &wanted, &mut parsed)?,
        Some(_) | None => None,
    };
    let edited = edited.map_or_else(|| own_entry(&before, &uses, (image, to)), Ok)?;
    let files = vec![edited];
    let edited = tree.with_files(&files);
    prove(&before, &look(&edited, folder, &mut parsed)?, &wanted)?;
    spare_others(&edited, overlays, (folder, &files), &mut parsed)?;
    Ok(files)
}

/// The one step that sets the tag of every use.
fn shared_step<'a>(uses: &[&'a ImageUse]) -> Option<&'a Step> {
    let step_of = |found: &&'a ImageUse| found.trail.iter().rev().find(|step| step.decides);
    let first = uses.first().and_then(step_of)?;
    let is_first =
        |step: &Step| (&step.file, step.line, step.set_by) == (&first.file, first.line, first.set_by);
    uses.iter().all(|found| step_of(found).is_some_and(is_first)).then_some(first)
}

/// Whether only this folder reaches the file of a step.
fn owns(before: &Looked, overlays: &Overlays, folder: &RepositoryPath, step: &Step) -> bool {
    step.file != before.file
        && overlays.knows(folder)
        && overlays.readers(&step.file, folder).next().is_none()
}

/// The edit of what a step says; nothing where it cannot be made there.
fn at_step(
    tree: &Tree,
    step: &Step,
    wanted: &ImageReference,
    parsed: &mut Parsed,
) -> Result<Option<Edited>, OverlayError> {
    let (Some(index), Ok(bytes), Some(found)) = (step.entry, tree.read(&step.file), tree.entry(&step.file))
    else {
        return Ok(None);
    };
    let own = parsed.kustomization(&found.blob, bytes).map_err(|refused| refused.of(&step.file))?;
    let entry = own.entries.get(index).filter(|entry| !entry.is_pattern());
    let to = SetTo { tag: wanted.tag.clone(), digest: wanted.digest.clone() };
    let written = entry.map(|entry| own.with_image(Some(entry), &request(&wanted.image, Some(entry), &to)));
    let bytes = written.transpose().map_err(|refused| refused.of(&step.file))?;
    Ok(bytes.map(|bytes| (step.file.clone(), bytes)))
}

/// The edit of the folder's own kustomization: of the last entry that matches, if it matches every use; else a new
/// one at the end, which reaches them all.
fn own_entry(
    before: &Looked,
    uses: &[&ImageUse],
    (image, to): (&ImageName, &SetTo),
) -> Result<Edited, OverlayError> {
    if let Some(step) = uses.iter().find_map(|found| later_step(before, found)) {
        let why = format!("this {} sets `{image}` after the `images` of {}", step.set_by, before.file);
        return Err(Refused::at_line(Limit::Overridden, step.line, why).of(&step.file));
    }
    let entry = entry_of(before, uses);
    if let Some(other) = entry.and_then(|entry| other_match(before, entry, image)) {
        let (line, name) = entry.map_or((1, ""), |entry| (entry.line, &entry.name));
        let why = format!("the pattern `{name}` also matches `{other}`");
        return Err(Refused::at_line(Limit::Pattern, line, why).of(&before.file));
    }
    // A pattern stays as it is: a new entry behind it has the last word.
    let entry = entry.filter(|entry| !entry.is_pattern());
    let own: &Kustomization = &before.own;
    let bytes =
        own.with_image(entry, &request(image, entry, to)).map_err(|refused| refused.of(&before.file))?;
    Ok((before.file.clone(), bytes))
}

/// A step that decides after the folder's own `images`: one of its replacements or transformers.
fn later_step<'a>(before: &Looked, found: &'a ImageUse) -> Option<&'a Step> {
    let last = found.trail.iter().rev().find(|step| step.decides)?;
    let is_late = matches!(last.set_by, SetBy::Replacement | SetBy::Transformer);
    (is_late && before.is_after_own_images(last)).then_some(last)
}

/// Another image that an entry with a pattern has changed.
fn other_match<'a>(before: &'a Looked, entry: &Entry, image: &ImageName) -> Option<&'a ImageName> {
    let is_it = |index: usize| before.own.entries.get(index).is_some_and(|other| other.node == entry.node);
    let others = before.resolved.uses.iter().filter(|found| found.reference.image != *image);
    let mut matched = others.filter(|found| found.entry_of(&before.file).is_some_and(is_it));
    matched.next().filter(|_| entry.is_pattern()).map(|found| &found.reference.image)
}

fn entry_of<'a>(overlay: &'a Looked, uses: &[&ImageUse]) -> Option<&'a Entry> {
    let last = uses.iter().map(|found| found.entry_of(&overlay.file)).max().flatten()?;
    let reaches_all = uses.iter().all(|found| found.entry_of(&overlay.file) == Some(last));
    overlay.own.entries.get(last).filter(|_| reaches_all)
}

fn request(image: &ImageName, entry: Option<&Entry>, to: &SetTo) -> ImageEdit {
    let name = entry.map_or_else(|| image.to_string(), |entry| entry.name.clone());
    let tag = to.tag.clone().map_or(Setting::Clear, Setting::Set);
    let digest = to.digest.clone().map_or(Setting::Clear, Setting::Set);
    ImageEdit { name, new_name: Setting::Keep, tag, digest }
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
        let why = "the edit would change more than this image";
        return Err(Refused::whole(Limit::Shared, why).of(&after.file));
    }
    Ok(())
}

/// No image of any other overlay that reads the edited files has moved.
fn spare_others(
    edited: &Tree,
    overlays: &Overlays,
    (folder, files): (&RepositoryPath, &[Edited]),
    parsed: &mut Parsed,
) -> Result<(), OverlayError> {
    for (file, _) in files {
        for (other, before) in overlays.readers(file, folder) {
            let after = look(edited, other, parsed)?;
            let runs = |looked: &Looked| {
                looked.resolved.uses.iter().map(|found| found.reference.clone()).collect::<Vec<_>>()
            };
            if runs(before) != runs(&after) || notes(before) != notes(&after) {
                let why = format!("the edit would also change what `{other}` runs");
                return Err(Refused::whole(Limit::Shared, why).of(file));
            }
        }
    }
    Ok(())
}

/// What is not certain, without lines, which an edit may shift.
fn notes(overlay: &Looked) -> Vec<(&RepositoryPath, &str)> {
    overlay.resolved.uncertain.iter().map(|note| (&note.file, note.why.as_str())).collect()
}
