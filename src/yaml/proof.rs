//! The proof of an edit: the result, parsed again, gives the old events but for what was asked.
//!
//! Where the patches lie within some entries of a document's root mapping, only those are parsed again
//! ([`local`]); else the whole text is.

mod local;

use super::embedded::{EmbeddedDocument, embedded};
use super::parse::parse;
use super::patch::Patch;
use super::quote::needs_quote;
use super::refusal::{EditRefusal, EditRefusalReason};
use super::request::NewNode;
use super::source::{BYTES_MAX, Source};
use super::step::Step;
use super::tree::{Node, NodeId, NodeKind, ScalarStyle, Tree};

/// Compares what the edited text means with what it should mean.
pub(super) fn prove(
    source: &Source,
    tree: &Tree,
    steps: &[Step<'_>],
    patches: &[Patch],
    text: &str,
) -> Result<(), EditRefusal> {
    let old = Side { source, tree };
    if text.len() <= BYTES_MAX && local::is_proven(old, steps, patches, text) {
        return Ok(());
    }
    prove_whole(old, steps, patches, text)
}

/// Parses the whole text again.
fn prove_whole(old: Side<'_>, steps: &[Step<'_>], patches: &[Patch], text: &str) -> Result<(), EditRefusal> {
    let first = patches.first().map_or(0, |patch| patch.range.start);
    let unprovable = |byte, what| EditRefusal {
        position: old.source.position(byte),
        reason: EditRefusalReason::Unprovable(what),
    };
    let edited = Source::new(text).map_err(|error| unprovable(first, error.what))?;
    let edited_tree = parse(&edited).map_err(|error| unprovable(first, error.what))?;
    let new = Side { source: &edited, tree: &edited_tree };
    Comparison { old, new, steps }.documents().map_err(|node| {
        let byte = node.map_or(first, |node| old.tree.node(node).span.start);
        unprovable(byte, "it reads differently afterwards".to_owned())
    })
}

/// A text and its nodes.
#[derive(Copy, Clone)]
struct Side<'a> {
    source: &'a Source,
    tree: &'a Tree,
}

impl Side<'_> {
    fn written(&self, node: &Node) -> &str {
        self.source.text().get(node.span.clone()).unwrap_or_default()
    }
}

/// The text before and after, and what may differ.
struct Comparison<'a> {
    old: Side<'a>,
    new: Side<'a>,
    steps: &'a [Step<'a>],
}

/// Nothing, or the old node, where there is one, that has become something else than it should.
type Verdict = Result<(), Option<NodeId>>;

/// What should stand at a place of a collection.
enum Expected<'a, T> {
    Kept(T),
    Put(T, &'a NewNode),
    New(&'a str, &'a NewNode),
}

impl<'a> Comparison<'a> {
    fn documents(&self) -> Verdict {
        let (old, new) = (self.old.tree.documents(), self.new.tree.documents());
        if old.len() != new.len() {
            return Err(None);
        }
        old.iter().zip(new).try_for_each(|(old, new)| self.node(*old, *new))
    }

    /// As deep as [`super::DEPTH_MAX`], which `parse` has checked.
    fn node(&self, old_id: NodeId, new_id: NodeId) -> Verdict {
        let (old, new) = (self.old.tree.node(old_id), self.new.tree.node(new_id));
        let step = self.steps.iter().find(|step| step.node() == old_id);
        if (old.anchored, old.tagged) != (new.anchored, new.tagged) {
            return Err(Some(old_id));
        }
        match (&old.kind, &new.kind) {
            (NodeKind::Mapping(_), NodeKind::Mapping(entries)) => {
                self.entries(&self.expected_entries(old_id, step.is_some()), entries, old_id)
            }
            (NodeKind::Sequence(_), NodeKind::Sequence(items)) => {
                self.items(&self.expected_items(old_id, step.is_some()), items, old_id)
            }
            _ if self.is_leaf_as_expected(old, new_id, step) => Ok(()),
            _ => Err(Some(old_id)),
        }
    }

    fn is_leaf_as_expected(&self, old: &Node, new_id: NodeId, step: Option<&Step<'_>>) -> bool {
        let new = self.new.tree.node(new_id);
        match step {
            None => match (&old.kind, &new.kind) {
                (NodeKind::Alias, NodeKind::Alias) => self.old.written(old) == self.new.written(new),
                (old, new) => matches!(old, NodeKind::Scalar { .. }) && old == new,
            },
            Some(Step::Set { value, .. }) => is_written(new, value),
            // The aliases are compared as they are written; that they lead here is what the text says.
            Some(Step::SetWithAliases { value, .. }) => means(new, value) && !new.tagged,
            Some(Step::Text { new: text, .. }) => {
                matches!(new.kind, NodeKind::Scalar { .. }) && self.new.written(new) == *text
            }
            Some(Step::Within { embedded, steps, .. }) => self.is_within(embedded, steps, old, new_id),
            Some(
                Step::Put { .. }
                | Step::Fill { .. }
                | Step::RemoveEntry { .. }
                | Step::Push { .. }
                | Step::RemoveItem { .. },
            ) => false,
        }
    }

