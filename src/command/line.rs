//! One command line: what each verb makes of its arguments.

use chrono::{DateTime, Datelike};

use super::error::TokenError;
use super::verbs::{Key, is_taken, named, row, written};
use super::words::{Token, split};
use super::{Command, ENVIRONMENTS_PER_COMMAND_MAX, ParseErrorKind, REASON_CHARACTERS_MAX, Verb, suggest};
use crate::model::{EnvironmentName, Tag, Time};

/// Reads a line that starts with the prefix.
pub(super) fn parse(line: &str) -> Result<Command, TokenError> {
    let mut words = split(line)?.into_iter().skip(1).peekable();
    let Some(first) = words.next_if(|word| word.key.is_none()) else {
        return command(Verb::Promote, Vec::new(), &Arguments::read(Verb::Promote, words)?);
    };
    match named(&first.text) {
        Some(verb) => command(verb, Vec::new(), &Arguments::read(verb, words)?),
        None => {
            let environments = environments(&first)?;
            command(Verb::Promote, environments, &Arguments::read(Verb::Promote, words)?)
        }
    }
}

fn command(
    verb: Verb,
    environments: Vec<EnvironmentName>,
    arguments: &Arguments,
) -> Result<Command, TokenError> {
    Ok(match verb {
        Verb::Promote => Command::Promote { environments, version: arguments.get("version", tag)? },
        Verb::Approve => Command::Approve { head: arguments.get("sha", digits)? },
        Verb::Reject => Command::Reject { reason: arguments.get("reason", reason)? },
        Verb::Hold => Command::Hold {
            until: arguments.get("until", instant)?,
            reason: arguments.get("reason", reason)?,
        },
        Verb::Resume => Command::Resume,
        Verb::Status => Command::Status,
        Verb::Why => Command::Why,
        Verb::Help => Command::Help,
    })
}

/// Names separated by commas. What is a verb, or will be one, is never taken for an environment.
fn environments(word: &Token) -> Result<Vec<EnvironmentName>, TokenError> {
    if is_taken(&word.text) {
        let did_you_mean = suggest(&word.text, written().map(Verb::word));
        let kind = ParseErrorKind::UnknownVerb { word: word.text.clone(), did_you_mean };
        return Err(TokenError::new(word.column, kind));
    }
    let mut names = Vec::new();
    let mut column = word.column;
    for part in word.text.split(',') {
        let name = environment(part, &names).map_err(|kind| TokenError::new(column, kind))?;
        names.push(name);
        column += part.chars().count() + 1;
    }
    Ok(names)
}

fn environment(part: &str, before: &[EnvironmentName]) -> Result<EnvironmentName, ParseErrorKind> {
    if part.is_empty() {
        return Err(ParseErrorKind::MissingEnvironment);
    }
    if is_taken(part) {
        return Err(ParseErrorKind::VerbAmongEnvironments(part.to_owned()));
    }
    if before.len() == ENVIRONMENTS_PER_COMMAND_MAX {
        return Err(ParseErrorKind::TooManyEnvironments);
    }
    let name = EnvironmentName::new(part).map_err(|_not_a_name| ParseErrorKind::BadValue {
        key: "environment",
        value: part.to_owned(),
        expected: "names as the configuration has them, separated by commas",
    })?;
    if before.contains(&name) {
        return Err(ParseErrorKind::DuplicateEnvironment(part.to_owned()));
    }
    Ok(name)
}

/// The values of the keys that a verb takes.
struct Arguments(Vec<Argument>);

struct Argument {
    key: &'static Key,
    column: usize,
    value: String,
}

impl Arguments {
    fn read(verb: Verb, words: impl Iterator<Item = Token>) -> Result<Self, TokenError> {
        let mut arguments: Vec<Argument> = Vec::new();
        for word in words {
            let column = word.column;
            let argument = Argument::read(verb, word).map_err(|kind| TokenError::new(column, kind))?;
            if arguments.iter().any(|other| other.key == argument.key) {
                let kind = ParseErrorKind::DuplicateKey(argument.key.name.to_owned());
                return Err(TokenError::new(column, kind));
            }
            arguments.push(argument);
        }
        Ok(Self(arguments))
    }

    /// The value of a key, read by `read`; a fault naming what it takes where it cannot be.
    fn get<T>(&self, name: &str, read: impl Fn(&str) -> Option<T>) -> Result<Option<T>, TokenError> {
        let Some(argument) = self.0.iter().find(|argument| argument.key.name == name) else {
            return Ok(None);
        };
        let Argument { key, column, value } = argument;
        let fault = || ParseErrorKind::BadValue { key: key.name, value: value.clone(), expected: key.takes };
        read(value).map(Some).ok_or_else(|| TokenError::new(*column, fault()))
    }
}

impl Argument {
    fn read(verb: Verb, word: Token) -> Result<Self, ParseErrorKind> {
        let row = row(verb);
        let known = |name: &str| row.keys.iter().find(|key| key.name.eq_ignore_ascii_case(name));
        let missing = |key: &Key| ParseErrorKind::MissingValue { key: key.name, expected: key.takes };
        let Some(name) = word.key else {
            // Somebody wrote `until tomorrow` or `until = ...`.
            let unexpected = ParseErrorKind::UnexpectedWord { word: word.text.clone(), syntax: row.syntax };
            return Err(known(&word.text).map_or(unexpected, missing));
        };
        let Some(key) = known(&name) else {
            let did_you_mean = suggest(&name, row.keys.iter().map(|key| key.name));
            return Err(ParseErrorKind::UnknownKey { key: name, did_you_mean, syntax: row.syntax });
        };
        if word.text.trim().is_empty() {
            return Err(missing(key));
        }
        Ok(Self { key, column: word.column, value: word.text })
    }
}

fn tag(text: &str) -> Option<Tag> {
    Tag::new(text).ok()
}

fn digits(text: &str) -> Option<String> {
    let is_commit = (7..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
    is_commit.then(|| text.to_ascii_lowercase())
}

fn reason(text: &str) -> Option<String> {
    (text.chars().count() <= REASON_CHARACTERS_MAX).then(|| text.to_owned())
}

/// RFC 3339, with or without seconds.
fn instant(text: &str) -> Option<Time> {
    const DATE_AND_MINUTES_BYTES: usize = "2026-11-30T08:00".len();
    let (start, rest) = text.split_at_checked(DATE_AND_MINUTES_BYTES)?;
    let seconds = if rest.starts_with(':') { "" } else { ":00" };
    let time = DateTime::parse_from_rfc3339(&format!("{start}{seconds}{rest}")).ok()?.to_utc();
    // Its own zone may have carried it over the last year that can be written.
    (0..=9999).contains(&time.year()).then_some(time)
}
