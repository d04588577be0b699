//! A proof that parses again only the entries or items of one block collection that the patches touch.
//!
//! It rests on how block collections are read. Where a key or a dash begins a line, the parser stands in a state
//! that depends on that column alone, whatever came before; and nothing that is complete in itself reaches over
//! the start of the next key or dash at that column, or further left. So the lines between two such starts can be
//! read as a text of their own, provided that they name no anchor and no tag, whose meaning lies elsewhere. Where
//! any of this is not given, nothing is proven here.

use std::ops::Range;

use super::{Comparison, Expected, Side};
use crate::yaml::parse::parse;
use crate::yaml::patch::Patch;
use crate::yaml::source::Source;
use crate::yaml::step::Step;
use crate::yaml::tree::{NodeId, NodeKind, Tree};

/// Whether the edited text is what it should be, as far as a look at the touched lines can prove.
pub(super) fn is_proven(old: Side<'_>, steps: &[Step<'_>], patches: &[Patch], text: &str) -> bool {
    proven(old, steps, patches, text).unwrap_or(false)
}

fn proven(old: Side<'_>, steps: &[Step<'_>], patches: &[Patch], text: &str) -> Option<bool> {
    let chunk = Chunk::around(old, steps, patches)?;
    let grown = text.len().checked_add(chunk.bytes.end)?.checked_sub(old.source.text().len())?;
    let edited = text.get(chunk.bytes.start..grown)?;
    if !edited.ends_with(['\n', '\r']) && grown != text.len() {
        return None;
    }
    let source = &Source::new(edited).ok()?;
    let tree = &parse(source).ok()?;
    let [root] = tree.documents() else { return None };
    let node = tree.node(*root);
    if node.flow || node.anchored || node.tagged {
        return None;
    }
    let comparison = Comparison { old, new: Side { source, tree }, steps };
    let of = chunk.collection;
    let is_touched = steps.iter().any(|step| step.node() == of);
    match &node.kind {
        NodeKind::Mapping(found) => {
            let expected = comparison.expected_entries(of, is_touched);
            let expected = chunk.part(&expected, old.tree.entries(of))?;
            Some(comparison.entries(expected, found, of).is_ok())
        }
        NodeKind::Sequence(found) => {
            let expected = comparison.expected_items(of, is_touched);
            let expected = chunk.part(&expected, old.tree.items(of))?;
            Some(comparison.items(expected, found, of).is_ok())
        }
        NodeKind::Scalar { .. } | NodeKind::Alias => None,
    }
}

/// Some children of a block collection, with the lines that belong to them.
struct Chunk {
    collection: NodeId,
    /// By number.
    children: Range<usize>,
    bytes: Range<usize>,
}

impl Chunk {
    /// The smallest one that holds all patches.
    fn around(old: Side<'_>, steps: &[Step<'_>], patches: &[Patch]) -> Option<Self> {
        let first = steps.first()?.node();
        let mut collections = std::iter::successors(Some(first), |node| old.tree.parent(*node));
        collections.find_map(|node| Self::of(old, node, steps, patches))
    }

    fn of(old: Side<'_>, collection: NodeId, steps: &[Step<'_>], patches: &[Patch]) -> Option<Self> {
        let (first, last) = (patches.first()?, patches.last()?);
        if old.tree.node(collection).flow {
            return None;
        }
        let heads = Heads { tree: old.tree, collection };
        let start = heads.count_before(first.range.start).checked_sub(1)?;
        let end = heads.count_before(last.range.end);
        let (byte_end, node_end) = behind(old, collection, end)?;
        let bytes = child_start(old, collection, start)?..byte_end;
        let nodes = heads.child(start)?.index()..node_end;
        let is_inside = last.range.end <= bytes.end && bytes.start <= first.range.start;
        let is_here = |step: &Step<'_>| step.node() == collection || nodes.contains(&step.node().index());
        let inside = old.tree.nodes.get(nodes.clone())?;
        let is_bare =
            inside.iter().all(|node| !node.anchored && !node.tagged && !matches!(node.kind, NodeKind::Alias));
        let holds = is_inside && is_bare && steps.iter().all(is_here);
        holds.then_some(Self { collection, children: start..end, bytes })
    }

    /// Its part of what the collection's children should be, where nothing outside of it should change.
    fn part<'e, 'a, T: PartialEq>(
        &self,
        all: &'e [Expected<'a, T>],
        old: &[T],
    ) -> Option<&'e [Expected<'a, T>]> {
        let before = old.get(..self.children.start)?;
        let behind = old.get(self.children.end..)?;
        let end = all.len().checked_sub(behind.len())?;
        let mut outside = all.iter().zip(before).chain(all.get(end..)?.iter().zip(behind));
        let is_kept =
            |(expected, old): (&Expected<'_, T>, &T)| matches!(expected, Expected::Kept(kept) if kept == old);
        if outside.all(is_kept) { all.get(self.children.start..end) } else { None }
    }
}

