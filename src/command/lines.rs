//! Which lines of a comment may be commands.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::PREFIX;

/// A cheap look: most comments hold no command.
pub(super) fn may_hold_commands(body: &str) -> bool {
    body.as_bytes().windows(PREFIX.len()).any(|window| window.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

/// The lines that start with the prefix as a whole word, at column 0 of a top-level paragraph, with their numbers.
pub(super) fn command_lines(body: &str) -> Vec<(usize, &str)> {
    let paragraphs = top_level_text(body);
    let mut start = 0;
    let mut found = Vec::new();
    for (index, line) in body.split_inclusive('\n').enumerate() {
        let text = line.trim_end_matches(['\n', '\r']);
        let range = start..start + PREFIX.len();
        start += line.len();
        if is_command(text)
            && paragraphs.iter().any(|text| text.start <= range.start && range.end <= text.end)
        {
            found.push((index + 1, text));
        }
    }
    found
}

fn is_command(line: &str) -> bool {
    let Some((prefix, rest)) = line.split_at_checked(PREFIX.len()) else { return false };
    prefix.eq_ignore_ascii_case(PREFIX) && (rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// The bytes of plain text directly in top-level paragraphs, outside of `<details>`.
fn top_level_text(body: &str) -> Vec<std::ops::Range<usize>> {
    let options = Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_STRIKETHROUGH;
    let mut depth = 0_usize;
    let mut in_paragraph = false;
    let mut details = 0_usize;
    let mut texts = Vec::new();
    for (event, range) in Parser::new_ext(body, options).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                in_paragraph = depth == 0 && matches!(tag, Tag::Paragraph);
                depth += 1;
            }
            Event::End(tag) => {
                depth = depth.saturating_sub(1);
                in_paragraph = depth == 1 && in_paragraph && !matches!(tag, TagEnd::Paragraph);
            }
            Event::Html(html) | Event::InlineHtml(html) => details = nesting(details, &html),
            Event::Text(_) if in_paragraph && depth == 1 && details == 0 => texts.push(range),
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

/// How many `<details>` are open after a piece of HTML.
fn nesting(open: usize, html: &str) -> usize {
    let html = html.to_ascii_lowercase();
    (open + html.matches("<details").count()).saturating_sub(html.matches("</details").count())
}
