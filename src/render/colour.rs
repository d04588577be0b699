//! Colour on a terminal, only where it was asked for.

use anstyle::AnsiColor;

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
    const fn ansi(self) -> anstyle::Style {
        match self {
            Self::Bold => anstyle::Style::new().bold(),
            Self::Faint => anstyle::Style::new().dimmed(),
            Self::Red => AnsiColor::Red.on_default(),
            Self::Green => AnsiColor::Green.on_default(),
            Self::Yellow => AnsiColor::Yellow.on_default(),
            Self::Cyan => AnsiColor::Cyan.on_default(),
        }
    }
}

impl Colour {
    /// The text in a style; as it is where no colour is used or there is no text.
    #[must_use]
    pub fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Always if !text.is_empty() => {
                let style = style.ansi();
                format!("{style}{text}{style:#}")
            }
            Self::Always | Self::Never => text.to_owned(),
        }
    }
}
