//! What one kustomization says, as far as it bears on images.

use std::collections::BTreeSet;

use super::Refused;
use super::entry::Entry;
use super::patch::{Piece, pieces};
use super::text::Text;
use crate::yaml::{NodeId, NodeKind};

/// The names that a kustomization may have; a folder has exactly one of them.
pub(super) const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Keys behind which images may lie that are not seen from here.
const HIDING_KEYS: [(&str, &str); 5] = [
    ("helmCharts", "a Helm chart is rendered elsewhere"),
    ("helmChartInflationGenerator", "a Helm chart is rendered elsewhere"),
    ("generators", "generators make manifests elsewhere"),
    ("configurations", "configurations may name more places with images"),
    ("vars", "variables may stand for images"),
];

/// A folder or file that a kustomization leads to.
#[derive(Clone, Debug)]
pub(super) struct Link {
    pub(super) target: String,
    pub(super) line: usize,
}

/// Something that is not evaluated.
#[derive(Clone, Debug)]
pub(super) struct Opaque {
    pub(super) line: usize,
    pub(super) why: &'static str,
}

/// A kustomization, read.
#[derive(Clone, Debug)]
pub(super) struct Kustomization {
    pub(super) text: Text,
    pub(super) root: NodeId,
    /// In the order in which they are applied.
    pub(super) entries: Vec<Entry>,
    pub(super) resources: Vec<Link>,
    pub(super) components: Vec<Link>,
    /// Patches, which come before the entries.
    pub(super) patches: Vec<Piece>,
    /// Replacements, which come after the entries.
    pub(super) replacements: Vec<Piece>,
    /// What may hold images that are not seen.
    pub(super) hiding: Vec<Opaque>,
    /// What may change images after the entries.
    pub(super) transformers: Option<Opaque>,
}

impl Kustomization {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let text = Text::new(bytes).map_err(|error| explain(bytes, error.into()))?;
        let root = root(&text)?;
        reject_ambiguous(&text, root)?;
        let mut patches = Vec::new();
        for key in ["patches", "patchesStrategicMerge", "patchesJson6902"] {
            patches.extend(pieces(&text, root, key));
        }
        let opaque = |key, why| text.entry(root, key).map(|(_, node)| Opaque { line: text.line(node), why });
        Ok(Self {
            entries: entries(&text, root)?,
            resources: links(&text, root, &["resources", "bases"])?,
            components: links(&text, root, &["components"])?,
            patches,
            replacements: pieces(&text, root, "replacements"),
            hiding: HIDING_KEYS.iter().filter_map(|(key, why)| opaque(*key, why)).collect(),
            transformers: opaque("transformers", "transformers may change images"),
            text,
            root,
        })
    }
}

/// Names the most likely reason why a text is not YAML.
fn explain(bytes: &[u8], refused: Refused) -> Refused {
    let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    if holds(b"{{") || holds(b"{%") {
        let why = format!("the file is a template, not YAML ({})", refused.why);
        return Refused {
            why,
            way_out: "keep what the template makes in the repository".to_owned(),
            ..refused
        };
    }
    Refused { why: format!("this is not YAML: {}", refused.why), ..refused }
}

/// The one document's mapping.
fn root(text: &Text) -> Result<NodeId, Refused> {
    if let Some(second) = text.tree.documents().get(1) {
        let why = "a second document, which kustomize ignores";
        return Err(text.refuse(*second, why, "keep one document in a kustomization"));
    }
    let root = text.tree.root().filter(|root| !text.tree.is_null(*root));
    let root = root.ok_or_else(|| Refused::whole("the kustomization is empty", "give it `resources`"))?;
    match text.tree.node(root).kind {
        NodeKind::Mapping(_) => Ok(root),
        NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => Err(text.refuse(
            root,
            "a kustomization is a mapping",
            "write `resources:` and what belongs to it",
        )),
    }
}

/// Keys that stand twice, come from elsewhere or are filled in by a template.
fn reject_ambiguous(text: &Text, root: NodeId) -> Result<(), Refused> {
    if let Some(key) = text.tree.duplicate_key() {
        return Err(twice(text, key));
    }
    let mut seen = BTreeSet::new();
    for (key, value) in text.tree.entries(root) {
        let Some(name) = text.tree.scalar(*key) else {
            let way_out = "keep what the template makes in the repository";
            return Err(text.refuse(*key, "the file is a template", way_out));
        };
        if name == "<<" {
            return Err(text.refuse(*key, "the kustomization has a merge key (`<<`)", "write its keys out"));
        }
        if text.tree.entries(*value).iter().any(|(inner, _)| text.tree.scalar(*inner).is_none()) {
            let way_out = "keep what the template makes in the repository";
            return Err(text.refuse(*value, "the file is a template", way_out));
        }
        if !seen.insert(name.to_ascii_lowercase()) {
            return Err(twice(text, *key));
        }
    }
    Ok(())
}

fn twice(text: &Text, key: NodeId) -> Refused {
    let name = text.tree.scalar(key).unwrap_or_default();
    text.refuse(key, format!("the key `{name}` stands twice"), "delete one of the two")
}

/// The entries of `images`, then those of its old name, which kustomize appends.
fn entries(text: &Text, root: NodeId) -> Result<Vec<Entry>, Refused> {
    let mut entries = Vec::new();
    for key in ["images", "imageTags"] {
        for node in list(text, root, key)? {
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

fn links(text: &Text, root: NodeId, keys: &[&str]) -> Result<Vec<Link>, Refused> {
    let mut links = Vec::new();
    for key in keys {
        for node in list(text, root, key)? {
            let Some(target) = text.tree.scalar(node).filter(|target| !target.contains("{{")) else {
                let why = format!("this item of `{key}` is no plain path");
                return Err(text.refuse(node, why, "write the path of a file or folder"));
            };
            links.push(Link { target: target.to_owned(), line: text.line(node) });
        }
    }
    Ok(links)
}

/// The items under a key; none where it is absent or says nothing.
fn list(text: &Text, root: NodeId, key: &str) -> Result<Vec<NodeId>, Refused> {
    let Some((_, node)) = text.entry(root, key) else { return Ok(Vec::new()) };
    match &text.tree.node(node).kind {
        NodeKind::Sequence(items) => Ok(items.clone()),
        NodeKind::Alias => {
            Err(text.refuse(node, format!("`{key}` is an alias (`*…`)"), "write the list out"))
        }
        NodeKind::Scalar { .. } | NodeKind::Mapping(_) => {
            Err(text.refuse(node, format!("`{key}` is no list"), "put `- ` before each item"))
        }
    }
}
