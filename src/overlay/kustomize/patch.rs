//! Patches of a kustomization: what they say and whom they are for.

mod json_patch;
mod strategic;

use std::sync::Arc;

use super::selector::Selector;
use crate::model::RepositoryPath;
use crate::overlay::EditObstacle;
use crate::overlay::document::go_yaml::{ScalarType, scalar_type};
use crate::overlay::document::resource::{Id, Resource};
use crate::overlay::document::text::Text;
use crate::overlay::document::value::{Lines, Value};
use crate::yaml::{NodeId, NodeKind};
use json_patch::Operation;
use strategic::Merge;

/// How many operations one patch may have.
const OPERATIONS_MAX: usize = 1_000;

/// Why something is not evaluated.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct NotEvaluated(pub(super) &'static str);

/// One item of `patches`, `patchesStrategicMerge` or `patchesJson6902`.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Patch {
    pub(in crate::overlay) line: usize,
    /// The key under which it stands.
    pub(in crate::overlay) key: &'static str,
    pub(in crate::overlay) target: Option<Selector>,
    pub(in crate::overlay) body: Body,
    may: MayChange,
}

/// The `options` of a patch: what a merge may change that it leaves alone otherwise.
#[derive(Copy, Clone, Debug, Default)]
struct MayChange {
    name: bool,
    kind: bool,
}

/// Where a patch's text is.
#[derive(Clone, Debug)]
pub(in crate::overlay) enum Body {
    /// In the kustomization.
    Inline(Arc<Content>),
    /// In a file, by its path as written.
    File(String),
    /// Nowhere that can be read.
    Unable(NotEvaluated),
}

/// What a patch does.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Content {
    form: Result<Form, NotEvaluated>,
    /// Whether the word `image` stands in it: without, it brings no image.
    pub(super) names_images: bool,
    nodes: usize,
}

#[derive(Clone, Debug)]
enum Form {
    Merges(Vec<Value>),
    Operations(Vec<Operation>),
}

/// A patch that could not be evaluated, and the resources that it may have changed; none where that is not known.
pub(super) struct FailedPatch {
    pub(super) why: NotEvaluated,
    pub(super) resources: Option<Vec<usize>>,
}

impl From<NotEvaluated> for FailedPatch {
    fn from(why: NotEvaluated) -> Self {
        Self { why, resources: None }
    }
}

/// The patches under a key.
pub(in crate::overlay) fn patches(
    text: &Text,
    root: NodeId,
    key: &'static str,
) -> Result<Vec<Patch>, EditObstacle> {
    let Some((_, list)) = text.entry(root, key) else { return Ok(Vec::new()) };
    if !matches!(text.tree.node(list).kind, NodeKind::Sequence(_)) {
        let body = Body::Unable(NotEvaluated("it is not a list"));
        return Ok(vec![Patch { line: text.line(list), key, target: None, body, may: MayChange::default() }]);
    }
    text.tree.items(list).iter().map(|item| Patch::read(text, *item, key)).collect()
}

impl MayChange {
    fn read(text: &Text, item: NodeId) -> Self {
        let Some((_, options)) = text.entry(item, "options") else { return Self::default() };
        // These keys are of a map, so their case counts.
        let is_set = |key| {
            text.tree
                .get(options, key)
                .is_some_and(|node| scalar_type(text, node) == Some(ScalarType::Boolean(true)))
        };
        Self { name: is_set("allowNameChange"), kind: is_set("allowKindChange") }
    }
}

impl Patch {
    /// Reads one item; the lines are those of the text.
    pub(in crate::overlay) fn read(
        text: &Text,
        item: NodeId,
        key: &'static str,
    ) -> Result<Self, EditObstacle> {
        let target =
            text.entry(item, "target").map(|(_, target)| Selector::read(text, target)).transpose()?;
        let may = MayChange::read(text, item);
        Ok(Self { line: text.line(item), key, target, body: body(text, item), may })
    }

    /// About how many nodes are looked at to apply it.
    pub(in crate::overlay) fn cost(&self, content: &Content, resources: &[Resource]) -> usize {
        let Some(target) = &self.target else { return resources.len() + content.nodes };
        let selected = resources.iter().filter(|resource| target.selects(resource));
        let nodes = selected.map(|resource| content.nodes + resource.value.size()).sum::<usize>();
        resources.len() + nodes
    }

    /// Applies it to the resources that it is for.
    pub(super) fn apply(
        &self,
        content: &Content,
        file: &RepositoryPath,
        resources: &mut Vec<Resource>,
    ) -> Result<(), FailedPatch> {
        let form = content.form.as_ref().map_err(|why| *why)?;
        match (form, &self.target) {
            (Form::Merges(patches), None) => {
                for patch in patches {
                    let at = find(resources, &Id::of(patch), content.names_images)?;
                    merge_into(resources, &at, patch, file, MayChange::default())?;
                }
                Ok(())
            }
            (Form::Merges(patches), Some(target)) => {
                let [patch] = patches.as_slice() else {
                    return Err(NotEvaluated("it has several documents").into());
                };
                merge_into(resources, &selected(resources, target), patch, file, self.may)
            }
            (Form::Operations(_), None) => Err(NotEvaluated("it has no `target`").into()),
            (Form::Operations(operations), Some(target)) => {
                let at = selected(resources, target);
                each(resources, &at, |resource| operate(resource, operations, file))
            }
        }
    }
}

