//! What people or registries wrote, made harmless in Markdown.

/// How much of somebody else's text is repeated, in characters.
const CHARACTERS_MAX: usize = 256;

/// A text as inline code: no mention, no link, no image, no HTML, no table break, no second line.
pub(super) fn quoted(text: &str) -> String {
    let one_line: String = text
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .take(CHARACTERS_MAX)
        .collect();
    // A backtick would end the code, a bar the table cell.
    let harmless = one_line.replace('`', "'").replace('|', "¦");
    format!("`{}`", harmless.trim())
}

/// A fence that is longer than any run of backticks in a text.
pub(super) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}
