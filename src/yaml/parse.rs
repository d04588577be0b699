//! Events become a tree. Iterative, so that depth costs no stack; every size has a cap.

use std::collections::BTreeMap;

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, TScalarStyle};

use super::lenient::Indented;
use super::source::{Source, YamlError};
use super::span::{Lexer, Role};
use super::tree::{Node, NodeId, NodeKind, ScalarStyle, Tree};

/// How deep collections may be nested.
pub const DEPTH_MAX: usize = 128;
/// How many nodes a text may give, and ends of collections and of documents.
pub const EVENTS_MAX: usize = 2_000_000;
/// How many aliases a text may hold.
pub const ALIASES_MAX: usize = 10_000;
/// About how many bytes of a text give a node.
const BYTES_PER_NODE: usize = 16;

/// Reads every document of a text.
///
/// # Errors
/// Where the text is not YAML, exceeds a cap, or holds something whose bytes cannot be made out.
pub fn parse(source: &Source) -> Result<Tree, YamlError> {
    let body = source.text().get(source.body_start()..).unwrap_or_default();
    built_of(source, body, None).or_else(|error| {
        let Some(copy) = Indented::copy(body) else { return Err(error) };
        match built_of(source, &copy.text, Some(&copy)) {
            Ok(tree) if copy.is_proven(source, &tree) => Ok(tree),
            Ok(_) | Err(_) => Err(error),
        }
    })
}

/// Reads a text, or its copy for the parser.
fn built_of(source: &Source, body: &str, copy: Option<&Indented>) -> Result<Tree, YamlError> {
    // Decoding costs the parser more than looking for non-ASCII bytes costs us.
    if body.is_ascii() {
        built(Builder::new(source, copy), Parser::new(body.bytes().map(char::from)))
    } else {
        built(Builder::new(source, copy), Parser::new_from_str(body))
    }
}

fn built(
    mut builder: Builder<'_>,
    mut parser: Parser<impl Iterator<Item = char>>,
) -> Result<Tree, YamlError> {
    let source = builder.source;
    for _ in 0..EVENTS_MAX {
        let (event, mark) = parser.next_token().map_err(|error| {
            let byte = builder.marks.byte(*error.marker());
            YamlError { position: source.position(byte), what: error.info().to_owned() }
        })?;
        if matches!(event, Event::StreamEnd) {
            return Ok(builder.tree);
        }
        builder.take(event, mark)?;
    }
    let what = format!("more than {EVENTS_MAX} nodes");
    Err(YamlError { position: source.position(source.text().len()), what })
}

/// From the parser's lines and columns to bytes.
///
/// Its own index of characters goes wrong behind a block scalar with non-ASCII text, so it is not used.
struct Marks<'a> {
    source: &'a Source,
    /// The text that the parser reads, where it is not that of the source.
    copy: Option<&'a Indented>,
    /// The place that was asked for last: the next is mostly on the same line, further on.
    line: usize,
    column: usize,
    byte: usize,
}

impl Marks<'_> {
    fn byte(&mut self, mark: Marker) -> usize {
        let added = self.copy.map_or(0, |copy| copy.added(mark.line()));
        let column = mark.col().saturating_sub(added);
        if mark.line() != self.line || column < self.column {
            self.line = mark.line();
            self.column = 0;
            self.byte = self.source.start_of_line(mark.line());
        }
        let further = column - self.column;
        let rest = self.source.text().get(self.byte..).unwrap_or_default();
        self.byte += match rest.as_bytes().get(..further) {
            Some(before) if before.is_ascii() => further,
            Some(_) | None => rest.char_indices().nth(further).map_or(rest.len(), |(offset, _)| offset),
        };
        self.column = column;
        self.byte
    }
}

/// A collection whose end was not seen yet.
struct Open {
    id: NodeId,
    mark: Marker,
    /// Where its children begin among those that wait for their parents' ends.
    children_from: usize,
    is_mapping: bool,
}

struct Builder<'a> {
    source: &'a Source,
    marks: Marks<'a>,
    lexer: Lexer<'a>,
    tree: Tree,
    open: Vec<Open>,
    children: Vec<NodeId>,
    anchors: BTreeMap<usize, NodeId>,
}

