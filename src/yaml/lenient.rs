//! A copy of a text for the parser, in which lines that begin inside a flow collection or a quoted scalar are indented
//! further.
//!
//! The parser wants such lines to be indented more than the key that they belong to, as YAML's grammar does
//! (<https://yaml.org/spec/1.2.2/#72-flow-style-productions>, production `s-flow-line-prefix`); kustomize's parser does
//! not, and kubectl and editors write them so:
//!
//! ```yaml
//! args: [
//!   "--verbose"
//! ]
//! message: "a text that goes on
//! here"
//! ```
//!
//! White space at the start of such a line means nothing, so the copy means the same. Which lines these are is
//! guessed here; [`Indented::is_proven`] holds the guess against what the parser made of the copy.

use super::source::Source;
use super::tree::{Node, NodeKind, ScalarStyle, Tree};

/// How many times as long as its text a copy may be; a short text may grow by [`MARGIN_BYTES`].
const GROWTH_MAX: usize = 4;
/// What a copy may have in addition.
const MARGIN_BYTES: usize = 64 << 10;

/// A text in which some lines have blanks before them.
pub(super) struct Indented {
    /// The text.
    pub(super) text: String,
    /// How many blanks are before each line, from line 1.
    added: Vec<usize>,
}

impl Indented {
    /// The copy of a text from a byte on, where lines would be indented at all.
    pub(super) fn copy(body: &str) -> Option<Self> {
        let breaks = memchr::memchr_iter(b'\r', body.as_bytes());
        // The parser ends a line there, too, and nobody writes such files any more.
        if breaks.into_iter().any(|at| body.as_bytes().get(at + 1) != Some(&b'\n')) {
            return None;
        }
        let mut scanner = Scanner::default();
        let mut copy = Self { text: String::with_capacity(body.len()), added: Vec::new() };
        for line in body.split_inclusive('\n') {
            if scanner.is_refused(line) {
                return None;
            }
            let blanks = scanner.blanks_before(line);
            copy.text.extend(std::iter::repeat_n(' ', blanks));
            copy.text.push_str(line);
            copy.added.push(blanks);
            scanner.pass(line);
            if copy.text.len() > body.len() * GROWTH_MAX + MARGIN_BYTES {
                return None;
            }
        }
        copy.added.iter().any(|added| *added > 0).then_some(copy)
    }

    /// How many blanks the copy has before a line, from 1.
    pub(super) fn added(&self, line: usize) -> usize {
        line.checked_sub(1).and_then(|index| self.added.get(index)).copied().unwrap_or_default()
    }

    /// Whether each line with blanks before it begins inside a flow collection or a quoted scalar of the tree.
    pub(super) fn is_proven(&self, source: &Source, tree: &Tree) -> bool {
        let mut spans: Vec<_> = tree.nodes().filter(|(_, node)| ignores_indentation(node)).collect();
        spans.sort_by_key(|(_, node)| node.span.start);
        let mut next = spans.iter().peekable();
        // The end of the span that reaches furthest, of those that begin before the line.
        let mut reached = 0;
        let indented = self.added.iter().enumerate().filter(|(_, added)| **added > 0);
        indented.map(|(index, _)| source.start_of_line(index + 1)).all(|start| {
            while let Some((_, node)) = next.next_if(|(_, node)| node.span.start < start) {
                reached = reached.max(node.span.end);
            }
            start < reached
        })
    }
}

/// Whether white space at the start of a line within a node means nothing.
fn ignores_indentation(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Scalar { style, .. } => {
            matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted)
        }
        NodeKind::Mapping(_) | NodeKind::Sequence(_) => node.bracketed,
        NodeKind::Alias => false,
    }
}

/// Where a line begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    /// Outside of everything below.
    #[default]
    Block,
    /// In a quoted scalar.
    Quoted(u8),
    /// In a block scalar whose content is indented more than this.
    Literal(usize),
}

/// Reads lines, and guesses where the next one begins. What it makes of odd texts does not matter: the guess is held
/// against the tree.
#[derive(Debug, Default)]
struct Scanner {
    state: State,
    /// How many flow collections are open.
    depth: usize,
    /// The column at which the outermost of what is open begins.
    column: usize,
    /// Whether the entry of the flow collection that is open has a key behind `?`.
    has_explicit_key: bool,
}

