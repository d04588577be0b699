//! What can be asked for of an edit.

use super::tree::NodeId;

/// One thing to change. Several may be given at once, where they do not touch the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Gives a scalar another value and keeps its quotes; a plain one gets quotes only where it needs them.
    SetScalar {
        /// The scalar.
        node: NodeId,
        /// The new value.
        value: String,
    },
    /// As [`Edit::SetScalar`], also where the scalar has an anchor: every alias of it then means the new value.
    ///
    /// The caller has checked that each of those aliases should.
    SetWithAliases {
        /// The scalar.
        node: NodeId,
        /// The new value.
        value: String,
    },
    /// Gives a scalar another source text, quotes included, where it is still written as expected.
    ///
    /// Source texts are compared byte by byte, never as numbers: `1.10` is not `1.1`, nor `'1.10'`.
    ReplaceText {
        /// The scalar.
        node: NodeId,
        /// The source text that is expected there; empty where nothing is written.
        old: String,
        /// The new source text; empty to write nothing.
        new: String,
    },
    /// Puts a new key with a scalar into a mapping.
    InsertKey {
        /// The mapping.
        map: NodeId,
        /// The key after which it goes; at the end where absent.
        after: Option<String>,
        /// The new key.
        key: String,
        /// Its value.
        value: String,
    },
    /// Puts a new key with any value into a mapping, or fills the key where nothing is written behind it.
    PutKey {
        /// The mapping.
        map: NodeId,
        /// The key after which a new one goes; at the end where absent.
        after: Option<String>,
        /// The key.
        key: String,
        /// Its value.
        value: NewNode,
    },
    /// Takes a key and its value out of a mapping, with the lines that they occupy.
    RemoveKey {
        /// The mapping; it keeps at least one entry.
        map: NodeId,
        /// The key.
        key: String,
    },
    /// Appends a mapping to a sequence, laid out like the last item.
    AppendItem {
        /// The sequence.
        sequence: NodeId,
        /// The new item's keys and values.
        entries: Vec<(String, String)>,
    },
    /// Appends any value to a sequence, laid out like the last item.
    PutItem {
        /// The sequence.
        sequence: NodeId,
        /// The new item.
        value: NewNode,
    },
    /// Takes an item out of a sequence, with the lines that it occupies.
    RemoveItem {
        /// The sequence; it keeps at least one item.
        sequence: NodeId,
        /// The item, from 0.
        index: usize,
    },
    /// Gives a mapping a key with a sequence of one mapping; an empty value of that key is filled.
    CreateSequence {
        /// The mapping.
        map: NodeId,
        /// The key.
        key: String,
        /// The only item's keys and values.
        entries: Vec<(String, String)>,
    },
    /// Edits the document that a literal block holds; its nodes are those of [`super::embedded`].
    Within {
        /// The literal block.
        node: NodeId,
        /// What to change in its document.
        edits: Vec<Edit>,
    },
}

/// A value that is not there yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewNode {
    /// A text; it gets quotes where it needs them, or where its siblings have them.
    Scalar(String),
    /// Keys and values.
    Mapping(Vec<(String, NewNode)>),
    /// Items.
    Sequence(Vec<NewNode>),
}

impl From<&str> for NewNode {
    fn from(text: &str) -> Self {
        Self::Scalar(text.to_owned())
    }
}

impl From<&[(String, String)]> for NewNode {
    fn from(entries: &[(String, String)]) -> Self {
        Self::Mapping(entries.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect())
    }
}
