//! Makes the objects of an overlay name an image at a tag and digest. Each scalar is changed in the file that sets it
//! last, where only this environment reads that file; else a patch of the environment's own sets it.

use std::collections::BTreeMap;

use super::format::{SourceAction, SourceChange};
use super::limit::Limit;
use super::new_patch::NewPatch;
use super::resolved::Looked;
use super::resolver::Overlays;
use super::resource::Id;
use super::set::SetTo;
use super::{OverlayError, Refused, scalar_edit};
use crate::model::{ImageName, Missing, RepositoryPath, Tree};

/// A file and its new content.
type Edited = (RepositoryPath, Vec<u8>);

/// A change, and the object that it is about.
struct ObjectChange<'a> {
    id: &'a Id,
    change: SourceChange,
}

/// The new content of the files that set an image in the objects of a folder; none where they all say it already.
///
/// # Errors
/// Where neither a file of this environment nor a patch of its own can set it, or an edit is not safe.
pub(super) fn set_image(
    tree: &Tree,
    overlays: &Overlays,
    before: &Looked,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<Edited>, OverlayError> {
    let changes = changes(before, image, to)?;
    let Owners { owned, shared } = owners(tree, overlays, before, &changes)?;
    let mut by_file: BTreeMap<&RepositoryPath, Vec<&SourceChange>> = BTreeMap::new();
    for ObjectChange { change, .. } in owned {
        by_file.entry(&change.source.file).or_default().push(change);
    }
    let mut files = Vec::new();
    for (file, changes) in by_file {
        let bytes = tree.read(file).map_err(|_| Refused::whole(Limit::NoFile, "this is no file").of(file))?;
        files.push((file.clone(), scalar_edit::edited(file, bytes, &changes)?));
    }
    add_patches(tree, overlays, before, &shared, &mut files)?;
    Ok(files)
}

fn changes<'a>(
    before: &'a Looked,
    image: &'a ImageName,
    to: &SetTo,
) -> Result<Vec<ObjectChange<'a>>, OverlayError> {
    let mut changes = Vec::new();
    for found in before.resolved.uses_of(image) {
        let Some(merged) = &found.merged else { continue };
        if !merged.merged.says(merged.index, to) {
            let of_object = merged.merged.changes(merged.index, image, to)?.into_iter();
            changes.extend(of_object.map(|change| ObjectChange { id: &merged.id, change }));
        }
    }
    Ok(changes)
}

/// Changes by whether only this environment reads their files.
#[derive(Default)]
struct Owners<'a> {
    owned: Vec<&'a ObjectChange<'a>>,
    shared: Vec<&'a ObjectChange<'a>>,
}

fn owners<'a>(
    tree: &Tree,
    overlays: &Overlays,
    before: &Looked,
    changes: &'a [ObjectChange<'a>],
) -> Result<Owners<'a>, OverlayError> {
    let (mut owners, mut missing) = (Owners::default(), Missing::default());
    let folder = before.file.parent().unwrap_or_else(|| before.file.clone());
    for change in changes {
        let file = &change.change.source.file;
        match overlays.is_only_reader(tree, &folder, file) {
            Ok(is_only) if is_only || *file == before.file => owners.owned.push(change),
            Ok(_) => owners.shared.push(change),
            Err(more) => missing.0.extend(more.0),
        }
    }
    if missing.0.is_empty() { Ok(owners) } else { Err(OverlayError::Missing(missing)) }
}

/// Adds a patch for each object that a shared file sets.
fn add_patches(
    tree: &Tree,
    overlays: &Overlays,
    before: &Looked,
    shared: &[&ObjectChange<'_>],
    files: &mut Vec<Edited>,
) -> Result<(), OverlayError> {
    let mut patches: Vec<NewPatch<'_>> = Vec::new();
    for ObjectChange { id, change } in shared {
        let Some((keys, value)) = target(change) else {
            return Err(refuse(overlays, before, change, "a list or a text holds it"));
        };
        let at = patches.iter().position(|patch| patch.id == *id).unwrap_or_else(|| {
            patches.push(NewPatch::new(id));
            patches.len() - 1
        });
        if let Some(patch) = patches.get_mut(at) {
            patch.set(&keys, value);
        }
    }
    for (patch, first) in patches.iter().zip(shared) {
        let name = patch.file_name();
        let path = before.file.parent().and_then(|folder| folder.join(&name));
        let Some(path) = path.filter(|path| tree.entry(path).is_none() && !tree.is_folder(path)) else {
            return Err(refuse(overlays, before, &first.change, &format!("`{name}` exists already")));
        };
        list_patch(tree, before, &name, files)?;
        files.push((path, patch.content()));
    }
    Ok(())
}

/// Lists a patch in the environment's own kustomization, as it is after the other edits.
fn list_patch(tree: &Tree, before: &Looked, name: &str, files: &mut Vec<Edited>) -> Result<(), OverlayError> {
    let file = &before.file;
    let edited = tree.with_files(files);
    let bytes = edited.read(file).map_err(|_| Refused::whole(Limit::NoFile, "this is no file").of(file))?;
    let own = super::kustomization::Kustomization::read(bytes);
    let bytes = own.and_then(|own| own.with_patch(name)).map_err(|refused| refused.of(file))?;
    files.retain(|(other, _)| other != file);
    files.push((file.clone(), bytes));
    Ok(())
}

/// The keys that lead to what a change sets; `None` where a list or a text is on the way.
fn target(change: &SourceChange) -> Option<(Vec<String>, &str)> {
    let mut keys = change.source.path.clone()?;
    match &change.action {
        SourceAction::Set(value) => Some((keys, value)),
        SourceAction::AddKey { key, value } => {
            keys.pop();
            keys.push(key.clone());
            Some((keys, value))
        }
    }
}

fn refuse(overlays: &Overlays, before: &Looked, change: &SourceChange, why_no_patch: &str) -> OverlayError {
    let file = &change.source.file;
    let folder = before.file.parent();
    let other = folder.as_ref().and_then(|folder| overlays.readers(file, folder).next());
    let why = match other {
        Some((other, _)) => format!("`{other}` reads this file too, and {why_no_patch}"),
        None => format!("other overlays may read this file, and {why_no_patch}"),
    };
    let way_out = format!("set it by hand with a patch in {}", before.file);
    Refused::at_line(Limit::ObjectShared, change.source.line, why).or_else(way_out).of(file)
}
