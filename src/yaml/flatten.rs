//! Every scalar under a path that does not depend on what else is in the file.

use super::source::{Position, Source, YamlError};
use super::tree::{NodeId, NodeKind, Tree};

/// How many bytes all paths and texts of one file may have together.
pub const FLAT_BYTES_MAX: usize = 64 << 20;

/// Every scalar and alias with its path and its source text.
///
/// Items that are mappings with a scalar `name` are addressed by it, as `[name=x]`; others by their place, from 0.
///
/// # Errors
/// Where the paths and texts would have more than [`FLAT_BYTES_MAX`] bytes: a long key is repeated for everything
/// below it.
pub fn flatten(source: &Source, tree: &Tree) -> Result<Vec<(String, String)>, YamlError> {
    let mut walk = Walk { source, tree, flat: Vec::new(), bytes_left: FLAT_BYTES_MAX };
    for (index, root) in tree.documents().iter().enumerate() {
        let path = if index == 0 { String::new() } else { format!("---{index}") };
        walk.node(*root, &path)?;
    }
    Ok(walk.flat)
}

struct Walk<'a> {
    source: &'a Source,
    tree: &'a Tree,
    flat: Vec<(String, String)>,
    bytes_left: usize,
}

impl Walk<'_> {
    /// As deep as [`super::DEPTH_MAX`], which `parse` has checked.
    fn node(&mut self, id: NodeId, path: &str) -> Result<(), YamlError> {
        let tree = self.tree;
        match &tree.node(id).kind {
            NodeKind::Scalar { .. } | NodeKind::Alias => self.leaf(id, path)?,
            NodeKind::Mapping(entries) => {
                for (key, value) in entries {
                    let below = format!("{path}/{}", self.written(*key));
                    self.node(*value, &below)?;
                }
            }
            NodeKind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    let name = tree.get(*item, "name").and_then(|name| tree.scalar(name));
                    let segment = name.map_or_else(|| index.to_string(), |name| format!("name={name}"));
                    self.node(*item, &format!("{path}[{segment}]"))?;
                }
            }
        }
        Ok(())
    }

    fn leaf(&mut self, id: NodeId, path: &str) -> Result<(), YamlError> {
        let text = self.written(id).to_owned();
        match self.bytes_left.checked_sub(path.len() + text.len()) {
            Some(left) => self.bytes_left = left,
            None => {
                let what =
                    format!("its paths take more than {FLAT_BYTES_MAX} bytes; shorten its longest keys");
                return Err(YamlError { position: Position { line: 1, column: 1 }, what });
            }
        }
        self.flat.push((path.to_owned(), text));
        Ok(())
    }

    fn written(&self, id: NodeId) -> &str {
        self.source.text().get(self.tree.node(id).span.clone()).unwrap_or_default()
    }
}
