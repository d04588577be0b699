//! What one kustomization says, as far as it bears on images.

pub(in crate::overlay) mod entry;
pub(in crate::overlay) mod generator;
mod schema;

use std::collections::BTreeSet;

use super::patch::{Patch, patches};
use super::replacement::Replacement;
use crate::overlay::EditObstacle;
use crate::overlay::document::text::Text;
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::limit::Limit;
use crate::yaml::{NodeId, NodeKind};
use entry::Entry;
use generator::ConfigMap;
use schema::TypeError;

pub use crate::model::KUSTOMIZATION_FILES as FILE_NAMES;

/// Keys behind which images may lie that are not seen from here.
const HIDING_KEYS: [(&str, Limit, &str); 3] = [
    ("helmCharts", Limit::HelmChart, "a Helm chart is rendered elsewhere"),
    ("helmChartInflationGenerator", Limit::HelmChart, "a Helm chart is rendered elsewhere"),
    ("generators", Limit::Generator, "generators make manifests elsewhere"),
];

/// A folder or file that a kustomization leads to.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Link {
    pub(in crate::overlay) target: String,
    pub(in crate::overlay) line: usize,
}

/// Something that is not evaluated.
#[derive(Clone, Debug)]
pub(super) struct Opaque {
    pub(super) line: usize,
    pub(super) limit: Limit,
    pub(super) why: &'static str,
}

/// A transformer: written out, or in a file.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Transformer {
    pub(in crate::overlay) text: String,
    pub(in crate::overlay) line: usize,
    /// Its lines, where it is written out.
    pub(in crate::overlay) inline: Option<Lines>,
}

/// A kustomization, read.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Kustomization {
    pub(in crate::overlay) text: Text,
    pub(in crate::overlay) root: NodeId,
    pub(in crate::overlay) is_component: bool,
    /// In the order in which they are applied.
    pub(in crate::overlay) entries: Vec<Entry>,
    pub(in crate::overlay) resources: Vec<Link>,
    pub(in crate::overlay) components: Vec<Link>,
    pub(in crate::overlay) configurations: Vec<Link>,
    pub(in crate::overlay) config_maps: Vec<ConfigMap>,
    /// Patches that come before namespace and prefix.
    pub(in crate::overlay) patches: Vec<Patch>,
    /// Patches that come after them.
    pub(super) late_patches: Vec<Patch>,
    pub(in crate::overlay) namespace: Option<String>,
    /// Labels that are added to every resource, in the order in which they are.
    pub(in crate::overlay) labels: Vec<(String, String)>,
    /// Annotations that are added to every resource.
    pub(in crate::overlay) annotations: Vec<(String, String)>,
    pub(in crate::overlay) prefix: String,
    pub(in crate::overlay) suffix: String,
    /// Replacements, which come after the entries.
    pub(in crate::overlay) replacements: Vec<Replacement>,
    pub(in crate::overlay) transformers: Vec<Transformer>,
    /// What may hold images that are not seen.
    pub(super) hiding: Vec<Opaque>,
    /// A schema of its own, which says how lists are merged.
    pub(super) schema: Option<Opaque>,
}

/// Whether a value of the wrong type in an entry of `images` is refused.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
enum Reading {
    Strict,
    /// It is accepted, because an edit may put it in quotes.
    ForEdit,
}

impl Kustomization {
    pub(in crate::overlay) fn read(bytes: &[u8]) -> Result<Self, EditObstacle> {
        Self::read_as(bytes, Reading::Strict)
    }

    /// As [`Kustomization::read`], with entries of `images` whose values lack the quotes that kustomize needs. What an
    /// edit makes of it has to pass [`Kustomization::read`].
    pub(in crate::overlay) fn read_for_edit(bytes: &[u8]) -> Result<Self, EditObstacle> {
        Self::read_as(bytes, Reading::ForEdit)
    }

    /// Every value of a kustomization that is of another type than kustomize needs; none where it is no YAML.
    pub(in crate::overlay) fn type_faults(bytes: &[u8]) -> Vec<EditObstacle> {
        let Ok(text) = Text::new(bytes) else { return Vec::new() };
        let Ok(root) = root(&text) else { return Vec::new() };
        let refused = schema::faults(&text, root).into_iter().map(|fault| fault.refused);
        refused.filter(|refused| refused.limit == Limit::ScalarType).collect()
    }

