//! Gives the scalar that a step took its image from another value, wherever in a file it stands.

use std::collections::BTreeMap;

use super::image_edit::{ImageEdit, Setting};
use super::image_entries::entry_edits;
use crate::model::ImageReference;
use crate::overlay::EditObstacle;
use crate::overlay::document::text::Text;
use crate::overlay::kustomize::kustomization::entry::Entry;
use crate::overlay::limit::Limit;
use crate::yaml::{self, Edit, NodeId, NodeKind, ScalarStyle};

/// What one line of a file sets, and what it is to set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) enum Rewrite {
    /// A scalar with this text, or the value of a `key=value` scalar.
    Scalar { line: usize, old: String, new: String },
    /// The `imageTag` of an `ImageTagTransformer`; the line is that of its tag or digest.
    ImageTag { line: usize, wanted: ImageReference },
}

/// The bytes of a file with some of its scalars changed.
///
/// # Errors
/// Where a scalar cannot be told from another one on its line, an anchor repeats it elsewhere, or the edit is not
/// safe.
pub(in crate::overlay) fn rewritten(bytes: &[u8], rewrites: &[Rewrite]) -> Result<Vec<u8>, EditObstacle> {
    let text = Text::new(bytes)?;
    let mut edits = FileEdits::default();
    for rewrite in rewrites {
        let line = rewrite.line();
        let mut found = found_in(&text, rewrite);
        match (found.pop(), found.is_empty()) {
            (Some(found), true) => edits.add(found?),
            (Some(_), false) => {
                return Err(EditObstacle::at_line(
                    Limit::Unsafe,
                    line,
                    "the value occurs twice on this line",
                ));
            }
            (None, _) => {
                return Err(EditObstacle::at_line(
                    Limit::Unsafe,
                    line,
                    "the value is not a scalar of this file",
                ));
            }
        }
    }
    Ok(yaml::edit(&text.source, &text.tree, &edits.all())?.into_bytes())
}

/// A place at which a rewrite may be made.
struct Found {
    edits: Vec<Edit>,
    /// The literal block that holds the document with the scalar.
    block: Option<NodeId>,
}

/// The edits of one file; those of one block belong together.
#[derive(Default)]
struct FileEdits {
    plain: Vec<Edit>,
    blocks: BTreeMap<NodeId, Vec<Edit>>,
}

impl FileEdits {
    fn add(&mut self, found: Found) {
        match found.block {
            Some(block) => self.blocks.entry(block).or_default().extend(found.edits),
            None => self.plain.extend(found.edits),
        }
    }

    fn all(self) -> Vec<Edit> {
        let blocks = self.blocks.into_iter().map(|(node, edits)| Edit::Within { node, edits });
        self.plain.into_iter().chain(blocks).collect()
    }
}

impl Rewrite {
    const fn line(&self) -> usize {
        match self {
            Self::Scalar { line, .. } | Self::ImageTag { line, .. } => *line,
        }
    }

    /// Whether a node of a file is on the line that is meant; that of an `imageTag` is compared with its fields.
    fn is_on_line(&self, text: &Text, node: NodeId) -> bool {
        match self {
            Self::Scalar { line, .. } => text.line(node) == *line,
            Self::ImageTag { .. } => true,
        }
    }

    /// The edits at a node of a text, whatever its line; `None` where the node is not meant.
    fn edits_at(&self, text: &Text, node: NodeId) -> Option<Vec<Edit>> {
        match self {
            Self::Scalar { old, new, .. } => {
                let value = replaced(text.tree.scalar(node)?, old, new)?;
                if text.is_key(node) {
                    return None;
                }
                Some(vec![Edit::SetScalar { node, value }])
            }
            Self::ImageTag { line, wanted } => image_tag_edits(text, node, *line, wanted),
        }
    }
}

/// Every place in a file that fits a rewrite.
fn found_in(text: &Text, rewrite: &Rewrite) -> Vec<Result<Found, EditObstacle>> {
    let mut found = Vec::new();
    for (node, _) in text.tree.nodes() {
        if rewrite.is_on_line(text, node)
            && let Some(edits) = rewrite.edits_at(text, node)
        {
            found.push(not_anchored(text, node).map(|()| Found { edits, block: None }));
        } else if let Some(inner) = found_within(text, node, rewrite) {
            found.extend(inner.into_iter().map(|found| not_anchored(text, node).and(found)));
        }
    }
    found
}

