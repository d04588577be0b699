//! Kubernetes objects: what kind they are, and what lies at a path in them.

use crate::overlay::document::text::Text;
use crate::yaml::NodeId;

/// The kind of an object, where it is one.
pub(in crate::overlay) fn kind(text: &Text, object: NodeId) -> Option<&str> {
    text.tree.get(object, "apiVersion")?;
    text.tree.scalar(text.tree.get(object, "kind")?)
}

/// What lies at a path of keys.
pub(in crate::overlay) fn at(text: &Text, node: NodeId, path: &[&str]) -> Option<NodeId> {
    path.iter().try_fold(node, |node, key| text.tree.get(node, key))
}

/// The text at a path of keys.
pub(in crate::overlay) fn scalar<'a>(text: &'a Text, node: NodeId, path: &[&str]) -> Option<&'a str> {
    at(text, node, path).and_then(|node| text.tree.scalar(node)).filter(|value| !value.is_empty())
}

/// The objects of a file: of each document, itself, or the items of a list or a top-level array.
pub(in crate::overlay) fn all(text: &Text) -> Vec<NodeId> {
    text.tree.documents().iter().flat_map(|root| unpacked(text, *root)).collect()
}

fn unpacked(text: &Text, root: NodeId) -> Vec<NodeId> {
    let is_list = kind(text, root).is_some_and(|kind| kind.ends_with("List"));
    let items = if is_list { text.tree.get(root, "items") } else { None };
    match text.tree.items(items.unwrap_or(root)) {
        [] => vec![root],
        items => items.to_vec(),
    }
}