fn body(text: &Text, item: NodeId) -> Body {
    match &text.tree.node(item).kind {
        NodeKind::Alias | NodeKind::Sequence(_) => Body::Unable(NotEvaluated("it is an alias or a list")),
        NodeKind::Scalar { value, .. } if value.contains('\n') || value.contains('{') => {
            Body::Inline(Arc::new(Content::read(value, Lines::inside(text, item))))
        }
        NodeKind::Scalar { value, .. } => Body::File(value.clone()),
        NodeKind::Mapping(_) => {
            let inline = text.entry(item, "patch").map(|(_, node)| node);
            match (
                inline.and_then(|node| Some((node, text.tree.scalar(node)?))),
                text.scalar_of(item, "path"),
            ) {
                (Some((node, patch)), None) => {
                    Body::Inline(Arc::new(Content::read(patch, Lines::inside(text, node))))
                }
                (None, Some(path)) => Body::File(path.to_owned()),
                (Some(_), Some(_)) | (None, None) => Body::Unable(NotEvaluated("it has no one text")),
            }
        }
    }
}

impl Content {
    /// Reads a patch; a list makes it one of operations.
    pub(in crate::overlay) fn read(patch: &str, lines: Lines) -> Self {
        let form = form(patch, lines);
        let nodes = match &form {
            Ok(Form::Merges(patches)) => patches.iter().map(Value::size).sum(),
            Ok(Form::Operations(operations)) => operations.len(),
            Err(_) => 0,
        };
        Self { form, names_images: patch.contains("image"), nodes }
    }
}

fn form(patch: &str, lines: Lines) -> Result<Form, NotEvaluated> {
    let text = Text::new(patch.as_bytes()).map_err(|_| NotEvaluated("it is not YAML"))?;
    let documents = Value::documents(&text, lines);
    match documents.as_slice() {
        [] => Err(NotEvaluated("it is empty")),
        [Value::List(operations)] => Operation::read_all(operations).map(Form::Operations),
        [..] => Ok(Form::Merges(documents)),
    }
}

/// The one resource with this id. Where the patch names no image it does not matter who is meant: its target may
/// be a file that was not parsed, since it shows no image either.
fn find(resources: &[Resource], id: &Id, names_images: bool) -> Result<Vec<usize>, FailedPatch> {
    let at: Vec<usize> = resources
        .iter()
        .enumerate()
        .filter(|(_, found)| found.was_ever(id))
        .map(|(index, _)| index)
        .collect();
    match at.len() {
        1 => Ok(at),
        0 if !names_images => Ok(at),
        0 => Err(NotEvaluated("no resource fits it").into()),
        _ => Err(FailedPatch { why: NotEvaluated("several resources fit it"), resources: Some(at) }),
    }
}

fn selected(resources: &[Resource], target: &Selector) -> Vec<usize> {
    let found = resources.iter().enumerate().filter(|(_, resource)| target.selects(resource));
    found.map(|(index, _)| index).collect()
}

/// Changes some resources; one that cannot be changed stays as it was and is named.
fn each(
    resources: &mut [Resource],
    at: &[usize],
    mut change: impl FnMut(&mut Resource) -> Result<(), NotEvaluated>,
) -> Result<(), FailedPatch> {
    let mut failed: Option<(NotEvaluated, Vec<usize>)> = None;
    for index in at {
        let Some(resource) = resources.get_mut(*index) else { continue };
        let mut changed = resource.clone();
        match change(&mut changed) {
            Ok(()) => *resource = changed,
            Err(why) => failed.get_or_insert((why, Vec::new())).1.push(*index),
        }
    }
    failed.map_or(Ok(()), |(why, resources)| Err(FailedPatch { why, resources: Some(resources) }))
}

fn merge_into(
    resources: &mut Vec<Resource>,
    at: &[usize],
    patch: &Value,
    patch_file: &RepositoryPath,
    may: MayChange,
) -> Result<(), FailedPatch> {
    if patch.text_at(&["$patch"]) == Some("delete") {
        let mut index = 0;
        resources.retain(|_| {
            index += 1;
            !at.contains(&(index - 1))
        });
        return Ok(());
    }
    each(resources, at, |resource| merge(resource, patch, patch_file, may))
}

/// A merge changes neither what a resource is nor its name, unless its options say so.
fn merge(
    resource: &mut Resource,
    patch: &Value,
    patch_file: &RepositoryPath,
    may: MayChange,
) -> Result<(), NotEvaluated> {
    if patch.text_at(&["$patch"]) == Some("replace") {
        return Err(NotEvaluated("it replaces a whole resource (`$patch: replace`)"));
    }
    let merges_lists = strategic::is_known(resource.id());
    let merge = Merge { patch_file, file: &resource.file, merges_lists };
    let mut patch = patch.clone();
    if let Value::Map(entries) = &mut patch {
        entries.retain(|(key, _)| key != "apiVersion" && (key != "kind" || may.kind));
    }
    if let Some(Value::Map(entries)) = patch.get_mut("metadata") {
        entries.retain(|(key, _)| key != "namespace" && (key != "name" || may.name));
    }
    merge.apply(Arc::make_mut(&mut resource.value), &patch)?;
    resource.identify_again();
    Ok(())
}

fn operate(
    resource: &mut Resource,
    operations: &[Operation],
    patch_file: &RepositoryPath,
) -> Result<(), NotEvaluated> {
    if operations.len() > OPERATIONS_MAX {
        return Err(NotEvaluated("it has too many operations"));
    }
    // Kustomize keeps annotations of its own during a build, so there is always something to add to.
    resource.annotate("annotations", &[]);
    let value = Arc::make_mut(&mut resource.value);
    for operation in operations {
        operation.apply(value, &resource.file, patch_file)?;
        if operation.may_grow() && !value.is_bounded() {
            return Err(NotEvaluated("it makes the resource too large or too deep"));
        }
    }
    resource.identify_again();
    Ok(())
}
