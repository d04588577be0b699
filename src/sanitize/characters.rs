//! Characters that people cannot see, or that a terminal obeys.

/// Starts a sequence that a terminal obeys.
const ESCAPE: char = '\u{1b}';

/// Whether people do not see a character, or take it for something else.
///
/// U+FE0F is left out: phones put it behind many emoji, and it shows nothing by itself.
#[must_use]
pub const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// A character as it may stand in one line.
pub(super) fn in_a_line(character: char) -> char {
    match character {
        blank if blank.is_control() || blank.is_whitespace() => ' ',
        hidden if is_invisible(hidden) => char::REPLACEMENT_CHARACTER,
        plain => plain,
    }
}

/// A character as it may stand in a text of several lines.
pub(super) fn in_lines(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        other => in_a_line(other),
    }
}

/// A text with its line ends and tabs, and with those sequences of a terminal that only choose a colour or a weight.
pub(super) fn printed(text: &str) -> String {
    let mut printed = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let length = colour_length(rest);
        if let (1.., Some((colour, after))) = (length, rest.split_at_checked(length)) {
            printed.push_str(colour);
            rest = after;
        } else {
            printed.push(in_lines(character));
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
    }
    printed
}

/// The length in bytes of the colour sequence at the start of a text, such as `ESC [ 1 ; 31 m`; 0 if there is none.
fn colour_length(text: &str) -> usize {
    let Some(parameters) = text.strip_prefix(ESCAPE).and_then(|rest| rest.strip_prefix('[')) else {
        return 0;
    };
    let end = parameters.find(|c: char| !c.is_ascii_digit() && c != ';');
    match end.and_then(|end| parameters.get(end..)).and_then(|rest| rest.chars().next()) {
        Some('m') => ESCAPE.len_utf8() + '['.len_utf8() + end.unwrap_or_default() + 'm'.len_utf8(),
        Some(_) | None => 0,
    }
}
