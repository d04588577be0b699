//! Every scalar under a path that does not depend on what else is in the file.

use super::source::Source;
use super::tree::{NodeId, NodeKind, Tree};

/// Every scalar and alias with its path and its source text.
///
/// Items that are mappings with a scalar `name` are addressed by it, as `[name=x]`; others by their place, from 0.
#[must_use]
pub fn flatten(source: &Source, tree: &Tree) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    for (index, root) in tree.documents().iter().enumerate() {
        let path = if index == 0 { String::new() } else { format!("---{index}") };
        walk(source, tree, *root, path, &mut flat);
    }
    flat
}

/// As deep as [`super::DEPTH_MAX`], which `parse` has checked.
fn walk(source: &Source, tree: &Tree, id: NodeId, path: String, flat: &mut Vec<(String, String)>) {
    match &tree.node(id).kind {
        NodeKind::Scalar { .. } | NodeKind::Alias => {
            let text = source.text().get(tree.node(id).span.clone()).unwrap_or_default();
            flat.push((path, text.to_owned()));
        }
        NodeKind::Mapping(entries) => {
            for (key, value) in entries {
                let name = source.text().get(tree.node(*key).span.clone()).unwrap_or_default();
                walk(source, tree, *value, format!("{path}/{name}"), flat);
            }
        }
        NodeKind::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                let name = tree.get(*item, "name").and_then(|name| tree.scalar(name));
                let segment = name.map_or_else(|| index.to_string(), |name| format!("name={name}"));
                walk(source, tree, *item, format!("{path}[{segment}]"), flat);
            }
        }
    }
}
