//! Edits with their places worked out: what `layout` writes and what `proof` expects.

use std::borrow::Cow;

use super::embedded::{EmbeddedDocument, embedded};
use super::refusal::{EditRefusal, EditRefusalReason};
use super::request::{Edit, NewNode};
use super::source::Source;
use super::tree::{NodeId, NodeKind, Tree};

/// One change to one node.
#[derive(Debug)]
pub(super) enum Step<'a> {
    /// A scalar gets a value.
    Set { node: NodeId, value: &'a str },
    /// A scalar gets a value, and so do the aliases of its anchor.
    SetWithAliases { node: NodeId, value: &'a str },
    /// A scalar gets a source text.
    Text { node: NodeId, old: &'a str, new: &'a str },
    /// A mapping gets an entry behind the entry of that number, or its first one.
    Put { map: NodeId, after: Option<usize>, key: &'a str, value: Cow<'a, NewNode> },
    /// A key behind which nothing is written, or an empty flow collection, gets a value.
    Fill { key: NodeId, node: NodeId, value: Cow<'a, NewNode> },
    /// A mapping loses an entry.
    RemoveEntry { map: NodeId, index: usize },
    /// A sequence gets an item at its end.
    Push { sequence: NodeId, value: Cow<'a, NewNode> },
    /// A sequence loses an item.
    RemoveItem { sequence: NodeId, index: usize },
    /// The document in a literal block changes.
    Within { node: NodeId, embedded: Box<EmbeddedDocument>, steps: Vec<Step<'a>> },
}

impl<'a> Step<'a> {
    pub(super) fn all(source: &Source, tree: &Tree, edits: &'a [Edit]) -> Result<Vec<Self>, EditRefusal> {
        edits.iter().map(|edit| Planner { source, tree }.step(edit)).collect()
    }

    /// The node that changes.
    pub(super) fn node(&self) -> NodeId {
        match self {
            Self::Set { node, .. }
            | Self::SetWithAliases { node, .. }
            | Self::Text { node, .. }
            | Self::Fill { node, .. }
            | Self::Within { node, .. } => *node,
            Self::Put { map, .. } | Self::RemoveEntry { map, .. } => *map,
            Self::Push { sequence, .. } | Self::RemoveItem { sequence, .. } => *sequence,
        }
    }
}

impl<'a> Step<'a> {
    /// The entry that it puts into a mapping behind the entry of that number.
    pub(super) fn put_behind(&self, into: NodeId, index: Option<usize>) -> Option<(&'a str, &NewNode)> {
        if let Self::Put { map, after, key, value } = self
            && *map == into
            && *after == index
        {
            Some((key, value.as_ref()))
        } else {
            None
        }
    }

    /// The value that it writes behind a key that had none.
    pub(super) fn fills(&self, filled: NodeId) -> Option<&NewNode> {
        if let Self::Fill { key, value, .. } = self
            && *key == filled
        {
            Some(value.as_ref())
        } else {
            None
        }
    }

    /// The item that it appends to a sequence.
    pub(super) fn pushes(&self, onto: NodeId) -> Option<&NewNode> {
        if let Self::Push { sequence, value } = self
            && *sequence == onto
        {
            Some(value.as_ref())
        } else {
            None
        }
    }

    /// Whether it takes an entry or an item, by number, out of a collection.
    pub(super) fn removes(&self, from: NodeId, number: usize) -> bool {
        match self {
            Self::RemoveEntry { map: of, index } | Self::RemoveItem { sequence: of, index } => {
                *of == from && *index == number
            }
            Self::Set { .. }
            | Self::SetWithAliases { .. }
            | Self::Text { .. }
            | Self::Put { .. }
            | Self::Fill { .. }
            | Self::Push { .. }
            | Self::Within { .. } => false,
        }
    }
}

struct Planner<'a> {
    source: &'a Source,
    tree: &'a Tree,
}

impl Planner<'_> {
    fn refuse(&self, node: NodeId, reason: EditRefusalReason) -> EditRefusal {
        EditRefusal { position: self.source.position(self.tree.node(node).span.start), reason }
    }

    fn step<'e>(&self, edit: &'e Edit) -> Result<Step<'e>, EditRefusal> {
        let scalar = |value: &str| Cow::Owned(NewNode::from(value));
        let item = |entries: &Vec<(String, String)>| NewNode::from(entries.as_slice());
        Ok(match edit {
            Edit::SetScalar { node, value } => Step::Set { node: *node, value },
            Edit::SetWithAliases { node, value } => Step::SetWithAliases { node: *node, value },
            Edit::ReplaceText { node, old, new } => Step::Text { node: *node, old, new },
            Edit::InsertKey { map, after, key, value } => {
                self.put(*map, after.as_deref(), key, scalar(value))?
            }
            Edit::PutKey { map, after, key, value } => {
                self.put(*map, after.as_deref(), key, Cow::Borrowed(value))?
            }
            Edit::RemoveKey { map, key } => self.remove_key(*map, key)?,
            Edit::AppendItem { sequence, entries } => {
                Step::Push { sequence: *sequence, value: Cow::Owned(item(entries)) }
            }
            Edit::PutItem { sequence, value } => {
                Step::Push { sequence: *sequence, value: Cow::Borrowed(value) }
            }
            Edit::RemoveItem { sequence, index } => self.remove_item(*sequence, *index)?,
            Edit::CreateSequence { map, key, entries } => {
                let list = NewNode::Sequence(vec![item(entries)]);
                self.put(*map, None, key, Cow::Owned(list))?
            }
            Edit::Within { node, edits } => {
                let embedded = Box::new(embedded(self.source, self.tree, *node)?);
                let steps = Step::all(&embedded.source, &embedded.tree, edits)?;
                Step::Within { node: *node, embedded, steps }
            }
        })
    }

    fn put<'e>(
        &self,
        map: NodeId,
        after: Option<&str>,
        key: &'e str,
        value: Cow<'e, NewNode>,
    ) -> Result<Step<'e>, EditRefusal> {
        self.check_mapping(map)?;
        if let Some((key_node, node)) = self.tree.entry(map, key) {
            return if self.takes(node, &value) {
                Ok(Step::Fill { key: key_node, node, value })
            } else {
                Err(self.refuse(key_node, EditRefusalReason::KeyExists(key.to_owned())))
            };
        }
        let after = match after {
            Some(name) => Some(self.index_of(map, name)?),
            None => self.tree.entries(map).len().checked_sub(1),
        };
        Ok(Step::Put { map, after, key, value })
    }

    /// Whether a value can be filled: nothing is written there, or an empty flow collection of the same kind.
    fn takes(&self, node: NodeId, value: &NewNode) -> bool {
        let found = self.tree.node(node);
        let has_room = match (&found.kind, value) {
            (NodeKind::Scalar { .. }, _) => found.span.is_empty(),
            (NodeKind::Mapping(entries), NewNode::Mapping(_)) => entries.is_empty(),
            (NodeKind::Sequence(items), NewNode::Sequence(_)) => items.is_empty(),
            (NodeKind::Mapping(_) | NodeKind::Sequence(_) | NodeKind::Alias, _) => false,
        };
        has_room && !found.anchored && !found.tagged
    }

    /// A mapping that may be edited: no merge key, no key twice.
    fn check_mapping(&self, map: NodeId) -> Result<(), EditRefusal> {
        match &self.tree.node(map).kind {
            NodeKind::Mapping(_) => {}
            NodeKind::Alias => return Err(self.refuse(map, EditRefusalReason::Alias)),
            NodeKind::Scalar { .. } | NodeKind::Sequence(_) => {
                return Err(self.refuse(map, EditRefusalReason::NotA("a mapping")));
            }
        }
        if let Some((key, _)) = self.tree.entry(map, "<<") {
            return Err(self.refuse(key, EditRefusalReason::MergeKey));
        }
        if let Some(key) = self.tree.duplicate_key_in(map) {
            let name = self.tree.scalar(key).unwrap_or_default().to_owned();
            return Err(self.refuse(key, EditRefusalReason::DuplicateKey(name)));
        }
        Ok(())
    }

    fn index_of(&self, map: NodeId, key: &str) -> Result<usize, EditRefusal> {
        let index = self.tree.entries(map).iter().position(|(id, _)| self.tree.scalar(*id) == Some(key));
        index.ok_or_else(|| self.refuse(map, EditRefusalReason::NoSuchKey(key.to_owned())))
    }

    fn remove_key<'e>(&self, map: NodeId, key: &str) -> Result<Step<'e>, EditRefusal> {
        self.check_mapping(map)?;
        Ok(Step::RemoveEntry { map, index: self.index_of(map, key)? })
    }

    fn remove_item<'e>(&self, sequence: NodeId, index: usize) -> Result<Step<'e>, EditRefusal> {
        match &self.tree.node(sequence).kind {
            NodeKind::Sequence(items) if index < items.len() => Ok(Step::RemoveItem { sequence, index }),
            NodeKind::Sequence(_) => {
                Err(self.refuse(sequence, EditRefusalReason::NoSuchItem(format!("[{index}]"))))
            }
            NodeKind::Alias => Err(self.refuse(sequence, EditRefusalReason::Alias)),
            NodeKind::Scalar { .. } | NodeKind::Mapping(_) => {
                Err(self.refuse(sequence, EditRefusalReason::NotA("a list")))
            }
        }
    }
}
