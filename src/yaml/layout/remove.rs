//! Which bytes go away with an entry or an item.

use std::ops::Range;

use super::super::patch::Patch;
use super::super::refusal::{EditRefusal, EditRefusalReason};
use super::super::tree::NodeId;
use super::Place;

impl Place<'_> {
    pub(super) fn remove_entry(&self, map: NodeId, index: usize) -> Result<Patch, EditRefusal> {
        let entries = self.tree.entries(map);
        if entries.len() < 2 {
            return Err(self.layout(map, "it is the only key, so a mapping without any would be left"));
        }
        let (key, value) = entries[index];
        self.check_anchors_within(&[key, value])?;
        let neighbours = Neighbours {
            before: index.checked_sub(1).and_then(|before| entries.get(before)).map(|(_, value)| *value),
            behind: entries.get(index + 1).map(|(key, _)| *key),
        };
        let own = self.span(key).start..self.span(value).end.max(self.span(key).end);
        if self.tree.node(map).flow {
            return self.remove_in_flow(key, own, neighbours);
        }
        let line = self.source.start_of_line_at(own.start);
        let before = self.text(line..own.start);
        let range = match (before.trim_matches(' ').is_empty(), neighbours) {
            (true, _) => self.lines(line, self.end_with_tail(value).max(self.source.end_of_line_at(own.end))),
            (false, Neighbours { before: None, behind: Some(next) })
                if before.chars().all(|c| " -\u{feff}".contains(c)) =>
            {
                own.start..self.first_of_the_rest(own.end, next)?
            }
            (false, _) => return Err(self.layout(key, "the key is not at the start of its line")),
        };
        Ok(Patch { range, text: String::new() })
    }

    /// The key that takes the place of a first one behind a dash; no comment may get lost on the way.
    fn first_of_the_rest(&self, end: usize, next: NodeId) -> Result<usize, EditRefusal> {
        let start = self.span(next).start;
        let gap = self.text(self.source.end_of_line_at(end)..start);
        if gap.trim().is_empty() {
            Ok(start)
        } else {
            Err(self.layout(next, "something stands between the first key and this one"))
        }
    }

    pub(super) fn remove_item(&self, sequence: NodeId, index: usize) -> Result<Patch, EditRefusal> {
        let items = self.tree.items(sequence);
        if items.len() < 2 {
            return Err(self.layout(sequence, "it is the only item, so a list without any would be left"));
        }
        let item = items[index];
        self.check_anchors_within(&[item])?;
        if self.tree.node(sequence).flow {
            let before = index.checked_sub(1).and_then(|before| items.get(before)).copied();
            let neighbours = Neighbours { before, behind: items.get(index + 1).copied() };
            return self.remove_in_flow(item, self.span(item), neighbours);
        }
        self.dash_prefix(item)?;
        let line = self.source.start_of_line_at(self.span(item).start).max(self.source.body_start());
        Ok(Patch { range: self.lines(line, self.end_with_tail(item)), text: String::new() })
    }

    /// In flow collections a comma goes with what is removed.
    fn remove_in_flow(
        &self,
        node: NodeId,
        own: Range<usize>,
        neighbours: Neighbours,
    ) -> Result<Patch, EditRefusal> {
        let range = match neighbours {
            Neighbours { before: Some(before), .. } => self.span(before).end..own.end,
            Neighbours { before: None, behind: Some(behind) } => own.start..self.span(behind).start,
            Neighbours { before: None, behind: None } => return Err(self.layout(node, "it stands alone")),
        };
        let gap = self.text(range.start..own.start).len()..self.text(range.start..own.end).len();
        let text = self.text(range.clone());
        let around = [text.get(..gap.start), text.get(gap.end..)];
        if around.iter().flatten().any(|part| part.contains('#')) {
            return Err(self.layout(node, "a comment stands between it and its neighbour"));
        }
        Ok(Patch { range, text: String::new() })
    }

    /// Whole lines from the start of one to the end of another; at the end of a text without a final line break,
    /// the break before them.
    fn lines(&self, start: usize, end: usize) -> Range<usize> {
        let next = self.source.next_line_after(end);
        if next > end || start == self.source.body_start() {
            return start..next;
        }
        let before = self.text(0..start);
        let without = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r']));
        without.map_or(start, str::len)..end
    }

    /// What is referred to from elsewhere may not go away.
    fn check_anchors_within(&self, removed: &[NodeId]) -> Result<(), EditRefusal> {
        let is_removed = |node: NodeId| removed.iter().any(|outer| self.tree.is_within(node, *outer));
        let mut used = self.tree.aliases.iter().filter(|(alias, _)| !is_removed(*alias));
        match used.find(|(_, target)| is_removed(*target)) {
            Some((_, target)) => Err(self.refuse(*target, EditRefusalReason::Anchored)),
            None => Ok(()),
        }
    }
}

/// The nodes before and behind what is removed.
#[derive(Copy, Clone)]
struct Neighbours {
    before: Option<NodeId>,
    behind: Option<NodeId>,
}