impl<'a> Builder<'a> {
    fn new(source: &'a Source, copy: Option<&'a Indented>) -> Self {
        let mut tree = Tree::default();
        tree.nodes.reserve(source.text().len() / BYTES_PER_NODE);
        Self {
            source,
            marks: Marks { source, copy, line: 0, column: 0, byte: 0 },
            lexer: Lexer::new(source),
            tree,
            open: Vec::with_capacity(16),
            children: Vec::with_capacity(64),
            anchors: BTreeMap::new(),
        }
    }

    fn take(&mut self, event: Event, mark: Marker) -> Result<(), YamlError> {
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart
            | Event::DocumentEnd => {}
            Event::Alias(anchor) => self.alias(anchor, mark)?,
            Event::Scalar(value, style, anchor, tag) => {
                let id = self.scalar(value, style_of(style), mark)?;
                self.properties(id, anchor, tag.is_some());
            }
            Event::SequenceStart(anchor, tag) => {
                let id = self.start(false, mark)?;
                self.properties(id, anchor, tag.is_some());
            }
            Event::MappingStart(anchor, tag) => {
                let id = self.start(true, mark)?;
                self.properties(id, anchor, tag.is_some());
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(mark),
        }
        Ok(())
    }

    fn error(&mut self, mark: Marker, what: impl Into<String>) -> YamlError {
        let byte = self.marks.byte(mark);
        YamlError { position: self.source.position(byte), what: what.into() }
    }

    fn properties(&mut self, id: NodeId, anchor: usize, tagged: bool) {
        let node = &mut self.tree.nodes[id.index()];
        node.tagged = tagged;
        node.anchored = anchor > 0;
        if anchor > 0 {
            self.anchors.insert(anchor, id);
        }
    }

    fn alias(&mut self, anchor: usize, mark: Marker) -> Result<(), YamlError> {
        if self.tree.aliases.len() == ALIASES_MAX {
            return Err(self.error(mark, format!("more than {ALIASES_MAX} aliases")));
        }
        let byte = self.marks.byte(mark);
        let span = self.lexer.alias(byte);
        let id = self.add(NodeKind::Alias, span, mark);
        // The parser forgets no anchor at the end of a document, YAML does.
        let document = self.tree.documents.last().copied().unwrap_or(id);
        match self.anchors.get(&anchor).copied() {
            Some(target) if target >= document => self.tree.aliases.push((id, target)),
            Some(_) | None => return Err(self.error(mark, "an alias to an anchor of another document")),
        }
        Ok(())
    }

    fn scalar(&mut self, value: String, style: ScalarStyle, mark: Marker) -> Result<NodeId, YamlError> {
        let byte = self.marks.byte(mark);
        let role = self.role();
        let Some(span) = self.lexer.scalar(&value, style, role, byte, mark.col()) else {
            return Err(self.error(mark, "the bytes of this scalar cannot be made out; write it on one line"));
        };
        Ok(self.add(NodeKind::Scalar { value, style }, span, mark))
    }

    /// What the next node is to the collection that is open.
    fn role(&self) -> Role {
        match self.open.last() {
            None => Role::Root,
            Some(open) if !open.is_mapping => Role::Item,
            Some(open) if (self.children.len() - open.children_from).is_multiple_of(2) => Role::Key,
            Some(_) => Role::Value,
        }
    }

    fn start(&mut self, is_mapping: bool, mark: Marker) -> Result<NodeId, YamlError> {
        if self.open.len() == DEPTH_MAX {
            return Err(self.error(mark, format!("collections are nested more than {DEPTH_MAX} deep")));
        }
        let byte = self.marks.byte(mark);
        let (kind, bracket) = if is_mapping {
            (NodeKind::Mapping(Vec::new()), b'{')
        } else {
            (NodeKind::Sequence(Vec::new()), b'[')
        };
        let is_bracketed = self.byte(byte) == Some(bracket);
        let id = self.add(kind, byte..byte, mark);
        if is_bracketed {
            self.tree.nodes[id.index()].bracketed = true;
            self.tree.nodes[id.index()].flow = true;
            self.lexer.pass(byte + 1);
        } else if !is_mapping && self.byte(byte) == Some(b'-') {
            // A dash before this one announced the list, not its first item. (Of a list that is not indented, the mark
            // is behind its first dash.)
            self.lexer.pass(byte);
        }
        let children_from = self.children.len();
        self.open.push(Open { id, mark, children_from, is_mapping });
        Ok(id)
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.source.text().as_bytes().get(at).copied()
    }

