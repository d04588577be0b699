//! How new values are written: as their siblings are.

use super::super::quote::render_scalar;
use super::super::request::NewNode;
use super::super::tree::{NodeId, NodeKind, ScalarStyle};
use super::Place;

/// How far a mapping is indented below its key where the text shows no other habit.
const INDENTATION: usize = 2;

impl Place<'_> {
    /// In flow collections some readers stumble over a colon, so such values are quoted there.
    pub(super) fn written(&self, value: &str, style: ScalarStyle, flow: bool) -> String {
        let style = if flow && style == ScalarStyle::Plain && value.contains(':') {
            ScalarStyle::DoubleQuoted
        } else {
            style
        };
        render_scalar(value, style)
    }

    pub(super) fn flow_entry(&self, key: &str, value: &NewNode, map: Option<NodeId>) -> String {
        let key_text = render_scalar(key, ScalarStyle::Plain);
        format!("{key_text}: {}", self.flow(value, self.usual_style(key, map)))
    }

    pub(super) fn flow(&self, value: &NewNode, style: ScalarStyle) -> String {
        match value {
            NewNode::Scalar(text) => self.written(text, style, true),
            NewNode::Mapping(entries) => {
                let parts: Vec<String> =
                    entries.iter().map(|(key, value)| self.flow_entry(key, value, None)).collect();
                format!("{{{}}}", parts.join(", "))
            }
            NewNode::Sequence(items) => {
                let parts: Vec<String> = items.iter().map(|item| self.flow(item, style)).collect();
                format!("[{}]", parts.join(", "))
            }
        }
    }

    /// An entry whose first line begins with its key; the other lines carry their indentation.
    ///
    /// `indent` is that of the keys of the block mapping, and `map` is the mapping where it is there already.
    pub(super) fn block_entry(
        &self,
        key: &str,
        value: &NewNode,
        indent: usize,
        map: Option<NodeId>,
    ) -> String {
        let key_text = render_scalar(key, ScalarStyle::Plain);
        match value {
            NewNode::Scalar(text) => {
                format!("{key_text}: {}", self.written(text, self.usual_style(key, map), false))
            }
            NewNode::Mapping(_) | NewNode::Sequence(_) => {
                format!("{key_text}:{}", self.below(value, indent, map))
            }
        }
    }

    /// What follows the colon of a key of that indentation.
    pub(super) fn below(&self, value: &NewNode, indent: usize, map: Option<NodeId>) -> String {
        let line_break = self.source.line_break();
        match value {
            NewNode::Scalar(text) => format!(" {}", self.written(text, ScalarStyle::Plain, false)),
            NewNode::Mapping(entries) if entries.is_empty() => " {}".to_owned(),
            NewNode::Sequence(items) if items.is_empty() => " []".to_owned(),
            NewNode::Mapping(entries) => {
                let inner = indent + self.usual_indentation();
                let lines = entries.iter().map(|(key, value)| {
                    format!("{line_break}{}{}", " ".repeat(inner), self.block_entry(key, value, inner, None))
                });
                lines.collect()
            }
            NewNode::Sequence(items) => {
                let dash = self.usual_dash(indent, map);
                items.iter().map(|item| self.block_item(&dash, item, ScalarStyle::Plain)).collect()
            }
        }
    }

    /// An item on lines of its own, the line break before it included.
    pub(super) fn block_item(&self, prefix: &str, value: &NewNode, style: ScalarStyle) -> String {
        let line_break = self.source.line_break();
        let content = match value {
            NewNode::Scalar(text) => self.written(text, style, false),
            NewNode::Mapping(entries) if !entries.is_empty() => {
                let indent = prefix.len();
                let lines: Vec<String> =
                    entries.iter().map(|(key, value)| self.block_entry(key, value, indent, None)).collect();
                lines.join(&format!("{line_break}{}", " ".repeat(indent)))
            }
            NewNode::Mapping(_) | NewNode::Sequence(_) => self.flow(value, style),
        };
        format!("{line_break}{prefix}{content}")
    }

    /// The quotes that the same key has elsewhere in the text, else those that all its siblings have.
    pub(super) fn usual_style(&self, key: &str, map: Option<NodeId>) -> ScalarStyle {
        let maps = self.tree.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Mapping(entries) => Some(entries),
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => None,
        });
        let same_key = maps.flatten().filter(|(id, _)| self.tree.scalar(*id) == Some(key));
        let mut styles = same_key.filter_map(|(_, value)| self.style(*value)).peekable();
        if styles.peek().is_some() {
            return styles.find(|style| is_quoted(*style)).unwrap_or(ScalarStyle::Plain);
        }
        let siblings = map.map(|map| self.tree.entries(map)).unwrap_or_default();
        self.common_style(siblings.iter().map(|(_, value)| *value))
    }

    /// The quotes that all items of a list have.
    pub(super) fn item_style(&self, sequence: NodeId) -> ScalarStyle {
        self.common_style(self.tree.items(sequence).iter().copied())
    }

    fn common_style(&self, values: impl Iterator<Item = NodeId>) -> ScalarStyle {
        let mut styles = values.filter_map(|value| self.style(value));
        match styles.next() {
            Some(first) if is_quoted(first) && styles.all(|style| style == first) => first,
            Some(_) | None => ScalarStyle::Plain,
        }
    }

    fn style(&self, value: NodeId) -> Option<ScalarStyle> {
        match &self.tree.node(value).kind {
            NodeKind::Scalar { style, .. } => Some(*style),
            NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        }
    }

    /// How far the first block mapping below a key of another one is indented.
    fn usual_indentation(&self) -> usize {
        let steps = self.tree.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Mapping(entries) if !node.flow => Some(entries),
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        });
        let below = |(key, value): &(NodeId, NodeId)| {
            let is_block_map =
                matches!(self.tree.node(*value).kind, NodeKind::Mapping(_)) && !self.tree.node(*value).flow;
            if !is_block_map {
                return None;
            }
            let outer = self.column(*key);
            self.column(*value).checked_sub(outer).filter(|step| *step > 0)
        };
        steps.flatten().find_map(below).unwrap_or(INDENTATION)
    }

    fn column(&self, node: NodeId) -> usize {
        let start = self.span(node).start;
        start - self.source.start_of_line(self.source.line_of(start)).min(start)
    }

    /// The dash of a new list: indented as the first block list under a key of the mapping, or of the text.
    fn usual_dash(&self, indent: usize, map: Option<NodeId>) -> String {
        let own = map.map(|map| self.tree.entries(map)).unwrap_or_default();
        let everywhere = self.tree.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Mapping(entries) if !node.flow => Some(entries),
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        });
        let mut entries = own.iter().chain(everywhere.flatten());
        let relative = entries.find_map(|(key, list)| {
            if self.tree.node(*list).flow {
                return None;
            }
            let prefix = self.dash_prefix(*self.tree.items(*list).first()?).ok()?;
            prefix.get(self.column(*key)..).filter(|rest| rest.contains('-')).map(str::to_owned)
        });
        format!("{}{}", " ".repeat(indent), relative.unwrap_or_else(|| "- ".to_owned()))
    }
}

const fn is_quoted(style: ScalarStyle) -> bool {
    matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
}
