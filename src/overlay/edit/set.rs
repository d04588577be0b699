//! Makes an overlay run an image at a tag and digest, and proves that it then does, and that nothing else moves.
//!
//! The last step that set the tag is edited where it stands, in the overlay's own kustomization or in a file to which
//! no other kustomization of the repository leads. Otherwise the overlay's own `images` get an entry.

use super::image_edit::{ImageEdit, SetTo, Setting};
use super::in_place::{InPlace, InPlaceEdit, in_place};
use super::own_patch::{Edited, Environment, put_file};
use super::proof::{only_moves, prove, prove_in_objects, spare_others};
use super::set_merged;
use crate::model::{ImageName, ImageReference, RepositoryPath, Tree};
use crate::overlay::document::resource::Resource;
use crate::overlay::document::trail::{SetBy, Step};
use crate::overlay::kustomize::kustomization::Kustomization;
use crate::overlay::kustomize::kustomization::entry::Entry;
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::{ImageUse, ResolvedOverlay, look, look_closely};
use crate::overlay::limit::Limit;
use crate::overlay::resolver::Overlays;
use crate::overlay::{EditObstacle, OverlayError};

/// What to do where a replacement sets an image, which may leave no place for a digest.
const WITHOUT_DIGEST: &str = "set it where the trail of `towpath images --trail` ends; where the replacement sets the tag \
                              alone, write tags without digests with `write: tag` on the service";

/// The new content of the files that make a folder run an image so; none where it already does.
///
/// The other overlays of the repository, and all kustomizations of the tree, tell which files this folder shares. Where
/// the folder is not among the overlays, only its own kustomization is ever changed.
///
/// # Errors
/// Where content is missing, the image is not there, the edit is not safe, or it would not have exactly the
/// wanted effect.
pub(in crate::overlay) fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let mut parsed = Parsed::default();
    let (before, rendered) = look_closely(tree, folder, &mut parsed)?;
    let wanted = ImageReference { image: image.clone(), tag: to.tag.clone(), digest: to.digest.clone() };
    if before.resolved.uses_of(image).next().is_none() {
        before.reject_doubts(image)?;
        return Err(before.not_found(image));
    }
    if to.tag.is_none() && to.digest.is_none() {
        return Ok(Vec::new());
    }
    before.reject_untagged(image)?;
    before.reject_overrides(image)?;
    let environment = Environment { tree, overlays, before: &before };
    let in_objects = set_merged::set_image(&environment, image, to)?;
    if !in_objects.is_empty() {
        return with_containers(tree, overlays, folder, in_objects, &wanted);
    }
    let uses: Vec<&ImageUse> =
        before.resolved.uses_of(image).filter(|found| found.merged.is_none()).collect();
    if uses.iter().all(|found| found.reference == wanted) {
        return Ok(Vec::new());
    }
    let request = InPlaceEdit { tree, overlays, folder, wanted: &wanted };
    if let Some(edits) = in_place(&request, &before, &uses, &mut parsed)?
        && let Some(files) = proven_in_place(&request, &before, &rendered, edits, &mut parsed)?
    {
        return Ok(files);
    }
    let files = vec![own_entry(&before, &uses, image, to)?];
    let edited = tree.with_files(&files);
    prove(&before, &look(&edited, folder, &mut parsed)?, &wanted)?;
    spare_others(&edited, overlays, folder, &files, &mut parsed)?;
    Ok(files)
}

/// The edits of an image in objects, once they are proven, and those of the same image in containers.
fn with_containers(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    mut files: Vec<Edited>,
    wanted: &ImageReference,
) -> Result<Vec<Edited>, OverlayError> {
    let mut parsed = Parsed::default();
    let before = look(tree, folder, &mut parsed)?;
    let edited = tree.with_files(&files);
    prove_in_objects(&before, &look(&edited, folder, &mut parsed)?, wanted)?;
    spare_others(&edited, overlays, folder, &files, &mut parsed)?;
    let to = SetTo { tag: wanted.tag.clone(), digest: wanted.digest.clone() };
    for file in set_image(&edited, overlays, folder, &wanted.image, &to)? {
        put_file(&mut files, file);
    }
    Ok(files)
}

