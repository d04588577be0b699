//! A text as it was read: its bytes, its line breaks and where each line begins.

use std::sync::Arc;

/// Largest text that is edited, in bytes; also of what is read, where [`Source::for_reading`] is not used.
pub const BYTES_MAX: usize = 1 << 20;
/// Largest text that is only read, in bytes.
pub const BYTES_READ_MAX: usize = 16 << 20;
/// Longest line of a text above [`BYTES_MAX`], in bytes: the parser's time grows with the square of a line.
const LONG_LINE_BYTES_MAX: usize = 64 << 10;

/// About how many bytes a line has.
const BYTES_PER_LINE: usize = 24;

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

/// A text that can be parsed: UTF-8, without NUL. One of more than [`BYTES_MAX`] bytes is never edited.
#[derive(Clone, Debug)]
pub struct Source {
    text: Arc<str>,
    /// Where each line begins, in bytes.
    lines: Vec<usize>,
    origin: Origin,
}

/// Where a text stands that is itself part of a file.
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Origin {
    /// How many lines of the file stand before its first one.
    pub(super) lines_before: usize,
    /// How far its lines are indented, in characters.
    pub(super) indentation: usize,
    /// The line break of the file, for a text without any.
    pub(super) line_break: Option<&'static str>,
}

impl Source {
    /// Takes a text.
    ///
    /// # Errors
    /// Where it is too large, or holds a NUL, which the parser would take for its end.
    pub fn new(text: impl Into<Arc<str>>) -> Result<Self, YamlError> {
        Self::within(text.into(), BYTES_MAX)
    }

    /// Takes a text that is read and never edited, of up to [`BYTES_READ_MAX`] bytes.
    ///
    /// # Errors
    /// As [`Source::from_bytes`].
    pub fn for_reading(bytes: &[u8]) -> Result<Self, YamlError> {
        Self::within(utf8(bytes)?.into(), BYTES_READ_MAX)
    }

    fn within(text: Arc<str>, bytes_max: usize) -> Result<Self, YamlError> {
        let top = Position { line: 1, column: 1 };
        if text.len() > bytes_max {
            let what = format!("the file has {} bytes; at most {bytes_max} are read", text.len());
            return Err(YamlError { position: top, what });
        }
        let source = Self { lines: line_starts(&text), text, origin: Origin::default() };
        if source.text.len() > BYTES_MAX
            && let Some(line) = source.long_line()
        {
            let what =
                format!("a line of more than {LONG_LINE_BYTES_MAX} bytes in a file of more than {BYTES_MAX}");
            return Err(YamlError { position: Position { line, column: 1 }, what });
        }
        match memchr::memchr(0, source.text.as_bytes()) {
            Some(byte) => {
                let what = "a NUL byte; this is not a YAML text".to_owned();
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
        Self::new(utf8(bytes)?)
    }

    /// Takes a text that stands inside another one, so that [`Source::position`] tells places of the outer file.
    pub(super) fn inside(text: &str, origin: Origin) -> Result<Self, YamlError> {
        Ok(Self { origin, ..Self::new(text)? })
    }

    /// The text, byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line and column of a byte in the file; the end of the text for any byte behind it.
    ///
    /// A byte order mark is no column, as editors do not show it.
    #[must_use]
    pub fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.line_of(byte);
        let start = self.line_start(line).max(self.body_start());
        let column = self.text.get(start..byte).map_or(0, |before| before.chars().count());
        Position { line: line + self.origin.lines_before, column: column + self.origin.indentation + 1 }
    }

    /// The line of this text, from 1, that holds a byte.
    pub(super) fn line_of(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte).max(1)
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin
    }

    /// Where the parser's text begins: behind a byte order mark.
    pub(super) fn body_start(&self) -> usize {
        if self.text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }
    }

    /// Where a line, from 1, begins, behind a byte order mark; the text's end for lines behind it.
    pub(super) fn start_of_line(&self, line: usize) -> usize {
        self.line_start(line.max(1)).max(self.body_start())
    }

    /// Where the line begins that holds a byte.
    pub(super) fn start_of_line_at(&self, byte: usize) -> usize {
        self.line_start(self.line_of(byte))
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
            Some(_) => "\n",
            None => self.origin.line_break.unwrap_or("\n"),
        }
    }

    /// The first line, from 1, that has more than [`LONG_LINE_BYTES_MAX`] bytes.
    fn long_line(&self) -> Option<usize> {
        let ends = self.lines.iter().skip(1).copied().chain([self.text.len()]);
        let mut lines = self.lines.iter().zip(ends).enumerate();
        lines.find(|(_, (start, end))| end - **start > LONG_LINE_BYTES_MAX).map(|(index, _)| index + 1)
    }

    fn line_start(&self, line: usize) -> usize {
        self.lines.get(line - 1).copied().unwrap_or(self.text.len())
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, YamlError> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let valid = String::from_utf8_lossy(valid);
        let line = line_starts(&valid).len();
        let column = valid.rsplit(['\n', '\r']).next().map_or(0, |before| before.chars().count()) + 1;
        let what = "a byte that is not UTF-8; save the file as UTF-8".to_owned();
        YamlError { position: Position { line, column }, what }
    })
}

/// Lines end with LF, CR LF or a lone CR, as the parser counts them.
fn line_starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut starts = Vec::with_capacity(bytes.len() / BYTES_PER_LINE + 1);
    starts.push(0);
    for index in memchr::memchr2_iter(b'\n', b'\r', bytes) {
        let is_first_of_two = bytes.get(index..index + 2) == Some(b"\r\n");
        if !is_first_of_two {
            starts.push(index + 1);
        }
    }
    starts
}
