//! What is wrong with a command, as data and in words.

use std::fmt;

use super::characters::name;
use super::lines::Line;
use super::{BODY_BYTES_MAX, COMMANDS_PER_COMMENT_MAX, ENVIRONMENTS_PER_COMMAND_MAX, PREFIX};
use crate::sanitize::is_invisible;

/// How much of a word is repeated, in characters.
const WORD_CHARACTERS_MAX: usize = 40;
/// How much of a line is kept, in characters.
const LINE_CHARACTERS_MAX: usize = 256;

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// A word behind a command that takes no more words.
    UnexpectedWord {
        /// The word.
        word: String,
        /// How the command is written.
        syntax: &'static str,
    },
    /// A verb of a later version.
    UnknownVerb {
        /// The word.
        word: String,
        /// What may have been meant.
        did_you_mean: Option<&'static str>,
    },
    /// A verb, of this version or a later one, among the names of environments.
    VerbAmongEnvironments(String),
    /// Nothing before, between or behind commas.
    MissingEnvironment,
    /// An environment that is named twice in one command.
    DuplicateEnvironment(String),
    /// More environments than one command may name.
    TooManyEnvironments,
    /// A key that the verb does not take.
    UnknownKey {
        /// The key.
        key: String,
        /// What may have been meant.
        did_you_mean: Option<&'static str>,
        /// How the command is written.
        syntax: &'static str,
    },
    /// A key that occurs twice.
    DuplicateKey(String),
    /// A key without a value.
    MissingValue {
        /// The key.
        key: &'static str,
        /// What it takes.
        expected: &'static str,
    },
    /// A value that is not what its key takes.
    BadValue {
        /// The key, or `environment`.
        key: &'static str,
        /// The value.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A quote that never closes.
    UnclosedQuote,
    /// A quote in the middle of a word, or a single one.
    StrayQuote,
    /// A character that is invisible or looks like another.
    SuspiciousCharacter(char),
    /// More commands than one comment may hold.
    TooManyCommands,
    /// A comment that is too long to hold commands.
    TooLong,
}

/// What is wrong in a line, and where.
pub(super) struct TokenError {
    /// Where it is, in characters from 1.
    pub(super) column: usize,
    /// What is wrong there.
    pub(super) kind: ParseErrorKind,
}

impl TokenError {
    /// An error at a column, in characters from 1.
    pub(super) const fn new(column: usize, kind: ParseErrorKind) -> Self {
        Self { column, kind }
    }
}

/// A command line that does not parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The line in the comment, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// The line as it was written, up to 256 characters.
    pub text: String,
}

impl ParseError {
    pub(super) fn at(line: &Line<'_>, error: TokenError) -> Self {
        let text = line.text.chars().take(LINE_CHARACTERS_MAX).collect();
        Self { line: line.number, column: error.column, kind: error.kind, text }
    }
}

impl std::error::Error for ParseError {}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.kind)
    }
}

/// One line of Markdown in which nothing that a stranger wrote is more than inline code.
impl fmt::Display for ParseErrorKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnexpectedWord { word, syntax } => {
                write!(formatter, "{} does not belong here; write `{syntax}`", code(word))
            }
            Self::UnknownVerb { word, did_you_mean } => {
                let hint = hint(*did_you_mean, || format!("`{PREFIX} help` lists those I know"));
                write!(formatter, "{} is not a known command; {hint}", code(word))
            }
            Self::VerbAmongEnvironments(word) => {
                write!(
                    formatter,
                    "{} is a command, not an environment; give it a line of its own",
                    code(word)
                )
            }
            Self::MissingEnvironment => formatter
                .write_str("an environment is missing here; separate several by a comma, without spaces"),
            Self::DuplicateEnvironment(name) => {
                write!(formatter, "{} is named twice; name it once", code(name))
            }
            Self::TooManyEnvironments => write!(
                formatter,
                "more than {ENVIRONMENTS_PER_COMMAND_MAX} environments; use several commands"
            ),
            Self::UnknownKey { key, did_you_mean, syntax } => {
                let hint = hint(did_you_mean.as_deref(), || format!("write `{syntax}`"));
                write!(formatter, "this command takes no {}; {hint}", code(key))
            }
            Self::DuplicateKey(key) => write!(formatter, "{} occurs twice; give it once", code(key)),
            Self::MissingValue { key, expected } => {
                write!(formatter, "`{key}=` has no value; it takes {expected}")
            }
            Self::BadValue { key, value, expected } => {
                write!(formatter, "{} is no `{key}`, which takes {expected}", code(value))
            }
            Self::UnclosedQuote => formatter.write_str("the quote is not closed; close it on the same line"),
            Self::StrayQuote => {
                formatter.write_str("a quote stands only around a whole value, as in `reason=\"too big\"`")
            }
            Self::SuspiciousCharacter(character) => suspicious(*character, formatter),
            Self::TooManyCommands => {
                write!(formatter, "more than {COMMANDS_PER_COMMENT_MAX} commands; split the comment")
            }
            Self::TooLong => write!(
                formatter,
                "the comment is longer than {} KiB; write the command in a short one",
                BODY_BYTES_MAX / 1024
            ),
        }
    }
}

fn suspicious(character: char, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
    let code_point = u32::from(character);
    let name = name(character).map_or(String::new(), |name| format!(" ({name})"));
    let way_out = if is_invisible(character) || character.is_control() {
        "cannot be seen; type the line again by hand"
    } else {
        "may look like another; use plain letters outside of quotes"
    };
    write!(formatter, "the character U+{code_point:04X}{name} {way_out}")
}

fn hint(did_you_mean: Option<&str>, otherwise: impl FnOnce() -> String) -> String {
    did_you_mean.map_or_else(otherwise, |near| format!("did you mean `{near}`?"))
}

/// A word as inline code: short, and without what would end it.
fn code(word: &str) -> String {
    let mut short: String =
        word.chars().take(WORD_CHARACTERS_MAX).map(|c| if c == '`' { '\'' } else { c }).collect();
    if word.chars().nth(WORD_CHARACTERS_MAX).is_some() {
        short.push('…');
    }
    format!("`{short}`")
}