    fn read_as(bytes: &[u8], reading: Reading) -> Result<Self, EditObstacle> {
        let text = Text::new(bytes).map_err(|error| explain(bytes, error.into()))?;
        let root = root(&text)?;
        reject_ambiguous(&text, root)?;
        reject_faults(&text, root, reading)?;
        let mut early = patches(&text, root, "patchesStrategicMerge")?;
        early.extend(patches(&text, root, "patches")?);
        let own = |key| text.scalar_of(root, key).unwrap_or_default().to_owned();
        let opaque = |key, limit, why| {
            text.entry(root, key).map(|(_, node)| Opaque { line: text.line(node), limit, why })
        };
        Ok(Self {
            is_component: text.scalar_of(root, "kind") == Some("Component"),
            entries: entries(&text, root)?,
            resources: links(&text, root, &["resources", "bases"])?,
            components: links(&text, root, &["components"])?,
            configurations: links(&text, root, &["configurations"])?,
            config_maps: ConfigMap::read_all(&text, root),
            patches: early,
            late_patches: patches(&text, root, "patchesJson6902")?,
            namespace: text.scalar_of(root, "namespace").filter(|name| !name.is_empty()).map(str::to_owned),
            labels: labels(&text, root),
            annotations: pairs(&text, root, "commonAnnotations"),
            prefix: own("namePrefix"),
            suffix: own("nameSuffix"),
            replacements: replacements(&text, root)?,
            transformers: transformers(&text, root)?,
            hiding: HIDING_KEYS.iter().filter_map(|(key, limit, why)| opaque(*key, *limit, *why)).collect(),
            schema: opaque(
                "openapi",
                Limit::ConfigurationUnable,
                "a schema of its own says how lists are merged",
            ),
            text,
            root,
        })
    }
}

/// Names the most likely reason why a text is not YAML.
fn explain(bytes: &[u8], refused: EditObstacle) -> EditObstacle {
    let holds = |needle: &[u8]| memchr::memmem::find(bytes, needle).is_some();
    if holds(b"{{") || holds(b"{%") {
        let why = format!("the file is a template, not YAML ({})", refused.why);
        let line = refused.line.unwrap_or(1);
        return EditObstacle { column: refused.column, ..EditObstacle::at_line(Limit::Template, line, why) };
    }
    EditObstacle { why: format!("this is not YAML: {}", refused.why), ..refused }
}

/// The one document's mapping.
fn root(text: &Text) -> Result<NodeId, EditObstacle> {
    if let Some(second) = text.tree.documents().get(1) {
        let why = "a second document, which kustomize ignores";
        return Err(text.refuse(*second, Limit::SeveralDocuments, why));
    }
    let root = text.tree.root().filter(|root| !text.tree.is_null(*root));
    let root = root.ok_or_else(|| EditObstacle::whole(Limit::Empty, "the kustomization is empty"))?;
    match text.tree.node(root).kind {
        NodeKind::Mapping(_) => Ok(root),
        NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => {
            Err(text.refuse(root, Limit::Empty, "a kustomization is a mapping"))
        }
    }
}

/// What kustomize itself refuses.
fn reject_faults(text: &Text, root: NodeId, reading: Reading) -> Result<(), EditObstacle> {
    let images = text.entry(root, "images").map(|(_, list)| list);
    let is_edited = |fault: &TypeError| {
        reading == Reading::ForEdit
            && fault.refused.limit == Limit::ScalarType
            && images.is_some_and(|list| text.tree.is_within(fault.node, list))
    };
    if let Some(fault) = schema::faults(text, root).into_iter().find(|fault| !is_edited(fault)) {
        return Err(fault.refused);
    }
    if reading == Reading::Strict && schema::is_empty(text, root) {
        return Err(EditObstacle::whole(Limit::Empty, "the kustomization is empty"));
    }
    Ok(())
}

/// Keys that stand twice, come from elsewhere or are filled in by a template.
fn reject_ambiguous(text: &Text, root: NodeId) -> Result<(), EditObstacle> {
    if let Some(key) = text.tree.duplicate_key() {
        return Err(twice(text, key));
    }
    let mut seen = BTreeSet::new();
    for (key, value) in text.tree.entries(root) {
        let Some(name) = text.tree.scalar(*key) else {
            return Err(text.refuse(*key, Limit::Template, "the file is a template"));
        };
        if name == "<<" {
            return Err(text.refuse(*key, Limit::Alias, "the kustomization has a merge key (`<<`)"));
        }
        if text.tree.entries(*value).iter().any(|(inner, _)| text.tree.scalar(*inner).is_none()) {
            return Err(text.refuse(*value, Limit::Template, "the file is a template"));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(twice(text, *key));
        }
    }
    Ok(())
}

