//! A document as a value that can be changed: aliases and merge keys resolved, every scalar with the places that
//! made it what it is.

use std::collections::BTreeMap;

use super::go_yaml::{ScalarType, has_text_tag, plain_type};
use super::text::Text;
use super::trail::Step;
use crate::yaml::{DEPTH_MAX, NodeId, NodeKind, ScalarStyle};

/// How many nodes one document may have once its aliases are written out and its patches applied.
const NODES_MAX: usize = 1_000_000;

/// A node of a document.
#[derive(Clone, Debug)]
pub(in crate::overlay) enum Value {
    Scalar(Scalar),
    /// Keys and values in order; of a key that occurs twice the last counts.
    Map(Vec<(String, Self)>),
    List(Vec<Self>),
    /// What cannot be read, and why.
    Unread {
        line: usize,
        why: &'static str,
    },
}

/// How a scalar is written, as far as its type depends on it.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::overlay) enum Spelling {
    /// In quotes, as a block, or with the tag `!!str`: it is a text.
    #[default]
    Text,
    /// Without quotes: it may be a number or boolean.
    Plain,
    /// With another tag, such as `!!float`.
    Tagged,
}

impl Spelling {
    fn of(text: &Text, node: NodeId) -> Self {
        let found = text.tree.node(node);
        if found.tagged {
            return if has_text_tag(text, node) { Self::Text } else { Self::Tagged };
        }
        let is_plain = matches!(found.kind, NodeKind::Scalar { style: ScalarStyle::Plain, .. });
        if is_plain { Self::Plain } else { Self::Text }
    }
}

/// A text in a document.
#[derive(Clone, Debug, Default)]
pub(in crate::overlay) struct Scalar {
    pub(in crate::overlay) text: String,
    pub(in crate::overlay) is_null: bool,
    pub(in crate::overlay) spelling: Spelling,
    /// The line in the file that it was read from, from 1.
    pub(in crate::overlay) line: usize,
    /// What made it so, weakest first; empty while it stands as it was read.
    pub(in crate::overlay) trail: Vec<Step>,
}

impl Scalar {
    /// How it is written once a replacement gave it another text: kustomize keeps the type of what was there.
    pub(in crate::overlay) fn spelling_when_replaced(&self) -> Spelling {
        let was_text = plain_type(&self.text) == ScalarType::Text;
        if self.spelling == Spelling::Plain && was_text { Spelling::Text } else { self.spelling }
    }
}

/// Which lines of a file the lines of a text are that lies in one of its scalars.
#[derive(Copy, Clone, Debug)]
pub(in crate::overlay) enum Lines {
    /// Line n of the text is line n + this.
    After(usize),
    /// All of them are this line.
    All(usize),
}

impl Lines {
    /// The lines of a text that a scalar of another one holds.
    pub(in crate::overlay) fn inside(text: &Text, node: NodeId) -> Self {
        let line = text.line(node);
        match &text.tree.node(node).kind {
            NodeKind::Scalar { style: ScalarStyle::Literal, .. } => {
                let is_header = text.written(node).starts_with('|');
                Self::After(if is_header { line } else { line - 1 })
            }
            NodeKind::Scalar { .. } | NodeKind::Alias | NodeKind::Mapping(_) | NodeKind::Sequence(_) => {
                Self::All(line)
            }
        }
    }

    pub(in crate::overlay) const fn of(self, line: usize) -> usize {
        match self {
            Self::After(before) => before + line,
            Self::All(line) => line,
        }
    }
}

impl Value {
    /// Every document of a text that says something.
    pub(in crate::overlay) fn documents(text: &Text, lines: Lines) -> Vec<Self> {
        let roots = text.tree.documents().iter().filter(|root| !text.tree.is_null(**root));
        roots.map(|root| Self::of(text, *root, lines)).collect()
    }

    /// The value of a node.
    pub(in crate::overlay) fn of(text: &Text, node: NodeId, lines: Lines) -> Self {
        Reader { text, lines, anchors: BTreeMap::new(), nodes: 0, depth: 0 }.read(node)
    }

    pub(in crate::overlay) fn scalar(text: impl Into<String>, line: usize) -> Self {
        Self::Scalar(Scalar { text: text.into(), line, ..Scalar::default() })
    }

    pub(in crate::overlay) fn entries(&self) -> &[(String, Self)] {
        match self {
            Self::Map(entries) => entries,
            Self::Scalar(_) | Self::List(_) | Self::Unread { .. } => &[],
        }
    }

