//! Sets an image whose entry lacks the quotes that kustomize needs: `newTag: 1.10` is a number there, so nothing is
//! built from the overlay until it is edited.

use super::edit::{ImageEdit, Setting};
use super::go_yaml::{ScalarType, scalar_type};
use super::kustomization::Kustomization;
use super::limit::Limit;
use super::link;
use super::{OverlayError, Overlays, Refused, SetTo, set};
use crate::model::{ImageName, RepositoryPath, Tree};

/// As [`set::set_image`], where the folder's own entry for the image may lack quotes.
///
/// The values of that entry are put in quotes as they stand, and the rest is judged as if they always had been.
pub(super) fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    folder: &RepositoryPath,
    (image, to): (&ImageName, &SetTo),
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let refused = match set::set_image(tree, overlays, folder, (image, to)) {
        Err(error) if is_about_a_type(&error) => error,
        other => return other,
    };
    let Some(quoted) = quoted(tree, folder, image) else { return Err(refused) };
    let tree = tree.with_files(std::slice::from_ref(&quoted));
    let mut files = set::set_image(&tree, overlays, folder, (image, to))?;
    if files.iter().all(|(path, _)| *path != quoted.0) {
        files.push(quoted);
    }
    Ok(files)
}

const fn is_about_a_type(error: &OverlayError) -> bool {
    matches!(error, OverlayError::Refused { refused: Refused { limit: Limit::ScalarType, .. }, .. })
}

/// The folder's kustomization with the values of its entries for an image in quotes; `None` where that does not make
/// it one that kustomize reads.
fn quoted(tree: &Tree, folder: &RepositoryPath, image: &ImageName) -> Option<(RepositoryPath, Vec<u8>)> {
    let file = link::kustomization(tree, folder).ok()?;
    let own = Kustomization::read_for_edit(tree.read(&file).ok()?).ok()?;
    let is_meant =
        |name: &str, new_name: Option<&str>| [Some(name), new_name].contains(&Some(image.as_str()));
    let mut bytes = own.text.source.text().as_bytes().to_vec();
    for (index, entry) in own.entries.iter().enumerate() {
        let new_name = entry.new_name.as_ref().map(|field| field.value.as_str());
        if is_meant(&entry.name, new_name) {
            let now = Kustomization::read_for_edit(&bytes).ok()?;
            bytes = now.with_image(now.entries.get(index), &as_it_stands(&now, index)?).ok()?;
        }
    }
    Kustomization::read(&bytes).ok()?;
    Some((file, bytes))
}

/// An edit that writes every value of an entry again that kustomize does not read as text.
fn as_it_stands(own: &Kustomization, index: usize) -> Option<ImageEdit> {
    let entry = own.entries.get(index)?;
    let unquoted = |key: &str| {
        let (_, node) = own.text.entry(entry.node, key)?;
        let is_text = matches!(scalar_type(&own.text, node), Some(ScalarType::Text));
        own.text.tree.scalar(node).filter(|_| !is_text)
    };
    let new_name = unquoted("newName").and_then(|text| ImageName::new(text).ok());
    Some(ImageEdit {
        name: entry.name.clone(),
        new_name: new_name.map_or(Setting::Keep, Setting::Set),
        tag: unquoted("newTag").and_then(|text| text.parse().ok()).map_or(Setting::Keep, Setting::Set),
        digest: Setting::Keep,
    })
}