/// Every place in the document that a scalar holds as its text; `None` for any other node.
fn found_within(text: &Text, node: NodeId, rewrite: &Rewrite) -> Option<Vec<Result<Found, EditObstacle>>> {
    let NodeKind::Scalar { value, style } = &text.tree.node(node).kind else { return None };
    match style {
        ScalarStyle::Literal => found_in_block(text, node, rewrite),
        ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let is_one_line = text.line(node) == rewrite.line() && !text.written(node).contains('\n');
            if !is_one_line || !value.contains('{') {
                return None;
            }
            let set = |value| Found { edits: vec![Edit::SetScalar { node, value }], block: None };
            found_in_text(value, rewrite).map(|edited| vec![edited.map(set)])
        }
        ScalarStyle::Folded => None,
    }
}

/// Every place in the document of a literal block; its lines are those of the file.
fn found_in_block(text: &Text, node: NodeId, rewrite: &Rewrite) -> Option<Vec<Result<Found, EditObstacle>>> {
    let first = text.line(node);
    let last = text.source.position(text.tree.node(node).span.end).line;
    if !(first..=last).contains(&rewrite.line()) {
        return None;
    }
    let inner = yaml::embedded(&text.source, &text.tree, node).ok()?;
    let inner = Text { source: inner.source, tree: inner.tree };
    let places = inner.tree.nodes().filter(|(node, _)| rewrite.is_on_line(&inner, *node));
    let found = places.filter_map(|(place, _)| {
        let edits = rewrite.edits_at(&inner, place)?;
        Some(not_anchored(&inner, place).map(|()| Found { edits, block: Some(node) }))
    });
    Some(found.collect())
}

/// A document on one line, such as operations written as JSON, with the one scalar changed that fits; `None` where
/// none does.
fn found_in_text(document: &str, rewrite: &Rewrite) -> Option<Result<String, EditObstacle>> {
    let inner = Text::new(document.as_bytes()).ok()?;
    let fitting = inner.tree.nodes().filter_map(|(node, _)| Some((node, rewrite.edits_at(&inner, node)?)));
    let mut fitting: Vec<_> = fitting.collect();
    let (node, edits) = fitting.pop()?;
    if !fitting.is_empty() {
        let why = "the value occurs twice on this line";
        return Some(Err(EditObstacle::at_line(Limit::Unsafe, rewrite.line(), why)));
    }
    let edited = not_anchored(&inner, node)
        .and_then(|()| yaml::edit(&inner.source, &inner.tree, &edits).map_err(EditObstacle::from));
    Some(edited)
}

/// The edits of the mapping under `imageTag`, where this is it.
fn image_tag_edits(text: &Text, node: NodeId, line: usize, wanted: &ImageReference) -> Option<Vec<Edit>> {
    let transformer = text.tree.parent(node)?;
    let (_, own) = text.entry(transformer, "imageTag")?;
    if own != node || text.scalar_of(transformer, "kind") != Some("ImageTagTransformer") {
        return None;
    }
    let entry = Entry::read(text, node).ok()?;
    let is_plain = !entry.is_pattern() && entry.tag_suffix.is_none();
    entry.decides().filter(|field| field.line == line && is_plain)?;
    let tag = wanted.tag.clone().map_or(Setting::Clear, Setting::Set);
    let digest = wanted.digest.clone().map_or(Setting::Clear, Setting::Set);
    Some(entry_edits(text, node, &ImageEdit { name: entry.name, new_name: Setting::Keep, tag, digest }))
}

/// A text that is the old value, or `key=value` with it, with the new one; quotes around the value stay.
fn replaced(text: &str, old: &str, new: &str) -> Option<String> {
    if text == old {
        return Some(new.to_owned());
    }
    let (key, value) = text.split_once('=')?;
    let bare = value.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
    let is_meant = value == old || bare == Some(old);
    is_meant.then(|| format!("{key}={}", value.replacen(old, new, 1)))
}

/// An anchor on a node, or on what holds it, repeats its value elsewhere.
fn not_anchored(text: &Text, node: NodeId) -> Result<(), EditObstacle> {
    let mut chain = std::iter::successors(Some(node), |node| text.tree.parent(*node));
    match chain.find(|node| text.tree.node(*node).anchored) {
        Some(anchored) => {
            let why = "an anchor (`&…`), so other places would change with this one";
            Err(text.refuse(anchored, Limit::Anchor, why))
        }
        None => Ok(()),
    }
}