fn twice(text: &Text, key: NodeId) -> EditObstacle {
    let name = text.tree.scalar(key).unwrap_or_default();
    text.refuse(key, Limit::DuplicateKey, format!("the key `{name}` occurs twice"))
}

/// The entries of `images`, then those of its old name, which kustomize appends.
fn entries(text: &Text, root: NodeId) -> Result<Vec<Entry>, EditObstacle> {
    let mut entries = Vec::new();
    for key in ["images", "imageTags"] {
        for node in list(text, root, key)?.into_iter().filter(|node| !text.is_null(*node)) {
            let mut seen = BTreeSet::new();
            let keys =
                text.tree.entries(node).iter().filter_map(|(key, _)| Some((*key, text.tree.scalar(*key)?)));
            for (key, name) in keys {
                if !seen.insert(name.to_ascii_lowercase()) {
                    return Err(twice(text, key));
                }
            }
            entries.push(Entry::read(text, node)?);
        }
    }
    Ok(entries)
}

fn links(text: &Text, root: NodeId, keys: &[&str]) -> Result<Vec<Link>, EditObstacle> {
    let mut links = Vec::new();
    for key in keys {
        for node in list(text, root, key)? {
            let Some(target) = text.tree.scalar(node).filter(|target| !target.contains("{{")) else {
                let why = format!("this item of `{key}` is not a plain path");
                return Err(text.refuse(node, Limit::Malformed, why));
            };
            links.push(Link { target: target.to_owned(), line: text.line(node) });
        }
    }
    Ok(links)
}

/// What `labels` and, behind them, `commonLabels` add.
fn labels(text: &Text, root: NodeId) -> Vec<(String, String)> {
    let items = text.entry(root, "labels").map(|(_, list)| text.tree.items(list)).unwrap_or_default();
    let listed = items.iter().flat_map(|item| pairs(text, *item, "pairs"));
    listed.chain(pairs(text, root, "commonLabels")).collect()
}

fn pairs(text: &Text, map: NodeId, key: &str) -> Vec<(String, String)> {
    let value = text.entry(map, key).map(|(_, node)| Value::of(text, node, Lines::After(0)));
    let entries = value.as_ref().map(Value::entries).unwrap_or_default();
    entries.iter().map(|(key, value)| (key.clone(), value.text().unwrap_or_default().to_owned())).collect()
}

fn replacements(text: &Text, root: NodeId) -> Result<Vec<Replacement>, EditObstacle> {
    let items = list(text, root, "replacements")?.into_iter();
    Ok(items
        .map(|node| Replacement::read(&Value::of(text, node, Lines::After(0)), text.line(node)))
        .collect())
}

fn transformers(text: &Text, root: NodeId) -> Result<Vec<Transformer>, EditObstacle> {
    let mut found = Vec::new();
    for node in list(text, root, "transformers")? {
        let Some(written) = text.tree.scalar(node) else {
            let why = "this item of `transformers` is not a plain string";
            return Err(text.refuse(node, Limit::Malformed, why));
        };
        let is_inline = written.contains('\n') || written.contains(": ");
        let inline = is_inline.then(|| Lines::inside(text, node));
        found.push(Transformer { text: written.to_owned(), line: text.line(node), inline });
    }
    Ok(found)
}

/// The items under a key; none where it is absent or says nothing.
fn list(text: &Text, root: NodeId, key: &str) -> Result<Vec<NodeId>, EditObstacle> {
    let Some((_, node)) = text.entry(root, key) else { return Ok(Vec::new()) };
    match &text.tree.node(node).kind {
        NodeKind::Sequence(items) => Ok(items.clone()),
        NodeKind::Alias => Err(text.refuse(node, Limit::Alias, format!("`{key}` is an alias (`*…`)"))),
        NodeKind::Scalar { .. } | NodeKind::Mapping(_) => {
            Err(text.refuse(node, Limit::Malformed, format!("`{key}` is not a list")))
        }
    }
}
