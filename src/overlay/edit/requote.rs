//! Images whose tags lack quotes that they need. Kustomize refuses `newTag: 1.10`, a number, and builds nothing until the
//! entry is edited; Helm makes `1.1` of a `tag: 1.10`.

use super::image_edit::{ImageEdit, Setting};
use super::set;
use crate::model::{ImageName, Location, RepositoryPath, Tree};
use crate::overlay::document::go_yaml::{ScalarType, scalar_type};
use crate::overlay::kustomize::kustomization::Kustomization;
use crate::overlay::kustomize::link;
use crate::overlay::limit::Limit;
use crate::overlay::{EditObstacle, OverlayError, Overlays, SetTo, format};

/// As [`set::set_image`], where the folder's own entry for the image may lack quotes.
///
/// The values of that entry are put in quotes as they are written, and the rest is judged as if they always had been.
pub(in crate::overlay) fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let refused = match set::set_image(tree, overlays, folder, image, to) {
        Err(error) if is_about_a_type(&error) => error,
        other => return other,
    };
    let Some(quoted) = quoted(tree, folder, &[image]) else { return Err(refused) };
    let tree = tree.with_files(std::slice::from_ref(&quoted));
    let mut files = set::set_image(&tree, overlays, folder, image, to)?;
    if files.iter().all(|(path, _)| *path != quoted.0) {
        files.push(quoted);
    }
    Ok(files)
}

const fn is_about_a_type(error: &OverlayError) -> bool {
    matches!(error, OverlayError::Refused { refused: EditObstacle { limit: Limit::ScalarType, .. }, .. })
}

/// The kustomization of a location with the entries of some images in quotes; `None` if kustomize reads it as it is, or
/// does not read it then either.
pub(in crate::overlay) fn quoted_location(
    tree: &Tree,
    location: &Location,
    images: &[&ImageName],
) -> Option<(RepositoryPath, Vec<u8>)> {
    if format::is_plain(tree, location) {
        return None;
    }
    let file = link::kustomization(tree, &location.path).ok()?;
    let refused = Kustomization::read(tree.read(&file).ok()?).err()?;
    if refused.limit != Limit::ScalarType {
        return None;
    }
    quoted(tree, &location.path, images)
}

/// The folder's kustomization with the values of its entries for some images in quotes; `None` if that does not make
/// it one that kustomize reads.
fn quoted(tree: &Tree, folder: &RepositoryPath, images: &[&ImageName]) -> Option<(RepositoryPath, Vec<u8>)> {
    let file = link::kustomization(tree, folder).ok()?;
    let own = Kustomization::read_for_edit(tree.read(&file).ok()?).ok()?;
    let is_meant = |name: &str| images.iter().any(|image| image.as_str() == name);
    let mut bytes = own.text.source.text().as_bytes().to_vec();
    for (index, entry) in own.entries.iter().enumerate() {
        let new_name = entry.new_name.as_ref().map(|field| field.value.as_str());
        if is_meant(&entry.name) || new_name.is_some_and(is_meant) {
            let now = Kustomization::read_for_edit(&bytes).ok()?;
            bytes = now.with_image(now.entries.get(index), &as_it_is_written(&now, index)?).ok()?;
        }
    }
    Kustomization::read(&bytes).ok()?;
    Some((file, bytes))
}

/// A kustomization with all values of one entry in quotes that kustomize does not read as text.
pub(super) fn quoted_entry(bytes: &[u8], index: usize) -> Result<Vec<u8>, EditObstacle> {
    let own = Kustomization::read_for_edit(bytes)?;
    match as_it_is_written(&own, index) {
        Some(edit) => own.with_image(own.entries.get(index), &edit),
        None => Ok(bytes.to_vec()),
    }
}

/// An edit that writes every value of an entry again that kustomize does not read as text.
fn as_it_is_written(own: &Kustomization, index: usize) -> Option<ImageEdit> {
    let entry = own.entries.get(index)?;
    let unquoted = |key: &str| {
        let (_, node) = own.text.entry(entry.node, key)?;
        let is_text = matches!(scalar_type(&own.text, node), Some(ScalarType::Text));
        if is_text { None } else { own.text.tree.scalar(node) }
    };
    let new_name = unquoted("newName").and_then(|text| ImageName::new(text).ok());
    Some(ImageEdit {
        name: entry.name.clone(),
        new_name: new_name.map_or(Setting::Keep, Setting::Set),
        tag: unquoted("newTag").and_then(|text| text.parse().ok()).map_or(Setting::Keep, Setting::Set),
        digest: Setting::Keep,
    })
}
