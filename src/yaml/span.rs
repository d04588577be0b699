//! Which bytes a scalar occupies: the parser says where it starts and what it means, the text says the rest.

use std::ops::Range;

use super::source::Source;
use super::tree::ScalarStyle;

/// What a node is to the collection that it lies in.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Root,
    Key,
    Value,
    Item,
}

/// Walks along the text with the events.
pub(super) struct Lexer<'a> {
    source: &'a Source,
    /// The end of what the last event occupied.
    passed: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a Source) -> Self {
        Self { source, passed: source.body_start() }
    }

    /// Notes that everything before a byte belongs to earlier events.
    pub(super) fn pass(&mut self, byte: usize) {
        self.passed = self.passed.max(byte);
    }

    /// The bytes of an alias that starts at a byte.
    pub(super) fn alias(&mut self, start: usize) -> Range<usize> {
        let rest = self.source.text().get(start..).unwrap_or_default();
        let ends = |c: char| c.is_whitespace() || ",[]{}".contains(c);
        let end = start + rest.find(ends).unwrap_or(rest.len());
        self.pass(end);
        start..end
    }

    /// The bytes of a scalar, nothing where they cannot be made out.
    ///
    /// `start` is where the parser's mark points; `column` its column in characters, from 0, which for a block
    /// scalar is the indentation of its content.
    pub(super) fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        role: Role,
        start: usize,
        column: usize,
    ) -> Option<Range<usize>> {
        let span = match style {
            ScalarStyle::Plain if value.is_empty() => self.nothing(role),
            ScalarStyle::Plain => self.plain(value, start)?,
            ScalarStyle::SingleQuoted => self.single_quoted(start)?,
            ScalarStyle::DoubleQuoted => self.double_quoted(start)?,
            ScalarStyle::Literal | ScalarStyle::Folded => self.block(value, column)?,
        };
        self.pass(span.end);
        Some(span)
    }

    /// The place where something could be written: behind the indicator that announces it.
    ///
    /// The parser points to whatever comes next, which may be lines away.
    fn nothing(&self, role: Role) -> Range<usize> {
        let indicator = match role {
            Role::Root => None,
            Role::Key => Some('?'),
            Role::Value => Some(':'),
            Role::Item => Some('-'),
        };
        let at = self.after_gap(self.passed);
        let rest = self.source.text().get(at..).unwrap_or_default();
        match indicator {
            Some(indicator) if rest.starts_with(indicator) => at + 1..at + 1,
            Some(_) | None => self.passed..self.passed,
        }
    }

    /// Where the white space, comments, anchors and tags behind a byte end.
    fn after_gap(&self, mut at: usize) -> usize {
        loop {
            let rest = self.source.text().get(at..).unwrap_or_default();
            at += match rest.chars().next() {
                Some('#') => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                Some('&' | '!') => rest.find(char::is_whitespace).unwrap_or(rest.len()),
                Some(blank) if blank.is_whitespace() || blank == ',' => blank.len_utf8(),
                Some(_) | None => return at,
            };
        }
    }

    fn plain(&self, value: &str, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().get(start..)?;
        if rest.starts_with(value) {
            return Some(start..start + value.len());
        }
        folded_len(value, rest).map(|length| start..start + length)
    }

    fn single_quoted(&self, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().as_bytes().get(start..)?.strip_prefix(b"'")?;
        let mut at = 0;
        loop {
            at += memchr::memchr(b'\'', rest.get(at..)?)? + 1;
            if rest.get(at) != Some(&b'\'') {
                return Some(start..start + 1 + at);
            }
            at += 1;
        }
    }

    fn double_quoted(&self, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().as_bytes().get(start..)?.strip_prefix(b"\"")?;
        let mut at = 0;
        loop {
            at += memchr::memchr2(b'"', b'\\', rest.get(at..)?)?;
            if rest.get(at) == Some(&b'"') {
                return Some(start..start + 1 + at + 1);
            }
            at += 2;
        }
    }

    /// From the `|` or `>` to the end of the last line that belongs to it, trailing blank lines left out.
    fn block(&self, value: &str, indentation: usize) -> Option<Range<usize>> {
        let text = self.source.text();
        let header = self.block_header()?;
        let written = text.get(header..)?;
        let is_indicator = |c: char| "|>+-0123456789".contains(c);
        let mut end = header + written.find(|c| !is_indicator(c)).unwrap_or(written.len());
        if value.trim_matches(['\n', '\r']).is_empty() {
            return Some(header..end);
        }
        let mut line = self.source.next_line_after(header);
        while line < text.len() {
            let line_end = self.source.end_of_line_at(line);
            let content = text.get(line..line_end)?;
            if !content.trim().is_empty() {
                let indented = content.len() - content.trim_start_matches(' ').len();
                if indented < indentation || (indentation == 0 && is_marker(content)) {
                    break;
                }
                end = line_end;
            }
            line = self.source.next_line_after(line);
        }
        Some(header..end)
    }

    /// Only white space, comments, indicators, directives, anchors and tags stand between the last event and a
    /// header.
    fn block_header(&self) -> Option<usize> {
        let mut at = self.passed;
        loop {
            at = self.after_gap(at);
            let rest = self.source.text().get(at..)?;
            at += match rest.chars().next()? {
                '|' | '>' => return Some(at),
                '%' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                next if "-?:.\u{feff}".contains(next) => next.len_utf8(),
                _ => return None,
            };
        }
    }
}

/// How many bytes of a text mean a value that was folded: any run of white space stands for any other.
fn folded_len(value: &str, text: &str) -> Option<usize> {
    let mut expected = value.chars().peekable();
    let mut found = text.char_indices().peekable();
    let mut end = 0;
    while let Some(character) = expected.next() {
        let (at, present) = found.next()?;
        if character.is_whitespace() && present.is_whitespace() {
            while expected.next_if(|c| c.is_whitespace()).is_some() {}
            while found.next_if(|(_, c)| c.is_whitespace()).is_some() {}
            continue;
        }
        if character != present {
            return None;
        }
        end = at + present.len_utf8();
    }
    Some(end)
}

/// Whether a line ends a document or starts one.
fn is_marker(line: &str) -> bool {
    let rest = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}