impl Scanner {
    /// How many blanks go before a line: enough to indent it more than anything that is open.
    fn blanks_before(&self, line: &str) -> usize {
        let is_inside = self.depth > 0 || matches!(self.state, State::Quoted(_));
        let is_blank = line.trim().is_empty();
        let ends_document = line.starts_with("---") || line.starts_with("...");
        if is_inside && !is_blank && !ends_document { self.column + 1 } else { 0 }
    }

    /// Whether a line within a flow collection starts with the colon of a key on an earlier line. YAML allows that in
    /// indented lines; kustomize's parser does not ("did not find expected ',' or '}'"), so that no reason is left to
    /// read it where the line is not indented.
    fn is_refused(&self, line: &str) -> bool {
        let is_in_brackets = self.depth > 0 && !matches!(self.state, State::Quoted(_));
        is_in_brackets && !self.has_explicit_key && line.trim_start().starts_with(':')
    }

    fn pass(&mut self, line: &str) {
        let bytes = line.as_bytes();
        let indentation = bytes.iter().take_while(|byte| **byte == b' ').count();
        if let State::Literal(parent) = self.state {
            if line.trim().is_empty() || indentation > parent {
                return;
            }
            self.state = State::Block;
        }
        // Where the last block collection of the line begins, and whether a value may begin here.
        let (mut at, mut parent, mut starts_value) = (0, indentation, true);
        while let Some(byte) = bytes.get(at).copied() {
            if let State::Quoted(quote) = self.state {
                at = self.quoted(bytes, at, quote);
                starts_value = false;
                continue;
            }
            let is_after_blank = at == 0 || bytes.get(at - 1).is_some_and(u8::is_ascii_whitespace);
            let is_before_blank = bytes.get(at + 1).is_none_or(u8::is_ascii_whitespace);
            match byte {
                b'#' if is_after_blank => return,
                b'"' | b'\'' if starts_value => {
                    parent = at;
                    self.open_quote(byte, at);
                }
                b'[' | b'{' if starts_value || self.depth > 0 => {
                    self.open_bracket(at);
                    starts_value = true;
                }
                b']' | b'}' if self.depth > 0 => {
                    self.depth -= 1;
                    starts_value = false;
                }
                b',' if self.depth > 0 => (starts_value, self.has_explicit_key) = (true, false),
                b'?' if starts_value && is_before_blank && self.depth > 0 => self.has_explicit_key = true,
                b'|' | b'>' if starts_value && self.depth == 0 => {
                    self.state = State::Literal(parent);
                    return;
                }
                b':' if is_before_blank || self.depth > 0 => starts_value = true,
                b'-' | b'?' if starts_value && is_before_blank && self.depth == 0 => parent = at,
                b'&' | b'!' if starts_value => at = word_end(bytes, at) - 1,
                byte if byte.is_ascii_whitespace() => {}
                _ => {
                    if starts_value {
                        parent = at;
                    }
                    starts_value = false;
                }
            }
            at += 1;
        }
    }

    fn open_quote(&mut self, quote: u8, at: usize) {
        if self.depth == 0 {
            self.column = at;
        }
        self.state = State::Quoted(quote);
    }

    fn open_bracket(&mut self, at: usize) {
        if self.depth == 0 {
            self.column = at;
        }
        self.has_explicit_key = false;
        self.depth += 1;
    }

    /// Where the scan goes on behind a byte of a quoted scalar, which may end there.
    fn quoted(&mut self, bytes: &[u8], at: usize, quote: u8) -> usize {
        match (bytes.get(at).copied(), bytes.get(at + 1).copied()) {
            (Some(b'\\'), _) if quote == b'"' => at + 2,
            (Some(b'\''), Some(b'\'')) if quote == b'\'' => at + 2,
            (Some(found), _) if found == quote => {
                self.state = State::Block;
                at + 1
            }
            (Some(_) | None, _) => at + 1,
        }
    }
}

fn word_end(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().position(u8::is_ascii_whitespace).unwrap_or(rest.len())
}
