//! The nodes of a parsed text, with the bytes that each occupies.

use std::ops::Range;

/// What identifies a node within its tree.
#[derive(Copy, Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(u32);

impl NodeId {
    /// The id of the node that stands at a place of the arena; no text has more than [`super::BYTES_MAX`] nodes
    /// or so.
    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// How a scalar is written.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes; nothing at all is a plain scalar too.
    Plain,
    /// `'…'`
    SingleQuoted,
    /// `"…"`
    DoubleQuoted,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A text.
    Scalar {
        /// The text that the style and its escapes mean.
        value: String,
        /// How it is written.
        style: ScalarStyle,
    },
    /// A reference to an anchored node.
    Alias,
    /// Keys and values, in order, duplicates included.
    Mapping(Vec<(NodeId, NodeId)>),
    /// Items, in order.
    Sequence(Vec<NodeId>),
}

/// A node and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The bytes that it occupies, without anchor, tag and trailing comment; empty where nothing is written.
    pub span: Range<usize>,
    /// Whether it is a flow collection, or lies in one.
    pub flow: bool,
    /// Whether it carries an anchor.
    pub anchored: bool,
    /// Whether it carries a tag.
    pub tagged: bool,
    /// The collection that it is a key, a value or an item of.
    pub(super) parent: Option<NodeId>,
    /// Whether it is a collection with brackets of its own.
    pub(super) bracketed: bool,
}

/// The nodes of all documents of a text.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) documents: Vec<NodeId>,
    /// Each alias with the node that it stands for, in order.
    pub(super) aliases: Vec<(NodeId, NodeId)>,
}

impl Tree {
    /// The root of each document.
    #[must_use]
    pub fn documents(&self) -> &[NodeId] {
        &self.documents
    }

    /// The root of the first document.
    #[must_use]
    pub fn root(&self) -> Option<NodeId> {
        self.documents.first().copied()
    }

    /// A node.
    ///
    /// # Panics
    /// Where the id comes from another tree.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.index()]
    }

    /// All nodes of all documents, each collection before what lies in it.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.nodes.iter().enumerate().map(|(index, node)| (NodeId::new(index), node))
    }

    /// The entries of a mapping; none for anything else.
    #[must_use]
    pub fn entries(&self, map: NodeId) -> &[(NodeId, NodeId)] {
        match &self.node(map).kind {
            NodeKind::Mapping(entries) => entries,
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => &[],
        }
    }

    /// The items of a sequence; none for anything else.
    #[must_use]
    pub fn items(&self, sequence: NodeId) -> &[NodeId] {
        match &self.node(sequence).kind {
            NodeKind::Sequence(items) => items,
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) => &[],
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn scalar(&self, id: NodeId) -> Option<&str> {
        match &self.node(id).kind {
            NodeKind::Scalar { value, .. } => Some(value),
            NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// Whether a node says nothing: not written, `~` or `null`.
    #[must_use]
    pub fn is_null(&self, id: NodeId) -> bool {
        match &self.node(id).kind {
            NodeKind::Scalar { value, style: ScalarStyle::Plain } => {
                self.node(id).span.is_empty() || matches!(value.as_str(), "~" | "null" | "Null" | "NULL")
            }
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => false,
        }
    }

    /// The scalar that occupies exactly these bytes.
    #[must_use]
    pub fn scalar_at(&self, span: &Range<usize>) -> Option<NodeId> {
        let is_there = |node: &Node| node.span == *span && matches!(node.kind, NodeKind::Scalar { .. });
        self.nodes.iter().position(is_there).map(NodeId::new)
    }

    /// The value of a key; of a duplicated key the last, as readers of YAML take it.
    #[must_use]
    pub fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.entry(map, key).map(|(_, value)| value)
    }

    /// As [`Tree::get`], whatever the case of the key's ASCII letters.
    #[must_use]
    pub fn get_ignore_case(&self, map: NodeId, key: &str) -> Option<NodeId> {
        let is_key = |id| self.scalar(id).is_some_and(|text| text.eq_ignore_ascii_case(key));
        self.entries(map).iter().rev().find(|(id, _)| is_key(*id)).map(|(_, value)| *value)
    }

    /// The key and the value of an entry.
    pub(super) fn entry(&self, map: NodeId, key: &str) -> Option<(NodeId, NodeId)> {
        self.entries(map).iter().rev().find(|(id, _)| self.scalar(*id) == Some(key)).copied()
    }

    /// The collection that a node is a key, a value or an item of; none for the root of a document.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        self.node(id).parent
    }

    /// The node that an alias stands for; none for anything else.
    #[must_use]
    pub fn target(&self, alias: NodeId) -> Option<NodeId> {
        let found = self.aliases.binary_search_by_key(&alias, |(alias, _)| *alias).ok()?;
        self.aliases.get(found).map(|(_, target)| *target)
    }

    /// The aliases that stand for a node, in the order of the text.
    pub fn aliases_of(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let aliases = if self.node(id).anchored { self.aliases.as_slice() } else { &[] };
        aliases.iter().filter(move |(_, target)| *target == id).map(|(alias, _)| *alias)
    }

    /// Whether an alias somewhere stands for this node.
    #[must_use]
    pub fn is_referenced(&self, id: NodeId) -> bool {
        self.aliases_of(id).next().is_some()
    }

    /// Whether a node is another one or lies in it.
    #[must_use]
    pub fn is_within(&self, node: NodeId, outer: NodeId) -> bool {
        std::iter::successors(Some(node), |id| self.parent(*id)).any(|id| id == outer)
    }

    /// The first key that occurs twice in one mapping.
    #[must_use]
    pub fn duplicate_key(&self) -> Option<NodeId> {
        (0..self.nodes.len()).find_map(|index| self.duplicate_key_in(NodeId::new(index)))
    }

    /// The first key that occurs twice in this mapping.
    pub(super) fn duplicate_key_in(&self, map: NodeId) -> Option<NodeId> {
        let mut seen = std::collections::BTreeSet::new();
        let mut keys = self.entries(map).iter().map(|(key, _)| *key);
        keys.find(|key| self.scalar(*key).is_some_and(|text| !seen.insert(text)))
    }
}
