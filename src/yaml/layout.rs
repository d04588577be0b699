//! Where the bytes of an edit go, in the manner in which the text around them is laid out.

use std::ops::Range;

use super::edit::{Edit, Patch, Refusal, RefusalReason};
use super::quote::render_scalar;
use super::source::Source;
use super::tree::{NodeId, NodeKind, ScalarStyle, Tree};

type Entries = [(String, String)];

/// The bytes that an edit replaces.
pub(super) fn patch(source: &Source, tree: &Tree, edit: &Edit) -> Result<Patch, Refusal> {
    let place = Place { source, tree };
    match edit {
        Edit::SetScalar { node, value } => place.set(*node, value),
        Edit::InsertKey { map, after, key, value } => place.insert(*map, after.as_deref(), (key, value)),
        Edit::RemoveKey { map, key } => place.remove(*map, key),
        Edit::AppendItem { sequence, entries } => place.append(*sequence, entries),
        Edit::CreateSequence { map, key, entries } => place.create(*map, key, entries),
    }
}

struct Place<'a> {
    source: &'a Source,
    tree: &'a Tree,
}

impl Place<'_> {
    fn refuse(&self, node: NodeId, reason: RefusalReason) -> Refusal {
        Refusal { position: self.source.position(self.span(node).start), reason }
    }

    fn span(&self, node: NodeId) -> Range<usize> {
        self.tree.node(node).span.clone()
    }

    fn text(&self, range: Range<usize>) -> &str {
        self.source.text().get(range).unwrap_or_default()
    }

    fn set(&self, node: NodeId, value: &str) -> Result<Patch, Refusal> {
        let style = self.plain_style(node)?;
        let span = self.span(node);
        let text = self.written(value, style, self.tree.node(node).flow);
        if !span.is_empty() {
            return Ok(Patch { range: span, text });
        }
        let colon = self.after_colon(span.end).ok_or_else(|| {
            self.refuse(node, RefusalReason::Layout("the empty value does not follow its key"))
        })?;
        Ok(Patch { range: colon..colon, text: format!(" {text}") })
    }

    /// The style of a scalar that may be edited.
    fn plain_style(&self, node: NodeId) -> Result<ScalarStyle, Refusal> {
        let found = self.tree.node(node);
        let style = match &found.kind {
            NodeKind::Scalar { style, .. } => *style,
            NodeKind::Alias => return Err(self.refuse(node, RefusalReason::Alias)),
            NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                return Err(self.refuse(node, RefusalReason::NotA("a single value")));
            }
        };
        let reason = match style {
            _ if found.anchored => Some(RefusalReason::Anchored),
            _ if found.tagged => Some(RefusalReason::Tagged),
            ScalarStyle::Literal | ScalarStyle::Folded => Some(RefusalReason::BlockScalar),
            ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => None,
        };
        reason.map_or(Ok(style), |reason| Err(self.refuse(node, reason)))
    }

    /// In flow collections some readers stumble over a colon, so such values are quoted there.
    fn written(&self, value: &str, style: ScalarStyle, flow: bool) -> String {
        let style = if flow && style == ScalarStyle::Plain && value.contains(':') {
            ScalarStyle::DoubleQuoted
        } else {
            style
        };
        render_scalar(value, style)
    }

    /// The place behind the colon of a key that ends at a byte.
    fn after_colon(&self, key_end: usize) -> Option<usize> {
        let rest = self.source.text().get(key_end..)?;
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        rest.get(blank..)?.starts_with(':').then_some(key_end + blank + 1)
    }

    /// A mapping that may be edited: with entries, no merge key, no key twice.
    fn editable(&self, map: NodeId) -> Result<(), Refusal> {
        if self.tree.entries(map).is_empty() {
            return Err(self.refuse(map, RefusalReason::NotA("a mapping with entries")));
        }
        if let Some((key, _)) = self.tree.entry(map, "<<") {
            return Err(self.refuse(key, RefusalReason::MergeKey));
        }
        if let Some(key) = self.tree.duplicate_key_in(map) {
            let name = self.tree.scalar(key).unwrap_or_default().to_owned();
            return Err(self.refuse(key, RefusalReason::DuplicateKey(name)));
        }
        Ok(())
    }

    fn insert(&self, map: NodeId, after: Option<&str>, (key, value): (&str, &str)) -> Result<Patch, Refusal> {
        self.editable(map)?;
        if self.tree.get(map, key).is_some() {
            return Err(self.refuse(map, RefusalReason::KeyExists(key.to_owned())));
        }
        let anchor = match after {
            Some(name) => self.tree.entry(map, name),
            None => self.tree.entries(map).last().copied(),
        };
        let (_, last) = anchor.ok_or_else(|| {
            self.refuse(map, RefusalReason::NoSuchKey(after.unwrap_or_default().to_owned()))
        })?;
        let entry = self.entry((key, value), self.tree.node(map).flow);
        self.insert_after(map, last, &entry)
    }

    /// Puts text behind the entry whose value is `last`, on a line of its own in block style.
    fn insert_after(&self, map: NodeId, last: NodeId, entry: &str) -> Result<Patch, Refusal> {
        let end = self.span(last).end;
        if self.tree.node(map).flow {
            let is_written = !self.span(last).is_empty();
            return if is_written {
                Ok(Patch { range: end..end, text: format!(", {entry}") })
            } else {
                Err(self.refuse(last, RefusalReason::Layout("the value before it is empty")))
            };
        }
        let indent = " ".repeat(self.indentation(map)?);
        let at = self.source.end_of_line_at(end);
        Ok(Patch { range: at..at, text: format!("{}{indent}{entry}", self.source.line_break()) })
    }

    /// How far the keys of a block mapping are indented, in characters.
    fn indentation(&self, map: NodeId) -> Result<usize, Refusal> {
        let start = self.span(map).start;
        let before = self.text(self.source.start_of_line_at(start)..start);
        let before = before.strip_prefix('\u{feff}').unwrap_or(before);
        if before.chars().all(|c| c == ' ' || c == '-') {
            Ok(before.len())
        } else {
            Err(self
                .refuse(map, RefusalReason::Layout("the first key does not stand at the start of its line")))
        }
    }

    fn entry(&self, (key, value): (&str, &str), flow: bool) -> String {
        format!("{key}: {}", self.written(value, self.usual_style(key), flow))
    }

    /// The quotes that the same key has elsewhere in the text.
    fn usual_style(&self, key: &str) -> ScalarStyle {
        let values = self.tree.nodes.iter().filter_map(|node| match &node.kind {
            NodeKind::Mapping(entries) => {
                entries.iter().find(|(id, _)| self.tree.scalar(*id) == Some(key)).map(|(_, value)| *value)
            }
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Sequence(_) => None,
        });
        let mut styles = values.filter_map(|value| match &self.tree.node(value).kind {
            NodeKind::Scalar { style, .. } => Some(*style),
            NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => None,
        });
        let is_quoted =
            |style: &ScalarStyle| matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        styles.find(is_quoted).unwrap_or(ScalarStyle::Plain)
    }

    fn remove(&self, map: NodeId, key: &str) -> Result<Patch, Refusal> {
        self.editable(map)?;
        let entries = self.tree.entries(map);
        let index = entries.iter().position(|(id, _)| self.tree.scalar(*id) == Some(key));
        let index = index.ok_or_else(|| self.refuse(map, RefusalReason::NoSuchKey(key.to_owned())))?;
        let (key_node, value) = entries[index];
        let before = index.checked_sub(1).and_then(|before| entries.get(before));
        let range = match (before, entries.get(index + 1)) {
            (None, None) => return Err(self.refuse(map, RefusalReason::Layout("it is the only key"))),
            (None, Some((next, _))) => self.span(key_node).start..self.span(*next).start,
            (Some((_, last)), _) if self.tree.node(map).flow => self.span(*last).end..self.span(value).end,
            (Some((_, last)), _) => {
                let from = self.source.end_of_line_at(self.span(*last).end);
                let lines_between = self.source.start_of_line_at(self.span(key_node).start);
                // Comments on lines of their own between the two stay.
                let start = if self.source.next_line_after(from) == lines_between {
                    from
                } else {
                    self.source.end_of_line_at(self.last_break_before(lines_between))
                };
                start..self.source.end_of_line_at(self.span(value).end.max(self.span(key_node).end))
            }
        };
        Ok(Patch { range, text: String::new() })
    }

    /// A byte on the line before the one that starts here.
    fn last_break_before(&self, line_start: usize) -> usize {
        let before = self.text(0..line_start);
        let without = before.strip_suffix("\r\n").or_else(|| before.strip_suffix(['\n', '\r']));
        without.map_or(line_start, str::len)
    }

    fn append(&self, sequence: NodeId, entries: &Entries) -> Result<Patch, Refusal> {
        if !matches!(self.tree.node(sequence).kind, NodeKind::Sequence(_)) {
            return Err(self.refuse(sequence, RefusalReason::NotA("a list")));
        }
        let span = self.span(sequence);
        if self.tree.node(sequence).flow {
            let item = self.flow_item(entries);
            return Ok(match self.tree.items(sequence).last() {
                None => Patch { range: span.start + 1..span.start + 1, text: item },
                Some(last) => {
                    let end = self.span(*last).end;
                    Patch { range: end..end, text: format!(", {item}") }
                }
            });
        }
        let last = self.tree.items(sequence).last().copied();
        let last = last.ok_or_else(|| self.refuse(sequence, RefusalReason::NotA("a list with items")))?;
        let prefix = self.dash_prefix(last)?;
        let at = self.source.end_of_line_at(self.span(last).end);
        Ok(Patch { range: at..at, text: self.block_item(&prefix, entries) })
    }

    /// What stands before an item on its line: indentation, dash, blanks.
    fn dash_prefix(&self, item: NodeId) -> Result<String, Refusal> {
        let start = self.span(item).start;
        let prefix = self.text(self.source.start_of_line_at(start)..start);
        let is_one_dash = prefix.trim() == "-" && prefix.chars().all(|c| c == ' ' || c == '-');
        if is_one_dash {
            Ok(prefix.to_owned())
        } else {
            Err(self.refuse(item, RefusalReason::Layout("the item does not start on the line of its dash")))
        }
    }

    fn block_item(&self, prefix: &str, entries: &Entries) -> String {
        let line_break = self.source.line_break();
        let rest = " ".repeat(prefix.len());
        let lines = entries.iter().enumerate().map(|(index, (key, value))| {
            let before = if index == 0 { prefix } else { &rest };
            format!("{line_break}{before}{}", self.entry((key, value), false))
        });
        lines.collect()
    }

    fn flow_item(&self, entries: &Entries) -> String {
        let parts: Vec<String> = entries.iter().map(|(key, value)| self.entry((key, value), true)).collect();
        format!("{{{}}}", parts.join(", "))
    }

    fn create(&self, map: NodeId, key: &str, entries: &Entries) -> Result<Patch, Refusal> {
        self.editable(map)?;
        if let Some((key_node, value)) = self.tree.entry(map, key) {
            return self.fill(key_node, value, key, entries);
        }
        let (_, last) = self.tree.entries(map).last().copied().expect("an editable mapping has entries");
        if self.tree.node(map).flow {
            return self.insert_after(map, last, &format!("{key}: [{}]", self.flow_item(entries)));
        }
        let item = self.block_item(&self.usual_dash(map)?, entries);
        self.insert_after(map, last, &format!("{key}:{item}"))
    }

    /// Fills a key that is there without a value.
    fn fill(&self, key_node: NodeId, value: NodeId, key: &str, entries: &Entries) -> Result<Patch, Refusal> {
        let is_empty_flow = self.tree.node(value).flow
            && self.tree.items(value).is_empty()
            && matches!(self.tree.node(value).kind, NodeKind::Sequence(_));
        if is_empty_flow {
            return self.append(value, entries);
        }
        let key_end = self.span(key_node).end;
        let colon = self.after_colon(key_end);
        let line_end = self.source.end_of_line_at(key_end);
        let rest = colon.map_or("x", |colon| self.text(colon..line_end)).trim_start();
        let is_empty = self.span(value).is_empty() && (rest.is_empty() || rest.starts_with('#'));
        if !is_empty || self.tree.node(value).anchored || self.tree.node(value).tagged {
            return Err(self.refuse(key_node, RefusalReason::KeyExists(key.to_owned())));
        }
        let start = self.span(key_node).start;
        let indent =
            " ".repeat(start - self.source.start_of_line_at(start).max(self.source.body_start()).min(start));
        let text = self.block_item(&format!("{indent}- "), entries);
        Ok(Patch { range: line_end..line_end, text })
    }

    /// The dash of a new list: indented as the first block list under a key of the mapping.
    fn usual_dash(&self, map: NodeId) -> Result<String, Refusal> {
        let own = self.indentation(map)?;
        let lists = self.tree.entries(map).iter().map(|(_, value)| *value);
        let first_items =
            lists.filter(|list| !self.tree.node(*list).flow).filter_map(|list| self.tree.items(list).first());
        let dash = first_items.copied().filter_map(|item| self.dash_prefix(item).ok()).next();
        Ok(dash.unwrap_or_else(|| format!("{}- ", " ".repeat(own))))
    }
}
