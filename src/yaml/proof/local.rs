//! A proof that parses again only the entries of a document's root mapping that the patches touch.
//!
//! It rests on what a block mapping at column 0 is: at the start of each of its keys the parser stands in one and
//! the same state, whatever came before, and nothing that is complete in itself reaches over that start. So the
//! entries between two such starts can be read as a text of their own, provided that they name no anchor and no
//! tag, whose meaning lies elsewhere. Where any of this is not given, nothing is proven here.

use std::ops::Range;

use super::{Comparison, Expected, Side};
use crate::yaml::edit::Patch;
use crate::yaml::parse::parse;
use crate::yaml::source::Source;
use crate::yaml::step::Step;
use crate::yaml::tree::{NodeId, NodeKind, Tree};

/// Whether the edited text is what it should be, as far as a look at the touched entries can prove.
pub(super) fn is_proven(
    source: &Source,
    tree: &Tree,
    steps: &[Step<'_>],
    (patches, text): (&[Patch], &str),
) -> bool {
    proven(source, tree, steps, (patches, text)).unwrap_or(false)
}

fn proven(
    source: &Source,
    tree: &Tree,
    steps: &[Step<'_>],
    (patches, text): (&[Patch], &str),
) -> Option<bool> {
    let chunk = Chunk::around(source, tree, patches)?;
    let grown = text.len().checked_add(chunk.bytes.end)?.checked_sub(source.text().len())?;
    let edited = text.get(chunk.bytes.start..grown)?;
    let ends_well = edited.ends_with(['\n', '\r']) || grown == text.len();
    if !ends_well {
        return None;
    }
    let edited = Source::new(edited).ok()?;
    let edited_tree = parse(&edited).ok()?;
    let [root] = edited_tree.documents() else { return None };
    let NodeKind::Mapping(found) = &edited_tree.node(*root).kind else { return None };
    let bare = edited_tree.node(*root);
    if bare.flow || bare.anchored || bare.tagged {
        return None;
    }
    let comparison =
        Comparison { old: Side { source, tree }, new: Side { source: &edited, tree: &edited_tree }, steps };
    let is_touched = steps.iter().any(|step| step.node() == chunk.map);
    let expected = comparison.expected_entries(chunk.map, is_touched);
    let expected = chunk.expected(tree, steps, &expected)?;
    Some(comparison.entries(expected, found, chunk.map).is_ok())
}

/// A key and its value.
type Entry = (NodeId, NodeId);

/// Some entries of a document's root mapping, with the lines that belong to them.
struct Chunk {
    map: NodeId,
    entries: Range<usize>,
    bytes: Range<usize>,
}

impl Chunk {
    fn around(source: &Source, tree: &Tree, patches: &[Patch]) -> Option<Self> {
        let (first, last) = (patches.first()?, patches.last()?);
        let is_before = |root: &NodeId| tree.node(*root).span.start <= first.range.start;
        let document = tree.documents().partition_point(is_before).checked_sub(1)?;
        let map = *tree.documents().get(document)?;
        let is_last_document = document + 1 == tree.documents().len();
        let keys: Vec<usize> = tree.entries(map).iter().map(|(key, _)| tree.node(*key).span.end).collect();
        let start = keys.partition_point(|key| *key <= first.range.start).checked_sub(1)?;
        let end = keys.partition_point(|key| *key <= last.range.end);
        let chunk_start = key_start(source, tree, map, start)?;
        let chunk_end = if end < keys.len() {
            key_start(source, tree, map, end)?
        } else if is_last_document {
            source.text().len()
        } else {
            return None;
        };
        let chunk = Self { map, entries: start..end, bytes: chunk_start..chunk_end };
        let is_inside = last.range.end <= chunk_end;
        (is_inside && !tree.node(map).flow && chunk.is_self_contained(tree)).then_some(chunk)
    }

    /// The nodes of its entries.
    fn nodes(&self, tree: &Tree) -> Range<usize> {
        let key = |index: usize| tree.entries(self.map).get(index).map(|(key, _)| key.0);
        let last = self.entries.end.checked_sub(1).and_then(|last| tree.entries(self.map).get(last));
        let behind_last = || {
            let roots = tree.documents().iter().map(|root| root.0);
            last.and_then(|(key, _)| roots.filter(|root| *root > key.0).min()).unwrap_or(tree.nodes.len())
        };
        key(self.entries.start).unwrap_or(0)..key(self.entries.end).unwrap_or_else(behind_last)
    }

    fn is_self_contained(&self, tree: &Tree) -> bool {
        let inside = tree.nodes.get(self.nodes(tree)).unwrap_or_default();
        inside.iter().all(|node| !node.anchored && !node.tagged && !matches!(node.kind, NodeKind::Alias))
    }

    /// Its part of what the mapping's entries should be, where nothing outside of it should change.
    fn expected<'e, 'a>(
        &self,
        tree: &Tree,
        steps: &[Step<'_>],
        all: &'e [Expected<'a, Entry>],
    ) -> Option<&'e [Expected<'a, Entry>]> {
        let nodes = self.nodes(tree);
        let is_here = |step: &Step<'_>| step.node() == self.map || nodes.contains(&step.node().0);
        if !steps.iter().all(is_here) {
            return None;
        }
        let before = tree.entries(self.map).get(..self.entries.start)?;
        let behind = tree.entries(self.map).get(self.entries.end..)?;
        let end = all.len().checked_sub(behind.len())?;
        let is_kept = |(expected, entry): (&Expected<'_, Entry>, &Entry)| matches!(expected, Expected::Kept(kept) if kept == entry);
        let outside = all.iter().zip(before).chain(all.get(end..)?.iter().zip(behind));
        if outside.map(is_kept).all(|kept| kept) { all.get(self.entries.start..end) } else { None }
    }
}

/// Where a key begins that stands bare at the start of its line.
fn key_start(source: &Source, tree: &Tree, map: NodeId, index: usize) -> Option<usize> {
    let (key, _) = tree.entries(map).get(index)?;
    let node = tree.node(*key);
    let is_bare = matches!(node.kind, NodeKind::Scalar { .. }) && !node.anchored && !node.tagged;
    let starts_line = source.start_of_line(source.line_of(node.span.start)) == node.span.start;
    (is_bare && starts_line && !node.span.is_empty()).then_some(node.span.start)
}
