//! Which lines of a comment may be commands.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::PREFIX;
use super::characters::is_space;
use super::html::OpenHtml;
use crate::sanitize::is_invisible;

/// What forges render beside plain CommonMark and what is no paragraph there.
const EXTENSIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_MATH);

/// How many spaces may stand before a command; a line with four is code: <https://spec.commonmark.org/0.31.2/#indented-code-blocks>.
const INDENT_SPACES_MAX: usize = 3;

/// A line of a comment.
pub(super) struct Line<'a> {
    /// Which it is, from 1.
    pub(super) number: usize,
    /// What it says, without its end.
    pub(super) text: &'a str,
    /// Its first byte in the comment.
    start: usize,
}

/// A cheap look, without reading the Markdown: the first line that may be a command. Most comments hold none.
pub(super) fn first_candidate(body: &str) -> Option<Line<'_>> {
    lines(body).find(|line| command_column(line.text).is_some())
}

/// The lines of top-level paragraphs that start with the prefix as a whole word.
pub(super) fn command_lines(body: &str) -> Vec<Line<'_>> {
    let texts = top_level_text(body);
    let is_plain_text = |start: usize| {
        let before = texts.partition_point(|text| text.start <= start);
        let text = before.checked_sub(1).and_then(|last| texts.get(last));
        text.is_some_and(|text| start + PREFIX.len() <= text.end)
    };
    let is_command =
        |line: &Line<'_>| command_column(line.text).is_some_and(|column| is_plain_text(line.start + column));
    lines(body).filter(is_command).collect()
}

/// Lines as CommonMark ends them: with a line feed, a carriage return, or both.
fn lines(body: &str) -> impl Iterator<Item = Line<'_>> {
    let (mut end, mut number, mut after_return) = (0, 0, false);
    body.split_inclusive(['\n', '\r']).filter_map(move |piece| {
        let start = end;
        end += piece.len();
        let is_second_half = after_return && piece == "\n";
        after_return = piece.ends_with('\r');
        if is_second_half {
            return None;
        }
        number += 1;
        Some(Line { number, text: piece.trim_end_matches(['\n', '\r']), start })
    })
}

/// How many spaces stand before the prefix of a line that starts with it as a whole word; `None` for other lines.
///
/// An invisible character behind it does not make it another word: nobody could see why it is not one.
fn command_column(line: &str) -> Option<usize> {
    let text = line.trim_start_matches(' ');
    let column = line.len() - text.len();
    let (prefix, rest) = text.split_at_checked(PREFIX.len())?;
    let ends_word = |next: char| is_space(next) || is_invisible(next) || next.is_whitespace();
    let is_command = prefix.eq_ignore_ascii_case(PREFIX) && rest.chars().next().is_none_or(ends_word);
    (is_command && column <= INDENT_SPACES_MAX).then_some(column)
}

/// The bytes of plain text directly in top-level paragraphs, outside of raw HTML, in order.
fn top_level_text(body: &str) -> Vec<Range<usize>> {
    let mut depth = 0_usize;
    let mut in_paragraph = false;
    let mut html = OpenHtml::default();
    let mut texts = Vec::new();
    for (event, range) in Parser::new_ext(body, EXTENSIONS).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                in_paragraph = if depth == 0 { matches!(tag, Tag::Paragraph) } else { in_paragraph };
                depth += 1;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                in_paragraph = in_paragraph && !(depth == 0 && matches!(tag, TagEnd::Paragraph));
            }
            Event::Html(raw) | Event::InlineHtml(raw) => html.read(&raw),
            Event::Text(_) if in_paragraph && depth == 1 && html.is_closed() => texts.push(range),
            Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => {}
        }
    }
    texts
}
