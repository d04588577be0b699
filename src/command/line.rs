//! One command line: words, then keys with values.

use super::verbs::{RESERVED, row};
use super::{Command, ParseErrorKind, REASON_CHARACTERS_MAX, Verb, suggest};
use crate::model::{EnvironmentName, Tag, Time};

/// The column, from 1, and what is wrong there.
type Fault = (usize, ParseErrorKind);

/// A word of the line, and where it stands.
struct Word {
    column: usize,
    /// The key of `key=value`.
    key: Option<String>,
    text: String,
}

/// Reads a line that starts with the prefix.
pub(super) fn parse(line: &str) -> Result<Command, Fault> {
    check_characters(line)?;
    let mut words = words(line)?.into_iter().skip(1).peekable();
    let verb = match words.next_if(|word| word.key.is_none()) {
        None => return promote(Vec::new(), arguments(Verb::Promote, words)?),
        Some(word) => word,
    };
    let named = Verb::ALL.iter().copied().find(|known| verb.text.eq_ignore_ascii_case(known.word()));
    match named {
        Some(named) if named != Verb::Promote => command(named, arguments(named, words)?),
        Some(_) | None => {
            let environments = environments(&verb)?;
            promote(environments, arguments(Verb::Promote, words)?)
        }
    }
}

/// Characters that people cannot see, or take for others, have no place in a command.
fn check_characters(line: &str) -> Result<(), Fault> {
    for (index, character) in line.chars().enumerate() {
        let is_invisible = matches!(u32::from(character),
            0x00A0 | 0x00AD | 0x061C | 0x180E | 0x2000..=0x200F | 0x2028..=0x202F | 0x205F..=0x206F | 0x3000 | 0xFEFF);
        let is_quote = matches!(character, '“' | '”' | '„' | '‘' | '’');
        let is_control = character.is_control() && character != '\t';
        if is_invisible || is_control || (!character.is_ascii() && !is_quote && !inside_quotes(line, index)) {
            return Err((index + 1, ParseErrorKind::SuspiciousCharacter(character)));
        }
    }
    Ok(())
}

/// Whether a character stands in a quoted value, where people write what they like.
fn inside_quotes(line: &str, index: usize) -> bool {
    line.chars().take(index).filter(|character| is_quote(*character)).count() % 2 == 1
}

const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„')
}

fn words(line: &str) -> Result<Vec<Word>, Fault> {
    let mut words = Vec::new();
    let mut characters = line.chars().enumerate().peekable();
    while let Some((index, character)) = characters.next() {
        if character.is_whitespace() {
            continue;
        }
        let mut word = Word { column: index + 1, key: None, text: String::from(character) };
        while let Some((at, next)) = characters.next_if(|(_, next)| !next.is_whitespace()) {
            match next {
                '=' if word.key.is_none() => word.key = Some(std::mem::take(&mut word.text)),
                quote if is_quote(quote) && word.text.is_empty() && word.key.is_some() => {
                    word.text = quoted(&mut characters).ok_or((at + 1, ParseErrorKind::UnclosedQuote))?;
                    break;
                }
                other => word.text.push(other),
            }
        }
        words.push(word);
    }
    Ok(words)
}

/// The rest of a quoted value, up to its closing quote.
fn quoted(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<String> {
    let mut text = String::new();
    for (_, character) in characters {
        if is_quote(character) {
            return Some(text);
        }
        text.push(character);
    }
    None
}

/// The values of the keys that a verb takes.
struct Arguments {
    values: Vec<Word>,
}

fn arguments(verb: Verb, words: impl Iterator<Item = Word>) -> Result<Arguments, Fault> {
    let keys = row(verb).keys;
    let mut values: Vec<Word> = Vec::new();
    for mut word in words {
        let Some(key) = word.key.take() else {
            return Err((word.column, ParseErrorKind::UnexpectedWord(word.text)));
        };
        let key = key.to_ascii_lowercase();
        if !keys.contains(&key.as_str()) {
            let did_you_mean = suggest(&key, keys.iter().copied());
            return Err((word.column, ParseErrorKind::UnknownKey { key, did_you_mean }));
        }
        if values.iter().any(|other| other.key.as_deref() == Some(&key)) {
            return Err((word.column, ParseErrorKind::DuplicateKey(key)));
        }
        values.push(Word { key: Some(key), ..word });
    }
    Ok(Arguments { values })
}

impl Arguments {
    /// The value of a key, read by `read`; a fault naming what it takes where it cannot be.
    fn get<T>(
        &self,
        key: &str,
        expected: &'static str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(word) = self.values.iter().find(|word| word.key.as_deref() == Some(key)) else {
            return Ok(None);
        };
        let fault = || (word.column, ParseErrorKind::BadValue { key: key.to_owned(), expected });
        read(&word.text).map(Some).ok_or_else(fault)
    }

    fn reason(&self) -> Result<Option<String>, Fault> {
        self.get("reason", "a text of at most 500 characters in quotes", |text| {
            (!text.is_empty() && text.chars().count() <= REASON_CHARACTERS_MAX).then(|| text.to_owned())
        })
    }
}

fn promote(environments: Vec<EnvironmentName>, arguments: Arguments) -> Result<Command, Fault> {
    let version = arguments.get("version", "a tag such as `1.4.2`", |text| Tag::new(text).ok())?;
    Ok(Command::Promote { environments, version })
}

/// Names separated by commas. What looks like a verb, or will be one, is never taken for an environment.
fn environments(word: &Word) -> Result<Vec<EnvironmentName>, Fault> {
    let lower = word.text.to_ascii_lowercase();
    let verbs = Verb::ALL.iter().filter(|verb| **verb != Verb::Promote).map(|verb| verb.word());
    if RESERVED.contains(&lower.as_str()) || lower == Verb::Promote.word() {
        let kind =
            ParseErrorKind::UnknownVerb { word: word.text.clone(), did_you_mean: suggest(&lower, verbs) };
        return Err((word.column, kind));
    }
    let name = |part: &str| {
        let expected = "names of environments, separated by commas";
        let fault = (word.column, ParseErrorKind::BadValue { key: "environment".to_owned(), expected });
        EnvironmentName::new(part).map_err(|_not_a_name| fault)
    };
    word.text.split(',').map(name).collect()
}

fn command(verb: Verb, arguments: Arguments) -> Result<Command, Fault> {
    Ok(match verb {
        Verb::Promote => return promote(Vec::new(), arguments),
        Verb::Approve => {
            Command::Approve { head: arguments.get("sha", "7 to 40 digits of a commit", digits)? }
        }
        Verb::Reject => Command::Reject { reason: arguments.reason()? },
        Verb::Hold => {
            let expected = "an instant such as `2026-11-30T08:00Z`";
            Command::Hold { until: arguments.get("until", expected, instant)?, reason: arguments.reason()? }
        }
        Verb::Resume => Command::Resume,
        Verb::Status => Command::Status,
        Verb::Why => Command::Why,
        Verb::Help => Command::Help,
    })
}

fn digits(text: &str) -> Option<String> {
    let is_commit = (7..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_hexdigit());
    is_commit.then(|| text.to_ascii_lowercase())
}

/// RFC 3339, with or without seconds.
fn instant(text: &str) -> Option<Time> {
    let with_seconds = text.strip_suffix('Z').map(|start| format!("{start}:00Z"));
    let candidates = [Some(text.to_owned()), with_seconds];
    let mut times = candidates
        .iter()
        .flatten()
        .filter_map(|text| text.parse::<chrono::DateTime<chrono::FixedOffset>>().ok());
    times.next().map(|time| time.to_utc())
}
