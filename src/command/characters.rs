//! Which characters a command line may hold, and what the others are called.

/// What people may not see in a command line, or would take for something else.
///
/// U+FE0F is left out: phones put it behind many emoji, and it only stands in quoted text.
pub(super) const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
        | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

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
