//! Which characters a command line may hold, and what the others are called.

use crate::sanitize::is_invisible;

/// Whether a character may not stand outside of quotes: all names and keys are plain ASCII.
pub(super) fn is_suspicious(character: char) -> bool {
    !character.is_ascii() || character.is_control()
}

/// Whether a character may not stand in quoted text, where people write in their own language.
pub(super) fn is_suspicious_in_quotes(character: char) -> bool {
    is_invisible(character) || character.is_control()
}

/// What separates words.
pub(super) const fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\t')
}

/// The quotes that keyboards make around a text.
pub(super) const fn is_quote(character: char) -> bool {
    matches!(character, '"' | '“' | '”' | '„' | '‟')
}

/// Whether a quote that was opened by one character is closed by another.
///
/// A plain quote needs a plain one, so that quoted text may hold curly ones.
pub(super) const fn closes(opening: char, character: char) -> bool {
    if opening == '"' { character == '"' } else { is_quote(character) }
}

/// Single quotes, which surround nothing here and would become part of a value unnoticed.
pub(super) const fn is_single_quote(character: char) -> bool {
    matches!(character, '\'' | '‘' | '’' | '‚' | '‛')
}

/// What the characters are called that get into commands by accident; nothing for all others.
pub(super) const fn name(character: char) -> Option<&'static str> {
    Some(match character {
        '\t' => "tab",
        '\r' => "carriage return",
        '\u{a0}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero width space",
        '\u{200c}' => "zero width non-joiner",
        '\u{200d}' => "zero width joiner",
        '\u{200e}' => "left-to-right mark",
        '\u{200f}' => "right-to-left mark",
        '\u{202a}'..='\u{202e}' => "text direction override",
        '\u{2060}' => "word joiner",
        '\u{2066}'..='\u{2069}' => "text direction isolate",
        '\u{202f}' => "narrow no-break space",
        '\u{3000}' => "ideographic space",
        '\u{feff}' => "byte order mark",
        '–' => "en dash",
        '—' => "em dash",
        '…' => "ellipsis",
        '\u{e0000}'..='\u{e007f}' => "hidden tag character",
        _other => return None,
    })
}
