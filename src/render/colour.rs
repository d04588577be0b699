//! Colour on a terminal, only where it was asked for.

/// Whether colour is used.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal.
    Always,
    /// Anywhere else.
    Never,
}

/// How a text stands out.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Bold,
    /// Less important than the rest.
    Faint,
    /// Removed, or refused.
    Red,
    /// Added, or fine.
    Green,
    /// Waiting.
    Yellow,
    /// A place in a file.
    Cyan,
}

impl Style {
    /// The parameter of the ANSI code "select graphic rendition".
    const fn code(self) -> &'static str {
        match self {
            Self::Bold => "1",
            Self::Faint => "2",
            Self::Red => "31",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Cyan => "36",
        }
    }
}

impl Colour {
    /// The text in a style; as it is where no colour is used or there is no text.
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Always if !text.is_empty() => format!("\u{1b}[{}m{text}\u{1b}[0m", style.code()),
            Self::Always | Self::Never => text.to_owned(),
        }
    }
}