    /// The document of a literal block, compared in its turn.
    fn is_within(
        &self,
        old_inner: &EmbeddedDocument,
        steps: &[Step<'_>],
        old: &Node,
        new_id: NodeId,
    ) -> bool {
        let Ok(new_inner) = embedded(self.new.source, self.new.tree, new_id) else { return false };
        let inside = Comparison {
            old: Side { source: &old_inner.source, tree: &old_inner.tree },
            new: Side { source: &new_inner.source, tree: &new_inner.tree },
            steps,
        };
        let (before, after) = (breaks_at_end(&old.kind), breaks_at_end(&self.new.tree.node(new_id).kind));
        before == after && inside.documents().is_ok()
    }

    fn expected_entries(&self, map: NodeId, is_touched: bool) -> Vec<Expected<'a, (NodeId, NodeId)>> {
        let mut expected = Vec::new();
        if is_touched {
            expected.extend(self.put_behind(map, None));
        }
        for (index, entry) in self.old.tree.entries(map).iter().enumerate() {
            let filled = self.steps.iter().find_map(|step| step.fills(entry.0));
            match filled {
                Some(value) => expected.push(Expected::Put(*entry, value)),
                None if is_touched && self.steps.iter().any(|step| step.removes(map, index)) => {}
                None => expected.push(Expected::Kept(*entry)),
            }
            if is_touched {
                expected.extend(self.put_behind(map, Some(index)));
            }
        }
        expected
    }

    /// The entries that go behind an old one, in the order of the edits.
    fn put_behind(
        &self,
        map: NodeId,
        index: Option<usize>,
    ) -> impl Iterator<Item = Expected<'a, (NodeId, NodeId)>> {
        let put = self.steps.iter().filter_map(move |step| step.put_behind(map, index));
        put.map(|(key, value)| Expected::New(key, value))
    }

    fn entries(
        &self,
        expected: &[Expected<'_, (NodeId, NodeId)>],
        found: &[(NodeId, NodeId)],
        map: NodeId,
    ) -> Verdict {
        if expected.len() != found.len() {
            return Err(Some(map));
        }
        expected.iter().zip(found).try_for_each(|(expected, (new_key, new_value))| match expected {
            Expected::Kept((key, value)) => {
                self.node(*key, *new_key).and_then(|()| self.node(*value, *new_value))
            }
            Expected::Put((key, _), value) => {
                self.node(*key, *new_key)?;
                if self.is_new(value, *new_value) { Ok(()) } else { Err(Some(*key)) }
            }
            Expected::New(key, value) => {
                let is_key = is_written(self.new.tree.node(*new_key), key);
                if is_key && self.is_new(value, *new_value) { Ok(()) } else { Err(Some(map)) }
            }
        })
    }

    fn expected_items(&self, sequence: NodeId, is_touched: bool) -> Vec<Expected<'a, NodeId>> {
        let items = self.old.tree.items(sequence).iter().enumerate();
        let is_removed = |index| is_touched && self.steps.iter().any(|step| step.removes(sequence, index));
        let kept = items.filter(|(index, _)| !is_removed(*index)).map(|(_, item)| Expected::Kept(*item));
        let pushed = self.steps.iter().filter_map(|step| step.pushes(sequence));
        kept.chain(pushed.map(|value| Expected::New("", value))).collect()
    }

    fn items(&self, expected: &[Expected<'_, NodeId>], found: &[NodeId], sequence: NodeId) -> Verdict {
        if expected.len() != found.len() {
            return Err(Some(sequence));
        }
        expected.iter().zip(found).try_for_each(|(expected, new)| match expected {
            Expected::Kept(old) => self.node(*old, *new),
            Expected::Put(_, value) | Expected::New(_, value) if self.is_new(value, *new) => Ok(()),
            Expected::Put(..) | Expected::New(..) => Err(Some(sequence)),
        })
    }

    /// Whether a node of the edited text is what an edit asked for.
    fn is_new(&self, wanted: &NewNode, id: NodeId) -> bool {
        let found = self.new.tree.node(id);
        let is_bare = !found.anchored && !found.tagged;
        match (wanted, &found.kind) {
            (NewNode::Scalar(text), NodeKind::Scalar { .. }) => is_written(found, text),
            (NewNode::Mapping(wanted), NodeKind::Mapping(entries)) => {
                is_bare
                    && wanted.len() == entries.len()
                    && wanted.iter().zip(entries).all(|((key, value), (new_key, new_value))| {
                        is_written(self.new.tree.node(*new_key), key) && self.is_new(value, *new_value)
                    })
            }
            (NewNode::Sequence(wanted), NodeKind::Sequence(items)) => {
                is_bare
                    && wanted.len() == items.len()
                    && wanted.iter().zip(items).all(|(value, new)| self.is_new(value, *new))
            }
            (
                NewNode::Scalar(_) | NewNode::Mapping(_) | NewNode::Sequence(_),
                NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_),
            ) => false,
        }
    }
}

/// Whether a node is a scalar that means this text, to every reader of YAML.
fn is_written(node: &Node, text: &str) -> bool {
    means(node, text) && !node.anchored && !node.tagged
}

/// As [`is_written`], with an anchor or without.
fn means(node: &Node, text: &str) -> bool {
    match &node.kind {
        NodeKind::Scalar { value, style } => {
            let is_safe = *style != ScalarStyle::Plain || !needs_quote(value);
            value == text && is_safe
        }
        NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => false,
    }
}

fn breaks_at_end(kind: &NodeKind) -> usize {
    match kind {
        NodeKind::Scalar { value, .. } => value.len() - value.trim_end_matches('\n').len(),
        NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => 0,
    }
}
