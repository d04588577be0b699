//! Patches and replacements: they are not evaluated, only searched for whether they could touch an image.

use super::text::Text;
use super::written::Written;
use crate::yaml::{NodeId, NodeKind, Tree};

/// One patch or replacement of a kustomization.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) line: usize,
    /// The key under which it stands.
    pub(super) key: &'static str,
    pub(super) body: Body,
}

/// Where a patch's text is.
#[derive(Clone, Debug)]
pub(super) enum Body {
    /// In the kustomization.
    Inline(String),
    /// In a file, by its path as written.
    File(String),
    /// Behind an alias or in a form that is not known.
    Unknown,
}

/// The patches or replacements under a key.
pub(super) fn pieces(text: &Text, root: NodeId, key: &'static str) -> Vec<Piece> {
    let Some((_, list)) = text.entry(root, key) else { return Vec::new() };
    let piece = |node: NodeId, body| Piece { line: text.line(node), key, body };
    if !matches!(text.tree.node(list).kind, NodeKind::Sequence(_)) {
        return vec![piece(list, Body::Unknown)];
    }
    text.tree.items(list).iter().map(|item| piece(*item, body(text, *item, key))).collect()
}

fn body(text: &Text, item: NodeId, key: &str) -> Body {
    match &text.tree.node(item).kind {
        NodeKind::Alias | NodeKind::Sequence(_) => Body::Unknown,
        NodeKind::Scalar { value, .. } if value.contains('\n') || value.contains('{') => {
            Body::Inline(value.clone())
        }
        NodeKind::Scalar { value, .. } => Body::File(value.clone()),
        NodeKind::Mapping(_) => {
            let scalar = |name| text.entry(item, name).and_then(|(_, node)| text.tree.scalar(node));
            match (scalar("patch"), scalar("path")) {
                (Some(patch), None) => Body::Inline(patch.to_owned()),
                (None, Some(path)) => Body::File(path.to_owned()),
                (None, None) if key == "replacements" => Body::Inline(text.written(item).to_owned()),
                (Some(_), Some(_)) | (None, None) => Body::Unknown,
            }
        }
    }
}

/// Whether a patch or replacement could change which images run.
pub(super) fn touches_images(text: &str, key: &str) -> bool {
    let points_to_container = |word: &str| {
        let mut parts = word.rsplit('/');
        let is_list = |part: Option<&str>| part.is_some_and(|part| part.ends_with("ontainers"));
        word.starts_with('/') && (is_list(parts.next()) || is_list(parts.next()))
    };
    let is_replaced = key == "replacements" && text.contains("ontainers");
    is_replaced
        || text.contains("$patch")
        || image_words(text) > 0
        || text.split(|c: char| c.is_whitespace() || "\"',}".contains(c)).any(points_to_container)
}

fn image_words(text: &str) -> usize {
    text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| *word == "image").count()
}

/// The names of the images that a patch writes; none unless that is all it does to images.
pub(super) fn image_names(patch: &str) -> Vec<String> {
    let Ok(text) = Text::new(patch.as_bytes()) else { return Vec::new() };
    let mut names = Vec::new();
    for root in text.tree.documents() {
        collect(&text.tree, *root, &mut names);
    }
    let only_writes = names.len() == image_words(patch) && !patch.contains("$patch");
    if only_writes { names } else { Vec::new() }
}

/// As deep as `yaml::DEPTH_MAX`.
fn collect(tree: &Tree, node: NodeId, names: &mut Vec<String>) {
    let scalar = |key| tree.get(node, key).and_then(|id| tree.scalar(id));
    if scalar("path").is_some_and(|path| path.ends_with("/image")) {
        names.extend(scalar("value").map(|value| Written::new(value).name));
    }
    names.extend(scalar("image").map(|image| Written::new(image).name));
    let values = tree.entries(node).iter().map(|(_, value)| value);
    for child in values.chain(tree.items(node)) {
        collect(tree, *child, names);
    }
}
