//! What an overlay renders, looked through for digests that a promotion replaces.

use std::collections::BTreeSet;

use crate::model::{Missing, RepositoryPath, Tree, TreeError};
use crate::overlay::document::resource::{Resource, trail_of};
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::format::{HelmRepositories, Merged, Replaced, is_object_format};
use crate::overlay::kustomize::object_images::helm::ConfigMaps;
use crate::overlay::kustomize::parsed::Parsed;
use crate::overlay::kustomize::resolved::{ResolvedOverlay, look};
use crate::overlay::kustomize::walk::rendered;
use crate::overlay::{EditObstacle, OverlayError};

/// Refuses a promotion after which something that the overlay renders still holds a replaced digest.
///
/// # Errors
/// At the scalar that holds it, and where content is missing.
pub(in crate::overlay) fn check_replaced(
    edited: &Tree,
    folder: &RepositoryPath,
    replaced: &Replaced<'_>,
) -> Result<(), OverlayError> {
    let mut parsed = Parsed::default();
    let looked = look(edited, folder, &mut parsed)?;
    // Most overlays name the digest nowhere else, which is known without rendering all of it.
    if !holds_any(edited, folder, &looked, replaced)? {
        return Ok(());
    }
    let resources = rendered(edited, folder, &mut parsed)?;
    let check = Check { file: &looked.file, config_maps: ConfigMaps::of(&resources), replaced };
    resources.iter().try_for_each(|resource| check.resource(resource))
}

/// Whether a replaced digest is in one of the files that were read, or from which the folder makes ConfigMaps.
fn holds_any(
    edited: &Tree,
    folder: &RepositoryPath,
    looked: &ResolvedOverlay,
    replaced: &Replaced<'_>,
) -> Result<bool, OverlayError> {
    let config_maps = looked.own.config_maps.iter();
    let generated: Vec<RepositoryPath> = config_maps
        .flat_map(|config_map| {
            let environments = config_map.environments.iter().map(|(path, _)| path);
            environments.chain(config_map.files.iter().map(|file| &file.path))
        })
        .filter_map(|path| folder.join(path))
        .collect();
    let is_missing = |path: &&RepositoryPath| edited.read(path) == Err(TreeError::Missing);
    let missing: BTreeSet<RepositoryPath> = generated.iter().filter(is_missing).cloned().collect();
    if !missing.is_empty() {
        return Err(OverlayError::Missing(Missing(missing)));
    }
    let holds = |path: &RepositoryPath| edited.read(path).is_ok_and(|bytes| replaced.are_in(bytes));
    Ok(looked.asked.iter().chain(&generated).any(holds))
}

struct Check<'a> {
    /// The folder's own kustomization.
    file: &'a RepositoryPath,
    config_maps: ConfigMaps<'a>,
    replaced: &'a Replaced<'a>,
}

impl Check<'_> {
    fn resource(&self, resource: &Resource) -> Result<(), OverlayError> {
        let id = resource.id();
        let replaced = self.replaced;
        if is_object_format(&id.group, &id.kind) {
            let with_values = self.config_maps.with_values_from(resource);
            let value = with_values.as_ref().unwrap_or(&resource.value);
            let repositories = HelmRepositories::default();
            // One that cannot be read was named as such.
            return Merged::object(value, &resource.file, &repositories)
                .map_or(Ok(()), |merged| merged.check_replaced(replaced));
        }
        match first(&resource.value, "", replaced) {
            Some((key, scalar)) => {
                let step = trail_of(scalar, &resource.file).pop().expect("a scalar has a place");
                let refused = Replaced::refusal(step.line, key);
                // Labels and annotations that a kustomization adds to all resources have no line.
                let is_added = step.line == 0;
                Err(if is_added {
                    EditObstacle { line: None, ..refused }.of(self.file)
                } else {
                    refused.of(&step.file)
                })
            }
            None => Ok(()),
        }
    }
}

/// The first scalar that holds a replaced digest, and its key. As deep as `yaml::DEPTH_MAX`.
fn first<'a>(value: &'a Value, key: &'a str, replaced: &Replaced<'_>) -> Option<(&'a str, &'a Scalar)> {
    match value {
        Value::Scalar(scalar) => replaced.stays_in(&scalar.text).then_some((key, scalar)),
        Value::Map(entries) => entries.iter().find_map(|(key, value)| first(value, key, replaced)),
        Value::List(items) => items.iter().find_map(|item| first(item, key, replaced)),
        Value::Unread { .. } => None,
    }
}