    pub(in crate::overlay) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            Self::Scalar(_) | Self::Map(_) | Self::Unread { .. } => &[],
        }
    }

    pub(in crate::overlay) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub(in crate::overlay) fn get_mut(&mut self, key: &str) -> Option<&mut Self> {
        match self {
            Self::Map(entries) => {
                entries.iter_mut().rev().find(|(name, _)| name == key).map(|(_, value)| value)
            }
            Self::Scalar(_) | Self::List(_) | Self::Unread { .. } => None,
        }
    }

    /// Sets a key of a mapping, in its place where it is there.
    pub(in crate::overlay) fn set(&mut self, key: &str, value: Self) {
        match self.get_mut(key) {
            Some(old) => *old = value,
            None => {
                if let Self::Map(entries) = self {
                    entries.push((key.to_owned(), value));
                }
            }
        }
    }

    /// The text of a scalar that says something.
    pub(in crate::overlay) fn text(&self) -> Option<&str> {
        match self {
            Self::Scalar(scalar) if !scalar.is_null => Some(&scalar.text),
            Self::Scalar(_) | Self::Map(_) | Self::List(_) | Self::Unread { .. } => None,
        }
    }

    pub(in crate::overlay) const fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(Scalar { is_null: true, .. }))
    }

    pub(in crate::overlay) const fn is_map(&self) -> bool {
        matches!(self, Self::Map(_))
    }

    /// The text at the end of some keys.
    pub(in crate::overlay) fn text_at(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().try_fold(self, |value, key| value.get(key))?.text()
    }

    /// The node at the end of a way of indices.
    pub(in crate::overlay) fn at_mut(&mut self, route: &[u32]) -> Option<&mut Self> {
        route.iter().try_fold(self, |value, index| {
            let index = usize::try_from(*index).ok()?;
            match value {
                Self::Map(entries) => entries.get_mut(index).map(|(_, value)| value),
                Self::List(items) => items.get_mut(index),
                Self::Scalar(_) | Self::Unread { .. } => None,
            }
        })
    }

    /// As [`Value::at_mut`], to look at.
    pub(in crate::overlay) fn at(&self, route: &[u32]) -> Option<&Self> {
        route.iter().try_fold(self, |value, index| {
            let index = usize::try_from(*index).ok()?;
            match value {
                Self::Map(entries) => entries.get(index).map(|(_, value)| value),
                Self::List(items) => items.get(index),
                Self::Scalar(_) | Self::Unread { .. } => None,
            }
        })
    }

    /// Everything directly below.
    pub(in crate::overlay) fn children(&self) -> Box<dyn Iterator<Item = &Self> + '_> {
        match self {
            Self::Map(entries) => Box::new(entries.iter().map(|(_, value)| value)),
            Self::List(items) => Box::new(items.iter()),
            Self::Scalar(_) | Self::Unread { .. } => Box::new(std::iter::empty()),
        }
    }

    /// Does something with every scalar at or below this node. As deep as `yaml::DEPTH_MAX`.
    pub(in crate::overlay) fn each_scalar(&mut self, change: &mut impl FnMut(&mut Scalar)) {
        match self {
            Self::Scalar(scalar) => change(scalar),
            Self::Map(entries) => entries.iter_mut().for_each(|(_, value)| value.each_scalar(change)),
            Self::List(items) => items.iter_mut().for_each(|value| value.each_scalar(change)),
            Self::Unread { .. } => {}
        }
    }

    /// How many nodes it has.
    pub(in crate::overlay) fn size(&self) -> usize {
        1 + self.children().map(Self::size).sum::<usize>()
    }

    /// Whether it is as small and as flat as a document may be, which patches and aliases could undo.
    pub(in crate::overlay) fn is_bounded(&self) -> bool {
        let mut nodes = NODES_MAX;
        self.fits(DEPTH_MAX + 1, &mut nodes)
    }

    fn fits(&self, depth: usize, nodes: &mut usize) -> bool {
        if depth == 0 || *nodes == 0 {
            return false;
        }
        *nodes -= 1;
        self.children().all(|child| child.fits(depth - 1, nodes))
    }

    /// The lines that cannot be read, and why.
    pub(in crate::overlay) fn unread(&self, found: &mut Vec<(usize, String)>) {
        if let Self::Unread { line, why } = self {
            found.push((*line, (*why).to_owned()));
        }
        self.children().for_each(|child| child.unread(found));
    }
}

