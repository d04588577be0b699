//! What is printed: text to standard output, colour and widths only on a terminal, JSON alone.
//!
//! `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM=dumb` are respected, by the same crate that clap's help uses.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anstream::stream::RawStream;
use anstream::{AutoStream, ColorChoice};

use crate::model::FileChange;
use crate::render::{self, Colour, Style};
use crate::sanitize;

/// Standard output and error.
pub(super) struct Output {
    on_terminal: bool,
    colour: Colour,
    error_colour: Colour,
}

impl Output {
    pub(super) fn standard() -> Self {
        Self {
            on_terminal: std::io::stdout().is_terminal(),
            colour: colour_of(&std::io::stdout()),
            error_colour: colour_of(&std::io::stderr()),
        }
    }

    /// Whether text on standard output is coloured.
    pub(super) const fn colour(&self) -> Colour {
        self.colour
    }

    /// Whether text on standard error is coloured.
    pub(super) const fn error_colour(&self) -> bool {
        matches!(self.error_colour, Colour::Always)
    }

    /// How many characters a line has; nothing where that does not matter.
    pub(super) fn width(&self) -> Option<usize> {
        let size = if self.on_terminal { terminal_size::terminal_size() } else { None };
        size.map(|(width, _)| usize::from(width.0))
    }

    /// Prints text. A reader that went away is no failure of ours.
    pub(super) fn print(&mut self, text: &str) {
        self.bytes(sanitize::printed(text).as_bytes());
    }

    /// What changes in files: for eyes on a terminal and in colour, else exact to the byte, so that `git apply` takes it.
    pub(super) fn diff_of(&self, files: &[FileChange]) -> String {
        match self.colour {
            Colour::Never if self.on_terminal => render::readable_diff(files),
            Colour::Never | Colour::Always => render::diff(files, self.colour),
        }
    }

    /// Prints what changes in files.
    pub(super) fn diff(&mut self, files: &[FileChange]) {
        let text = self.diff_of(files);
        if self.on_terminal || self.colour == Colour::Always {
            self.print(&text);
        } else {
            self.bytes(text.as_bytes());
        }
    }

    /// Prints bytes as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        drop(std::io::stdout().lock().write_all(bytes));
        drop(std::io::stdout().lock().flush());
    }

    /// Prints a line.
    pub(super) fn line(&mut self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints one JSON value, and nothing else.
    pub(super) fn json(&mut self, value: &serde_json::Value) {
        let mut value = value.clone();
        sanitize::json(&mut value);
        self.line(&format!("{value:#}"));
    }

    /// Says something about the work itself, on standard error.
    pub(super) fn note(&mut self, text: &str) {
        drop(writeln!(std::io::stderr().lock(), "{}", sanitize::printed(text)));
    }

    /// Says on standard error what should be looked at and stops nothing.
    pub(super) fn warn(&mut self, text: &str) {
        self.note(&format!("warning: {text}"));
    }

    /// Says on standard error why the command failed.
    pub(super) fn fail(&mut self, code: u8, why: &str) -> ExitCode {
        let word = self.error_colour.paint(Style::Red, "error:");
        let why = why.trim_end();
        // Problems of a configuration bring their own heading.
        let text = if why.starts_with("error") || why.starts_with('\u{1b}') {
            why.to_owned()
        } else {
            format!("{word} {why}")
        };
        drop(writeln!(std::io::stderr().lock(), "{}", sanitize::printed(&text)));
        ExitCode::from(code)
    }
}

/// Whether text on a stream is coloured: on a terminal that can, unless the environment says otherwise.
fn colour_of(stream: &impl RawStream) -> Colour {
    match AutoStream::choice(stream) {
        ColorChoice::Never => Colour::Never,
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => Colour::Always,
    }
}
