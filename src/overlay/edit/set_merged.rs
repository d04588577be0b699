//! Makes the objects of an overlay name an image at a tag and digest. Each scalar is changed in the file that sets it
//! last, where only this environment reads that file; else a patch of the environment's own sets it.

use std::collections::BTreeMap;

use super::image_edit::SetTo;
use super::own_patch::{Edited, Environment, ObjectValues};
use super::scalar_edit;
use crate::model::{ImageName, Missing, RepositoryPath};
use crate::overlay::format::SourceChange;
use crate::overlay::kustomize::uses::ObjectIds;
use crate::overlay::limit::Limit;
use crate::overlay::{EditObstacle, OverlayError};

/// A change, and the object that it is about.
struct ObjectChange<'a> {
    object: &'a ObjectIds,
    change: SourceChange,
}

/// The new content of the files that set an image in the objects of an environment; none where they all say it already.
///
/// # Errors
/// Where neither a file of this environment nor a patch of its own can set it, or an edit is not safe.
pub(in crate::overlay) fn set_image(
    environment: &Environment<'_>,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<Edited>, OverlayError> {
    let changes = changes(environment, image, to)?;
    let Owners { owned, shared } = owners(environment, &changes)?;
    let mut by_file: BTreeMap<&RepositoryPath, Vec<&SourceChange>> = BTreeMap::new();
    for ObjectChange { change, .. } in owned {
        by_file.entry(&change.source.file).or_default().push(change);
    }
    let mut files = Vec::new();
    for (file, changes) in by_file {
        let bytes = environment.tree.read(file);
        let bytes = bytes.map_err(|_| EditObstacle::whole(Limit::NoFile, "this is not a file").of(file))?;
        files.push((file.clone(), scalar_edit::edited(file, bytes, &changes)?));
    }
    for wanted in by_object(environment, &shared)? {
        environment.set_in_patch(&wanted, &mut files)?;
    }
    Ok(files)
}

fn changes<'a>(
    environment: &Environment<'a>,
    image: &'a ImageName,
    to: &SetTo,
) -> Result<Vec<ObjectChange<'a>>, OverlayError> {
    let mut changes = Vec::new();
    for found in environment.before.resolved.uses_of(image) {
        let Some(merged) = &found.merged else { continue };
        if !merged.merged.says(merged.index, to) {
            let of_object = merged.merged.changes(merged.index, image, to)?.into_iter();
            changes.extend(of_object.map(|change| ObjectChange { object: &merged.object, change }));
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
    environment: &Environment<'_>,
    changes: &'a [ObjectChange<'a>],
) -> Result<Owners<'a>, OverlayError> {
    let (mut owners, mut missing) = (Owners::default(), Missing::default());
    let folder = environment.folder();
    for change in changes {
        let file = &change.change.source.file;
        // The environment's own kustomization is its own, whatever the other ones say: they need not be read for that.
        if *file == environment.before.file {
            owners.owned.push(change);
            continue;
        }
        match environment.overlays.is_only_reader(environment.tree, &folder, file) {
            Ok(true) => owners.owned.push(change),
            Ok(false) => owners.shared.push(change),
            Err(more) => missing.0.extend(more.0),
        }
    }
    if missing.0.is_empty() { Ok(owners) } else { Err(OverlayError::Missing(missing)) }
}

/// The values that patches have to set, by object.
fn by_object<'a>(
    environment: &Environment<'_>,
    shared: &[&'a ObjectChange<'a>],
) -> Result<Vec<ObjectValues<'a>>, OverlayError> {
    let mut objects: Vec<ObjectValues<'a>> = Vec::new();
    for ObjectChange { object, change } in shared {
        let value = change.target().ok_or_else(|| without_patch(environment, change))?;
        match objects.iter_mut().find(|values| values.object.patched == object.patched) {
            Some(values) => values.values.push(value),
            None => objects.push(ObjectValues { object, values: vec![value] }),
        }
    }
    Ok(objects)
}

fn without_patch(environment: &Environment<'_>, change: &SourceChange) -> OverlayError {
    let file = &change.source.file;
    let folder = environment.folder();
    let why = match environment.overlays.readers(file, &folder).next() {
        Some((other, _)) => format!("`{other}` reads this file too, and a list or a text holds the value"),
        None => "other overlays may read this file, and a list or a text holds the value".to_owned(),
    };
    let way_out = format!("set it by hand with a patch in {}", environment.before.file);
    EditObstacle::at_line(Limit::ObjectShared, change.source.line, why).or_else(way_out).of(file)
}
