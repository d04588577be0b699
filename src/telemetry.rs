//! Sets up tracing and metrics: what the program says about itself, on standard error and to Prometheus.

mod measures;

pub use measures::{Measures, measure};

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::sanitize;

/// The variable that says what is logged, such as `towpath=debug`.
pub const LOG_VARIABLE: &str = "TOWPATH_LOG";

/// How log lines look.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Starts logging to standard error; `default` is the level where the variable says nothing.
///
/// Starting twice in one process changes nothing the second time.
pub fn start(format: Format, default: LevelFilter) {
    let filter = EnvFilter::builder().with_default_directive(default.into()).with_env_var(LOG_VARIABLE);
    let builder = tracing_subscriber::fmt()
        .with_writer(|| SanitizedLine(std::io::stderr()))
        .with_ansi(AutoStream::choice(&std::io::stderr()) != ColorChoice::Never)
        .with_env_filter(filter.from_env_lossy().add_directive(quiet()));
    let started = match format {
        Format::Text => builder.compact().with_target(false).try_init(),
        Format::Json => builder.json().try_init(),
    };
    drop(started);
}

/// Writes each event as one line without known secrets, whatever stands in its fields.
struct SanitizedLine<W>(W);

impl<W: Write> Write for SanitizedLine<W> {
    /// Takes one whole event: the subscriber writes each of them at once.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let line = text.trim_end_matches('\n').replace(['\n', '\t'], " ");
        self.0.write_all(format!("{}\n", sanitize::printed(&line)).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// The client of GitHub reports every try that fails as an error, before anybody knows whether the next one works.
fn quiet() -> tracing_subscriber::filter::Directive {
    "octocrab=off".parse().expect("a crate and a level")
}

#[cfg(test)]
mod tests;
