//! The images that objects of Flux and Argo CD name, once kustomize has built them. Kustomize's `images` changes only
//! containers: <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/>.

pub(in crate::overlay) mod custom_image;
pub(in crate::overlay) mod helm;

use std::cell::LazyCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::field::{Defaults, FieldSpec, places};
use super::note::{Note, Uncertainty};
use super::uses::{MergedImage, ObjectIds, Use};
use crate::model::RepositoryPath;
use crate::overlay::document::resource::{Id, Resource, trail_of};
use crate::overlay::document::value::{Scalar, Value};
use crate::overlay::format::{HelmRepositories, HiddenSource, Merged, is_object_format};
use crate::overlay::limit::Limit;
use custom_image::{CustomImage, custom_image};
use helm::ConfigMaps;

/// Adds the images that objects name, and a note for what is not understood in them.
pub(super) fn add_uses(
    resources: &[Resource],
    fields: &[FieldSpec],
    uses: &mut Vec<Use>,
    notes: &mut Vec<Note>,
) {
    let is_of_format = |resource: &&Resource| {
        let id = resource.id();
        is_object_format(&id.group, &id.kind)
    };
    let others = resources.iter().filter(|resource| !is_of_format(resource));
    notes.extend(others.filter_map(|resource| custom_image_note(resource, fields)));
    let objects: Vec<&Resource> = resources.iter().filter(is_of_format).collect();
    if objects.is_empty() {
        return;
    }
    let surroundings = Surroundings::of(resources);
    for resource in objects {
        match surroundings.read(resource) {
            Ok(merged) => {
                let merged = Arc::new(merged);
                let object = Arc::new(surroundings.ids_of(resource));
                add_images(&ObjectRead { merged, object, resource, fields }, uses, notes);
            }
            Err((line, why)) => notes.push(hidden(Limit::ManifestUnread, resource.file.clone(), line, why)),
        }
    }
}

/// A note for a field of a custom resource that may be an image.
fn custom_image_note(resource: &Resource, fields: &[FieldSpec]) -> Option<Note> {
    let place = |scalar: &Scalar| trail_of(scalar, &resource.file).pop().map(|step| (step.file, step.line));
    let shown = LazyCell::new(|| container_lines(resource, fields));
    let is_known = |scalar: &Scalar| place(scalar).is_some_and(|at| shown.contains(&at));
    let CustomImage { scalar, why } = custom_image(&resource.value, is_known)?;
    let (file, line) = place(scalar)?;
    Some(hidden(Limit::CustomImage, file, line, why))
}

/// What the resources of an overlay say about each of its objects.
struct Surroundings<'a> {
    repositories: HelmRepositories,
    config_maps: ConfigMaps<'a>,
    /// How many resources ever had an id.
    owners: HashMap<&'a Id, usize>,
}

impl<'a> Surroundings<'a> {
    fn of(resources: &'a [Resource]) -> Self {
        let mut owners = HashMap::new();
        for resource in resources {
            let own: HashSet<&Id> = resource.ids.iter().map(AsRef::as_ref).collect();
            own.into_iter().for_each(|id| *owners.entry(id).or_default() += 1);
        }
        let config_maps = ConfigMaps::of(resources);
        Self { repositories: helm::repositories(resources), config_maps, owners }
    }

    fn read(&self, resource: &Resource) -> Result<Merged, (usize, String)> {
        let with_values = self.config_maps.with_values_from(resource);
        let value: &Value = with_values.as_ref().unwrap_or(&resource.value);
        Merged::object(value, &resource.file, &self.repositories).map_err(|error| {
            let (kind, name) = (&resource.id().kind, &resource.id().name);
            (1, format!("the {kind} `{name}` cannot be read after it was merged ({})", error.what))
        })
    }

    fn ids_of(&self, resource: &Resource) -> ObjectIds {
        let all = resource.ids.clone();
        let is_own = |id: &&Arc<Id>| self.owners.get(id.as_ref()) == Some(&1);
        let patched = all.iter().find(is_own).or_else(|| all.first()).expect("starts with one id");
        ObjectIds { patched: Arc::clone(patched), all }
    }
}

/// An object as it was read.
struct ObjectRead<'a> {
    merged: Arc<Merged>,
    object: Arc<ObjectIds>,
    resource: &'a Resource,
    fields: &'a [FieldSpec],
}

fn add_images(read: &ObjectRead<'_>, uses: &mut Vec<Use>, notes: &mut Vec<Note>) {
    let ObjectRead { merged, object, resource, fields } = read;
    let in_containers = container_lines(resource, fields);
    let (hidden_images, first_note) = (merged.hidden(), notes.len());
    let altering: HashSet<usize> = (0..merged.len()).filter_map(|index| merged.doubt(index)).collect();
    for (index, hidden) in hidden_images.into_iter().enumerate() {
        let doubt =
            if altering.contains(&index) { Uncertainty::Alters } else { Uncertainty::HidesBeyondImages };
        let HiddenSource { limit, file, line, why } = hidden;
        notes.push(Note { file, line, limit, why, doubt });
    }
    for index in 0..merged.len() {
        let (Some(image), Some(source)) = (merged.image(index), merged.source(index)) else { continue };
        if in_containers.contains(&(source.file, source.line)) {
            continue;
        }
        uses.push(Use {
            image: image.clone(),
            trail: merged.trail(index),
            doubt: resource.doubt.or_else(|| Some(first_note + merged.doubt(index)?)),
            merged: Some(MergedImage { merged: Arc::clone(merged), index, object: Arc::clone(object) }),
        });
    }
}

/// The lines of the images that kustomize's `images` reaches: they are shown already.
fn container_lines(resource: &Resource, fields: &[FieldSpec]) -> BTreeSet<(RepositoryPath, usize)> {
    let places = places(&resource.value, resource.id(), Defaults::Known, fields);
    let lines = places.keys().filter_map(|route| match resource.value.at(route) {
        Some(Value::Scalar(scalar)) => {
            trail_of(scalar, &resource.file).pop().map(|step| (step.file, step.line))
        }
        Some(_) | None => None,
    });
    lines.collect()
}

const fn hidden(limit: Limit, file: RepositoryPath, line: usize, why: String) -> Note {
    Note { file, line, limit, why, doubt: Uncertainty::HidesBeyondImages }
}
