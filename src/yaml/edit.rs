//! Edits: what is asked for, what is refused, and the replacement of bytes.

use std::ops::Range;

use super::source::{Position, Source};
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
    /// Puts a new key with a scalar into a mapping.
    InsertKey {
        /// The mapping; it has at least one entry.
        map: NodeId,
        /// The key after which it goes; at the end where absent.
        after: Option<String>,
        /// The new key.
        key: String,
        /// Its value.
        value: String,
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
    /// Gives a mapping a key with a sequence of one mapping; an empty value of that key is filled.
    CreateSequence {
        /// The mapping; it has at least one entry.
        map: NodeId,
        /// The key.
        key: String,
        /// The only item's keys and values.
        entries: Vec<(String, String)>,
    },
}

/// Why an edit is not made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// The value is written elsewhere.
    Alias,
    /// Others refer to this value.
    Anchored,
    /// The value carries a tag.
    Tagged,
    /// The value is a block scalar.
    BlockScalar,
    /// The mapping takes values from another one.
    MergeKey,
    /// A key stands twice.
    DuplicateKey(String),
    /// There is no such key.
    NoSuchKey(String),
    /// The key is there already, with a value.
    KeyExists(String),
    /// It is not what the edit takes it for.
    NotA(&'static str),
    /// The lines are laid out in a way that is not edited.
    Layout(&'static str),
    /// The result would differ from what was asked for.
    Unprovable(String),
}

/// An edit that is not made, where and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Refusal {
    /// Where.
    pub position: Position,
    /// Why.
    pub reason: RefusalReason,
}

impl Refusal {
    fn sentence(&self) -> String {
        match &self.reason {
            RefusalReason::Alias => "the value is an alias (`*…`); write the value itself here".to_owned(),
            RefusalReason::Anchored => {
                "the value has an anchor (`&…`), so other places would change with it; write the value without it".to_owned()
            }
            RefusalReason::Tagged => "the value has a tag (`!…`); write it without".to_owned(),
            RefusalReason::BlockScalar => "the value is a block scalar (`|` or `>`); write it on one line".to_owned(),
            RefusalReason::MergeKey => {
                "the mapping has a merge key (`<<`); write its keys out".to_owned()
            }
            RefusalReason::DuplicateKey(key) => format!("the key `{key}` stands twice; delete one of the two"),
            RefusalReason::NoSuchKey(key) => format!("there is no key `{key}` here"),
            RefusalReason::KeyExists(key) => format!("the key `{key}` is there already, with a value of another kind"),
            RefusalReason::NotA(what) => format!("this is not {what}"),
            RefusalReason::Layout(what) => format!("{what}; edit this place by hand, or lay it out over plain lines"),
            RefusalReason::Unprovable(what) => {
                format!("the edit would change more than it should ({what}); edit this place by hand")
            }
        }
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
/// The result differs from the text only in the bytes that the edits need; it was parsed again, and its events
/// are those of the text but for what was asked.
///
/// # Errors
/// A [`Refusal`] where something cannot be edited safely; nothing is returned then.
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
pub fn edit(source: &Source, tree: &Tree, edits: &[Edit]) -> Result<String, Refusal> {
    let patches: Vec<Patch> =
        edits.iter().map(|edit| layout::patch(source, tree, edit)).collect::<Result<_, _>>()?;
    let text = apply(source, patches)?;
    proof::prove(source, tree, edits, &text)?;
    Ok(text)
}

/// Replaces bytes from the front; of patches at one place the earlier edit comes first.
fn apply(source: &Source, mut patches: Vec<Patch>) -> Result<String, Refusal> {
    patches.sort_by_key(|patch| patch.range.start);
    let mut text = String::with_capacity(source.text().len() + 256);
    let mut done = 0;
    for patch in &patches {
        let kept = source.text().get(done..patch.range.start).ok_or_else(|| Refusal {
            position: source.position(patch.range.start),
            reason: RefusalReason::Layout("two edits touch the same bytes"),
        })?;
        text.push_str(kept);
        text.push_str(&patch.text);
        done = patch.range.end;
    }
    text.push_str(source.text().get(done..).unwrap_or_default());
    Ok(text)
}