    fn end(&mut self, mark: Marker) {
        let Some(open) = self.open.pop() else { return };
        if !(self.tree.nodes[open.id.index()].bracketed && self.close(&open, mark)) {
            self.tree.nodes[open.id.index()].span = self.around(open.children_from);
        }
        let children = self.children.get(open.children_from..).unwrap_or_default();
        self.tree.nodes[open.id.index()].kind = if open.is_mapping {
            let pairs = children.chunks_exact(2);
            NodeKind::Mapping(pairs.map(|pair| (pair[0], pair[1])).collect())
        } else {
            NodeKind::Sequence(children.to_vec())
        };
        self.children.truncate(open.children_from);
    }

    /// Ends a flow collection at its bracket; says whether there is one.
    fn close(&mut self, open: &Open, mark: Marker) -> bool {
        let byte = self.marks.byte(mark);
        let closes = self.byte(byte) == Some(if open.is_mapping { b'}' } else { b']' });
        if closes {
            self.tree.nodes[open.id.index()].span.end = byte + 1;
            self.lexer.pass(byte + 1);
        } else {
            self.not_bracketed(open.id);
        }
        closes
    }

    /// From the first to the last of the children that wait from a place on.
    fn around(&self, children_from: usize) -> std::ops::Range<usize> {
        let children = self.children.get(children_from..).unwrap_or_default();
        let start = children.first().map_or(0, |first| self.tree.nodes[first.index()].span.start);
        let end = children.last().map_or(start, |last| self.tree.nodes[last.index()].span.end);
        start..end
    }

    /// A bracket at a collection's start was its first child's: its key's, or its item's.
    fn not_bracketed(&mut self, id: NodeId) {
        self.tree.nodes[id.index()].bracketed = false;
        for index in id.index()..self.tree.nodes.len() {
            let outer =
                self.tree.nodes[index].parent.is_some_and(|parent| self.tree.nodes[parent.index()].flow);
            self.tree.nodes[index].flow = outer || self.tree.nodes[index].bracketed;
        }
    }

    fn add(&mut self, kind: NodeKind, span: std::ops::Range<usize>, mark: Marker) -> NodeId {
        let id = NodeId::new(self.tree.nodes.len());
        let parent = self.open.last().map(|open| open.id);
        // Where a collection and its first child start at one place, the bracket there is the child's.
        if let Some(open) = self.open.last()
            && self.children.len() == open.children_from
            && self.tree.nodes[open.id.index()].bracketed
            && same_place(open.mark, mark)
        {
            self.not_bracketed(open.id);
        }
        let flow = parent.is_some_and(|parent| self.tree.nodes[parent.index()].flow);
        self.tree.nodes.push(Node {
            kind,
            span,
            flow,
            anchored: false,
            tagged: false,
            parent,
            bracketed: false,
        });
        match parent {
            Some(_) => self.children.push(id),
            None => self.tree.documents.push(id),
        }
        id
    }
}

fn same_place(left: Marker, right: Marker) -> bool {
    (left.line(), left.col()) == (right.line(), right.col())
}

const fn style_of(style: TScalarStyle) -> ScalarStyle {
    match style {
        TScalarStyle::Plain => ScalarStyle::Plain,
        TScalarStyle::SingleQuoted => ScalarStyle::SingleQuoted,
        TScalarStyle::DoubleQuoted => ScalarStyle::DoubleQuoted,
        TScalarStyle::Literal => ScalarStyle::Literal,
        TScalarStyle::Folded => ScalarStyle::Folded,
    }
}