/// The files of an edit in place, where it moves the wanted image and nothing else; `None` where it would not, so that
/// the overlay's own `images` are edited instead.
fn proven_in_place(
    request: &InPlaceEdit<'_>,
    before: &ResolvedOverlay,
    rendered: &[Resource],
    edits: InPlace,
    parsed: &mut Parsed,
) -> Result<Option<Vec<Edited>>, OverlayError> {
    let InPlace { files, sources } = edits;
    let edited = request.tree.with_files(&files);
    let proven = look_closely(&edited, request.folder, parsed).and_then(|(after, now)| {
        prove(before, &after, request.wanted)?;
        spare_others(&edited, request.overlays, request.folder, &files, parsed)?;
        Ok(only_moves(rendered, &now, request.wanted, &sources))
    });
    match proven {
        Ok(is_right) => Ok(is_right.then_some(files)),
        Err(OverlayError::Missing(missing)) => Err(OverlayError::Missing(missing)),
        Err(_refused) => Ok(None),
    }
}

/// The edit of the folder's own kustomization: of the last entry that matches, if it matches every use; else a new
/// one at the end, which reaches them all.
fn own_entry(
    before: &ResolvedOverlay,
    uses: &[&ImageUse],
    image: &ImageName,
    to: &SetTo,
) -> Result<Edited, OverlayError> {
    if let Some(step) = uses.iter().find_map(|found| later_step(before, found)) {
        let why = format!("this {} sets `{image}` after the `images` of {}", step.set_by, before.file);
        let refused = EditObstacle::at_line(Limit::Overridden, step.line, why);
        let has_place = step.set_by != SetBy::Replacement || to.digest.is_none();
        let refused = if has_place { refused } else { refused.or_else(WITHOUT_DIGEST) };
        return Err(refused.of(&step.file));
    }
    let entry = entry_of(before, uses);
    if let Some(other) = entry.and_then(|entry| other_match(before, entry, image)) {
        let (line, name) = entry.map_or((1, ""), |entry| (entry.line, &entry.name));
        let why = format!("the pattern `{name}` also matches `{other}`");
        return Err(EditObstacle::at_line(Limit::Pattern, line, why).of(&before.file));
    }
    // A pattern stays as it is: a new entry behind it has the last word.
    let entry = entry.filter(|entry| !entry.is_pattern());
    let own: &Kustomization = &before.own;
    let bytes =
        own.with_image(entry, &request(image, entry, to)).map_err(|refused| refused.of(&before.file))?;
    Ok((before.file.clone(), bytes))
}

/// A step that decides after the folder's own `images`: one of its replacements or transformers.
fn later_step<'a>(before: &ResolvedOverlay, found: &'a ImageUse) -> Option<&'a Step> {
    let last = found.trail.iter().rev().find(|step| step.decides)?;
    let is_late = matches!(last.set_by, SetBy::Replacement | SetBy::Transformer);
    (is_late && before.is_after_own_images(last)).then_some(last)
}

/// Another image that an entry with a pattern has changed.
fn other_match<'a>(before: &'a ResolvedOverlay, entry: &Entry, image: &ImageName) -> Option<&'a ImageName> {
    if !entry.is_pattern() {
        return None;
    }
    let is_entry = |index: usize| before.own.entries.get(index).is_some_and(|other| other.node == entry.node);
    let others = before.resolved.uses.iter().filter(|found| found.reference.image != *image);
    let mut matched = others.filter(|found| found.entry_of(&before.file).is_some_and(is_entry));
    matched.next().map(|found| &found.reference.image)
}

fn entry_of<'a>(overlay: &'a ResolvedOverlay, uses: &[&ImageUse]) -> Option<&'a Entry> {
    let last = uses.iter().map(|found| found.entry_of(&overlay.file)).max().flatten()?;
    let reaches_all = uses.iter().all(|found| found.entry_of(&overlay.file) == Some(last));
    if reaches_all { overlay.own.entries.get(last) } else { None }
}

fn request(image: &ImageName, entry: Option<&Entry>, to: &SetTo) -> ImageEdit {
    let name = entry.map_or_else(|| image.to_string(), |entry| entry.name.clone());
    let tag = to.tag.clone().map_or(Setting::Clear, Setting::Set);
    let digest = to.digest.clone().map_or(Setting::Clear, Setting::Set);
    ImageEdit { name, new_name: Setting::Keep, tag, digest }
}