/// The keys or items of a collection.
#[derive(Copy, Clone)]
struct Heads<'a> {
    tree: &'a Tree,
    collection: NodeId,
}

impl Heads<'_> {
    fn child(&self, index: usize) -> Option<NodeId> {
        match &self.tree.node(self.collection).kind {
            NodeKind::Mapping(entries) => entries.get(index).map(|(key, _)| *key),
            NodeKind::Sequence(items) => items.get(index).copied(),
            NodeKind::Scalar { .. } | NodeKind::Alias => None,
        }
    }

    /// How many keys end, or items start, at a byte or before it.
    fn count_before(&self, byte: usize) -> usize {
        match &self.tree.node(self.collection).kind {
            NodeKind::Mapping(entries) => {
                entries.partition_point(|(key, _)| self.tree.node(*key).span.end <= byte)
            }
            NodeKind::Sequence(items) => {
                items.partition_point(|item| self.tree.node(*item).span.start <= byte)
            }
            NodeKind::Scalar { .. } | NodeKind::Alias => 0,
        }
    }

    /// The number of the child that is a node, or holds it as its value.
    fn number(&self, node: NodeId) -> Option<usize> {
        let behind = match &self.tree.node(self.collection).kind {
            NodeKind::Mapping(entries) => entries.partition_point(|(key, _)| *key <= node),
            NodeKind::Sequence(items) => items.partition_point(|item| *item <= node),
            NodeKind::Scalar { .. } | NodeKind::Alias => 0,
        };
        behind.checked_sub(1)
    }
}

/// Where the line begins whose first sign but blanks is a key, bare, or the dash of an item on the same line.
fn child_start(old: Side<'_>, collection: NodeId, index: usize) -> Option<usize> {
    let child = Heads { tree: old.tree, collection }.child(index)?;
    let node = old.tree.node(child);
    let start = old.source.start_of_line(old.source.line_of(node.span.start));
    let before = old.source.text().get(start..node.span.start)?.trim_matches(' ');
    let is_head = match &old.tree.node(collection).kind {
        NodeKind::Mapping(_) => {
            before.is_empty() && matches!(node.kind, NodeKind::Scalar { .. }) && !node.span.is_empty()
        }
        NodeKind::Sequence(_) => before == "-",
        NodeKind::Scalar { .. } | NodeKind::Alias => false,
    };
    is_head.then_some(start)
}

/// Where a child of that number begins, or else what comes behind the collection: its byte and its node.
fn behind(old: Side<'_>, collection: NodeId, index: usize) -> Option<(usize, usize)> {
    let heads = Heads { tree: old.tree, collection };
    if let Some(child) = heads.child(index) {
        return Some((child_start(old, collection, index)?, child.index()));
    }
    match old.tree.parent(collection) {
        Some(parent) => {
            let number = Heads { tree: old.tree, collection: parent }.number(collection)?;
            behind(old, parent, number + 1)
        }
        None if old.tree.documents().last() == Some(&collection) => {
            Some((old.source.text().len(), old.tree.nodes.len()))
        }
        None => None,
    }
}
