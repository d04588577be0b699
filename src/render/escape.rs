//! What people, registries and other programs wrote, made harmless: on one line, and nothing but text.
//!
//! Forges find mentions, links and references in the finished page, so a backslash does not stop them. Inline
//! code does. Plain words stay as they are, which keeps sentences readable on a terminal.

use super::fit::cut;
use crate::sanitize::line as one_line;

/// How much of one piece of somebody else's text is repeated, in characters.
const PIECE_CHARACTERS_MAX: usize = 256;
/// What stands before the number of an issue, where no `#` does.
const ISSUE: &str = "gh-";
/// How much of another program's sentence is repeated, in characters.
const SENTENCE_CHARACTERS_MAX: usize = 400;

/// A text as inline code: no mention, no link, no image, no HTML, no table break, no second line.
pub(super) fn quoted(text: &str) -> String {
    // A backtick would end the code, a bar the table cell.
    let harmless = one_line(text).replace('`', "'").replace('|', "¦");
    match harmless.trim() {
        "" => "(empty)".to_owned(),
        some => format!("`{}`", cut(some, PIECE_CHARACTERS_MAX)),
    }
}

/// A name or tag: as it is where it can only be text, else as inline code.
pub(super) fn name(text: &str) -> String {
    if is_only_text(text) { text.to_owned() } else { quoted(text) }
}

/// A sentence of another program: its code stays code, and so becomes every word that could be more than text.
pub(super) fn sentence(text: &str) -> String {
    let line = cut(one_line(text).trim(), SENTENCE_CHARACTERS_MAX);
    let mut harmless = String::new();
    for (index, part) in line.split('`').enumerate() {
        let piece = match (part, index % 2) {
            ("", _) => continue,
            (code, 1) => quoted(code),
            (prose, _) => words(prose),
        };
        if harmless.ends_with('`') && piece.starts_with('`') {
            harmless.push(' ');
        }
        harmless.push_str(&piece);
    }
    harmless
}

fn words(prose: &str) -> String {
    let word = |word: &str| if word.is_empty() { String::new() } else { name(word) };
    prose.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// Whether nothing in a word means anything in Markdown or to a forge.
fn is_only_text(word: &str) -> bool {
    let looks_like_link = word.contains("://") || word.to_ascii_lowercase().contains("www.");
    let is_plain = |c: char| c.is_alphanumeric() || ".,;:-'\"()/?=%+…".contains(c);
    !word.is_empty() && !looks_like_link && !refers_to_an_issue(word) && word.chars().all(is_plain)
}

/// Whether GitHub takes a part of a word for an issue: `GH-1` is the same as `#1` there.
fn refers_to_an_issue(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.match_indices(ISSUE).any(|(start, _)| {
        let (before, after) = (lower.get(..start), lower.get(start + ISSUE.len()..));
        let is_start = !before.is_some_and(|before| before.ends_with(char::is_alphanumeric));
        is_start && after.is_some_and(|after| after.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// A block of code in a language; its fence is longer than any run of backticks in it.
pub(super) fn block(language: &str, text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}
