//! Where new entries and items go.

use super::super::patch::Patch;
use super::super::refusal::{EditRefusal, EditRefusalReason};
use super::super::request::NewNode;
use super::super::tree::{NodeId, NodeKind, ScalarStyle};
use super::Place;

impl Place<'_> {
    pub(super) fn put(
        &self,
        map: NodeId,
        after: Option<usize>,
        key: &str,
        value: &NewNode,
    ) -> Result<Patch, EditRefusal> {
        let entries = self.tree.entries(map);
        let before = after.and_then(|index| entries.get(index));
        if self.tree.node(map).flow {
            let entry = self.flow_entry(key, value, Some(map));
            return match before {
                Some((key, value)) => self.put_behind_flow(*key, *value, &entry),
                None => self.open_flow(map, &entry),
            };
        }
        let Some((_, last)) = before else { return Err(self.layout(map, "the mapping has no entries")) };
        let indent = self.indentation(map)?;
        let entry = self.block_entry(key, value, indent, Some(map));
        let at = self.end_with_tail(*last);
        Ok(Patch {
            range: at..at,
            text: format!("{}{}{entry}", self.source.line_break(), " ".repeat(indent)),
        })
    }

    fn put_behind_flow(&self, key: NodeId, value: NodeId, entry: &str) -> Result<Patch, EditRefusal> {
        let end = self.span(value).end.max(self.span(key).end);
        if self.span(value).is_empty() {
            return Err(self.layout(key, "the value before the new entry is empty"));
        }
        Ok(Patch { range: end..end, text: format!(", {entry}") })
    }

    /// Puts the first content into `{}` or `[]`.
    fn open_flow(&self, node: NodeId, text: &str) -> Result<Patch, EditRefusal> {
        if !self.tree.node(node).bracketed {
            return Err(self.layout(node, "the collection has no brackets of its own"));
        }
        let at = self.span(node).start + 1;
        Ok(Patch { range: at..at, text: text.to_owned() })
    }

    pub(super) fn push(&self, sequence: NodeId, value: &NewNode) -> Result<Patch, EditRefusal> {
        match &self.tree.node(sequence).kind {
            NodeKind::Sequence(_) => {}
            NodeKind::Alias => return Err(self.refuse(sequence, EditRefusalReason::Alias)),
            NodeKind::Scalar { .. } | NodeKind::Mapping(_) => {
                return Err(self.refuse(sequence, EditRefusalReason::NotA("a list")));
            }
        }
        let last = self.tree.items(sequence).last().copied();
        if self.tree.node(sequence).flow {
            let item = self.flow(value, self.item_style(sequence));
            return match last {
                Some(last) => self.put_behind_flow(last, last, &item),
                None => self.open_flow(sequence, &item),
            };
        }
        let Some(last) = last else { return Err(self.layout(sequence, "the list has no items")) };
        let prefix = self.dash_prefix(last)?;
        let item = self.block_item(&prefix, value, self.item_style(sequence));
        let at = self.end_with_tail(last);
        Ok(Patch { range: at..at, text: item })
    }

    pub(super) fn fill(&self, key: NodeId, node: NodeId, value: &NewNode) -> Result<Patch, EditRefusal> {
        let found = self.tree.node(node);
        let map = self.tree.parent(key);
        match (value, &found.kind) {
            (NewNode::Mapping(entries), NodeKind::Mapping(_)) => {
                let parts: Vec<String> =
                    entries.iter().map(|(key, value)| self.flow_entry(key, value, None)).collect();
                self.open_flow(node, &parts.join(", "))
            }
            (NewNode::Sequence(items), NodeKind::Sequence(_)) => {
                let parts: Vec<String> =
                    items.iter().map(|item| self.flow(item, ScalarStyle::Plain)).collect();
                self.open_flow(node, &parts.join(", "))
            }
            (NewNode::Scalar(_) | NewNode::Mapping(_) | NewNode::Sequence(_), _) if found.flow => {
                self.put_where_nothing_is(node, &self.flow(value, ScalarStyle::Plain))
            }
            (NewNode::Scalar(text), _) => {
                let style = self.usual_style(self.tree.scalar(key).unwrap_or_default(), map);
                self.put_where_nothing_is(node, &self.written(text, style, false))
            }
            (NewNode::Mapping(_) | NewNode::Sequence(_), _) => self.fill_below(key, node, value),
        }
    }

    /// Writes a collection below a key behind which only a comment stands.
    fn fill_below(&self, key: NodeId, node: NodeId, value: &NewNode) -> Result<Patch, EditRefusal> {
        let map = self.tree.parent(key).ok_or_else(|| self.layout(key, "the key has no mapping"))?;
        let indent = self.indentation(map)?;
        let at = self.source.end_of_line_at(self.span(node).end);
        let rest = self.text(self.span(node).end..at).trim_start();
        if !(rest.is_empty() || rest.starts_with('#')) {
            return Err(self.layout(key, "something stands behind the key"));
        }
        let text = self.below(value, indent, Some(map));
        if text.starts_with(' ') {
            self.put_where_nothing_is(node, text.trim_start())
        } else {
            Ok(Patch { range: at..at, text })
        }
    }

    /// How far the keys of a block mapping are indented, in characters.
    pub(super) fn indentation(&self, map: NodeId) -> Result<usize, EditRefusal> {
        let start = self.span(map).start;
        let before = self.text(self.source.start_of_line_at(start)..start);
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        if before.chars().all(|c| c == ' ' || c == '-') {
            Ok(before.len())
        } else {
            Err(self.layout(map, "the first key is not at the start of its line"))
        }
    }

    /// What stands before an item on its line: indentation, dash, blanks.
    pub(super) fn dash_prefix(&self, item: NodeId) -> Result<String, EditRefusal> {
        let start = self.span(item).start;
        let prefix = self.text(self.source.start_of_line_at(start)..start);
        let prefix = prefix.strip_prefix('\u{feff}').unwrap_or(prefix);
        let is_one_dash = prefix.trim_matches(' ') == "-";
        match is_one_dash {
            true if prefix.ends_with('-') => Ok(format!("{prefix} ")),
            true => Ok(prefix.to_owned()),
            false => Err(self.layout(item, "the item does not start on the line of its dash")),
        }
    }

    /// The end of the line on which a node ends; of a block that keeps its blank lines, behind these.
    pub(super) fn end_with_tail(&self, node: NodeId) -> usize {
        let mut end = self.source.end_of_line_at(self.span(node).end);
        if !self.keeps_blank_lines(node) {
            return end;
        }
        let mut line = self.source.next_line_after(end);
        while line < self.source.text().len() {
            let line_end = self.source.end_of_line_at(line);
            if !self.text(line..line_end).trim().is_empty() {
                break;
            }
            end = line_end;
            line = self.source.next_line_after(line);
        }
        end
    }

    /// Whether the last thing in a node is a block scalar with the indicator `+`.
    fn keeps_blank_lines(&self, node: NodeId) -> bool {
        match &self.tree.node(node).kind {
            NodeKind::Mapping(entries) => {
                entries.last().is_some_and(|(_, last)| self.keeps_blank_lines(*last))
            }
            NodeKind::Sequence(items) => items.last().is_some_and(|last| self.keeps_blank_lines(*last)),
            NodeKind::Scalar { style: ScalarStyle::Literal | ScalarStyle::Folded, .. } => {
                let header = self.text(self.span(node)).split([' ', '\n', '\r', '#']).next();
                header.is_some_and(|header| header.contains('+'))
            }
            NodeKind::Scalar { .. } | NodeKind::Alias => false,
        }
    }
}
