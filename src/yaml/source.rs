//! A text as it was read: its bytes, its line breaks and where each line begins.

use std::sync::Arc;

/// Largest text that is read, in bytes.
pub const BYTES_MAX: usize = 1 << 20;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A place in a text, as editors count.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

/// Why a text cannot be read as YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct YamlError {
    /// Where.
    pub position: Position,
    /// What is wrong there.
    pub what: String,
}

/// A text that can be parsed and edited: UTF-8, without NUL, at most [`BYTES_MAX`] bytes.
#[derive(Clone, Debug)]
pub struct Source {
    text: Arc<str>,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
}

impl Source {
    /// Takes a text.
    ///
    /// # Errors
    /// Where it is too large, or holds a NUL, which the parser would take for its end.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, YamlError> {
        let text = text.into();
        let top = Position { line: 1, column: 1 };
        if text.len() > BYTES_MAX {
            let what = format!("the file has {} bytes; at most {BYTES_MAX} are read", text.len());
            return Err(YamlError { position: top, what });
        }
        let source = Self { lines: line_starts(&text), text };
        match source.text.find('\0') {
            Some(byte) => {
                let what = "a NUL byte; this is no YAML text".to_owned();
                Err(YamlError { position: source.position(byte), what })
            }
            None => Ok(source),
        }
    }

    /// Takes bytes.
    ///
    /// # Errors
    /// As [`Source::new`], and where they are not UTF-8.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, YamlError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::new(text),
            Err(error) => {
                let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
                let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
                let what = "a byte that is not UTF-8; save the file as UTF-8".to_owned();
                Err(YamlError { position: Position { line, column: 1 }, what })
            }
        }
    }

    /// The text, byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte; the end of the text for any byte behind it.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.lines.partition_point(|start| *start <= byte).max(1);
        let start = self.line_start(line);
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        Position { line, column: column + 1 }
    }

    /// Where the parser's text begins: behind a byte order mark.
    pub(super) fn body_start(&self) -> usize {
        if self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
    }

    /// The byte at a line, from 1, and a column in characters, from 0; the text's end for lines behind it.
    pub(super) fn byte_at(&self, line: usize, column: usize) -> usize {
        let Some(start) = self.lines.get(line.saturating_sub(1)).copied() else { return self.text.len() };
        let start = start.max(self.body_start());
        let rest = self.text.get(start..).unwrap_or_default();
        rest.char_indices().nth(column).map_or(self.text.len(), |(offset, _)| start + offset)
    }

    /// Where the line begins that holds a byte.
    pub(super) fn start_of_line_at(&self, byte: usize) -> usize {
        self.line_start(self.position(byte).line)
    }

    /// Where the line ends that holds a byte, before its line break.
    pub(super) fn end_of_line_at(&self, byte: usize) -> usize {
        let rest = self.text.get(byte..).unwrap_or_default();
        byte + rest.find(['\n', '\r']).unwrap_or(rest.len())
    }

    /// Where the line after the one that holds a byte begins; the text's end where there is none.
    pub(super) fn next_line_after(&self, byte: usize) -> usize {
        let end = self.end_of_line_at(byte);
        let rest = self.text.get(end..).unwrap_or_default();
        end + if rest.starts_with("\r\n") { 2 } else { rest.len().min(1) }
    }

    /// The first line break of the text, which new lines copy.
    pub(super) fn line_break(&self) -> &'static str {
        match self.text.find(['\n', '\r']).and_then(|at| self.text.get(at..)) {
            Some(rest) if rest.starts_with("\r\n") => "\r\n",
            Some(rest) if rest.starts_with('\r') => "\r",
            Some(_) | None => "\n",
        }
    }

    fn line_start(&self, line: usize) -> usize {
        self.lines.get(line - 1).copied().unwrap_or(self.text.len())
    }
}

/// Lines end with LF, CR LF or a lone CR, as the parser counts them.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = vec![0];
    for (index, byte) in bytes.iter().enumerate() {
        let is_break = match byte {
            b'\n' => true,
            b'\r' => bytes.get(index + 1) != Some(&b'\n'),
            _ => false,
        };
        if is_break {
            starts.push(index + 1);
        }
    }
    starts
}
