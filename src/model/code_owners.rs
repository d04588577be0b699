//! Who owns which files, as a file `CODEOWNERS` says it in the way that GitHub reads it.
//!
//! The last rule that matches a file decides, also where it names nobody. A line that is not understood is left
//! out, as GitHub does.

use super::{Principal, RepositoryPath, TeamName, UserName};

/// The rules of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeOwners {
    rules: Vec<Rule>,
}

/// One line: what it matches, and whose that is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    pattern: Vec<Segment>,
    owners: Vec<Principal>,
}

/// A part of a pattern between slashes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    /// `**`: any folders, or none.
    AnyDepth,
    /// A name, in which `*` and `?` stand for others; never for a slash.
    Name(String),
}

/// A word of a line.
struct PatternToken {
    text: String,
    /// Whether its first character was escaped.
    is_escaped: bool,
}

impl CodeOwners {
    /// Where the file may be; the first that is there counts.
    pub const PATHS: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];
    /// The largest file that counts, in bytes; in a larger one nobody owns anything.
    pub const BYTES_MAX: usize = 3 << 20;

    /// Reads a file.
    #[must_use]
    pub fn parse(text: &[u8]) -> Self {
        if text.len() > Self::BYTES_MAX {
            return Self::default();
        }
        Self { rules: String::from_utf8_lossy(text).lines().filter_map(rule).collect() }
    }

    /// Who owns a file: people and teams as the file spells them. E-mail addresses are nobody that we know.
    #[must_use]
    pub fn of(&self, path: &RepositoryPath) -> &[Principal] {
        let parts: Vec<&str> = path.as_str().split('/').collect();
        let last = self.rules.iter().rev().find(|rule| is_match(&rule.pattern, &parts));
        last.map_or(&[], |rule| &rule.owners)
    }
}

fn rule(line: &str) -> Option<Rule> {
    let mut words = words(line).into_iter();
    let pattern = pattern(&words.next()?)?;
    let mut owners = Vec::new();
    for word in words {
        owners.extend(owner(&word.text)?);
    }
    Some(Rule { pattern, owners })
}

/// The words of a line before its comment; a backslash takes a blank into a word.
fn words(line: &str) -> Vec<PatternToken> {
    let mut words: Vec<PatternToken> = Vec::new();
    let (mut is_inside, mut characters) = (false, line.chars());
    while let Some(character) = characters.next() {
        let is_escaped = character == '\\';
        let taken = if is_escaped { characters.next() } else { Some(character) };
        match taken {
            Some('#') if !is_inside && !is_escaped => break,
            Some(blank) if blank.is_whitespace() && !is_escaped => is_inside = false,
            Some(other) if is_inside => {
                if let Some(word) = words.last_mut() {
                    word.text.push(other);
                }
            }
            Some(other) => {
                words.push(PatternToken { text: other.to_string(), is_escaped });
                is_inside = true;
            }
            None => {}
        }
    }
    words
}

/// What GitHub does not take from the patterns of `.gitignore` makes the line count for nothing.
fn pattern(word: &PatternToken) -> Option<Vec<Segment>> {
    let text = word.text.as_str();
    let is_unknown =
        text.starts_with('!') || text.contains(['[', ']']) || (word.is_escaped && text.starts_with('#'));
    let inner = text.strip_prefix('/').unwrap_or(text);
    let is_folder = inner.ends_with('/');
    let inner = inner.trim_end_matches('/');
    if is_unknown || inner.is_empty() {
        return None;
    }
    let is_anywhere = !text.starts_with('/') && !inner.contains('/');
    let named = inner.split('/').map(|part| match part {
        "**" => Segment::AnyDepth,
        name => Segment::Name(name.to_owned()),
    });
    let before = is_anywhere.then_some(Segment::AnyDepth);
    Some(before.into_iter().chain(named).chain(is_folder.then_some(Segment::AnyDepth)).collect())
}

/// An owner; nobody for an e-mail address; nothing for what is neither.
fn owner(word: &str) -> Option<Option<Principal>> {
    match word.strip_prefix('@') {
        Some(team) if team.contains('/') => TeamName::new(team).ok().map(Principal::Team).map(Some),
        Some(user) => UserName::new(user).ok().map(Principal::User).map(Some),
        None => word.contains('@').then_some(None),
    }
}

/// Whether a pattern matches a path, or a folder in which the path is.
fn is_match(pattern: &[Segment], path: &[&str]) -> bool {
    let Some((last, before)) = pattern.split_last() else { return false };
    // How many parts of the path may be used up so far.
    let mut used: Vec<bool> = std::iter::once(true).chain(path.iter().map(|_| false)).collect();
    for segment in before {
        used = after(segment, &used, path);
    }
    let mut open = used.iter().zip(path).enumerate().filter(|(_, (is_used, _))| **is_used);
    match last {
        Segment::AnyDepth => open.next().is_some(),
        // A lone `*` is for what is directly in a folder.
        Segment::Name(name) if name == "*" => open.any(|(index, _)| index + 1 == path.len()),
        Segment::Name(name) => open.any(|(_, (_, part))| is_name(name, part)),
    }
}

/// How many parts may be used up after one more segment.
fn after(segment: &Segment, used: &[bool], path: &[&str]) -> Vec<bool> {
    match segment {
        Segment::AnyDepth => {
            let first = used.iter().position(|is_used| *is_used).unwrap_or(used.len());
            (0..used.len()).map(|index| index >= first).collect()
        }
        Segment::Name(name) => {
            let next = used.iter().zip(path).map(|(is_used, part)| *is_used && is_name(name, part));
            std::iter::once(false).chain(next).collect()
        }
    }
}

/// Whether a name with `*` and `?` in it stands for a part of a path.
fn is_name(name: &str, part: &str) -> bool {
    let part: Vec<char> = part.chars().collect();
    let mut used: Vec<bool> = std::iter::once(true).chain(part.iter().map(|_| false)).collect();
    for wanted in name.chars() {
        let next = |is_same: &dyn Fn(char) -> bool| -> Vec<bool> {
            let moved = used.iter().zip(&part).map(|(is_used, found)| *is_used && is_same(*found));
            std::iter::once(false).chain(moved).collect()
        };
        let first = used.iter().position(|is_used| *is_used).unwrap_or(used.len());
        used = match wanted {
            '*' => (0..used.len()).map(|index| index >= first).collect(),
            '?' => next(&|_| true),
            character => next(&|found| found == character),
        };
    }
    used.last() == Some(&true)
}

#[cfg(test)]
mod tests;
