//! Writes a merged value as YAML text with at most one scalar on each line, so that code that reads files can read
//! it and the source of each scalar stays known.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use super::go_yaml::{ScalarType, is_date, plain_type};
use super::resource::trail_of;
use super::trail::Step;
use super::value::{Scalar, Spelling, Value};
use crate::model::RepositoryPath;
use crate::yaml::{ScalarStyle, render_scalar};

/// The place in a file from which a merged value takes a scalar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct ScalarSource {
    /// The file.
    pub(in crate::overlay) file: RepositoryPath,
    /// The line in it, from 1.
    pub(in crate::overlay) line: usize,
    /// The key of the scalar in the merged value; empty for an item of a list.
    pub(in crate::overlay) key: String,
    /// The text of the scalar.
    pub(in crate::overlay) text: String,
    /// The keys that lead to it in the merged value; `None` where a list or a text is on the way.
    pub(in crate::overlay) path: Option<Vec<String>>,
    /// Every place that set it, weakest first.
    pub(in crate::overlay) trail: Vec<Step>,
}

/// A value as YAML text.
#[derive(Debug)]
pub(in crate::overlay) struct CanonicalYaml {
    /// The text.
    pub(in crate::overlay) text: String,
    /// The sources of the scalars, by their line in the text, from 1.
    pub(in crate::overlay) sources: BTreeMap<usize, ScalarSource>,
}

impl CanonicalYaml {
    /// Writes a value. A scalar without a trail comes from `file`.
    pub(in crate::overlay) fn write(value: &Value, file: &RepositoryPath) -> Self {
        let written = Self { text: String::new(), sources: BTreeMap::new() };
        let mut writer = Writer { file, written, line: 1, keys: Vec::new(), lists: 0 };
        writer.node("", value, 0);
        writer.written
    }
}

struct Writer<'a> {
    file: &'a RepositoryPath,
    written: CanonicalYaml,
    /// The line that is being written.
    line: usize,
    /// The keys that lead there.
    keys: Vec<String>,
    /// How many lists are on the way.
    lists: usize,
}

impl Writer<'_> {
    /// Writes what follows a colon, a dash or the start of the text. As deep as `yaml::DEPTH_MAX`.
    fn node(&mut self, key: &str, value: &Value, indent: usize) {
        match value {
            Value::Scalar(scalar) => self.scalar(key, scalar, indent),
            Value::Unread { .. } => self.end_line(" null"),
            Value::Map(entries) if entries.is_empty() => self.end_line(" {}"),
            Value::List(items) if items.is_empty() => self.end_line(" []"),
            Value::Map(entries) => {
                self.start_collection();
                let last: HashMap<&str, usize> =
                    entries.iter().enumerate().map(|(index, (key, _))| (key.as_str(), index)).collect();
                for (index, (key, value)) in entries.iter().enumerate() {
                    // Of a key that occurs twice the last counts.
                    if last.get(key.as_str()) == Some(&index) {
                        write!(self.written.text, "{}{}:", " ".repeat(indent), quoted(key))
                            .expect("a text takes all");
                        self.keys.push(key.clone());
                        self.node(key, value, indent + 1);
                        self.keys.pop();
                    }
                }
            }
            Value::List(items) => {
                self.start_collection();
                self.lists += 1;
                for item in items {
                    write!(self.written.text, "{}-", " ".repeat(indent)).expect("a text takes all");
                    self.node("", item, indent + 1);
                }
                self.lists -= 1;
            }
        }
    }

    fn start_collection(&mut self) {
        if !self.written.text.is_empty() {
            self.end_line("");
        }
    }

    fn end_line(&mut self, rest: &str) {
        self.written.text.push_str(rest);
        self.written.text.push('\n');
        self.line += 1 + rest.matches('\n').count();
    }

    fn scalar(&mut self, key: &str, scalar: &Scalar, indent: usize) {
        let trail = trail_of(scalar, self.file);
        if let Some(last) = trail.last() {
            let source = ScalarSource {
                file: last.file.clone(),
                line: last.line,
                key: key.to_owned(),
                text: scalar.text.clone(),
                path: (self.lists == 0).then(|| self.keys.clone()),
                trail,
            };
            self.written.sources.insert(self.line, source);
        }
        if scalar.is_null {
            self.end_line(" null");
        } else if let Some(typed) = typed(scalar) {
            self.end_line(&format!(" {typed}"));
        } else if is_block(&scalar.text) {
            self.end_line(&block(&scalar.text, indent));
        } else {
            self.end_line(&format!(" {}", quoted(&scalar.text)));
        }
    }
}

/// A scalar that is no text, so that its type stays what it is.
fn typed(scalar: &Scalar) -> Option<String> {
    match scalar.spelling {
        Spelling::Text => None,
        Spelling::Plain => {
            let is_text = plain_type(&scalar.text) == ScalarType::Text && !is_date(&scalar.text);
            (!is_text).then(|| scalar.text.clone())
        }
        Spelling::Tagged => Some(format!("!other {}", quoted(&scalar.text))),
    }
}

fn quoted(text: &str) -> String {
    render_scalar(text, ScalarStyle::DoubleQuoted)
}

/// Whether a text has lines that a literal block can hold as they are.
fn is_block(text: &str) -> bool {
    let is_plain = |character: char| character == '\n' || !character.is_control();
    text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n'])
        && text.chars().all(is_plain)
        && !text.contains(['\u{feff}', '\u{2028}', '\u{2029}'])
}

/// A literal block. Blank lines stay blank, so that its lines are those of the text.
fn block(text: &str, indent: usize) -> String {
    let lines = text.trim_end_matches('\n');
    let ends = text.len() - lines.len();
    let chomping = match ends {
        0 => "-",
        1 => "",
        _ => "+",
    };
    let mut written = format!(" |{chomping}");
    for line in lines.split('\n') {
        let blanks = if line.is_empty() { 0 } else { indent.max(1) };
        write!(written, "\n{}{line}", " ".repeat(blanks)).expect("a text takes all");
    }
    written + &"\n".repeat(ends.saturating_sub(1))
}
