//! Comment commands: the grammar, the errors as data, and the help, all from one table.
//!
//! Only lines of top-level CommonMark paragraphs are read: nothing in code, quotes, lists, tables, headings,
//! HTML or `<details>`. A comment in which one line does not parse does nothing.

mod characters;
mod error;
mod html;
mod line;
mod lines;
mod suggest;
mod verbs;
mod words;

pub use error::{ParseError, ParseErrorKind};
pub use suggest::suggest;
pub use verbs::{HelpRow, Key, RESERVED, Verb, help};

use crate::model::{EnvironmentName, Tag, Time};
use error::TokenError;

/// What a command line starts with.
pub const PREFIX: &str = "/promote";
/// Longest comment that is read, in bytes.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How many commands one comment may hold.
pub const COMMANDS_PER_COMMENT_MAX: usize = 20;
/// Longest reason, in characters.
pub const REASON_CHARACTERS_MAX: usize = 500;
/// How many environments one command may name.
pub const ENVIRONMENTS_PER_COMMAND_MAX: usize = 20;

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

/// The commands of a comment, in order; none where it holds none.
///
/// # Errors
/// All lines that start like a command and do not parse; then none of the comment's commands counts.
pub fn parse(body: &str) -> Result<Vec<Command>, Vec<ParseError>> {
    let Some(candidate) = lines::first_candidate(body) else { return Ok(Vec::new()) };
    if body.len() > BODY_BYTES_MAX {
        return Err(vec![ParseError::at(&candidate, TokenError::new(1, ParseErrorKind::TooLong))]);
    }
    let found = lines::command_lines(body);
    if let Some(first_too_many) = found.get(COMMANDS_PER_COMMENT_MAX) {
        return Err(vec![ParseError::at(
            first_too_many,
            TokenError::new(1, ParseErrorKind::TooManyCommands),
        )]);
    }
    let mut commands = Vec::new();
    let mut errors = Vec::new();
    for line in &found {
        match line::parse(line.text) {
            Ok(command) => commands.push(command),
            Err(fault) => errors.push(ParseError::at(line, fault)),
        }
    }
    if errors.is_empty() { Ok(commands) } else { Err(errors) }
}

/// Whether a text of the bot's own could not be taken for a command.
#[must_use]
pub fn is_quiet(markdown: &str) -> bool {
    parse(markdown).is_ok_and(|commands| commands.is_empty())
}

impl Command {
    /// What it does, without its arguments.
    #[must_use]
    pub const fn verb(&self) -> Verb {
        match self {
            Self::Promote { .. } => Verb::Promote,
            Self::Approve { .. } => Verb::Approve,
            Self::Reject { .. } => Verb::Reject,
            Self::Hold { .. } => Verb::Hold,
            Self::Resume => Verb::Resume,
            Self::Status => Verb::Status,
            Self::Why => Verb::Why,
            Self::Help => Verb::Help,
        }
    }
}

/// The canonical way to write it; what was parsed is read back as itself.
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
                let until = until.map_or(String::new(), |until| format!(" until={}", instant(until)));
                write!(formatter, "{PREFIX} hold{until}{}", quoted("reason", reason))
            }
            Self::Resume => write!(formatter, "{PREFIX} resume"),
            Self::Status => write!(formatter, "{PREFIX} status"),
            Self::Why => write!(formatter, "{PREFIX} why"),
            Self::Help => write!(formatter, "{PREFIX} help"),
        }
    }
}

fn instant(time: Time) -> String {
    time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests;