struct Reader<'a> {
    text: &'a Text,
    lines: Lines,
    /// What was read behind each anchor.
    anchors: BTreeMap<&'a str, Value>,
    nodes: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    /// As deep as `yaml::DEPTH_MAX`.
    fn read(&mut self, node: NodeId) -> Value {
        self.nodes += 1;
        let text = self.text;
        let line = self.lines.of(text.line(node));
        if self.nodes > NODES_MAX {
            return Value::Unread { line, why: "the file has too many nodes" };
        }
        let found = text.tree.node(node);
        let value = match &found.kind {
            NodeKind::Scalar { value, .. } => {
                let is_null = text.tree.is_null(node);
                let spelling = Spelling::of(text, node);
                Value::Scalar(Scalar { text: value.clone(), is_null, spelling, line, trail: Vec::new() })
            }
            NodeKind::Alias => return self.alias(text.written(node), line),
            NodeKind::Sequence(items) => {
                self.below(|inner| Value::List(items.iter().map(|item| inner.read(*item)).collect()))
            }
            NodeKind::Mapping(entries) => self.below(|inner| inner.map(entries)),
        };
        if found.anchored
            && let Some(name) =
                anchor_before(text.source.text(), found.span.start, anchors_within(text, node))
        {
            self.anchors.insert(name, value.clone());
        }
        value
    }

    fn below(&mut self, read: impl FnOnce(&mut Self) -> Value) -> Value {
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// What an alias stands for; its size counts as if it were written out.
    fn alias(&mut self, written: &str, line: usize) -> Value {
        let target = written.strip_prefix('*').and_then(|name| self.anchors.get(name));
        match target {
            Some(value) => {
                let mut left = NODES_MAX.saturating_sub(self.nodes);
                let fits = value.fits(DEPTH_MAX.saturating_sub(self.depth), &mut left);
                self.nodes = NODES_MAX - left;
                if !fits {
                    return Value::Unread { line, why: "its aliases make the file too large or too deep" };
                }
                value.clone()
            }
            None => Value::Unread { line, why: "an alias whose anchor cannot be made out" },
        }
    }

    fn map(&mut self, entries: &[(NodeId, NodeId)]) -> Value {
        let mut map = Vec::with_capacity(entries.len());
        let mut merged = Vec::new();
        for (key, value) in entries {
            let name = self.text.tree.scalar(*key).unwrap_or_else(|| self.text.written(*key));
            let value = self.read(*value);
            if name == "<<" { merged.push(value) } else { map.push((name.to_owned(), value)) }
        }
        let sources = merged.iter().flat_map(|value| match value {
            Value::List(items) => items.as_slice(),
            Value::Scalar(_) | Value::Map(_) | Value::Unread { .. } => std::slice::from_ref(value),
        });
        for source in sources {
            if let Value::Unread { line, why } = source {
                map.push(("<<".to_owned(), Value::Unread { line: *line, why }));
            }
            for (key, value) in source.entries() {
                if !map.iter().any(|(name, _)| name == key) {
                    map.push((key.clone(), value.clone()));
                }
            }
        }
        Value::Map(map)
    }
}

/// How many nodes with anchors of their own begin where a node begins.
fn anchors_within(text: &Text, node: NodeId) -> usize {
    let first = |node: &NodeId| match &text.tree.node(*node).kind {
        NodeKind::Mapping(entries) => entries.first().map(|(key, _)| *key),
        NodeKind::Sequence(items) => items.first().copied(),
        NodeKind::Scalar { .. } | NodeKind::Alias => None,
    };
    let start = text.tree.node(node).span.start;
    let chain = std::iter::successors(first(&node), first);
    let here = chain.take_while(|inner| text.tree.node(*inner).span.start == start);
    here.filter(|inner| text.tree.node(*inner).anchored).count()
}

/// The name of the anchor that stands before a node, behind `inner` others: nodes carry only whether there is one.
fn anchor_before(text: &str, start: usize, mut inner: usize) -> Option<&str> {
    let mut before = text.get(..start)?.trim_end();
    loop {
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let last = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let word = before.get(last..)?;
        let anchor = word.rfind('&');
        if let (Some(at), 0) = (anchor, inner) {
            return word.get(at + 1..);
        }
        let cut = match anchor {
            Some(at) => {
                inner -= 1;
                Some(last + at)
            }
            None if word.starts_with('!') || word == "-" || word == "?" => Some(last),
            None => before.get(line_start..)?.find(" #").map(|at| line_start + at),
        };
        before = before.get(..cut?)?.trim_end();
    }
}
