//! Which lines of a comment may be commands.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::PREFIX;
use super::characters::{is_invisible, is_space};
use super::html::OpenHtml;

/// What forges render beside plain CommonMark and what is no paragraph there.
const EXTENSIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_MATH);

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
    lines(body).find(|line| is_command(line.text))
}

/// The lines that start with the prefix as a whole word, at column 0 of a top-level paragraph.
pub(super) fn command_lines(body: &str) -> Vec<Line<'_>> {
    let texts = top_level_text(body);
    let is_plain_text = |line: &Line<'_>| {
        let before = texts.partition_point(|text| text.start <= line.start);
        let text = before.checked_sub(1).and_then(|last| texts.get(last));
        text.is_some_and(|text| line.start + PREFIX.len() <= text.end)
    };
    lines(body).filter(|line| is_command(line.text) && is_plain_text(line)).collect()
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

/// Whether a line starts with the prefix as a whole word.
///
/// An invisible character behind it does not make it another word: nobody could see why it is not one.
fn is_command(line: &str) -> bool {
    let Some((prefix, rest)) = line.split_at_checked(PREFIX.len()) else { return false };
    let ends_word = |next: char| is_space(next) || is_invisible(next) || next.is_whitespace();
    prefix.eq_ignore_ascii_case(PREFIX) && rest.chars().next().is_none_or(ends_word)
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
