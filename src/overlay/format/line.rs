//! The scalar at the end of a line, found without parsing the file: for comments that name it, and for templates,
//! which are no YAML.

use std::ops::Range;

use crate::yaml::ScalarStyle;

/// A line of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Where it starts, in bytes.
    pub(super) start: usize,
    /// What stands on it.
    pub(super) text: &'a str,
}

/// The value at the end of a line, before its comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::overlay) struct LineScalar {
    /// The bytes of the text that it occupies, quotes included.
    pub(super) range: Range<usize>,
    /// What it says.
    pub(super) value: String,
    /// How it is written.
    pub(super) style: ScalarStyle,
    /// The key before it; `None` for an item of a list.
    pub(super) key: Option<String>,
}

/// The lines of a text, whatever ends them.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let body = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut start = text.len() - body.len();
    body.split_inclusive('\n').enumerate().map(move |(index, whole)| {
        let line = Line { number: index + 1, start, text: whole.trim_end_matches(['\n', '\r']) };
        start += whole.len();
        line
    })
}

/// The lines of a text that are more than a comment, each with its number, from 1.
pub(in crate::overlay) fn lines_outside_comments(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let outside = lines(text).filter(|line| line.only_comment().is_none());
    outside.map(|line| (line.number, line.text))
}

impl<'a> Line<'a> {
    /// How many blanks and dashes of list items stand before its first key, in bytes.
    pub(super) fn indentation(&self) -> usize {
        let mut rest = self.text.trim_start();
        while let Some(item) = rest.strip_prefix("- ") {
            rest = item.trim_start();
        }
        self.text.len() - rest.len()
    }

    /// Whether it begins with the dash of a list item.
    pub(super) fn starts_item(&self) -> bool {
        self.text.trim_start().starts_with("- ")
    }

    /// Whether it is blank, a comment or an expression of a template, whose indentation says nothing.
    pub(super) fn is_aside(&self) -> bool {
        let text = self.text.trim_start();
        text.is_empty() || text.starts_with('#') || text.starts_with("{{")
    }

    /// The comment of a line that holds nothing else, without its `#`.
    pub(super) fn only_comment(&self) -> Option<&'a str> {
        self.text.trim_start().strip_prefix('#').map(|comment| comment.trim_start_matches('#'))
    }

    /// The value at its end and the comment behind that; nothing where there is none that can be told for sure.
    pub(super) fn scalar(&self) -> Option<(LineScalar, Option<&'a str>)> {
        let mut from = self.text.len() - self.text.trim_start().len();
        let mut key = None;
        loop {
            let rest = self.text.get(from..)?;
            let gap = rest.len() - rest.trim_start().len();
            if gap > 0 {
                from += gap;
            } else if rest.starts_with("- ") {
                from += 2;
            } else {
                let token = token(rest)?;
                match token.behind.strip_prefix(':') {
                    Some(value) if value.starts_with([' ', '\t']) => {
                        from = self.text.len() - value.len();
                        key = Some(token.value);
                    }
                    Some(_) => return None,
                    None => return self.ending(from, key, token),
                }
            }
        }
    }

    fn ending(
        &self,
        from: usize,
        key: Option<String>,
        token: Token<'a>,
    ) -> Option<(LineScalar, Option<&'a str>)> {
        let behind = token.behind.trim_start();
        let comment = behind.strip_prefix('#').map(|comment| comment.trim_start_matches('#'));
        let is_whole = behind.is_empty() || (comment.is_some() && behind.len() < token.behind.len());
        let start = self.start + from;
        let range = start..start + token.length;
        is_whole.then_some((LineScalar { range, value: token.value, style: token.style, key }, comment))
    }
}

/// A scalar at the start of a text.
struct Token<'a> {
    value: String,
    style: ScalarStyle,
    length: usize,
    behind: &'a str,
}

fn token(text: &str) -> Option<Token<'_>> {
    match text.chars().next()? {
        '"' => quoted(text, '"', ScalarStyle::DoubleQuoted),
        '\'' => quoted(text, '\'', ScalarStyle::SingleQuoted),
        '{' | '[' | '&' | '*' | '!' | '|' | '>' | '%' | '@' | '`' | '#' | '?' => None,
        _ => plain(text),
    }
}

/// Quoted without escapes: what is a tag, a digest or a reference needs none.
fn quoted(text: &str, quote: char, style: ScalarStyle) -> Option<Token<'_>> {
    let (value, behind) = text.get(1..)?.split_once(quote)?;
    let is_simple = !value.contains('\\') && !behind.starts_with(quote);
    let length = text.len() - behind.len();
    is_simple.then(|| Token { value: value.to_owned(), style, length, behind })
}

/// Up to a colon before white space, a comment, or the end. A template's expression is no value.
fn plain(text: &str) -> Option<Token<'_>> {
    let end = ends(text).min().unwrap_or(text.len());
    let (value, _) = text.split_at_checked(end)?;
    let value = value.trim_end();
    let behind = text.get(value.len()..)?;
    let is_simple = !value.contains("{{") && !value.is_empty();
    is_simple.then(|| Token {
        value: value.to_owned(),
        style: ScalarStyle::Plain,
        length: value.len(),
        behind,
    })
}

fn ends(text: &str) -> impl Iterator<Item = usize> {
    let ends = [": ", ":\t", " #", "\t#"].into_iter().filter_map(|end| text.find(end));
    ends.chain(text.ends_with(':').then(|| text.len() - 1))
}
