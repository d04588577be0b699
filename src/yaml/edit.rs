//! Edits: what can be asked for, and the replacement of bytes.

use std::ops::Range;

use super::refusal::{EditRefusal, EditRefusalReason};
use super::source::Source;
use super::step::Step;
use super::tree::{NodeId, Tree};
use super::{layout, proof};

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

/// Bytes to replace, and with what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

/// Makes edits and proves them.
///
/// The result differs from the text only in the bytes that the edits need; what they touch was parsed again, and
/// its events are those of the text but for what was asked.
///
/// # Errors
/// A [`EditRefusal`] where something cannot be edited safely; nothing is returned then.
///
/// ```
/// use towpath::yaml::{Edit, Source, edit, parse};
///
/// let source = Source::new("newTag: v1 # pinned by ops\n").unwrap();
/// let tree = parse(&source).unwrap();
/// let node = tree.get(tree.root().unwrap(), "newTag").unwrap();
/// let edited = edit(&source, &tree, &[Edit::SetScalar { node, value: "1.10".to_owned() }]).unwrap();
/// assert_eq!(edited, "newTag: \"1.10\" # pinned by ops\n");
/// ```
pub fn edit(source: &Source, tree: &Tree, edits: &[Edit]) -> Result<String, EditRefusal> {
    let steps = Step::all(source, tree, edits)?;
    let patches = sorted(layout::patches(source, tree, &steps)?);
    let text = apply(source, &patches)?;
    proof::prove(source, tree, &steps, &patches, &text)?;
    Ok(text)
}

/// From the front; of patches at one place the earlier edit comes first.
fn sorted(mut patches: Vec<Patch>) -> Vec<Patch> {
    patches.sort_by_key(|patch| (patch.range.start, patch.range.end));
    patches
}

fn apply(source: &Source, patches: &[Patch]) -> Result<String, EditRefusal> {
    let mut text = String::with_capacity(source.text().len() + 256);
    let mut done = 0;
    for patch in patches {
        let kept = source.text().get(done..patch.range.start).ok_or_else(|| EditRefusal {
            position: source.position(patch.range.start),
            reason: EditRefusalReason::Layout("two edits touch the same bytes"),
        })?;
        text.push_str(kept);
        text.push_str(&patch.text);
        done = patch.range.end;
    }
    text.push_str(source.text().get(done..).unwrap_or_default());
    Ok(text)
}
