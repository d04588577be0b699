//! Comment commands: the grammar, the errors as data, and the help, all from one table.
//!
//! Only lines of top-level CommonMark paragraphs are read: nothing in code, quotes, lists, tables, headings,
//! HTML or `<details>`. A comment in which one line does not parse does nothing.

mod line;
mod lines;
mod verbs;

pub use verbs::{HelpRow, Verb, help};

use crate::model::{EnvironmentName, Tag, Time};

/// What a command line starts with.
pub const PREFIX: &str = "/promote";
/// Longest comment that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How many commands one comment may hold.
pub const COMMANDS_PER_COMMENT_MAX: usize = 20;
/// Longest reason, in characters.
pub const REASON_CHARACTERS_MAX: usize = 500;

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Carry a release to environments.
    Promote {
        /// Where to; where it is due next if none is named.
        environments: Vec<EnvironmentName>,
        /// Exactly which; what the change carries if none is named.
        version: Option<Tag>,
    },
    /// Approve the content of a change.
    Approve {
        /// The first digits of the head that was read.
        head: Option<String>,
    },
    /// Close a change and decline its content.
    Reject {
        /// Why.
        reason: Option<String>,
    },
    /// Stop a change.
    Hold {
        /// Until when; until it is lifted where absent.
        until: Option<Time>,
        /// Why.
        reason: Option<String>,
    },
    /// Lift a hold, and let automation take up an environment that was set by hand.
    Resume,
    /// Say where the service stands.
    Status,
    /// Say what each gate says.
    Why,
    /// List the commands.
    Help,
}

/// What is wrong with a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParseErrorKind {
    /// A word that belongs nowhere.
    UnexpectedWord(String),
    /// A verb of a later version, or one that was misspelt.
    UnknownVerb {
        /// The word.
        word: String,
        /// What may have been meant.
        did_you_mean: Option<&'static str>,
    },
    /// A key that the verb does not take.
    UnknownKey {
        /// The key.
        key: String,
        /// What may have been meant.
        did_you_mean: Option<&'static str>,
    },
    /// A key that stands twice.
    DuplicateKey(String),
    /// A quote that never closes.
    UnclosedQuote,
    /// A value that is not what its key takes.
    BadValue {
        /// The key, or `environment`.
        key: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A character that is invisible or looks like another.
    SuspiciousCharacter(char),
    /// More commands than one comment may hold.
    TooManyCommands,
    /// A comment that is too long to hold commands.
    TooLong,
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
    /// The line as it was written.
    pub text: String,
}

/// The commands of a comment, in order; none where it holds none.
///
/// # Errors
/// All lines that start like a command and do not parse; then none of the comment's commands counts.
pub fn parse(body: &str) -> Result<Vec<Command>, Vec<ParseError>> {
    if !lines::may_hold_commands(body) {
        return Ok(Vec::new());
    }
    if body.len() > BODY_BYTES_MAX {
        return Err(vec![whole(ParseErrorKind::TooLong)]);
    }
    let found = lines::command_lines(body);
    if found.len() > COMMANDS_PER_COMMENT_MAX {
        return Err(vec![whole(ParseErrorKind::TooManyCommands)]);
    }
    let parsed = found.iter().map(|(number, text)| {
        line::parse(text).map_err(|(column, kind)| ParseError {
            line: *number,
            column,
            kind,
            text: (*text).to_owned(),
        })
    });
    let (commands, errors): (Vec<_>, Vec<_>) = parsed.partition(Result::is_ok);
    if errors.is_empty() {
        Ok(commands.into_iter().filter_map(Result::ok).collect())
    } else {
        Err(errors.into_iter().filter_map(Result::err).collect())
    }
}

/// Whether a text of the bot's own could not be taken for a command.
#[must_use]
pub fn is_quiet(markdown: &str) -> bool {
    parse(markdown).is_ok_and(|commands| commands.is_empty())
}

/// The candidate that a misspelt word may have meant: at most two letters away.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const DISTANCE_MAX: usize = 2;
    let word = word.to_lowercase();
    let near =
        candidates.into_iter().map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate));
    near.filter(|(distance, _)| *distance <= DISTANCE_MAX)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}

fn whole(kind: ParseErrorKind) -> ParseError {
    ParseError { line: 1, column: 1, kind, text: String::new() }
}

impl std::fmt::Display for ParseErrorKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let hint =
            |near: &Option<&str>| near.map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        match self {
            Self::UnexpectedWord(word) => write!(formatter, "`{word}` does not belong here"),
            Self::UnknownVerb { word, did_you_mean } => {
                write!(formatter, "`{word}` is no command that I know{}", hint(did_you_mean))
            }
            Self::UnknownKey { key, did_you_mean } => {
                write!(formatter, "this command takes no `{key}=`{}", hint(did_you_mean))
            }
            Self::DuplicateKey(key) => write!(formatter, "`{key}=` stands twice"),
            Self::UnclosedQuote => formatter.write_str("the quote is not closed"),
            Self::BadValue { key, expected } => write!(formatter, "`{key}` takes {expected}"),
            Self::SuspiciousCharacter(character) => write!(
                formatter,
                "the character U+{:04X} is invisible or looks like another; type the line by hand",
                u32::from(*character)
            ),
            Self::TooManyCommands => {
                write!(formatter, "more than {COMMANDS_PER_COMMENT_MAX} commands; split the comment")
            }
            Self::TooLong => {
                formatter.write_str("the comment is too long to hold commands; write a short one")
            }
        }
    }
}

impl std::fmt::Display for Command {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let quoted = |key: &str, text: &Option<String>| {
            text.as_ref().map_or(String::new(), |text| format!(" {key}=\"{text}\""))
        };
        match self {
            Self::Promote { environments, version } => {
                let names: Vec<&str> = environments.iter().map(EnvironmentName::as_str).collect();
                let names = if names.is_empty() { String::new() } else { format!(" {}", names.join(",")) };
                let version = version.as_ref().map_or(String::new(), |version| format!(" version={version}"));
                write!(formatter, "{PREFIX}{names}{version}")
            }
            Self::Approve { head } => {
                let head = head.as_ref().map_or(String::new(), |head| format!(" sha={head}"));
                write!(formatter, "{PREFIX} approve{head}")
            }
            Self::Reject { reason } => write!(formatter, "{PREFIX} reject{}", quoted("reason", reason)),
            Self::Hold { until, reason } => {
                let until = until.map_or(String::new(), |until| format!(" until={}", until.to_rfc3339()));
                write!(formatter, "{PREFIX} hold{until}{}", quoted("reason", reason))
            }
            Self::Resume => write!(formatter, "{PREFIX} resume"),
            Self::Status => write!(formatter, "{PREFIX} status"),
            Self::Why => write!(formatter, "{PREFIX} why"),
            Self::Help => write!(formatter, "{PREFIX} help"),
        }
    }
}

#[cfg(test)]
mod tests;
