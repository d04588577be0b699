//! The images that objects of Flux and Argo CD name, once kustomize has built them. Kustomize's `images` changes only
//! containers: <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/>.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::custom_image::{CustomImage, custom_image};
use super::field::{Defaults, FieldSpec, places};
use super::format::{HelmRepositories, HiddenSource, Merged, is_object_format};
use super::helm;
use super::limit::Limit;
use super::note::{Doubt, Note};
use super::resource::{Id, Resource, trail_of};
use super::value::{Scalar, Value};
use super::walk::Use;
use crate::model::RepositoryPath;

/// One image of a merged value.
#[derive(Clone, Debug)]
pub(super) struct MergedImage {
    /// The merged value.
    pub(super) merged: Arc<Merged>,
    /// Which of its images.
    pub(super) index: usize,
    /// What identified the object in its own file.
    pub(super) id: Arc<Id>,
}

impl PartialEq for MergedImage {
    fn eq(&self, other: &Self) -> bool {
        self.index == other.index && self.merged.text() == other.merged.text()
    }
}

impl Eq for MergedImage {}

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
    notes.extend(resources.iter().filter(|resource| !is_of_format(resource)).filter_map(|resource| {
        let known = |scalar: &Scalar| {
            let at = trail_of(scalar, &resource.file).pop().map(|step| (step.file, step.line));
            at.is_some_and(|at| container_lines(resource, fields).contains(&at))
        };
        let CustomImage { line, why } = custom_image(&resource.value, known)?;
        Some(hidden(Limit::CustomImage, resource.file.clone(), line, why))
    }));
    let mut objects = resources.iter().filter(is_of_format).peekable();
    if objects.peek().is_none() {
        return;
    }
    let repositories = helm::repositories(resources);
    for resource in objects {
        match read(resource, resources, &repositories) {
            Ok(merged) => add_images(&Arc::new(merged), resource, fields, uses, notes),
            Err((line, why)) => notes.push(hidden(Limit::ManifestUnread, resource.file.clone(), line, why)),
        }
    }
}

fn read(
    resource: &Resource,
    resources: &[Resource],
    repositories: &HelmRepositories,
) -> Result<Merged, (usize, String)> {
    let with_values = helm::with_values_from(resource, resources);
    let value: &Value = with_values.as_ref().unwrap_or(&resource.value);
    Merged::object(value, &resource.file, repositories).map_err(|error| {
        let (kind, name) = (&resource.id().kind, &resource.id().name);
        (1, format!("the {kind} `{name}` cannot be read after it was merged ({})", error.what))
    })
}

fn add_images(
    merged: &Arc<Merged>,
    resource: &Resource,
    fields: &[FieldSpec],
    uses: &mut Vec<Use>,
    notes: &mut Vec<Note>,
) {
    let in_containers = container_lines(resource, fields);
    let (hidden_images, first_note) = (merged.hidden(), notes.len());
    let alters = |note: usize| (0..merged.len()).any(|index| merged.doubt(index) == Some(note));
    for (index, hidden) in hidden_images.into_iter().enumerate() {
        let doubt = if alters(index) { Doubt::Alters } else { Doubt::HidesBeyondImages };
        let HiddenSource { limit, file, line, why } = hidden;
        notes.push(Note { file, line, limit, why, doubt });
    }
    let id = resource.ids.first().expect("starts with one id");
    for index in 0..merged.len() {
        let (Some(image), Some(source)) = (merged.image(index), merged.source(index)) else { continue };
        if in_containers.contains(&(source.file, source.line)) {
            continue;
        }
        uses.push(Use {
            image: image.clone(),
            trail: merged.trail(index),
            doubt: resource.doubt.or_else(|| Some(first_note + merged.doubt(index)?)),
            merged: Some(MergedImage { merged: Arc::clone(merged), index, id: Arc::clone(id) }),
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
    Note { file, line, limit, why, doubt: Doubt::HidesBeyondImages }
}
