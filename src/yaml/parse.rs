//! Events become a tree. Iterative, so that depth costs no stack; every size has a cap.

use yaml_rust2::parser::{Event, Parser};
use yaml_rust2::scanner::{Marker, ScanError, TScalarStyle};

use super::source::{Source, YamlError};
use super::span::Lexer;
use super::tree::{Node, NodeId, NodeKind, ScalarStyle, Tree};

/// How deep collections may be nested.
pub const DEPTH_MAX: usize = 128;
/// How many events a text may give.
pub const EVENTS_MAX: usize = 1_000_000;
/// How many aliases a text may hold.
pub const ALIASES_MAX: usize = 10_000;

/// Reads every document of a text.
///
/// # Errors
/// Where the text is not YAML, exceeds a cap, or holds something whose bytes cannot be made out.
pub fn parse(source: &Source) -> Result<Tree, YamlError> {
    let events = events(source)?;
    let mut builder =
        Builder { source, lexer: Lexer::new(source), tree: Tree::default(), open: Vec::new(), aliases: 0 };
    for (index, (event, mark)) in events.iter().enumerate() {
        let next = events.get(index + 1);
        builder.take(event, *mark, next)?;
    }
    Ok(builder.tree)
}

/// All events. Each collection's first child tells block from flow, so one event is looked at ahead.
fn events(source: &Source) -> Result<Vec<(Event, Marker)>, YamlError> {
    let body = source.text().get(source.body_start()..).unwrap_or_default();
    let mut parser = Parser::new_from_str(body);
    let mut events = Vec::new();
    let mut depth = 0_usize;
    loop {
        let (event, mark) = parser.next_token().map_err(|error| scan_error(source, &error))?;
        match event {
            Event::StreamEnd => return Ok(events),
            Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
            Event::MappingEnd | Event::SequenceEnd => depth = depth.saturating_sub(1),
            Event::Nothing
            | Event::StreamStart
            | Event::DocumentStart
            | Event::DocumentEnd
            | Event::Alias(_)
            | Event::Scalar(..) => {}
        }
        let cap = if depth > DEPTH_MAX {
            Some(format!("collections are nested more than {DEPTH_MAX} deep"))
        } else {
            (events.len() >= EVENTS_MAX).then(|| format!("more than {EVENTS_MAX} nodes"))
        };
        if let Some(what) = cap {
            return Err(error_at(source, mark, what));
        }
        events.push((event, mark));
    }
}

fn scan_error(source: &Source, error: &ScanError) -> YamlError {
    error_at(source, *error.marker(), error.info().to_owned())
}

fn error_at(source: &Source, mark: Marker, what: String) -> YamlError {
    YamlError { position: source.position(source.byte_at(mark.line(), mark.col())), what }
}

/// A collection whose end was not seen yet.
struct Open {
    id: NodeId,
    children: Vec<NodeId>,
    is_mapping: bool,
}

struct Builder<'a> {
    source: &'a Source,
    lexer: Lexer<'a>,
    tree: Tree,
    open: Vec<Open>,
    aliases: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: &Event, mark: Marker, next: Option<&(Event, Marker)>) -> Result<(), YamlError> {
        let byte = self.source.byte_at(mark.line(), mark.col());
        match event {
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart
            | Event::DocumentEnd => {}
            Event::Alias(_) => self.alias(byte, mark)?,
            Event::Scalar(value, style, anchor, tag) => {
                let style = style_of(*style);
                let span = self
                    .lexer
                    .scalar(value, style, byte, mark.col())
                    .map_err(|what| error_at(self.source, mark, what))?;
                let kind = NodeKind::Scalar { value: value.clone(), style };
                let id = self.add(kind, span, false, *anchor > 0);
                self.tree.nodes[id.0].tagged = tag.is_some();
            }
            Event::SequenceStart(anchor, tag) => {
                let is_inner =
                    matches!(next, Some((Event::SequenceStart(..), inner)) if same_place(*inner, mark));
                let flow = self.starts_with(byte, '[') && !is_inner;
                self.start(false, flow, byte, (*anchor > 0, tag.is_some()));
            }
            Event::MappingStart(anchor, tag) => {
                let is_inner =
                    matches!(next, Some((Event::MappingStart(..), inner)) if same_place(*inner, mark));
                let flow = self.starts_with(byte, '{') && !is_inner;
                self.start(true, flow, byte, (*anchor > 0, tag.is_some()));
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(byte),
        }
        Ok(())
    }

    fn alias(&mut self, byte: usize, mark: Marker) -> Result<(), YamlError> {
        self.aliases += 1;
        if self.aliases > ALIASES_MAX {
            return Err(error_at(self.source, mark, format!("more than {ALIASES_MAX} aliases")));
        }
        let span = self.lexer.alias(byte);
        self.add(NodeKind::Alias, span, false, false);
        Ok(())
    }

    fn starts_with(&self, byte: usize, expected: char) -> bool {
        self.source.text().get(byte..).is_some_and(|rest| rest.starts_with(expected))
    }

    fn start(&mut self, is_mapping: bool, flow: bool, byte: usize, (anchored, tagged): (bool, bool)) {
        let kind = if is_mapping { NodeKind::Mapping(Vec::new()) } else { NodeKind::Sequence(Vec::new()) };
        let id = self.add(kind, byte..byte, flow, anchored);
        self.tree.nodes[id.0].tagged = tagged;
        if flow {
            self.lexer.pass(byte + 1);
        }
        self.open.push(Open { id, children: Vec::new(), is_mapping });
    }

    fn end(&mut self, byte: usize) {
        let Some(Open { id, children, is_mapping }) = self.open.pop() else { return };
        let opens_with_bracket = self.tree.nodes[id.0].span.start;
        let own_flow = self.starts_with(opens_with_bracket, '[') || self.starts_with(opens_with_bracket, '{');
        if self.tree.nodes[id.0].flow && own_flow && self.closes(byte) {
            self.tree.nodes[id.0].span.end = byte + 1;
            self.lexer.pass(byte + 1);
        } else if let (Some(first), Some(last)) = (children.first(), children.last()) {
            let span = self.tree.nodes[first.0].span.start..self.tree.nodes[last.0].span.end;
            self.tree.nodes[id.0].span = span;
        }
        self.tree.nodes[id.0].kind = if is_mapping {
            let pairs = children.chunks_exact(2);
            NodeKind::Mapping(pairs.filter_map(|pair| Some((*pair.first()?, *pair.last()?))).collect())
        } else {
            NodeKind::Sequence(children)
        };
    }

    fn closes(&self, byte: usize) -> bool {
        self.starts_with(byte, ']') || self.starts_with(byte, '}')
    }

    fn add(&mut self, kind: NodeKind, span: std::ops::Range<usize>, flow: bool, anchored: bool) -> NodeId {
        let id = NodeId(self.tree.nodes.len());
        let inside_flow = self.open.last().is_some_and(|open| self.tree.nodes[open.id.0].flow);
        self.tree.nodes.push(Node { kind, span, flow: flow || inside_flow, anchored, tagged: false });
        match self.open.last_mut() {
            Some(parent) => parent.children.push(id),
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
