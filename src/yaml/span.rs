//! Which bytes a scalar occupies: the parser says where it starts and what it means, the text says the rest.

use std::ops::Range;

use super::source::Source;
use super::tree::ScalarStyle;

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

    /// The bytes of a scalar.
    ///
    /// `start` is where the parser's mark points; `column` its column in characters, from 0, which for a block
    /// scalar is the indentation of its content.
    pub(super) fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        start: usize,
        column: usize,
    ) -> Result<Range<usize>, String> {
        let span = match style {
            ScalarStyle::Plain => self.plain(value, start),
            ScalarStyle::SingleQuoted => self.single_quoted(start),
            ScalarStyle::DoubleQuoted => self.double_quoted(start),
            ScalarStyle::Literal | ScalarStyle::Folded => self.block(value, column),
        };
        let span = span.ok_or_else(|| "the bytes of this scalar cannot be made out".to_owned())?;
        self.pass(span.end);
        Ok(span)
    }

    fn plain(&self, value: &str, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().get(start..)?;
        // Where nothing is written the parser says `~` and points to whatever comes next.
        if value.is_empty() || (value == "~" && !rest.starts_with('~')) {
            return Some(self.passed..self.passed);
        }
        let mut expected = value.chars().peekable();
        let mut found = rest.char_indices().peekable();
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
        Some(start..start + end)
    }

    fn single_quoted(&self, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().get(start..)?.strip_prefix('\'')?;
        let mut characters = rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            if character == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
                return Some(start..start + 1 + at + 1);
            }
        }
        None
    }

    fn double_quoted(&self, start: usize) -> Option<Range<usize>> {
        let rest = self.source.text().get(start..)?.strip_prefix('"')?;
        let mut characters = rest.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '\\' => drop(characters.next()),
                '"' => return Some(start..start + 1 + at + 1),
                _ => {}
            }
        }
        None
    }

    /// From the `|` or `>` to the end of the last line that belongs to it, trailing blank lines left out.
    fn block(&self, value: &str, indentation: usize) -> Option<Range<usize>> {
        let text = self.source.text();
        let header = self.block_header()?;
        let mut end = header
            + text
                .get(header..)?
                .find(|c: char| !"|>+-0123456789".contains(c))
                .unwrap_or(text.len() - header);
        if value.trim_matches(['\n', '\r']).is_empty() {
            return Some(header..end);
        }
        let mut line = self.source.next_line_after(header);
        while line < text.len() {
            let line_end = self.source.end_of_line_at(line);
            let content = text.get(line..line_end)?;
            let indented = content.chars().take_while(|c| *c == ' ').count();
            if !content.trim().is_empty() {
                if indented < indentation {
                    break;
                }
                end = line_end;
            }
            line = self.source.next_line_after(line);
        }
        Some(header..end)
    }

    /// Only white space, comments, indicators, anchors and tags stand between the last event and a header.
    fn block_header(&self) -> Option<usize> {
        let text = self.source.text();
        let mut at = self.passed;
        loop {
            let rest = text.get(at..)?;
            let next = rest.chars().next()?;
            at += match next {
                '|' | '>' => return Some(at),
                '#' => rest.find(['\n', '\r']).unwrap_or(rest.len()),
                '&' | '!' => rest.find(char::is_whitespace).unwrap_or(rest.len()),
                c if c.is_whitespace() || "-?:,".contains(c) => c.len_utf8(),
                _ => return None,
            };
        }
    }
}
