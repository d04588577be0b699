//! Where the bytes of an edit go, in the manner in which the text around them is laid out.

mod insert;
mod remove;
mod write;

use std::ops::Range;

use super::embedded;
use super::patch::Patch;
use super::refusal::{EditRefusal, EditRefusalReason};
use super::source::Source;
use super::step::Step;
use super::tree::{NodeId, NodeKind, ScalarStyle, Tree};

/// The bytes that edits replace.
pub(super) fn patches(source: &Source, tree: &Tree, steps: &[Step<'_>]) -> Result<Vec<Patch>, EditRefusal> {
    let place = Place { source, tree };
    let mut patches = Vec::with_capacity(steps.len());
    for step in steps {
        place.check_above(step)?;
        match step {
            Step::Set { node, value } => {
                place.scalar_style(*node)?;
                place.check_properties(*node)?;
                patches.push(place.set(*node, value)?);
            }
            Step::SetWithAliases { node, value } => {
                place.check_tag(*node)?;
                patches.push(place.set(*node, value)?);
            }
            Step::Text { node, old, new } => patches.push(place.replace(*node, old, new)?),
            Step::Put { map, after, key, value } => patches.push(place.put(*map, *after, key, value)?),
            Step::Fill { key, node, value } => patches.push(place.fill(*key, *node, value)?),
            Step::RemoveEntry { map, index } => patches.push(place.remove_entry(*map, *index)?),
            Step::Push { sequence, value } => patches.push(place.push(*sequence, value)?),
            Step::RemoveItem { sequence, index } => patches.push(place.remove_item(*sequence, *index)?),
            Step::Within { node, embedded, steps } => {
                place.check_properties(*node)?;
                let inner = self::patches(&embedded.source, &embedded.tree, steps)?;
                patches.extend(embedded::outer_patches(source, tree, *node, &embedded.source, &inner)?);
            }
        }
    }
    Ok(patches)
}

/// A text and its nodes, to look for places in.
struct Place<'a> {
    source: &'a Source,
    tree: &'a Tree,
}

impl Place<'_> {
    fn refuse(&self, node: NodeId, reason: EditRefusalReason) -> EditRefusal {
        EditRefusal { position: self.source.position(self.span(node).start), reason }
    }

    fn layout(&self, node: NodeId, what: &'static str) -> EditRefusal {
        self.refuse(node, EditRefusalReason::Layout(what))
    }

    fn span(&self, node: NodeId) -> Range<usize> {
        self.tree.node(node).span.clone()
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.source.text().get(range).unwrap_or_default()
    }

    /// Refuses what lies under an anchor that is used, or under a key that occurs twice.
    fn check_above(&self, step: &Step<'_>) -> Result<(), EditRefusal> {
        let mut child = step.node();
        let takes_aliases_along = matches!(step, Step::SetWithAliases { .. });
        if !takes_aliases_along && self.tree.is_referenced(child) {
            return Err(self.refuse(child, EditRefusalReason::Anchored));
        }
        while let Some(parent) = self.tree.parent(child) {
            if self.tree.is_referenced(parent) {
                return Err(self.refuse(parent, EditRefusalReason::Anchored));
            }
            self.check_key(parent, child)?;
            child = parent;
        }
        Ok(())
    }

    /// Of a key that occurs twice, readers take the one or the other value, or refuse the file.
    fn check_key(&self, map: NodeId, child: NodeId) -> Result<(), EditRefusal> {
        let entries = self.tree.entries(map);
        let own = entries.iter().find(|(key, value)| *key == child || *value == child).map(|(key, _)| *key);
        let Some(name) = own.and_then(|key| self.tree.scalar(key)) else { return Ok(()) };
        let mut others = entries.iter().filter(|(key, _)| Some(*key) != own);
        match others.find(|(key, _)| self.tree.scalar(*key) == Some(name)) {
            Some((other, _)) => Err(self.refuse(*other, EditRefusalReason::DuplicateKey(name.to_owned()))),
            None => Ok(()),
        }
    }

    fn set(&self, node: NodeId, value: &str) -> Result<Patch, EditRefusal> {
        let style = self.scalar_style(node)?;
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return Err(self.refuse(node, EditRefusalReason::BlockScalar));
        }
        let text = self.written(value, style, self.tree.node(node).flow);
        let range = self.span(node);
        if range.is_empty() { self.put_where_nothing_is(node, &text) } else { Ok(Patch { range, text }) }
    }

    /// Writes a value behind the indicator that announces it.
    fn put_where_nothing_is(&self, node: NodeId, text: &str) -> Result<Patch, EditRefusal> {
        let at = self.span(node).start;
        if self.text(0..at).ends_with([':', '-', '?']) {
            Ok(Patch { range: at..at, text: format!(" {text}") })
        } else {
            Err(self.layout(node, "nothing is written here, and no colon or dash announces a value"))
        }
    }

    fn replace(&self, node: NodeId, old: &str, new: &str) -> Result<Patch, EditRefusal> {
        self.scalar_style(node)?;
        self.check_properties(node)?;
        let range = self.span(node);
        let found = self.text(range.clone());
        if found != old {
            let reason = EditRefusalReason::Changed { expected: old.to_owned(), found: found.to_owned() };
            return Err(self.refuse(node, reason));
        }
        if old.is_empty() && !new.is_empty() {
            return self.put_where_nothing_is(node, new);
        }
        // The blank before a value came with it.
        let has_blank = new.is_empty() && self.text(0..range.start).ends_with(": ");
        let start = if has_blank { range.start - 1 } else { range.start };
        Ok(Patch { range: start..range.end, text: new.to_owned() })
    }

    /// The style of a scalar that may be edited.
    fn scalar_style(&self, node: NodeId) -> Result<ScalarStyle, EditRefusal> {
        match &self.tree.node(node).kind {
            NodeKind::Scalar { style, .. } => Ok(*style),
            NodeKind::Alias => Err(self.refuse(node, EditRefusalReason::Alias)),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                Err(self.refuse(node, EditRefusalReason::NotA("a single value")))
            }
        }
    }

    fn check_properties(&self, node: NodeId) -> Result<(), EditRefusal> {
        if self.tree.node(node).anchored {
            return Err(self.refuse(node, EditRefusalReason::Anchored));
        }
        self.check_tag(node)
    }

    fn check_tag(&self, node: NodeId) -> Result<(), EditRefusal> {
        if self.tree.node(node).tagged { Err(self.refuse(node, EditRefusalReason::Tagged)) } else { Ok(()) }
    }
}
