//! A parsed file: what is needed to name lines in it.

use crate::overlay::EditObstacle;
use crate::overlay::limit::Limit;
use crate::yaml::{NodeId, Source, Tree, YamlError, parse};

/// A YAML text with its nodes.
#[derive(Clone, Debug)]
pub(in crate::overlay) struct Text {
    pub(in crate::overlay) source: Source,
    pub(in crate::overlay) tree: Tree,
}

impl Text {
    pub(in crate::overlay) fn new(bytes: &[u8]) -> Result<Self, YamlError> {
        let source = Source::from_bytes(bytes)?;
        let tree = parse(&source)?;
        Ok(Self { source, tree })
    }

    /// A text that is read and never edited, which may be larger.
    pub(in crate::overlay) fn for_reading(bytes: &[u8]) -> Result<Self, YamlError> {
        let source = Source::for_reading(bytes)?;
        let tree = parse(&source)?;
        Ok(Self { source, tree })
    }

    /// The line at which a node starts, from 1.
    pub(in crate::overlay) fn line(&self, node: NodeId) -> usize {
        self.source.position(self.tree.node(node).span.start).line
    }

    /// The bytes of a node as they are written.
    pub(in crate::overlay) fn written(&self, node: NodeId) -> &str {
        self.source.text().get(self.tree.node(node).span.clone()).unwrap_or_default()
    }

    /// The second document that says something and is no Kubernetes object, where there are several such.
    pub(in crate::overlay) fn second_document(&self) -> Option<NodeId> {
        let is_object = |root: NodeId| self.tree.get(root, "kind").is_some();
        let roots = self.tree.documents().iter().copied();
        roots.filter(|root| !self.tree.is_null(*root) && !is_object(*root)).nth(1)
    }

    /// What an alias stands for; any other node itself.
    pub(in crate::overlay) fn resolved(&self, node: NodeId) -> NodeId {
        self.tree.target(node).unwrap_or(node)
    }

    /// The key under which a node is a value; `None` for an item of a list, a key or a document.
    pub(in crate::overlay) fn key_of(&self, node: NodeId) -> Option<&str> {
        let entries = self.tree.entries(self.tree.parent(node)?);
        let (key, _) = entries.iter().find(|(_, value)| *value == node)?;
        self.tree.scalar(*key)
    }

    /// Whether a node is the key of an entry.
    pub(in crate::overlay) fn is_key(&self, node: NodeId) -> bool {
        let entries = self.tree.parent(node).map(|map| self.tree.entries(map)).unwrap_or_default();
        entries.iter().any(|(key, _)| *key == node)
    }

    /// A refusal at a node.
    pub(in crate::overlay) fn refuse(
        &self,
        node: NodeId,
        limit: Limit,
        why: impl Into<String>,
    ) -> EditObstacle {
        let position = self.source.position(self.tree.node(node).span.start);
        EditObstacle { column: Some(position.column), ..EditObstacle::at_line(limit, position.line, why) }
    }

    /// The key as written and the value of an entry, whatever the case of the key; nothing where the value says
    /// nothing.
    pub(in crate::overlay) fn entry(&self, map: NodeId, key: &str) -> Option<(&str, NodeId)> {
        let (key, value) = self.entry_or_null(map, key)?;
        (!self.is_null(value)).then_some((key, value))
    }

    /// Whether a node says nothing. With a tag it is something: `!!str null` is the text "null".
    pub(in crate::overlay) fn is_null(&self, node: NodeId) -> bool {
        self.tree.is_null(node) && !self.tree.node(node).tagged
    }

    /// As [`Text::entry`], with entries whose value says nothing.
    pub(in crate::overlay) fn entry_or_null(&self, map: NodeId, key: &str) -> Option<(&str, NodeId)> {
        let is_key = |id| self.tree.scalar(id).filter(|text| text.eq_ignore_ascii_case(key));
        self.tree.entries(map).iter().rev().find_map(|(id, value)| Some((is_key(*id)?, *value)))
    }

    /// The text under a key that is there and says something.
    pub(in crate::overlay) fn scalar_of(&self, map: NodeId, key: &str) -> Option<&str> {
        self.entry(map, key).and_then(|(_, node)| self.tree.scalar(node))
    }
}

/// Whether a file that is not parsed yet holds a text. None holds the empty one.
pub(in crate::overlay) fn holds(bytes: &[u8], needle: &str) -> bool {
    !needle.is_empty() && bytes.windows(needle.len()).any(|window| window == needle.as_bytes())
}
