//! Changes scalars of a file that were found by way of a merged value: each is looked up again by its line and text.

use super::rewrite::{Rewrite, rewritten};
use crate::model::RepositoryPath;
use crate::overlay::document::canonical::ScalarSource;
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::SetBy;
use crate::overlay::format::{SourceAction, SourceChange};
use crate::overlay::limit::Limit;
use crate::overlay::{EditObstacle, OverlayError};
use crate::yaml::{self, Edit, NodeId, NodeKind, ScalarStyle};

/// A scalar of a file, or of the document in one of its literal blocks.
struct Place {
    block: Option<NodeId>,
    /// The document that holds it.
    text: Text,
    node: NodeId,
}

/// The content of a file after some changes; all of them are of this file.
///
/// # Errors
/// Where a scalar is not found again, or an edit is not safe.
pub(in crate::overlay) fn edited(
    file: &RepositoryPath,
    bytes: &[u8],
    changes: &[&SourceChange],
) -> Result<Vec<u8>, OverlayError> {
    let text = Text::new(bytes).map_err(|error| EditObstacle::from(error).of(file))?;
    let mut edits = Vec::new();
    for change in changes {
        match edit(&text, change) {
            Some(edit) => add(&mut edits, edit),
            None => return by_text(bytes, changes).ok_or_else(|| not_found(&change.source)),
        }
    }
    let edited = yaml::edit(&text.source, &text.tree, &edits);
    Ok(edited.map_err(|refusal| EditObstacle::from(refusal).of(file))?.into_bytes())
}

/// The content of a file in which some scalars are within others, such as a patch in quotes.
fn by_text(bytes: &[u8], changes: &[&SourceChange]) -> Option<Vec<u8>> {
    let rewrite = |SourceChange { source, action }: &SourceChange| match action {
        SourceAction::Set(new) => {
            Some(Rewrite::Scalar { line: source.line, old: source.text.clone(), new: new.clone() })
        }
        SourceAction::AddKey { .. } => None,
    };
    let rewrites: Vec<Rewrite> = changes.iter().map(|change| rewrite(change)).collect::<Option<_>>()?;
    rewritten(bytes, &rewrites).ok()
}

fn not_found(source: &ScalarSource) -> OverlayError {
    if source.trail.last().is_some_and(|step| step.set_by == SetBy::Replacement) {
        let why = format!("a replacement sets `{}`", source.text);
        let way_out = "change the value that it copies by hand";
        return EditObstacle::at_line(Limit::Unsafe, source.line, why).or_else(way_out).of(&source.file);
    }
    let why = format!("`{}` is set here, but not as a scalar on one line", source.text);
    EditObstacle::at_line(Limit::Unsafe, source.line, why).of(&source.file)
}

/// Edits of one literal block go together.
fn add(edits: &mut Vec<Edit>, edit: Edit) {
    if let Edit::Within { node, edits: more } = &edit {
        for other in edits.iter_mut() {
            if let Edit::Within { node: other, edits } = other
                && other == node
            {
                edits.extend(more.iter().cloned());
                return;
            }
        }
    }
    if !edits.contains(&edit) {
        edits.push(edit);
    }
}

fn edit(text: &Text, change: &SourceChange) -> Option<Edit> {
    let Place { block, text, node } = place_of(text, &change.source)?;
    let edit = match &change.action {
        SourceAction::Set(value) => Edit::SetScalar { node, value: value.clone() },
        SourceAction::AddKey { key, value } => {
            // In a JSON patch the mapping is an operation, which takes no such key.
            let after = text.key_of(node).filter(|key| *key == change.source.key)?.to_owned();
            let map = text.tree.parent(node)?;
            Edit::InsertKey { map, after: Some(after), key: key.clone(), value: value.clone() }
        }
    };
    Some(match block {
        Some(node) => Edit::Within { node, edits: vec![edit] },
        None => edit,
    })
}

/// The one scalar with that line and text; of several, the one under that key.
fn place_of(text: &Text, source: &ScalarSource) -> Option<Place> {
    let mut found: Vec<Place> = places(text, None, source);
    for (block, node) in text.tree.nodes() {
        let is_block = matches!(node.kind, NodeKind::Scalar { style: ScalarStyle::Literal, .. });
        let may_hold = is_block && text.line(block) <= source.line;
        if let Some(inner) =
            may_hold.then(|| yaml::embedded(&text.source, &text.tree, block)).and_then(Result::ok)
        {
            let inner = Text { source: inner.source, tree: inner.tree };
            found.extend(places(&inner, Some(block), source));
        }
    }
    if found.len() > 1 {
        found.retain(|place| place.text.key_of(place.node) == Some(&source.key));
    }
    let place = found.pop()?;
    found.is_empty().then_some(place)
}

fn places(text: &Text, block: Option<NodeId>, source: &ScalarSource) -> Vec<Place> {
    let nodes = text.tree.nodes().map(|(node, _)| node);
    let is_source = |node: &NodeId| {
        text.tree.scalar(*node) == Some(&source.text)
            && text.line(*node) == source.line
            && !text.is_key(*node)
    };
    nodes.filter(is_source).map(|node| Place { block, text: text.clone(), node }).collect()
}
