//! A configuration file as a tree of lists, mappings and words: the one place where `config` touches YAML.

use std::fmt;

use super::problem::Span;
use crate::yaml::{self, NodeId, NodeKind, Position, ScalarStyle, Source, Tree, YamlError};

/// One value of the document and the place to show for it.
#[derive(Copy, Clone, Debug)]
pub(super) struct SourceValue {
    node: NodeId,
    /// Where it stands; for a value that is not there, the key that misses it.
    pub(super) span: Span,
}

/// What a value is.
#[derive(Clone, Debug)]
pub(super) enum ValueKind<'a> {
    /// Nothing, or `null`.
    Nothing,
    /// A single word.
    PlainScalar(PlainScalar<'a>),
    /// A list.
    List(Vec<SourceValue>),
    /// Keys and values.
    Map(Vec<(SourceValue, SourceValue)>),
    /// A reference to another value of the file, which is not followed: it has no place of its own to show.
    Alias,
}

/// What a single word means in YAML; quoted, it is always a text.
#[derive(Copy, Clone, Debug)]
pub(super) enum PlainScalar<'a> {
    /// A text.
    Text(&'a str),
    /// A number, as written.
    Number(&'a str),
    /// `true` or `false`, as written.
    Truth(&'a str),
}

impl fmt::Display for ValueKind<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => formatter.write_str("nothing"),
            Self::PlainScalar(PlainScalar::Text(_)) => formatter.write_str("a text"),
            Self::PlainScalar(PlainScalar::Number(text)) => write!(formatter, "the number {text}"),
            Self::PlainScalar(PlainScalar::Truth(text)) => write!(formatter, "the truth value {text}"),
            Self::List(_) => formatter.write_str("a list"),
            Self::Map(_) => formatter.write_str("a mapping"),
            Self::Alias => formatter.write_str("an alias"),
        }
    }
}

/// Why a text is not YAML.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) span: Span,
    /// What is wrong there.
    pub(super) what: String,
    pub(super) way_out: Option<&'static str>,
}

/// How many spaces an editor may show for a tab.
const TAB_WIDTHS: [usize; 4] = [1, 2, 4, 8];

/// A file that is YAML, whatever it says.
#[derive(Debug)]
pub(super) struct Document {
    tree: Tree,
}

impl Document {
    /// Reads a text as YAML; what is wrong, and where, if it is none.
    pub(super) fn parse(text: &str) -> Result<Self, SyntaxError> {
        let at = |error: YamlError| {
            tab_as_cause(text, error.position.line).unwrap_or_else(|| SyntaxError {
                span: span_at(text, error.position),
                way_out: needs_quotes(&error.what),
                what: error.what,
            })
        };
        Ok(Self { tree: tree_of(text).map_err(at)? })
    }

    /// The values at the top, one for each document of the file.
    pub(super) fn roots(&self) -> Vec<SourceValue> {
        self.tree.documents().iter().map(|root| self.spot(*root)).collect()
    }

    /// What a value is.
    pub(super) fn shape(&self, spot: SourceValue) -> ValueKind<'_> {
        let node = self.tree.node(spot.node);
        match &node.kind {
            NodeKind::Scalar { .. } if self.tree.is_null(spot.node) => ValueKind::Nothing,
            NodeKind::Scalar { value, style: ScalarStyle::Plain } if !node.tagged => {
                ValueKind::PlainScalar(plain(value))
            }
            NodeKind::Scalar { value, .. } => ValueKind::PlainScalar(PlainScalar::Text(value)),
            NodeKind::Alias => ValueKind::Alias,
            NodeKind::Sequence(items) => ValueKind::List(items.iter().map(|item| self.spot(*item)).collect()),
            NodeKind::Mapping(entries) => {
                ValueKind::Map(entries.iter().map(|(key, value)| self.entry(*key, *value)).collect())
            }
        }
    }

    fn spot(&self, node: NodeId) -> SourceValue {
        let span = self.tree.node(node).span.clone();
        SourceValue { node, span: Span { start: span.start, end: span.end } }
    }

    /// A key and its value; where no value is written, the key is what there is to show.
    fn entry(&self, key: NodeId, value: NodeId) -> (SourceValue, SourceValue) {
        let (key, mut value) = (self.spot(key), self.spot(value));
        if value.span.start == value.span.end {
            value.span = key.span;
        }
        (key, value)
    }
}

fn tree_of(text: &str) -> Result<Tree, YamlError> {
    Source::new(text).and_then(|source| yaml::parse(&source))
}

/// What to do about a value whose first character has a meaning of its own in YAML, such as a team or the range `*`.
fn needs_quotes(what: &str) -> Option<&'static str> {
    let is_team = what == "unexpected character: `@'";
    let is_star = what.starts_with("while scanning an anchor or alias");
    (is_team || is_star).then_some("put a value that starts with `@`, `*` or `&` in quotes")
}

/// A tab that indents the line of an error or the one after it, since a parser may name the end of the line before; `None` if
/// the error stays with spaces in its place.
fn tab_as_cause(text: &str, line: usize) -> Option<SyntaxError> {
    let start = |line: usize| text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let (line, indent) = [line, line + 1].into_iter().find_map(|line| {
        let indent = text.get(start(line)..)?.split(|c| c != ' ' && c != '\t').next()?;
        indent.contains('\t').then_some((line, indent))
    })?;
    let (before, rest) = text.split_at_checked(start(line))?;
    let is_cause = |width: &usize| {
        let spaces = indent.replace('\t', &" ".repeat(*width));
        let with_spaces = format!("{before}{spaces}{}", rest.get(indent.len()..).unwrap_or_default());
        tree_of(&with_spaces).err().is_none_or(|error| error.position.line > line)
    };
    TAB_WIDTHS.iter().any(is_cause).then(|| {
        let tab = start(line) + indent.find('\t').unwrap_or_default();
        SyntaxError {
            span: Span { start: tab, end: tab + 1 },
            what: "a tab indents this line, and YAML takes only spaces".to_owned(),
            way_out: Some("indent it with spaces"),
        }
    })
}

/// The one character at a place.
fn span_at(text: &str, position: Position) -> Span {
    let lines_before = text.split_inclusive('\n').take(position.line - 1);
    let line_start: usize = lines_before.map(str::len).sum();
    let line = text.get(line_start..).unwrap_or_default();
    let offset = line.char_indices().nth(position.column - 1).map_or(line.len(), |(offset, _)| offset);
    Span { start: line_start + offset, end: line_start + offset + 1 }
}

/// What an unquoted word means, by the rules that users of serde know.
fn plain(text: &str) -> PlainScalar<'_> {
    match serde_yaml::from_str(text) {
        Ok(serde_yaml::Value::Bool(_)) => PlainScalar::Truth(text),
        Ok(serde_yaml::Value::Number(_)) => PlainScalar::Number(text),
        Ok(
            serde_yaml::Value::Null
            | serde_yaml::Value::String(_)
            | serde_yaml::Value::Sequence(_)
            | serde_yaml::Value::Mapping(_)
            | serde_yaml::Value::Tagged(_),
        )
        | Err(_) => PlainScalar::Text(text),
    }
}
